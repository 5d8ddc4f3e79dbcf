"""Runs what was exported as its reader would: in a room of its own, where this project cannot be imported."""

import builtins
import contextlib
import io
import re
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import torch

ABSENT = ("core", "pages", "tests", "jaxtyping", "beartype", "streamlit")
_TENSOR = re.compile(
    r"^([^\n]+)\ntensor\((.*?)(?:, size=\([\d, ]*\))?(?:, dtype=torch\.\w+)?\)$", re.MULTILINE | re.DOTALL
)
_NUMBER = re.compile(r"-?inf|nan|True|False|-?\d+\.?\d*(?:e[-+]\d+)?")


def builtins_without_the_project() -> dict[str, Any]:
    """Python's own names, with an `import` that does not know this project."""

    def without(name: str, *rest: Any, **more: Any) -> Any:
        if name.partition(".")[0] in ABSENT:
            raise ModuleNotFoundError(f"an export imports {name}")
        return __import__(name, *rest, **more)

    return vars(builtins) | {"__import__": without}


def run_program(source: str, folder: Path, *arguments: object) -> str:
    """What a program prints that lies in a folder and is called with these arguments."""
    path = folder / "program.py"
    path.write_text(source, encoding="utf-8")
    room = ModuleType("exported")
    vars(room).update(__builtins__=builtins_without_the_project(), __file__=str(path))
    printed, kept = io.TextIOWrapper(io.BytesIO(), "utf-8"), sys.argv
    # a dataclass looks its module up
    sys.modules[room.__name__], sys.argv = room, [str(path), *map(str, arguments)]
    try:
        with contextlib.redirect_stdout(printed), contextlib.chdir(folder):
            exec(compile(path.read_text("utf-8"), path, "exec", dont_inherit=True), vars(room))
    finally:
        sys.argv = kept
        del sys.modules[room.__name__]
        torch.set_printoptions(profile="default")
    printed.seek(0)
    return printed.read()


def tensors_in(printed: str) -> dict[str, np.ndarray]:
    """The tensors that a program printed in full, each under its name, in one row."""
    every = {name: block for name, block in _TENSOR.findall(printed) if "..." not in block}
    read = {"True": 1.0, "False": 0.0}
    return {
        name: np.array([read.get(number) if number in read else float(number) for number in _NUMBER.findall(block)])
        for name, block in every.items()
    }
