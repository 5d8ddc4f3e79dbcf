"""The links that the README gives lecturers open what they say."""

import re
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.pages.screen import ROOT, assert_no_failure, open_page, said

LINKS = re.findall(r"`(/\w+\?[^`]+)`", (ROOT / "README.md").read_text("utf-8"))


@pytest.mark.parametrize("link", LINKS)
def test_a_link_of_the_readme_is_taken_whole(link):
    address = urlsplit(link)
    asked = parse_qs(address.query)
    app = open_page(address.path.strip("/"), **{name: values[0] for name, values in asked.items()})
    assert_no_failure(app)
    assert "was ignored" not in said(app)
    assert asked.keys() == set(app.query_params)
