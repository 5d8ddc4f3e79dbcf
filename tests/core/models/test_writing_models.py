"""A model that writes a text runs once for each token: what is recorded or silenced is so in every run."""

import pytest
import torch
from torch import Tensor
from transformers import AutoConfig, AutoModelForCausalLM, AutoModelForSeq2SeqLM, PreTrainedModel

from core.models import pretrained
from core.models.errors import ModelError
from tests.core.models.families import FAMILIES, LAYERS, TOKENS, text
from tests.core.shapes import normal

STEPS = 4
IDS = text("none")["input_ids"]
HOW = {"attention_mask": torch.ones_like(IDS), "max_new_tokens": STEPS, "min_new_tokens": STEPS, "pad_token_id": 1}


def writer(name: str) -> PreTrainedModel:
    """A tiny model that writes, with weights large enough to make attention uneven."""
    family = next(family for family in FAMILIES if family.name == name)
    config = AutoConfig.for_model(family.model_type, **family.settings)
    config.bos_token_id = config.eos_token_id = config.decoder_start_token_id = 3
    door = AutoModelForSeq2SeqLM if family.reads == "pair" else AutoModelForCausalLM
    torch.manual_seed(11)
    model = door.from_config(config, attn_implementation=pretrained.IMPLEMENTATION).eval().requires_grad_(False)
    for index, parameter in enumerate(model.parameters()):
        parameter += 0.3 * normal(*parameter.shape, seed=index)
    return model


def step_by_step(model: PreTrainedModel, head: tuple[int, int]) -> list[Tensor]:
    """The logits of each step, in runs that begin anew, each with the head silent."""
    written, logits = IDS, []
    for _ in range(STEPS):
        with pretrained.ablate([head]), torch.inference_mode():
            logits.append(model(input_ids=written).logits[:, -1])
        written = torch.cat([written, logits[-1].argmax(-1, keepdim=True)], dim=1)
    return logits


@pytest.mark.parametrize("use_cache", [True, False])
def test_a_silenced_head_is_silent_at_every_token_that_is_written(use_cache):
    model = writer("gpt2")
    model.generation_config.eos_token_id = None
    how = {key: value for key, value in HOW.items() if key != "min_new_tokens"}
    with pretrained.ablate([(1, 2)]):
        made = model.generate(
            IDS, **how, do_sample=False, use_cache=use_cache, return_dict_in_generate=True, output_scores=True
        )
    expected = step_by_step(model, (1, 2))
    torch.testing.assert_close(torch.stack(made.scores), torch.stack(expected), atol=1e-4, rtol=1e-4)
    with torch.inference_mode():
        assert not torch.allclose(model(input_ids=IDS).logits[:, -1], expected[0], atol=1e-2)


@pytest.mark.parametrize("beams", [1, 2])
def test_a_layer_is_recorded_at_every_token_that_is_written(beams):
    model = writer("gpt2")
    with pretrained.record(layers=[1], tensors=("weights",)) as records:
        model.generate(IDS, **HOW, do_sample=False, num_beams=beams)
    assert [kept.index for kept in records] == [1] * STEPS
    assert [kept.weights.shape[-1] for kept in records] == [TOKENS + step for step in range(STEPS)]


@pytest.mark.parametrize("name", ["bart", "t5"])
def test_layers_of_an_encoder_decoder_keep_their_places_though_the_encoder_runs_once(name):
    model = writer(name)
    with pretrained.record(tensors=()) as whole, torch.inference_mode():
        model(input_ids=IDS, decoder_input_ids=IDS)
    with pretrained.record(tensors=()) as records:
        model.generate(IDS, **HOW, do_sample=False)
    assert [kept.index for kept in records] == [*range(LAYERS), *list(range(LAYERS, 3 * LAYERS)) * STEPS]
    assert [kept.index for kept in whole] == list(range(3 * LAYERS))


def test_layers_that_share_their_weights_have_a_place_each_in_every_run():
    family = next(family for family in FAMILIES if family.name == "albert")
    model = family.model()
    model.set_attn_implementation(pretrained.IMPLEMENTATION)
    with pretrained.record(tensors=()) as records, torch.inference_mode():
        model(**family.inputs("none"))
        model(**family.inputs("none"))
    assert [kept.index for kept in records] == [0, 1, 0, 1]


def test_a_layer_that_no_run_has_is_told_after_a_text_was_written_as_well():
    model = writer("gpt2")
    with (
        pytest.raises(ModelError, match="there is no layer 2: 2 attention calls were made"),
        pretrained.ablate([(2, 0)]),
    ):
        model.generate(IDS, **HOW, do_sample=False)
