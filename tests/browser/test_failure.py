"""A mistake of ours, in a real browser: a sentence, no traceback, and what was typed stays."""

import pytest

from tests.browser.server import ROOT, serving
from tests.browser.visitor import RESTING

SERVER = f"""
import sys
sys.path.insert(0, {str(ROOT)!r})
import streamlit as st
from serve import tell_without_traceback
app = st.App("page.py", on_script_error=tell_without_traceback)
"""
PAGE = """
import streamlit as st

st.text_input("Sentence", key="text")

@st.fragment
def lesson():
    if st.button("Fail"):
        raise RuntimeError("secret detail")

lesson()
"""


@pytest.mark.parametrize("page", [PAGE, PAGE.replace("@st.fragment\n", "")], ids=["in a fragment", "in a page"])
def test_a_mistake_of_ours_is_a_sentence_and_what_was_typed_stays(tmp_path, browser, page):
    (tmp_path / "serve_page.py").write_text(SERVER)
    (tmp_path / "page.py").write_text(page)
    with serving("serve_page.py", tmp_path) as (address, _):
        tab = browser.new_context().new_page()
        tab.goto(address)
        tab.wait_for_selector(RESTING)
        tab.get_by_label("Sentence").fill("my words")
        tab.keyboard.press("Enter")
        tab.get_by_role("button", name="Fail").click()
        tab.get_by_text("This page made a mistake.").wait_for()
        shown = tab.inner_text("body")
        assert "Traceback" not in shown
        assert "secret detail" not in shown
        assert tab.get_by_label("Sentence").input_value() == "my words"
        tab.context.close()
