"""The classifiers that come with the project: what they say of a picture, how it is made a square, what is taken away."""

import io
from functools import partial

import numpy as np
import pytest
import torch
from PIL import Image

from core.analysis.patch_attention import Chosen
from core.export.program import program
from core.lessons import image_lab
from core.models import checkpoints, image_reading
from core.picture_files import opened_png, png
from core.vision.classifier import FITS, GREY, fitted
from core.vision.samples import SAMPLES, sample
from tests.exported import run_program, tensors_in

VITS = ("vit", "vit-mean-pool")


@pytest.fixture(params=checkpoints.CLASSIFIERS)
def classifier(request):
    return checkpoints.load(request.param, "cpu")


def test_it_names_a_cat_and_its_probabilities_are_shares(classifier):
    found = classifier.classify(sample("a cat"))
    shares = list(found.probabilities.values())
    assert sum(shares) == pytest.approx(1, abs=1e-5)
    assert shares == sorted(shares, reverse=True)
    assert found.label == next(iter(found.probabilities)) == "cat"
    assert set(found.probabilities) == set(classifier.classes)


@pytest.mark.parametrize("name", VITS)
def test_layers_hold_shares_and_the_saliency_is_a_map_of_patches(name):
    model = checkpoints.load(name, "cpu")
    found = model.classify(sample("a rocket"))
    config = model.model.config
    n_tokens = config.n_patches + (config.pooling == "class")
    assert len(found.layers) == config.n_layers
    for weights in found.layers:
        assert weights.shape == (config.n_heads, n_tokens, n_tokens)
        torch.testing.assert_close(weights.sum(-1), torch.ones(config.n_heads, n_tokens))
    assert found.saliency.shape == (config.columns, config.columns)
    assert found.saliency.min() >= 0
    assert found.saliency.sum().item() == pytest.approx(1, abs=1e-5)


def test_a_convolutional_net_has_no_weights_to_show():
    found = checkpoints.load("cnn", "cpu").classify(sample("a cat"))
    assert found.layers == ()
    with pytest.raises(ValueError, match="classify by vit"):
        _ = found.saliency


def test_a_picture_is_squashed_cropped_or_padded():
    wide = np.zeros((30, 90, 3), np.uint8)
    wide[:, :30, 0], wide[:, 30:60, 1], wide[:, 60:, 2] = 255, 255, 255
    squash, crop, pad = (fitted(wide, 60, fit) for fit in FITS)
    assert squash[30, 5].tolist() == [255, 0, 0]
    assert squash[30, -5].tolist() == [0, 0, 255]
    assert (crop[..., 1] == 255).all()
    assert (pad[:15] == GREY).all()
    assert pad[30, 5].tolist() == [255, 0, 0]


def test_a_picture_may_be_of_pillow_and_of_any_mode(classifier):
    picture = Image.fromarray(sample("a cat"))
    expected = classifier.classify(np.asarray(picture)).probabilities
    assert classifier.classify(picture).probabilities == expected
    assert classifier.classify(picture.convert("L")).label in classifier.classes


def test_of_what_it_does_not_know_it_is_less_sure_than_of_what_it_knows():
    """Noise is none of its classes."""
    model = checkpoints.load("vit", "cpu")
    noise = np.random.default_rng(0).integers(0, 256, (96, 96, 3), dtype=np.uint8)
    assert max(model.classify(noise).probabilities.values()) < 0.9


@pytest.mark.parametrize(("name", "shown"), [("vit", "one head"), ("vit", "rollout"), ("vit-mean-pool", "mean of all")])
def test_the_program_to_take_away_prints_the_same_numbers(name, shown, tmp_path):
    model = checkpoints.load(name, "cpu")
    pixels = fitted(sample("a cat"), model.side)
    chosen = Chosen(shown, 3, 2)
    again = partial(image_lab.shown, name, partial(opened_png, png(pixels)), chosen)
    printed = tensors_in(run_program(program("", "", again), tmp_path, checkpoints.FOLDER))
    expected = image_reading.patch_attention_of(model.classify(pixels)).matrix(chosen)
    np.testing.assert_allclose(printed["weights"], expected.flatten(), atol=6e-5)


def test_every_sample_is_there_without_a_network():
    for name in SAMPLES:
        found = sample(name)
        assert found.ndim == 3
        assert found.shape[2] == 3
        assert found.dtype == np.uint8


def test_a_row_for_each_picture():
    seen = [image_reading.read_image("vit", name, sample(name), "squash") for name in ("a cat", "a rocket")]
    maps = [image_reading.map_of(each, Chosen("rollout", 0, 0, fuse="max")) for each in seen]
    for each, one in zip(seen, maps, strict=True):
        torch.testing.assert_close(one.values, each.answer.saliency, atol=1e-6, rtol=1e-4)
    maps[1] = image_reading.PatchMap(
        "=danger()", *[getattr(maps[1], name) for name in ("values", "label", "probability")]
    )
    head, *rows = image_reading.as_csv(maps).decode("utf-8-sig").splitlines()
    assert head.startswith("picture,class,probability,a1,b1")
    assert [row.split(",")[0] for row in rows] == ["a cat", "'=danger()"]
    assert sum(map(float, rows[0].split(",")[3:])) == pytest.approx(1, abs=1e-4)
    kept = np.load(io.BytesIO(image_reading.as_npz(maps)))
    assert kept["maps"].shape == (2, 8, 8)
