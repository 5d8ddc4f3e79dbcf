"""What can be taken away: figures, tables and tensors."""

import csv
import io
from functools import cache

import numpy as np
import pytest
import safetensors

from pages.course.catalogue import LESSONS
from pages.parts import downloads
from pages.parts.figure_export import figure, picture
from pages.server import settings
from tests.pages.screen import open_page, said, sent

MAGIC = {"svg": b"<?xml", "pdf": b"%PDF", "png": b"\x89PNG"}
LABS = ("sentence_lab", "translation_lab", "image_lab", "writing_lab")
SLUGS = [page.slug for page in LESSONS if page.built]


@pytest.fixture(scope="module")
def offered():
    """Opens a page, once, and returns the step viewer of which it offers downloads."""
    kept = []
    offer = downloads.offer

    def keep(viewer, *rest, **named):
        kept.append(viewer)
        offer(viewer, *rest, **named)

    @cache
    def open_and_keep(slug: str, **link: str):
        assert not open_page(slug, **link).exception
        return kept[-1]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(downloads, "offer", keep)
        yield open_and_keep


@pytest.mark.parametrize("slug", [*SLUGS, *LABS])
def test_every_step_is_drawn_on_paper(offered, slug):
    viewer = offered(slug)
    for step_view in viewer.views:
        figure(viewer, step_view, looked_at(viewer)).draw_without_rendering()


@pytest.mark.long
@pytest.mark.parametrize("slug", [*SLUGS, *LABS])
@pytest.mark.parametrize("kind", MAGIC)
def test_every_step_can_be_taken_away_as_a_figure(offered, slug, kind):
    viewer = offered(slug)
    for step_view in viewer.views:
        assert picture(viewer, step_view, looked_at(viewer), kind).startswith(MAGIC[kind])


def test_every_kind_of_figure_can_be_taken_away_in_every_format(offered):
    """What draws a figure does not know into which file: so one figure of each kind is enough."""
    one_of_each = {}
    for slug, link in (*((slug, {}) for slug in (*SLUGS, *LABS)), ("looking_back", {"looking_back_beam": "3"})):
        viewer = offered(slug, **link)
        for step_view in viewer.views:
            one_of_each.setdefault(step_view.view.kind, (viewer, step_view))
    assert {"matrix", "tables", "heads", "cube", "points", "histogram", "tree", "overlay", "patches"} <= set(
        one_of_each
    )
    for viewer, step_view in one_of_each.values():
        for kind, magic in MAGIC.items():
            assert picture(viewer, step_view, looked_at(viewer), kind).startswith(magic)


def looked_at(viewer) -> dict[str, int]:
    return {"query": 0, "key": 0, "dimension": 0, "head": 0} | dict(viewer.focus)


def test_every_file_of_the_training_lab_can_be_made(monkeypatch):
    """It has no step viewer: its networks are taken away, its training, and its figure as it moves."""
    made = {}
    monkeypatch.setattr(downloads, "button", lambda label, make, name, mime: made.setdefault(name, make))
    llama = {"train_positions": "RoPE", "train_norm": "rms", "train_mlp": "SwiGLU", "train_task": "your text"}
    small = {"train_width": "8", "train_heads": "2", "train_layers": "1", "train_batch": "4"}
    app = open_page("training_lab", **llama, **small, train_second_on="true", train_second_kind="GRU")
    app.session_state["train_taken_menu"] = True
    app.button(key="train_step").click().run()
    begins = {"py": b'"""', "zip": b"pk", "html": b"<!doctype html>"}
    names = {f"attention-lab-network-{of}.{kind}" for of in ("first", "second") for kind in ("py", "safetensors")}
    assert made.keys() == names | {"attention-lab-network-first.zip", "attention-lab-training.html"}
    told = said(app).replace("\\", "")
    assert "First: built as Llama of the transformers library is, so Your story and Your sentence open it." in told
    assert "Second: no lab opens it, since the library has no GRU of this kind: choose a Transformer." in told
    assert "Unpack the zip where the app runs" in told
    monkeypatch.setattr(settings, "PUBLIC", True)  # then nobody names a folder there
    assert "Unpack the zip on your own computer, run the app there" in said(app.run())
    for name, make in made.items():
        content = make()
        kind = name.partition(".")[2]
        if kind == "safetensors":
            assert safetensors.deserialize(content)
        else:
            assert content.lower().startswith(begins[kind])


def test_letters_below_the_line_stand_there_on_paper(offered):
    viewer = offered("multi_head")
    (mixed,) = (view for view in viewer.views if "mixed" in view.steps)
    drawn = picture(viewer, mixed, looked_at(viewer), "svg").decode()
    assert mixed.view.parts[0].label == "O·W_O"
    assert "W_O" not in drawn
    assert "O·W" in drawn


