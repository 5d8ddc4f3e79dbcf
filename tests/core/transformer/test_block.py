"""The block agrees with torch's own and the library's, and what leaves some of it out does what it says."""

import pytest
import torch
from torch import Tensor, nn
from transformers import BertConfig, LlamaConfig
from transformers.models.bert.modeling_bert import BertLayer
from transformers.models.llama.modeling_llama import LlamaDecoderLayer, LlamaRotaryEmbedding

from core.attention import attend, masks
from core.trace import names, steps, without
from core.transformer.block import PARTS, Block
from core.transformer.positions import BucketBias, alibi
from tests.core.shapes import normal
from tests.unchecked import unchecked

BATCH, TOKENS, WIDTH, HEADS, HIDDEN = 2, 7, 15, 3, 31
CAUSAL = torch.ones(TOKENS, TOKENS, dtype=torch.bool).tril()[None, None]


def theirs_with_the_weights_of(block: Block, activation: str = "gelu") -> nn.TransformerEncoderLayer:
    theirs = nn.TransformerEncoderLayer(
        WIDTH,
        HEADS,
        HIDDEN,
        dropout=0.0,
        activation=activation,
        batch_first=True,
        norm_first=block.norm_place == "pre",
        bias=block.attention.in_proj_bias is not None,
    )
    theirs.self_attn.load_state_dict(block.attention.state_dict())
    theirs.linear1.load_state_dict(block.feed_forward.expand.state_dict())
    theirs.linear2.load_state_dict(block.feed_forward.contract.state_dict())
    theirs.norm1.load_state_dict(block.norm_attention.state_dict())
    theirs.norm2.load_state_dict(block.norm_mlp.state_dict())
    return theirs.train()  # in eval it takes another path


def seeded_block(width: int = WIDTH, heads: int = HEADS, **more) -> Block:
    torch.manual_seed(3)
    block = Block(width, heads, d_ff=HIDDEN, **more)
    for index, parameter in enumerate(block.parameters()):
        with torch.no_grad():
            parameter += 0.2 * normal(*parameter.shape, seed=index)
    return block


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("activation", ["gelu", "relu"])
@pytest.mark.parametrize("place", ["pre", "post"])
def test_it_is_torchs_layer(place, activation, bias):
    block = seeded_block(norm_place=place, feed_forward=activation, bias=bias)
    x = normal(BATCH, TOKENS, WIDTH, seed=9)
    theirs = theirs_with_the_weights_of(block, activation)
    torch.testing.assert_close(block(x).resid_post, theirs(x), atol=1e-5, rtol=1e-5)
    # torch's says True = may not attend
    expected = theirs(x, src_mask=~CAUSAL[0, 0])
    torch.testing.assert_close(block(x, CAUSAL).resid_post, expected, atol=1e-5, rtol=1e-5)


def test_it_is_the_librarys_layer_of_bert():
    torch.manual_seed(5)
    config = BertConfig(
        hidden_size=WIDTH,
        num_attention_heads=HEADS,
        intermediate_size=HIDDEN,
        hidden_dropout_prob=0.0,
        attention_probs_dropout_prob=0.0,
        attn_implementation="eager",
    )
    theirs = BertLayer(config).eval()
    block = Block(WIDTH, HEADS, d_ff=HIDDEN, norm_place="post", epsilon=config.layer_norm_eps)
    own = theirs.attention.self
    with torch.no_grad():
        block.attention.in_proj_weight.copy_(torch.cat([own.query.weight, own.key.weight, own.value.weight]))
        block.attention.in_proj_bias.copy_(torch.cat([own.query.bias, own.key.bias, own.value.bias]))
    for ours, other in (
        (block.attention.out_proj, theirs.attention.output.dense),
        (block.norm_attention, theirs.attention.output.LayerNorm),
        (block.feed_forward.expand, theirs.intermediate.dense),
        (block.feed_forward.contract, theirs.output.dense),
        (block.norm_mlp, theirs.output.LayerNorm),
    ):
        ours.load_state_dict(other.state_dict())
    x = normal(BATCH, TOKENS, WIDTH, seed=9)
    found = theirs(x)
    torch.testing.assert_close(block(x).resid_post, found[0] if isinstance(found, tuple) else found)


def by_neighbours(weight: Tensor, head_dim: int) -> Tensor:
    """Llama pairs number i of a head with i + d/2; rows in this order make neighbours of them."""
    order = torch.arange(head_dim).reshape(2, -1).T.flatten()
    return weight.unflatten(0, (-1, head_dim))[:, order].flatten(0, 1)


