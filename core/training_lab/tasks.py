"""What can be learned in seconds: a row is read, a mark says now, and what belongs behind it is to be written.

Rows of letters to be copied, turned round, sorted or asked about, sentences of a small grammar, small pictures, and what the
visitor brings (`core.training_lab.own`).
"""

import math
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Final, Literal

import torch
from jaxtyping import Float, Int
from torch import Tensor

from core.analysis.patch_attention import grid_names
from core.training import grammar, shapes

Name = Literal[
    "copy",
    "reverse",
    "sort",
    "adjective and noun",
    "first letter",
    "A before B",
    "small pictures",
    "your text",
    "your pairs",
]
PAD, NOW, END = "·", "→", "∎"
MARKS: Final = (PAD, NOW, END)
LETTERS: Final = tuple("abcdefgh")
YES, NO = "yes", "no"
SHORTEST: Final = 2  # letters of a row
MOST: Final = 24
TESTED: Final = 64
SHOWN: Final = 3  # examples beside the one that is watched
SIDE: Final = 4  # patches side by side in a picture, and pixels side by side in a patch
# the seed of the examples that a network is measured on; those it learns from are drawn from the learner's
TEST_SEED: Final = 1_000_003


@dataclass(frozen=True, eq=False)
class Example:
    """What is read and what is to be written.

    gold      of each token that is to be written, the place in the source that it repeats or translates; -1 = none.
    patches   of a picture, whose squares are the source; None = the source is tokens.
    """

    source: tuple[str, ...]
    target: tuple[str, ...]
    gold: tuple[int, ...] = ()
    patches: Float[Tensor, "source numbers"] | None = None


@dataclass(frozen=True, eq=False)
class Task:
    """Something to be learned.

    vocabulary   all tokens, MARKS first.
    context      tokens of the longest row, the mark and the end included.
    draw         an example out of random numbers; parse: one that somebody typed, or a ValueError in words.
    tests        examples that are never learned from.
    first        what is watched before anybody types.
    says         what it asks for, in a sentence.
    prose        one text without source and mark, of which every token is to be guessed from those before it.
    ends         whether the end of what is written is to be written, too.
    between      what stands between two tokens where an example is typed.
    note         what became of what the visitor brought, in words.
    """

    name: str
    vocabulary: tuple[str, ...]
    context: int
    draw: Callable[[random.Random], Example]
    parse: Callable[[str], Example]
    tests: tuple[Example, ...]
    first: str
    says: str
    prose: bool = False
    ends: bool = True
    between: str = " "
    note: str = ""
    ids: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.ids.update({word: place for place, word in enumerate(self.vocabulary)})

    @property
    def d_patch(self) -> int:
        """Numbers of a patch of its pictures; 0 for tokens."""
        patches = self.tests[0].patches
        return 0 if patches is None else patches.shape[1]

    @property
    def guessing(self) -> float:
        """The loss of who takes every token that may be written for equally likely, in nats."""
        return math.log(len(self.vocabulary) - len(MARKS) + self.ends)

    def shown(self, example: Example) -> list[Example]:
        """One that is watched, and beside it some that are never learned from."""
        others = [
            each for each in self.tests if each is not example and (self.d_patch or each.source != example.source)
        ]
        return [example, *others[:SHOWN]]

    def typed(self, example: Example) -> str:
        """What somebody types to watch one of its tests: a picture has its number."""
        return str(self.tests.index(example)) if self.d_patch else self.between.join(example.source)

    @property
    def most(self) -> int:
        """Tokens that are written at most."""
        return max(len(each.target) for each in self.tests) + 2


@dataclass(frozen=True, eq=False)
class Rows:
    """What a network reads.

    ids       tokens; behind the patches, where there are some.
    begins    tokens of the source of each row: the mark stands there. 0 in prose.
    lengths   tokens of each row, patches included; what stands behind them is padding.
    """

    ids: Int[Tensor, "batch tokens"]
    patches: Float[Tensor, "batch patches numbers"] | None
    begins: Int[Tensor, "batch"]
    lengths: Int[Tensor, "batch"]


@dataclass(frozen=True, eq=False)
class Batch:
    """Rows, and behind each of their tokens the one that should follow; 0 where nobody asks."""

    rows: Rows
    wanted: Int[Tensor, "batch tokens"]


