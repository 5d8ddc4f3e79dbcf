"""Every hostile text file, table, picture and archive, sent to the page that takes it."""

from collections.abc import Callable

import pytest
import streamlit as st

from core import settings
from core.tables import Table, read_sentences
from core.text_files import read_text
from tests.hostile.corpus import SAMPLE_OR_WHOLE, Entry, entries, make
from tests.pages.watch import Watched, Work, controls, drawn, growth, work

__all__ = ["work"]

MOST_MEMORY = 700_000_000  # bytes by which one file may let the process grow: forty million pixels in four colours
BOXES = {"sentence_lab": ("lab", "lab_text"), "translation_lab": ("step_viewer", "many_lines")}


def name_of(entry: Entry, folder, ending: str = "") -> str:
    name = make(entry.more.get("file", entry.name + ending), folder)
    return name.encode("utf-8", "replace").decode()


def sent(
    page: Watched, key: str, entry: Entry, name: str, folder, work: Work, checked: Callable[[dict], str], files: int = 1
) -> str:
    """What goes wrong when a file is sent; "" if nothing."""
    content = entry.content(folder)
    before = controls(page.app)
    work.pixels = 0
    with growth() as grown:
        page.app.file_uploader(key).upload(name, content).run()
    hostile = content[:5000].decode("utf-8", "ignore") + name
    told = page.wrong(hostile) or checked(before)
    if not told and not work.within_bounds(files):
        told = f"{work.tokens} tokens were read and {work.pixels:,} pixels decoded"
    if not told and grown() > MOST_MEMORY:
        told = f"it took {grown():,} bytes"
    return told


def first_line(entry: Entry, folder, name: str, slug: str) -> str | None:
    """The first of what should stand in the box when the file was sent; None if it is refused or is a table."""
    if name.lower().endswith(".csv"):
        return None
    try:
        if slug == "sentence_lab":  # it knows no columns
            return read_text(entry.content(folder))
        lines = read_sentences(entry.content(folder))
    except ValueError:
        return None
    if isinstance(lines, Table):
        lines = lines.column(lines.of_sentences)
    return lines[0] if lines and len(lines[0]) <= settings.MAX_TEXT else None


@SAMPLE_OR_WHOLE
@pytest.mark.parametrize("slug", BOXES)
def test_a_hostile_text_file_is_taken_or_refused_and_nothing_else_happens(slug, whole, work, tmp_path, monkeypatch):
    monkeypatch.setattr(settings, "MAX_SENTENCES", 3)  # that the test is quick
    figure, box = BOXES[slug]
    page = Watched(slug, figure)
    wrong = {}
    for entry in entries("text_files", whole):
        name = name_of(entry, tmp_path)
        if slug == "sentence_lab" and name.endswith(".csv"):
            continue
        wanted = first_line(entry, tmp_path, name, slug)

        def checked(before: dict, wanted: str | None = wanted) -> str:
            now = controls(page.app)[box]
            told = any("About the file" in text.value or "was not taken" in text.value for text in page.app.text)
            table = any(button.label == "Take this column" for button in page.app.button)
            if wanted is None:
                if now != before[box]:
                    return "what was typed before is lost"
                return "" if told or table else "nothing says why it was not taken"
            taken = now.startswith(wanted[:50])
            return "" if taken or told else "it was neither taken nor refused"

        told = sent(page, f"{box.split('_')[0]}_file", entry, name, tmp_path, work, checked)
        if not told and (buttons := [button for button in page.app.button if button.label == "Take this column"]):
            buttons[0].click().run()
            told = page.wrong(entry.content(tmp_path)[:5000].decode("utf-8", "ignore"))
        if told:
            wrong[entry.name] = told
    assert wrong == {}


PAGES = {"image_lab": ("img", "patch_explorer", {}), "vision_transformer": ("vision_transformer", "step_viewer", {})}
BROUGHT = {"captioning": ("captioning", "step_viewer", {"captioning_source": "photograph or your own"})}


def brought(page: Watched) -> list:
    """The visitor's own pictures."""
    try:
        return page.app.session_state["own_pictures"]
    except KeyError:
        return []


def share(found: list[Entry], number: int) -> list[Entry]:
    return found[number :: len(PAGES | BROUGHT)]


@SAMPLE_OR_WHOLE
@pytest.mark.parametrize("number", range(3), ids=list(PAGES | BROUGHT))
@pytest.mark.parametrize("kind", ["pictures", "archives"])
def test_a_hostile_picture_or_archive_is_shown_or_refused_and_what_was_there_stays(number, kind, whole, work, tmp_path):
    slug, (prefix, figure, link) = list((PAGES | BROUGHT).items())[number]
    page = Watched(slug, figure, **link)
    wrong = {}
    for entry in share(entries(kind, whole), number):
        had = brought(page)

        def checked(_: dict, had: list = had) -> str:
            now = brought(page)
            refused = any("was not taken" in text.value or "Not all of it" in text.value for text in page.app.text)
            if now == had and not refused:
                return "it was neither taken nor refused"
            if any(max(each.picture.pixels.shape[:2]) > 640 for each in now) or len(now) > settings.MAX_PICTURES:
                return "more is kept than is accepted"
            return "" if figure in drawn(page.app) else "no figure is left"

        ending = ".zip" if kind == "archives" else ".png"
        files = settings.MAX_PICTURES if kind == "archives" else 1
        told = sent(
            page, f"{prefix}_picture_file", entry, name_of(entry, tmp_path, ending), tmp_path, work, checked, files
        )
        if told:
            wrong[entry.name] = told
    assert wrong == {}
    st.cache_resource.clear()
