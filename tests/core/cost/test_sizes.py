"""The bill: formulas equal what torch counts, in our blocks and in those of the library, and models are what they are."""

import re
from dataclasses import replace

import pytest
import torch
from hypothesis import given, settings
from hypothesis.strategies import booleans, integers, sampled_from
from torch import nn
from transformers import BertConfig, BertModel, LlamaConfig, LlamaModel

from core.attention.streaming import meet, nothing_met
from core.cost import counted, growth, models
from core.cost.sizes import Sizes, fitting
from core.lessons.cost import bill, learned, marks
from core.operations import operations

MIB = 2**20
LAYER = re.compile(r"\b(layers?|h)\.\d+\.")
ATTENTION = re.compile("att")


@settings(max_examples=25)
@given(
    n=integers(1, 300),
    head=integers(1, 9),
    groups=integers(1, 4),
    kv=integers(1, 4),
    d_ff=integers(1, 99),
    gated=booleans(),
)
def test_theorem_torch_counts_what_the_formulas_say(n, head, groups, kv, d_ff, gated):
    """For all sizes, every part of a block: exactly."""
    heads = groups * kv
    sizes = Sizes(n, heads * head, heads, kv, d_ff, batch=3, gated=gated)
    assert counted.block(sizes) == sizes.parts


def test_a_layer_of_berts_takes_as_many_operations_in_the_library():
    config = BertConfig(
        hidden_size=66, num_attention_heads=6, intermediate_size=91, num_hidden_layers=3, attn_implementation="eager"
    )
    with torch.device(counted.SHAPE):
        model = BertModel(config, add_pooling_layer=False).eval()
        ids = torch.zeros(2, 17, dtype=torch.long)
    sizes = Sizes(17, 66, 6, 6, 91, batch=2)
    assert operations(lambda: model(input_ids=ids)) == 3 * sizes.flops


def test_a_layer_of_llamas_takes_as_many_operations_in_the_library():
    config = LlamaConfig(
        hidden_size=60,
        num_attention_heads=6,
        num_key_value_heads=2,
        intermediate_size=91,
        num_hidden_layers=1,
        vocab_size=7,
        attn_implementation="eager",
    )
    with torch.device(counted.SHAPE):
        model = LlamaModel(config).eval()
        x, turn = torch.empty(2, 17, 60), torch.empty(2, 17, 10)
    sizes = Sizes(17, 60, 6, 2, 91, batch=2, gated=True)
    assert operations(lambda: model.layers[0](x, position_embeddings=(turn, turn))) == sizes.flops


@given(d_model=integers(1, 2000))
def test_theorem_scores_overtake_the_rest_at_six_times_the_width(d_model):
    """For all widths with an MLP four times as wide: equal at N = 6D, exactly."""
    sizes = Sizes(6 * d_model, d_model, 1, 1, 4 * d_model)
    assert sizes.crossover == 6 * d_model
    assert sizes.mixing == sizes.projections + sizes.mlp


def test_the_memory_of_the_weights():
    small = Sizes(n_tokens=1024)
    assert (small.weights_bytes, replace(small, n_tokens=8192).weights_bytes) == (48 * MIB, 3072 * MIB)
    large = Sizes(100_000, 8192, 64, 64, n_bytes=2)
    assert large.weights_bytes == counted.weights_bytes(large) == 1_280_000_000_000


def test_a_tile_with_all_that_meets_there_fits_into_a_multiprocessor_or_does_not():
    queries, keys, values = torch.zeros(3, 1, 1, 128, 64)
    scores = queries @ keys.mT
    so_far = meet(nothing_met(queries, values), scores, values)
    tensors = (queries, keys, values, scores, so_far.maximum, so_far.total, so_far.mixed)
    assert Sizes().tile_bytes(128) == sum(each.nbytes for each in tensors)
    assert Sizes(n_tokens=64).tile_bytes(128) == Sizes().tile_bytes(64)
    halved = replace(bill.OURS, n_bytes=2)
    fits = [bill.run(bill.Settings(sizes, block)).fits for sizes in (bill.OURS, halved) for block in (64, 128, 256)]
    assert fits == ["fits", "does not fit", "does not fit", "fits", "fits", "does not fit"]


def test_what_a_token_leaves_in_the_cache():
    sizes = Sizes(d_model=768, n_heads=12)
    assert (sizes.cached_numbers, sizes.shared_by(1).cached_numbers) == (1536, 128)
    keys_and_values = torch.empty(2, 12, 1, 12, 1024, 64)  # both, layers, batch, heads, tokens, numbers
    assert sizes.cache_bytes == keys_and_values.nbytes


