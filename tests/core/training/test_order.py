"""Is A before B? What each scheme can learn, and what it does on rows that are longer than all it learned from."""

import pytest
import torch
from hypothesis import given
from hypothesis.strategies import integers, sampled_from

from core.experiments.positions.toys import learned
from core.trace import steps
from core.training import order


def test_the_answer_is_in_the_order_and_in_nothing_else():
    """Of the rows that are tested, half have A first, and each has its mirror image beside it."""
    rows, answers = order.tested_rows(12)
    assert rows.shape == (order.TESTED, 12)
    assert answers.float().mean() == 0.5
    first = (rows == 0).float().argmax(1) < (rows == 1).float().argmax(1)
    assert torch.equal(first.long(), answers)
    assert ((rows == 0).sum(1) == 1).all()
    assert ((rows == 1).sum(1) == 1).all()


@pytest.mark.parametrize("scheme", ["none", "ALiBi"])
def test_without_a_direction_exactly_half_is_right_at_every_length(scheme):
    """A row and its mirror image get one answer: no positions at all, or a bias by distance to both sides alike."""
    assert set(learned(scheme, False, 0).accuracy.values()) == {0.5}


@pytest.mark.parametrize("scheme", ["sinusoidal", "learned", "RoPE", "T5"])
def test_every_scheme_with_a_direction_learns_the_order(scheme):
    assert learned(scheme, False, 0).accuracy[order.TRAINED] >= 0.99


@pytest.mark.parametrize("scheme", ["none", "ALiBi"])
def test_a_causal_mask_alone_tells_the_order(scheme):
    """What a letter sees differs by where it stands, and rows of twice the length are no harder."""
    found = learned(scheme, True, 0).accuracy
    assert found[order.TRAINED] >= 0.99
    assert found[order.TWICE] >= 0.95


def best_clipped(length: int) -> float:
    """What a learned table can reach at most in longer rows: it guesses where A and B both stand behind its last vector.

    The last vector and the places behind the end share it, so that they cannot be told apart.
    """
    shared = max(1, length - order.TRAINED + 1)
    return 1 - shared * (shared - 1) / (length * (length - 1)) / 2


def test_a_learned_table_guesses_where_both_stand_behind_its_last_vector():
    found = learned("learned", False, 0)
    assert found.clipped == (12, 16, 24, 32)
    assert learned("RoPE", False, 0).clipped == ()
    for length in found.clipped:
        assert found.accuracy[length] == pytest.approx(best_clipped(length), abs=0.05)
    assert best_clipped(order.TRAINED) == 1


def test_added_sinusoids_lose_more_on_twice_the_length_than_buckets_do():
    """None of them was trained there; only differences of places can be carried over."""
    twice = {scheme: learned(scheme, False, 0).accuracy[order.TWICE] for scheme in ("sinusoidal", "T5")}
    assert twice["sinusoidal"] < 0.8
    assert twice["T5"] > twice["sinusoidal"] + 0.1


@given(seed=integers(0, 1000), scheme=sampled_from(["none", "ALiBi"]), length=sampled_from([3, 8, 13]))
def test_theorem_an_untrained_toy_without_direction_answers_the_mirror_image_alike(seed, scheme, length):
    torch.manual_seed(0)
    model = order.OrderModel(scheme, causal=False)
    rows, _ = order.draw(2, length, torch.Generator().manual_seed(seed))
    torch.testing.assert_close(model(rows).logits, model(rows.flip(1)).logits, atol=1e-5, rtol=0)


def test_the_same_seed_gives_the_same_numbers_and_another_seed_others():
    first, again, other = (order.learn("RoPE", False, seed, updates=3).losses for seed in (5, 5, 6))
    assert first == again
    assert first != other


def test_what_a_toy_does_can_be_looked_into():
    made = learned("RoPE", False, 0).model(order.parse("cdAefBgh"))
    assert [step.name for step in steps(made)][-3:] == ["mixed", "read", "logits"]
    assert order.ANSWERS[int(made.logits.argmax())] == "A before B"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("AxB", "“X” is none of the letters A to H"),
        ("AAB", "there are 2 A and 1 B"),
        ("", "there are 0 A and 0 B"),
        ("AB" + "C" * 31, "33 letters were typed"),
    ],
)
def test_what_is_no_row_is_refused_in_words(text, says):
    with pytest.raises(ValueError, match=says):
        order.parse(text)


def test_all_schemes_are_compared_and_the_two_that_need_it_under_a_mask(monkeypatch):
    asked = []
    monkeypatch.setattr(order, "learn", lambda *wish: asked.append(wish))
    assert len(list(order.COMPARISON.curve(7))) == order.COMPARISON.total == len(order.SCHEMES) + 2
    assert {scheme for scheme, causal, _ in asked if not causal} == set(order.SCHEMES)
    assert [scheme for scheme, causal, _ in asked if causal] == ["none", "ALiBi"]


def test_a_line_for_each_toy_over_the_lengths():
    lines = order.lines([learned("none", False, 0), learned("ALiBi", True, 0)])
    assert list(lines) == ["none", "ALiBi, causal mask"]
    assert lines["none"] == (list(order.LENGTHS), [0.5] * len(order.LENGTHS))
