"""What the link says about things that no widget holds: orders, cells, tables. The link is the state.

Anything impossible in it falls back to the default, and the page says what was ignored.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar

import streamlit as st

from pages.parts.messages import literal

# What the link last said that was there, by name.
_WAS_THERE = "url_state_was_there"
# What was written since the page was last run whole, by name: the values before, and the value now.
_WRITTEN = "url_state_written"

Rows = tuple[tuple[float, ...], ...]
LARGEST_NUMBER = 99.0
LONGEST_SAID = 40  # signs of what was ignored that the page says again
_NUMBER = re.compile(r"-?[0-9]{1,3}(\.[0-9]{1,4})?")
_SILENT: ContextVar[bool] = ContextVar("silent", default=False)


@contextmanager
def silent() -> Iterator[None]:
    """What is ignored meanwhile is not told: the page tells it where it reads the link first, and a callback tells nothing,
    since what it draws takes the place of what the page drew first."""
    before = _SILENT.set(True)
    try:
        yield
    finally:
        _SILENT.reset(before)


def read(name: str) -> str | None:
    """What the link says. A request that crossed our answer on its way comes with the link of before: that loses nothing."""
    text = st.query_params.get(name)
    before, now = st.session_state.get(_WRITTEN, {}).get(name, (frozenset(), None))
    if text == now or text not in before:
        return text
    _put(name, now)
    return now


def opened() -> None:
    """A page is run whole, with the link that it is asked for with."""
    st.session_state.pop(_WRITTEN, None)


def integers(name: str, digits: int = 3, accepted: str = "whole numbers with commas between them") -> tuple[int, ...]:
    """`?name=2,0,1` as numbers of 0 or more, of so many digits at most; none where the link names none."""
    text = read(name)
    if text is None:
        return ()
    if re.fullmatch(rf"[0-9]{{1,{digits}}}(,[0-9]{{1,{digits}}}){{0,511}}", text):
        return tuple(int(item) for item in text.split(","))
    return ignored(name, accepted, ())


def two_of(name: str, count: int) -> tuple[int, int] | None:
    """`?name=2,5` as two different ones of so many that are counted from 0; None where the link names none."""
    text = read(name)
    if text is None:
        return None
    if re.fullmatch(r"[0-9]{1,3},[0-9]{1,3}", text):
        first, second = map(int, text.split(","))
        if first != second and max(first, second) < count:
            return first, second
    return ignored(name, f"two different numbers from 0 to {count - 1} with a comma between them", None)


def layer_and_head(name: str, n_layers: int, n_heads: int) -> tuple[int, int] | None:
    """`?name=3,1` as a layer and a head, both counted from 0; None where the link names none that is there."""
    accepted = f"a layer from 0 to {n_layers - 1} and a head from 0 to {n_heads - 1}, such as 0,0"
    found = integers(name, accepted=accepted)
    fits = len(found) == 2 and found[0] < n_layers and found[1] < n_heads
    return (found[0], found[1]) if is_there(name, found, fits, accepted) else None


def one_of(name: str, count: int, what: str, default: int) -> int:
    """`?name=3` as one of so many that are counted from 0; the default where the link names none that is there."""
    accepted = f"a {what} from 0 to {count - 1}"
    found = integers(name, digits=6, accepted=accepted)
    fits = len(found) == 1 and found[0] < count
    return found[0] if is_there(name, found, fits, accepted) else default


def is_there(name: str, found: tuple[int, ...], fits: bool, accepted: str, rest: str = "") -> bool:
    """Whether the link names what is there: numbers that fit. What never was is told; what was, until another model or another
    picture took its place, leaves the link without a word. rest: what stays of it."""
    known = st.session_state.setdefault(_WAS_THERE, {})
    if fits:
        known[name] = read(name)
    elif found and known.get(name) == read(name):
        del known[name]
        write(name, rest)
    elif found:
        ignored(name, accepted, None)
    return fits


def pairs(name: str) -> frozenset[tuple[int, int]]:
    """`?name=0.3,2.1` as pairs of numbers of 0 or more."""
    text = read(name)
    if not text:
        return frozenset()
    if re.fullmatch(r"[0-9]{1,3}\.[0-9]{1,6}(,[0-9]{1,3}\.[0-9]{1,6}){0,4095}", text):
        return frozenset((int(a), int(b)) for a, b in (item.split(".") for item in text.split(",")))
    return ignored(name, "pairs such as 0.3 with commas between them", frozenset())


def pairs_that(fit: Callable[[int, int], bool], name: str, accepted: str) -> frozenset[tuple[int, int]]:
    """The same pairs without those that cannot be, of which the page says so."""
    found = pairs(name)
    lost = sorted(pair for pair in found if not fit(*pair))
    if lost:
        ignored(name, accepted, None, ",".join(f"{first}.{second}" for first, second in lost))
    return found.difference(lost)


def table(name: str, default: Rows) -> Rows:
    """`?name=1,0;0,1` as rows of numbers, as many and as long as the default's."""
    text = read(name)
    if text is None:
        return default
    rows = tuple(tuple(row.split(",")) for row in text.split(";"))
    if [len(row) for row in rows] == [len(row) for row in default]:
        cells = [cell for row in rows for cell in row]
        if all(_NUMBER.fullmatch(cell) and abs(float(cell)) <= LARGEST_NUMBER for cell in cells):
            return tuple(tuple(float(cell) for cell in row) for row in rows)
    shape = f"{len(default)} rows of {len(default[0])} numbers between −99 and 99"
    return ignored(name, shape, default)


def write(name: str, value: str) -> None:
    """Put a value into the link; an empty one leaves it."""
    written = st.session_state.setdefault(_WRITTEN, {})
    before, _ = written.get(name, (frozenset(), None))
    written[name] = (before | {read(name)}, value or None)
    _put(name, value)


def _put(name: str, value: str | None) -> None:
    if value:
        st.query_params[name] = value
    elif name in st.query_params:
        del st.query_params[name]


def write_pairs(name: str, found: Mapping[int, int]) -> None:
    """Put pairs into the link, one for each first number."""
    write(name, ",".join(f"{first}.{second}" for first, second in sorted(found.items())))


@silent()
def toggle_pair(name: str, first: int, second: int) -> None:
    """Put a pair into the link in place of any other with its first number; asked again, take it away."""
    found = dict(sorted(pairs(name)))
    if found.get(first) == second:
        del found[first]
    else:
        found[first] = second
    write_pairs(name, found)


def write_table(name: str, rows: Rows, default: Rows) -> None:
    """Put a table into the link, unless it is the default one."""
    text = ";".join(",".join(f"{cell:g}" for cell in row) for row in rows)
    write(name, "" if rows == default else text)


def ignored(name: str, accepted: str, default, got: str | None = None):
    """Fall back, and say so: what was got is a visitor's words, by default what the link says now."""
    if not _SILENT.get():
        got = " ".join((read(name) or "" if got is None else got).split())
        said = literal(got if len(got) <= LONGEST_SAID else f"{got[:LONGEST_SAID]} …")
        st.caption(f"The link's “{name}” was ignored: it should be {accepted}, not “{said}”.")
    return default
