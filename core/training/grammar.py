"""English and an invented language of French words, which a small translator learns in seconds: adjectives stand before an
English noun, and behind one of the other language, in the opposite order.

    the big old red car sees a dog  ->  la voiture rouge vieille grande voit un chien
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

PAD, START, END = "·", "<s>", "</s>"
LONGEST_TRAINED: Final = 3  # adjectives before one noun
LONGEST: Final = 5

# English: masculine and feminine French
ADJECTIVES: Final = {
    "big": ("grand", "grande"),
    "small": ("petit", "petite"),
    "old": ("vieux", "vieille"),
    "new": ("neuf", "neuve"),
    "red": ("rouge", "rouge"),
    "green": ("vert", "verte"),
    "white": ("blanc", "blanche"),
    "black": ("noir", "noire"),
}
# English: French and 0 for masculine, 1 for feminine
NOUNS: Final = {
    "car": ("voiture", 1),
    "house": ("maison", 1),
    "table": ("table", 1),
    "cow": ("vache", 1),
    "dog": ("chien", 0),
    "cat": ("chat", 0),
    "bird": ("oiseau", 0),
    "horse": ("cheval", 0),
}
VERBS: Final = {"sees": "voit", "wants": "veut", "finds": "trouve", "has": "a"}
DETERMINERS: Final = {"the": ("le", "la"), "a": ("un", "une")}

_SOURCE: Final = (*DETERMINERS, *ADJECTIVES, *NOUNS, *VERBS)
_TARGET: Final = tuple(
    dict.fromkeys(
        [form for forms in (*DETERMINERS.values(), *ADJECTIVES.values()) for form in forms]
        + [word for word, _ in NOUNS.values()]
        + list(VERBS.values())
    )
)
# one table of words for both languages; a word that is spelled alike in both has two places
VOCABULARY: Final = (PAD, START, END, *(f"en {word}" for word in _SOURCE), *(f"fr {word}" for word in _TARGET))
_ID: Final = {word: place for place, word in enumerate(VOCABULARY)}


@dataclass(frozen=True)
class Sentence:
    """A sentence of the grammar with its translation; gold[t] is the place of the word that target word t translates."""

    source: tuple[str, ...]
    target: tuple[str, ...]
    gold: tuple[int, ...]

    @property
    def content(self) -> list[int]:
        """The places of nouns and adjectives in the target."""
        function = {form for forms in DETERMINERS.values() for form in forms} | set(VERBS.values())
        return [place for place, word in enumerate(self.target) if word not in function]

    def ids(self) -> tuple[list[int], list[int]]:
        """Source and target as places of VOCABULARY, with the mark of the end."""
        return (
            [*(_ID[f"en {word}"] for word in self.source), _ID[END]],
            [*(_ID[f"fr {word}"] for word in self.target), _ID[END]],
        )


# Functions of their own, not within `parse`: tests check the types of every function that is made, and a training makes
# thousands of sentences.
Word = tuple[int, str]


def _take(rest: list[Word], kind: str, known: Sequence[str]) -> Word:
    """The next word with its place, taken from those that are left."""
    if rest and rest[0][1] in known:
        return rest.pop(0)
    got = f"“{rest[0][1]}” stands" if rest else "the sentence ends"
    raise ValueError(f"{got} where {kind} is expected: use one of {', '.join(known)}")


def _noun_phrase(rest: list[Word]) -> Sentence:
    """The next words up to a noun, taken from those that are left."""
    place, determiner = _take(rest, "a determiner", tuple(DETERMINERS))
    adjectives = []
    while rest and rest[0][1] in ADJECTIVES:
        adjectives.append(rest.pop(0))
    if len(adjectives) > LONGEST:
        raise ValueError(f"{len(adjectives)} adjectives stand before one noun: at most {LONGEST} are read")
    known = tuple(NOUNS) if len(adjectives) == LONGEST else (*NOUNS, *ADJECTIVES)
    at, noun = _take(rest, "an adjective or a noun", known)
    french, gender = NOUNS[noun]
    turned = adjectives[::-1]
    return Sentence(
        (determiner, *(word for _, word in adjectives), noun),
        (DETERMINERS[determiner][gender], french, *(ADJECTIVES[word][gender] for _, word in turned)),
        (place, at, *(spot for spot, _ in turned)),
    )


def parse(text: str) -> Sentence:
    """A sentence that somebody typed.

    Raises   ValueError naming the word that does not fit and the words that would.
    """
    rest = list(enumerate(text.lower().replace(".", " ").split()))
    subject = _noun_phrase(rest)
    place, verb = _take(rest, "a verb", tuple(VERBS))
    object_ = _noun_phrase(rest)
    if rest:
        raise ValueError(f"“{rest[0][1]}” follows a sentence that is complete: end it before that word")
    return Sentence(
        (*subject.source, verb, *object_.source),
        (*subject.target, VERBS[verb], *object_.target),
        (*subject.gold, place, *object_.gold),
    )


def draw(rng: random.Random, adjectives: Sequence[int] = range(LONGEST_TRAINED + 1)) -> Sentence:
    """A random sentence with so many adjectives before each noun."""
    return parse(" ".join([*_drawn_phrase(rng, adjectives), rng.choice(list(VERBS)), *_drawn_phrase(rng, adjectives)]))


def _drawn_phrase(rng: random.Random, adjectives: Sequence[int]) -> list[str]:
    some = rng.sample(list(ADJECTIVES), rng.choice(adjectives))
    return [rng.choice(list(DETERMINERS)), *some, rng.choice(list(NOUNS))]
