"""The figures of the notes: all 49 are there, and each shows numbers of which a fact is known."""

from collections import Counter
from collections.abc import Callable
from functools import cache

import numpy as np
import pytest

from core.atlas import FIGURES, NOTES, at_step, first_alike, found, making, numbered
from core.atlas.further_steps import STEPS
from core.lessons import encoder_decoder
from core.lessons.cost.bill import LENGTHS
from core.lessons.self_attention import swapped
from core.lessons.shown import Matrices, Shown
from core.recall import cards
from core.vision.samples import sample

SENTENCE = "I saw a white cat and a black dog in the garden."
# where the notes refer to a figure, line by line
LINES = {
    "cs5242": (17, 23, 33, 41, 48, 53, 57, 60),
    "day71": (14, 33, 49),
    "cards": (26, 27, 60, 70, 73, 74, 75, 91, 104, 107, 112),
    "cs231n": (
        *(3, 13, 29, 35, 43, 49, 60, 65, 75, 80, 88, 97, 110, 117, 126, 132),
        *(141, 144, 147, 149, 157, 161, 170, 174, 180, 185, 197),
    ),
}


def softmax(scores: np.ndarray) -> np.ndarray:
    raised = np.exp(scores - scores.max(-1, keepdims=True))
    return raised / raised.sum(-1, keepdims=True)


def alike(one: np.ndarray, other: np.ndarray) -> bool:
    return one.shape == other.shape and bool(np.allclose(one, other, atol=2e-5))


def budget(weights: np.ndarray) -> bool:
    """Shares of 1."""
    return bool((weights >= 0).all()) and alike(weights.sum(-1), np.ones(weights.shape[:-1]))


def normed(rows: np.ndarray) -> np.ndarray:
    return (rows - rows.mean(-1, keepdims=True)) / rows.std(-1, keepdims=True)


def lstm(t: Matrices) -> bool:
    gates = np.stack([t["forget"], t["input_gate"], t["output_gate"]])
    return bool(((gates > 0) & (gates < 1)).all()) and alike(t["states"], t["output_gate"] * np.tanh(t["memory"]))


def attends(t: Matrices) -> bool:
    return alike(t["output"], softmax(t["queries"] @ t["keys"].T / np.sqrt(t["queries"].shape[1])) @ t["values"])


def counted(t: Matrices) -> bool:
    model = encoder_decoder.transformer().model
    learned = [sum(each.numel() for each in block[0].parameters()) for block in (model.encoder, model.decoder)]
    return t["sizes"].sum(0).tolist() == learned


def one_context(t: Matrices) -> bool:
    return alike(t["contexts"], np.repeat(t["context"], len(t["contexts"]), 0))


def step_of_decoder(name: str, at: int):
    def fact(t: Matrices) -> bool:
        return (
            alike(t[f"{name}_weights"], softmax(t["energies"][at : at + 1]))
            and alike(t[f"{name}_contexts"], t[f"{name}_weights"] @ t["values"])
            and alike(t[f"{name}_contexts"], t["contexts"][at : at + 1])
        )

    return fact


def far_enough(t: Matrices) -> bool:
    n, w = len(t["weights"]), 2
    return int(t["allowed"].sum()) == n * (2 * w + 1) - w * (w + 1) and budget(t["weights"]) and budget(t["early"])


def heads_side_by_side(t: Matrices) -> bool:
    n = t["merged"].shape[0]
    return alike(t["merged"], t["output"].transpose(1, 0, 2).reshape(n, -1)) and not alike(t["merged"], t["mixed"])


def moved_along(t: Matrices) -> bool:
    order = list(swapped(len(t["output"])))
    return alike(t["output"], t["typed_output"][order]) and not alike(t["output"], t["typed_output"])


def memory_grows(t: Matrices) -> bool:
    every, tiled = t["memory"]
    twice = [at for at in range(2, len(LENGTHS)) if LENGTHS[at] == 2 * LENGTHS[at - 1]]  # behind a tile of 128
    return all(every[at] == 4 * every[at - 1] and tiled[at] < 2 * tiled[at - 1] for at in twice)


def block_of_2017(t: Matrices) -> bool:
    """Each sum is what came in and what was brought; it is normalised, with a gain and a shift."""
    return (
        alike(t["resid_mid"], t["resid_pre"] + t["mixed"])
        and alike(t["resid_sum"], t["normed_mid"] + t["ff_out"])
        and np.corrcoef(normed(t["resid_sum"]).ravel(), t["resid_post"].ravel())[0, 1] > 0.9
    )


def whole(t: Matrices) -> bool:
    return alike(t["shares"].sum(0), np.ones(1)) and budget(t["weights"])


def norms(t: Matrices) -> bool:
    rows = t["rooted"]
    return (
        alike(np.square(rows).mean(-1), np.ones(len(rows)))
        and np.allclose(t["layered"], t["layered_before"], atol=1e-3)
        and np.abs(rows - t["rooted_before"]).max() > 0.1
    )


