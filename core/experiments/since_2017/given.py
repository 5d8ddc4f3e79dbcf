"""What the experiments on newer parts are given."""

from dataclasses import dataclass

from jaxtyping import Float
from torch import Tensor


@dataclass(frozen=True, eq=False)
class Given:
    """The learner's numbers.

    x         tokens as vectors.
    experts   how many there are; active: how many each token asks.
    rate      of the delta rule; width: numbers in a key and in a value.
    pairs     that are remembered.
    seed      of the gate, which nobody trained.
    """

    x: Float[Tensor, "tokens d_model"]
    experts: int = 8
    active: int = 2
    rate: float = 0.5
    width: int = 32
    pairs: int = 512
    seed: int = 0
