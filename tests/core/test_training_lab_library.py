"""A trained network of the lab in the formats of the transformers library: the same scores, or which switch is in the way."""

import io
import itertools
import math
import zipfile
from dataclasses import replace

import pytest
import torch
from transformers import (
    AutoModelForCausalLM,
    AutoModelForImageClassification,
    AutoModelForTokenClassification,
    AutoTokenizer,
)

from core.lessons import writing_lab
from core.models import image_reading, loading
from core.models.reading import read
from core.training_lab import library, networks, own
from core.training_lab.formats import FORMATS, labs_of
from core.training_lab.networks import Seen, Sizes
from core.training_lab.run import Learner, Learning, Settings
from core.training_lab.tasks import Rows, Task, batch, build, pixels
from core.vision.classifier import FITS

PLAIN = Sizes(n_layers=2, d_model=8, n_heads=4)
TODAY = replace(PLAIN, positions="RoPE", norm="rms", network="SwiGLU")
CASES = [
    ("OPT", PLAIN, "copy"),
    ("OPT", replace(PLAIN, norm_place="post", network="GELU", positions="learned", n_kv_heads=2), "your text"),
    ("OPT", replace(PLAIN, positions="none", mask="all", taken_out=("MLP",)), "A before B"),
    ("Starcoder2", replace(PLAIN, positions="RoPE", network="GELU", mask="window", window=2, n_kv_heads=2), "sort"),
    ("Starcoder2", replace(PLAIN, positions="RoPE", mask="all"), "A before B"),
    ("Llama", replace(TODAY, n_kv_heads=1), "your text"),
    ("Mistral", replace(TODAY, mask="window", window=0), "reverse"),
    ("Arcee", replace(TODAY, network="ReLU", mask="all", taken_out=("attention",)), "first letter"),
    ("Qwen2-MoE", replace(TODAY, network="experts", mask="window", window=3), "adjective and noun"),
    ("Qwen2-MoE", replace(TODAY, network="experts", n_active=2, n_kv_heads=2), "your pairs"),
    ("UMT5", replace(TODAY, positions="T5", mask="all", network="ReLU", n_kv_heads=2), "first letter"),
    ("UMT5", replace(TODAY, positions="T5", mask="all"), "A before B"),
    ("ViT", replace(PLAIN, positions="learned", mask="all", n_kv_heads=1, network="GELU"), "small pictures"),
    ("ViT", replace(PLAIN, mask="all"), "small pictures"),
]
DOORS = {"UMT5": AutoModelForTokenClassification, "ViT": AutoModelForImageClassification}


def task_of(name: str) -> Task:
    own_ones = {"your text": lambda: own.text_task(own.TEXT, 12), "your pairs": lambda: own.pairs_task(own.PAIRS)}
    return own_ones[name]() if name in own_ones else build(name, 3)


def unpacked(learner: Learner, place):
    with zipfile.ZipFile(io.BytesIO(library.folder(learner))) as packed:
        packed.extractall(place)
    return place / library.NAME


def trained(sizes: Sizes, task: Task) -> Learner:
    learner = Learner(Settings(sizes, Learning(at_once=4, rate=3e-2)), task, 0, 9)
    for _ in range(6):
        learner.advance()
    return learner


@torch.inference_mode()
def of(learner: Learner, rows: Rows) -> Seen:
    """What a network makes of rows."""
    return learner.network.eval()(rows, learner.silent)


@pytest.mark.parametrize(("name", "sizes", "asked"), CASES)
def test_every_format_gives_the_scores_of_the_trained_network(name, sizes, asked, tmp_path):
    task = task_of(asked)
    learner = trained(sizes, task)
    if "attention" not in sizes.taken_out:
        learner.change("silent", (1, 0))
    model, report = DOORS.get(name, AutoModelForCausalLM).from_pretrained(
        unpacked(learner, tmp_path), output_loading_info=True
    )
    assert library.format_of(sizes, task).name == name
    assert not report["missing_keys"]
    assert not report["unexpected_keys"]
    for example in task.tests[:2]:
        rows = batch(task, [example]).rows
        ours = of(learner, rows).logits
        asked_of = {"pixel_values": 2 * pixels(example)[None, None] - 1} if task.d_patch else {"input_ids": rows.ids}
        with torch.inference_mode():
            theirs = model(**asked_of).logits
        ours = ours[:, -1] if task.d_patch else ours
        torch.testing.assert_close(theirs, ours, atol=1e-5, rtol=0)