def test_the_weights_of_a_stack_are_those_of_torch():
    sizes = Sizes(d_model=66, n_heads=6, n_kv_heads=6, d_ff=91, n_layers=3)
    layer = nn.TransformerEncoderLayer(66, 6, 91, bias=False)
    matrices = sum(weight.numel() for weight in layer.parameters() if weight.dim() == 2)
    assert sizes.attention_weights + sizes.mlp_weights == 3 * matrices


def test_models_are_as_large_as_they_were_published():
    """Each counts what its configuration builds; GPT-3 is rounded to 175 billion, Llama 3 to 8."""
    totals = {model.name: model.total for model in models.known()}
    exact = {"BERT": 109_482_240, "GPT-2": 124_439_808, "Llama 3 8B": 8_030_261_248, "MiniLM": 22_713_216}
    assert {name: totals[name] for name in exact} == exact
    assert round(totals["GPT-3"] / 1e9) == 175
    assert round(totals["ViT-B"] / 1e6) == 86
    assert [model.name for model in models.known() if model.writes] == ["GPT-2", "Llama 3 8B", "GPT-3"]


@pytest.mark.parametrize("model", models.known(), ids=lambda model: model.name)
def test_the_matrices_of_a_model_are_what_its_sizes_say(model):
    """But for biases, of which there is one for each row of numbers that comes out of a matrix; Llama has none."""
    sizes = model.sizes
    for part, matrices in (("attention", sizes.attention_weights), ("MLP", sizes.mlp_weights)):
        biases = model.weights[part] - matrices
        assert biases == 0 if sizes.gated else 0 < biases < 0.01 * matrices


@pytest.mark.parametrize("name", models.configurations())
def test_the_chart_of_parameters_draws_what_the_library_counts(name):
    """Each mark is all that the model learned. At its own sizes the lines pass through the matrices of its layers."""
    weights = dict(models.built(name).named_parameters())  # what is tied to another stands there once
    result = bill.run(bill.Settings(next(model.sizes for model in models.known() if model.name == name)))
    (mark,) = (each for each in marks.parameter_marks(result) if each["name"] == name)
    assert mark == {"name": name, "across": result.sizes.d_model, "up": sum(each.numel() for each in weights.values())}
    matrices = {where: each.numel() for where, each in weights.items() if LAYER.search(where) and each.dim() == 2}
    in_attention = sum(size for where, size in matrices.items() if ATTENTION.search(where))
    at = learned.WIDTHS.index(result.sizes.d_model)
    lines = [line[0, 0, at] for line in (result.learned.of_attention, result.learned.of_mlp, result.learned.of_both)]
    assert lines == [in_attention, sum(matrices.values()) - in_attention, sum(matrices.values())]


@pytest.mark.parametrize("n_heads", [1, 12, 96])
def test_the_weights_of_attention_grow_with_the_square_of_the_width_however_many_heads_share_it(n_heads):
    sizes = Sizes(d_model=n_heads * 64, n_heads=n_heads, n_kv_heads=1)
    widths = torch.tensor(learned.widths(sizes))
    assert (widths.diff() > 0).all()
    torch.testing.assert_close(
        learned.by_width(sizes).of_attention[0, 0] / widths**2,
        torch.full(widths.shape, 2 * (1 + 1 / n_heads) * sizes.n_layers, dtype=torch.float64),
    )


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"n_heads": 7}, "7 heads cannot share 768 numbers evenly"),
        ({"n_kv_heads": 5}, "5 heads of keys and values cannot be shared evenly by 12"),
        ({"n_tokens": 0}, "n_tokens is 0"),
        ({"batch": -1}, "batch is -1"),
    ],
)
def test_sizes_that_cannot_be_are_refused_in_words(wrong, why):
    with pytest.raises(ValueError, match=why):
        Sizes(**wrong)


@given(asked=integers(1, 100), number=integers(1, 100))
def test_theorem_as_many_as_asked_or_the_next_fewer(asked, number):
    """For all numbers: what is found divides, and nothing between it and what was asked does."""
    found = fitting(asked, number)
    assert number % found == 0
    assert not any(number % other == 0 for other in range(found + 1, min(asked, number) + 1))


@given(size=sampled_from([1e6, 1e9, 1e15]), more=sampled_from([10.0, 1e6]))
def test_theorem_no_size_goes_below_what_the_text_allows(size, more):
    """For all sizes: larger is better, and the floor stays as long as the text does."""
    floor = growth.loss(float("inf"), 3e11)
    assert floor < growth.loss(size * more, 3e11) < growth.loss(size, 3e11)
    assert growth.loss(float("inf"), 3e11 * more) < floor
