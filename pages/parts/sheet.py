"""Tables of a few numbers that the learner edits. What they hold is in the link."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pages.parts import assets, link
from pages.parts.link import Rows
from pages.parts.payload import pack


@dataclass(frozen=True)
class Sheet:
    """One table.

    name      its name in the link, after the page's prefix.
    label     its letter on the screen; role gives it its colour.
    rows      what stands beside its rows; () numbers them.
    """

    name: str
    label: str
    role: str
    default: Sequence[Sequence[float]]
    rows: Sequence[str] = ()

    @property
    def numbers(self) -> Rows:
        """What it holds until somebody edits it."""
        return tuple(tuple(float(cell) for cell in row) for row in self.default)


def edit(prefix: str, sheets: Sequence[Sheet]) -> Mapping[str, Rows]:
    """Draw the tables and return what they hold."""
    key = f"{prefix}_sheets"
    now = {sheet.name: link.table(f"{prefix}_{sheet.name}", sheet.numbers) for sheet in sheets}

    def edited() -> None:
        change = assets.told(key, "edited")
        sheet = next((sheet for sheet in sheets if change and sheet.name == change["name"]), None)
        if sheet is None:
            return
        rows = [list(row) for row in now[sheet.name]]
        rows[int(change["row"])][int(change["column"])] = _number(change["value"])
        link.write_table(f"{prefix}_{sheet.name}", tuple(tuple(row) for row in rows), sheet.numbers)

    words = {
        "largest": link.LARGEST_NUMBER,
        "sheets": [
            {"name": s.name, "label": s.label, "role": s.role, "names": list(s.rows), "values": now[s.name]}
            for s in sheets
        ],
    }
    assets.component("sheet")(key=key, data=pack(words, {}), on_edited_change=edited)
    return now


def _number(value: float) -> float:
    """What the browser sent, kept to what a link can say."""
    return round(max(-link.LARGEST_NUMBER, min(link.LARGEST_NUMBER, float(value))), 4)
