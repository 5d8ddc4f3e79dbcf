"""Models that read a picture as tokens among those of a text give what the library gives, word by word and patch by patch."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
import transformers
from PIL import Image
from transformers import AutoModelForImageTextToText, AutoProcessor

from core.analysis.sampling import Sampling
from core.lessons import writing_lab
from core.lessons.writing_lab import Asked, pictures
from core.models import among, image_attention, lens, loading
from core.models.errors import ModelError
from core.models.halves import halves_of
from core.models.picture_source import see
from core.models.writer import Writer
from tests.core.models import folders, prompted
from tests.core.models.families import IMAGE

PICTURE = np.random.default_rng(3).integers(0, 255, (21, 33, 3), np.uint8)
GREEDY = Sampling(temperature=0.0)
MAKE = {
    "llava": prompted.llava,
    "vipllava": prompted.vipllava,
    "paligemma": prompted.paligemma,
    "gemma3": prompted.gemma3,
    "idefics3": prompted.idefics3,
    "git": lambda folder: folders.prefixed(folder, "git"),
}
MARK = {"gemma3": "<start>"}  # it stands for the picture in a prompt; of the others, <image> does
COUNT = 6


def by_the_library(folder: str, kind: str, pixels: np.ndarray, text: str) -> tuple[torch.nn.Module, dict]:
    """The library's own model of a folder, and what its own processor makes of a picture and a text."""
    config = json.loads((Path(folder) / "config.json").read_text())
    model = (
        getattr(transformers, config["architectures"][0]).from_pretrained(folder, attn_implementation="eager").eval()
    )
    once = {"do_image_splitting": False} if kind == "idefics3" else {}
    read = AutoProcessor.from_pretrained(folder)(images=[Image.fromarray(pixels)], text=[text], **once)
    more = {name: torch.tensor(read[name]) for name in ("input_ids", "token_type_ids") if name in read}
    return model, more | {"pixel_values": torch.from_numpy(np.asarray(read["pixel_values"]))}


@pytest.mark.parametrize("kind", [kind for kind in MAKE if kind != "git"])
@torch.inference_mode()
def test_it_writes_and_looks_as_the_library_does_by_itself(tmp_path, no_models, kind):
    folder = MAKE[kind](tmp_path / "model")
    loaded = loading.load(folder, "cpu")
    assert (loaded.kind, loaded.recorded) == ("captioner", True)
    text = f"cat {MARK.get(kind, '<image>')} playing"
    source, begun = pictures.prompt(loaded, see(loaded, PICTURE, "squash"), text)
    among, writer = source.among, Writer(loaded, source=source)
    assert writer.cached
    written = writing_lab.write(writer, begun.ids, Asked(COUNT, GREEDY))

    # nothing is expected of a picture, nor of words that those before them have seen
    unknown = np.isnan(writer.bits).nonzero()[0].tolist()
    assert unknown == ([*range(len(begun.ids))] if kind == "paligemma" else sorted({0, among.at}))
    last = len(written.ids) - 1
    assert lens.lens(loaded, writer.states(last), writer.scores(last)) is not None

    model, read = by_the_library(folder, kind, source.pixels, text)
    torch.testing.assert_close(source.inputs["pixel_values"], read["pixel_values"])
    given = read["input_ids"][0].tolist()
    assert among.spread(begun.ids) == given
    theirs = model.generate(**read, max_new_tokens=COUNT, do_sample=False, num_beams=1)[0].tolist()
    assert among.spread(written.ids) == theirs

    more = (
        {"token_type_ids": torch.tensor([[*read["token_type_ids"][0], *[among.others] * COUNT]])} if among.types else {}
    )
    out = model(**read | {"input_ids": torch.tensor([theirs])} | more, output_attentions=True)
    on_picture = torch.tensor(theirs) == halves_of(loaded.model).token
    assert int(on_picture.sum()) == prompted.PATCHES == len(source.names)
    for place, row in enumerate(among.places(len(written.ids)).tolist()):
        torch.testing.assert_close(writer.scores(place), out.logits[0, row], atol=1e-4, rtol=1e-4)
        for own, on, expected in zip(writer.weights(place), writer.cross(place), out.attentions, strict=True):
            torch.testing.assert_close(on, expected[0, :, row, on_picture], atol=1e-5, rtol=1e-4)
            if place >= len(begun.ids) - 1:
                words = [expected[0, :, row, ~on_picture], expected[0, :, row, on_picture].sum(-1, keepdim=True)]
                torch.testing.assert_close(own.sum(-1), torch.ones(len(own)))
                torch.testing.assert_close(own[:, among.at : among.at + 1], words[1], atol=1e-5, rtol=1e-4)
                rest = torch.cat([own[:, : among.at], own[:, among.at + 1 :]], dim=-1)
                torch.testing.assert_close(rest, words[0][:, : rest.shape[-1]], atol=1e-5, rtol=1e-4)


