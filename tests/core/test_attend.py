"""The theorems of attention, and its agreement with torch's own."""

import ast
import inspect
import itertools
import math
import textwrap

import pytest
import torch
from hypothesis import given
from hypothesis.strategies import integers, sampled_from
from torch.nn.functional import scaled_dot_product_attention

from core.attention import COSINE, DOT, additive, attend, masks, random_additive
from core.trace import references, steps
from tests.core.shapes import BATCH, HEAD_DIM, HEADS, KEYS, QUERIES, VALUE_DIM, normal, operands

SEEDS = integers(0, 10_000)
CLOSE = {"atol": 1e-6, "rtol": 1e-5}  # single precision: about 7 digits, sums of 11 terms


def some_mask(seed: int) -> torch.Tensor:
    """A random mask in which every query keeps key 0."""
    allowed = normal(BATCH, HEADS, QUERIES, KEYS, seed=seed) > 0
    allowed[..., 0] = True
    return allowed


@given(seed=SEEDS)
def test_theorem_each_query_spends_exactly_one_unit_of_attention(seed):
    """For all queries, keys and masks: weights >= 0 and their sum over keys is 1."""
    weights = attend(*operands(seed), some_mask(seed)).weights
    assert (weights >= 0).all()
    torch.testing.assert_close(weights.sum(-1), torch.ones(BATCH, HEADS, QUERIES), **CLOSE)


@given(seed=SEEDS, size=sampled_from([1e0, 1e3, 1e6]))
def test_theorem_a_forbidden_key_gets_exactly_zero_however_large_its_score(seed, size):
    """For all queries, keys and every pair not allowed: weight == 0."""
    queries, keys, values = (size * tensor for tensor in operands(seed))
    allowed = some_mask(seed)
    assert (attend(queries, keys, values, allowed).weights[~allowed] == 0).all()


@given(seed=SEEDS)
def test_theorem_the_output_is_a_convex_mixture_of_values(seed):
    """Every coordinate of every output lies between the smallest and the largest value of that coordinate."""
    queries, keys, values = operands(seed)
    output = attend(queries, keys, values).output
    assert (output <= values.amax(-2, keepdim=True) + 1e-5).all()
    assert (output >= values.amin(-2, keepdim=True) - 1e-5).all()


@given(seed=SEEDS)
def test_theorem_attention_ignores_the_order_of_key_value_pairs(seed):
    """Shuffling keys and values together leaves the output; the weights are shuffled along."""
    queries, keys, values = operands(seed, torch.float64)
    order = torch.randperm(KEYS, generator=torch.Generator().manual_seed(seed))
    before, after = attend(queries, keys, values), attend(queries, keys[:, :, order], values[:, :, order])
    torch.testing.assert_close(after.output, before.output, atol=1e-12, rtol=0)
    torch.testing.assert_close(after.weights, before.weights[..., order], atol=1e-12, rtol=0)


@given(seed=SEEDS)
def test_theorem_one_number_added_to_all_scores_of_a_query_changes_nothing(seed):
    """softmax(s + c) = softmax(s): only differences between the keys of one query count."""
    queries, keys, values = operands(seed, torch.float64)
    shift = normal(BATCH, HEADS, QUERIES, 1, seed=seed + 3, dtype=torch.float64).expand(-1, -1, -1, KEYS)
    before, after = attend(queries, keys, values), attend(queries, keys, values, bias=shift)
    torch.testing.assert_close(after.weights, before.weights, atol=1e-12, rtol=0)


def test_two_keys_by_hand_share_1_and_e_over_1_plus_e():
    queries = torch.tensor([[[[1.0]]]])
    keys = torch.tensor([[[[0.0], [1.0]]]])
    values = torch.tensor([[[[0.0], [1.0]]]])
    trace = attend(queries, keys, values)
    assert trace.scores.flatten().tolist() == [0.0, 1.0]
    assert trace.weights.flatten().tolist() == pytest.approx([1 / (1 + math.e), math.e / (1 + math.e)])
    assert trace.output.item() == pytest.approx(math.e / (1 + math.e))


def test_equal_keys_receive_equal_weight():
    queries, keys, values = operands()
    weights = attend(queries, keys[:, :, :1].expand_as(keys), values).weights
    torch.testing.assert_close(weights, torch.full_like(weights, 1 / KEYS), **CLOSE)


def test_scores_are_divided_by_the_root_of_the_width_of_one_head():
    trace = attend(*operands())
    torch.testing.assert_close(trace.scaled, trace.scores / math.sqrt(HEAD_DIM), **CLOSE)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_attend_agrees_with_torch_with_and_without_a_mask(dtype):
    queries, keys, values = operands(dtype=dtype)
    close = {"atol": 1e-6 if dtype == torch.float32 else 1e-14, "rtol": 0}  # a few roundings of the precision in use
    for allowed in (None, some_mask(4)):
        expected = scaled_dot_product_attention(queries, keys, values, attn_mask=allowed)
        torch.testing.assert_close(attend(queries, keys, values, allowed).output, expected, **close)


def test_a_bias_agrees_with_torchs_additive_mask():
    queries, keys, values = operands()
    bias = normal(1, HEADS, QUERIES, KEYS, seed=9)
    expected = scaled_dot_product_attention(queries, keys, values, attn_mask=bias.expand(BATCH, -1, -1, -1))
    torch.testing.assert_close(attend(queries, keys, values, bias=bias).output, expected, **CLOSE)


