"""What the experiments on cost are given."""

from dataclasses import dataclass

from jaxtyping import Float
from torch import Tensor

from core.cost.sizes import Sizes
from core.experiments.measure import exact


@dataclass(frozen=True, eq=False)
class Given:
    """Queries, keys and values of all heads of one layer on a sentence, and the sizes that the learner asks about.

    block   how many queries, and how many keys, make a tile.
    """

    queries: Float[Tensor, "1 heads tokens head_dim"]
    keys: Float[Tensor, "1 heads tokens head_dim"]
    values: Float[Tensor, "1 heads tokens head_dim"]
    sizes: Sizes
    block: int = 4

    @property
    def operands(self) -> tuple[Tensor, Tensor, Tensor]:
        """The three in double precision."""
        return exact(self.queries), exact(self.keys), exact(self.values)

    @property
    def n_tokens(self) -> int:
        """How many there are."""
        return self.queries.shape[2]
