"""The device is picked in one place, can be overridden, and is named for a person."""

import pytest
import torch

from core import settings
from core.models import device


@pytest.fixture(autouse=True)
def no_setting(monkeypatch):
    monkeypatch.setattr(settings, "DEVICE", "")


def with_cards(monkeypatch: pytest.MonkeyPatch, count: int) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: count > 0)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: count)


def test_the_processor_is_always_there():
    assert device.available()[-1] == "cpu"


def test_a_card_goes_before_the_processor(monkeypatch):
    with_cards(monkeypatch, 2)
    assert device.available()[:2] == ("cuda:0", "cuda:1")
    assert device.pick() == torch.device("cuda:0")
    assert device.pick("cuda") == torch.device("cuda:0")


def test_without_a_card_a_mac_uses_its_graphics_part(monkeypatch):
    with_cards(monkeypatch, 0)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: True)
    assert device.available() == ("mps", "cpu")
    assert device.pick() == torch.device("mps")


def test_the_setting_goes_before_the_best_and_a_wish_before_the_setting(monkeypatch):
    with_cards(monkeypatch, 2)
    monkeypatch.setattr(settings, "DEVICE", "cuda:1")
    assert device.pick() == torch.device("cuda:1")
    assert device.pick("cpu") == torch.device("cpu")


@pytest.mark.parametrize("wish", ["cuda:7", "gpu", "mps0", "cpu:0", "meta"])
def test_a_device_that_does_not_exist_is_named_with_those_that_do(monkeypatch, wish):
    with_cards(monkeypatch, 0)
    with pytest.raises(ValueError, match=f"there is no device '{wish}' here: choose .*cpu"):
        device.pick(wish)


def test_devices_have_names_for_people(monkeypatch):
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda place: "NVIDIA H200")
    monkeypatch.setattr(device.os, "sched_getaffinity", lambda _: {0, 1}, raising=False)
    assert device.describe(torch.device("cpu")) == "cpu, 2 cores"
    assert device.describe(torch.device("cuda:0")) == "cuda: NVIDIA H200"
    assert device.describe(torch.device("mps")).startswith("mps")
    monkeypatch.setattr(device.os, "sched_getaffinity", lambda _: {0})
    assert device.describe(torch.device("cpu")) == "cpu, 1 core"
