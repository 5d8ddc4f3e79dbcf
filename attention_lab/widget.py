"""What the figures of a notebook have in common: a payload goes to the browser, what is done there comes back."""

from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any, Protocol

import anywidget
import traitlets

from core.models import offline
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


class Maps(Protocol):
    """All heads of a model, as far as it takes to choose one."""

    @property
    def n_layers(self) -> int: ...

    @property
    def n_heads(self) -> int: ...


class OpenHead(Figure):
    """A figure of all heads, one of which is open.

    layer, head   of the open one, counted from 0 among the layers that are shown; set them to open another.
    """

    layer = traitlets.Int(0)
    head = traitlets.Int(0)

    def __init__(self, seen: Maps, layer: int, head: int, **state: Any) -> None:
        self._maps = seen
        super().__init__(self._packed(layer, head), layer=layer, head=head, **state)
        self.observe(self._opened, ["layer", "head"])

    @traitlets.validate("layer", "head")
    def _there(self, proposal: dict[str, Any]) -> int:
        name, value = proposal["trait"].name, proposal["value"]
        count = self._maps.n_layers if name == "layer" else self._maps.n_heads
        if not 0 <= value < count:
            raise traitlets.TraitError(f"there is no {name} {value}: this model has {count}, counted from 0")
        return value

    def _opened(self, _change: dict[str, Any]) -> None:
        self.payload = self._packed(self.layer, self.head)

    def _packed(self, layer: int, head: int) -> bytes:
        """What is shown with this head open."""
        raise NotImplementedError

    def named_head(self, value: Any) -> tuple[int, int] | None:
        """The layer and head that were opened in the browser; None where there is no such one."""
        layer, head = within(value, "layer", self._maps.n_layers), within(value, "head", self._maps.n_heads)
        return None if layer is None or head is None else (layer, head)

    def open_head(self, layer: int, head: int) -> None:
        """Open one: both at once are one change."""
        with self.hold_trait_notifications():
            self.layer, self.head = layer, head


def check_head(name: str, seen: Maps, layer: int, head: int) -> None:
    """Raise ValueError in words for a head that a model of this name has not."""
    for what, value, count in (("layer", layer, seen.n_layers), ("head", head, seen.n_heads)):
        if not 0 <= value < count:
            raise ValueError(f"there is no {what} {value}: {name} has {count}, counted from 0")


def named(loaded: LoadedModel) -> LoadedModel:
    """The same under a name that can be read: of a folder of this machine its own, without the way to it."""
    place = Path(loaded.name)
    if not place.is_dir():
        return loaded
    # the package of the offline model calls its folder just model
    return replace(loaded, name=offline.NAME if place.parent.name == offline.PACKAGE else place.name)


def within(value: Any, name: str, count: int) -> int | None:
    """A whole number from 0 to below `count` under a name of what was told; None where there is none."""
    number = value.get(name) if isinstance(value, dict) else None
    return number if isinstance(number, int) and 0 <= number < count else None
