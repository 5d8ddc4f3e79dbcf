"""Models that write of pictures, opened by folder, give what the library gives, token by token and look by look."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import BlipForConditionalGeneration, VisionEncoderDecoderModel

from core.analysis.sampling import Sampling
from core.lessons import writing_lab
from core.lessons.writing_lab import Asked, pictures
from core.models import image_attention, loading, pretrained
from core.models.errors import ModelError
from core.models.halves import halves_of
from core.models.picture_source import see
from core.models.reading import read
from core.models.writer import Writer
from tests.core.models import folders
from tests.core.models.families import IMAGE, TEXT

PICTURE = np.random.default_rng(3).integers(0, 255, (21, 33, 3), np.uint8)
GREEDY = Sampling(temperature=0.0)
MAKE = {
    "vit-gpt2": folders.captioner,
    "vit-bert": lambda folder: folders.captioner(folder, "bert"),
    "vit-trocr": lambda folder: folders.captioner(folder, "trocr"),
    "deit-gpt2": lambda folder: folders.captioner(folder, encoder="deit"),
    "ijepa-gpt2": lambda folder: folders.captioner(folder, encoder="ijepa"),
    "swin-gpt2": lambda folder: folders.captioner(folder, encoder="swin"),
    "blip": folders.blip,
}
EXTRA = {"vit": ("[CLS]",), "deit": ("[CLS]", "[DIST]"), "blip": ("[CLS]",)}


def eager(folder: str):
    """The library's own model of a folder, and what it writes greedily of a picture: scores and looks of a whole run."""
    config = json.loads((Path(folder) / "config.json").read_text())
    kind = BlipForConditionalGeneration if config["model_type"] == "blip" else VisionEncoderDecoderModel
    return kind.from_pretrained(folder, attn_implementation="eager").eval()


def whole(model, images, ids):
    """Scores and cross-attention of the library's run over a finished caption."""
    ids = torch.tensor([ids])
    if isinstance(model, BlipForConditionalGeneration):
        states = model.vision_model(images).last_hidden_state
        out = model.text_decoder(input_ids=ids, encoder_hidden_states=states, output_attentions=True)
        return out.logits[0], out.attentions, out.cross_attentions
    out = model(pixel_values=images, decoder_input_ids=ids, output_attentions=True)
    return out.logits[0], out.decoder_attentions, out.cross_attentions


@pytest.mark.parametrize("kind", MAKE)
@torch.inference_mode()
def test_it_writes_and_looks_as_the_library_does_by_itself(tmp_path, no_models, kind):
    folder = MAKE[kind](tmp_path / "model")
    loaded = loading.load(folder, "cpu")
    assert loaded.kind == "captioner"
    assert loaded.recorded == (kind not in ("blip", "vit-trocr"))
    source = see(loaded, PICTURE, "squash")
    assert source.extra == EXTRA.get(kind.split("-")[0], ())
    writer = Writer(loaded, source=source)
    assert writer.cached
    begun = pictures.begin(loaded, source, "")
    written = writing_lab.write(writer, begun.ids, Asked(9, GREEDY))
    model, images = eager(folder), source.inputs["pixel_values"]
    theirs = model.generate(pixel_values=images, max_new_tokens=9, do_sample=False, num_beams=1)[0].tolist()
    assert list(written.ids) == theirs[: len(written.ids)]
    assert len(set(theirs[len(written.ids) :])) <= 1  # no more than what fills it up
    scores, own, cross = whole(model, images, list(written.ids))
    for place in range(len(written.ids)):
        torch.testing.assert_close(writer.scores(place), scores[place], atol=1e-4, rtol=1e-4)
        for kept, expected in zip(writer.cross(place), cross, strict=True):
            torch.testing.assert_close(kept, expected[0, :, place], atol=1e-5, rtol=1e-4)
        for kept, expected in zip(writer.weights(place), own, strict=True):
            torch.testing.assert_close(kept, expected[0, :, place, : place + 1], atol=1e-5, rtol=1e-4)
    assert len(source.names) == writer.cross(0)[0].shape[-1]


