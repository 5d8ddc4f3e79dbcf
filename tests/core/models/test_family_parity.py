"""In every family the model computes with `attend` what it computes with the library's own attention."""

from collections.abc import Mapping

import pytest
import torch
from torch import Tensor
from transformers import AutoConfig, AutoModelForCausalLM, AutoModelForSeq2SeqLM

from core.models import pretrained
from core.models.device import available
from tests.core.models.families import FAMILIES, Family
from tests.core.shapes import normal

CASES = [
    pytest.param(family, padding, place, id=f"{family.name}, {padding} padding, {place}")
    for family in FAMILIES
    for padding in family.paddings
    for place in available()
]


def tensors(output: Mapping[str, object], prefix: str = "") -> dict[str, Tensor]:
    """Every tensor of a nested output by its place."""
    found: dict[str, Tensor] = {}
    for key, value in output.items():
        parts = dict(enumerate(value)) if isinstance(value, tuple) else {"": value}
        for index, part in parts.items():
            name = f"{prefix}{key}.{index}".rstrip(".")
            if isinstance(part, Tensor):
                found[name] = part
            elif isinstance(part, Mapping):
                found |= tensors(part, f"{name}.")
    return found


@pytest.mark.parametrize(("family", "padding", "place"), CASES)
def test_output_and_weights_are_the_librarys_own(family: Family, padding: str, place: str):
    """Equal to the last bit on a processor; elsewhere within 1e-5, for kernels may sum in another order."""
    model = family.model().to(place)
    inputs = {name: tensor.to(place) for name, tensor in family.inputs(padding).items()}
    tolerance = {"rtol": 0, "atol": 0.0 if place == "cpu" else 1e-5}
    with torch.inference_mode():
        expected = tensors(model(**inputs, output_attentions=True))
        model.set_attn_implementation(pretrained.IMPLEMENTATION)
        with pretrained.record(tensors=("weights",)) as records:
            output = tensors(model(**inputs))

    for name, tensor in output.items():
        torch.testing.assert_close(tensor, expected[name], **tolerance)
    recorded = iter(records)
    for weights in in_call_order({name: tensor for name, tensor in expected.items() if "attentions" in name}):
        candidates = (kept for kept in recorded if kept.weights.shape == weights.shape)
        assert any(torch.allclose(kept.weights, weights, **tolerance) for kept in candidates), (
            "weights that nobody gave"
        )


def in_call_order(attentions: dict[str, Tensor]) -> list[Tensor]:
    """The library's weights, sorted as they are computed: pictures before texts, self before cross in each layer."""
    ranks = ("vision", "text", "encoder", "decoder", "cross", "attentions")

    def place(name: str) -> tuple[int, int, int]:
        rank = next(index for index, word in enumerate(ranks) if name.startswith(word))
        layer = int(name.rsplit(".", 1)[1])
        return (3, layer, rank) if rank in (3, 4) else (rank, layer, 0)

    return [attentions[name] for name in sorted(attentions, key=place)]


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
def test_every_call_is_recorded_with_a_name_of_the_model_and_its_kind(family: Family):
    model = family.model()
    model.set_attn_implementation(pretrained.IMPLEMENTATION)
    with pretrained.record(tensors=()) as records, torch.inference_mode():
        model(**family.inputs("none"))
    names = {name for name, _ in model.named_modules()}
    assert [kept.index for kept in records] == list(range(len(records)))
    assert {kept.module for kept in records} <= names - {""}
    decoder_layers = {kept.module.rpartition(".")[0] for kept in records if kept.module.startswith("decoder.")}
    crossing = [kept.module for kept in records if kept.kind == "cross"]
    if model.config.is_encoder_decoder:
        assert len(crossing) == 2
        assert all(name.endswith(("encoder_attn", "EncDecAttention")) for name in crossing)
        assert decoder_layers
    else:
        assert crossing == []


@pytest.mark.parametrize("name", ["gpt2", "gemma3, window", "bart", "t5"])
def test_a_model_writes_the_same_text_with_its_memory_of_keys_and_values(name: str):
    """Word after word one query asks more and more keys, within the window when there is one."""
    family = next(family for family in FAMILIES if family.name == name)
    door = AutoModelForSeq2SeqLM if family.reads == "pair" else AutoModelForCausalLM
    config = AutoConfig.for_model(family.model_type, **family.settings)
    config.bos_token_id = config.eos_token_id = config.decoder_start_token_id = 3
    torch.manual_seed(11)
    model = door.from_config(config, attn_implementation="eager").eval()
    for index, parameter in enumerate(model.parameters()):
        parameter.data += 0.3 * normal(*parameter.shape, seed=index)
    source = family.inputs("none")["input_ids"]
    how = {"attention_mask": torch.ones_like(source), "max_new_tokens": 5, "min_new_tokens": 5, "do_sample": False}
    expected = model.generate(source, **how, pad_token_id=1)
    model.set_attn_implementation(pretrained.IMPLEMENTATION)
    with pretrained.record(tensors=("weights",)) as records:
        assert torch.equal(model.generate(source, **how, pad_token_id=1), expected)
    last = [kept.weights.shape[-2] for kept in records if kept.kind == "self"][-1]
    assert last == 1


@pytest.mark.parametrize("model_type", ["bert", "gpt2"])
def test_a_decoder_that_looks_at_other_tokens_is_cross(model_type: str):
    family = next(family for family in FAMILIES if family.name == model_type)
    crossing = Family("", model_type, family.settings, nested={"is_decoder": True, "add_cross_attention": True})
    model = crossing.model()
    model.set_attn_implementation(pretrained.IMPLEMENTATION)
    states = torch.ones(2, 5, model.config.hidden_size)
    with pretrained.record(tensors=("weights",)) as records, torch.inference_mode():
        model(**crossing.inputs("none"), encoder_hidden_states=states)
    assert [kept.kind for kept in records] == ["self", "cross"] * 2
    assert [kept.weights.shape[-1] for kept in records] == [7, 5] * 2
