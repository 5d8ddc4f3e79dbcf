"""Each kind of figure has a type and a drawing; what is drawn and taken away of those without cells is what they got."""

import csv
import io

import numpy as np
import pytest
from matplotlib.figure import Figure

from pages.parts.downloads import as_csv
from pages.parts.drawing import PAINTERS
from pages.parts.figures import Bars, Curves, Dial, Table, dials, tables
from pages.parts.step_viewer import StepView, StepViewer
from pages.parts.words import Token
from tests.javascript import kinds

LOOKED = {"query": 0, "key": 0, "dimension": 0, "head": 0, "places": 2}
HANDS = np.array([[3, 4, 0, 1], [0, 5, 1, 0], [-3, 4, 0, -1]], dtype=np.float32)
TOKENS = {"queries": ["q"], "keys": ["k"], "places": ["0", "1", "$2"], "schemes": ["one", "two"]}
LINES = np.array([[1, 2, np.nan, 4], [0, 0, 0, 0]], dtype=np.float32)


def test_the_javascript_is_held_to_the_types_that_the_classes_give():
    assert kinds.FILE.read_text("utf-8") == kinds.written(), "python -m tests.javascript.kinds"


def test_every_kind_has_one_drawing_for_paper():
    assert set(PAINTERS) == set(kinds.KINDS)


def drawn(view, tensors) -> Figure:
    figure = Figure()
    PAINTERS[type(view)](figure, view, tensors, TOKENS, LOOKED)
    return figure


def taken_away(view, tensors) -> list[list[str]]:
    tokens = {axis: [Token(word) for word in words] for axis, words in TOKENS.items()}
    viewer = StepViewer("test", "", [], [], "", tokens, {}, tensors=tensors)
    text = as_csv(viewer, StepView("step", (), view, [], title="Step")).decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text)))


def test_a_dial_for_every_pair_has_the_hand_that_is_looked_at():
    figure = drawn(dials(Dial("hands", "at", "query", rows="places"), clock=True), {"hands": HANDS})
    faces = figure.axes
    assert len(faces) == 2
    for pair, axes in enumerate(faces):
        dots, hand = axes.get_lines()
        assert dots.get_xydata().tolist() == HANDS[:, 2 * pair : 2 * pair + 2].tolist()
        assert hand.get_xydata().tolist() == [[0, 0], HANDS[2, 2 * pair : 2 * pair + 2].tolist()]
        assert axes.get_xlim()[1] == pytest.approx(1.1 * 5)  # the longest hand of all dials
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["at $2"]


def test_hands_of_several_tensors_share_their_dials():
    view = dials(Dial("hands", "", rows="places"), Dial("others", "turned", dashed=True))
    figure = drawn(view, {"hands": HANDS, "others": HANDS[:1]})
    assert [len(axes.get_lines()) for axes in figure.axes] == [4, 4]
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["$2", "turned q"]


def test_hands_are_taken_away_as_the_pairs_of_numbers_that_they_are():
    rows = taken_away(dials(Dial("hands", "at", rows="places")), {"hands": HANDS})
    assert rows[0] == ["hands", "0", "1", "2", "3"]
    assert rows[3] == ["$2", "-3", "4", "0", "-1"]


def test_a_curve_for_every_row_stands_over_its_places():
    figure = drawn(Curves("lines", "schemes", "distance", "cosine", start=-1, every=2), {"lines": LINES})
    (axes,) = figure.axes
    one, two, nothing = axes.get_lines()
    assert one.get_xdata().tolist() == [-1, 1, 3, 5]
    assert np.array_equal(one.get_ydata(), LINES[0], equal_nan=True)
    assert (one.get_label(), two.get_label()) == ("one", "two")
    assert set(nothing.get_ydata()) == {0}
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("distance", "cosine")


def test_a_bar_for_every_row_is_as_long_as_its_parts_and_both_are_taken_away_by_their_names():
    shares = np.array([[0.25, 0.75], [1, 0], [0.5, 0.5]], dtype=np.float32)
    view = Bars("shares", "places", "schemes", "share of all")
    (axes,) = drawn(view, {"shares": shares}).axes
    assert [[bar.get_width() for bar in part] for part in axes.containers] == shares.T.tolist()
    assert [bar.get_x() for bar in axes.containers[1]] == shares[:, 0].tolist()
    assert [label.get_text() for label in axes.get_yticklabels()] == TOKENS["places"]
    rows = taken_away(view, {"shares": shares})
    assert rows == [["shares", "one", "two"], ["0", "0.25", "0.75"], ["1", "1", "0"], ["$2", "0.5", "0.5"]]


def test_curves_are_taken_away_with_their_places_above_them():
    rows = taken_away(Curves("lines", "schemes", "distance", "cosine", start=-1, every=2), {"lines": LINES})
    assert rows[0] == ["lines", "-1", "1", "3", "5"]
    assert rows[1] == ["one", "1", "2", "nan", "4"]


def test_a_table_of_zeros_leaves_the_colours_of_those_beside_it():
    small, none = np.full((3, 2), 0.2), np.zeros((3, 2))
    drawn = tables(Table("small", "E"), Table("none", "P")).scaled({"small": small, "none": none})
    assert [table.limit for table in drawn.tables] == [0.2, 0.2]
    assert tables(Table("none", "P")).scaled({"none": none}).tables[0].limit == 1
