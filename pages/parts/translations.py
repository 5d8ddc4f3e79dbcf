"""From a sentence in a text box to a translation with all its numbers, and words for all that can go wrong."""

from collections.abc import Callable, Mapping, Sequence
from difflib import SequenceMatcher
from html import escape
from typing import TypeVar

import streamlit as st

from core.lessons import looking_back
from core.memory import kept_for_all_if
from core.models import lexicon
from core.models.errors import ModelError
from core.sequence.decoding import Interventions
from core.sequence.trained import Translation
from core.sequence.transformer import TransformerTranslation
from core.sequence.vocabulary import MARKS, Pieces, Vocabulary, foreign
from pages.parts import messages
from pages.parts.words import Token

SENTENCE = "My brother wants a red car and my sister wants a white cat."
EXAMPLES = (
    SENTENCE,
    "I saw a white cat and a black dog in the garden.",
    "She gave me an old book that her father had written.",
)

END = "the end"  # what the mark of it means
GUESS = 0.3  # translations of our examples lie above 0.4, those of words that were never learned about 0.2
LONGEST_WORD = 24  # signs of a word that is said again
R = TypeVar("R")
Made = Translation | TransformerTranslation


@kept_for_all_if(lambda name, text, beam, interventions: text in EXAMPLES and not interventions.forces)
def translate(name: str, text: str, beam: int, interventions: Interventions) -> Translation:
    """What a translator makes of a text, as looking_back.translate. It is remembered: what it makes of our own examples for
    everybody, what somebody wrote or forced for that visitor alone."""
    return looking_back.translate(name, text, beam, interventions)


def understand(text: str, key: str, translate: Callable[[str], R]) -> R | None:
    """What translate makes of a text; None after saying why there is nothing. What it last made stays on the screen.

    key   of the box.
    """
    kept = f"{key}_kept"
    if not text.strip():
        messages.empty("Type an English sentence above, or start from one of these", key, EXAMPLES)
        return None
    try:
        found = translate(text)
    except ModelError as error:
        messages.problem(key, "The translator cannot be used.", f"{error}.")
        return None
    except ValueError as error:
        last = st.session_state.get(kept)
        more = " Below is your last sentence." if last else ""
        messages.problem(key, "This text cannot be translated.", f"{error}.{more}", EXAMPLES)
        return translate(last) if last else None
    st.session_state[kept] = text
    if met := foreign(text):
        word, script = met
        st.caption(
            f"“{messages.literal(word[:LONGEST_WORD])}” is written in {script} letters. These translators learned English "
            "alone: what they make of it is noise."
        )
    return found


def doubts(made: Made, vocabulary: Vocabulary) -> str:
    """What should be known of a translation that is no good: letters never seen, an end that never came, a mere guess."""
    told = []
    if any(piece.startswith("<0x") for piece in made.source_tokens):
        told.append(
            "It never saw some of these letters: they are read byte by byte (<0x…>), and what is made of them is noise."
        )
    if made.target.ids and made.target.ids[-1] != vocabulary.end:
        told.append(f"It did not come to an end: it is stopped after {len(made.target.ids)} pieces.")
    if made.target.ids and (mean := made.mean_probability) < GUESS:
        told.append(
            f"By its own account this is a guess: a probability of {mean:.2f} for a piece, on average (the geometric mean). What "
            "it seldom or never learned comes out like this."
        )
    return " ".join(told)


def tokens(pieces: Pieces, vocabulary: Vocabulary, forced: Sequence[int] = ()) -> list[Token]:
    """Pieces as they stand on the screen, with ✎ before what somebody forced."""
    shown = zip(vocabulary.shown(pieces), pieces.ids, strict=True)
    return [
        Token(("✎ " if place in forced else "") + text, vocabulary.piece(id_) in MARKS)
        for place, (text, id_) in enumerate(shown)
    ]


def compare(made: Mapping[str, Made], vocabulary: Vocabulary) -> None:
    """Translations under their names, each with what should be known of it, and what it has otherwise than the first."""
    (_, first), *_ = made.items()
    for name, each in made.items():
        words = differences(first.text, each.text)
        st.caption(name + (" · bold: otherwise than above" if any(other for _, other in words) else ""))
        glossed(words, vocabulary)
        if told := doubts(each, vocabulary):
            st.caption(told)
    explain()


def meanings(pieces: Pieces, vocabulary: Vocabulary) -> list[Token]:
    """For each piece what its French word means."""
    told = lexicon.load().of(pieces.words)
    pairs = zip(pieces.ids, pieces.word_of, strict=True)
    return [Token(END if vocabulary.piece(id_) in MARKS else told[word]) for id_, word in pairs]


def as_words(pieces: Sequence[str]) -> list[str]:
    """What each of these pieces means where it is a whole word."""
    told = lexicon.load().of(pieces)
    return [END if piece in MARKS else meaning for piece, meaning in zip(pieces, told, strict=True)]


def glossed(words: Sequence[tuple[str, bool]], vocabulary: Vocabulary) -> None:
    """A French text, each word with what it means below it; words that are said to be other ones are bold."""
    shown = []
    for word, other in words:
        told = [one for one in lexicon.load().of(vocabulary.read(word).words) if any(map(str.isalnum, one))]
        text = f"<b>{escape(word)}</b>" if other else escape(word)
        below = " ".join(told) or lexicon.UNKNOWN
        # a sign alone means nothing that could stand below it
        is_word = any(map(str.isalnum, word))
        shown.append(f'<ruby>{text}<rt lang="en">{escape(below)}</rt></ruby>' if is_word else text)
    st.html(f'<p class="glossed" lang="fr">{" ".join(shown) or "(nothing)"}</p>')


def explain() -> None:
    """Where the meanings below the words come from, and how often they are right."""
    figures = lexicon.load().figures
    st.caption(
        "Below each French word: what it means by itself, not in this sentence. Nobody wrote that dictionary: it is counted "
        f"in the {figures['made']['pairs']:,} pairs of sentences that the translators learned from. "
        f"{measured(figures.get('measured', {}))}{lexicon.UNKNOWN} stands where no one English word answers to it, as often "
        "for de or que."
    )


def measured(sets: Mapping[str, Mapping[str, float]]) -> str:
    """How often the dictionary knows a word and is right, over sets of sentences that people aligned; "" without any."""
    if not sets:
        return ""
    known, right = ([each[name] for each in sets.values()] for name in ("known", "right"))
    return (
        f"In sentences in which people marked which English word a French one translates, it has {min(known):.0%} to "
        f"{max(known):.0%} of these French words, and gives {min(right):.0%} to {max(right):.0%} of them the marked meaning, "
        "first or among others. "
    )


def differences(first: str, second: str) -> list[tuple[str, bool]]:
    """The words of the second text, and whether each is another one than in the first, or not there at all."""
    before, words = first.split(), second.split()
    same = SequenceMatcher(None, before, words, autojunk=False).get_matching_blocks()
    kept = {place for block in same for place in range(block.b, block.b + block.size)}
    return [(word, place not in kept) for place, word in enumerate(words)]


def origin(name: str) -> str:
    """Where the numbers of a translator come from."""
    return (
        f"Real numbers of {name}, trained for this course on short Tatoeba sentences, computed on {looking_back.device()}. A "
        "piece with ## goes on with the word before it, ␣ is a space"
    )
