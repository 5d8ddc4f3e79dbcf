"""The link is the state, also where a request and an answer cross on a slow line."""

from types import SimpleNamespace

import pytest

from pages.parts import url_state


@pytest.fixture
def link(monkeypatch) -> dict[str, str]:
    """The link that the browser asks with, in a session of its own."""
    stand_in = SimpleNamespace(query_params={}, session_state={})
    monkeypatch.setattr(url_state, "st", stand_in)
    return stand_in.query_params


def test_what_was_written_stands_when_the_browser_asks_before_it_has_heard_of_it(link):
    url_state.toggle_pair("cells", 0, 3)
    link.clear()  # a request that was on its way already
    url_state.toggle_pair("cells", 1, 2)
    assert link["cells"] == "0.3,1.2"
    link["cells"] = "0.3"  # the next one has heard of the first
    assert url_state.pairs("cells") == {(0, 3), (1, 2)}
    assert link["cells"] == "0.3,1.2"


def test_what_was_taken_out_of_the_link_does_not_come_back(link):
    link["cells"] = "0.3"
    url_state.write("cells", "")
    link["cells"] = "0.3"
    assert url_state.pairs("cells") == frozenset()
    assert "cells" not in link


def test_a_page_that_is_opened_has_the_link_it_is_opened_with(link):
    url_state.write("order", "1,0")
    link.clear()
    url_state.opened()
    assert url_state.integers("order") == ()
