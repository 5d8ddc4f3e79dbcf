"""Our captioners of scenes and the library's VisionEncoderDecoder are one and the same: the same weights give the same."""

import pytest
import torch
from transformers import AutoImageProcessor, AutoModelForImageTextToText, AutoTokenizer

from core.models import captioner_format, checkpoints
from core.models.errors import ModelError
from core.models.pretrained import IMPLEMENTATION, record
from core.training import captioners
from core.vision import scenes
from core.vision.scene_captioner import SceneCaptioner, SceneCaptionerConfig
from tests.core.encoder_decoder_examples import looks
from tests.core.models.drawn import drawn

CPU = torch.device("cpu")
NAMES = list(checkpoints.SCENE_CAPTIONERS)
SCENES = captioners.held_out()[:5]


@pytest.fixture(scope="module", params=checkpoints.SCENE_CAPTIONERS.values())
def model(request):
    return drawn(lambda: SceneCaptioner(SceneCaptionerConfig(request.param, 20, 2, 2, 3, 40, 20)))


@pytest.fixture(scope="module")
def folder(model, tmp_path_factory):
    place = tmp_path_factory.mktemp("captioner") / NAMES[0]
    captioner_format.write(place, model)
    return place


@torch.inference_mode()
def equal(model, folder):
    """Hold both to the same scores and the same looks, head by head."""
    theirs, told = AutoModelForImageTextToText.from_pretrained(
        folder, dtype=torch.float32, attn_implementation=IMPLEMENTATION, output_loading_info=True
    )
    assert not told["missing_keys"], "every weight has its place"
    assert not told["unexpected_keys"], "and none is left over"
    pictures, (given, _) = scenes.painted(SCENES), captioners.as_ids(SCENES)
    with record(tensors=("weights",)) as recorded:
        found = theirs(pixel_values=pictures * 2 - 1, decoder_input_ids=given).logits
    # a stage of the convolutional net has attention there, which brings nothing
    layers = [kept for kept in recorded if not kept.module.startswith(tuple(f"encoder.stages.{n}." for n in range(3)))]
    read = model.look(pictures)
    wrote = model.transformer.write(given, read.memory)
    torch.testing.assert_close(found, wrote.logits, atol=1e-5, rtol=1e-5)
    for weights, layer in zip(looks(read, wrote), layers, strict=True):
        torch.testing.assert_close(layer.weights, weights, atol=1e-5, rtol=0)


def test_the_library_opens_it_and_gives_the_same_scores_and_the_same_looks(model, folder):
    equal(model, folder)


@pytest.mark.parametrize("name", NAMES)
def test_so_it_is_with_the_weights_that_ship(name):
    equal(checkpoints.load_scene_captioner(name).model, checkpoints.FOLDER / name)


@pytest.mark.parametrize("name", NAMES)
@torch.inference_mode()
def test_the_one_that_ships_writes_by_the_library_what_it_writes_here(name):
    folder = checkpoints.FOLDER / name
    theirs = AutoModelForImageTextToText.from_pretrained(folder, dtype=torch.float32).eval()
    tokenizer, captioner = AutoTokenizer.from_pretrained(folder), checkpoints.load_scene_captioner(name)
    pictures = scenes.painted(SCENES)
    whole = [(each * 255).round().to(torch.uint8).permute(1, 2, 0).numpy() for each in pictures]
    ready = AutoImageProcessor.from_pretrained(folder)(whole, return_tensors="pt").pixel_values
    torch.testing.assert_close(ready, pictures * 2 - 1, atol=0.01, rtol=0)
    ids = theirs.generate(pixel_values=ready, max_new_tokens=15, do_sample=False, num_beams=1)
    said = tokenizer.batch_decode(ids, skip_special_tokens=True)
    assert [tuple(line.split()) for line in said] == captioner.caption_many(pictures)


def test_what_is_kept_is_what_is_opened(model, folder):
    again = captioner_format.read(folder)
    assert again.config == model.config
    assert all(torch.equal(again.state_dict()[name], weight) for name, weight in model.state_dict().items())
    tokenizer = AutoTokenizer.from_pretrained(folder)
    ids = tokenizer("red circle and blue square").input_ids
    assert [scenes.WORDS[number] for number in ids] == ["red", "circle", "and", "blue", "square"]
    assert tokenizer.decode(ids) == "red circle and blue square"


def test_a_damaged_folder_is_told_in_words(folder, tmp_path):
    with pytest.raises(ModelError, match=f"train it: python -m core.training {NAMES[0]}"):
        checkpoints.read_captioner(tmp_path / NAMES[0], CPU)
    for file in folder.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes()[: 200 if file.suffix == ".safetensors" else None])
    with pytest.raises(ModelError, match="damaged"):
        checkpoints.read_captioner(tmp_path, CPU)
