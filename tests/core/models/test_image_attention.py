"""Vision models of the library on a picture: the weights are the library's own, and every token has its name."""

import json
from functools import partial

import numpy as np
import pytest
import torch
from transformers import AutoModel

from core.analysis.patch_attention import Chosen
from core.export.program import program
from core.lessons import image_lab
from core.models import image_attention, loading
from core.models.errors import ModelError
from core.picture_files import opened_png, png
from tests.core.models import folders
from tests.core.models.families import IMAGE, SWIN, TEXT
from tests.exported import run_program, tensors_in

pytestmark = pytest.mark.usefixtures("no_models")

TOWER = {"vision_config": IMAGE, "text_config": TEXT}
FAMILIES = {
    "vit": (IMAGE, ("[CLS]",)),
    "deit": (IMAGE, ("[CLS]", "[DIST]")),
    "dinov2": (IMAGE, ("[CLS]",)),
    "dinov2_with_registers": (IMAGE | {"num_register_tokens": 2}, ("[CLS]", "register 0", "register 1")),
    "dinov3_vit": (IMAGE | {"num_register_tokens": 3}, ("[CLS]", "register 0", "register 1", "register 2")),
    "beit": (IMAGE | {"use_relative_position_bias": True}, ("[CLS]",)),
    "siglip": (TOWER, ()),
    "clip": (TOWER, ("[CLS]",)),
}
PIXELS = np.random.default_rng(0).integers(0, 256, (12, 12, 3), dtype=np.uint8)


def opened(tmp_path, family: str, **more):
    return loading.load(folders.save(tmp_path / family, folders.model_of(family, **FAMILIES[family][0] | more), None))


@pytest.mark.parametrize("family", FAMILIES)
def test_the_weights_are_the_librarys_own(family, tmp_path):
    loaded = opened(tmp_path, family)
    found = image_attention.attention_of(loaded, PIXELS, image_attention.preprocessing_of(loaded))
    assert found.extra == FAMILIES[family][1]
    assert (found.rows, found.columns) == (3, 3)
    assert found.tokens[-1] == "c3"
    plain = AutoModel.from_pretrained(loaded.name, attn_implementation="eager").eval()
    part = plain if loaded.kind == "vision" else plain.vision_model
    with torch.inference_mode():
        images = image_attention.as_input(PIXELS, image_attention.preprocessing_of(loaded))
        expected = part(pixel_values=images, output_attentions=True).attentions
    torch.testing.assert_close(found.weights, torch.cat(expected), atol=1e-5, rtol=1e-4)
    torch.testing.assert_close(found.weights.sum(-1), torch.ones(found.weights.shape[:3]))


def test_pixels_are_normalised_as_the_models_own_file_says(tmp_path):
    loaded = opened(tmp_path, "vit")
    assert not image_attention.preprocessing_of(loaded).known
    said = {"image_mean": [0.1, 0.2, 0.3], "image_std": [0.5, 0.25, 2.0]}
    (tmp_path / "vit" / "preprocessor_config.json").write_text(json.dumps(said))
    seen_by = image_attention.preprocessing_of(loaded)
    assert seen_by.known
    white = image_attention.as_input(np.full((12, 12, 3), 255, np.uint8), seen_by)
    torch.testing.assert_close(white[0, :, 0, 0], torch.tensor([1.8, 3.2, 0.35]))
    (tmp_path / "vit" / "preprocessor_config.json").write_text('{"image_mean": "x"}')
    with pytest.raises(ModelError, match="cannot be read; fetch the file again"):
        image_attention.preprocessing_of(loaded)


def test_a_picture_of_very_many_patches_is_made_smaller(tmp_path):
    loaded = opened(tmp_path, "dinov2", image_size=28 * 4)
    seen_by = image_attention.preprocessing_of(loaded)
    assert seen_by.side == 16 * 4
    found = image_attention.attention_of(loaded, np.zeros((64, 64, 3), np.uint8), seen_by)
    assert (found.rows, found.columns) == (16, 16)


def test_what_reads_no_patches_is_refused_in_words(tmp_path):
    words = loading.load(folders.bert(tmp_path / "bert"))
    with pytest.raises(ModelError, match="reads no pictures"):
        image_attention.preprocessing_of(words)
    swin = loading.load(folders.save(tmp_path / "swin", folders.model_of("swin", **SWIN), None))
    with pytest.raises(ModelError, match="choose a ViT or one like it"):
        image_attention.attention_of(swin, PIXELS, image_attention.preprocessing_of(swin))


@pytest.mark.parametrize("family", ["vit", "dinov2", "clip"])
@pytest.mark.parametrize("shown", ["one head", "rollout"])
def test_the_program_to_take_away_prints_the_same_numbers(family, shown, tmp_path):
    loaded = opened(tmp_path, family)
    chosen, preprocessing = Chosen(shown, 1, 2, 0.3, "max"), image_attention.preprocessing_of(loaded)
    how = (type(loaded.model).__name__, image_attention.stretches(loaded), ())
    pixels = partial(opened_png, png(PIXELS))
    again = partial(image_lab.shown_of_library, loaded.name, *how, pixels, preprocessing, chosen)
    printed = tensors_in(run_program(program("", "", again), tmp_path))["weights"]
    matrix = image_attention.attention_of(loaded, PIXELS, preprocessing).matrix(chosen)
    np.testing.assert_allclose(printed, matrix.flatten(), atol=6e-5, rtol=0)
