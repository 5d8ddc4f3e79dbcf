"""The figures of a notebook on Python's side: what they send, what can be read of them, and what they say of bad input."""

import re
from types import SimpleNamespace

import numpy as np
import pytest
import torch
import traitlets
from transformers import ViTConfig, ViTModel

import attention_lab
from attention_lab import heads, patches, stepper
from attention_lab.widget import module
from core.attention.attend import attend
from core.models import checkpoints, loading, offline
from core.models.pretrained import record
from core.models.recording import RealTrace
from tests.pages.screen import unpack

SENTENCE = "The animal did not cross the street because it was too tired"
WORDS = ["I", "know", "where", "it", "is"]


@pytest.fixture(scope="module")
def mini():
    loaded = loading.load(offline.NAME)
    return loaded.model, loaded.tokenizer


@pytest.fixture
def shown(mini):
    return heads(*mini, SENTENCE, layer=3, head=1)


@pytest.fixture(scope="module")
def trace():
    torch.manual_seed(0)
    queries, keys, values = (torch.randn(1, 2, 5, 4) for _ in range(3))
    return RealTrace(queries, keys, values, attend(queries, keys, values))


def told(figure, name, value):
    """What the browser tells when something is done in a figure."""
    figure.told = {"name": name, "value": value, "turn": figure.told.get("turn", 0) + 1}


def test_two_lines_show_all_heads_with_the_weights_of_the_model(mini, shown):
    words, tensors = unpack(shown.payload)
    model, tokenizer = mini
    with torch.inference_mode(), record() as layers:
        model(**tokenizer(SENTENCE, return_tensors="pt"))
    np.testing.assert_allclose(tensors["every"], torch.cat([each.weights[0] for each in layers]), atol=1e-5)
    np.testing.assert_allclose(shown.weights, layers[3].weights[0, 1], atol=1e-6)
    assert words["first"]["title"] == "Layer 3, head 1"
    assert f"heads of {offline.NAME}" in words["caption"]
    assert shown.tokens[0][shown.query] == "it"
    assert shown.tokens[1][shown.key] == "animal"


def test_a_head_that_is_clicked_is_open_in_python_and_one_that_python_opens_is_open_in_the_figure(shown):
    told(shown, "opened", {"layer": 2, "head": 5, "beside": False})
    assert (shown.layer, shown.head) == (2, 5)
    assert unpack(shown.payload)[0]["open"] == [2, 5]
    shown.layer = 0
    words, tensors = unpack(shown.payload)
    assert words["first"]["title"] == "Layer 0, head 5"
    np.testing.assert_allclose(tensors["first_weights"], shown.weights, atol=1e-5)
    told(shown, "opened", {"layer": 1, "head": 1, "beside": True})
    words, tensors = unpack(shown.payload)
    assert (words["open"], words["beside"], words["second"]["kind"]) == ([0, 5], [1, 1], "head")
    assert "second_weights" in tensors


def test_the_cell_that_is_looked_at_can_be_read(shown):
    told(shown, "view", {"step": 0, "query": 4, "key": 6, "dimension": 0, "head": 0})
    assert (shown.query, shown.key) == (4, 6)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("opened", {"layer": 6, "head": 0}),
        ("opened", {"layer": -1, "head": 0}),
        ("opened", "all"),
        ("opened", None),
        ("view", {"query": 99, "key": 0}),
        ("other", 1),
    ],
)
def test_what_cannot_be_opened_changes_nothing(shown, name, value):
    before = (shown.payload, shown.layer, shown.head, shown.query, shown.key)
    told(shown, name, value)
    assert (shown.payload, shown.layer, shown.head, shown.query, shown.key) == before
    with pytest.raises(traitlets.TraitError, match="there is no layer 6: this model has 6, counted from 0"):
        shown.layer = 6


def test_512_tokens_take_less_than_3_megabytes(mini):
    long = heads(*mini, " ".join(["tired"] * 510))
    assert len(long.tokens[0]) == 512
    assert len(long.payload) < 3_000_000


def test_a_model_is_afterwards_as_it_was(mini):
    model, tokenizer = mini
    model.set_attn_implementation("sdpa")
    model.train()
    try:
        heads(model, tokenizer, "a cat")
        with pytest.raises(ValueError, match="empty"):
            heads(model, tokenizer, " ")
        assert model.config._attn_implementation == "sdpa"
        assert model.training
    finally:
        model.eval()
        model.set_attn_implementation("attention_lab")


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda model, tokenizer: heads(model, tokenizer, ""), "the text is empty"),
        (lambda model, tokenizer: heads(model, tokenizer, ["a"]), "a text is needed, this is list"),
        (
            lambda model, tokenizer: heads(model, tokenizer, "a " * 600),
            "600 tokens: at most 512, special ones included",
        ),
        (lambda model, tokenizer: heads(model, tokenizer, "a", kind="cross"), "there is no cross attention here"),
        (lambda model, tokenizer: heads(model, tokenizer, "a", kind="middle"), "choose from encoder, decoder, cross"),
        (lambda model, tokenizer: heads(model, tokenizer, "a", head=12), "there is no head 12: .* has 12"),
        (lambda model, tokenizer: heads("bert", tokenizer, "a"), "str is no model of the transformers library"),
        (lambda model, tokenizer: heads(model, "bert", "a"), "str is no tokenizer of the transformers library"),
        (lambda model, tokenizer: patches(model, np.zeros((8, 8, 3), np.uint8)), "reads no pictures"),
        (lambda *_: patches("bert", np.zeros((8, 8, 3), np.uint8)), "no Vision Transformer of this project"),
        (lambda *_: patches("vit", "cat.jpg"), "no picture but str"),
        (lambda *_: patches("vit", np.zeros((8, 8))), r"no picture but an array of shape \(8, 8\)"),
        (lambda *_: patches("vit", np.zeros((8, 8, 3))), "holds float64: give whole numbers"),
        (lambda *_: patches("vit", np.zeros((8, 8, 3), np.uint8), layer=9), "there is no layer 9"),
        (lambda *_: stepper([1, 2]), "list is no trace"),
        (lambda *_: stepper(SimpleNamespace()), "SimpleNamespace is no trace"),
    ],
)
def test_bad_input_is_told_in_words(mini, call, says):
    with pytest.raises(ValueError, match=says):
        call(*mini)


