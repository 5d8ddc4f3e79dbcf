"""What every answer of the real server carries, and what it says about itself."""

import re
import urllib.error
import urllib.request

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from pages.parts import assets
from pages.server.headers import policy
from tests.browser.server import serving

PATHS = (
    "/",
    "/self_attention",
    "/no/such/page",
    "/../../etc/passwd",
    "/_stcore/health",
    "/_stcore/host-config",
    "/_stcore/upload_file/x/y",
    "/media/none.png",
    "/healthz",
    "/readyz",
    f"{assets.PATH}/components/step_viewer.js",
    f"{assets.PATH}/components/none.js",
)


@pytest.fixture(scope="module")
def server():
    with serving() as (address, _):
        yield address


def answer(url, **headers):
    try:
        return urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=20)
    except urllib.error.HTTPError as refused:
        return refused


@pytest.mark.parametrize("path", PATHS)
def test_every_answer_forbids_other_hosts_frames_and_referrers(server, path):
    headers = answer(server + path).headers
    assert headers["Content-Security-Policy"] == policy()
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Permissions-Policy"].startswith("camera=(self), microphone=()")


def test_the_policy_names_no_other_host_and_lets_no_written_script_run():
    rules = {name: values for name, *values in (rule.split() for rule in policy().split("; "))}
    assert rules["default-src"] == rules["frame-ancestors"] == rules["object-src"] == ["'none'"]
    assert not any("://" in value or value == "*" for values in rules.values() for value in values)
    assert "'unsafe-inline'" not in rules["script-src"]
    assert "'unsafe-eval'" not in rules["script-src"]


def test_who_may_frame_it_is_the_configuration_s_choice():
    with serving(ATTENTION_LAB_FRAMED_BY="https://school.example, https://other.example") as (address, _):
        headers = answer(address).headers
    assert "frame-ancestors https://school.example https://other.example" in headers["Content-Security-Policy"]
    assert headers["X-Frame-Options"] is None


def test_a_page_of_another_host_may_not_open_the_stream(server):
    stream = f"{server.replace('http', 'ws')}/_stcore/stream"
    with connect(stream, origin=server, subprotocols=["streamlit"]):
        pass
    with pytest.raises(InvalidStatus) as refused, connect(stream, origin="https://evil.example"):
        pass
    assert refused.value.response.status_code == 403


def test_a_lesson_names_the_files_of_its_parts_before_any_of_them_is_read(server):
    shell = answer(f"{server}/masks")
    html = shell.read()
    assert int(shell.headers["Content-Length"]) == len(html)
    assert shell.headers["ETag"] is None  # Streamlit's, which knows nothing of these files
    named = re.findall(r'<link rel="(modulepreload|preload)"[^>]* href="\.(/lab-assets/[^"]+)">', html.decode())
    assert {
        f"{assets.PATH}/components/{name}" for name in ("step_viewer.js", "views/matrix_view.js", "kit/kit.css")
    } <= {path for _, path in named}
    assert all(answer(server + path).status == 200 for _, path in named)


def test_a_page_that_is_no_lesson_names_none(server):
    assert b"/lab-assets/" not in answer(f"{server}/").read()
