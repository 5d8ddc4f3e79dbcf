"""Lessons as notebooks: they run from top to bottom and give every number and every figure of the page."""

import ast
import io

import matplotlib.pyplot as plt
import nbformat
import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.text import Text
from nbclient import NotebookClient
from PIL import Image

from core.models import checkpoints
from core.trace import matrices
from pages.course.catalogue import BY_SLUG
from pages.parts import downloads, figure_export, own_picture
from pages.parts.notebook import as_notebook
from tests.exported import builtins_without_the_project
from tests.pages.screen import open_page

# the same calls on the same machine; where a tensor lies in memory decides in which order a product is summed
ROUNDING = {"rtol": 1e-4, "atol": 2e-5}
LESSONS = [
    ("bottleneck", {}),
    ("bottleneck", {"bottleneck_network": "GRU", "bottleneck_width": "16", "bottleneck_cell_seed": "3"}),
    ("bottleneck", {"bottleneck_network": "by hand", "bottleneck_x": "1,2;3,4;5,6"}),
    ("looking_back", {}),
    (
        "looking_back",
        {"looking_back_text": "The dog sleeps.", "looking_back_score": "scaled dot", "looking_back_beam": "3"},
    ),
    ("looking_back", {"looking_back_look": "2.1", "looking_back_temperature": "2.0"}),
    (
        "encoder_decoder",
        {"encoder_decoder_text": "The dog sleeps.", "encoder_decoder_length": "4", "encoder_decoder_beam": "3"},
    ),
    ("encoder_decoder", {"encoder_decoder_reads": "a scene: raw patches"}),
    ("captioning", {}),
    ("captioning", {"captioning_cover": "c4", "captioning_look": "0.14", "captioning_scene": "red-circle-11-5"}),
    ("captioning", {"captioning_context": "mean context"}),
    ("captioning", {"captioning_source": "photograph or your own"}),
    (
        "attention",
        {
            "attention_asks": "Who slept?",
            "attention_score": "additive",
            "attention_change": "keys alone shuffled",
            "attention_seed": "9",
        },
    ),
    ("attention", {"attention_numbers": "by hand", "attention_q": "0,1;2,3"}),
    (
        "self_attention",
        {
            "self_attention_text": 'It\'s "$5" & <b>*more*</b> 日',
            "self_attention_order": "1,0,2",
            "self_attention_bits": "64 bits",
        },
    ),
    (
        "self_attention",
        {"self_attention_numbers": "by hand", "self_attention_order": "2,0,1", "self_attention_beside": "correlation"},
    ),
    ("masks", {"masks_kind": "causal band", "masks_cells": "0.3", "masks_layer": "5", "masks_head": "7"}),
    ("masks", {"masks_numbers": "by hand", "masks_way": "after softmax"}),
    ("multi_head", {"multi_head_n_384": "6", "multi_head_muted": "1"}),
    ("multi_head", {"multi_head_numbers": "by hand", "multi_head_merge": "reshape alone"}),
    ("block", {"block_numbers": "by hand", "block_layers": "3", "block_x": "1,2,3,4;5,6,7,9"}),
    (
        "vision_transformer",
        {
            "vision_transformer_shuffle": "2",
            "vision_transformer_pooling": "mean of all",
            "vision_transformer_fit": "crop",
        },
    ),
    ("vision_transformer", {"vision_transformer_size": "16"}),
    ("since_2017", {"since_2017_place": "post-norm", "since_2017_strength": "0.5"}),
    ("sentence_lab", {"lab_merge": "true"}),
    ("translation_lab", {}),
    ("writing_lab", {"write_at": "20"}),
    ("image_lab", {"img_show": "rollout"}),
]


@pytest.fixture
def taken(monkeypatch):
    """Opens a lesson and returns its viewer, the cell looked at, and the notebook it offers."""
    kept = []
    offer = downloads.offer

    def keep(viewer, origin, again, *more, **named):
        kept.append((viewer, origin, again))
        offer(viewer, origin, again, *more, **named)

    monkeypatch.setattr(downloads, "offer", keep)

    def take(slug: str, **link: str):
        app = open_page(slug, **link)
        assert not app.exception
        viewer, origin, again = kept[-1]
        looked = {"query": 0, "key": 0, "dimension": 0, "head": 0} | dict(viewer.focus)
        page = BY_SLUG[slug]
        content = as_notebook(page.title, page.question, origin, viewer, looked, again)
        return viewer, looked, nbformat.reads(content.decode(), as_version=4)

    return take


class Kernel:
    """Runs the code of a notebook cell by cell, keeps its figures and what its last lines are."""

    def __init__(self, monkeypatch):
        self.names: dict = {"__name__": "__main__", "__builtins__": builtins_without_the_project()}
        self.figures: list[Figure] = []
        plt.switch_backend("agg")
        monkeypatch.setattr(plt, "show", self._show)

    def _show(self) -> None:
        self.figures.append(plt.gcf())
        plt.close()

    def run(self, source: str):
        """What the last line of a cell is, if it is an expression."""
        body = ast.parse(source).body
        last = body.pop() if isinstance(body[-1], ast.Expr) else None
        exec(compile(ast.Module(body, []), "<cell>", "exec"), self.names)
        return eval(compile(ast.Expression(last.value), "<cell>", "eval"), self.names) if last else None