def test_no_format_is_without_its_case():
    assert {name for name, _, _ in CASES} == {each.name for each in FORMATS}


@pytest.mark.parametrize("asked", ["your text", "copy", "your pairs"])
def test_what_is_typed_in_a_lab_is_what_the_network_read(asked, tmp_path):
    task = task_of(asked)
    place = unpacked(trained(PLAIN, task), tmp_path)
    rows = batch(task, task.tests[:1]).rows.ids[0]
    begun = library.begins(task)
    tokenizer = AutoTokenizer.from_pretrained(place)
    found = tokenizer(begun)["input_ids"]
    assert found == rows[: len(found)].tolist()
    assert tokenizer.decode(found) == begun
    assert list(writing_lab.begin(loading.load(str(place)), begun, marked=False).ids) == found


def test_labs_see_the_weights_that_the_network_had(tmp_path):
    task = build("A before B", 5)
    sizes = replace(PLAIN, mask="all")
    learner = trained(sizes, task)
    seen = of(learner, batch(task, task.tests[:1]).rows)
    found = read(loading.load(str(unpacked(learner, tmp_path))), library.begins(task))
    for ours, theirs in zip(seen.weights, found.encoder, strict=True):
        torch.testing.assert_close(theirs.weights, ours, atol=1e-5, rtol=0)
    assert labs_of(sizes, task) == ("sentence_lab",)


def test_the_lab_of_pictures_sees_where_the_network_looked(tmp_path):
    task = build("small pictures", 5)
    learner = trained(replace(PLAIN, mask="all"), task)
    seen = of(learner, batch(task, task.tests[:1]).rows)
    whole = (pixels(task.tests[0]) * 255).round()
    picture = whole.byte()[..., None].expand(-1, -1, 3).numpy()
    found = image_reading.read_image(loading.load(str(unpacked(learner, tmp_path))), "a shape", picture, FITS[0])
    looks = torch.stack(seen.weights)[:, 0, :, -1]  # what the mark spends; there it stands first
    torch.testing.assert_close(found.patch_attention.weights[:, :, 0, 1:], looks[..., :-1], atol=5e-3, rtol=0)


def test_every_network_is_held_or_told_which_switch_stands_in_the_way():
    task, held = build("copy", 4), 0
    for positions, mask, place, norm, network in itertools.product(
        networks.POSITIONS, networks.MASKS, ("pre", "post"), ("layer", "rms"), networks.NETWORKS
    ):
        sizes = replace(PLAIN, positions=positions, mask=mask, norm_place=place, norm=norm, network=network)
        if any(not each.pictures and not each.changes(sizes) for each in FORMATS):
            held += bool(library.format_of(sizes, task))
            continue
        with pytest.raises(ValueError, match=r"change the [a-zA-Z ]+ from [a-zA-Z0-9]+ to "):
            library.format_of(sizes, task)
    told = [each.holds.values() for each in FORMATS if not each.pictures]
    assert held == sum(math.prod(map(len, switches)) for switches in told), "no two families hold the same network"


@pytest.mark.parametrize(
    ("sizes", "asked", "says"),
    [
        (Sizes("GRU"), "copy", "the library has no GRU of this kind: choose a Transformer"),
        (replace(PLAIN, mask="prefix"), "copy", "as OPT is, change the mask from prefix to causal or all"),
        (replace(TODAY, positions="ALiBi"), "sort", "as Llama is, change the positions from ALiBi to RoPE"),
        (replace(PLAIN, taken_out=("norm", "MLP")), "sort", "as OPT is, change what is taken out: put norm back"),
        (replace(PLAIN, mask="causal"), "small pictures", "as ViT is, change the mask from causal to all"),
    ],
)
def test_which_switch_stands_in_the_way_is_said(sizes, asked, says):
    with pytest.raises(ValueError, match=says):
        library.format_of(sizes, task_of(asked))
