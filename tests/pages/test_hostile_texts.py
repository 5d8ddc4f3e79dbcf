"""Every hostile text, typed into the boxes of all pages in turn, and every hostile name of a model."""

from dataclasses import dataclass, field
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core import settings
from core.memory import MEMORY, Memory
from core.models import loading
from tests.core.models import folders
from tests.hostile.corpus import SAMPLE_OR_WHOLE, Entry, entries
from tests.pages.watch import Watched, controls, growth, work

__all__ = ["work"]

MOST_MEMORY = 300_000_000  # bytes by which one text may let the process grow, the first picture of a page included
THEIRS = {"many_which": "one of the library", "many_model": "another model …", "many_lines": "the cat plays"}


@dataclass(frozen=True)
class Box:
    """A box to type into: its page, its key, what is drawn of it, and what a link must say for it to be there.

    press   the button that takes what stands in it.
    most    how many letters its browser lets in.
    """

    page: str
    key: str
    figure: str = "step_viewer"
    link: dict[str, str] = field(default_factory=dict)
    press: str = ""
    most: int = 10**9

    def open(self, folder: Path) -> Watched:
        """Its page, with a model in the folder where it needs one."""
        link = self.link | ({"many_name": folders.t5(folder / "t5")} if "many_which" in self.link else {})
        return Watched(self.page, self.figure, **link)

    def take(self, app: AppTest, text: str) -> None:
        """Somebody types."""
        kind = app.text_area if self.key == "many_lines" else app.text_input
        kind(self.key).set_value(text)
        app.run()
        if self.press:
            app.button(self.press).click().run()


BOXES = [
    Box("map", "map_text", "sentence"),
    Box("bottleneck", "bottleneck_text"),
    Box("bottleneck", "digits_probe", "learning"),
    Box("looking_back", "looking_back_text"),
    Box("looking_back", "looking_back_word", press="looking_back_write_it", most=40),
    Box("looking_back", "watch_probe", "learning"),
    Box("attention", "attention_text"),
    Box("attention", "attention_asks", link={"attention_numbers": "two sentences"}),
    Box("attention", "attention_asked", link={"attention_numbers": "two sentences"}),
    Box("self_attention", "self_attention_text"),
    Box("masks", "masks_text"),
    Box("multi_head", "multi_head_text"),
    Box("sentence_lab", "lab_text", "lab"),
    Box("sentence_lab", "lab_second", "lab"),
    Box("sentence_lab", "lab_other", "lab", {"lab_compare": "another sentence"}),
    Box("translation_lab", "many_lines", most=settings.MAX_TEXT),
    Box("translation_lab", "many_before", link=THEIRS | {"many_written": "the cats"}),
    Box("translation_lab", "many_written", link=THEIRS),
]


def typed(entry: Entry) -> str:
    """A text as it comes out of a browser, which sends no half characters."""
    return entry.made().encode("utf-16", "surrogatepass").decode("utf-16", "replace")


@pytest.fixture(autouse=True)
def no_models(monkeypatch):
    """No model of another test is kept, and none of these stays; nothing that a page opens with was made before."""
    monkeypatch.setattr(loading, "MEMORY", Memory(settings.MEMORY_BYTES))
    MEMORY.forget()


@SAMPLE_OR_WHOLE
@pytest.mark.parametrize("number", range(len(BOXES)), ids=[box.key for box in BOXES])
def test_a_hostile_text_is_read_or_refused_and_nothing_else_happens(number, whole, work, tmp_path):
    box = BOXES[number]
    page = box.open(tmp_path)
    wrong = []
    for entry in entries("texts", whole)[number :: len(BOXES)]:
        text = typed(entry)
        before = {name: value for name, value in controls(page.app).items() if not name.startswith(box.key)}
        for name in {"looking_back_at", "many_at"} & before.keys():
            del before[name]  # places in a sentence that is another one now
        with growth() as grown:
            if len(text) <= box.most:
                box.take(page.app, text)
            told = page.wrong(text, before)
            if not told and controls(page.app)[box.key] != text and len(text) <= box.most:
                told = "what was typed is lost"
            if not told and grown() > MOST_MEMORY:
                told = f"it took {grown():,} bytes"
        if told or not work.within_bounds():
            wrong.append(f"{entry.name}: {told or f'{work.tokens} tokens were read'}")
    assert wrong == []
    assert 0 < work.tokens <= settings.MAX_TOKENS


@pytest.mark.parametrize("box", [box for box in BOXES if box.most > settings.MAX_TEXT], ids=lambda box: box.key)
def test_a_text_that_is_too_long_is_refused_after_one_that_was_read(box, tmp_path):
    page = box.open(tmp_path)
    box.take(page.app, "the cat")
    text = "x" * (settings.MAX_TEXT + 1)
    before = controls(page.app)
    box.take(page.app, text)
    assert page.wrong(text, before | {box.key: text}) == ""
