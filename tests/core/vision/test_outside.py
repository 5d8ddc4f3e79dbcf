"""Pictures that no captioner learned from: they are told from scenes, and captioned nevertheless."""

import random
from functools import partial

import pytest

from core.export.program import program
from core.lessons import captioning
from core.lessons.captioning import Settings
from core.models import checkpoints
from core.picture_files import opened_png, png
from core.vision import scenes
from core.vision.samples import SAMPLES, sample
from tests.exported import run_program


def test_every_scene_is_familiar():
    rng = random.Random("familiar")
    assert min(scenes.familiar(picture) for picture in scenes.painted([scenes.draw(rng) for _ in range(200)])) > 0.98


@pytest.mark.parametrize("name", SAMPLES)
def test_a_photograph_is_outside_its_world_and_has_no_right_caption(name):
    found = captioning.run(Settings(own=name), sample(name))
    assert found.outside
    assert found.right == ""
    assert found.now.text


def test_a_drawing_of_a_scene_is_not_and_is_captioned_right():
    """A scene that comes back as a picture file of another size."""
    settings = Settings()
    (picture,) = scenes.painted([settings.scene])
    drawn = (picture * 255).round().byte().permute(1, 2, 0).numpy().repeat(3, axis=0).repeat(3, axis=1)
    found = captioning.run(Settings(own="drawn"), drawn)
    assert not found.outside
    assert found.now.text == captioning.run(settings).right


def test_the_program_of_a_photograph_writes_the_same_words(tmp_path):
    found = captioning.run(Settings(own="a cat"), sample("a cat"))
    pixels = partial(opened_png, png(captioning.bytes_of(found.pixels)))
    again = partial(captioning.shown, "attention", Settings(own="a cat"), pixels)
    printed = run_program(program("", "", again), tmp_path, checkpoints.FOLDER)
    assert f"queries: {' '.join(found.now.words)}\n" in printed
