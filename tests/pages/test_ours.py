"""What pages keep for everybody is of our own examples; nothing that was typed is in it."""

import pytest

from core import host, memory
from core.host import Host, Visitor
from core.memory import Memory
from core.models.writer import Writer
from tests.pages.screen import assert_no_failure, open_page, sent

TYPED = "The zebra counted its stripes twice because it was bored."


class Somebody(Host):
    """Each page belongs to the visitor who is there now."""

    name = "somebody"

    def visitor(self) -> Visitor:
        return Visitor("", self.name)


@pytest.fixture
def made(monkeypatch):
    """What is kept from now on."""
    monkeypatch.setattr(host, "_host", Somebody())
    monkeypatch.setattr(memory, "MEMORY", found := Memory(memory.MEMORY._bound))
    return found


@pytest.mark.parametrize(
    ("slug", "box"),
    [("block", "block_text"), ("encoder_decoder", "encoder_decoder_text"), ("sentence_lab", "lab_text")],
)
def test_nothing_that_was_typed_is_kept_for_everybody(made, slug, box):
    assert_no_failure(open_page(slug, **{box: TYPED}))
    keys = list(made._kept)
    assert any(TYPED in str(key) for key, whose in keys if whose == "somebody")
    assert not [key for key, whose in keys if whose is None and TYPED in str(key)]


def test_our_story_is_written_once_for_everybody_and_stays_as_it_is_where_somebody_goes_on(made, monkeypatch):
    runs, run = [], Writer._run
    monkeypatch.setattr(Writer, "_run", lambda self, new: (runs.append(new), run(self, new)))
    first = sent(open_page("writing_lab"), "writing")
    assert runs
    host._host.name, before = "somebody else", len(runs)
    again = sent(open_page("writing_lab"), "writing")
    assert len(runs) == before
    assert again[0] == first[0]
    longer = open_page("writing_lab", write_count="30", write_forced="2.17")
    assert_no_failure(longer)
    assert len(runs) > before
    assert sent(open_page("writing_lab"), "writing")[0] == first[0]


def test_of_a_sentence_that_a_toy_is_asked_to_watch_instead_of_ours_nothing_is_kept_for_everybody(made):
    page = open_page("looking_back")
    page.text_input(key="watch_probe").set_value("the old dog sees a red car").run()
    assert_no_failure(page)
    asked = [whose for key, whose in made._kept if "'the', 'old', 'dog'" in str(key)]
    assert asked == ["somebody"]
