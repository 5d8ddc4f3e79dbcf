"""Lessons 1 and 2: what they show is what the translators computed, whatever a visitor does."""

import re

import numpy as np
import pytest
import streamlit as st

from core import host, memory, settings
from core.models import checkpoints
from core.sequence.decoding import NO_INTERVENTIONS, Interventions, all_weight_on
from pages.parts import messages, translations
from pages.parts.translations import SENTENCE
from tests.pages.screen import assert_no_failure, glossed, open_page, said, sent, without_gloss

CLOSE = {"atol": 2e-5, "rtol": 0}  # weights travel in steps of 1/65535
TRANSLATOR = "translator-attention"


def translated(**more):
    return checkpoints.load(TRANSLATOR).translate(SENTENCE, **more)


def targets(app) -> list[str]:
    return [token["text"] for token in sent(app, "step_viewer")[0]["tokens"]["queries"]]


def test_the_matrices_on_the_screen_are_those_the_translator_computed():
    found = translated()
    words, tensors = sent(open_page("looking_back"), "step_viewer")
    np.testing.assert_allclose(tensors["weights"], found.weights, **CLOSE)
    np.testing.assert_allclose(tensors["energies"], found.trace.energies[0], atol=1e-3)
    np.testing.assert_allclose(tensors["choices"], found.trace.probabilities[0].topk(5).values, **CLOSE)
    assert words["recurrent"] == 1
    # the first of the five choices is what was written
    first = [row[0] for row in words["views"][5]["view"]["words"]]
    assert first == targets(open_page("looking_back"))


def test_one_vector_is_one_row_whatever_the_length():
    for text in ("Yes.", SENTENCE):
        _, tensors = sent(open_page("bottleneck", bottleneck_text=text), "step_viewer")
        assert tensors["context"].shape == (1, 640)
        assert "weights" not in tensors


def test_forced_attention_in_the_link_is_used_and_marked_and_steps_before_it_stay():
    found = translated()
    app = open_page("looking_back", looking_back_look="3.1")
    _, tensors = sent(app, "step_viewer")
    np.testing.assert_allclose(tensors["weights"][:3], found.weights[:3], **CLOSE)
    np.testing.assert_allclose(tensors["weights"][3], np.eye(len(found.source.ids))[1], **CLOSE)
    assert targets(app)[3].startswith("✎ ")
    texts = list(map(without_gloss, glossed(app)))
    assert found.text in texts
    row = all_weight_on(1, len(found.source.ids))
    assert translated(interventions=Interventions(rows=((3, row),))).text in texts


def test_a_forced_piece_in_the_link_is_written():
    id_ = checkpoints.load(TRANSLATOR).vocabulary.read("chat").ids[0]
    assert targets(open_page("looking_back", looking_back_write=f"2.{id_}"))[2] == "✎ chat"


@pytest.mark.parametrize(
    "link",
    [
        {"looking_back_look": "99.1"},
        {"looking_back_look": "1.99"},
        {"looking_back_look": "x"},
        {"looking_back_write": "1.99999"},
        {"looking_back_write": "-1.3"},
        {"looking_back_rowof": "2", "looking_back_row": "1;0", "looking_back_editing": "true"},
        {"looking_back_rowof": "2", "looking_back_row": "nan;0"},
        {"looking_back_beam": "99"},
        {"looking_back_temperature": "-3"},
    ],
)
def test_an_impossible_what_if_in_the_link_leaves_the_models_own_translation_and_is_told_once(link):
    app = open_page("looking_back", **link)
    assert_no_failure(app)
    assert said(app).count("was ignored") == 1
    np.testing.assert_allclose(sent(app, "step_viewer")[1]["weights"], translated().weights, **CLOSE)


def test_a_row_of_the_visitors_is_used_once_it_sums_to_1():
    n_source = len(translated().source.ids)
    half = ";".join("0.5" if place in (0, 1) else "0" for place in range(n_source))
    _, tensors = sent(
        open_page("looking_back", looking_back_rowof="2", looking_back_row=half, looking_back_editing="true"),
        "step_viewer",
    )
    np.testing.assert_allclose(tensors["weights"][2, :3], [0.5, 0.5, 0], **CLOSE)


def test_a_row_that_does_not_sum_to_1_is_offered_to_be_normalised():
    n_source = len(translated().source.ids)
    row = ";".join("0.5" if place == 0 else "0.25" if place == 1 else "0" for place in range(n_source))
    app = open_page("looking_back", looking_back_rowof="0", looking_back_row=row, looking_back_editing="true")
    assert "The row sums to 0.75." in said(app)
    np.testing.assert_allclose(sent(app, "step_viewer")[1]["weights"], translated().weights, **CLOSE)
    app.button(key="looking_back_normalise").click().run()
    assert_no_failure(app)
    np.testing.assert_allclose(sent(app, "step_viewer")[1]["weights"][0, :3], [2 / 3, 1 / 3, 0], atol=1e-3)


