"""A mistake of ours, in a real browser: a sentence, no traceback, what was typed stays and is not in the log."""

import re

import pytest

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

@st.fragment
def lesson():
    if st.button("Fail"):
        raise RuntimeError(f"cannot read {st.session_state.text}")

lesson()
"""


@pytest.mark.parametrize("page", [PAGE, PAGE.replace("@st.fragment\n", "")], ids=["in a fragment", "in a page"])
def test_a_mistake_of_ours_is_a_sentence_and_what_was_typed_stays(tmp_path, browser, page):
    (tmp_path / "serve_page.py").write_text(SERVER)
    (tmp_path / "page.py").write_text(page)
    log = tmp_path / "log"
    with serving("serve_page.py", tmp_path, log=log) as (address, _):
        tab = browser.new_context().new_page()
        tab.goto(address)
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
        assert tab.get_by_label("Sentence").input_value() == "my words"
        tab.context.close()
