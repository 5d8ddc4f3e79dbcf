"""What can be taken away: figures, tables, tensors, and programs that print the same numbers."""

import csv
import io
import subprocess
import sys

import numpy as np
import pytest

from core.models import checkpoints, offline
from pages.course.catalogue import LESSONS
from pages.parts import downloads
from pages.parts.figure_export import picture
from tests.pages.screen import open_page, sent

MAGIC = {"svg": b"<?xml", "pdf": b"%PDF", "png": b"\x89PNG"}
LABS = ("sentence_lab", "translation_lab", "image_lab")
SLUGS = [page.slug for page in LESSONS if page.built]


@pytest.fixture
def offered(monkeypatch):
    """Opens a page and returns what it offers to take away: the step viewer, and the program."""
    kept = []
    offer = downloads.offer

    def keep(viewer, first_step, origin, script, *more, **again):
        kept.append((viewer, script))
        offer(viewer, first_step, origin, script, *more, **again)

    monkeypatch.setattr(downloads, "offer", keep)

    def open_and_keep(slug: str, **link: str):
        open_page(slug, **link)
        return kept[-1]

    return open_and_keep


@pytest.mark.parametrize("slug", [*SLUGS, *LABS])
@pytest.mark.parametrize("kind", MAGIC)
def test_every_step_can_be_taken_away_as_a_figure(offered, slug, kind):
    viewer, _ = offered(slug)
    looked = {"query": 0, "key": 0, "dimension": 0, "head": 0} | dict(viewer.focus)
    for step_view in viewer.views:
        assert picture(viewer, step_view, looked, kind).startswith(MAGIC[kind])


def test_a_figure_holds_the_words_of_the_visitor_as_words(offered):
    viewer, _ = offered("self_attention", self_text="costs $5 or $6 & <b>more</b> 日")
    looked = {"query": 0, "key": 0, "dimension": 0, "head": 0}
    drawn = picture(viewer, viewer.views[4], looked, "svg").decode()
    for word in ("costs", "$", "&lt;", "日"):
        assert f">{word}</text>" in drawn or f">{word}<" in drawn


def test_the_csv_holds_the_numbers_of_the_figure_under_their_tokens(offered):
    viewer, _ = offered("self_attention")
    rows = list(csv.reader(io.StringIO(downloads.as_csv(viewer, viewer.views[4]).decode("utf-8-sig"))))
    assert rows[0][1:] == [token.text for token in viewer.tokens["keys"]]
    numbers = np.array([[float(cell) for cell in row[1:]] for row in rows[1:]])
    np.testing.assert_allclose(numbers, viewer.steps[7].tensor[0, 0], rtol=1e-6)
    assert [row[0] for row in rows[1:]] == [token.text for token in viewer.tokens["queries"]]


@pytest.mark.parametrize("slug", [*SLUGS, *LABS])
def test_the_npz_holds_every_tensor_of_the_page(offered, slug):
    viewer, _ = offered(slug)
    kept = np.load(io.BytesIO(downloads.as_npz(viewer, {})))
    assert {step.name for step in viewer.steps} | set(viewer.tensors) <= set(kept)
    assert list(kept["tokens_keys"]) == [token.text for token in viewer.tokens["keys"]]


@pytest.mark.parametrize(
    ("slug", "link"),
    [
        ("attention", {}),
        ("attention", {"op_score": "additive", "op_change": "keys alone shuffled"}),
        ("attention", {"op_score": "cosine", "op_numbers": "by hand"}),
        ("self_attention", {"self_fused": "true", "self_zeroed": "2 animal", "self_temperature": "0.5"}),
        ("self_attention", {"self_numbers": "by hand", "self_bits": "64 bits", "self_order": "2,0,1"}),
        ("masks", {"mask_kind": "band"}),
        ("masks", {"mask_numbers": "by hand"}),
        ("multi_head", {"heads_split": "reshape alone"}),
        ("multi_head", {"heads_numbers": "by hand", "heads_merge": "reshape alone", "heads_mixing": "false"}),
    ],
)
def test_the_program_runs_by_itself_and_prints_the_same_numbers(offered, slug, link, tmp_path):
    viewer, script = offered(slug, **link)
    tensors = {step.name: step.tensor for step in viewer.steps}
    expected = next(tensors[name] for name in ("mixed", "output") if name in tensors)
    printed = run(script(), tmp_path)[-1]
    np.testing.assert_allclose(printed, expected.numpy().flatten(), atol=2e-4)  # four digits are printed


@pytest.mark.parametrize(
    "link",
    [
        {},
        {"lab_show": "mean of the layer"},
        {"lab_show": "mean of all", "lab_hide": "true"},
        {"lab_show": "rollout", "lab_merge": "true", "lab_text": "unbelievable tokenization"},
        {"lab_second": "It was a pair of sentences"},
    ],
    ids=str,
)
def test_the_program_of_the_lab_prints_what_is_shown(offered, link, tmp_path):
    viewer, script = offered("sentence_lab", **link)
    np.testing.assert_allclose(run(script(), tmp_path)[-1], viewer.tensors["weights"].flatten(), atol=1e-4)


@pytest.mark.parametrize(
    "link",
    [{}, {"back_look": "3.1", "back_temperature": "2.0"}, {"back_score": "scaled dot", "back_beam": "3"}],
    ids=str,
)
def test_the_program_of_a_translation_prints_its_weights(offered, link, tmp_path):
    viewer, script = offered("looking_back", **link)
    printed = run(script(), tmp_path, checkpoints.FOLDER)
    expected = next(step.tensor[0] for step in viewer.steps if step.name == "weights")
    np.testing.assert_allclose(printed[-1], expected.flatten(), atol=2e-4)


