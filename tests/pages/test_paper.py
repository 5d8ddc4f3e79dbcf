"""A figure on paper is the figure of the screen: one scale where one is shown, its ends, and every letter or a word about it."""

from dataclasses import replace

import numpy as np
import pytest
from matplotlib import font_manager
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure
from matplotlib.ft2font import FT2Font, LoadFlags

from pages.parts import downloads, figure_export, fonts
from pages.parts.drawing import PAINTERS, STEPS_ON_PAPER, draw_tree
from pages.parts.figures import Cube, Matrix, Overlay, Table, Tree, View, tables
from pages.parts.step_viewer import StepView, StepViewer
from pages.parts.words import Token

LOOK = {"query": 0, "key": 0, "dimension": 0, "head": 0}
SIZES = np.array([1.0, 10.0, 3.0])
HEADS = (np.linspace(-1, 1, 60).reshape(5, 12)[None] * SIZES[:, None, None]).astype(np.float32)
WORDS = {"queries": list("abcde"), "keys": list("abcdefghijkl")}
PICTURE = np.zeros((3, 8, 8), np.float32)


def drawn(view: View, tensors: dict, words: dict | None = None) -> tuple[list[float], int, list[str]]:
    """The end of the scale of every picture in a figure, how many colour bars, and all words in it."""
    figure = Figure()
    PAINTERS[type(view)](figure, view, tensors, words or WORDS, LOOK)
    ends = [float(image.get_clim()[1]) for axes in figure.axes for image in axes.images if image.get_array().ndim == 2]
    bars = sum(axes.get_label() == "<colorbar>" for axes in figure.axes)
    return ends, bars, [text.get_text() for axes in figure.axes for text in axes.texts]


def test_heads_beside_one_colour_bar_have_one_scale_that_of_the_screen():
    view = Cube("queries", "cut", "stacked", "query")
    ends, bars, _ = drawn(view, {"queries": HEADS})
    assert (len(ends), bars) == (3, 1)
    assert ends == pytest.approx([view.scaled({"queries": HEADS}).limit] * 3)


@pytest.mark.parametrize("columns", ["keys", "numbers"])
def test_one_head_of_many_keeps_the_scale_of_all(columns):
    view = Matrix("queries", "signed", columns=columns)
    (end,), _, _ = drawn(view, {"queries": HEADS})
    assert end == pytest.approx(view.scaled({"queries": HEADS}).limit)
    assert end > 9


def test_tables_side_by_side_have_the_scale_that_they_have_on_the_screen():
    view = tables(Table("small", "a", rows="queries"), Table("large", "b", rows="queries"))
    ends, _, _ = drawn(view, {"small": HEADS[0], "large": HEADS[1]})
    assert len(set(ends)) == 1
    assert ends[0] > 9


def test_a_picture_says_how_far_its_scale_goes():
    look = np.linspace(-1, 1, 5 * 16).reshape(5, 16).astype(np.float32)
    words = {"queries": list("abcde"), "keys": [f"A{n}" for n in range(16)]}
    signed = Overlay("look", "picture", 4, scale="signed", strip=True)
    ends, bars, _ = drawn(signed, {"look": look, "picture": PICTURE}, words)
    assert ends == pytest.approx([signed.scaled({"look": look}).limit] * 5)
    assert bars == 1
    share = Overlay("look", "picture", 4, scale="share")
    told = drawn(share, {"look": np.abs(look), "picture": PICTURE}, words)[2]
    assert "clear: the largest weight, 1.000; veiled: 0" in told


def test_a_tree_marks_its_words_as_the_screen_does_and_says_what_the_marks_and_the_number_mean():
    marks = (("won", True, True, True), ("followed", True, False, False), ("cut", False, False, False))
    nodes = tuple(
        {
            "step": 0,
            "rank": rank,
            "word": word,
            "score": -1.5,
            "kept": kept,
            "ended": ended,
            "best": best,
            "parent": None,
        }
        for rank, (word, kept, ended, best) in enumerate(marks)
    )
    figure = Figure()
    draw_tree(figure, Tree("weights", nodes, ("", "", ""), note="Filled: won."), {}, WORDS, LOOK)
    said = {text.get_text(): text.get_bbox_patch() for text in figure.axes[0].texts}
    assert list(said) == ["■ won -1.5", "followed -1.5", "× cut -1.5"]
    won, followed, cut = said.values()
    assert won.get_facecolor() == followed.get_edgecolor() == to_rgba("black")
    assert followed.get_facecolor() == cut.get_facecolor() == to_rgba("white")
    assert cut.get_edgecolor()[3] == 0
    assert figure.get_supxlabel() == "Filled: won. Number: log-probability of the line so far."


def test_of_a_long_beam_the_first_steps_are_drawn_and_it_is_said_so():
    line = tuple(
        {"step": step, "rank": 0, "word": str(step), "score": 0.0, "kept": True, "ended": False, "best": True}
        | {"parent": step - 1 if step else None}
        for step in range(31)
    )
    figure = Figure()
    draw_tree(figure, Tree("weights", line, ("",) * 31, note=""), {}, WORDS, LOOK)
    assert len(figure.axes[0].texts) == STEPS_ON_PAPER
    assert figure.get_supxlabel().startswith(f"The first {STEPS_ON_PAPER} of 31 steps. ")


@pytest.fixture
def bare(monkeypatch):
    """A machine that has the fonts of matplotlib alone."""
    few = [font for font in font_manager.fontManager.ttflist if font.name.startswith(("DejaVu", "Last Resort"))]
    monkeypatch.setattr(font_manager.fontManager, "ttflist", few)