def rows_to_edit(app) -> list[float]:
    (table,) = sent(app, "number_table")[0]["numberTables"]
    return [weight for (weight,) in table["values"]]


def test_a_row_to_edit_begins_as_it_is_forced_and_takes_the_place_of_what_forced_it():
    n_source = len(translated().source.ids)
    editing = {"looking_back_look": "2.1", "looking_back_editing": "true"}
    app = open_page("looking_back", **editing)
    assert rows_to_edit(app) == [float(place == 1) for place in range(n_source)]
    assert "step 3 looks at “brother” alone" in said(app)
    half = ";".join("0.5" if place in (0, 1) else "0" for place in range(n_source))
    app = open_page("looking_back", **editing, looking_back_rowof="2", looking_back_row=half)
    assert rows_to_edit(app)[:3] == [0.5, 0.5, 0]
    assert "step 3 has the row of weights that you wrote" in said(app)
    assert "step 3 looks at" not in said(app)


def test_a_word_that_is_no_piece_is_spelled_in_pieces_and_said():
    app = open_page("looking_back")
    app.text_input(key="looking_back_word").set_value("zyxomma").run()
    app.button(key="looking_back_write_it").click().run()
    assert_no_failure(app)
    assert "“zyxomma” is no piece of the vocabulary: it is written in" in said(app)
    assert any("zyxomma" in text for text in glossed(app))
    app.text_input(key="looking_back_word").set_value("   ").run()
    app.button(key="looking_back_write_it").click().run()
    assert "No word is there" in said(app)


def test_a_word_that_is_typed_and_written_in_one_go_is_the_one_that_was_typed():
    app = open_page("looking_back")
    app.text_input(key="looking_back_word").set_value("chat")
    app.button(key="looking_back_write_it").click().run()
    assert_no_failure(app)
    assert "“chat” is one piece of the vocabulary." in said(app)
    assert (
        targets(app)[0]
        == targets(open_page("looking_back", looking_back_write=app.query_params["looking_back_write"]))[0]
    )


@pytest.mark.parametrize("slug", ["bottleneck", "looking_back"])
def test_letters_of_another_script_are_told_where_they_are_typed(slug):
    app = open_page(slug, **{f"{slug}_text": "Мой брат *красный*"})
    assert "“Мой” is written in Cyrillic letters. These translators learned English alone" in said(app)
    assert "learned English alone" not in said(open_page(slug))


def test_everything_can_be_taken_back():
    app = open_page("looking_back", looking_back_look="3.1")
    app.button(key="looking_back_undo_all").click().run()
    np.testing.assert_allclose(sent(app, "step_viewer")[1]["weights"], translated().weights, **CLOSE)


def test_what_was_forced_goes_with_its_sentence():
    app = open_page("looking_back", looking_back_look="3.1")
    app.text_input(key="looking_back_text").set_value("I love the red house.").run()
    assert_no_failure(app)
    assert "looking_back_look" not in app.query_params
    found = checkpoints.load(TRANSLATOR).translate("I love the red house.")
    np.testing.assert_allclose(sent(app, "step_viewer")[1]["weights"], found.weights, **CLOSE)


def test_a_beam_shows_its_tree():
    words, _ = sent(open_page("looking_back", looking_back_beam="3"), "step_viewer")
    view = words["views"][-1]["view"]
    assert view["kind"] == "tree"
    best = [node["word"] for node in view["nodes"] if node["best"]]
    assert best == [token["text"] for token in words["tokens"]["queries"]]
    assert all(node["parent"] is None or node["parent"] < place for place, node in enumerate(view["nodes"]))
    assert all(node["kept"] and node["word"] == "</s>" for node in view["nodes"] if node["ended"])
    meaning = dict(zip((node["word"] for node in view["nodes"]), view["meanings"], strict=True))
    assert meaning["voiture"] == "car"


@pytest.mark.parametrize("page", ["bottleneck", "looking_back"])
@pytest.mark.parametrize("text", ["3.14 42", "🙂🙃", "Où est la bibliothèque ?", "漢字", "<b>$x$</b> **a**", "a"])
def test_every_text_is_shown_with_real_numbers(page, text):
    app = open_page(page, **{f"{page}_text": text})
    assert_no_failure(app)
    assert sent(app, "step_viewer")[0]["signature"].startswith(text)


