"""What holds for every page: it opens, at both ends of every control, and under every impossible link."""

import ast
import re
import textwrap
from functools import cache
from importlib import import_module

import pytest
import streamlit as st

from pages.course import opening
from pages.course.catalogue import LESSONS, built
from pages.parts import claims
from pages.parts.claims import VERDICTS
from tests.pages.screen import assert_no_failure, open_page, sent

PAGES = [page.slug for page in built()]
BUILT_LESSONS = [page.slug for page in LESSONS if page.built]
KINDS = ("slider", "select_slider", "number_input", "selectbox", "toggle", "button_group")
# lessons about a layer of a Transformer, on real numbers or on the learner's own
OF_ONE_LAYER = ("attention", "self_attention", "masks", "multi_head")
IN_BOTH_NUMBERS = [
    (slug, numbers)
    for slug in BUILT_LESSONS
    for numbers in ("real", "by hand")
    if slug in OF_ONE_LAYER or numbers == "real"
]


@pytest.fixture(scope="module")
def shown():
    """Opens a page and returns what its step viewer received, once for all tests that only read it."""
    return cache(lambda slug, **link: sent(open_page(slug, **link), "step_viewer"))


def of_numbers(slug: str, numbers: str) -> dict[str, str]:
    """What a link says to have these numbers."""
    return {f"{slug}_numbers": numbers} if numbers == "by hand" else {}


@pytest.mark.parametrize("slug", PAGES)
def test_a_page_opens_at_both_ends_of_every_control(slug):
    """One control after the other; each goes back to where it was while the next one moves."""
    app = open_page(slug)
    assert_no_failure(app)
    for kind, key in [(each, widget.key) for each in KINDS for widget in getattr(app, each) if widget.key]:
        if found(app, kind, key) is None:
            app = open_page(slug)  # an end of the control before took it away
        before, which = found(app, kind, key).value, ends(app, kind, key)
        for end in which:
            if found(app, kind, key) is None:
                break  # the end before took it away
            found(app, kind, key).set_value(end).run()
            assert_no_failure(app)
        if widget := found(app, kind, key):
            widget.set_value(before)


def found(app, kind: str, key: str):
    """A control of a page, None if it is not there."""
    return next((widget for widget in getattr(app, kind) if widget.key == key), None)


def ends(app, kind: str, key: str) -> list:
    """The first and the last value of a control."""
    widget = found(app, kind, key)
    if kind == "toggle":
        return [True, False]
    if kind in ("slider", "number_input"):
        return [widget.min, widget.max]
    options = list(widget.options)
    if kind == "button_group":
        options = [getattr(option, "content", option) for option in options]
        return [[options[0]], [options[-1]]] if widget.proto.click_mode == 1 else [options[0], options[-1]]
    return [options[0], options[-1]]


@pytest.mark.parametrize(("slug", "numbers"), IN_BOTH_NUMBERS)
def test_every_claim_of_a_lesson_can_be_opened_and_shows_its_numbers(slug, numbers):
    claims = import_module(f"core.experiments.{slug}").CLAIMS
    everything = ",".join(map(str, range(len(claims))))
    app = open_page(slug, **of_numbers(slug, numbers), **{f"{slug}_open": everything})
    assert_no_failure(app)
    shown = sent(app, "claims")[0]["claims"]
    assert [(found["said"], found["verdict"]) for found in shown] == [(c.said, VERDICTS[c.verdict]) for c in claims]
    assert [found["identity"] for found in shown] == [claim.identity for claim in claims]
    for found in shown:
        assert found["instead"]
        assert found["numbers"]
        assert found["sources"]
        assert "def " in found["code"]


def test_a_closed_claim_is_not_measured_and_an_impossible_one_in_the_link_opens_nothing():
    for link in ({}, {"self_attention_open": "999"}, {"self_attention_open": "x"}):
        shown = sent(open_page("self_attention", **link), "claims")[0]["claims"]
        assert not any(found["open"] for found in shown)


@pytest.mark.parametrize(("slug", "numbers"), IN_BOTH_NUMBERS)
def test_every_step_of_a_lesson_has_words_a_shape_and_a_figure(shown, slug, numbers):
    words, tensors = shown(slug, **of_numbers(slug, numbers))
    assert len(words["views"]) >= 5
    for step_view in words["views"]:
        assert step_view["title"]
        assert step_view["label"]
        assert "".join(span[0] for span in step_view["notice"]).strip()
        for part in step_view["view"].get("tables") or [step_view["view"]]:
            assert part["tensor"] in tensors


