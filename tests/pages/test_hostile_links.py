"""Every hostile link, opened: the page stands, with the default where the link named what cannot be."""

from urllib.parse import parse_qs

import pytest

from tests.hostile.corpus import SAMPLE_OR_WHOLE, entries
from tests.pages.screen import open_page
from tests.pages.watch import drawn, growth, read_as_markup, work, wrong_with

__all__ = ["work"]

MOST_MEMORY = 300_000_000  # bytes by which one link may let the process grow
PAGES = sorted({entry.more["page"] for entry in entries("links")})
FIGURES = {"map": "sentence", "sentence_lab": "lab", "image_lab": "patch_explorer"}


@SAMPLE_OR_WHOLE
@pytest.mark.parametrize("slug", PAGES)
def test_a_hostile_link_opens_its_page_all_the_same(slug, whole, work):
    figure = FIGURES.get(slug, "step_viewer")
    own = "\n".join(read_as_markup(open_page(slug)))
    wrong = {}
    followed = [entry for entry in entries("links", whole) if entry.more["page"] == slug]
    assert followed
    for entry in followed:
        asked = parse_qs(entry.made(), keep_blank_values=True, errors="replace")
        with growth() as grown:
            app = open_page(slug, **asked)
        told = wrong_with(app, "\n".join(value for values in asked.values() for value in values), own, figure)
        if not told and grown() > MOST_MEMORY:
            told = f"it took {grown():,} bytes"
        if not told and not drawn(app) and not app.text:
            told = "the page is empty"
        if told or not work.within_bounds():
            wrong[entry.name] = told or f"{work.tokens} tokens were read"
    assert wrong == {}
