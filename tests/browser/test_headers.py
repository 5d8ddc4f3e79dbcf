"""What every answer of the real server carries, and what it says about itself."""

import re
import urllib.error
import urllib.request

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from pages.parts import assets
from pages.server.headers import policy

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


def answer(url, **headers):
    try:
        return urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=60)
    except urllib.error.HTTPError as refused:
        return refused


@pytest.mark.parametrize("path", PATHS)
def test_every_answer_forbids_other_hosts_frames_and_referrers(address, path):
    headers = answer(address + path).headers
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


def test_a_page_of_another_host_may_not_open_the_stream(address):
    stream = f"{address.replace('http', 'ws')}/_stcore/stream"
    with connect(stream, origin=address, subprotocols=["streamlit"]):
        pass
    with pytest.raises(InvalidStatus) as refused, connect(stream, origin="https://evil.example"):
        pass
    assert refused.value.response.status_code == 403


def test_a_lesson_names_the_files_of_its_parts_before_any_of_them_is_read(address):
    shell = answer(f"{address}/masks")
    html = shell.read()
    assert int(shell.headers["Content-Length"]) == len(html)
    assert shell.headers["ETag"] is None  # Streamlit's, which knows nothing of these files
    named = re.findall(r'<link rel="(modulepreload|preload)"[^>]* href="\.(/lab-assets/[^"]+)">', html.decode())
    assert {
        f"{assets.PATH}/components/{name}" for name in ("step_viewer.js", "views/matrix_view.js", "kit/kit.css")
    } <= {path for _, path in named}
    assert all(answer(address + path).status == 200 for _, path in named)
