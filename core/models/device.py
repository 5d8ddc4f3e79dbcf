"""The device models run on: which there are, which is picked, and what it is called."""

import contextlib
import os

import torch

from core import settings
from core.models.errors import ModelError


def available() -> tuple[str, ...]:
    """The devices of this machine, the best first."""
    devices = [f"cuda:{index}" for index in range(torch.cuda.device_count())] if torch.cuda.is_available() else []
    if torch.backends.mps.is_available():
        devices.append("mps")
    return (*devices, "cpu")


def pick(wish: str | None = None) -> torch.device:
    """The device that is wished for, else the one of the setting DEVICE, else the best there is.

    Raises   ModelError naming a device that does not exist and those that do.
    """
    name = wish or settings.DEVICE or available()[0]
    name = "cuda:0" if name == "cuda" else name
    if name not in available():
        raise ModelError(f"there is no device {name!r} here: choose {' or '.join(available())}")
    return torch.device(name)


def default() -> int:
    """The place, among those available, of the device that is picked without a wish; 0 where the setting names none."""
    with contextlib.suppress(ModelError):
        return available().index(str(pick()))
    return 0


def describe(device: torch.device) -> str:
    """One line for a person: "cpu, 2 cores" or "cuda: NVIDIA H200"."""
    if device.type == "cuda":
        return f"cuda: {torch.cuda.get_device_name(device)}"
    if device.type == "mps":
        return "mps: the graphics part of this Mac"
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return f"cpu, {cores} core" + ("" if cores == 1 else "s")