def test_a_query_that_may_attend_to_nothing_is_named():
    allowed = masks.everything(QUERIES, KEYS).clone()
    allowed[0, 0, 3] = False
    with pytest.raises(ValueError, match=r"query 3 \(batch 0, head 0\) may attend to no key"):
        attend(*operands(), allowed)


def test_a_query_narrower_than_a_key_is_refused_in_words():
    queries, keys, values = operands()
    with pytest.raises(ValueError, match="a query has 10 numbers and a key has 11"):
        inspect.unwrap(attend)(queries[..., :10], keys, values)


def test_a_missing_value_is_refused_in_words():
    queries, keys, values = operands()
    with pytest.raises(ValueError, match="7 keys and 6 values"):
        inspect.unwrap(attend)(queries, keys, values[:, :, :6])


def test_a_value_may_have_another_width_than_a_key():
    assert VALUE_DIM != HEAD_DIM
    assert attend(*operands()).output.shape == (BATCH, HEADS, QUERIES, VALUE_DIM)


def test_no_step_overwrites_what_an_earlier_one_left():
    (queries, keys, values), allowed = operands(), some_mask(1)
    trace = attend(queries, keys, values, allowed)
    torch.testing.assert_close(trace.scores, queries @ keys.mT)
    torch.testing.assert_close(trace.scaled, trace.scores * HEAD_DIM**-0.5)
    torch.testing.assert_close(trace.masked, trace.scaled.masked_fill(~allowed, -torch.inf))
    torch.testing.assert_close(trace.weights, trace.masked.softmax(-1))
    torch.testing.assert_close(trace.output, trace.weights @ values)


def test_a_stretched_key_stretches_its_dot_products_and_not_its_cosines():
    queries, keys, _ = operands()
    stretched = keys.clone()
    stretched[:, :, 2] *= 5
    torch.testing.assert_close(DOT(queries, stretched)[..., 2], 5 * DOT(queries, keys)[..., 2], **CLOSE)
    torch.testing.assert_close(COSINE(queries, stretched), COSINE(queries, keys), **CLOSE)
    assert COSINE(queries, keys).abs().max() <= 1


def test_additive_attention_without_tanh_is_the_same_for_every_query():
    queries, keys, values = operands()
    straight = random_additive(HEAD_DIM, 17, seed=3, activation=lambda hidden: hidden)
    weights = attend(queries, keys, values, score=straight).weights
    torch.testing.assert_close(weights, weights[:, :, :1].expand_as(weights), **CLOSE)
    bent = attend(queries, keys, values, score=random_additive(HEAD_DIM, 17, seed=3)).weights
    assert (bent - bent[:, :, :1]).abs().max() > 0.1


def test_the_additive_score_is_bahdanaus_formula_pair_by_pair():
    queries, keys, _ = operands()
    w_query, w_key, v = normal(HEAD_DIM, 17, seed=5), normal(HEAD_DIM, 17, seed=6), normal(17, seed=7)
    scores = additive(w_query, w_key, v)(queries, keys)
    for query in range(QUERIES):
        for key in range(KEYS):
            expected = torch.tanh(queries[1, 2, query] @ w_query + keys[1, 2, key] @ w_key) @ v
            torch.testing.assert_close(scores[1, 2, query, key], expected, **CLOSE)


def test_softcap_keeps_scaled_scores_inside_the_cap():
    queries, keys, values = (100 * tensor for tensor in operands())
    assert attend(queries, keys, values).scaled.abs().max() > 50
    trace = attend(queries, keys, values, softcap=50.0)
    assert trace.capped.abs().max() <= 50
    assert trace.scaled.abs().max() > 50


@pytest.mark.parametrize("on", [(), ("capped",), ("biased",), ("capped", "biased")], ids=str)
def test_a_formula_says_cap_and_bias_where_they_are_on(on):
    """And read from the end to the beginning, it names every step that was taken."""
    queries, keys, values = operands()
    given = {"capped": {"softcap": 5.0}, "biased": {"bias": normal(1, 1, QUERIES, KEYS, seed=9)}}
    made = steps(attend(queries, keys, values, **{key: value for name in on for key, value in given[name].items()}))
    assert [step.name for step in made] == ["scores", "scaled", *on, "masked", "weights", "output"]
    for earlier, later in itertools.pairwise(made):
        assert references(later.formula) == [earlier.name]


def test_no_variable_of_attend_is_bound_twice():
    """So that each of its tensors can be shown under its name."""
    body = ast.parse(textwrap.dedent(inspect.getsource(inspect.unwrap(attend))))
    bound = [node.id for node in ast.walk(body) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)]
    assert len(bound) == len(set(bound))
    assert not set(bound) & set(inspect.signature(attend).parameters)


def test_a_sink_takes_its_share_and_delivers_nothing():
    queries, keys, values = operands()
    sinks = torch.tensor([0.0, 1.0, -1.0])
    plain, drained = attend(queries, keys, values), attend(queries, keys, values, sinks=sinks)
    total = plain.masked.exp().sum(-1, keepdim=True)
    kept = total / (total + sinks.exp()[:, None, None])
    torch.testing.assert_close(drained.weights, plain.weights * kept, **CLOSE)


def test_half_precision_weights_are_as_good_as_half_precision_can_say():
    """Two roundings to 11 bits (scores, weights): within 4 units in the last place of 1."""
    queries, keys, values = operands()
    halves = attend(*(tensor.half() for tensor in (queries, keys, values))).weights
    torch.testing.assert_close(halves.float(), attend(queries, keys, values).weights, atol=4 * 2**-11, rtol=0)