def experts(t: Matrices) -> bool:
    """Two are asked by each token, those with the largest shares, and what they are given sums to 1."""
    asked = t["gates"] > 0
    largest = np.sort(t["routed"], 1)[:, -2:]
    return (
        (asked.sum(1) == 2).all()
        and alike(np.sort(t["routed"][asked].reshape(-1, 2), 1), largest)
        and budget(t["load"])
    )


FACTS = {
    ("cs5242", 17): lstm,
    ("cs5242", 23): lambda t: alike(t["scores"], t["queries"] @ t["keys"].T) and not alike(t["keys"], t["values"]),
    ("cs5242", 33): lambda t: alike(t["output"], t["weights"] @ t["values"]),
    ("cs5242", 41): lambda t: alike(t["two_heads"], t["weights"][:2]) and budget(t["two_heads"]),
    ("cs5242", 48): counted,
    ("cs5242", 53): lambda t: t["embedded"].shape == t["encoder_states"].shape,
    ("cs5242", 57): lambda t: np.abs(t["under_layer_norm"]).max() < 1e-5 < 0.01 < np.abs(t["under_batch_norm"]).max(),
    ("cs5242", 60): lambda t: budget(t["own_weights"]) and not np.triu(t["own_weights"], 1).any(),
    ("day71", 14): lambda t: budget(t["weights"]) and len(set(t["weights"].argmax(1))) > 1,
    ("day71", 33): lambda t: counted(t) and not t["sizes"][2:4, 0].any() and t["sizes"][2:4, 1].all(),
    ("day71", 49): attends,
    # the last numbers of a state of this encoder are the word vector again
    ("cards", 26): lambda t: alike(t["encoder_states"][:, -t["embedded"].shape[1] :], t["embedded"]),
    ("cards", 27): lambda t: one_context(t) and len(t["decoder_states"]) == len(t["contexts"]),
    ("cards", 60): lambda t: alike(t["beside"], t["beside"].T) and not alike(t["weights"], t["weights"].T),
    ("cards", 70): lambda t: alike(
        t["output"][3], sum(w * v for w, v in zip(t["weights"][3], t["values"], strict=True))
    ),
    ("cards", 73): lambda t: alike(t["scores"][2, 5], np.asarray((t["queries"][2] * t["keys"][5]).sum())),
    ("cards", 74): lambda t: abs(t["variances"][0, 0] / 64 - 1) < 0.1 and abs(t["variances"][0, 1] - 1) < 0.1,
    ("cards", 75): lambda t: (
        alike(t["weights"], softmax(t["scaled"])) and alike(t["output"], t["weights"] @ t["values"])
    ),
    ("cards", 91): far_enough,
    ("cards", 104): heads_side_by_side,
    ("cards", 107): lambda t: alike(t["cut"].transpose(1, 0, 2).reshape(t["projected"].shape), t["projected"]),
    ("cards", 112): lambda t: alike(t["choices"][:, 0], t["probabilities"].max(1)) and budget(t["probabilities"]),
    ("cs231n", 3): lambda t: len(t["x"]) == len(t["output"]) and attends(t),
    ("cs231n", 13): one_context,
    ("cs231n", 29): step_of_decoder("first", 0),
    ("cs231n", 35): lambda t: step_of_decoder("second", 1)(t) and not alike(t["first_contexts"], t["second_contexts"]),
    ("cs231n", 43): lambda t: alike(t["contexts"], t["weights"] @ t["values"]),
    # “white cat” is “chat blanc”: the large weights run the other way
    ("cs231n", 49): lambda t: budget(t["weights"]) and (np.diff(t["weights"].argmax(1)) < 0).any(),
    ("cs231n", 60): lambda t: len(t["output"]) == len(t["x_queries"]) and t["output"].shape[1] == t["x_keys"].shape[1],
    ("cs231n", 65): lambda t: alike(t["scaled"], t["queries"] @ t["keys"].T / np.sqrt(t["keys"].shape[1])),
    ("cs231n", 75): lambda t: alike(t["values"], t["x_keys"]) and t["keys"].shape[1] == t["queries"].shape[1],
    ("cs231n", 80): lambda t: budget(t["weights"]) and t["weights"].shape == (len(t["queries"]), len(t["keys"])),
    ("cs231n", 88): lambda t: (
        alike(t["projected"], t["separate"]) and t["projected"].shape[1] == 3 * t["keys"].shape[1]
    ),
    ("cs231n", 97): moved_along,
    ("cs231n", 110): lambda t: budget(t["weights"]) and alike(t["weights"], np.tril(t["weights"])),
    ("cs231n", 117): lambda t: t["weights"].shape[0] == 12 and budget(t["weights"]),
    ("cs231n", 126): lambda t: alike(t["queries"], t["cut"]) and t["queries"].size == t["projected"].size,
    ("cs231n", 132): memory_grows,
    ("cs231n", 141): lambda t: all(t["paths"][0] == np.array(LENGTHS) - 1) and (t["paths"][3] == 1).all(),
    ("cs231n", 144): block_of_2017,
    ("cs231n", 147): lambda t: t["attention_adds"].shape == t["mlp_adds"].shape and t["mlp_adds"].shape[0] == 6,
    ("cs231n", 149): lambda t: (np.diff(t["plain"]) <= 0).all() and not np.triu(t["weights"], 1).any(),
    ("cs231n", 157): lambda t: whole(t) and len(t["weights"]) == len(t["patches"]) + 1,
    ("cs231n", 161): lambda t: whole(t) and len(t["weights"]) == len(t["patches"]),
    ("cs231n", 170): lambda t: (
        np.abs(t["post"] - t["x"]).max() > 0.1 and np.allclose(t["post"], normed(t["x"]), atol=1e-3)
    ),
    ("cs231n", 174): lambda t: np.array_equal(t["pre"], t["x"]),
    ("cs231n", 180): norms,
    ("cs231n", 185): lambda t: alike(t["gated"], t["gate"] * t["up"]),
    ("cs231n", 197): experts,
}


