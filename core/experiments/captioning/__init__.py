"""Attention to the cells of a picture. Experiments take (the scene, a seed); scenes they measure on are drawn anew."""

from core.experiments.captioning.grounding import (
    another_region,
    one_context,
    places_need_no_look,
    regularises,
    segmentation,
    shows_what_matters,
    without_places,
)

CLAIMS = (
    another_region,
    one_context,
    regularises,
    segmentation,
    without_places,
    places_need_no_look,
    shows_what_matters,
)

__all__ = ["CLAIMS", "one_context"]
