"""Pictures that no captioner learned from: they are told from scenes, and captioned nevertheless."""

import random
import subprocess
import sys

import pytest

from core.lessons import captioning
from core.lessons.captioning import Settings
from core.models import checkpoints
from core.vision import program, scenes
from core.vision.samples import SAMPLES, sample


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
    model = checkpoints.load("captioner", "cpu")
    (tmp_path / "run.py").write_text(program.of_caption(model, (), pixels=found.pixels), "utf-8")
    ran = subprocess.run(
        [sys.executable, tmp_path / "run.py", checkpoints.FOLDER], capture_output=True, text=True, check=True
    ).stdout
    assert (
        tuple(line.split(" probability")[0] for line in ran.splitlines() if " probability " in line) == found.now.words
    )
