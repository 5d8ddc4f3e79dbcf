"""Does a map lie on the object? Agreement with masks that people drew, beside what a guess would reach."""

from collections.abc import Mapping
from typing import Final

import numpy as np
from jaxtyping import Bool, Float
from scipy.stats import rankdata

# photographers centre: below this the object of a picture is off-centre
OFF_CENTRE: Final = 0.7
_SPREAD: Final = 0.25  # of the picture's side


def gaussian(side: int) -> Float[np.ndarray, "side side"]:
    """A blob in the middle of a square: what knows of a picture only that people point cameras at things."""
    away = np.arange(side) - (side - 1) / 2
    blob = np.exp(-(away[:, None] ** 2 + away**2) / (2 * (_SPREAD * side) ** 2))
    return blob / blob.sum()


def auc(
    maps: Float[np.ndarray, "photos squares"], there: Bool[np.ndarray, "photos squares"]
) -> Float[np.ndarray, "photos"]:
    """The chance that a square of the object has more of the map than a square beside it; 0.5 is a guess.

    Equal squares count half. Every picture must have squares of both kinds.
    """
    ranks = rankdata(maps, axis=1)
    inside = there.sum(1)
    outside = there.shape[1] - inside
    return ((ranks * there).sum(1) - inside * (inside + 1) / 2) / (inside * outside)


def mass_over_area(
    maps: Float[np.ndarray, "photos squares"], there: Bool[np.ndarray, "photos squares"]
) -> Float[np.ndarray, "photos"]:
    """The share of the map on the object over the share of the picture that the object takes; 1 is a guess."""
    return (maps * there).sum(1) / maps.sum(1) / there.mean(1)


def agreement(
    maps: Mapping[str, Float[np.ndarray, "photos rows columns"]], there: Bool[np.ndarray, "photos side side"]
) -> dict[str, dict[str, float | int]]:
    """Both measures of each map, for all pictures and for those that a centred Gaussian cannot find.

    maps    by name; a coarser map is drawn larger, each of its squares as an even block.
    there   where the object is.
    """
    side = there.shape[1]
    squares = there.reshape(len(there), -1)
    both = (squares.any(1)) & (~squares.all(1))
    squares = squares[both]
    centred = np.broadcast_to(gaussian(side).flatten(), squares.shape)
    groups = {"all": np.ones(len(squares), bool), "off-centre": auc(centred, squares) < OFF_CENTRE}
    found: dict[str, dict[str, float | int]] = {name: {"pictures": int(group.sum())} for name, group in groups.items()}
    for name, values in maps.items():
        factor = side // values.shape[1]
        large = values.repeat(factor, axis=1).repeat(factor, axis=2).reshape(len(values), -1)[both]
        for group, chosen in groups.items():
            if chosen.any():
                found[group][f"AUC, {name}"] = round(float(auc(large[chosen], squares[chosen]).mean()), 3)
                found[group][f"mass over area, {name}"] = round(
                    float(mass_over_area(large[chosen], squares[chosen]).mean()), 2
                )
    return found
