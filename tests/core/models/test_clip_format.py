"""Our two towers and the library's CLIP are one and the same: the same weights give the same."""

import pytest
import torch
from PIL import Image
from transformers import AutoImageProcessor, AutoModel, AutoTokenizer, pipeline

from core.models import checkpoints, clip_format, loading
from core.models.errors import ModelError
from core.models.image_attention import attention_of, preprocessing_of
from core.models.pretrained import IMPLEMENTATION, record
from core.models.reading import read
from core.vision import pairs, scenes
from core.vision.image_text import ImageText, ImageTextConfig
from tests.core.models.drawn import drawn

FOLDER = checkpoints.FOLDER / checkpoints.PAIRED
CAPTIONS = ["red circle", "nothing", "blue square and red circle", "red circle and blue square and green triangle"]
PICTURES = scenes.painted([pairs.SCENE, (), (scenes.Thing("green", "triangle", 6.0, 27.0),)])


@pytest.fixture(scope="module")
def model():
    return drawn(lambda: ImageText(ImageTextConfig(len(pairs.WORDS), pairs.N_WORDS + 1, 32, 8, 12, 3, 3, 20, 5)))


@pytest.fixture(scope="module")
def folder(model, tmp_path_factory):
    place = tmp_path_factory.mktemp("clip") / checkpoints.PAIRED
    clip_format.write(place, model)
    return place


@pytest.fixture(scope="module")
def ours():
    return checkpoints.load_small(checkpoints.PAIRED, ImageText)


@torch.inference_mode()
def equal(model, folder):
    """Hold both to the same arrows, the same scores and the same looks, head by head."""
    theirs, told = AutoModel.from_pretrained(
        folder, dtype=torch.float32, attn_implementation=IMPLEMENTATION, output_loading_info=True
    )
    assert not told["missing_keys"], "every weight has its place"
    assert not told["unexpected_keys"], "and none is left over"
    ids = pairs.ids(CAPTIONS)
    with record(tensors=("weights",)) as layers:
        found = theirs(pixel_values=PICTURES * 2 - 1, input_ids=ids)
    trace = model(PICTURES, ids)
    torch.testing.assert_close(found.image_embeds, trace.image_vectors[0], atol=1e-5, rtol=0)
    torch.testing.assert_close(found.text_embeds, trace.text_vectors[0], atol=1e-5, rtol=0)
    torch.testing.assert_close(found.logits_per_image, trace.logits[0], atol=1e-5, rtol=1e-5)
    blocks = {"vision": model.see(PICTURES).blocks, "text": model.read(ids).blocks}
    for tower, own in blocks.items():
        there = [kept.weights for kept in layers if kept.module.startswith(tower)]
        for weights, block in zip(there, own, strict=True):
            torch.testing.assert_close(weights, block.attention.attention.weights, atol=1e-5, rtol=0)


def test_the_library_opens_it_and_gives_the_same_arrows_scores_and_looks(model, folder):
    equal(model, folder)


def test_so_it_is_with_the_weights_that_ship(ours):
    equal(ours, FOLDER)


def test_what_is_kept_is_what_is_opened(model, folder):
    again = clip_format.read(folder)
    assert again.config == model.config
    assert all(torch.equal(again.state_dict()[name], weight) for name, weight in model.state_dict().items())


def test_its_tokenizer_sets_the_end_behind_each_caption_and_fills_up():
    tokenizer = AutoTokenizer.from_pretrained(FOLDER)
    written = tokenizer([each.title() for each in CAPTIONS], padding="max_length", return_tensors="pt")
    assert torch.equal(written.input_ids, pairs.ids(CAPTIONS))
    assert tokenizer.decode(written.input_ids[0], skip_special_tokens=True) == CAPTIONS[0]


@torch.inference_mode()
def test_the_library_chooses_among_captions_as_it_does_for_any_clip(ours):
    whole = (PICTURES[0] * 255).round().to(torch.uint8).permute(1, 2, 0).numpy()
    ready = AutoImageProcessor.from_pretrained(FOLDER)(whole, return_tensors="pt").pixel_values
    torch.testing.assert_close(ready, PICTURES[:1] * 2 - 1, atol=0.01, rtol=0)
    choose = pipeline("zero-shot-image-classification", model=str(FOLDER), dtype=torch.float32)
    chosen = choose(Image.fromarray(whole), candidate_labels=CAPTIONS, hypothesis_template="{}")
    own = ours(PICTURES[:1], pairs.ids(CAPTIONS)).of_pictures[0, 0]
    assert {each["label"]: each["score"] for each in chosen} == pytest.approx(
        dict(zip(CAPTIONS, own.tolist(), strict=True)), abs=0.01
    )


@torch.inference_mode()
def test_the_end_token_sees_the_whole_caption_and_what_fills_up_behind_it_counts_for_nothing(model):
    caption = "red circle and blue square"
    full = model.read(pairs.ids([caption])).arrow
    cut = pairs.ids([caption])[:, : len(caption.split()) + 1]
    torch.testing.assert_close(model.read(cut).arrow, full)
    for at in range(cut.shape[1] - 1):
        other = cut.clone()
        other[0, at] = pairs.WORDS.index("yellow")
        assert not torch.allclose(model.read(other).arrow, full, atol=1e-4)


def test_a_folder_that_is_not_there_or_damaged_is_told_in_words(folder, tmp_path):
    place = tmp_path / checkpoints.PAIRED
    with pytest.raises(ModelError, match=r"train it: python -m core\.training scene-clip"):
        checkpoints.read_small(place, torch.device("cpu"))
    place.mkdir()
    for file in folder.iterdir():
        (place / file.name).write_bytes(file.read_bytes()[: 200 if file.suffix == ".safetensors" else None])
    with pytest.raises(ModelError, match=r"scene-clip: model\.safetensors is damaged: fetch it again"):
        checkpoints.read_small(place, torch.device("cpu"))


@torch.inference_mode()
def test_the_picture_lab_sees_where_the_tower_looks_that_sees(ours):
    loaded = loading.load(checkpoints.PAIRED, "cpu")
    pixels = (PICTURES[0] * 255).round().to(torch.uint8)
    found = attention_of(loaded, pixels.permute(1, 2, 0).numpy(), preprocessing_of(loaded))
    assert found.extra == ("[CLS]",)
    blocks = ours.see(pixels[None] / 255).blocks
    own = torch.stack([block.attention.attention.weights[0] for block in blocks])
    torch.testing.assert_close(found.weights, own, atol=1e-5, rtol=0)


def test_who_would_have_it_read_a_text_alone_is_told_what_it_reads():
    with pytest.raises(
        ModelError, match="scene-clip reads pictures and texts, and only where it looks in a picture is shown"
    ):
        read(loading.load(checkpoints.PAIRED, "cpu"), "red circle")