@torch.inference_mode()
def test_a_picture_before_all_tokens_is_looked_at_as_by_the_library(tmp_path, no_models):
    folder = MAKE["git"](tmp_path / "model")
    loaded = loading.load(folder, "cpu")
    assert (loaded.kind, loaded.recorded) == ("captioner", False)
    source = see(loaded, PICTURE, "squash")
    begun, writer = pictures.begin(loaded, source, "a cat"), Writer(loaded, source=source)
    assert writer.cached
    written = writing_lab.write(writer, begun.ids, Asked(COUNT, GREEDY))
    model = transformers.GitForCausalLM.from_pretrained(folder, attn_implementation="eager").eval()
    images = source.inputs["pixel_values"]
    ids = torch.tensor([begun.ids])
    theirs = model.generate(input_ids=ids, pixel_values=images, max_new_tokens=COUNT, do_sample=False, num_beams=1)
    assert list(written.ids) == theirs[0].tolist()
    out = model(input_ids=theirs, pixel_values=images, output_attentions=True)
    count = len(source.names)
    assert (source.names[0], count) == ("[CLS]", prompted.PATCHES + 1)
    for place in range(len(written.ids)):
        torch.testing.assert_close(writer.scores(place), out.logits[0, count + place], atol=1e-4, rtol=1e-4)
        for own, on, expected in zip(writer.weights(place), writer.cross(place), out.attentions, strict=True):
            row = expected[0, :, count + place, : count + place + 1]
            torch.testing.assert_close(torch.cat([on, own], dim=-1), row, atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("kind", MAKE)
@torch.inference_mode()
def test_a_column_is_of_the_patch_whose_name_it_has(tmp_path, no_models, kind):
    loaded = loading.load(MAKE[kind](tmp_path / "model"), "cpu")
    halves = halves_of(loaded.model)
    for name, values in halves.sees.named_parameters():
        if any(part in name for part in ("out_proj", "attention.output.dense")):
            values.zero_()  # nothing goes from patch to patch, so that each vector is of its own pixels alone
    source = see(loaded, PICTURE, "squash")
    images, extra = source.inputs["pixel_values"], len(source.extra)
    before = among.look(loaded.model, images).vectors
    side = images.shape[-1] // source.columns
    for place, name in ((1, "b1"), (5, "c2"), (6, "a3")):
        down, across = divmod(place, source.columns)
        changed = images.clone()
        changed[..., down * side : (down + 1) * side, across * side : (across + 1) * side] *= -1
        moved = (among.look(loaded.model, changed).vectors - before).abs().amax(-1) > 1e-6
        assert [source.names[each] for each in moved.nonzero()[:, 0].tolist()] == [name]
        assert source.names[extra + place] == name


@torch.inference_mode()
def test_back_and_forward_and_a_forced_token_are_as_one_run_and_another_prompt_is_another_source(tmp_path, no_models):
    folder = MAKE["llava"](tmp_path / "model")
    loaded = loading.load(folder, "cpu")
    bare = see(loaded, PICTURE, "crop")
    source, begun = pictures.prompt(loaded, bare, "the cat")
    assert source.among.at == 0  # where nothing says where it stands, it stands first
    writer = Writer(loaded, source=source)
    writing_lab.write(writer, begun.ids, Asked(COUNT, GREEDY))
    forced = writing_lab.write(writer, begun.ids, Asked(COUNT, GREEDY, forced={2: 77}))
    assert forced.ids[len(begun.ids) + 2] == 77
    writer.read(begun.ids)
    writer.read(forced.ids)
    model, read = by_the_library(folder, "llava", source.pixels, "<image>the cat")
    read["input_ids"] = torch.tensor([source.among.spread(forced.ids)])
    out = model(**read, output_attentions=True)
    torch.testing.assert_close(writer.scores(len(forced.ids) - 1), out.logits[0, -1], atol=1e-4, rtol=1e-4)
    rows = source.among.places(len(forced.ids))
    torch.testing.assert_close(
        pictures.trail(writer, (1, 4)), out.attentions[1][0, 4, rows, : prompted.PATCHES], atol=1e-5, rtol=1e-4
    )
    without = Writer(loaded, source=source)
    without.cached = False  # the whole text is read again for each token, the picture in it
    without.read(forced.ids[:-1])
    without.read(forced.ids)
    torch.testing.assert_close(without.scores(len(forced.ids) - 1), out.logits[0, -1], atol=1e-4, rtol=1e-4)
    other, _ = pictures.prompt(loaded, bare, "x <image>")
    with pytest.raises(ValueError, match="does not begin as the picture was given"):
        Writer(loaded, source=other).read(begun.ids)


@torch.inference_mode()
def test_a_head_that_looks_at_the_picture_is_silenced_where_it_stands(tmp_path, no_models):
    loaded = loading.load(MAKE["llava"](tmp_path / "model"), "cpu")
    calls = writing_lab.calls(loaded, "cross")
    assert calls == writing_lab.calls(loaded, "decoder") == [0, 1]
    sources = [see(loaded, each, "squash") for each in (PICTURE, PICTURE[::-1])]
    every = [(call, head) for call in calls for head in range(6)]
    text = [*sources[0].start, 77, 88]
    deaf, plain = ([Writer(loaded, heads, source=each) for each in sources] for heads in (every, ()))
    for writer in (*deaf, *plain):
        writer.read(text)
    # who hears nothing of the picture cannot tell one from another
    torch.testing.assert_close(deaf[0].scores(2), deaf[1].scores(2))
    assert not torch.allclose(plain[0].scores(2), plain[1].scores(2), atol=1e-3)


@torch.inference_mode()
def test_its_half_that_sees_is_a_model_that_sees(tmp_path, no_models):
    for kind in ("llava", "git"):
        loaded = loading.load(MAKE[kind](tmp_path / kind), "cpu")
        preprocessing = image_attention.preprocessing_of(loaded)
        pixels = np.ascontiguousarray(PICTURE[:12, :12])
        seen = image_attention.attention_of(loaded, pixels, preprocessing)
        assert tuple(seen.weights.shape) == (2, 3, 10, 10)


@pytest.mark.parametrize("how", [{"forced": {0: None}}, {"forced": {2: None}}, {}])
@torch.inference_mode()
def test_a_text_ends_before_a_token_that_would_stand_for_a_second_picture(tmp_path, no_models, monkeypatch, how):
    loaded = loading.load(MAKE["llava"](tmp_path / "model"), "cpu")
    token = among.picture_token(loaded)
    forced = {place: token for place in how.get("forced", {})}
    source, begun = pictures.prompt(loaded, see(loaded, PICTURE, "squash"), "the cat")
    writer = Writer(loaded, source=source)
    if not forced:
        monkeypatch.setattr(writer, "drawn", lambda *_: token)
    written = writing_lab.write(writer, begun.ids, Asked(COUNT, GREEDY, forced=forced))
    assert written.ended
    assert written.ids.count(token) == 1
    assert len(written.ids) == len(begun.ids) + min(forced, default=0)


def test_what_cannot_be_asked_or_read_says_so_in_words(tmp_path, no_models):
    folder = Path(MAKE["llava"](tmp_path / "model"))
    loaded = loading.load(str(folder), "cpu")
    source = see(loaded, PICTURE, "squash")
    with pytest.raises(ValueError, match="<image> stands 2 times in it, and there is one picture"):
        pictures.prompt(loaded, source, "<image> or <image>")
    with pytest.raises(ValueError, match=r"beside the picture .* reads 88 here: shorten it"):
        pictures.prompt(loaded, source, "x" * prompted.LONGEST)
    soft = loading.load(MAKE["gemma3"](tmp_path / "soft"), "cpu")
    with pytest.raises(ValueError, match=r"<soft> is what the processor itself writes.*write <start> for the picture"):
        pictures.prompt(soft, see(soft, PICTURE, "squash"), "a <soft> b")
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | {"image_token_id": 97, "image_token_index": 97}))
    with pytest.raises(ModelError, match=r"takes token 97 .* for the picture, and its processor writes none"):
        loading._open(str(folder), torch.device("cpu"))
    (folder / "config.json").write_text(json.dumps(config))
    said = json.loads((folder / "processor_config.json").read_text())
    (folder / "processor_config.json").write_text(json.dumps(said | {"patch_size": 6}))
    with pytest.raises(ModelError, match="in 4 places and makes 9 vectors of it here"):
        loading._open(str(folder), torch.device("cpu"))
    (folder / "processor_config.json").unlink()
    with pytest.raises(ModelError, match=r"no processor that can be read here.*processor_config\.json"):
        loading._open(str(folder), torch.device("cpu"))