@pytest.mark.usefixtures("bare")
@pytest.mark.parametrize("text", ["我", "猫が", "ไทย", "가", "தமிழ்", "🙂", "हिन्दी"])
def test_letters_without_a_font_are_told_in_their_order(text):
    names, without = fonts.chosen(["the", f"a{text}"])
    assert names == ["DejaVu Sans"]
    assert "".join(without) == "".join(letter for letter in text if letter in without)
    assert text[0] in without


@pytest.mark.usefixtures("bare")
@pytest.mark.parametrize(
    "text", ["Größe", "Привет", "ελληνικά", "▁the", "Ġcat", "␣", "n\u0303\u200d\ufe0f", "a\u00a0b"]
)
def test_of_letters_that_can_be_drawn_and_of_marks_nothing_is_told(text):
    assert fonts.chosen([text])[1] == []


def test_any_font_that_is_installed_draws_what_the_usual_ones_cannot(monkeypatch):
    """A font of another name, as each system has its own; one that draws a box for every letter is none."""
    usual = next(
        font for font in font_manager.fontManager.ttflist if font.name == "DejaVu Sans" and font.style == "normal"
    )
    other = font_manager.FontEntry(fname=usual.fname, name="Somebody's Own", style="normal")
    boxes = font_manager.FontEntry(fname=usual.fname, name="Last Resort", style="normal")
    monkeypatch.setattr(font_manager.fontManager, "ttflist", [boxes, other])
    assert fonts.chosen(["cat"]) == (["Somebody's Own"], [])
    monkeypatch.setattr(font_manager.fontManager, "ttflist", [boxes])
    assert fonts.chosen(["cat"]) == (["sans-serif"], ["c", "a", "t"])


def test_a_file_that_is_no_font_draws_nothing(tmp_path):
    (tmp_path / "bad.ttf").write_bytes(b"no font")
    assert fonts._letters(str(tmp_path / "bad.ttf"), 0) == frozenset()
    assert FT2Font(font_manager.findfont("DejaVu Sans")).get_charmap()


def viewer(text: str, view: View) -> tuple[StepViewer, StepView]:
    step_view = StepView("weights", (), view, [], title="Weights")
    tokens = {"queries": [Token(text)], "keys": [Token("cat")]}
    return StepViewer(
        lesson="x", signature="", steps=[], views=[step_view], opens_at="weights", tokens=tokens, focus={}
    ), step_view


@pytest.mark.usefixtures("bare")
def test_the_menu_says_which_letters_pdf_and_png_cannot_draw():
    node = {
        "step": 0,
        "word": "猫",
        "score": 0.0,
        "kept": True,
        "ended": False,
        "best": True,
        "parent": None,
        "rank": 0,
    }
    matrix = Matrix("weights", "weights")
    assert downloads._without_font(*viewer("the", matrix)) == ""
    assert downloads._without_font(*viewer("Привет", matrix)) == ""
    assert downloads._without_font(*viewer("我的", matrix)) == (
        "No font on this server can draw 我 的: PDF and PNG show boxes there, the SVG keeps the letters"
    )
    assert "一 二 三 四 五 and 2 more:" in downloads._without_font(*viewer("一二三四五六七", matrix))
    assert "猫" in downloads._without_font(*viewer("the", Tree("weights", (node,), ("cat",), note="")))


def test_words_from_right_to_left_are_drawn_so_with_their_letters_joined():
    """What is drawn of a text are the forms of its letters, in the order in which they stand from the left."""
    font = FT2Font(font_manager.findfont("DejaVu Sans"))
    alone = {letter: font.get_char_index(ord(letter)) for letter in "שלוםقطة#"}

    def laid_out(text: str) -> list[int]:
        return [item.glyph_index for item in font._layout(text, LoadFlags.NO_HINTING)]

    assert laid_out("שלום") == [alone[letter] for letter in "םולש"]
    assert laid_out("##ל") == [alone[letter] for letter in "ל##"]
    assert len(laid_out("قطة")) == 3
    assert not {alone[letter] for letter in "قطة"} & set(laid_out("قطة"))  # each has its form within the word


def test_a_matrix_of_words_from_right_to_left_says_where_its_columns_begin():
    words = ["[CLS]", "קטה", "ישנה", "[SEP]"]
    figure = Figure()
    PAINTERS[Matrix](figure, Matrix("w", "weights"), {"w": np.eye(4)}, {"queries": words, "keys": words}, LOOK)
    assert figure.axes[0].get_xlabel() == "Keys, the first at the left"


def test_the_words_of_an_svg_find_their_own_direction():
    made, step_view = viewer("קטה.", Matrix("weights", "weights"))
    made = replace(made, tensors={"weights": np.ones((1, 1), np.float32)})
    svg = figure_export.picture(made, step_view, LOOK, "svg").decode()
    assert ">\u2068קטה.\u2069<" in svg
    assert ">cat<" in svg


@pytest.mark.parametrize(("brightness", "veil"), [(1.0, 0.0), (0.3, 1.0)])
def test_a_white_picture_is_veiled_by_black(brightness, veil):
    figure, look = Figure(), np.eye(16, dtype=np.float32)
    words = {"queries": [f"A{n}" for n in range(16)], "keys": [f"A{n}" for n in range(16)]}
    view = Overlay("look", "picture", 4, scale="share")
    PAINTERS[Overlay](figure, view, {"look": look, "picture": np.full_like(PICTURE, brightness)}, words, LOOK)
    laid_over = figure.axes[0].images[1].get_array()
    assert (laid_over[..., :3] == veil).all()
    assert laid_over[0, 0, 3] == 0 < laid_over[3, 3, 3]
