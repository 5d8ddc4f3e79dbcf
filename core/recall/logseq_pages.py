"""Pages of Logseq with cards in them: read as they are, and given back as they were but for what was answered here.

A card is a block tagged #card; what stands below it is the answer. The lines of a page are never made anew: only the
values of its `card-…::` properties change, and only on cards that were answered after the page was brought.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from core import settings
from core.recall import logseq
from core.recall.cards import Card, name_of
from core.recall.schedulers import DAY, Review, Scheduled, Standing

_BULLET: Final = re.compile(r"^\ufeff?([\t ]*)-(?:[ \t]+(.*))?$")
_PROPERTY: Final = re.compile(r"^[\t ]*([\w.-]+)::(?:[ \t]+(.*))?$")
_TAG: Final = re.compile(r"(?:^|(?<=\s))#(?:\[\[card\]\]|card)(?=\s|$)")
_TAGS: Final = 20  # at the end of a question
_TITLE: Final = re.compile(r"^\ufeff?title:{1,2}[ \t]*(.+?)[ \t\r]*$", re.MULTILINE)
_UNSHOWN: Final = re.compile(r"^(card-.*|id|collapsed|background-color)$")
# what Logseq keeps of a card
SCHEDULE: Final = (
    *("card-last-interval", "card-repeats", "card-ease-factor"),
    *("card-next-schedule", "card-last-reviewed", "card-last-score"),
)
_ANSWERED: Final = re.compile(
    rf"^(?P<bullet>\ufeff?[\t ]*-)?[\t ]*(?:{'|'.join(SCHEDULE)})::[^\r]*(?P<end>\r?)$", re.IGNORECASE
)
LATEST: Final = 4_102_444_800  # 2100-01-01: a later date in a file is a mistake in it


@dataclass(frozen=True)
class _Block:
    """Where a block stands in the lines of its page: its own lines, then those below it."""

    first: int
    own_end: int
    end: int


def read(text: str, name: str, now: int) -> tuple[Card, ...]:
    """The cards of a page.

    name     what the page is called where it does not say so itself.
    now      seconds since 1970: a last answer in the future is taken as given now.
    Raises   ValueError for a page without a card, or with too many.
    """
    lines = [line.removesuffix("\r") for line in text.split("\n")]
    titled = _TITLE.search(text)
    deck = titled[1] if titled else name
    found: dict[str, Card] = {}
    blocks = _cards(lines)
    if len(blocks) > settings.MAX_CARDS:
        raise ValueError(too_many(len(blocks)))
    for block in blocks:
        card = _card(lines, block, deck, now)
        found.setdefault(card.name, card)
    if not found:
        raise ValueError(
            "the page holds no card: a card is a block with the tag #card, its answer stands below it; tag one in Logseq"
        )
    return tuple(found.values())


def too_many(count: int) -> str:
    """Words for a deck that is too large."""
    return f"the deck has {count:,} cards: at most {settings.MAX_CARDS:,} are accepted; bring it in parts"


def written(text: str, standings: Mapping[str, Standing]) -> str:
    """The page with what was answered. standings: of those cards alone that were answered here, as Logseq schedules them."""
    lines = text.split("\n")
    bare = [line.removesuffix("\r") for line in lines]
    done = set()
    for block in reversed(_cards(bare)):  # from the end, so that the places of the others stay
        asks, said = _own(bare, block)
        name = _name(asks, said)
        if name in standings and name not in done:
            _put(lines, bare, block, properties(standings[name]))
            done.add(name)
    return "\n".join(lines)


def unscheduled(text: str) -> str:
    """The page without what it says of answers: for others, who begin with these cards.

    Also where a block is none of the cards that `read` finds: it may be one by a property of its own, or have been one.
    """
    lines = ((line, _ANSWERED.match(line)) for line in text.split("\n"))
    return "\n".join(
        line if told is None else told["bullet"] + told["end"] for line, told in lines if told is None or told["bullet"]
    )


def page(cards: Iterable[Card], standings: Mapping[str, Standing]) -> str:
    """A new page of cards that no page held: each with its answer below it."""
    made = ["title:: Attention Lab", ""]
    for card in cards:
        asks, *more = _plain(card.asks).split("\n")
        made += [f"- {asks} #card", *(f"  {line}" for line in more)]
        if card.name in standings and standings[card.name].last:
            made += [f"  {key}:: {value}" for key, value in properties(standings[card.name]).items()]
        made += [f"\t- {line}" for line in _plain(card.says).split("\n")]
    return "\n".join(made) + "\n"


def _plain(text: str) -> str:
    """A text whose lines begin no block of their own and are no property."""
    kept = (re.sub(r"^[\t ]*(?:- ?)+", "", line) for line in text.splitlines())
    return "\n".join(line.replace("::", ":\u200b:") if _PROPERTY.match(line) else line for line in kept if line.strip())


def _cards(lines: list[str]) -> list[_Block]:
    """The blocks that are cards, in the order of the page. What stands between fences of code begins no block."""
    begins, tagged, fenced = [], set(), False
    for at, line in enumerate(lines):
        bullet = None if fenced else _BULLET.match(line)
        if bullet:
            begins.append((at, _depth(bullet[1])))
        if not fenced and _TAG.search(line) and not _PROPERTY.match(line):
            tagged.add(at)
        if line.count("```") % 2:
            fenced = not fenced
    found, open_cards = [], []
    for at, (first, depth) in enumerate([*begins, (len(lines), -1)]):
        while open_cards and open_cards[-1][2] >= depth:
            began, own_end, _ = open_cards.pop()
            found.append(_Block(began, own_end, first))
        if first < len(lines):
            own_end = begins[at + 1][0] if at + 1 < len(begins) else len(lines)
            if not tagged.isdisjoint(range(first, own_end)):
                open_cards.append((first, own_end, depth))
    return sorted(found, key=lambda block: block.first)


def _depth(indent: str) -> int:
    return sum(2 if sign == "\t" else 1 for sign in indent)


def _own(lines: list[str], block: _Block) -> tuple[str, dict[str, str]]:
    """The question of a card without its tags, and its properties."""
    kept, said = [], {}
    for at in range(block.first, block.own_end):
        line = lines[at]
        if at > block.first and (found := _PROPERTY.match(line)):
            said[found[1].lower()] = (found[2] or "").strip()
            continue
        match = _BULLET.match(line) if at == block.first else None
        kept.append((match[2] or "") if match else line.strip())
    asks = "\n".join(kept).strip()
    return _untagged(asks) or asks, said


def _untagged(asks: str) -> str:
    """A question without the tags that stand at its end, and without the one that makes a card of it."""
    for _ in range(_TAGS):
        before, _, last = asks.rpartition(" ")
        if not last.startswith("#"):
            break
        asks = before.rstrip()
    return "\n".join(line.rstrip() for line in _TAG.sub("", asks).split("\n")).strip()


def _name(asks: str, said: Mapping[str, str]) -> str:
    return (said.get("id") or name_of(asks))[:40]


def _card(lines: list[str], block: _Block, deck: str, now: int) -> Card:
    asks, said = _own(lines, block)
    answer = [
        line
        for line in lines[block.own_end : block.end]
        if not ((found := _PROPERTY.match(line)) and _UNSHOWN.match(found[1].lower()))
    ]
    least = min((len(line) - len(line.lstrip()) for line in answer if line.strip()), default=0)
    says = "\n".join(line[least:].replace("\t", "  ") for line in answer).strip()
    return Card(_name(asks, said), asks, says, deck, known=scheduled(said, now))


def scheduled(said: Mapping[str, str], now: int) -> Scheduled | None:
    """What the properties say; None where they say nothing that can be used."""
    last, due = _seconds(said.get("card-last-reviewed")), _seconds(said.get("card-next-schedule"))
    repeats = _number(said.get("card-repeats"), 0.0)
    if last is None or repeats < 1:
        return None
    interval = min(logseq.LONGEST, _number(said.get("card-last-interval"), 0.0))
    ease = max(logseq.LEAST_EASE, min(10.0, _number(said.get("card-ease-factor"), 2.5)))
    score = int(min(5, max(0, _number(said.get("card-last-score"), 5.0))))
    last = min(last, now)
    due = last + round(max(0, interval) * DAY) if due is None else min(due, last + round(logseq.LONGEST * DAY))
    return Scheduled(logseq.State(interval, int(min(1000, repeats)), ease), Review(score, last), due)


def _number(said: str | None, otherwise: float) -> float:
    try:
        found = float(said or "")
    except ValueError:
        return otherwise
    return found if abs(found) < 1e9 else otherwise  # neither infinite nor no number


def _seconds(said: str | None) -> int | None:
    """A date of a file in seconds since 1970; None for what is none."""
    try:
        found = datetime.fromisoformat((said or "").strip().replace("Z", "+00:00"))
        seconds = int((found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp())
    except (ValueError, OverflowError):
        return None
    return min(LATEST, max(0, seconds))


def properties(standing: Standing) -> dict[str, Any]:
    """What Logseq keeps of a card, by the names of SCHEDULE."""
    state, last = standing.state, standing.last or Review(0, 0)
    learned = (f"{state.interval:g}", state.repeats, f"{state.ease:g}")
    told = (*learned, _date(standing.due or last.at), _date(last.at), last.score)
    return dict(zip(SCHEDULE, told, strict=True))


def _date(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")


def _put(lines: list[str], bare: list[str], block: _Block, said: Mapping[str, Any]) -> None:
    """Write the properties of a card into the lines of its page: in place, or below its first line."""
    left = dict(said)
    for at in range(block.first + 1, block.own_end):
        found = _PROPERTY.match(bare[at])
        if found and found[1].lower() in left:
            end = lines[at][len(bare[at]) :]
            lines[at] = f"{bare[at][: bare[at].index('::')]}:: {left.pop(found[1].lower())}{end}"
    first = bare[block.first]
    indent = (_BULLET.match(first) or [first, ""])[1]
    end = lines[block.first][len(first) :]
    lines[block.first + 1 : block.first + 1] = [f"{indent}  {key}:: {value}{end}" for key, value in left.items()]
