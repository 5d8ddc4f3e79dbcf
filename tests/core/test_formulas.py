"""Formula, code and numbers are one: what each declared formula says, worked out from the tensors it names, is in the trace."""

import importlib
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import core
from core.attention import (
    COSINE,
    DISTANCE,
    DOT,
    SCALED_DOT,
    MultiHeadAttention,
    additive,
)
from core.attention.heads import merge_without_transpose, split_without_transpose
from core.attention.scores import projected_additive
from core.lessons import attention as lesson_4
from core.lessons import block as lesson_9
from core.lessons import multi_head as lesson_8
from core.lessons import self_attention as lesson_5
from core.lessons import vision_transformer as lesson_11
from core.lessons.model_family import gaps
from core.lessons.multi_head import MERGES, SPLITS
from core.lessons.multi_head import Settings as Several
from core.lessons.self_attention import Settings as Alone
from core.letters import letters_in
from core.models import checkpoints
from core.sequence.decoding import tempered
from core.trace import steps
from tests.core.block_examples import BLOCKS, hand
from tests.core.block_examples import lesson_9 as of_lesson_9
from tests.core.encoder_decoder_examples import TRANSFORMERS
from tests.core.family_examples import EXAMPLES as FAMILY
from tests.core.formula_examples import (
    EXAMPLES,
    biased,
    caption,
    of_heads,
    of_linear,
    of_maps,
    of_operator,
    translation,
)
from tests.core.latex import evaluate
from tests.core.shapes import normal


def check(trace: Any, names: Mapping[str, Any], changed: Mapping[str, str]) -> None:
    """Hold every formula of a trace, or what takes its place, against its tensor."""
    made = steps(trace)
    known = dict(names) | {f"<{each.name}>": each.tensor for each in made}
    for each in made:
        letters_in(changed.get(each.name, each.formula))
        own = names.get(each.name)
        found = evaluate(changed.get(each.name, each.formula), known | (own if isinstance(own, dict) else {})).squeeze()
        tensor = each.tensor.squeeze()
        if found.dim() == 1:  # one row, the same at every step
            found = found.expand_as(tensor)

        def told(words: str, name: str = each.name) -> str:
            return f"{name}: {words}"

        torch.testing.assert_close(found.to(tensor.dtype), tensor, rtol=1e-4, atol=1e-4, msg=told)


MADE = EXAMPLES | BLOCKS | TRANSFORMERS | FAMILY


@pytest.mark.parametrize("name", MADE)
def test_every_formula_of_a_trace_gives_its_numbers(name):
    with torch.inference_mode():
        check(*MADE[name](), {})


def declaring() -> set[type]:
    """All traces of core that declare a formula."""
    found = set()
    here = Path(core.__path__[0])  # not every room is a package, so that no walk through packages meets all
    for path in here.rglob("*.py"):
        name = ".".join(path.relative_to(here.parent).with_suffix("").parts).removesuffix(".__init__")
        if name.endswith("__main__"):
            continue
        for value in vars(importlib.import_module(name)).values():
            own = isinstance(value, type) and is_dataclass(value) and value.__module__ == name
            if own and any("formula" in each.metadata for each in fields(value)):
                found.add(value)
    return found


def parts(trace: Any) -> set[type]:
    """The type of a trace and of all traces in it."""
    inner = [getattr(trace, each.name) for each in fields(trace) if each.metadata.get("part")]
    return {type(trace)}.union(*(parts(each) for each in inner))


def test_no_trace_is_left_out():
    with torch.inference_mode():
        seen = set().union(*(parts(made()[0]) for made in MADE.values()))
    tried_below = {lesson_4.OperatorTrace, lesson_4.LookingBackTrace, lesson_8.circuits.CircuitsTrace}
    assert declaring() - seen <= tried_below  # tried below, under every change