@torch.inference_mode()
def test_back_and_forward_and_a_forced_token_and_a_beginning_are_as_one_run_over_the_text(tmp_path, no_models):
    folder = folders.captioner(tmp_path / "model")
    loaded = loading.load(folder, "cpu")
    source = see(loaded, PICTURE, "crop")
    begun = pictures.begin(loaded, source, "a cat")
    assert begun.ids[0] == 264
    assert loaded.text_tokenizer.decode(begun.ids[1:]) == "a cat"
    writer = Writer(loaded, source=source)
    writing_lab.write(writer, begun.ids, Asked(8, GREEDY))
    forced = writing_lab.write(writer, begun.ids, Asked(6, GREEDY, forced={2: 77}))
    assert forced.ids[begun.total + 3] == 77
    scores, _, cross = whole(eager(folder), source.inputs["pixel_values"], list(forced.ids))
    rows = pictures.trail(writer, (1, 2))
    torch.testing.assert_close(rows, cross[1][0, 2], atol=1e-5, rtol=1e-4)
    torch.testing.assert_close(pictures.trail(writer, None), torch.cat(cross, 1)[0].mean(0), atol=1e-5, rtol=1e-4)
    torch.testing.assert_close(writer.scores(len(forced.ids) - 1), scores[-1], atol=1e-4, rtol=1e-4)


@torch.inference_mode()
def test_a_head_that_looks_at_the_picture_is_silenced_where_it_stands(tmp_path, no_models):
    loaded = loading.load(folders.captioner(tmp_path / "model"), "cpu")
    calls = writing_lab.calls(loaded, "cross")
    assert calls == [1, 3]
    sources = [see(loaded, each, "squash") for each in (PICTURE, PICTURE[::-1])]
    every = [(call, head) for call in calls for head in range(3)]
    deaf = [Writer(loaded, every, source=source) for source in sources]
    plain = [Writer(loaded, source=source) for source in sources]
    for writer in (*deaf, *plain):
        writer.read([264, 11, 17])
    # who hears nothing of the picture cannot tell one from another
    torch.testing.assert_close(deaf[0].scores(2), deaf[1].scores(2))
    assert not torch.allclose(plain[0].scores(2), plain[1].scores(2), atol=1e-3)


def test_a_captioner_is_also_a_model_that_sees_and_no_model_that_reads(tmp_path, no_models):
    for make, layers in ((folders.captioner, 2), (folders.blip, 2)):
        loaded = loading.load(make(tmp_path / make.__name__), "cpu")
        preprocessing = image_attention.preprocessing_of(loaded)
        assert preprocessing.std == (0.4, 0.4, 0.4)
        pixels = np.ascontiguousarray(PICTURE[:12, :12])
        seen = image_attention.attention_of(loaded, pixels, preprocessing)
        assert tuple(seen.weights.shape) == (layers, 3, 10, 10)
        with pytest.raises(ModelError, match="reads no text, it writes of pictures"):
            read(loaded, "the cat")
        with pytest.raises(ValueError, match="a captioner at a picture"):
            Writer(loaded)


def test_what_lacks_a_part_says_so_in_words(tmp_path, no_models):
    clip = folders.model_of("clip", text_config=TEXT, vision_config=IMAGE, projection_dim=5)
    name = folders.save(tmp_path / "clip", clip, folders.byte_pieces())
    with pytest.raises(ModelError, match="has no half that writes and looks back at patches"):
        Writer(loading.load(name, "cpu"))
    with pytest.raises(ModelError, match="does not write of pictures"):
        see(loading.load(name, "cpu"), PICTURE, "squash")
    whole = Path(folders.captioner(tmp_path / "oblong", image_size=[12, 8]))
    with pytest.raises(ModelError, match="does not cut square pictures into square patches"):
        see(loading.load(str(whole), "cpu"), PICTURE, "squash")
    bare = Path(folders.captioner(tmp_path / "bare"))
    for file in ("tokenizer.json", "tokenizer_config.json"):
        (bare / file).unlink()
    with pytest.raises(ModelError, match="holds no tokenizer"):
        loading.load(str(bare), "cpu")
    deaf = Path(folders.captioner(tmp_path / "deaf"))
    config = json.loads((deaf / "config.json").read_text())
    config["decoder"]["add_cross_attention"] = False
    (deaf / "config.json").write_text(json.dumps(config))
    with pytest.raises(ModelError, match=r"deaf .*(look|run|fit)|deaf: .*"):
        loading.load(str(deaf), "cpu")


def test_what_it_is_called_with_is_what_record_sees(tmp_path, no_models):
    loaded = loading.load(folders.captioner(tmp_path / "model"), "cpu")
    halves = halves_of(loaded.model)
    images = torch.zeros(1, 3, 12, 12)
    with pretrained.record(tensors=("weights",)) as layers, torch.inference_mode():
        loaded.model(pixel_values=images, decoder_input_ids=torch.tensor([[264, 3]]))
    assert [each.kind for each in layers] == ["self", "self", "self", "cross", "self", "cross"]
    assert loaded.groups == ("encoder", "encoder", "decoder", "cross", "decoder", "cross")
    assert halves.joins is None
