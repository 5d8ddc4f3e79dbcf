"""A model that fills in what is hidden: blocks in which every token sees all others, and a guess at what each is."""

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from core.transformer.block import Block
from core.transformer.language_model import LanguageModelConfig, begin
from core.transformer.norms import LayerNorm


class MaskedModel(nn.Module):
    """Tokens in, a score for each piece that may stand at each place out; every token sees all others.

    The blocks are those of `LanguageModel` with LayerNorm; the first finds its tokens normalised already. The table of
    embeddings is also the map to the scores (tied).

    Source   Devlin et al. 2019, section 3.1 (masked words); Warner et al. 2024, section 2.1 (the block).
    """

    def __init__(self, config: LanguageModelConfig):
        super().__init__()
        self.config = config
        width = config.d_model
        self.embedding = nn.Embedding(config.vocab_size, width)
        self.norm_embedding = LayerNorm(width, shifts=False)
        self.blocks = nn.ModuleList(
            Block(
                width,
                config.n_heads,
                d_ff=config.d_ff,
                feed_forward="swiglu",
                bias=False,
                positions="RoPE",
                dropout=config.dropout,
            )
            for _ in range(config.n_layers)
        )
        self.blocks[0].norm_attention = nn.Identity()
        self.norm = LayerNorm(width, shifts=False)
        self.head = nn.Linear(width, width, bias=False)
        self.norm_head = LayerNorm(width, shifts=False)
        begin(self, config.n_layers)

    def forward(
        self, ids: Int[Tensor, "batch tokens"], places: Bool[Tensor, "batch tokens"] | None = None
    ) -> Float[Tensor, "*batch vocab_size"]:
        """Scores for what stands at each place, read from all of them.

        places   at which scores are wanted; None = at all, batch by batch.
        """
        stream = self.norm_embedding(self.embedding(ids))
        for block in self.blocks:
            stream = block(stream).resid_post
        stream = self.norm(stream)
        wanted = stream if places is None else stream[places][None]
        scores = self.norm_head(nn.functional.gelu(self.head(wanted))) @ self.embedding.weight.T
        return scores if places is None else scores[0]


def hide(
    ids: Int[Tensor, "batch tokens"],
    begins: Bool[Tensor, "batch tokens"],
    mask: int,
    rate: float,
    rng: torch.Generator,
) -> tuple[Int[Tensor, "batch tokens"], Bool[Tensor, "batch tokens"]]:
    """Hide whole words: what a model reads, and the places that it is asked for.

    Of the hidden words eight in ten are masked, one is replaced piece by piece by any other, and one stays as it is, so
    that a model must know all places and not those of the mask alone.

    begins   where a word begins.
    rate     share of the words that are hidden.
    Source   Devlin et al. 2019, section 3.1 and appendix A.1.
    """
    words = begins.long().cumsum(1)
    of_words = torch.rand(2, len(ids), ids.shape[1] + 1, generator=rng).to(ids.device)
    drawn, way = (each.gather(1, words) for each in of_words)
    asked = drawn < rate
    other = torch.randint(mask, ids.shape, generator=rng).to(ids.device)
    read = ids.where(~asked | (way >= 0.9), other).where(~asked | (way >= 0.8), mask)
    return read, asked
