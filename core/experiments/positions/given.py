"""What the experiments on positions are given."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from jaxtyping import Float
from torch import Tensor

from core.experiments.measure import exact


@dataclass(frozen=True, eq=False)
class Given:
    """The learner's numbers, or a real model's on the learner's sentence.

    x                tokens without positions; positions: the codes that are added to them.
    w_x, w_p         the map of tokens and the map of positions.
    queries, keys    vectors to be turned, of an even width.
    learned_table    gives a table of positions that a model learned, a row for each place; asked for when it is needed.
    base, width      of sinusoids.
    n_places         how many places are looked at.
    shift            how far all are moved together.
    """

    x: Float[Tensor, "tokens d_embedded"]
    positions: Float[Tensor, "tokens d_embedded"]
    w_x: Float[Tensor, "d_embedded d_model"]
    w_p: Float[Tensor, "d_embedded d_model"]
    queries: Float[Tensor, "queries head_dim"]
    keys: Float[Tensor, "keys head_dim"]
    learned_table: Callable[[], Float[Tensor, "places width"]]
    base: float = 10_000.0
    width: int = 64
    n_places: int = 50
    shift: int = 1000

    def exact(self) -> "Given":
        """The same in double precision."""
        return replace(
            self,
            x=exact(self.x),
            positions=exact(self.positions),
            w_x=exact(self.w_x),
            w_p=exact(self.w_p),
            queries=exact(self.queries),
            keys=exact(self.keys),
        )
