"""The notes, judged: what they have wrong, the right form, and the claim whose experiment shows it."""

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from core.experiments.ledger import ROWS, Row


@dataclass(frozen=True)
class Correction:
    """One place of a note.

    where     as `S1:20`: note and lines; written: what stands there; right: the right form.
    row       of the ledger, whose experiment shows it; None where there is nothing to measure.
    """

    where: str
    written: str
    right: str
    row: Row | None

    @property
    def note(self) -> str:
        """The note, as S0 to S4."""
        return self.where[:2]


def _read() -> tuple[Correction, ...]:
    named = {row.name: row for row in ROWS}
    found = tomllib.loads((Path(__file__).parent / "corrections.toml").read_text("utf-8"))["correction"]
    return tuple(
        Correction(each["where"], each["written"], each["right"], named[each["claim"]] if "claim" in each else None)
        for each in found
    )


CORRECTIONS: Final = _read()
