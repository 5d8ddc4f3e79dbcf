"""Tables as files: those that are brought are read by their columns, those that are taken away harm no spreadsheet."""

import csv
import io
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from core.text_files import checked

COLUMNS: Final = 100  # of a table; more would be offered to nobody
_LOOKED_AT: Final = 200  # rows by which columns are told apart
_SENTENCE: Final = re.compile(r"""[.!?…。！？؟।]["'”’»)\]]*$""")
_LICENCE: Final = re.compile(r"\bCC[- ](BY|0)\b|tatoeba\.org|https?://", re.IGNORECASE)
# what nearly every English sentence has one of, and hardly any French, German, Spanish or Italian one
_ENGLISH: Final = re.compile(
    r"\b(the|i|you|he|she|it|we|they|is|are|am|was|were|to|of|and|not|don't|didn't|doesn't|isn't|can't|won't|my|your|his|her"
    r"|our|their|this|that|these|those|have|has|had|will|would|with|for|from|what|who|where|how)\b"
)
FORMULA: Final = ("=", "+", "-", "@", "＝", "＋", "－", "＠", "\t", "\r", "\n")


@dataclass(frozen=True)
class Table:
    """The rows of a file under the names of its columns; a row may be shorter than the names, and an empty one stays.

    named   whether the file's first line names the columns. If not, they are numbered from 1.
    """

    names: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    named: bool

    def column(self, name: str) -> list[str]:
        """The cells of a column, one for each row; what is missing is empty. Raises ValueError for another name."""
        if name not in self.names:
            there = ", ".join(f"“{each}”" for each in self.names)
            raise ValueError(f"the table has no column “{name}”: its columns are {there}")
        at = self.names.index(name)
        return [row[at] if at < len(row) else "" for row in self.rows]

    @cached_property
    def of_sentences(self) -> str:
        """The column that holds English sentences, by what stands in its cells; without English, the first of sentences."""
        columns = self._begin
        told = {name: columns[name] for name in self.of_words} or columns
        length = {name: _mean(len(cell.split()) for cell in cells) for name, cells in told.items()}
        longest = max(length.values())
        english = {
            name: _mean(len(_ENGLISH.findall(cell.replace("’", "'").lower())) for cell in cells)
            for name, cells in told.items()
            if length[name] >= longest / 2
        }
        return max(english, key=lambda name: english[name])  # of equals the first

    @cached_property
    def of_words(self) -> tuple[str, ...]:
        """The columns that hold something to be read: no numbers, no licence, and not always the same."""
        return tuple(name for name, cells in self._begin.items() if cells and not _is_note(cells))

    @cached_property
    def _begin(self) -> dict[str, list[str]]:
        """What stands in the first rows of each column."""
        seen = self.rows[:_LOOKED_AT]
        return {name: [row[at] for row in seen if at < len(row) and row[at]] for at, name in enumerate(self.names)}


def _mean(numbers: Iterable[float]) -> float:
    found = list(numbers)
    return sum(found) / max(1, len(found))


def _is_note(cells: Sequence[str]) -> bool:
    """Whether a column holds numbers, a licence, or always the same: no sentences."""
    return (
        all(map(_is_number, cells))
        or _mean(bool(_LICENCE.search(cell)) for cell in cells) > 0.5
        or (len(cells) > 1 and len(set(cells)) == 1)
    )


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def read_table(content: bytes) -> Table:
    """The table of a file whose cells stand between tabs, semicolons or commas.

    Raises   ValueError as `core.text_files.read_text`, and for what is no table.
    """
    return _table(checked(content))


def read_sentences(content: bytes) -> list[str] | Table:
    """The lines of a text file; its table, where every line holds as many tabs. Raises ValueError as `read_table`."""
    text = checked(content)
    lines = [line for line in text.split("\n") if line.strip()]
    if "\t" in lines[0].strip() and _everywhere("\t", lines):
        rows = _rows(lines, "\t")
        if len(rows) > 1 or not _names_columns(rows[0], rows[1:]):
            return _table(text)
    return [" ".join(line.split()) for line in text.split("\n")]


