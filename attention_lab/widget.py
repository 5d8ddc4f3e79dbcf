"""What the figures of a notebook have in common: a payload goes to the browser, what is done there comes back."""

from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import anywidget
import traitlets

from core.models.loaded import LoadedModel
from pages.parts import bundle


@cache
def module(part: str) -> str:
    """The JavaScript of a figure as the one module that anywidget loads."""
    return bundle.script(part, "widget") + "export default { render: started };\n"


class Figure(anywidget.AnyWidget):
    """A figure in a notebook.

    payload   what it shows, as it travels to the figures of the app.
    told      the last thing that was done in it: its name, its value and a number that grows.
    """

    payload = traitlets.Bytes().tag(sync=True)
    told = traitlets.Dict().tag(sync=True)

    def __init__(self, payload: bytes, **state: Any) -> None:
        super().__init__(payload=payload, **state)
        self.observe(self._hear, "told")

    def _hear(self, change: dict[str, Any]) -> None:
        told = change["new"]
        self.hear(str(told.get("name")), told.get("value"))

    def hear(self, name: str, value: Any) -> None:
        """Something was done in the browser, as its parts call it."""
        raise NotImplementedError


def named(loaded: LoadedModel) -> LoadedModel:
    """The same under a name that can be read: of a folder of this machine its own, without the way to it."""
    place = Path(loaded.name)
    return replace(loaded, name=place.name) if place.is_dir() else loaded


def within(value: Any, name: str, count: int) -> int | None:
    """A whole number from 0 to below `count` under a name of what was told; None where there is none."""
    number = value.get(name) if isinstance(value, dict) else None
    return number if isinstance(number, int) and 0 <= number < count else None
