"""Every hostile link, opened: the page stands, with the default where the link named what cannot be."""

from urllib.parse import parse_qs

import pytest
from streamlit.testing.v1 import AppTest

from pages.course.catalogue import BY_SLUG
from tests.hostile.corpus import entries
from tests.pages.screen import ROOT
from tests.pages.watch import drawn, growth, read_as_markup, work, wrong_with

__all__ = ["work"]

MOST_MEMORY = 300_000_000  # bytes by which one link may let the process grow
LINKS = entries("links")
FIGURES = {"map": "sentence", "sentence_lab": "lab", "image_lab": "patch_explorer"}


@pytest.mark.parametrize("slug", sorted({entry.more["page"] for entry in LINKS}))
def test_a_hostile_link_opens_its_page_all_the_same(slug, work):
    figure = FIGURES.get(slug, "step_viewer")
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120).run()
    if slug != "map":
        app.switch_page(BY_SLUG[slug].path.relative_to(ROOT).as_posix()).run()
    own = "\n".join(read_as_markup(app))
    wrong = {}
    for entry in [entry for entry in LINKS if entry.more["page"] == slug]:
        # a visitor who follows a link begins anew
        app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
        link = entry.made()
        asked = parse_qs(link, keep_blank_values=True, errors="replace")
        for name, values in asked.items():
            app.query_params[name] = values
        if slug != "map":
            app.switch_page(BY_SLUG[slug].path.relative_to(ROOT).as_posix())
        with growth() as grown:
            app.run()
        told = wrong_with(app, "\n".join(value for values in asked.values() for value in values), own, figure)
        if not told and grown() > MOST_MEMORY:
            told = f"it took {grown():,} bytes"
        if not told and not drawn(app) and not app.text:
            told = "the page is empty"
        if told or not work.within_bounds():
            wrong[entry.name] = told or f"{work.tokens} tokens were read"
    assert wrong == {}
