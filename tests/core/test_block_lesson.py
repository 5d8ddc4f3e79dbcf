"""Lesson 9: what it says of a block, on a real model, on a picture and by hand."""

from dataclasses import replace

import pytest
import torch

from core.analysis.stream import coupling, drawn_direction, spread, to_others
from core.lessons import block, material
from core.lessons.block import Settings, given
from core.lessons.block.norms import with_norms
from core.lessons.block.stack import AS_IT_IS, NO_SKIPS
from core.trace import steps
from core.transformer.block import Block
from core.vision.classifier import as_input, fitted
from core.vision.samples import sample
from tests.core.block_examples import hand
from tests.core.shapes import normal

SENTENCE = "The animal did not cross the street because it was too tired"
OTHER = "She poured water from the jug into the cup until it was full"


@pytest.fixture(scope="module")
def read():
    return given.on_sentence(SENTENCE, 0, OTHER, 0, 48)


@pytest.fixture(scope="module")
def result(read):
    return block.run(read, Settings())


def test_the_blocks_of_a_sentence_are_the_layers_of_the_model(read, result):
    hidden = material.encode(SENTENCE).hidden
    torch.testing.assert_close(result.stack.hidden, hidden, atol=1e-4, rtol=0)
    torch.testing.assert_close(result.trace.block.resid_post[0], hidden[4], atol=1e-4, rtol=0)
    assert read.place == "post"


def test_the_norm_is_shown_from_inside_with_the_mean_and_deviation_of_every_token(result):
    inside, trace = result.norm, result.trace.block
    torch.testing.assert_close(inside.entering, trace.resid_mid)
    torch.testing.assert_close(inside.scaled_norm, trace.normed_mid, atol=1e-5, rtol=1e-4)
    torch.testing.assert_close(inside.mean, trace.resid_mid.mean(-1, keepdim=True))
    torch.testing.assert_close(inside.deviation[..., 0], trace.resid_mid.std(-1, correction=0))


def test_without_skips_the_tokens_of_the_real_model_become_the_same(result):
    left = dict(zip(result.names, result.trace.stack.spreads[0], strict=True))
    assert left[NO_SKIPS][-1] < 1e-5
    assert left[AS_IT_IS][-1] > 0.5
    assert left["−MLP"][-1] > 0.5
    assert left["att."][4] < 1e-5


def test_a_layer_that_is_taken_out_leaves_its_tokens_as_they_came(result):
    left = result.trace.stack.spreads[0, result.names.index("−L3")]
    assert left[3] == left[4]
    assert torch.equal(left[:4], result.trace.stack.spreads[0, 0, :4])


def test_parts_are_taken_out_of_the_block_and_of_all_blocks(read):
    alone = block.run(read, Settings(without=("attention", "norm")))
    trace = alone.trace.block
    assert torch.equal(trace.resid_mid, trace.resid_pre)
    assert "yours" in alone.names
    assert "yours" not in block.run(read, Settings(without=("skip",))).names
    torch.testing.assert_close(alone.norm.entering, trace.resid_mid)


def test_tokens_are_compared_behind_the_layers_that_were_chosen(read, result):
    two = block.run(read, Settings(depth=2))
    chosen = block.at_depth(result, 2)
    torch.testing.assert_close(chosen.trace.stack.alike, two.trace.stack.alike)
    assert chosen.depth == 2
    assert block.at_depth(result, 99).depth == 6


def test_only_attention_lets_tokens_meet(result):
    found = result.trace.stack
    apart = ~torch.eye(found.coupling_norm.shape[-1], dtype=torch.bool)
    assert not found.coupling_norm[0][apart].any()
    assert not found.coupling_mlp[0][apart].any()
    assert (found.coupling_attention[0][apart] > 0).all()
    assert result.between == "Between two tokens it is exactly 0 in norm and MLP."
    assert result.heard_in == ("attention",)
    query = 3
    assert result.hears(query) != query


def test_another_text_in_the_batch_moves_numbers_under_batch_norm_alone(result):
    assert result.layer_moved < block.EQUAL
    assert result.batch_moved > 0.1


def cosine(result, other, name="yours"):
    of = dict(zip(result.names, result.trace.stack.answers[0], strict=True))[name]
    return torch.cosine_similarity(of, other, dim=-1).item()


def test_with_another_norm_a_layer_computes_as_torchs_norm_does_and_its_weights_are_not_copied(read, result):
    """LayerNorm's own weights, and RMSNorm and BatchNorm of torch with the same gain and shift."""
    own, into = read.blocks[3].norm_attention, result.trace.block.resid_mid
    rms = block.run(read, Settings(norm="rms"))
    theirs = torch.nn.functional.rms_norm(into, (384,), own.weight, own.epsilon)
    torch.testing.assert_close(rms.trace.block.normed_mid, theirs, atol=1e-5, rtol=1e-4)
    others = read.blocks[3](block.stacks(read)[1].hidden[3][None]).resid_mid
    batch = torch.cat([into, others], dim=1)[0]
    theirs = torch.nn.functional.batch_norm(batch, None, None, own.weight, own.bias, training=True, eps=own.epsilon)
    found = block.run(read, Settings(norm="batch")).trace.block.normed_mid[0]
    torch.testing.assert_close(found, theirs[: len(found)], atol=1e-5, rtol=1e-4)
    assert with_norms(read.blocks[3], "batch").norm_attention.weight is own.weight
    assert read.blocks[3].norm_attention is own