def batch(task: Task, examples: list[Example] | tuple[Example, ...]) -> Batch:
    """Examples with the true tokens in them, side by side."""
    ids, end = task.ids, [task.ids[END]] * task.ends
    read, wanted, begins, lengths = [], [], [], []
    for each in examples:
        target = [*(ids[word] for word in each.target), *end]
        source = [] if each.patches is not None else [ids[word] for word in each.source]
        row = [*source, *target] if task.prose else [*source, ids[NOW], *target]
        before = len(each.source)
        asked = row[1:] if task.prose else [*[0] * before, *target]
        read.append(row[:-1])
        wanted.append(asked)
        begins.append(0 if task.prose else before)
        lengths.append(len(asked))
    patches = [each.patches for each in examples if each.patches is not None]
    rows = Rows(_padded(read), torch.stack(patches) if patches else None, torch.tensor(begins), torch.tensor(lengths))
    return Batch(rows, _padded(wanted))


def asked(task: Task, examples: list[Example] | tuple[Example, ...], room: int) -> Rows:
    """What is read before the first token is written, with room for so many behind it."""
    ids = task.ids
    mark = [] if task.prose else [ids[NOW]]
    sources = [[] if each.patches is not None else [ids[word] for word in each.source] for each in examples]
    patches = [each.patches for each in examples if each.patches is not None]
    lengths = torch.tensor([len(each.source) + len(mark) for each in examples])
    begins = torch.zeros_like(lengths) if task.prose else lengths - 1
    rows = _padded([[*source, *mark, *[0] * room] for source in sources])
    return Rows(rows, torch.stack(patches) if patches else None, begins, lengths)


def _padded(rows: list[list[int]]) -> Int[Tensor, "batch tokens"]:
    width = max(map(len, rows))
    return torch.tensor([[*row, *[0] * (width - len(row))] for row in rows])


# rows of letters ---------------------------------------------------------------------------------------------------


def _copied(source: tuple[str, ...]) -> Example:
    return Example(source, source, tuple(range(len(source))))


def _reversed(source: tuple[str, ...]) -> Example:
    return Example(source, source[::-1], tuple(reversed(range(len(source)))))


def _sorted(source: tuple[str, ...]) -> Example:
    order = sorted(range(len(source)), key=lambda place: source[place])
    return Example(source, tuple(source[place] for place in order), tuple(order))


def _first(source: tuple[str, ...]) -> Example:
    return Example(source, source[:1], (0,))


def _before(source: tuple[str, ...]) -> Example:
    return Example(source, (YES if source.index("a") < source.index("b") else NO,), (-1,))


_OF_LETTERS: Final[dict[str, tuple[Callable[[tuple[str, ...]], Example], str, str]]] = {
    "copy": (_copied, "Write the letters again, in their order.", "c a f e b a d e"),
    "reverse": (_reversed, "Write the letters again, the last one first.", "c a f e b a d e"),
    "sort": (_sorted, "Write the letters in the order of the alphabet.", "c a f e b a d e"),
    "first letter": (_first, "However many letters stand behind it: write the first one.", "c a f e b a d e"),
    "A before B": (_before, "One a and one b stand among the letters: is the a before the b?", "c d b e f a h g"),
}


def _of_letters(name: str, longest: int) -> Task:
    made, says, first = _OF_LETTERS[name]
    asks_order = name == "A before B"
    draw = partial(_draw_letters, made, longest, asks_order)
    answers = (YES, NO) if asks_order else ()
    test = random.Random(TEST_SEED)
    writes = 1 if name in ("first letter", "A before B") else longest
    return Task(
        name,
        (*MARKS, *LETTERS, *answers),
        longest + writes + 2,
        draw,
        partial(_parse_letters, made, asks_order),
        tuple(draw(test) for _ in range(TESTED)),
        first,
        says,
        ends=writes > 1,
    )


def _draw_letters(
    made: Callable[[tuple[str, ...]], Example], longest: int, asks_order: bool, rng: random.Random
) -> Example:
    length = rng.randint(SHORTEST, longest)
    if not asks_order:
        return made(tuple(rng.choices(LETTERS, k=length)))
    letters = ["a", "b", *rng.choices(LETTERS[2:], k=length - 2)]
    rng.shuffle(letters)
    return made(tuple(letters))


