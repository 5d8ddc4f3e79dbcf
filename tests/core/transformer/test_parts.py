"""Norms, networks and experts agree with torch's own and the library's with the same weights."""

import pytest
import torch
from torch import nn
from transformers import LlamaConfig, MixtralConfig
from transformers.models.llama.modeling_llama import LlamaMLP
from transformers.models.mixtral.modeling_mixtral import MixtralSparseMoeBlock

from core.transformer.experts import Experts
from core.transformer.feed_forward import FeedForward
from core.transformer.norms import LayerNorm, RMSNorm, batch_norm, layer_norm, rms_norm
from tests.core.shapes import normal

BATCH, TOKENS, WIDTH, HIDDEN = 2, 7, 15, 31


@pytest.mark.parametrize("shifts", [True, False])
def test_a_layer_norm_is_torchs(shifts):
    ours, theirs = LayerNorm(WIDTH, 1e-3, shifts), nn.LayerNorm(WIDTH, 1e-3, bias=shifts)
    weights = {name: normal(WIDTH, seed=seed) for seed, name in enumerate(theirs.state_dict())}
    ours.load_state_dict(weights)
    theirs.load_state_dict(weights)
    x = 3 + 2 * normal(BATCH, TOKENS, WIDTH, seed=9)
    torch.testing.assert_close(ours(x), theirs(x))
    torch.testing.assert_close(ours.trace(x).scaled_norm, theirs(x))


def test_an_rms_norm_is_torchs():
    ours, theirs = RMSNorm(WIDTH, 1e-3), nn.RMSNorm(WIDTH, 1e-3)
    weights = {"weight": normal(WIDTH, seed=1)}
    ours.load_state_dict(weights)
    theirs.load_state_dict(weights)
    x = 3 + 2 * normal(BATCH, TOKENS, WIDTH, seed=9)
    torch.testing.assert_close(ours(x), theirs(x))
    torch.testing.assert_close(ours.trace(x).scaled_norm, theirs(x))


def test_a_batch_norm_is_torchs_in_training():
    x, gain, shift = 3 + 2 * normal(BATCH, TOKENS, WIDTH, seed=9), normal(WIDTH, seed=1), normal(WIDTH, seed=2)
    theirs = nn.functional.batch_norm(x.flatten(0, 1), None, None, gain, shift, training=True, eps=1e-3)
    torch.testing.assert_close(batch_norm(x, gain, shift, 1e-3).scaled_norm, theirs.reshape(x.shape))
    first, others = x[:1, :2], x[:1, 2:]
    theirs = nn.functional.batch_norm(x[0], None, None, gain, shift, training=True, eps=1e-3)
    torch.testing.assert_close(batch_norm(first, gain, shift, 1e-3, others).scaled_norm[0], theirs[:2])


def test_the_two_norms_are_one_on_tokens_whose_mean_is_0_and_only_one_of_them_feels_a_shift():
    x, one = normal(BATCH, TOKENS, WIDTH, seed=9), torch.ones(WIDTH)
    centred = x - x.mean(-1, keepdim=True)
    torch.testing.assert_close(layer_norm(centred, one).scaled_norm, rms_norm(centred, one).scaled_norm)
    torch.testing.assert_close(layer_norm(x + 5, one).scaled_norm, layer_norm(x, one).scaled_norm, atol=1e-4, rtol=1e-4)
    assert (rms_norm(x + 5, one).scaled_norm - rms_norm(x, one).scaled_norm).abs().max() > 1


@pytest.mark.parametrize("kind", ["relu", "gelu"])
def test_a_network_is_torchs_two_maps(kind):
    ours, x = FeedForward(WIDTH, HIDDEN, kind), normal(BATCH, TOKENS, WIDTH, seed=9)
    bend = nn.ReLU() if kind == "relu" else nn.GELU()
    torch.testing.assert_close(ours(x).ff_out, nn.Sequential(ours.expand, bend, ours.contract)(x))


def test_a_gated_network_is_llamas_and_has_no_bias_unless_told():
    ours, x = FeedForward(WIDTH, HIDDEN, "swiglu"), normal(BATCH, TOKENS, WIDTH, seed=9)
    theirs = LlamaMLP(LlamaConfig(hidden_size=WIDTH, intermediate_size=HIDDEN, num_attention_heads=3, head_dim=2))
    for name, layer in (("gate_proj", ours.expand), ("up_proj", ours.up), ("down_proj", ours.contract)):
        getattr(theirs, name).load_state_dict(layer.state_dict())
    torch.testing.assert_close(ours(x).ff_out, theirs(x))
    assert {name.split(".")[1] for name, _ in ours.named_parameters()} == {"weight"}
    assert FeedForward(WIDTH, HIDDEN, "swiglu", bias=True).up.bias is not None


def test_experts_are_mixtrals():
    torch.manual_seed(5)
    n_experts, active = 5, 3
    config = MixtralConfig(
        hidden_size=WIDTH,
        intermediate_size=HIDDEN,
        num_local_experts=n_experts,
        num_experts_per_tok=active,
        experts_implementation="eager",
    )
    theirs, ours = MixtralSparseMoeBlock(config).eval(), Experts(WIDTH, HIDDEN, n_experts, active, "swiglu")
    with torch.no_grad():
        theirs.gate.weight.copy_(ours.router.weight)
        for number, expert in enumerate(ours.experts):
            theirs.experts.gate_up_proj[number].copy_(torch.cat([expert.expand.weight, expert.up.weight]))
            theirs.experts.down_proj[number].copy_(expert.contract.weight)
    x = normal(BATCH, TOKENS, WIDTH, seed=9)
    found = theirs(x)
    torch.testing.assert_close(ours(x).ff_out, found[0] if isinstance(found, tuple) else found)


def test_an_expert_is_loaded_as_often_as_it_is_asked_and_even_loads_cost_1():
    experts = Experts(WIDTH, HIDDEN, 4, 1)
    x = normal(BATCH, TOKENS, WIDTH, seed=9)
    trace = experts(x)
    asked = trace.routed.argmax(-1).flatten().bincount(minlength=4) / (BATCH * TOKENS)
    torch.testing.assert_close(trace.load, asked)
    with torch.no_grad():
        experts.router.weight.zero_()
    torch.testing.assert_close(experts(x).balance_loss, torch.tensor(1.0))
    with torch.no_grad():
        experts.router.weight[2] = 50 * x.mean((0, 1))
    crowded = experts(x.abs() * x.mean((0, 1)).sign())
    torch.testing.assert_close(crowded.balance_loss, torch.tensor(4.0), atol=0.1, rtol=0.1)
    assert crowded.load.tolist() == [0, 0, 1, 0]


def test_a_router_of_one_expert_each_learns_by_the_probability_that_counts():
    experts = Experts(WIDTH, HIDDEN, 3, 1)
    experts(normal(BATCH, TOKENS, WIDTH, seed=9)).ff_out.sum().backward()
    assert experts.router.weight.grad.abs().max() > 1e-3  # and not the rounding of what is always 1