def test_it_is_the_librarys_layer_of_llama():
    torch.manual_seed(5)
    width, heads, n_kv_heads = 24, 6, 2
    config = LlamaConfig(
        hidden_size=width,
        num_attention_heads=heads,
        num_key_value_heads=n_kv_heads,
        intermediate_size=HIDDEN,
        rms_norm_eps=1e-6,
        attn_implementation="eager",
    )
    theirs = LlamaDecoderLayer(config, 0).eval()
    block = Block(
        width,
        heads,
        d_ff=HIDDEN,
        n_kv_heads=n_kv_heads,
        norm="rms",
        feed_forward="swiglu",
        bias=False,
        positions="RoPE",
        epsilon=1e-6,
    )
    own = theirs.self_attn
    turned = [by_neighbours(layer.weight, width // heads) for layer in (own.q_proj, own.k_proj)]
    with torch.no_grad():
        block.attention.in_proj_weight.copy_(torch.cat([*turned, own.v_proj.weight]))
    for ours, other in (
        (block.attention.out_proj, own.o_proj),
        (block.norm_attention, theirs.input_layernorm),
        (block.norm_mlp, theirs.post_attention_layernorm),
        (block.feed_forward.expand, theirs.mlp.gate_proj),
        (block.feed_forward.up, theirs.mlp.up_proj),
        (block.feed_forward.contract, theirs.mlp.down_proj),
    ):
        ours.load_state_dict(other.state_dict())
    x, places = normal(BATCH, TOKENS, width, seed=9), torch.arange(TOKENS)[None]
    found = theirs(
        x,
        attention_mask=torch.zeros(1, 1, TOKENS, TOKENS).masked_fill(~CAUSAL, -torch.inf),
        position_embeddings=LlamaRotaryEmbedding(config)(x, places),
    )
    torch.testing.assert_close(
        block(x, CAUSAL).resid_post, found[0] if isinstance(found, tuple) else found, atol=1e-5, rtol=1e-5
    )


@pytest.mark.parametrize("scheme", ["ALiBi", "T5"])
def test_a_bias_by_distance_is_added_to_its_scores(scheme):
    block, x = seeded_block(positions=scheme), normal(BATCH, TOKENS, WIDTH, seed=9)
    inside = block(x).attention
    bias = block.attention.buckets(TOKENS, TOKENS) if scheme == "T5" else alibi(HEADS, TOKENS, TOKENS)
    expected = attend(inside.queries, inside.keys, inside.values, bias=bias).weights
    torch.testing.assert_close(inside.attention.weights, expected)
    assert (inside.attention.weights - attend(inside.queries, inside.keys, inside.values).weights).abs().max() > 1e-3


@pytest.mark.parametrize(
    ("sizes", "words"),
    [
        ({"n_heads": 4}, "15 numbers cannot be shared by 4 heads"),
        ({"n_heads": 0}, "cannot be shared by 0 heads"),
        ({"n_kv_heads": 2}, "3 heads of queries cannot share 2 heads of keys"),
        ({"positions": "RoPE"}, "5 numbers of a head do not make pairs"),
        ({"positions": "sinusoidal"}, "add it before the first block"),
        ({"n_experts": 2, "n_active": 3}, "3 of 2 experts cannot be asked: choose 1 to 2"),
        ({"n_experts": 2, "n_active": 0}, "0 of 2 experts"),
    ],
)
def test_sizes_that_cannot_be_are_refused_in_words(sizes, words):
    with unchecked(), pytest.raises(ValueError, match=words):
        Block(WIDTH, **({"n_heads": HEADS, "d_ff": HIDDEN} | sizes))


def test_what_comes_in_goes_out_where_both_halves_deliver_nothing_and_is_normalised_where_norms_come_last():
    x = normal(BATCH, TOKENS, WIDTH, seed=9)
    for place in ("pre", "post"):
        block = Block(WIDTH, HEADS, d_ff=HIDDEN, norm_place=place)
        with torch.no_grad():
            for layer in (block.attention.out_proj, block.feed_forward.contract):
                layer.weight.zero_()
                layer.bias.zero_()
        out = block(x).resid_post
        if place == "pre":
            assert torch.equal(out, x)
        else:
            torch.testing.assert_close(out, nn.functional.layer_norm(x, (WIDTH,)), atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("place", ["pre", "post"])
def test_without_a_part_it_is_what_the_others_make(place):
    block, x = seeded_block(norm_place=place).eval(), normal(BATCH, TOKENS, WIDTH, seed=9)
    first, second = block.norm_attention, block.norm_mlp

    def attention(tokens: Tensor) -> Tensor:
        return block.attention(tokens).mixed

    def network(tokens: Tensor) -> Tensor:
        return block.feed_forward(tokens).ff_out

    expected = {
        ("pre", "attention"): lambda: x + network(second(x)),
        ("pre", "skip"): lambda: network(second(attention(first(x)))),
        ("pre", "MLP"): lambda: x + attention(first(x)),
        ("pre", "norm"): lambda: (x + attention(x)) + network(x + attention(x)),
        ("post", "attention"): lambda: second(first(x) + network(first(x))),
        ("post", "skip"): lambda: second(network(first(attention(x)))),
        ("post", "MLP"): lambda: second(first(x + attention(x))),
        ("post", "norm"): lambda: (x + attention(x)) + network(x + attention(x)),
    }
    for left_out in PARTS:
        found = block(x, without=(left_out,)).resid_post
        torch.testing.assert_close(found, expected[place, left_out](), msg=lambda words, of=left_out: f"{of}: {words}")


def test_its_steps_add_up():
    trace = seeded_block()(normal(BATCH, TOKENS, WIDTH, seed=9))
    by_name = {step.name: step.tensor for step in steps(trace)}
    torch.testing.assert_close(by_name["resid_pre"] + by_name["mixed"], by_name["resid_mid"])
    torch.testing.assert_close(by_name["weights"].sum(-1), torch.ones(BATCH, HEADS, TOKENS))


def test_steps_that_are_left_out_stand_in_the_formulas_of_those_that_follow():
    trace = seeded_block()(normal(1, TOKENS, WIDTH, seed=9))
    told = {step.name: step.formula for step in without(steps(trace), ("normed_mid", "ff_pre", "ff_out"))}
    assert "normed_mid" not in told
    assert told["ff_post"] == r"\operatorname{GELU}\left(\operatorname{LN}(<resid_mid>)W_1 + b_1\right)"
    assert told["resid_post"] == "<resid_mid> + <ff_post>W_2 + b_2"


def test_a_step_that_the_whole_has_told_is_not_told_again_by_a_part():
    trace = seeded_block(norm_place="post")(normal(1, TOKENS, WIDTH, seed=9))
    told = {step.name: step.formula for step in steps(trace)}
    assert "ff_in" not in told.keys() | names(trace)
    assert told["ff_pre"] == "<normed_mid>W_1 + b_1"
    assert "ff_in" in names(trace.feed_forward)


def test_in_training_halves_are_skipped_for_whole_examples_and_never_afterwards():
    block, x = seeded_block(drop_path_rate=0.5), normal(257, TOKENS, WIDTH, seed=9)
    torch.manual_seed(0)
    trained = block.train()(x)
    untouched = (trained.resid_mid == x).all(dim=(1, 2))
    assert 0.35 < untouched.float().mean() < 0.65
    settled = block.eval()(x)
    assert not (settled.resid_mid == x).all(dim=(1, 2)).any()
    # what stays is made larger, so that the mean is what it is afterwards
    stayed = trained.resid_mid[~untouched] - x[~untouched]
    torch.testing.assert_close(stayed, 2 * (settled.resid_mid - x)[~untouched], atol=1e-5, rtol=1e-5)


def test_it_begins_as_torchs_layer_does_and_weights_by_their_older_names_are_taken():
    torch.manual_seed(3)
    block = Block(WIDTH, HEADS, d_ff=HIDDEN)
    torch.manual_seed(3)
    begun = nn.MultiheadAttention(WIDTH, HEADS, batch_first=True)
    assert torch.equal(begun.in_proj_weight, block.attention.in_proj_weight)
    assert torch.equal(begun.out_proj.weight, block.attention.out_proj.weight)
    older = {name.replace("feed_forward.", ""): 2 * kept for name, kept in block.state_dict().items()}
    stack = nn.ModuleList([Block(WIDTH, HEADS, d_ff=HIDDEN)])
    stack.load_state_dict({f"0.{name}": kept for name, kept in older.items()})
    assert torch.equal(stack[0].feed_forward.expand.weight, 2 * block.feed_forward.expand.weight)


def test_every_parameter_of_every_kind_of_block_learns():
    for more in (
        {"norm": "rms", "feed_forward": "swiglu", "n_kv_heads": 1},
        {"norm_place": "post", "n_experts": 2, "n_active": 2, "positions": "T5"},
    ):
        block = seeded_block(**more)
        trace = block(normal(BATCH, TOKENS, WIDTH, seed=9), masks.causal(TOKENS))
        (trace.resid_post * normal(BATCH, TOKENS, WIDTH, seed=8)).sum().backward()
        still = {name for name, each in block.named_parameters() if each.grad is None or not each.grad.any()}
        assert still == set()
        assert isinstance(block.attention.buckets, BucketBias | None)
