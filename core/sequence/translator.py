"""A recurrent translator: a bidirectional encoder and a decoder that looks back, or has one fixed vector to go by."""

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from core.sequence.decoder import Decoder, DecoderConfig, Source


class Translator(Decoder):
    """Source tokens in, scores of the next target token out."""

    def build_encoder(self, config: DecoderConfig) -> None:
        self.encoder = nn.GRU(config.d_embedded, config.d_hidden // 2, batch_first=True, bidirectional=True)
        self.bridge = nn.Linear(config.d_hidden, config.d_hidden)
        if config.attention == "none":
            self.summarise = nn.Linear(config.d_hidden, config.d_annotation)

    def encode(self, source: Int[Tensor, "batch source"], lengths: Int[Tensor, "batch"]) -> Source:
        """Read whole sentences. lengths: how many tokens of each row are real; the rest is padding."""
        embedded = self.drop(self.embedding(source))
        packed = nn.utils.rnn.pack_padded_sequence(embedded, lengths.cpu(), batch_first=True, enforce_sorted=False)
        states, last = self.encoder(packed)
        states, _ = nn.utils.rnn.pad_packed_sequence(states, batch_first=True, total_length=source.shape[1])
        last = torch.cat([last[0], last[1]], dim=-1)
        annotations = torch.cat([self.drop(states), embedded], dim=-1)
        fixed = self.config.attention == "none"
        summary = self.summarise(last) if fixed else None
        return Source(
            encoder_states=annotations,
            keys=None if fixed else self.w_key(annotations),
            allowed=torch.arange(source.shape[1], device=source.device) < lengths.to(source.device)[:, None],
            summary=summary,
            first_state=torch.tanh(self.bridge(last)),
        )

    def forward(
        self,
        source: Int[Tensor, "batch source"],
        lengths: Int[Tensor, "batch"],
        target: Int[Tensor, "batch target"],
    ) -> tuple[Float[Tensor, "batch target vocab_size"], Float[Tensor, "batch target source"] | None]:
        """Teacher forcing. Returns the logits and the weights."""
        return self.teacher_forced(self.encode(source, lengths), target)
