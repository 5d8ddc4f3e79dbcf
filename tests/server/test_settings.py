"""Every limit has one place and can be overridden; a malformed override is refused in words."""

import runpy
import tomllib
from pathlib import Path
from typing import Any

import pytest

from core import settings
from pages.server import settings as server_settings

DEFAULTS = {
    "MAX_TEXT": 5000,
    "MAX_TOKENS": 512,
    "MAX_PICTURE_BYTES": 20_000_000,
    "MAX_PIXELS": 40_000_000,
    "MAX_PICTURES": 24,
    "DEVICE": "",
}


def read_anew() -> dict[str, Any]:
    return runpy.run_path(settings.__file__)


def read_the_servers_anew() -> dict[str, Any]:
    return runpy.run_path(server_settings.__file__)


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch):
    for name in DEFAULTS:
        monkeypatch.delenv(settings.PREFIX + name, raising=False)


def test_without_overrides_the_defaults_hold():
    found = read_anew()
    assert {name: found[name] for name in DEFAULTS} == DEFAULTS


@pytest.mark.parametrize("name", [name for name, value in DEFAULTS.items() if isinstance(value, int)])
def test_a_number_can_be_overridden(monkeypatch, name):
    monkeypatch.setenv(f"ATTENTION_LAB_{name}", " 17 ")
    assert read_anew()[name] == 17


def test_the_server_lets_in_the_largest_file_that_is_read():
    config = tomllib.loads((Path(settings.__file__).parents[1] / ".streamlit" / "config.toml").read_text("utf-8"))
    assert config["server"]["maxUploadSize"] * 2**20 >= max(settings.MAX_UPLOAD_BYTES, settings.MAX_PICTURE_BYTES)


def test_names_are_cut_at_commas(monkeypatch):
    monkeypatch.setenv("ATTENTION_LAB_MODELS", "gpt2, google/vit-base ,,folder")
    monkeypatch.setenv("ATTENTION_LAB_DEVICE", "cpu")
    assert read_the_servers_anew()["MODELS"] == ("gpt2", "google/vit-base", "folder")
    assert read_anew()["DEVICE"] == "cpu"


@pytest.mark.parametrize("said", ["", "0", "-3", "1.5", "many", "1_000", "²", "0x10"])
def test_a_malformed_number_is_refused_with_its_name_and_what_is_accepted(monkeypatch, said):
    monkeypatch.setenv("ATTENTION_LAB_MAX_TOKENS", said)
    with pytest.raises(ValueError, match=r"ATTENTION_LAB_MAX_TOKENS is .*: a whole number from 1 on is accepted"):
        read_anew()


@pytest.mark.parametrize(("said", "meant"), [("", None), ("yes", True), (" no ", False)])
def test_a_choice_is_yes_or_no_or_left_to_the_program(monkeypatch, said, meant):
    monkeypatch.setenv("ATTENTION_LAB_PUBLIC", said)
    assert read_the_servers_anew()["PUBLIC"] is meant
    monkeypatch.setenv("ATTENTION_LAB_PUBLIC", "maybe")
    with pytest.raises(ValueError, match="ATTENTION_LAB_PUBLIC is 'maybe': yes or no is accepted"):
        read_the_servers_anew()


def test_the_readme_has_every_setting_with_its_default_and_its_meaning():
    readme = (Path(settings.__file__).parents[1] / "README.md").read_text("utf-8")
    rows = [line for line in readme.splitlines() if line.startswith(f"| `{settings.PREFIX}")]
    assert rows == [
        f"| `{settings.PREFIX}{name}` | {told.default or 'none'} | {told.meaning} |"
        for name, told in server_settings.TOLD.items()
    ]