def _table(text: str) -> Table:
    lines = text.split("\n")
    filled = [line for line in lines if line.strip()]
    separator = next((each for each in "\t;" if _everywhere(each, filled[:_LOOKED_AT])), None)
    if separator is None:
        separator = max(",;\t", key=filled[0].count)
    first, *rest = rows = _rows(lines, separator)
    if not any(map(any, rows)):
        raise ValueError("every cell of the table is empty: fill them, and bring it again")
    while not any(first):
        first, *rest = rest
    if len(first) > COLUMNS:
        raise ValueError(f"the table has {len(first):,} columns: at most {COLUMNS} are read; keep those with sentences")
    named = _names_columns(first, rest)
    longer = next((number for number, row in enumerate(rest, len(rows) - len(rest) + 1) if len(row) > len(first)), None)
    if longer and named:
        raise ValueError(
            f"line {longer} has more cells than the first line has names: put sentences with commas in quotes"
        )
    if not rest and named:
        raise ValueError("the table has one line: the first line names the columns, the sentences stand below it")
    width = len(first) if named else min(COLUMNS, max(map(len, rows)))
    return Table(_unlike(first if named else ("",) * width), tuple(rest if named else rows), named)


def _everywhere(separator: str, lines: Sequence[str]) -> bool:
    """Whether all lines have as many of a separator, at least one."""
    counts = {line.count(separator) for line in lines}
    return len(counts) == 1 and 0 not in counts


def _rows(lines: Sequence[str], separator: str) -> list[tuple[str, ...]]:
    """The rows of lines, each cell in one line; quotes are no part of a cell that they hold together."""
    if separator == "\t" and _everywhere("\t", [line for line in lines if line.strip()]):
        # sentences begin with quotes that hold nothing together
        cells = ([_unquoted(cell) for cell in line.split("\t")] if line.strip() else [] for line in lines)
    else:
        cells = csv.reader(io.StringIO("\n".join(lines)), delimiter=separator)
    try:
        return [tuple(" ".join(cell.split()) for cell in row) for row in cells]
    except csv.Error as error:
        raise ValueError(f"the table cannot be read ({error}): save it as CSV again") from None


def _unquoted(cell: str) -> str:
    inner = cell[1:-1].replace('""', "")
    whole = len(cell) > 1 and cell.startswith('"') and cell.endswith('"') and '"' not in inner
    return cell[1:-1].replace('""', '"') if whole else cell


def _names_columns(first: Sequence[str], rest: Sequence[Sequence[str]]) -> bool:
    """Whether a first row names columns: it is no row like the others, by any of its cells."""
    for at, cell in enumerate(first):
        below = [row[at] for row in rest[:_LOOKED_AT] if at < len(row) and row[at]]
        if _LICENCE.search(cell) or (cell and cell in below):
            return False
        for sign in (_is_number, _SENTENCE.search):
            if sign(cell) and _mean(bool(sign(each)) for each in below or [cell]) > 0.5:
                return False
    return True


def _unlike(names: Sequence[str]) -> tuple[str, ...]:
    """Names of columns that are told apart: an empty one is a number, one that was there is counted."""
    made: list[str] = []
    for number, name in enumerate(names, 1):
        wanted = name or f"column {number}"
        found, copies = wanted, 1
        while found in made:
            copies += 1
            found = f"{wanted} ({copies})"
        made.append(found)
    return tuple(made)


def as_csv(rows: Iterable[Iterable[Any]]) -> bytes:
    """Rows as a CSV file in UTF-8. No spreadsheet takes a cell of it for a formula: such a one gets an apostrophe before it."""
    out = io.StringIO()
    csv.writer(out).writerows([_harmless(cell) for cell in row] for row in rows)
    # the mark at the start tells spreadsheets that this is UTF-8
    return out.getvalue().encode("utf-8-sig")


def _harmless(cell: Any) -> Any:
    if isinstance(cell, str) and cell.lstrip(" ").startswith(FORMULA) and not _is_number(cell):
        return f"'{cell}"
    return cell