def _parse_letters(made: Callable[[tuple[str, ...]], Example], asks_order: bool, text: str) -> Example:
    letters = tuple("".join(text.lower().split()))
    if strange := next((letter for letter in letters if letter not in LETTERS), None):
        raise ValueError(f"“{strange}” is none of its letters: it knows {LETTERS[0]} to {LETTERS[-1]}")
    if not SHORTEST <= len(letters) <= MOST:
        raise ValueError(f"there are {len(letters)} letters: {SHORTEST} to {MOST} are read")
    if asks_order and (letters.count("a") != 1 or letters.count("b") != 1):
        raise ValueError(f"there are {letters.count('a')} a and {letters.count('b')} b: the question needs one of each")
    return made(letters)


# sentences and pictures --------------------------------------------------------------------------------------------


def _of_grammar() -> Task:
    words = dict.fromkeys(word.partition(" ")[2] for word in grammar.VOCABULARY[len(MARKS) :])
    test = random.Random(TEST_SEED)
    longest = 2 * (grammar.LONGEST + 2) + 1
    return Task(
        "adjective and noun",
        (*MARKS, *words),
        2 * longest + 2,
        _draw_sentence,
        _parse_sentence,
        tuple(_draw_sentence(test) for _ in range(TESTED)),
        "the big red car sees a dog",
        "Translate a sentence: adjectives stand before an English noun, and behind a French one, in the opposite order.",
    )


def _draw_sentence(rng: random.Random) -> Example:
    drawn = grammar.draw(rng)
    return Example(drawn.source, drawn.target, drawn.gold)


def _parse_sentence(text: str) -> Example:
    read = grammar.parse(text)
    return Example(read.source, read.target, read.gold)


def _of_pictures() -> Task:
    tests = tuple(_pictures(TESTED, TEST_SEED))
    return Task(
        "small pictures",
        (*MARKS, *shapes.SHAPES),
        SIDE * SIDE + 2,
        _draw_picture,
        partial(_parse_picture, tests),
        tests,
        "0",
        f"A picture of {SIDE * SIDE} patches is read, row by row: name the shape that is on it.",
        ends=False,
    )


def _draw_picture(rng: random.Random) -> Example:
    return _pictures(1, rng.randrange(1 << 30))[0]


def _pictures(n: int, seed: int) -> list[Example]:
    images, labels = shapes.draw(n, seed)
    squares = images[:, 0].unfold(1, SIDE, SIDE).unfold(2, SIDE, SIDE).flatten(3).flatten(1, 2)
    names = grid_names(SIDE, SIDE)
    return [
        Example(names, (shapes.SHAPES[label],), (-1,), patches)
        for patches, label in zip(squares, labels.tolist(), strict=True)
    ]


def pixels(example: Example) -> Float[Tensor, "height width"]:
    """The picture that patches were cut from, from 0 to 1. Raises ValueError for an example without patches."""
    if example.patches is None:
        raise ValueError("the example is of tokens and has no picture: ask for those of “small pictures”")
    squares = example.patches.unflatten(0, (SIDE, SIDE)).unflatten(2, (SIDE, SIDE))
    return (squares.transpose(1, 2).flatten(2).flatten(0, 1) + 1) / 2


def _parse_picture(tests: tuple[Example, ...], text: str) -> Example:
    number = text.strip()
    if not (number.isascii() and number.isdigit() and int(number) < TESTED):
        raise ValueError(f"the pictures that it never saw are counted: type a whole number from 0 to {TESTED - 1}")
    return tests[int(number)]


def build(name: str, longest: int) -> Task:
    """A task of ours. longest: letters of the longest row that is learned from, where it is one of letters.

    Raises   ValueError for a length that is no length.
    """
    if name == "adjective and noun":
        return _of_grammar()
    if name == "small pictures":
        return _of_pictures()
    if not SHORTEST < longest <= MOST:
        raise ValueError(f"rows of up to {longest} letters cannot be drawn: choose {SHORTEST + 1} to {MOST}")
    return _of_letters(name, longest)
