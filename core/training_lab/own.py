"""What a visitor brings to be learned: a text, letter by letter, or pairs of words out of a table."""

import random
from collections import Counter
from functools import partial
from typing import Final

from core import settings
from core.numerals import how_many
from core.tables import Table, read_table
from core.training_lab.tasks import MARKS, TEST_SEED, TESTED, Example, Task

LEAST_TEXT: Final = 200  # characters: with fewer there is nothing to be tested on
SIGNS: Final = 256  # that a network tells apart
UNKNOWN: Final = "▢"
LEAST_PAIRS: Final = 4
MOST_PAIRS: Final = 5000
MOST_TOKENS: Final = 24  # of each side of a pair
WORDS: Final = 1000
# what columns of pairs are called where somebody gave them names, what is read first
_CALLED: Final = (
    ("source", "target"),
    ("src", "tgt"),
    ("input", "output"),
    ("question", "answer"),
    ("from", "to"),
    ("x", "y"),
    ("english", "french"),
    ("eng", "fra"),
    ("en", "fr"),
    ("singular", "plural"),
    ("one", "many"),
)
_HELD_BACK: Final = 10  # one of so many is never learned from
TEXT: Final = (
    "The fox sat by the wall and the wall was warm. The sun went down, and the moon went up. The fox saw the moon in the "
    "pond and the pond was cold. The owl saw the fox, and the fox saw the owl. The owl said: who are you? The fox said: "
    "I am the fox by the wall. The owl went up to the moon, and the fox went down to the pond. The moon was in the pond, "
    "and the owl was in the moon. The fox said: the pond is the moon of the fox. The owl said: the moon is the pond of the "
    "owl. The sun went up, and the moon went down. The wall was warm, and the fox sat by the wall."
)
PAIRS: Final = (
    "one,many\ncat,cats\ndog,dogs\nbird,birds\nbox,boxes\nfox,foxes\nbus,buses\nbaby,babies\ncity,cities\nlady,ladies\n"
    "day,days\nboy,boys\ntoy,toys\nkey,keys\ntree,trees\nhouse,houses\ntable,tables\nchair,chairs\nlamp,lamps\n"
    "glass,glasses\nclass,classes\nkiss,kisses\nwish,wishes\ndish,dishes\nbrush,brushes\nbench,benches\nlunch,lunches\n"
    "story,stories\nparty,parties\nberry,berries\nfairy,fairies\npony,ponies\ntax,taxes\nmix,mixes\nbook,books\n"
    "hand,hands\nring,rings\nking,kings\nsong,songs\nship,ships\nstar,stars\ncar,cars\nplane,planes\nstone,stones"
)


