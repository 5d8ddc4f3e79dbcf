"""The link is the state, also where a request and an answer cross on a slow line."""

from types import SimpleNamespace

import pytest

from pages.parts import url_state


@pytest.fixture
def page(monkeypatch) -> SimpleNamespace:
    """A page in a session of its own, and what it says."""
    said = []
    stand_in = SimpleNamespace(query_params={}, session_state={}, caption=said.append, said=said)
    monkeypatch.setattr(url_state, "st", stand_in)
    return stand_in


@pytest.fixture
def link(page) -> dict[str, str]:
    """The link that the browser asks with."""
    return page.query_params


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


@pytest.mark.parametrize("text", ["6,0", "1000,0", "0,12", "1", "0,0,0", "x", "-1,0", ""])
def test_a_head_that_is_not_there_is_told_and_stays_in_the_link(page, link, text):
    link["head"] = text
    assert url_state.layer_and_head("head", 6, 12) is None
    (told,) = page.said
    assert "a layer from 0 to 5 and a head from 0 to 11, such as 0,0" in told
    assert link["head"] == text


def test_a_head_of_a_model_that_another_took_the_place_of_leaves_the_link_without_a_word(page, link):
    link["head"] = "11,3"
    assert url_state.layer_and_head("head", 12, 12) == (11, 3)
    assert url_state.layer_and_head("head", 6, 12) is None
    assert url_state.one_of("head", 50, "token", 7) == 7
    assert not page.said
    assert "head" not in link
    url_state.opened()
    link["head"] = "11,3"  # another link
    assert url_state.layer_and_head("head", 6, 12) is None
    assert len(page.said) == 1
