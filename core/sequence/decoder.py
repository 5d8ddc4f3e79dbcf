"""A recurrent decoder: it writes token by token, looking back at what an encoder left, or with one fixed vector."""

import json
from abc import ABC, abstractmethod
from dataclasses import asdict, dataclass
from typing import Literal

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from core.attention import SCALED_DOT, AttentionTrace, Score, attend
from core.attention.scores import projected_additive

AttentionKind = Literal["none", "additive", "linear", "dot"]


@dataclass(frozen=True)
class DecoderConfig:
    """The sizes of a decoder, and how it looks back at what was read.

    attention   "additive": Bahdanau's score; "linear": the same without its tanh, which cannot work; "dot": the scaled dot
           product; "none": one fixed vector is all it gets.
    """

    vocab_size: int
    attention: AttentionKind
    d_embedded: int = 256
    d_hidden: int = 384
    d_score: int = 256
    dropout: float = 0.2

    @property
    def d_annotation(self) -> int:
        """Numbers that describe one thing that was read: what the encoder makes of it beside what it is by itself."""
        return self.d_hidden + self.d_embedded

    def as_json(self) -> str:
        """For the header of a file of weights."""
        return json.dumps(asdict(self))


@dataclass(frozen=True)
class Source:
    """What the encoder leaves on the table for the decoder; made once per sentence or picture.

    keys      for a decoder that looks back, summary: for one that does not.
    """

    encoder_states: Float[Tensor, "batch source d_annotation"]
    keys: Float[Tensor, "batch source d_score"] | None
    allowed: Bool[Tensor, "batch source"]
    summary: Float[Tensor, "batch d_annotation"] | None
    first_state: Float[Tensor, "batch d_hidden"]

    @property
    def known_keys(self) -> Float[Tensor, "batch source d_score"]:
        """The keys of a decoder that looks back. Raises ValueError for one that does not."""
        if self.keys is None:
            raise ValueError("this was read by a decoder without attention: it has no keys to look back at")
        return self.keys


@dataclass(frozen=True)
class DecoderStep:
    """One step of the decoder. Without attention, `attention` is None and the context is the same at every step."""

    attention: AttentionTrace | None
    context: Float[Tensor, "batch d_annotation"]
    decoder_state: Float[Tensor, "batch d_hidden"]


class Decoder(nn.Module, ABC):
    """What an encoder left in, scores of the next token out, one step at a time. A subclass brings the encoder.

    Source: Bahdanau, Cho and Bengio 2015, appendix A; one table of embeddings for what is read and written, as Press and
    Wolf 2017.
    """

    def __init__(self, config: DecoderConfig):
        super().__init__()
        self.config = config
        d_annotation = config.d_annotation
        self.embedding = nn.Embedding(config.vocab_size, config.d_embedded)
        nn.init.normal_(self.embedding.weight, std=config.d_embedded**-0.5)
        self.build_encoder(config)
        if config.attention != "none":
            self.w_query = nn.Linear(config.d_hidden + config.d_embedded, config.d_score)
            self.w_key = nn.Linear(d_annotation, config.d_score, bias=False)
        if config.attention in ("additive", "linear"):
            self.v = nn.Parameter(torch.randn(config.d_score) * config.d_score**-0.5)
        self.cell = nn.GRUCell(config.d_embedded + d_annotation, config.d_hidden)
        self.readout = nn.Linear(config.d_hidden + d_annotation + config.d_embedded, config.d_embedded)
        self.bias = nn.Parameter(torch.zeros(config.vocab_size))
        self.drop = nn.Dropout(config.dropout)

    @abstractmethod
    def build_encoder(self, config: DecoderConfig) -> None:
        """Give this module the layers that read; their weights are drawn before those that write."""

    @property
    def score(self) -> Score:
        """How the decoder compares its query with a key."""
        if self.config.attention == "dot":
            return SCALED_DOT
        return projected_additive(self.v, torch.tanh if self.config.attention == "additive" else torch.nn.Identity())

    def step(
        self,
        source: Source,
        previous: Float[Tensor, "batch d_embedded"],
        state: Float[Tensor, "batch d_hidden"],
        forced: Float[Tensor, "batch source"] | None = None,
        temperature: float = 1.0,
    ) -> DecoderStep:
        """Look back, and make the next state of the decoder.

        previous   the embedding of the token before.
        state      the decoder's state before.
        forced     attention weights that take the place of the model's own.
        temperature   what scores are divided by, beside the root of their width where that belongs to them.
        """
        if source.summary is not None:
            return DecoderStep(None, source.summary, self.advance(previous, source.summary, state))
        attention = self.look_back(source, previous, state, temperature)
        context = attention.output[:, 0, 0] if forced is None else (forced[:, None] @ source.encoder_states)[:, 0]
        return DecoderStep(attention, context, self.advance(previous, context, state))

    def look_back(
        self,
        source: Source,
        previous: Float[Tensor, "batch d_embedded"],
        state: Float[Tensor, "batch d_hidden"],
        temperature: float = 1.0,
    ) -> AttentionTrace:
        """Ask every source token how well it fits what comes next, and mix their annotations accordingly."""
        query = self.w_query(torch.cat([state, previous], dim=-1))
        scale = self.score.scale(self.config.d_score) / temperature
        return attend(
            query[:, None, None],
            source.known_keys[:, None],
            source.encoder_states[:, None],
            source.allowed[:, None, None],
            score=self.score,
            scale=scale,
        )

    def advance(
        self,
        previous: Float[Tensor, "batch d_embedded"],
        context: Float[Tensor, "batch d_annotation"],
        state: Float[Tensor, "batch d_hidden"],
    ) -> Float[Tensor, "batch d_hidden"]:
        """The next state of the decoder, given what it looks at."""
        return self.cell(torch.cat([previous, context], dim=-1), state)

    def logits(
        self,
        states: Float[Tensor, "*batch d_hidden"],
        contexts: Float[Tensor, "*batch d_annotation"],
        previous: Float[Tensor, "*batch d_embedded"],
    ) -> Float[Tensor, "*batch vocab_size"]:
        """A score for every token of the vocabulary to come next."""
        read = torch.tanh(self.readout(torch.cat([states, contexts, previous], dim=-1)))
        return self.drop(read) @ self.embedding.weight.T + self.bias

    def teacher_forced(
        self, source: Source, target: Int[Tensor, "batch target"]
    ) -> tuple[Float[Tensor, "batch target vocab_size"], Float[Tensor, "batch target source"] | None]:
        """Teacher forcing: at every step the true token before is given. Returns the logits and the weights."""
        embedded = self.drop(self.embedding(target))
        state, taken = source.first_state, []
        for previous in embedded.unbind(1):
            taken.append(self.step(source, previous, state))
            state = taken[-1].decoder_state
        states = torch.stack([step.decoder_state for step in taken], dim=1)
        contexts = torch.stack([step.context for step in taken], dim=1)
        rows = [step.attention.weights[:, 0, 0] for step in taken if step.attention is not None]
        return self.logits(self.drop(states), contexts, embedded), torch.stack(rows, dim=1) if rows else None
