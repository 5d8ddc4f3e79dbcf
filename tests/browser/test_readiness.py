"""What a server says of itself while it starts, and once its models are loaded."""

import json
import urllib.request

from tests.browser.visitor import Windows


def test_it_is_alive_at_once_and_ready_once_its_models_are_loaded(started, windows: Windows):
    address, at_once = started
    assert at_once == (True, False)
    assert json.load(urllib.request.urlopen(f"{address}/healthz", timeout=5)) == {"alive": True}
    said = json.load(urllib.request.urlopen(f"{address}/readyz", timeout=5))
    assert said["ready"]
    assert said["runs"].keys() == said["trainings"].keys() >= {"waiting"}