def test_every_score_says_what_it_computes():
    queries, keys = normal(1, 1, 5, 3, seed=1), normal(1, 1, 7, 3, seed=2)
    w_query, w_key, v = normal(3, 4, seed=3), normal(3, 4, seed=4), normal(4, seed=5)
    for score in (DOT, SCALED_DOT, COSINE):
        found = evaluate(score.formula, {"Q": queries[0, 0], "K": keys[0, 0]})
        torch.testing.assert_close(found, score(queries, keys)[0, 0])
    apart = evaluate(DISTANCE.formula, {"Q": queries[0, 0][:, None], "K": keys[0, 0][None]})
    torch.testing.assert_close(apart.squeeze(-1), DISTANCE(queries, keys)[0, 0])
    pairs = {"Q": queries[0, 0][:, None], "K": keys[0, 0][None], "W_a": w_query, "U_a": w_key, "v_a": v}
    learned = additive(w_query, w_key, v)
    torch.testing.assert_close(evaluate(learned.formula, pairs), learned(queries, keys)[0, 0])
    made = {"Q": (queries @ w_query)[0, 0][:, None], "K": (keys @ w_key)[0, 0][None], "v_a": v}
    projected = projected_additive(v)
    torch.testing.assert_close(evaluate(projected.formula, made), projected(queries @ w_query, keys @ w_key)[0, 0])


@pytest.mark.parametrize("name", ["a gap", "a gap under a causal mask", "a video", "a video frame by frame"])
def test_the_short_formulas_of_lesson_14_hold(name):
    with torch.inference_mode():
        trace, names = MADE[name]()
        block = {"block": lambda entering: names["the block"](entering).resid_post}
        check(trace, names | block, gaps.SHORT)


@pytest.mark.parametrize("projected", [True, False])
@pytest.mark.parametrize("score", ["scaled dot", "dot", "cosine"])
@pytest.mark.parametrize("change", lesson_4.CHANGES)
def test_the_formulas_of_lesson_4_hold_under_every_change(change, score, projected):
    asking, asked, maps = normal(1, 3, 7, seed=1), normal(1, 5, 7, seed=9), biased(7, 4, seed=2)
    operands = [
        made[None]
        for made in (
            asking @ maps.w_query + maps.b_query,
            asked @ maps.w_key + maps.b_key,
            asked @ maps.w_value + maps.b_value,
        )
    ]
    given = lesson_4.Operands(*operands, *((asking, asked) if projected else ()))
    settings = lesson_4.Settings(score, 2.0, change, 0)
    result = lesson_4.run(given, settings)
    backwards = torch.eye(5).flip(0)
    names = of_operator(result.trace.queries, result.trace.keys, result.trace.values) | of_maps(maps)
    names |= {f"{letter}_typed": each for letter, each in zip("QKV", operands, strict=True)} | {
        "S": backwards,
        "T": 2.0,
    }
    if projected:
        names |= {"X_Q": asking, "X_D": result.trace.x_keys}
    check(result.trace, names, lesson_4.formulas(result, settings))


@pytest.mark.parametrize("score", ["scaled dot", "additive", "cosine"])
@pytest.mark.parametrize("change", lesson_4.CHANGES)
def test_the_formulas_of_a_decoder_that_asks_hold_under_every_change(change, score):
    asking, asked, w_a, u_a = (
        normal(1, 3, 7, seed=1),
        normal(1, 5, 6, seed=9),
        normal(7, 4, seed=2),
        normal(6, 4, seed=3),
    )
    b_a, v = normal(4, seed=4), normal(4, seed=5)
    operands = [rows[:, None] for rows in lesson_4.ask_back(asking, asked, w_a, b_a, u_a)]
    trained = projected_additive(v) if score == "additive" else SCALED_DOT
    given = lesson_4.Operands(*operands, asking, asked, trained=trained, decoder=True)
    settings = lesson_4.Settings(score, 2.0, change, 0)
    result = lesson_4.run(given, settings)
    trace = result.trace
    names = of_operator(trace.queries, trace.keys, trace.values)
    names |= {"X_Q": asking, "X_D": trace.x_keys, "W_a": w_a, "b_a": b_a, "U_a": u_a, "v_a": v, "T": 2.0}
    names |= {"S": torch.eye(5).flip(0), "scores": {"Q": trace.queries[0, 0][:, None], "K": trace.keys[0, 0][None]}}
    check(trace, names if score == "additive" else names | {"scores": {}}, lesson_4.formulas(result, settings))


@pytest.mark.parametrize(
    "made",
    [
        translation("translator-attention", 2.0),
        translation("translator-attention-dot", 2.0),
        caption("captioner", 2.0),
        translation("translator-fixed-context", 2.0),
    ],
)
def test_the_formulas_of_a_decoder_hold_at_any_temperature(made):
    with torch.inference_mode():
        trace, names = made()
        check(trace, {**names, "T": 2.0}, tempered(trace, 2.0))


@pytest.mark.parametrize("name", ["patches and a class token", "patches and their mean"])
def test_where_nothing_is_masked_the_masked_scores_are_the_scaled_ones(name):
    with torch.inference_mode():
        trace, names = EXAMPLES[name]()
        check(trace, names, {"masked": "<scaled>"})


