"""Inputs on which the claims of lesson 14 do not hold."""

from core.experiments import model_family
from core.experiments.model_family import Given

MORE = {"model_family": model_family}

FAMILY = {
    f"model_family.{name}": lambda patch, given=given: (given, 0)
    for name, given in {
        "fills_gaps": Given(updates=3),
        "left_alone": Given(updates=3),
        "head_for_each_task": Given(length=12),
        "every_pair": Given(unseen=("red", "circle")),
        "video_system": Given(noise=0.05),
    }.items()
}
