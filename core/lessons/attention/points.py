"""Attention as kernel regression, on a few points: x is a key, y its value, and the temperature is a bandwidth."""

from dataclasses import dataclass, replace
from typing import Final

import torch
from jaxtyping import Float
from torch import Tensor

from core.attention import DISTANCE, AttentionTrace, attend
from core.lessons.shown import Matrices
from core.trace import Step, steps

WINDOW: Final = (-3.0, 3.0, -2.0, 2.0)  # where points are put: from and to across, from and to up
N_PLACES: Final = 121  # of the curve


@dataclass(frozen=True)
class Points:
    """The learner's points (x, y), and where a prediction is asked for."""

    places: tuple[tuple[float, ...], ...]
    query: float


@dataclass(frozen=True)
class Regression:
    """One query over the points, and all queries of the curve.

    curve        x and prediction at every place.
    asked        the query and its prediction.
    bandwidth    of the Gaussian kernel: the root of the temperature.
    nearest      the share of the points that are nearest to the query, and the mean of their values.
    """

    trace: AttentionTrace
    points: Float[Tensor, "points 2"]
    curve: Float[Tensor, "places 2"]
    asked: Float[Tensor, "one 2"]
    bandwidth: float
    nearest: tuple[float, float]

    @property
    def predicted(self) -> float:
        """What is predicted at the query."""
        return self.asked[0, 1].item()

    @property
    def mean(self) -> float:
        """The mean of all values, which nothing is told of where."""
        return self.points[:, 1].mean().item()


def regress(
    queries: Float[Tensor, "queries 1"], points: Float[Tensor, "points 2"], temperature: float
) -> AttentionTrace:
    """Nadaraya and Watson's regression is attention: x are the keys, y the values, a near key scores high."""
    keys, values = points[None, None, :, :1], points[None, None, :, 1:]
    return attend(queries[None, None], keys, values, score=DISTANCE, scale=1 / temperature)


def run(given: Points, temperature: float) -> Regression:
    """Predict at the query, and everywhere."""
    points, query = torch.tensor(given.places), torch.tensor([[given.query]])
    low, high = (min(WINDOW[0], *points[:, 0].tolist()), max(WINDOW[1], *points[:, 0].tolist()))
    places = torch.linspace(low, high, N_PLACES)[:, None]
    curve = torch.cat([places, regress(places, points, temperature).output[0, 0]], dim=1)
    trace = regress(query, points, temperature)
    apart = (points[:, 0] - given.query).abs()
    nearest = apart <= apart.min() + 1e-6
    found = (trace.weights[0, 0, 0, nearest].sum().item(), points[nearest, 1].mean().item())
    return Regression(
        trace, points, curve, torch.cat([query, trace.output[0, 0]], dim=1), temperature**0.5, nearest=found
    )


FORMULAS: Final = {
    "scores": r"-\frac{(q - k)^{2}}{2}",
    "scaled": r"<scores>\,/\,T",
    "masked": "<scaled>",
    "output": r"<weights>\,v",
}


def told(result: Regression) -> list[Step]:
    """The steps of the query's trace, which are older than attention."""
    return [replace(made, source="nadaraya1964") for made in steps(result.trace)]


def beside(result: Regression) -> Matrices:
    """What the figure shows."""
    return {
        "points": result.points.numpy(),
        "point_weights": result.trace.weights[0, 0].numpy(),
        "point_curve": result.curve.numpy(),
        "point_asked": result.asked.numpy(),
    }