@pytest.mark.parametrize("name", ["vit", "vit-mean-pool"])
def test_the_formula_of_lesson_11_gives_the_shares_that_are_shown(name):
    classifier = checkpoints.load_classifier(name, "cpu")
    made = classifier.classify(np.random.default_rng(1).integers(0, 256, (64, 64, 3), dtype=np.uint8))
    names = of_linear(classifier.model.head, "W_C", "b_C") | {
        "<pooled>": made.trace.pooled,
        "T": classifier.temperature,
    }
    with torch.inference_mode():
        found = evaluate(lesson_11.FORMULAS["logits"], names | {"softmax": lambda scores: scores.softmax(-1)})[0]
    shown = torch.tensor(list(made.probabilities.values()))
    torch.testing.assert_close(found.sort(descending=True).values, shown, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("settings", [Alone(), Alone((2, 0, 1), 1, 2.0), Alone(zeroed=0)], ids=str)
def test_the_formulas_of_lesson_5_hold_under_its_settings(settings):
    x, maps = normal(1, 3, 7, seed=1), biased(7, 4, seed=2)
    result = lesson_5.run(x, maps, settings)
    now = result.now
    kept = torch.ones(1, 1, 3, 1)
    if result.zeroed is not None:
        kept[:, :, result.zeroed] = 0
    names = {"X": now.x, "T": settings.temperature, "kept": kept} | of_maps(maps)
    check(now, names | of_operator(now.queries, now.keys, now.values), lesson_5.formulas(settings))


@pytest.mark.parametrize("mixing", [True, False])
@pytest.mark.parametrize("muted", [(), (1,)])
@pytest.mark.parametrize("merge", MERGES)
@pytest.mark.parametrize("split", SPLITS)
def test_the_formulas_of_lesson_8_hold_under_every_split_and_merge(split, merge, muted, mixing):
    x, layer = (
        normal(1, 5, 6, seed=1),
        MultiHeadAttention(biased(6, 6, 3), normal(6, 6, seed=11), normal(6, seed=12), 3),
    )
    settings = Several(3, split, merge, muted, mixing)
    built = lesson_8.run(x, layer, settings).built
    heard = torch.ones(1, 3, 1, 1)
    heard[:, list(muted)] = 0

    def reshape(rows: torch.Tensor) -> torch.Tensor:
        return split_without_transpose(rows, 3) if rows.dim() == 3 else merge_without_transpose(rows)

    names = {"X": x, "kept": heard, "reshape": reshape} | of_heads(layer)
    check(built, names | of_operator(built.queries, built.keys, built.values), lesson_8.formulas(settings))


def test_the_formulas_of_heads_by_their_products_hold():
    """A layer of three heads by its products."""
    x = normal(1, 5, 6, seed=1)
    layer = MultiHeadAttention(biased(6, 6, 3), normal(6, 6, seed=11), normal(6, seed=12), 3)
    heads = [layer.maps.head(head, 3) for head in range(3)]
    letters = [of_maps(head) | {"W_O": layer.w_output[2 * at : 2 * at + 2]} for at, head in enumerate(heads)]
    names = {letter: torch.stack([each[letter] for each in letters]) for letter in letters[0]}
    names |= {f"b_{letter}": names[f"b_{letter}"][:, None] for letter in "QKV"}
    names |= {"X": x, "b_O": layer.b_output, "d": 2.0, "sum": lambda brought: brought.sum(-3)}
    names |= {"softmax": lambda scores: scores.softmax(-1)}
    check(lesson_8.circuits.by_products(x, layer, ()), names, {})


def test_what_no_formula_is_written_in_is_refused():
    for formula in (r"QK \times 2", "Q & K", "Q)"):
        with pytest.raises((ValueError, KeyError)):
            evaluate(formula, {"Q": torch.eye(2), "K": torch.eye(2)})


@pytest.mark.parametrize("place", ["pre", "post"])
@pytest.mark.parametrize("gone", [("skip",), ("MLP",), ("norm",), ("attention",), ("skip", "norm"), ("MLP", "norm")])
def test_the_formulas_of_lesson_9_hold_with_parts_taken_out(place, gone):
    given, settings = hand(place), lesson_9.Settings(1, 2, gone)
    with torch.inference_mode():
        check(*of_lesson_9(given, settings)(), lesson_9.formulas(given, settings))
