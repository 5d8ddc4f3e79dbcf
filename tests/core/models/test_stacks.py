"""Layers keep the model's own numbers, and what mixes tokens without weights is said not to be shown."""

from typing import Any

import pytest
import torch
from transformers import AutoConfig, AutoModel

from core.lessons import sentence_lab
from core.lessons.text_attention import text_attention
from core.models import pretrained
from core.models.introspection import introspect
from core.models.loaded import Group
from core.models.loading import load
from core.models.reading import read
from core.models.stacks import Stack
from tests.core.models import folders
from tests.core.models.families import FAMILIES, SWIN, TEXT

SIZES = TEXT | {"hidden_size": 16, "num_hidden_layers": 4, "num_attention_heads": 4, "num_key_value_heads": 2}
MAMBA = {"mamba_n_heads": 4, "mamba_d_state": 4, "mamba_chunk_size": 4}
EXPERTS = {"intermediate_size": 20, "num_local_experts": 2, "num_experts": 2, "num_experts_per_tok": 1}
HALF = Stack((1, 3), others=(0, 2))


def stacks(model_type: str, **settings: Any) -> dict[Group, Stack]:
    torch.manual_seed(3)
    config = AutoConfig.for_model(model_type, **settings)
    model = AutoModel.from_config(config, attn_implementation=pretrained.IMPLEMENTATION).eval()
    return introspect(model_type, model).stacks


@pytest.mark.parametrize(
    ("model_type", "settings", "expected"),
    [
        ("lfm2", SIZES | {"layer_types": ["conv", "full_attention"] * 2}, HALF),
        ("bamba", SIZES | MAMBA | {"attn_layer_indices": [1, 3], "mamba_d_head": 8}, HALF),
        ("minimax", SIZES | EXPERTS | {"layer_types": ["linear_attention", "full_attention"] * 2}, HALF),
        ("recurrent_gemma", SIZES | {"lru_width": 16, "head_dim": 4}, Stack((2,), others=(0, 1, 3))),
        (
            "falcon_h1",
            SIZES | MAMBA | {"mamba_d_ssm": 16, "mamba_d_head": 4},
            Stack((0, 1, 2, 3), besides=(0, 1, 2, 3)),
        ),
    ],
)
def test_a_layer_has_the_models_own_number_and_those_that_do_not_attend_are_known(model_type, settings, expected):
    assert stacks(model_type, **settings) == {"decoder": expected}


@pytest.mark.parametrize("name", ["bert", "albert", "distilbert", "gpt2", "modernbert", "vit", "wav2vec2"])
def test_a_model_whose_layers_all_attend_has_nothing_to_say(name):
    family = next(family for family in FAMILIES if family.name == name)
    (stack,) = stacks(family.model_type, **family.settings).values()
    assert (stack, stack.told) == (Stack((0, 1)), "")


def test_stages_of_windows_are_counted_on():
    assert stacks("swin", **SWIN) == {"encoder": Stack((0, 1, 2, 3))}


def test_encoder_decoder_and_the_look_between_them_are_counted_each():
    family = next(family for family in FAMILIES if family.name == "t5")
    assert stacks("t5", **family.settings) == dict.fromkeys(("encoder", "decoder", "cross"), Stack((0, 1)))


def test_convolutions_beside_weights_that_the_library_returns_are_known():
    sizes = TEXT | {"num_attention_heads": 4, "hidden_size": 16, "embedding_size": 16}
    assert stacks("convbert", **sizes) == {"encoder": Stack((0, 1), besides=(0, 1))}


@pytest.mark.parametrize(
    ("stack", "told"),
    [
        (HALF, "2 of its 4 layers attend; layers 0 and 2 mix tokens in another way"),
        (Stack((0,), others=(1,)), "1 of its 2 layers attend; layer 1 mixes tokens in another way"),
        (Stack((0, 1), besides=(0, 1)), "Layers 0 and 1 mix tokens by a state space or a convolution as well"),
    ],
)
def test_what_is_not_shown_is_told(stack, told):
    assert stack.told.startswith(told)
    assert stack.told.endswith("is not shown.")


@pytest.mark.parametrize(
    ("model_type", "settings"),
    [
        ("minimax", EXPERTS | {"layer_types": ["full_attention", "linear_attention"] * 2}),
        ("qwen3_5_text", {"head_dim": 4, "layer_types": ["linear_attention", "full_attention"] * 2}),
        ("jamba", EXPERTS | {"attn_layer_period": 2, "attn_layer_offset": 1, "use_mamba_kernels": False}),
    ],
)
def test_the_program_to_take_away_has_the_weights_of_the_same_layers(tmp_path, model_type, settings):
    """Lightning attention leaves a state of its own where a layer that attends leaves its weights."""
    model = folders.model_of(model_type, **SIZES | settings)
    loaded = load(folders.save(tmp_path / model_type, model, folders.word_pieces()), "cpu")
    reading = read(loaded, "the cat sat")
    seen = text_attention(reading, "decoder", hide_special=False, merge_pieces=False)
    assert seen.stack.others
    (taken_away, *_) = sentence_lab.again(loaded, reading, seen, "one head", 0, 0).args
    assert torch.allclose(taken_away(), seen.weights, atol=1e-6)