@cache
def made_of(call: Callable[..., Shown]) -> Shown:
    return next(each for each in FIGURES if each.made is call).make(SENTENCE)


def test_every_figure_to_which_a_note_refers_is_there_once():
    assert Counter((each.note, each.line) for each in FIGURES) == Counter(
        (note, line) for note, lines in LINES.items() for line in lines
    )
    assert [each.number for each in FIGURES] == list(range(1, 50))
    assert FACTS.keys() == {(each.note, each.line) for each in FIGURES}


@pytest.mark.parametrize("figure", FIGURES, ids=lambda figure: f"{figure.number} {figure.note} {figure.line}")
def test_a_figure_shows_numbers_of_which_a_fact_is_known(figure):
    assert FACTS[figure.note, figure.line](made_of(figure.made).tensors)


def test_figures_are_found_by_note_lesson_and_words():
    assert len(found()) == 49
    assert {each.note for each in found("cards")} == {"cards"}
    assert {each.lesson for each in found(lesson="since_2017")} == {"since_2017"}
    assert [each.line for each in found("cs231n", words="ROUTER expert")] == [197]
    assert found(words="zebra") == []
    assert all(found(words=NOTES[each.note]) for each in FIGURES)


def test_a_plan_has_as_many_parts_as_the_block_and_a_sum_before_every_norm():
    boxes = making.boxes(made_of(making.plans).tensors["sizes"])
    for plan, norms_there in ((0, 2), (1, 3)):
        words = [box["word"] for box in boxes if box["plan"] == plan]
        assert words.count("LayerNorm") == words.count("+") == norms_there
        assert all(words[at - 1] == "+" for at, word in enumerate(words) if word == "LayerNorm")
    assert {box["word"] for box in boxes if box["differs"]} == {"looks back", "LayerNorm"}


def test_every_card_of_the_course_has_the_figure_of_its_step():
    for card in cards.course():
        figure = at_step(card.lesson, card.step, card.sets)
        assert figure, card.name
        assert figure.origin
        assert numbered(figure.number) is figure
        assert first_alike(figure).made is figure.made
    assert at_step("masks", "no such step", {}) is None


def test_where_a_step_is_shown_in_several_ways_controls_tell_them_apart():
    looks, once = (at_step("captioning", "c", sets) for sets in ({}, {"context": "mean context"}))
    assert looks
    assert once
    assert looks.number != once.number
    rows = once.make("").tensors["contexts"]
    assert (rows == rows[:1]).all()
    rows = looks.make("").tensors["contexts"]
    assert not (rows == rows[:1]).all()


def test_a_figure_of_a_picture_is_of_the_learners_where_one_was_brought():
    (figure,) = [each for each in FIGURES if each.made is making.mean_of_all]
    assert figure.sees
    own = making.as_seen(sample("a rocket"))
    made, ours = figure.make("", own), figure.make("")
    assert made.tensors["patches"].shape == ours.tensors["patches"].shape
    assert not np.allclose(made.tensors["patches"], ours.tensors["patches"])
    (picture,) = figure.again("", own).args  # a call, written down as such in a program
    assert (picture() == own).all()


@pytest.mark.long
@pytest.mark.parametrize("figure", STEPS, ids=lambda each: f"{each.lesson} {each.step}")
def test_a_further_figure_is_made_of_finite_numbers(figure):
    made = figure.make(SENTENCE)
    # what no layer reaches needs no number of layers
    assert {name for name, each in made.tensors.items() if np.isnan(each).any()} <= {"layers_needed"}
