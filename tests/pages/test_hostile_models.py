"""Hostile names of models typed into the labs, hostile names of folders, and checkpoints that are damaged."""

import shutil
from pathlib import Path

import pytest

from core import settings
from core.export.program import in_docstring
from core.memory import MEMORY, Memory
from core.models import checkpoints, loading
from tests.core.models import folders
from tests.core.models.families import IMAGE
from tests.hostile.corpus import Entry, entries
from tests.pages.screen import open_page
from tests.pages.watch import Watched, drawn, growth, wrong_with

MOST_MEMORY = 500_000_000  # bytes by which one model may let the process grow
NAMES = entries("models")
DAMAGED = [entry for entry in entries("checkpoints") if not entry.name.startswith("own-")]
OWN = [entry for entry in entries("checkpoints") if entry.name.startswith("own-")]
LABS = {
    "sentence_lab": ("lab_name", "lab", {"lab_model": "another model …"}),
    "image_lab": ("img_name", "patch_explorer", {"img_model": "another model …"}),
    "writing_lab": ("write_name", "writing", {"write_model": "another model …", "write_count": "2"}),
    "translation_lab": (
        "many_name",
        "step_viewer",
        {
            "many_which": "one of the library",
            "many_model": "another model …",
            "many_lines": "the cat plays",
            "many_written": "the cats",
        },
    ),
}
MOST_LETTERS = 300  # of a name, in the browser


@pytest.fixture(autouse=True)
def no_models(monkeypatch):
    """No model of another test is kept, and none of these stays."""
    monkeypatch.setattr(loading, "MEMORY", Memory(settings.MEMORY_BYTES))


@pytest.fixture
def asked(monkeypatch) -> list[tuple]:
    """Every attempt to fetch something."""
    attempts = []

    def refuse(*wanted, **_):
        attempts.append(wanted)
        raise OSError("no network in tests")

    monkeypatch.setattr("core.models.folder.snapshot_download", refuse)
    return attempts


def typed(entry: Entry) -> str:
    return entry.made().encode("utf-16", "surrogatepass").decode("utf-16", "replace")[:MOST_LETTERS]


def fed(page: Watched, key: str, name: str, hostile: str) -> str:
    """What goes wrong when a model of this name is asked for. hostile: what of the name is a stranger's."""
    with growth() as grown:
        page.app.text_input(key).set_value(name).run()
    told = page.wrong(hostile)
    if not told and page.app.text_input(key).value != name:
        told = "the name that was typed is lost"
    return told or (f"it took {grown():,} bytes" if grown() > MOST_MEMORY else "")


@pytest.mark.parametrize("slug", LABS)
def test_a_hostile_name_of_a_model_is_refused_in_words_and_nothing_is_fetched(slug, asked):
    key, figure, link = LABS[slug]
    page = Watched(slug, figure, **link)
    told = {entry.name: fed(page, key, typed(entry), typed(entry)) for entry in NAMES}
    assert {name: words for name, words in told.items() if words} == {}
    assert asked == []


def can_name_a_folder(text: str) -> bool:
    return "/" not in text and "\0" not in text and text.strip() not in ("", ".", "..") and len(text.encode()) < 200


@pytest.mark.parametrize("slug", LABS)
def test_a_folder_of_a_hostile_name_is_opened_and_its_name_is_no_markup(slug, tmp_path, asked):
    key, figure, link = LABS[slug]
    made = {
        "sentence_lab": folders.bert,
        "translation_lab": folders.t5,
        "writing_lab": folders.causal,
        "image_lab": lambda folder: folders.save(folder, folders.model_of("vit", **IMAGE), None),
    }
    made[slug](tmp_path / "sound")
    page = Watched(slug, figure, **link)
    names = [typed(entry).strip() for entry in NAMES if can_name_a_folder(typed(entry))]
    assert len(names) > 15
    wrong = {}
    for name in names:
        (tmp_path / name).symlink_to(tmp_path / "sound")
        wrong[name] = fed(page, key, str(tmp_path / name), name)
        if not wrong[name] and figure not in drawn(page.app):
            wrong[name] = "it was not opened"
    assert {name: words for name, words in wrong.items() if words} == {}
    assert asked == []


def test_the_name_of_a_folder_cannot_leave_the_docstring_of_a_program():
    for entry in (*NAMES, *entries("texts")):
        text = typed(entry).replace("\0", "")  # which no folder can be named by
        assert eval(f'"""{in_docstring(text)}\n"""').replace("\r\n", "\n").replace("\r", "\n") == (
            f"{text}\n".replace("\r\n", "\n").replace("\r", "\n")
        )


def test_a_damaged_model_is_told_in_words_and_the_offline_one_is_shown(tmp_path, asked):
    sound = Path(folders.bert(tmp_path / "sound"))
    key, figure, link = LABS["sentence_lab"]
    page = Watched("sentence_lab", figure, **link)
    wrong = {}
    for entry in DAMAGED:
        folder = tmp_path / entry.name
        shutil.copytree(sound, folder)
        content = entry.content(sound)
        if entry.name.startswith("index-"):
            (folder / "model.safetensors").unlink()
        (folder / entry.more["file"]).write_bytes(content)
        wrong[entry.name] = fed(page, key, str(folder), entry.name)
        if not wrong[entry.name] and figure not in drawn(page.app):
            wrong[entry.name] = "no figure is left"
    assert {name: words for name, words in wrong.items() if words} == {}
    assert asked == []


@pytest.mark.parametrize("entry", OWN, ids=[entry.name for entry in OWN])
def test_a_damaged_checkpoint_of_our_own_is_told_in_words_on_every_page_that_needs_it(entry, tmp_path, monkeypatch):
    for file in checkpoints.FOLDER.iterdir():
        (tmp_path / file.name).symlink_to(file)
    damaged = tmp_path / entry.more["file"]
    damaged.unlink()
    damaged.write_bytes(entry.content(checkpoints.FOLDER))
    slugs = {"captioner": ["captioning"], "vit": ["vision_transformer", "image_lab"]}.get(
        entry.more["file"].split(".")[0], ["bottleneck", "looking_back", "translation_lab"]
    )
    monkeypatch.setattr(checkpoints, "FOLDER", tmp_path)
    checkpoints._load.cache_clear()
    MEMORY.forget()
    try:
        for slug in slugs:
            with growth() as grown:
                app = open_page(slug)
            told = wrong_with(app, "", "", "step_viewer")
            assert (slug, told) == (slug, "")
            assert grown() < MOST_MEMORY
    finally:
        checkpoints._load.cache_clear()
        MEMORY.forget()