def test_a_layer_of_a_real_model_is_walked_through(mini):
    model, tokenizer = mini
    inputs = tokenizer(SENTENCE, return_tensors="pt")
    with torch.inference_mode(), record() as layers:
        model(**inputs)
    walked = stepper(layers[3], tokenizer.convert_ids_to_tokens(inputs["input_ids"][0]))
    words, tensors = unpack(walked.payload)
    assert walked.step == "weights"
    assert walked.names == ("queries", "keys", "values", "scores", "scaled", "masked", "heads", "weights", "output")
    assert tensors["weights"].shape == (12, 14, 14)
    assert words["divisor"] == pytest.approx(32**0.5)
    assert [token["text"] for token in words["tokens"]["queries"]][9] == "it"
    with torch.inference_mode(), record(tensors=("weights",)) as layers:
        model(**inputs)
    with pytest.raises(
        ValueError, match=r"this record keeps no queries, keys, .*: keep all of them, as record\(\) does"
    ):
        stepper(layers[0])


def test_a_step_that_is_walked_to_is_read_and_one_that_python_names_is_gone_to(trace):
    walked = stepper(trace, WORDS)
    told(walked, "view", {"step": 8, "query": 1, "key": 2, "dimension": 0, "head": 1})
    assert (walked.step, walked.query, walked.key, walked.head) == ("output", 1, 2, 1)
    assert unpack(walked.payload)[0]["go"] is None
    walked.step = "scores"
    assert unpack(walked.payload)[0]["go"] == [1, 3]
    with pytest.raises(traitlets.TraitError, match="there is no step sums: choose from queries, keys"):
        walked.step = "sums"
    with pytest.raises(ValueError, match="there are 2 words for 5 queries: give one for each"):
        stepper(trace, ["a", "b"])


def test_an_attention_without_its_queries_is_walked_through_as_well(trace):
    walked = stepper(trace.attention)
    assert walked.names == ("scores", "scaled", "masked", "heads", "weights", "output")
    np.testing.assert_allclose(unpack(walked.payload)[1]["weights"], trace.attention.weights[0], atol=1e-5)


def test_a_translator_is_walked_through_what_it_writes_asks_what_it_reads():
    found = checkpoints.load("translator-attention").translate("the white cat")
    walked = stepper(found.trace, found.tokens, found.source_tokens)
    assert walked.names == (
        "embedded",
        "encoder_states",
        "energies",
        "weights",
        "contexts",
        "decoder_states",
        "probabilities",
    )
    words, tensors = unpack(walked.payload)
    np.testing.assert_allclose(tensors["weights"], found.weights, atol=1e-5)
    assert words["cross"]
    assert [token["text"] for token in words["tokens"]["keys"]] == list(found.source_tokens)


def test_a_vision_model_of_the_library_needs_its_processor_or_its_files():
    config = ViTConfig(hidden_size=32, num_hidden_layers=2, num_attention_heads=4, image_size=64, patch_size=16)
    model, picture = ViTModel(config), np.zeros((50, 60, 3), np.uint8)
    processor = SimpleNamespace(image_mean=[0.5] * 3, image_std=[0.5] * 3, rescale_factor=1 / 255)
    looked = patches(model, picture, processor, layer=1, head=3)
    assert looked.weights.shape == (17, 17)
    np.testing.assert_allclose(looked.weights.sum(-1), 1, atol=1e-5)
    with pytest.raises(ValueError, match="Or give the model's image processor behind the picture"):
        patches(model, picture)
    with pytest.raises(ValueError, match="str names no mean and deviation"):
        patches(model, picture, "processor")


def test_a_patch_that_is_kept_and_a_head_that_is_opened_are_read():
    looked = patches("vit", np.arange(48 * 48 * 3, dtype=np.uint8).reshape(48, 48, 3))
    told(looked, "kept", 7)
    told(looked, "opened", {"layer": 2, "head": 3})
    assert (looked.layer, looked.head, looked.tokens[looked.token]) == (2, 3, "g1")
    words, tensors = unpack(looked.payload)
    assert words["first"]["title"] == "Layer 2, head 3"
    np.testing.assert_allclose(tensors["first_weights"], looked.weights, atol=1e-5)


@pytest.mark.parametrize("part", ["lab", "step_viewer", "patch_explorer"])
def test_a_widget_is_one_module_that_asks_no_host(part):
    script = module(part)
    assert script.endswith("export default { render: started };\n")
    assert set(re.findall(r"(?:https?:)?//([\w-]+(?:\.[\w-]+)+)", script)) <= {"www.w3.org"}
    assert not re.search(r"^import\b|\bimport\(", script, re.MULTILINE)


def test_what_can_be_called_is_named():
    assert all(callable(getattr(attention_lab, name)) for name in attention_lab.__all__)
