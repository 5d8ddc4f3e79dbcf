"""Pixels are made ready as the model's own files say, wherever the library has written it."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from core.models import image_attention, loading
from core.models.errors import ModelError
from core.models.image_reading import read_image
from core.models.loaded import LoadedModel
from core.models.preprocessing import values_of
from tests.core.models import folders
from tests.core.models.families import IMAGE

pytestmark = pytest.mark.usefixtures("no_models")

NOISE = np.random.default_rng(0).integers(0, 256, (40, 40, 3), dtype=np.uint8)
WHITE = np.full((12, 12, 3), 255, np.uint8)
CLIP = ((0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711))


def opened(folder: Path, family: str = "vit", **sizes: Any) -> LoadedModel:
    return loading.load(folders.save(folder, folders.model_of(family, **IMAGE | sizes), None))


def white_of(folder: Path, family: str, file: str, said: object) -> tuple[list[float], bool]:
    """What white becomes on its way into a model of a family, and whether its files say so."""
    (folder / "config.json").write_text(json.dumps({"model_type": family}))
    (folder / file).write_text(json.dumps(said))
    values = values_of("a model", folder, 3)
    made = [(255 * values.factor - mean) / std for mean, std in zip(values.mean, values.std, strict=True)]
    return [round(each, 3) for each in made], values.known


@pytest.mark.parametrize(
    ("family", "file", "said", "white"),
    [
        (
            "vit",
            "preprocessor_config.json",
            {"image_mean": [0.1, 0.2, 0.3], "image_std": [0.5, 0.25, 2]},
            [1.8, 3.2, 0.35],
        ),
        ("vit", "preprocessor_config.json", {"do_normalize": False}, [1, 1, 1]),
        ("vit", "preprocessor_config.json", {"do_normalize": False, "do_rescale": False}, [255, 255, 255]),
        (
            "vit",
            "preprocessor_config.json",
            {"image_mean": 0.5, "image_std": [0.5], "rescale_factor": 1 / 127.5},
            [3, 3, 3],
        ),
        (
            "clip",
            "processor_config.json",
            {"image_processor": {"image_mean": CLIP[0], "image_std": CLIP[1]}, "processor_class": "CLIPProcessor"},
            [round((1 - mean) / std, 3) for mean, std in zip(*CLIP, strict=True)],
        ),
        (
            "clip",
            "preprocessor_config.json",
            {"image_processor_type": "CLIPImageProcessor"},  # what the file leaves out, the library's class knows
            [round((1 - mean) / std, 3) for mean, std in zip(*CLIP, strict=True)],
        ),
        ("vit", "preprocessor_config.json", {"feature_extractor_type": "ViTFeatureExtractor"}, [1, 1, 1]),
    ],
)
def test_what_a_file_says_of_pixels_is_done(tmp_path, family, file, said, white):
    assert white_of(tmp_path, family, file, said) == (white, True)


def test_a_family_that_needs_what_is_not_installed_takes_the_usual_and_says_so(tmp_path):
    white, known = white_of(
        tmp_path, "dinov3_vit", "preprocessor_config.json", {"image_processor_type": "DINOv3ViTImageProcessorFast"}
    )
    assert (white, known) == ([1, 1, 1], False)


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("preprocessor_config.json", "{"),
        ("preprocessor_config.json", '{"image_mean": "x"}'),
        ("preprocessor_config.json", '{"image_mean": [0.5, 0.5]}'),
        ("preprocessor_config.json", '{"image_std": 0}'),
        ("processor_config.json", "[1]"),
        ("processor_config.json", '{"image_processor": 3}'),
    ],
)
def test_a_file_that_makes_no_sense_is_named(tmp_path, file, text):
    (tmp_path / file).write_text(text)
    with pytest.raises(ModelError, match=f"its {file} cannot be read; fetch the file again"):
        values_of("a model", tmp_path, 3)


@pytest.mark.parametrize("said", [None, {"image_mean": [0.5], "image_std": [0.5]}, {"image_mean": [0.4, 0.5, 0.6]}])
def test_a_model_of_grey_pictures_sees_them_grey(tmp_path, said):
    loaded = opened(tmp_path / "grey", num_channels=1)
    if said is not None:
        (tmp_path / "grey" / "preprocessor_config.json").write_text(json.dumps(said))
    found = read_image(loaded, "noise", NOISE, "squash")
    assert (found.patch_attention.rows, found.patch_attention.columns) == (3, 3)
    assert (found.pixels == found.pixels[..., :1]).all()
    white = image_attention.as_input(WHITE, image_attention.preprocessing_of(loaded))
    torch.testing.assert_close(white, torch.ones(1, 1, 12, 12))


def test_a_model_of_more_channels_is_refused_by_their_number(tmp_path):
    loaded = opened(tmp_path / "many", num_channels=4)
    with pytest.raises(ModelError, match="reads pictures of 4 channels: choose one for colour"):
        image_attention.preprocessing_of(loaded)


@pytest.mark.parametrize("family", ["siglip_vision_model", "vit", "clip_vision_model"])
def test_of_a_side_that_is_no_multiple_of_the_patch_the_edge_is_not_seen(tmp_path, family):
    """The library's layer of patches leaves it out as well: whatever stands there changes no weight."""
    loaded = opened(tmp_path / "edge", family, image_size=30, patch_size=7)
    reads = image_attention.preprocessing_of(loaded)
    found = read_image(loaded, "noise", NOISE, "squash")
    assert (reads.across, reads.covered) == (4, 28)
    assert (found.patch_attention.rows, found.patch_attention.columns) == (4, 4)
    assert found.pixels.shape == (28, 28, 3)
    assert found.given.shape == (30, 30, 3)
    other = found.given.copy()
    other[28:], other[:, 28:] = 0, 255
    weights = image_attention.attention_of(loaded, other, reads).weights
    assert torch.equal(weights, found.patch_attention.weights)