def test_under_batch_norm_alone_the_vector_of_a_sentence_hangs_on_what_stands_beside_it(read):
    another = given.on_sentence(SENTENCE, 0, "Stop", 0, 48)
    for norm, moves in (("rms", False), ("batch", True)):
        results = [block.run(each, Settings(norm=norm)) for each in (read, another)]
        vector = dict(zip(results[0].names, results[0].trace.stack.answers[0], strict=True))["yours"]
        assert (cosine(results[1], vector) < 0.99) == moves
        assert ("counts the other text, too" in results[0].answered) == moves


def test_under_batch_norm_tokens_meet_in_the_norm_too(read):
    found = block.run(read, Settings(norm="batch"))
    assert found.heard_in == ("norm", "attention")
    assert found.between == "Between two tokens it is exactly 0 in MLP."
    assert block.run(read, Settings(norm="rms")).heard_in == ("attention",)
    told = block.beside(found)
    left = (found.norm.entering - found.norm.mean) / found.norm.deviation
    torch.testing.assert_close(torch.from_numpy(told["means"][:, 0]), left[0].mean(-1))
    assert abs(told["means"]).max() > 0.01  # BatchNorm gives no token a mean of 0


def test_the_toy_is_told_with_as_many_layers_as_its_line_shows(read, result):
    alone = result.trace.stack.toy_spreads[0, 0]
    assert alone[3] < block.EQUAL < alone[2]
    assert result.toy_equal == 3
    assert "less than a millionth of their length tells them apart behind 3 layers;" in result.toy_told
    flat = replace(result.trace.stack, toy_spreads=torch.full_like(result.trace.stack.toy_spreads, 0.5))
    never = replace(result, trace=replace(result.trace, stack=flat))
    assert never.toy_equal is None
    assert "0.5 of their length tells them apart behind 12 layers;" in never.toy_told
    assert block.axes(result)["depth"][:2] == ["before", "behind 1"]


def test_the_head_behind_the_last_block_reads_what_the_model_answers():
    pixels = fitted(sample("a cat"), 64)
    found = given.on_picture(pixels)
    result = block.run(found, Settings(layer=2))
    answer = given.picture_model().read(as_input(pixels)).probabilities
    behind = dict(zip(found.classifier.classes, result.trace.stack.lens[0, :, -1].tolist(), strict=True))
    assert behind == pytest.approx(answer, abs=1e-4)
    assert result.likeliest[0] == tuple(answer)[:4]
    assert found.place == "pre"
    assert "normed" in {each.name for each in steps(result.trace)}
    torch.testing.assert_close(result.norm.entering, result.trace.block.resid_pre)


def test_by_hand_one_block_stands_on_itself_and_sizes_that_do_not_fit_are_told():
    made = hand("post")
    assert made.blocks[0] is made.blocks[2]
    eye = tuple(map(tuple, torch.eye(4).tolist()))
    wide = tuple((*row, 0.0) for row in eye)
    with pytest.raises(ValueError, match="W_2 is 4 x 4: between X and what is added it must be 5 x 4"):
        given.on_numbers(("a",), (eye[0],), (eye[1],), eye, eye, eye, wide, eye)


def test_one_token_alone_meets_nobody_and_crashes_nothing():
    alone = given.on_numbers(
        ("a",), ((1.0, 2.0),), ((1.0, 2.0),), *[((1.0, 0.0), (0.0, 1.0))] * 5, place="pre", n_layers=1
    )
    result = block.run(alone, Settings(layer=5, depth=9))
    assert result.hears(0) == 0
    assert "alone" in result.between
    assert all(torch.isfinite(each.tensor).all() for each in steps(result.trace))


def test_tokens_that_are_all_the_same_have_no_spread_and_tokens_around_0_have_all():
    x = normal(5, 7, seed=1)
    assert spread(x[:1].expand(5, -1)).item() < 1e-6
    assert spread(x - x.mean(0)).item() == pytest.approx(1)
    assert spread(torch.zeros(5, 7)).item() == 0
    torch.testing.assert_close(to_others(x[:1].expand(3, -1)), torch.ones(3))


def test_a_push_moves_what_small_pushes_move():
    """In double precision, against a push of one millionth."""
    x, direction = normal(1, 5, 7, seed=1, dtype=torch.float64), drawn_direction(7, 0)
    made = Block(7, 1, d_ff=11).double()

    def layer(tokens: torch.Tensor) -> torch.Tensor:
        return made(tokens).resid_post

    with torch.no_grad():
        found = coupling(layer, x, direction)
        for pushed in range(5):
            near = x.clone()
            near[0, pushed] += 1e-6 * direction
            moved = (layer(near) - layer(x))[0].norm(dim=-1) / 1e-6
            torch.testing.assert_close(found[:, pushed], moved, atol=1e-5, rtol=1e-4)
