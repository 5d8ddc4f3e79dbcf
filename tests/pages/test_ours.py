"""What pages keep for everybody is of our own examples; nothing that was typed is in it."""

import pytest

from core import host, memory
from core.host import Host, Visitor
from core.memory import Memory
from tests.pages.screen import assert_no_failure, open_page

TYPED = "The zebra counted its stripes twice because it was bored."


@pytest.mark.parametrize(
    ("slug", "box"),
    [("block", "block_text"), ("encoder_decoder", "encoder_decoder_text"), ("sentence_lab", "lab_text")],
)
def test_nothing_that_was_typed_is_kept_for_everybody(monkeypatch, slug, box):
    class Somebody(Host):
        def visitor(self) -> Visitor:
            return Visitor("", "somebody")

    monkeypatch.setattr(host, "_host", Somebody())
    monkeypatch.setattr(memory, "MEMORY", made := Memory(memory.MEMORY._bound))
    assert_no_failure(open_page(slug, **{box: TYPED}))
    keys = list(made._kept)
    assert any(TYPED in str(key) for key, whose in keys if whose == "somebody")
    assert not [key for key, whose in keys if whose is None and TYPED in str(key)]