def content(figure: Figure) -> tuple[list[np.ndarray], list[str]]:
    """Everything that a figure draws: the numbers of pictures, points, lines, bars and spines, and the words."""
    numbers, words = [], []
    for axes in figure.axes:
        numbers += [np.ma.filled(image.get_array(), np.nan) for image in axes.images]
        numbers += [np.asarray(dots.get_offsets()) for dots in axes.collections]
        numbers += [line.get_xydata() for line in axes.lines]
        numbers += [each.get_data().values if hasattr(each, "get_data") else each.get_xy() for each in axes.patches]
        words += [text.get_text().removeprefix("✎ ") for text in axes.findobj(Text)]
    return numbers, words


def assert_same(found: tuple[list[np.ndarray], list[str]], expected: tuple[list[np.ndarray], list[str]]) -> None:
    for mine, theirs in zip(found[0], expected[0], strict=True):
        np.testing.assert_allclose(mine, theirs, **ROUNDING)
    assert found[0]
    assert found[1] == expected[1]


@pytest.mark.parametrize(("slug", "link"), LESSONS, ids=str)
def test_a_notebook_gives_every_number_and_every_figure_of_its_page(taken, monkeypatch, slug, link):
    viewer, looked, notebook = taken(slug, **link)
    kernel = Kernel(monkeypatch)
    said = [kernel.run(cell.source) for cell in notebook.cells if cell.cell_type == "code"]
    on_page = matrices(viewer.steps) | dict(viewer.tensors)
    for name, tensor in on_page.items():
        np.testing.assert_allclose(kernel.names["shown"].tensors[name], tensor, **ROUNDING)
    steps = said[-len(viewer.views) :]
    assert len(kernel.figures) == len(viewer.views)
    for step_view, figure, told in zip(viewer.views, kernel.figures, steps, strict=True):
        expected = figure_export.figure(viewer, step_view, looked)
        assert figure.get_suptitle() == expected.get_suptitle()
        assert_same(content(figure), content(expected))
        names = dict.fromkeys(part.tensor for part in step_view.view.parts)
        numbers = told if isinstance(told, tuple) else (told,)
        for name, found in zip(names, numbers, strict=True):
            np.testing.assert_allclose(found, on_page[name], **ROUNDING)


@pytest.mark.parametrize("slug", ["masks", "vision_transformer"])
def test_a_notebook_says_what_its_page_says(taken, slug):
    viewer, _, notebook = taken(slug)
    words = [cell.source for cell in notebook.cells if cell.cell_type == "markdown"]
    page = BY_SLUG[slug]
    assert words[0].startswith(f"# {page.title}\n\n*{page.question}*")
    assert "It runs by itself" in words[0]
    for step_view, told in zip(viewer.views, words[-len(viewer.views) :], strict=True):
        declared = [step for step in (step_view.instead or viewer).steps if step.name in step_view.steps]
        assert step_view.title or declared[0].title in told
        assert told.count("$$") == 2 * len(declared)
        assert "<" not in told
        assert ("Source: [" in told) == bool(declared)
        assert step_view.notice[0][0].split()[0] in told


def test_the_words_of_a_visitor_are_no_markdown_and_no_formula(taken):
    _, _, notebook = taken("self_attention", self_attention_text="*a* [b](http://c) $d$ `e` <i>f</i>")
    words = "".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    assert "*a*" not in words
    assert "http://c" not in words


def test_a_picture_of_the_visitors_own_is_in_the_notebook_and_nowhere_else(taken, monkeypatch):
    file = io.BytesIO()
    Image.fromarray(np.random.default_rng(3).integers(0, 256, (40, 50, 3), np.uint8)).save(file, "PNG")
    entries = own_picture._pictures("mine.png", file.getvalue())
    monkeypatch.setattr(own_picture, "brought", lambda: entries)
    viewer, _, notebook = taken("vision_transformer", vision_transformer_picture=own_picture.OWN)
    assert "mine" not in "".join(cell.source for cell in notebook.cells)
    kernel = Kernel(monkeypatch)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            kernel.run(cell.source)
    np.testing.assert_array_equal(kernel.names["shown"].tensors["picture"], viewer.tensors["picture"])


@pytest.mark.long
def test_jupyter_runs_a_notebook_and_shows_a_figure_and_numbers_for_every_step(taken, monkeypatch, tmp_path):
    """Outside of the project, of which only the models are there."""
    viewer, _, notebook = taken("captioning")
    (tmp_path / "assets").mkdir()
    (tmp_path / "assets" / "checkpoints").symlink_to(checkpoints.FOLDER)
    monkeypatch.delenv("MPLBACKEND", raising=False)  # Streamlit sets it for its own process, and a kernel inherits it
    place = {"metadata": {"path": str(tmp_path)}}
    NotebookClient(notebook, timeout=120, kernel_name="python3", resources=place).execute()
    steps = [cell for cell in notebook.cells if cell.cell_type == "code"][-len(viewer.views) :]
    for cell in steps:
        kinds = [set(output.get("data", {})) for output in cell.outputs]
        assert any("image/png" in found for found in kinds)
        assert any(found == {"text/plain"} for found in kinds)


def test_the_same_page_gives_the_same_notebook(taken):
    assert taken("masks", masks_numbers="by hand")[2] == taken("masks", masks_numbers="by hand")[2]