def test_a_figure_holds_the_words_of_the_visitor_as_words(offered):
    viewer = offered("self_attention", self_attention_text="costs $5 or $6 & <b>more</b> 日")
    looked = {"query": 0, "key": 0, "dimension": 0, "head": 0}
    drawn = picture(viewer, viewer.views[4], looked, "svg").decode()
    for word in ("costs", "$", "&lt;", "日"):
        assert f">{word}</text>" in drawn or f">{word}<" in drawn


def test_the_csv_holds_the_numbers_of_the_figure_under_their_tokens(offered):
    viewer = offered("self_attention")
    rows = list(csv.reader(io.StringIO(downloads.as_csv(viewer, viewer.views[4]).decode("utf-8-sig"))))
    assert rows[0][1:] == [token.text for token in viewer.tokens["keys"]]
    numbers = np.array([[float(cell) for cell in row[1:]] for row in rows[1:]])
    np.testing.assert_allclose(numbers, viewer.steps[7].tensor[0, 0], rtol=1e-6)
    assert [row[0] for row in rows[1:]] == [token.text for token in viewer.tokens["queries"]]


@pytest.mark.parametrize("slug", [*SLUGS, *LABS])
def test_the_npz_holds_every_tensor_of_the_page(offered, slug):
    viewer = offered(slug)
    kept = np.load(io.BytesIO(downloads.as_npz(viewer, {})))
    assert {step.name for step in viewer.steps} | set(viewer.tensors) <= set(kept)
    assert list(kept["tokens_keys"]) == [token.text for token in viewer.tokens["keys"]]


def test_the_tree_of_a_beam_can_be_taken_away_as_a_table(offered):
    viewer = offered("looking_back", looking_back_beam="3")
    tree = viewer.views[-1]
    first, *rows = csv.reader(io.StringIO(downloads.as_csv(viewer, tree).decode("utf-8-sig")))
    assert first == ["node", "step", "word", "score", "kept", "ended", "best", "parent"]
    line, at = [], max((row for row in rows if row[6] == "True"), key=lambda row: int(row[1]))
    while at:
        line.append(at[2])
        at = rows[int(at[7])] if at[7] else None
    assert line[::-1] == [token.text for token in viewer.tokens["queries"]]


def test_the_look_of_a_link_names_query_key_number_and_head():
    assert look("2.3.5.7") == {"query": 2, "key": 3, "dimension": 5, "head": 7}


@pytest.mark.parametrize("at", ["", "2.3.5", "2.3.5.7.1", "a.b.c.d", "-1.0.0.0", "2.3.5.7777"])
def test_a_look_that_cannot_be_is_the_focus(at):
    assert look(at) == look()


def look(at: str | None = None) -> dict[str, int]:
    link = {} if at is None else {"at": at}
    return sent(open_page("self_attention", **link), "step_viewer")[0]["look"]


def test_the_figure_of_points_names_values_and_outputs_by_their_own_tokens(offered):
    viewer = offered("attention")
    step_view = next(step_view for step_view in viewer.views if step_view.view.kind == "points")
    rows = list(csv.reader(downloads.as_csv(viewer, step_view).decode("utf-8-sig").splitlines()))
    words = {axis: [token.text for token in tokens] for axis, tokens in viewer.tokens.items()}
    n_keys = len(words["keys"])
    assert [row[0] for row in rows] == ["plane_values", *words["keys"], "plane_outputs", *words["queries"]]
    np.testing.assert_allclose(
        np.array(rows[1 : 1 + n_keys])[:, 1:].astype(float), viewer.tensors["plane_values"], rtol=1e-6
    )


def test_a_histogram_is_taken_away_with_the_edges_of_its_bins(offered):
    viewer = offered("attention")
    step_view = next(step_view for step_view in viewer.views if step_view.view.kind == "histogram")
    rows = list(csv.reader(downloads.as_csv(viewer, step_view).decode("utf-8-sig").splitlines()))
    first = step_view.view.series[0]
    assert rows[0] == [first["name"], "to", "draws"]
    assert [float(row[2]) for row in rows[1 : 1 + len(first["counts"])]] == first["counts"]
    assert float(rows[1][0]) == pytest.approx(first["edges"][0])


def test_hidden_cells_are_taken_away_as_minus_infinity_and_unreached_ones_as_no_number(offered):
    viewer = offered("masks")
    assert set(np.unique(viewer.tensors["mask"])) == {-np.inf, 0}
    assert np.isnan(viewer.tensors["layers_needed"]).any()
