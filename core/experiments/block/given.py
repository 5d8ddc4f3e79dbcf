"""What the experiments on the block are given."""

from copy import deepcopy
from dataclasses import dataclass, replace

from jaxtyping import Float
from torch import Tensor

from core.experiments.measure import Tokens, exact
from core.transformer.block import Block


@dataclass(frozen=True, eq=False)
class Given:
    """Tokens before the first block, the blocks, which one is looked into, and what stands in the batch beside the tokens."""

    x: Tokens
    blocks: tuple[Block, ...]
    layer: int
    other: Float[Tensor, "1 others d_model"]

    def exact(self) -> "Given":
        """The same in double precision, free of gradients; a block that stands there twice is one block."""
        copies = {id(block): deepcopy(block).double().eval().requires_grad_(False) for block in self.blocks}
        blocks = tuple(copies[id(block)] for block in self.blocks)
        return replace(self, x=exact(self.x), other=exact(self.other), blocks=blocks)

    @property
    def block(self) -> Block:
        """The block that is looked into."""
        return self.blocks[self.layer]

    def entering(self, tokens: Tokens) -> Tokens:
        """What enters the block that is looked into, of tokens before the first."""
        for block in self.blocks[: self.layer]:
            tokens = block(tokens).resid_post
        return tokens

    def into_norm(self, tokens: Tokens) -> Tokens:
        """What enters its first norm."""
        x = self.entering(tokens)
        return x if self.block.norm_place == "pre" else self.block(x).resid_mid