SIZED = prompted.TEXT | {"rope_parameters": {"rope_type": "default", "rope_theta": 1e4, "mrope_section": [1, 1, 0]}}
SUMS = {"resampler_n_latents": 4, "resampler_n_heads": 2, "num_key_value_heads": 1, "resampler_head_dim": 4}
OTHERS = {
    "llava_next": (
        {"vision_config": {"model_type": "clip_vision_model"} | IMAGE, "image_grid_pinpoints": [[12, 24]]},
        "it cuts a picture into several crops, whose patches make no one grid",
    ),
    "qwen2_vl": (
        {"text_config": SIZED, "vision_config": {"depth": 2, "embed_dim": 12, "hidden_size": 12, "num_heads": 3}},
        "it cuts a picture into as many patches as its size asks for",
    ),
    "idefics2": (
        {"vision_config": IMAGE, "perceiver_config": {"hidden_size": 12, "resampler_depth": 1, **SUMS}},
        "sums a picture up, so that its text looks at no patches",
    ),
}


@pytest.mark.parametrize("kind", OTHERS)
def test_whose_patches_make_no_grid_says_why_when_it_is_opened(tmp_path, no_models, kind):
    sizes, why = OTHERS[kind]
    text = {"text_config": prompted.TEXT | {"model_type": "mistral"}}
    model = folders.model_of(kind, AutoModelForImageTextToText, **text | sizes)
    with pytest.raises(ModelError, match=f"{why}.*choose a LLaVA, PaliGemma or GIT"):
        loading.load(folders.save(tmp_path / "model", model, folders.byte_pieces()), "cpu")


def test_what_its_processor_needs_is_named(tmp_path, no_models, monkeypatch):
    def refuse(*_, **__):
        raise ValueError("it requires `torchvision` to be installed. Please install `torchvision` and try again.")

    folder = MAKE["llava"](tmp_path / "model")
    monkeypatch.setattr(loading.AutoProcessor, "from_pretrained", refuse)
    with pytest.raises(ModelError, match="its processor needs torchvision: install it, or choose a LLaVA"):
        loading.load(folder, "cpu")