@pytest.mark.parametrize("link", [{}, {"many_weights": "after it is known"}], ids=str)
def test_the_program_of_the_translation_lab_prints_every_alignment_on_its_step_viewer(offered, link, tmp_path):
    viewer, script = offered("translation_lab", **link)
    printed = run(script(), tmp_path, checkpoints.FOLDER)
    assert len(printed) == len(viewer.tensors) == 2
    for found, shown in zip(printed, viewer.tensors.values(), strict=True):
        np.testing.assert_allclose(found, shown.flatten(), atol=2e-4)


def test_the_tree_of_a_beam_can_be_taken_away_as_a_table(offered):
    viewer, _ = offered("looking_back", back_beam="3")
    tree = viewer.views[-1]
    first, *rows = csv.reader(io.StringIO(downloads.as_csv(viewer, tree).decode("utf-8-sig")))
    assert first == ["node", "step", "word", "score", "kept", "best", "parent"]
    line, at = [], max((row for row in rows if row[5] == "True"), key=lambda row: int(row[1]))
    while at:
        line.append(at[2])
        at = rows[int(at[6])] if at[6] else None
    assert line[::-1] == [token.text for token in viewer.tokens["queries"]]


def test_the_program_of_one_vector_prints_the_probability_of_every_piece(offered, tmp_path):
    viewer, script = offered("bottleneck")
    path = tmp_path / "program.py"
    path.write_text(script(), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, path, checkpoints.FOLDER], capture_output=True, text=True, check=True, timeout=120
    )
    printed = [float(line.split("probability ")[1]) for line in done.stdout.splitlines()]
    np.testing.assert_allclose(printed, viewer.tensors["choices"][:, 0], atol=2e-4)


@pytest.mark.parametrize(
    "link",
    [{}, {"pic_cover": "c4", "pic_temperature": "2.0"}, {"pic_look": "0.14"}, {"pic_scene": "empty"}],
    ids=str,
)
def test_the_program_of_a_caption_prints_where_every_word_looked(offered, link, tmp_path):
    viewer, script = offered("captioning", **link)
    expected = next(step.tensor[0] for step in viewer.steps if step.name == "weights")
    np.testing.assert_allclose(run(script(), tmp_path, checkpoints.FOLDER)[-1], expected.flatten(), atol=2e-4)


@pytest.mark.parametrize("network", ["RNN", "GRU", "LSTM", "by hand"])
def test_the_program_of_a_cell_prints_its_states(offered, network, tmp_path):
    viewer, script = offered("bottleneck", one_network=network)
    printed = run(script(), tmp_path)
    np.testing.assert_allclose(printed[-1], viewer.steps[-1].tensor.flatten(), atol=2e-4)


def run(source: str, folder, model=None) -> list[np.ndarray]:
    """Runs a program in a Python of its own, outside the project, and reads the tensors it printed."""
    path = folder / "program.py"
    path.write_text(source, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, path, model or offline.folder()],
        capture_output=True,
        text=True,
        check=True,
        cwd=folder,
        timeout=120,
    )
    blocks = done.stdout.split("tensor(")[1:]
    return [np.array([float(number) for number in numbers(block)]) for block in blocks]


def numbers(block: str) -> list[str]:
    text = block.split("dtype")[0].replace("[", " ").replace("]", " ").replace(")", " ").replace(",", " ")
    return [word for word in text.split() if word.replace(".", "").replace("-", "").isdigit()]


def test_the_look_of_a_link_names_query_key_number_and_head():
    assert look("2.3.5.7") == {"query": 2, "key": 3, "dimension": 5, "head": 7}


@pytest.mark.parametrize("at", ["", "2.3.5", "2.3.5.7.1", "a.b.c.d", "-1.0.0.0", "2.3.5.7777"])
def test_a_look_that_cannot_be_is_the_focus(at):
    assert look(at) == look()


def look(at: str | None = None) -> dict[str, int]:
    link = {} if at is None else {"at": at}
    return sent(open_page("self_attention", **link), "step_viewer")[0]["look"]


def test_the_figure_of_points_names_values_and_outputs_by_their_own_tokens(offered):
    viewer, _ = offered("attention")
    step_view = next(step_view for step_view in viewer.views if step_view.view["kind"] == "points")
    rows = list(csv.reader(downloads.as_csv(viewer, step_view).decode("utf-8-sig").splitlines()))
    words = {axis: [token.text for token in tokens] for axis, tokens in viewer.tokens.items()}
    n_keys = len(words["keys"])
    assert [row[0] for row in rows] == ["plane_values", *words["keys"], "plane_outputs", *words["queries"]]
    np.testing.assert_allclose(
        np.array(rows[1 : 1 + n_keys])[:, 1:].astype(float), viewer.tensors["plane_values"], rtol=1e-6
    )


def test_a_histogram_is_taken_away_with_the_edges_of_its_bins(offered):
    viewer, _ = offered("attention")
    step_view = next(step_view for step_view in viewer.views if step_view.view["kind"] == "histogram")
    rows = list(csv.reader(downloads.as_csv(viewer, step_view).decode("utf-8-sig").splitlines()))
    first = step_view.view["series"][0]
    assert rows[0] == [first["name"], "to", "draws"]
    assert [float(row[2]) for row in rows[1 : 1 + len(first["counts"])]] == first["counts"]
    assert float(rows[1][0]) == pytest.approx(first["edges"][0])


def test_hidden_cells_are_taken_away_as_minus_infinity_and_unreached_ones_as_no_number(offered):
    viewer, _ = offered("masks")
    assert set(np.unique(viewer.tensors["mask"])) == {-np.inf, 0}
    assert np.isnan(viewer.tensors["layers_needed"]).any()
