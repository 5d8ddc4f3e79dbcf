"""A language model as they are built today: blocks that see only what came before, and a guess at what comes next."""

from dataclasses import dataclass

from jaxtyping import Float, Int
from torch import Tensor, nn

from core.attention.masks import causal
from core.transformer.block import Block
from core.transformer.norms import RMSNorm

_SPREAD = 0.02  # of the weights as they begin


@dataclass(frozen=True)
class LanguageModelConfig:
    """The sizes of a language model.

    context   tokens that it was trained to read at once.
    dropout   in training, the share of the numbers that a half of a block adds which are left out.
    """

    vocab_size: int
    d_model: int = 192
    n_heads: int = 6
    n_layers: int = 6
    d_ff: int = 512
    context: int = 512
    dropout: float = 0.0


class LanguageModel(nn.Module):
    """Tokens in, a score for each next token out: pre-norm blocks with RMSNorm, rotary positions and SwiGLU, no biases.

    The table of embeddings is also the map to the scores (tied).

    Source   Radford et al. 2018, section 3.1 (decoder-only); Touvron et al. 2023, section 2.2 (the block).
    """

    def __init__(self, config: LanguageModelConfig):
        super().__init__()
        self.config = config
        self.embedding = nn.Embedding(config.vocab_size, config.d_model)
        self.blocks = nn.ModuleList(
            Block(
                config.d_model,
                config.n_heads,
                d_ff=config.d_ff,
                norm="rms",
                feed_forward="swiglu",
                bias=False,
                positions="RoPE",
                dropout=config.dropout,
            )
            for _ in range(config.n_layers)
        )
        self.norm = RMSNorm(config.d_model)
        begin(self, config.n_layers)

    def forward(self, ids: Int[Tensor, "batch tokens"]) -> Float[Tensor, "batch tokens vocab_size"]:
        """Scores for the token after each of these, read from it and those before it."""
        stream = self.embedding(ids)
        allowed = causal(ids.shape[1]).to(ids.device)
        for block in self.blocks:
            stream = block(stream, allowed).resid_post
        return self.norm(stream) @ self.embedding.weight.T


def begin(model: nn.Module, n_layers: int) -> None:
    """Draw the matrices that a model of so many blocks begins with."""
    for name, weight in model.named_parameters():
        # what is added to the stream begins smaller, so that the sum of all layers begins as large as one
        added = name.endswith(("out_proj.weight", "contract.weight"))
        if weight.dim() > 1:
            nn.init.normal_(weight, std=_SPREAD / (2 * n_layers) ** 0.5 if added else _SPREAD)
