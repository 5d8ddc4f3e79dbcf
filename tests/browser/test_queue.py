"""More visitors than the server computes for at once: the rest see their place, and a closed tab frees one."""

import json
import urllib.request

import pytest

from tests.browser.server import ROOT, serving
from tests.browser.visitor import RESTING

SERVER = f"""
import sys
sys.path.insert(0, {str(ROOT)!r})
import streamlit as st
from core import host
from pages.server import health
from pages.server.waiting import Visitors
host.run_under(Visitors())
app = st.App("page.py", routes=health.ROUTES)
"""
# a computation without end, as a training that asks now and then whether it is still wanted
PAGE = """
import time
import streamlit as st
from core import host
from core.memory import kept
from pages.server import run_queue

@kept
def compute():
    with run_queue.TRAININGS.slot():
        while True:
            host.still_wanted()
            time.sleep(0.02)

st.button("Something else")
if st.button("Train"):
    compute()
"""


@pytest.fixture
def server(tmp_path):
    (tmp_path / "serve_page.py").write_text(SERVER)
    (tmp_path / "page.py").write_text(PAGE)
    with serving("serve_page.py", tmp_path, ATTENTION_LAB_TRAININGS="1") as (address, _):
        yield address


def report(address):
    """What /readyz says of the trainings; the page that is served loads no models, so it is never ready."""
    try:
        answer = urllib.request.urlopen(f"{address}/readyz", timeout=20)
    except urllib.error.HTTPError as not_ready:
        answer = not_ready
    return json.load(answer)["trainings"]


def until(tab, true):
    for _ in range(400):
        if true():
            return
        tab.wait_for_timeout(50)
    raise AssertionError("it did not happen")


def open_tab(window, address):
    tab = window.new_page()
    tab.goto(address)
    tab.wait_for_selector(RESTING)
    return tab


def test_who_waits_sees_the_place_and_a_closed_tab_ends_its_work(browser, server):
    window = browser.new_context()
    first, second, third = (open_tab(window, server) for _ in range(3))
    for number, tab in enumerate((first, second, third), 1):
        tab.get_by_role("button", name="Train").click()
        until(tab, lambda: sum(list(report(server).values())[:2]) == number)  # noqa: B023
    second.get_by_text("Waiting for a free place: 1 before you.").wait_for()
    third.get_by_text("Waiting for a free place: 2 before you.").wait_for()
    first.close()
    third.get_by_text("Waiting for a free place: 1 before you.").wait_for()
    assert report(server) == {"computing": 1, "waiting": 1, "at_once": 1}
    second.get_by_role("button", name="Something else").click()  # another wish ends the one before
    until(third, lambda: report(server) == {"computing": 1, "waiting": 0, "at_once": 1})
    third.close()
    until(second, lambda: report(server)["computing"] == 0)
    window.close()
