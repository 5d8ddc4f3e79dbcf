"""Rows of letters through one block: a mask is all that tells a model which fills in from one that sees the left alone."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from core.attention import masks
from core.attention.masks import Allowed
from core.trace import part, step
from core.transformer.block import Block, BlockTrace
from core.transformer.norms import LayerNorm


@dataclass(frozen=True)
class RowConfig:
    """The sizes of a model of rows. causal: each letter sees itself and those before it alone."""

    vocab_size: int
    n_places: int
    causal: bool
    d_model: int = 48
    n_heads: int = 1


@dataclass(frozen=True)
class RowTrace:
    """Every tensor from letters to the chances of each letter at each place, in the order computed."""

    embedded: Float[Tensor, "batch tokens d_model"] = step("E[x] + P", title="Letters and places", source="vaswani2017")
    block: BlockTrace = part(resid_pre="embedded")
    logits: Float[Tensor, "batch tokens vocab_size"] = step(
        r"\operatorname{LN}\left(<resid_post>\right)E^\top", title="Scores of every letter", source="press2017"
    )
    probabilities: Float[Tensor, "batch tokens vocab_size"] = step(
        r"\operatorname{softmax}\left(<logits>\right)", title="What may stand there", source="devlin2019"
    )


class RowModel(nn.Module):
    """Letters and learned places, one block, and scores of every letter, by the table that letters are looked up in."""

    Config: ClassVar = RowConfig

    def __init__(self, config: RowConfig):
        super().__init__()
        self.config = config
        self.letters = nn.Embedding(config.vocab_size, config.d_model)
        nn.init.normal_(self.letters.weight, std=0.5)
        self.places = nn.Parameter(0.5 * torch.randn(config.n_places, config.d_model))
        self.block = Block(config.d_model, config.n_heads, d_ff=4 * config.d_model)
        self.norm = LayerNorm(config.d_model)

    def allowed(self, n_tokens: int) -> Allowed:
        """Who may attend to whom."""
        return masks.causal(n_tokens) if self.config.causal else masks.everything(n_tokens, n_tokens)

    def forward(self, rows: Int[Tensor, "batch tokens"]) -> RowTrace:
        """Read rows of at most as many letters as there are places."""
        n_tokens = rows.shape[1]
        x = self.letters(rows) + self.places[:n_tokens]
        block = self.block(x, self.allowed(n_tokens).to(x.device))
        logits = self.norm(block.resid_post) @ self.letters.weight.T
        return RowTrace(x, block, logits, logits.softmax(-1))
