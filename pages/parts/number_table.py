"""Tables of a few numbers that the learner edits. What they hold is in the link."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pages.parts import assets, url_state
from pages.parts.controls import Controls
from pages.parts.payload import pack
from pages.parts.url_state import Rows


@dataclass(frozen=True)
class NumberTable:
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


def held(prefix: str, tables: Sequence[NumberTable]) -> Mapping[str, Rows]:
    """What the tables hold, by their names."""
    return {table.name: url_state.table(f"{prefix}_{table.name}", table.numbers) for table in tables}


def edit_tables(ui: Controls, tables: Sequence[NumberTable]) -> Mapping[str, Rows]:
    """Draw the tables below the figure, if there is one, and return what they hold."""
    key = ui.key("number_tables")
    now = held(ui.prefix, tables)

    def edited() -> None:
        change = assets.told(key, "edited")
        table = next((table for table in tables if change and table.name == change["name"]), None)
        if table is None:
            return
        rows = [list(row) for row in now[table.name]]
        rows[int(change["row"])][int(change["column"])] = _number(change["value"])
        url_state.write_table(ui.key(table.name), tuple(tuple(row) for row in rows), table.numbers)

    words = {
        "largest": url_state.LARGEST_NUMBER,
        "numberTables": [
            {"name": s.name, "label": s.label, "role": s.role, "names": list(s.rows), "values": now[s.name]}
            for s in tables
        ],
    }
    with ui.under():
        assets.component("number_table")(key=key, data=pack(words, {}), on_edited_change=edited)
    return now


def _number(value: float) -> float:
    """What the browser sent, kept to what a link can say."""
    return round(max(-url_state.LARGEST_NUMBER, min(url_state.LARGEST_NUMBER, float(value))), 4)
