"""Inputs on which what lesson 10 says of its claims does not hold."""

from collections.abc import Callable
from inspect import unwrap
from typing import Final

import pytest

from core.experiments.encoder_decoder import pictures
from core.models import checkpoints
from core.seeded import seeded
from core.vision.scene_captioner import SceneCaptioner, SceneCaptionerConfig
from core.vision.trained_scene_captioner import TrainedSceneCaptioner
from tests.core.encoder_decoder_examples import changed_transformer, ends_at_once, same_blocks


def untaught_scene_captioners(patch: pytest.MonkeyPatch) -> tuple:
    """Captioners over pictures that have learned nothing, whatever the claim is tried on besides."""

    def load(name: str) -> TrainedSceneCaptioner:
        with seeded(0):
            return TrainedSceneCaptioner(name, SceneCaptioner(SceneCaptionerConfig(checkpoints.SCENE_CAPTIONERS[name])))

    patch.setattr(pictures.checkpoints, "load_scene_captioner", load)
    patch.setattr(pictures, "exact", unwrap(pictures.exact))
    return changed_transformer(ends_at_once)(patch)


TWO_SENTENCES: Final[dict[str, Callable[[pytest.MonkeyPatch], tuple]]] = {
    "encoder_decoder.all_at_once": changed_transformer(ends_at_once),
    "encoder_decoder.generates_at_once": changed_transformer(ends_at_once),
    "encoder_decoder.sees_the_target": changed_transformer(ends_at_once),
    "encoder_decoder.points_at_the_word": changed_transformer(ends_at_once),
    "encoder_decoder.one_block": changed_transformer(same_blocks),
    "encoder_decoder.without_a_cnn": untaught_scene_captioners,
}
