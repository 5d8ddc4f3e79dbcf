"""Inputs on which the claims of lessons 13 and 14, and those of no lesson, do not hold."""

from copy import deepcopy
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from core.experiments import further, model_family, since_2017
from core.experiments.further import pictures
from core.experiments.model_family import Given
from core.experiments.since_2017.norms import layered
from tests.core.shapes import normal

# the others are experiments of lessons under another sentence
OWN = tuple(claim for claim in further.CLAIMS if ".further." in claim.experiment.__module__)
MORE = {"model_family": model_family, "further": SimpleNamespace(CLAIMS=OWN)}
GREY = np.full((64, 64, 3), 99, np.uint8)


def deaf_vit(patch: pytest.MonkeyPatch) -> tuple:
    """A Vision Transformer whose attention brings nothing."""
    model = deepcopy(pictures.vit())
    with torch.no_grad():
        for block in model.blocks:
            block.attention.out_proj.weight.zero_()
    patch.setattr(pictures, "vit", lambda: model)
    return GREY, 0


def as_good(patch: pytest.MonkeyPatch) -> tuple:
    """Nets that learned as much, whatever they are."""
    patch.setattr(pictures, "learned", lambda *how: SimpleNamespace(accuracy=0.9))
    return GREY, 0


FAMILY = {
    f"model_family.{name}": lambda patch, given=given: (given, 0)
    for name, given in {
        "fills_gaps": Given(updates=3),
        "left_alone": Given(updates=3),
        "head_for_each_task": Given(length=12),
        "causal_is_language": Given(pixel_updates=3),
        "every_pair": Given(unseen=("red", "circle")),
        "video_system": Given(noise=0.05),
    }.items()
}
FAMILY |= {
    name: lambda patch, given=given: given
    for name, given in {
        "since_2017.never_identity": (since_2017.Given(layered(normal(1, 5, 7, seed=1))[0]), 0),
        "since_2017.stabler_place": (since_2017.Given(normal(5, 7, seed=1)), 0, 1),
        "since_2017.stabler_norm": (since_2017.Given(torch.ones(5, 7)), 0),
        "since_2017.more_nonlinear": (since_2017.Given(normal(5, 7, seed=1)), 0, 1),
        "since_2017.stabler_experts": (since_2017.Given(normal(5, 7, seed=1)), 0, 1),
        "since_2017.only_faster": (since_2017.Given(normal(5, 7, seed=1), pairs=4), 0),
        "since_2017.no_way_back": (since_2017.Given(normal(5, 7, seed=1), rate=0.0), 0),
    }.items()
}
FAMILY |= {"further.patches_are_tokens": deaf_vit, "further.replaces_convolutions": as_good}
