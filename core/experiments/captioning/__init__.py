"""Attention to the cells of a picture. Experiments take (the scene, a seed); scenes they measure on are drawn anew."""

from core.experiments.captioning.looking import (
    another_region,
    one_context,
    regularises,
    segmentation,
    shows_what_matters,
    without_places,
)

CLAIMS = (another_region, one_context, regularises, segmentation, without_places, shows_what_matters)

__all__ = ["CLAIMS", "one_context"]