@pytest.mark.parametrize("page", ["bottleneck", "looking_back"])
def test_a_text_that_cannot_be_read_is_refused_and_the_last_one_stays(page):
    app = open_page(page)
    before = targets(app)
    app.text_input(key=f"{page}_text").set_value("dog " * 300).run()
    assert_no_failure(app)
    assert f"at most {settings.MAX_TRANSLATED} are read at once" in said(app)
    assert targets(app) == before
    app.text_input(key=f"{page}_text").set_value("  ").run()
    assert "Type an English sentence above" in said(app)


def test_open_claims_and_checked_questions_stay_with_the_sentence_that_is_shown():
    app = open_page("looking_back", looking_back_open="0,1,5,6")
    app.button_group(key="looking_back_tanh_guess").set_value("nothing changes").run()
    app.button(key="looking_back_tanh_check").click().run()
    before = [found["says"] for found in sent(app, "claims")[0]["claims"] if found["open"]]
    assert len(before) == 4
    app.text_input(key="looking_back_text").set_value("dog " * 300).run()
    assert_no_failure(app)
    assert [found["says"] for found in sent(app, "claims")[0]["claims"] if found["open"]] == before


@pytest.mark.parametrize("page", ["bottleneck", "looking_back", "translation_lab"])
def test_without_the_files_of_a_translator_the_page_says_how_to_get_them(page, monkeypatch, tmp_path):
    monkeypatch.setattr(checkpoints, "FOLDER", tmp_path)
    checkpoints._load.cache_clear()
    st.cache_resource.clear()
    try:
        app = open_page(page)
        assert_no_failure(app)
        assert "python -m core.training translator-" in said(app)
    finally:
        checkpoints._load.cache_clear()


def test_letters_that_were_never_seen_and_an_end_that_never_came_are_told():
    assert "noise" not in said(open_page("looking_back"))
    assert "what is made of them is noise" in said(open_page("looking_back", looking_back_text="我想要一只猫"))
    never_ends = ",".join(f"{step}.20" for step in range(40))
    assert "It did not come to an end: it is stopped after" in said(
        open_page("looking_back", looking_back_write=never_ends)
    )


def test_a_word_of_many_pieces_is_taken_back_as_one():
    app = open_page("looking_back")
    app.text_input(key="looking_back_word").set_value("zzzzqqq").run()
    app.button(key="looking_back_write_it").click().run()
    assert "steps 1 to" in said(app)
    assert "“zzzzqqq”" in said(app)
    app.button(key="looking_back_undo_0").click().run()
    assert targets(app) == [token for token in targets(open_page("looking_back"))]


def test_marks_and_steps_that_cannot_be_are_not_forced():
    marks = checkpoints.load(TRANSLATOR).vocabulary
    never = [{"looking_back_write": f"3.{mark}"} for mark in (marks.pad, marks.start)]
    for link in (*never, {"looking_back_look": "99.4"}):
        app = open_page("looking_back", **link)
        assert targets(app) == targets(open_page("looking_back"))
        assert "With your changes" not in said(app)


@pytest.mark.parametrize(
    ("text", "interventions", "who"),
    [
        (translations.SENTENCE, NO_INTERVENTIONS, None),
        (translations.SENTENCE, Interventions(temperature=2.0), None),
        (translations.SENTENCE, Interventions(tokens=((0, 5),)), "the visitor"),
        (translations.SENTENCE + " Yes.", NO_INTERVENTIONS, "the visitor"),
    ],
)
def test_only_our_own_examples_are_remembered_for_everybody(monkeypatch, text, interventions, who):
    kept = []
    monkeypatch.setattr(host.Host, "visitor", lambda _: host.Visitor("", "the visitor"))
    monkeypatch.setattr(memory.MEMORY, "keep", lambda *_, whose, **__: kept.append(whose))
    translations.translate(TRANSLATOR, text, 1, interventions)
    assert kept == [who]


def test_a_translation_that_is_a_guess_says_so():
    for text, guesses in ((SENTENCE, False), ("Hello", True)):
        assert ("this is a guess" in said(open_page("bottleneck", bottleneck_text=text))) is guesses


def test_a_cell_with_many_formulas_names_them_by_letters_and_says_how_each_is_made():
    formula = sent(open_page("bottleneck", bottleneck_network="LSTM"), "step_viewer")[0]["formula"]
    whole, *others = formula.split("<math")[1:]
    assert len(others) == 5
    assert "σ" not in whole


# Watch it being learned ---------------------------------------------------------------------------------------------


def test_one_step_is_one_update_and_start_again_begins_anew():
    app = open_page("looking_back")
    for _ in range(2):
        app.button(key="watch_step").click().run()
    words, tensors = sent(app, "learning")
    assert words["measured"][-1]["update"] == 2
    assert tensors["losses"].shape == (2,)
    assert "before" not in tensors
    losses = tensors["losses"]
    np.testing.assert_allclose(tensors["history"].sum(-1), 1, atol=1e-3)
    app.button(key="watch_again").click().run()
    words, tensors = sent(app, "learning")
    assert words["measured"][-1]["update"] == 0
    # the run before stays, to be compared with
    assert words["before"] == "before: additive, seed 0"
    np.testing.assert_array_equal(tensors["before"], losses)


