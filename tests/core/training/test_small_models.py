"""The recipes of the small models: each learns, is measured and has a card; what is opened is of its class."""

import json

import pytest

from core.models import checkpoints
from core.models.errors import ModelError
from core.training import __main__ as command
from core.training import mirror, progress, small_models
from core.transformer.rows import RowModel
from core.vision.image_text import ImageText


@pytest.mark.parametrize("name", ["mirror-left-alone", "text-to-text", "video-denoiser-by-frame"])
def test_a_recipe_writes_a_model_its_figures_and_its_card(name, tmp_path, monkeypatch):
    monkeypatch.setattr(progress, "WORK", tmp_path / "work")
    monkeypatch.setattr(small_models, "_TESTED", 8)
    command.main([name, "--updates", "2", "--out", str(tmp_path), "--device", "cpu"])
    place = checkpoints.place(tmp_path, name)
    figures = json.loads(place.figures.read_text("utf-8"))
    assert figures["made"]["recipe"]["updates"] == 2
    card = place.card.read_text("utf-8")
    assert "seed 0, 2 updates" in card
    assert all(str(measured) in card for measured in figures["quality"])


@pytest.mark.parametrize("name", checkpoints.SMALL_MODELS)
def test_every_small_model_that_ships_was_made_by_its_recipe(name):
    made = checkpoints.of_kind(checkpoints.load(name), checkpoints.Small).figures["made"]["recipe"]
    assert made["updates"] == small_models.PLANS[name].updates
    assert made["peak_rate"] == small_models.PLANS[name].rate


def test_a_small_model_of_another_class_is_refused():
    with pytest.raises(ModelError, match="mirror-left-alone is a RowModel and no ImageText"):
        checkpoints.load_small("mirror-left-alone", ImageText)


def test_a_card_tells_what_is_measured_of_the_model_itself():
    model = checkpoints.load_small("mirror-both-sides", RowModel)
    figures = checkpoints.of_kind(checkpoints.load("mirror-both-sides"), checkpoints.Small).figures["quality"]
    assert mirror.of_halves(mirror.filled(model)) == (
        figures["hidden letters of the first half"],
        figures["of the second half"],
    )
