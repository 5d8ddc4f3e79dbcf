"""What a visitor changes in a network while it learns: heads that are silenced, numbers that are set. A link holds them all."""

import math
import re
from dataclasses import dataclass
from typing import Final, Literal

What = Literal["silent", "heard", "number", "zero"]
_SIGNS: Final[dict[str, What]] = {"s": "silent", "h": "heard", "n": "number", "z": "zero"}
_LENGTHS: Final[dict[What, int]] = {"silent": 2, "heard": 2, "number": 3, "zero": 1}
MOST: Final = 64
LARGEST: Final = 99.0
_TEXT: Final = re.compile(r"[0-9]{1,6}:[01]:[shnz](:[0-9]{1,5}){1,3}(=-?[0-9]{1,2}(\.[0-9]{1,4})?)?")


@dataclass(frozen=True)
class Change:
    """One change.

    at      after so many updates; run: of the first or the second network.
    where   "silent", "heard": a layer and a head; "number": a matrix, counted from the input on, its row, its column, and
            `value` is what it becomes; "zero": a matrix, all of whose numbers become 0.
    """

    at: int
    run: int
    what: What
    where: tuple[int, ...]
    value: float = 0.0

    def __str__(self) -> str:
        sign = next(sign for sign, what in _SIGNS.items() if what == self.what)
        end = f"={self.value:g}" if self.what == "number" else ""
        return ":".join(map(str, (self.at, self.run, sign, *self.where))) + end


def written(changes: tuple[Change, ...]) -> str:
    """Changes as a link holds them."""
    return ",".join(map(str, changes))


def read(text: str) -> tuple[Change, ...]:
    """The changes of a link. Raises ValueError for what is none."""
    parts = text.split(",") if text else []
    if len(parts) > MOST:
        raise ValueError(f"there are {len(parts)} changes: at most {MOST} are made")
    return tuple(map(_one, parts))


def _one(part: str) -> Change:
    if not _TEXT.fullmatch(part):
        raise ValueError(f"“{part}” is no change: one such as 40:0:s:1:2 is")
    left, _, value = part.partition("=")
    at, run, sign, *where = left.split(":")
    what = _SIGNS[sign]
    if len(where) != _LENGTHS[what] or bool(value) != (what == "number"):
        raise ValueError(f"“{part}” is no change: one such as 40:0:s:1:2 is")
    return Change(int(at), int(run), what, tuple(map(int, where)), checked(float(value or 0)))


def checked(value: float) -> float:
    """A number that a weight can become, as a link holds it. Raises ValueError for another one."""
    if not math.isfinite(value) or abs(value) > LARGEST:
        raise ValueError(f"a weight cannot become {value}: a number from −{LARGEST:g} to {LARGEST:g} is accepted")
    return round(value, 4)
