"""Inputs on which the claims of lessons 13 and 14 do not hold."""

import torch

from core.experiments import model_family, since_2017
from core.experiments.model_family import Given
from core.experiments.since_2017.norms import layered
from tests.core.shapes import normal

MORE = {"model_family": model_family}

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
