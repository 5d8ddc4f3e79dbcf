"""A mistake of ours, in a real browser: a sentence, no traceback, what was typed stays and is not in the log."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.server import ROOT, serving
from tests.browser.visitor import RESTING

SERVER = f"""
import sys
sys.path.insert(0, {str(ROOT)!r})
import streamlit as st
from pages.server.failures import keep_what_was_typed_out_of_the_log, tell_without_traceback
keep_what_was_typed_out_of_the_log()
app = st.App("page.py", on_script_error=tell_without_traceback)
"""
PAGE = """
import streamlit as st

st.text_input("Sentence", key="text")

def lesson():
    if st.button("Fail"):
        raise RuntimeError(f"cannot read {st.session_state.text}")

(st.fragment(lesson) if "fragment" in st.query_params else lesson)()
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory) -> Iterator[tuple[str, Path]]:
    """The address of a server with one page, and its log."""
    folder = tmp_path_factory.mktemp("served")
    (folder / "serve_page.py").write_text(SERVER)
    (folder / "page.py").write_text(PAGE)
    with serving("serve_page.py", folder, log=folder / "log") as (address, _):
        yield address, folder / "log"


@pytest.mark.parametrize("where", ["", "?fragment=yes"], ids=["in a page", "in a fragment"])
def test_a_mistake_of_ours_is_a_sentence_and_what_was_typed_stays(server, browser, where):
    address, log = server
    tab = browser.new_context().new_page()
    tab.goto(address + where)
    tab.wait_for_selector(RESTING)
    tab.get_by_label("Sentence").fill("my words")
    tab.keyboard.press("Enter")
    tab.get_by_role("button", name="Fail").click()
    tab.get_by_text("in the log under").wait_for()
    shown = tab.inner_text("body")
    assert "This page made a mistake." in shown
    assert "Traceback" not in shown
    assert "my words" not in shown
    (identifier,) = re.findall(r"in the log under ([0-9a-f]{8})", shown)
    written = log.read_text("utf-8")
    assert f"error {identifier}: builtins.RuntimeError" in written
    assert "in lesson" in written  # where it happened
    assert "my words" not in written
    expect(tab.get_by_label("Sentence")).to_have_value("my words")
    tab.context.close()
