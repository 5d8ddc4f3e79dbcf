"""A figure that is taken away as one file: what is in it, what is not, and when there is none."""

import base64
import re
from functools import cache

import numpy as np
import plotly.graph_objects as go
import pytest

from core.lessons import attention
from pages.parts import bundle, charts, downloads
from pages.parts.figure_file import LARGEST, ROOM, Alone, figure_file, too_large
from tests.pages.screen import open_page, said, unpack

PARTS = ("step_viewer", "lab", "patch_explorer", "writing", "learning", "long_map", "figure_card", "training")
SENTENCE = " ".join(["the animal did not cross the street because it was too tired to walk"] * 5)


@pytest.fixture(scope="module")
def offered():
    """Opens a page with its menu, once, and returns what is offered as a file, and the page."""
    kept = []
    offer = downloads.file_of

    def keep(alone, *rest):
        kept.append(alone)
        offer(alone, *rest)

    @cache
    def open_and_keep(slug: str, menu: str, **link: str):
        app = open_page(slug, **link)
        app.session_state[menu] = True
        app.run()
        assert not app.exception
        return kept[-1], app

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(downloads, "file_of", keep)
        yield open_and_keep


def inside(page: bytes) -> tuple[dict, dict[str, np.ndarray]]:
    """The words and tensors that lie in a file."""
    (found,) = re.findall(rb'<script id="payload" type="text/plain">([\w+/=]+)</script>', page)
    return unpack(base64.b64decode(found))


def test_all_heads_of_64_tokens_fit_into_one_file_with_their_queries_and_keys(offered):
    alone, _ = offered("sentence_lab", "sentence_lab_menu", lab_text=" ".join(SENTENCE.split()[:62]))
    page = figure_file(alone, alone.make(), "Sentence", "Which?", "Real weights")
    words, tensors = inside(page)
    assert tensors["every"].shape == (72, 64, 64)
    assert tensors["every_queries"].shape == tensors["every_keys"].shape == (72, 64, 32)
    assert len(page) <= LARGEST
    place = words["open"][0] * words["heads"] + words["open"][1]
    np.testing.assert_allclose(tensors["first_weights"], tensors["every"][place])
    scores = tensors["every_queries"] @ tensors["every_keys"].transpose(0, 2, 1) * words["opened"]["way"]["scale"]
    weights = np.exp(scores - scores.max(-1, keepdims=True))
    np.testing.assert_allclose(weights / weights.sum(-1, keepdims=True), tensors["every"], atol=2e-5)


def test_a_text_that_is_too_long_for_a_file_is_told_so(offered):
    _, app = offered("sentence_lab", "sentence_lab_menu", lab_text=" ".join([SENTENCE] * 5))
    told = said(app).replace("\\", "")
    assert re.search(r"No file of this figure: its numbers take \d\d\.\d MB, and one file holds at most 3\.4 MB", told)
    assert "Make the input shorter" in told


def test_a_lesson_in_a_file_keeps_its_steps_and_cannot_be_edited(offered):
    alone, _ = offered("self_attention", "self_attention_menu")
    words, tensors = inside(figure_file(alone, alone.make(), "Self-attention", "How?", "Real numbers"))
    assert alone.part == "step_viewer"
    assert len(words["views"]) > 5
    assert not words["editable"]
    assert not words["reorderable"]
    assert set(words["views"][4]["steps"]) <= tensors.keys()


def test_a_picture_in_a_file_has_the_exact_numbers_of_all_heads(offered):
    alone, _ = offered("image_lab", "image_lab_menu")
    words, tensors = inside(figure_file(alone, alone.make(), "Image", "Where?", "Real weights"))
    assert len(tensors["full"]) == words["layers"] * words["heads"]
    layer, head = words["open"]
    np.testing.assert_allclose(tensors["full"][layer * words["heads"] + head], tensors["first_weights"])


def test_a_text_that_was_written_has_all_heads_in_its_file_and_nobody_writes_on(offered):
    alone, _ = offered("writing_lab", "writing_lab_menu")
    words, tensors = inside(figure_file(alone, alone.make(), "Writing", "What next?", "Real numbers"))
    assert alone.part == "writing"
    assert not words["editable"]
    assert len(tensors["attention"]) == len(words["numbers"]) * words["heads"]


def test_a_chart_is_taken_away_with_its_numbers_and_its_words(offered):
    alone, _ = offered("attention", "attention_dilution_menu")
    words, _ = inside(figure_file(alone, alone.make(), "Attention", "How far?", "The softmax"))
    assert alone.part == "chart"
    assert alone.library is charts.library
    assert words["figure"]["data"][0]["y"] == attention.dilution(5.0, 64)
    assert words["alt"].startswith("Weight of the outstanding key")


@pytest.mark.parametrize("part", [*PARTS, "chart"])
def test_a_file_names_no_host_and_fetches_nothing(part):
    """But plotly's own script knows addresses of maps: what the file says of itself keeps it from asking for any."""
    page = figure_file(Alone(part, bytes), b"", "Title", "Question", "Origin").decode()
    assert set(re.findall(r"(?:https?:)?//([\w-]+(?:\.[\w-]+)+)", page)) <= {"www.w3.org"}
    assert not re.search(r"<(?:link|img|iframe)\b|<script[^>]* src=|^(?:import|export)\b", page, re.MULTILINE)
    assert "default-src 'none'" in page
    assert "connect-src" not in page


def test_what_a_file_is_called_is_never_markup():
    page = figure_file(
        Alone("lab", bytes), b"", "<b>a</b>", "</title><script>alert(1)</script>", "Real & “true”"
    ).decode()
    assert "<b>a" not in page
    assert "<script>alert" not in page
    assert "Real &amp; “true”" in page


def test_there_is_room_for_so_much_and_no_more():
    assert too_large(ROOM) == ""
    viewer = Alone("step_viewer", bytes)
    assert len(figure_file(viewer, bytes(ROOM), "Title", "Question", "Origin")) <= LARGEST
    with pytest.raises(ValueError, match="one file holds at most"):
        figure_file(viewer, bytes(ROOM + 1), "Title", "Question", "Origin")


def test_a_chart_and_the_library_that_draws_it_have_room_in_one_file():
    chart = charts.alone(go.Figure, "Nothing")
    page = figure_file(chart, bytes(charts.ROOM), "Title", "Question", "Origin")
    assert charts.library().encode() in page
    assert len(page) <= LARGEST
    with pytest.raises(ValueError, match="Make the input shorter"):
        figure_file(chart, bytes(charts.ROOM + 1), "Title", "Question", "Origin")


def test_each_module_stands_once_and_behind_what_it_imports():
    script = bundle.script("step_viewer", "file")
    named = re.findall(r"^const (module_\d+) = ", script, re.MULTILINE)
    assert named == [f"module_{place}" for place in range(len(named))]
    for place, module in enumerate(re.split(r"^const module_\d+ = ", script, flags=re.MULTILINE)[1:]):
        wanted = map(int, re.findall(r"^const \{.+\} = module_(\d+);$", module, re.MULTILINE))
        assert all(earlier < place for earlier in wanted)


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ('import "./own.js";\n', "import"),
        ('import { a } from "./own.js";\n', "imports itself"),
        ("export { a };\n", "export"),
        ("const here = import.meta.url;\n", "import.meta"),
    ],
)
def test_a_module_that_cannot_be_joined_is_named(tmp_path, monkeypatch, source, says):
    monkeypatch.setattr(bundle, "COMPONENTS", tmp_path)
    (tmp_path / "own.js").write_text(source, "utf-8")
    with pytest.raises(ValueError, match=says):
        bundle.script("own", "own")