def test_another_seed_is_another_training_and_without_attention_there_is_no_map():
    app = open_page("looking_back", watch_look="no attention", watch_seed="7")
    app.button(key="watch_step").click().run()
    words, tensors = sent(app, "learning")
    assert "history" not in tensors
    assert words["measured"][-1]["found"] is None


def test_stop_ends_a_training():
    app = open_page("looking_back")
    app.button(key="watch_stop").click().run()
    assert "Stopped" in said(app)
    assert app.button(key="watch_play").disabled


@pytest.mark.parametrize(
    ("page", "link", "says"),
    [
        ("looking_back", {"watch_probe": "the blue car"}, "“blue” stands where an adjective or a noun is expected"),
        ("looking_back", {"watch_probe": ""}, "The sentence ends where a determiner is expected"),
        ("bottleneck", {"digits_probe": "12a"}, "“a” is no digit"),
    ],
)
def test_a_sentence_that_the_toy_cannot_read_is_told(page, link, says):
    app = open_page(page, **link)
    assert_no_failure(app)
    assert says in said(app)


def test_lesson_2_says_who_asks_where_that_departs_from_its_source_and_which_d_stands_under_the_root():
    """R24: the piece before asks along, a bias is added, and neither is in the paper that is cited."""
    figure, _ = sent(open_page("looking_back"), "step_viewer")
    scores = next(view for view in figure["views"] if view["label"] == "scores")
    assert "the piece before asks" in str(scores["notice"])
    assert scores["source"].startswith("Bahdanau")
    assert "in the paper the state asks alone" in scores["source"]
    assert "<msub><mi>b</mi><mi>a</mi></msub>" in figure["formula"]
    figure, _ = sent(open_page("looking_back", looking_back_score="scaled dot"), "step_viewer")
    scores = next(view for view in figure["views"] if view["label"] == "scores")
    assert "the width of the score" in str(scores["notice"])
    assert "256" in str(scores["notice"])
    assert not scores["source"].startswith("Bahdanau")


@pytest.mark.parametrize(("score", "source"), [("cosine", "Graves"), ("additive", "Bahdanau"), ("dot", "Luong")])
def test_a_score_of_lesson_4_stands_beside_its_own_source(score, source):
    figure, _ = sent(open_page("attention", attention_score=score), "step_viewer")
    scores = next(view for view in figure["views"] if view["label"] == "scores")
    assert scores["source"].startswith(source)


@pytest.mark.parametrize(
    ("first", "second", "others"),
    [
        ("un chat blanc .", "un chat blanc .", ""),
        ("un chat blanc .", "un chien blanc .", "chien"),
        ("un chat blanc .", "le un chat .", "le"),
        ("a b c", "c a b", "c"),
        ("", "un chat", "un chat"),
        ("un chat", "", ""),
    ],
)
def test_words_that_another_translation_has_not_are_marked(first, second, others):
    found = translations.differences(first, second)
    assert " ".join(word for word, _ in found) == second
    assert " ".join(word for word, other in found if other) == others


def test_what_a_forced_look_changes_is_marked_word_by_word_and_markup_stays_text():
    app = open_page("looking_back", looking_back_look="1.0", looking_back_text="A *white* <b>cat</b> sleeps.")
    own, changed, without = glossed(app)
    assert "<b>" not in own
    assert "<b>" in changed
    assert "<b>" in without


def test_below_each_french_word_stands_what_it_means_and_markup_of_a_visitor_stays_text():
    forced = enumerate(checkpoints.load(TRANSLATOR).vocabulary.spell("<i>"))
    app = open_page("looking_back", looking_back_write=",".join(f"{step}.{id_}" for step, id_ in forced))
    free, mine, _ = glossed(app)
    assert '<ruby>voiture<rt lang="en">car</rt></ruby>' in free
    assert "<i>" in without_gloss(mine)
    assert "<i>" not in mine
    assert "dictionary: it is counted in the 162,093 pairs" in said(app)
    assert sent(app, "step_viewer")[0]["tokens"]["meanings"][-1]["text"] == "the end"


@pytest.mark.parametrize("address", ["https://x.example", "HTTP://x.example", "see www.x.example", "ann@x.example"])
def test_an_address_among_a_visitors_words_is_no_link(address):
    """Markdown makes links of addresses after it has taken escaped signs as themselves."""
    shown = messages.literal(address).replace("\\", "")
    assert not re.search(r"(?i)https?://|www\.|\w@", shown)
    assert shown.replace("\u2060", "") == address