def text_task(text: str, window: int) -> Task:
    """A text that is learned letter by letter, in windows of so many. Its last tenth is never learned from.

    Raises   ValueError saying how much there is, and how much is needed or accepted.
    """
    text = " ".join(text.split())
    if len(text) > settings.MAX_UPLOAD_BYTES:
        raise ValueError(
            f"the text has {len(text):,} characters: at most {settings.MAX_UPLOAD_BYTES:,} are read; shorten it"
        )
    if len(text) < LEAST_TEXT:
        more = "1 character" if len(text) == 1 else f"{len(text)} characters"
        raise ValueError(f"the text has {more}: at least {LEAST_TEXT} are needed, to learn from and to be tested on")
    counted = Counter(text)
    known = {sign for sign, _ in counted.most_common(SIGNS)} - set(MARKS)
    text = "".join(sign if sign in known else UNKNOWN for sign in text)
    unknown = sum(count for sign, count in counted.items() if sign not in known)
    window = min(window, len(text) // 5)
    kept = max(len(text) // _HELD_BACK, window + 2)
    learned, held = text[:-kept], text[-kept:]
    vocabulary = (*MARKS, *sorted(known | {UNKNOWN} if unknown else known))
    note = f" Of {len(counted)} signs the rarest are read as {UNKNOWN}: {unknown} in all." if unknown else ""
    test = random.Random(TEST_SEED)
    tests = tuple(_cut(held, window, test) for _ in range(min(TESTED, 4 * len(held) // window + 1)))
    return Task(
        "your text",
        vocabulary,
        2 * window + 2,
        partial(_cut, learned, window),
        partial(_begun, frozenset(vocabulary), {each.source: each for each in tests}, window),
        tests,
        "".join(tests[0].source),
        f"Guess every letter from those before it, in windows of {window}.",
        prose=True,
        ends=False,
        between="",
        note=f"{len(learned):,} characters are learned from, the last {len(held):,} are not.{note}",
    )


def _cut(text: str, window: int, rng: random.Random) -> Example:
    """A window out of a text: its first half to be read, its second to be written."""
    start = rng.randint(0, len(text) - window - 1)
    piece = tuple(text[start : start + window + 1])
    half = window // 2
    return Example(piece[:half], piece[half:], (-1,) * (len(piece) - half))


def _begun(known: frozenset[str], held: dict[tuple[str, ...], Example], window: int, text: str) -> Example:
    """A beginning; the whole example, where it is one that was never learned from."""
    if tuple(text) in held:
        return held[tuple(text)]
    if not text.strip():
        raise ValueError("there is no letter to go on from: type how the text begins")
    if len(text) > window:
        raise ValueError(f"the beginning has {len(text)} characters: at most {window} are read; shorten it")
    if strange := next((sign for sign in text if sign not in known or sign in MARKS), None):
        raise ValueError(f"“{strange}” does not stand in the text that is learned: type letters of that text")
    return Example(tuple(text), (), ())


def pairs_table(content: str) -> Table:
    """The table that pairs stand in. Raises ValueError as `core.tables.read_table`, and for a table of one column."""
    table = read_table(content.encode())
    if len(table.names) < 2:
        raise ValueError(
            "the table has one column: pairs need two, with a comma, a semicolon or a tab between what is read and "
            "what is to be written"
        )
    return table


def columns_of(table: Table) -> tuple[str, str]:
    """What is read and what is to be written: columns called so; else the first two that hold words, or the first two."""
    plain = {name.casefold(): name for name in table.names}
    for source, target in _CALLED:
        if source in plain and target in plain:
            return plain[source], plain[target]
    first, second, *_ = table.of_words if len(table.of_words) > 1 else table.names
    return first, second


def pairs_task(content: str, source: str = "", target: str = "") -> Task:
    """Pairs out of two columns of a table: what stands in `source` is read, what stands in `target` is to be written.

    source, target   names of columns; "" = as `columns_of` finds them.

    Letter by letter where no cell holds a space, else word by word. One pair of ten is never learned from.

    Raises   ValueError as `pairs_table`, for a column that is not there, for the same one twice, and where there are no pairs
             to learn from.
    """
    table = pairs_table(content)
    found = columns_of(table)
    reads = source or next(name for name in found if name != target)
    writes = target or next(name for name in reversed(found) if name != reads)
    if reads == writes:
        raise ValueError(f"both are the column “{reads}”: choose one to be read and another to be written")
    both = [pair for pair in zip(table.column(reads), table.column(writes), strict=True) if all(pair)]
    by_word = any(" " in cell for pair in both for cell in pair)
    split = [tuple(tuple(cell.split()) if by_word else tuple(cell) for cell in pair) for pair in both]
    unit = "words" if by_word else "letters"
    fit = [
        pair
        for pair in dict.fromkeys(split)
        if all(len(side) <= MOST_TOKENS and not {*side} & {*MARKS} for side in pair)
    ]
    taken = fit[:MOST_PAIRS]
    if len(taken) < LEAST_PAIRS:
        raise ValueError(
            f"{how_many(len(taken), 'pair')} can be read: at least {LEAST_PAIRS} are needed, of at most "
            f"{MOST_TOKENS} {unit} on each side"
        )
    known = dict.fromkeys(token for pair in taken for side in pair for token in side)
    if len(known) > WORDS:
        raise ValueError(
            f"the pairs are made of {len(known):,} {unit}: at most {WORDS:,} are told apart; bring fewer pairs"
        )
    order = random.Random(TEST_SEED).sample(range(len(taken)), len(taken))
    held = {*order[: max(1, len(taken) // _HELD_BACK)]}
    made = [_pair(pair) for pair in taken]
    learned = [each for place, each in enumerate(made) if place not in held]
    tests = tuple(made[place] for place in order if place in held)[:TESTED]
    left = len(both) - len(taken)
    lost = f" {left} more were left out: twice there, or longer than {MOST_TOKENS} {unit}." if left else ""
    named = " The first line names the columns." if table.named else ""
    between = " " if by_word else ""
    return Task(
        "your pairs",
        (*MARKS, *known),
        2 * MOST_TOKENS + 2,
        partial(_one_of, learned),
        partial(_parse_pair, {each.source: each for each in made}, frozenset(known), by_word),
        tests,
        between.join(tests[0].source),
        f"Read “{reads}”, write “{writes}”, in {unit}.",
        between=between,
        note=f"{len(learned)} pairs are learned from, {len(tests)} are not.{lost}{named}",
    )


def _pair(pair: tuple[tuple[str, ...], ...]) -> Example:
    source, target = pair
    return Example(source, target, (-1,) * len(target))


def _one_of(examples: list[Example], rng: random.Random) -> Example:
    return rng.choice(examples)


def _parse_pair(made: dict[tuple[str, ...], Example], known: frozenset[str], by_word: bool, text: str) -> Example:
    source = tuple(text.split()) if by_word else tuple(" ".join(text.split()))
    if not source:
        raise ValueError("nothing is there to be read: type the first of a pair")
    if len(source) > MOST_TOKENS:
        raise ValueError(
            f"{len(source)} {'words' if by_word else 'letters'} were typed: at most {MOST_TOKENS} are read"
        )
    if strange := next((token for token in source if token not in known), None):
        raise ValueError(f"“{strange}” stands in none of the pairs: type what is made of theirs")
    return made.get(source, Example(source, (), ()))