@pytest.mark.parametrize("slug", OF_ONE_LAYER)
def test_the_code_beside_a_lesson_marks_a_line_for_each_tensor_from_the_scores_on(shown, slug):
    words, _ = shown(slug)
    marked = {step for function in words["code"] for line in function for step in line["steps"]}
    assert {"scores", "scaled", "masked", "weights", "output"} <= marked


@pytest.mark.parametrize("slug", ["bottleneck", "looking_back"])
def test_the_code_beside_a_decoder_marks_a_line_for_each_of_its_steps(shown, slug):
    words, _ = shown(slug)
    marked = {step for function in words["code"] for line in function for step in line["steps"]}
    assert {step for step_view in words["views"] for step in step_view["steps"]} <= marked


@pytest.mark.parametrize("slug", [page.slug for page in LESSONS if page.built])
def test_the_function_beside_a_step_is_whole_and_marks_what_the_step_shows(shown, slug):
    words, _ = shown(slug)
    beside = [(view, words["code"][view["code"]]) for view in words["views"] if view["code"] is not None]
    told = {step for view in words["views"] for step in view["steps"]}
    assert len(beside) >= 3
    for view, function in beside:
        ast.parse(textwrap.dedent("\n".join(line["text"] for line in function)))
        marked = {step for line in function for step in line["steps"]} & told
        assert marked & set(view["steps"]) or not view["steps"] or not marked


@pytest.mark.parametrize("slug", OF_ONE_LAYER)
def test_the_formula_of_a_lesson_knows_the_step_of_each_symbol(shown, slug):
    words, _ = shown(slug)
    for step in ("scores", "weights", "output", "queries"):
        assert f'data-step="{step}"' in words["formula"]


@pytest.mark.parametrize("slug", BUILT_LESSONS)
def test_the_formula_beside_a_step_says_how_something_is_made_that_the_step_shows(shown, slug):
    words, _ = shown(slug)
    for view in words["views"]:
        told = re.findall(r'data-step="(\w+)"', words["formula"] if view["formula"] is None else view["formula"])
        assert not view["steps"] or set(view["steps"]) & set(told), view["label"]


def test_behind_the_last_lesson_the_way_goes_on_to_the_labs_and_to_practice():
    links = {link.proto.page for link in open_page(LESSONS[-1].slug).get("page_link")}
    assert {"sentence_lab", "recall", "claims"} <= links


@pytest.mark.parametrize(("slug", "was", "label"), [("bottleneck", "H", "h"), ("vision_transformer", "xE", "xW_E")])
def test_a_link_that_was_given_out_under_an_earlier_name_of_a_step_leads_there(slug, was, label):
    words, _ = sent(open_page(slug, step=was), "step_viewer")
    assert words["views"][words["step"]]["label"] == label


def test_every_step_with_a_formula_of_its_own_says_what_its_letters_mean_and_names_long_parts_by_letters(shown):
    for slug in ("vision_transformer", "block"):
        words, _ = shown(slug)
        assert all(view["letters"] for view in words["views"] if view["formula"]), slug
        views = {view["label"]: view["formula"] for view in words["views"]}
        assert all(views.values()), slug
    assert views["wide"].count("softmax") == 1
    assert views["wide"].index("with") < views["wide"].index("softmax")
    assert "with" not in views["Z"]


@pytest.mark.parametrize("slug", BUILT_LESSONS)
def test_a_link_to_a_step_that_does_not_exist_shows_the_first_view(shown, slug):
    first = shown(slug)[0]["step"]
    # one function reads it for all lessons: all that may stand there is tried in one of them
    for step in ("99", "-1", "x", "", "٣", "1e9", "0.5") if slug == "masks" else ("99",):
        assert (step, sent(open_page(slug, step=step), "step_viewer")[0]["step"]) == (step, first)


def test_a_finding_says_which_word_a_place_is_where_the_page_shows_as_many():
    words = {"token": ["the", "cat"], "key": ["sat"]}
    assert claims.named("token 1 and key 0 and key 1 of query 0", words) == (
        "token 1 (“cat”) and key 0 (“sat”) and key 1 of query 0"
    )
    app = open_page("self_attention", self_attention_text="The cat sat", self_attention_open="8")
    (found,) = [each for each in sent(app, "claims")[0]["claims"] if each["open"]]
    assert re.search(r"token \d \(“(\[CLS\]|the|cat|sat|\[SEP\])”\)", found["says"])


def test_the_file_of_a_page_is_looked_up_once_and_not_in_every_run(monkeypatch):
    opening._entry.cache_clear()
    looked_up, made = [], st.Page
    monkeypatch.setattr(st, "Page", lambda path, **how: (looked_up.append(path), made(path, **how))[1])
    for _ in range(2):
        assert_no_failure(open_page("recall"))
    assert len(looked_up) == len(set(looked_up)) > 20
