"""Intervene in a decoder: force where it looks, what it writes, or a whole row of weights. All of it is in the link."""

import itertools
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from functools import partial

import streamlit as st
from torch import Tensor

from core.numerals import listed
from core.sequence.decoding import Interventions, Room, all_weight_on
from core.sequence.trained import TrainedTranslator, Translation
from core.sequence.transformer import TrainedTransformer, TransformerTranslation
from core.sequence.vocabulary import as_written
from pages.parts import messages, translations, url_state
from pages.parts.controls import Controls
from pages.parts.number_table import NumberTable, edit_tables
from pages.parts.words import Token

UNIT = 5e-3  # how far a row that somebody wrote may be from 1
# said where all heads or all words are shown: a click there chooses one to look at
FORCED_THERE = " A look is forced where one map is shown alone: at the step cross-attention."
_NAMES = ("look", "write", "rowof", "row")
Spell = Callable[[str], Sequence[tuple[int, str]]]
Words = Callable[[Sequence[int]], list[tuple[list[int], str]]]


def _laid_out(weights: Sequence[float], columns: int) -> url_state.Rows:
    """Weights as they lie in a table of so many columns."""
    return tuple(tuple(weights[first : first + columns]) for first in range(0, len(weights), columns))


def _shares(rows: url_state.Rows) -> tuple[float, ...]:
    """All weights of such a table, row by row; what is below 0 counts as 0."""
    return tuple(max(0.0, weight) for row in rows for weight in row)


def _whole(row: tuple[float, ...]) -> bool:
    """Whether a row sums to 1, so that it is used."""
    return abs(sum(row) - 1) <= UNIT


@dataclass(frozen=True)
class Argued:
    """What somebody argues with: what was written, and what was looked at, by name.

    own       the weights that were wanted, (target, source); None where no row of them can be written.
    spell     the ids of a word, and how each is written; raises ValueError in words.
    words     the words that ids side by side spell: the places of each, and its text.
    n_ids     how many different ids there are; never: those among them that nobody writes.
    example   a word that can be written.
    place     what one place is called of those that are looked at; columns: how many of them lie side by side.
    """

    target: Sequence[Token]
    source: Sequence[Token]
    own: Tensor | None
    spell: Spell
    words: Words
    n_ids: int
    never: Collection[int]
    example: str = "maison"
    place: str = "piece of the source"
    columns: int = 1


def of_translation(
    translator: TrainedTranslator | TrainedTransformer, now: Translation | TransformerTranslation
) -> Argued:
    """A translation, as somebody argues with it."""
    vocabulary = translator.vocabulary

    def spell(word: str) -> list[tuple[int, str]]:
        return [(id_, as_written(vocabulary.piece(id_))) for id_ in vocabulary.spell(word)]

    def words(ids: Sequence[int]) -> list[tuple[list[int], str]]:
        pieces = vocabulary.group(ids)
        places = [[place for place, of in enumerate(pieces.word_of) if of == word] for word in range(len(pieces.words))]
        return [
            (at, text or as_written(vocabulary.piece(ids[at[0]])))
            for at, text in zip(places, pieces.words, strict=True)
        ]

    return Argued(
        translations.tokens(now.target, vocabulary),
        translations.tokens(now.source, vocabulary),
        None if now.weights is None else now.own,
        spell,
        words,
        len(vocabulary),
        (vocabulary.pad, vocabulary.start),
    )


@dataclass(frozen=True)
class LinkedInterventions:
    """The names under which one page keeps its interventions in the link."""

    prefix: str

    def name(self, what: str) -> str:
        return f"{self.prefix}_{what}"

    def forget_on_another(self, text: str) -> None:
        """Places of one sentence mean nothing in another: what was forced goes when the sentence changes."""
        about = self.name("argued_about")
        if st.session_state.get(about, text) != text:
            self.clear()
        st.session_state[about] = text

    def clear(self) -> None:
        for what in _NAMES:
            url_state.write(self.name(what), "")

    @url_state.silent()
    def look(self, step: int, place: int) -> None:
        """Look at one source piece alone at a step, in place of a row that was written there; asked again, no longer."""
        if step in url_state.integers(self.name("rowof"))[:1]:
            self._forget_row()
        url_state.toggle_pair(self.name("look"), step, place)
        st.session_state[self.name("at")] = step

    def write(self, step: int, id_: int) -> None:
        """Write this piece at a step; asked again, no longer."""
        url_state.toggle_pair(self.name("write"), step, id_)
        st.session_state[self.name("at")] = step

    def of_link(self, room: Room, temperature: float = 1.0, columns: int = 1) -> Interventions:
        """What the link forces, over a picture in so many columns. What cannot be is said; a row that does not sum to 1 is not
        used."""
        n_source, steps = room.n_source, f"a step from 0 to {room.longest - 1}"
        seen = f"pairs such as 0.3, of {steps} and a place from 0 to {n_source - 1} that is looked at"
        written = f"pairs such as 0.9, of {steps} and the number of a token, below {room.vocab_size}, that is no mark"
        looks = sorted(url_state.pairs_that(room.looks, self.name("look"), seen))
        tokens = sorted(dict(url_state.pairs_that(room.writes, self.name("write"), written)).items())
        rows = dict((step, all_weight_on(place, n_source)) for step, place in looks)
        if (edited := self.row(n_source, columns)) is not None:
            step, row = edited
            if step >= room.longest:
                url_state.ignored(self.name("rowof"), steps, None)
            elif _whole(row):
                rows[step] = tuple(weight / sum(row) for weight in row)
        return Interventions(tuple(tokens), tuple(sorted(rows.items())), temperature)

    def row(self, n_source: int, columns: int = 1) -> tuple[int, tuple[float, ...]] | None:
        """The row that somebody writes, and its step."""
        steps = url_state.integers(self.name("rowof"))
        if not steps or url_state.read(self.name("row")) is None:
            return None
        row = _shares(url_state.table(self.name("row"), _laid_out([0.0] * n_source, columns)))
        return (steps[0], row) if sum(row) > 0 else None

    def opened(self, forcing: Interventions) -> bool:
        """Whether the panel is open when the page is: where the link forces something.

        As it stood at first: an expander that is told otherwise closes under the hands of who works in it.
        """
        return st.session_state.setdefault(self.name("argue_open"), forcing.forces)

    @url_state.silent()  # what the link forces in vain was told when it was read for the figure
    def panel(self, argued: Argued) -> None:
        """The controls: force a word, edit a row where one can be, see and take back what is forced."""
        places = [f"{step} {token.text}" for step, token in enumerate(argued.target, 1)]
        with st.container(horizontal=True, vertical_alignment="bottom"):
            forced = [step for what in ("look", "write") for step, _ in url_state.pairs(self.name(what))]
            first = min((*url_state.integers(self.name("rowof")), *sorted(forced), 0)[0], len(places) - 1)
            at = st.selectbox("At step", range(len(places)), first, format_func=places.__getitem__, key=self.name("at"))
            at = min(at or 0, len(places) - 1)
            st.text_input("Write this word there", key=self.name("word"), placeholder=argued.example, max_chars=40)
            st.button("Write it", key=self.name("write_it"), on_click=self._spell, args=(argued.spell, at))
        if note := st.session_state.get(self.name("note")):
            st.text(note)  # holds the word as it was typed
        if argued.own is not None:
            self._rows(at, argued, argued.own[at])
        self._standing(argued)

    @url_state.silent()
    def _spell(self, spell: Spell, step: int) -> None:
        # read here: who types and clicks at once sends both together, and what the last run read is the word before
        note, word = self.name("note"), st.session_state.get(self.name("word")) or ""
        try:
            spelled = spell(word)
        except ValueError as error:
            st.session_state[note] = messages.begun(f"{error}.")
            return
        # what was forced behind it belonged to another continuation
        before = {at: id_ for at, id_ in url_state.pairs(self.name("write")) if at < step}
        pairs = before | {step + i: id_ for i, (id_, _) in enumerate(spelled)}
        url_state.write_pairs(self.name("write"), pairs)
        pieces = " · ".join(piece for _, piece in spelled)
        st.session_state[note] = (
            f"“{word}” is one piece of the vocabulary."
            if len(spelled) == 1
            else f"“{word}” is no piece of the vocabulary: it is written in {len(spelled)}, {pieces}."
        )

    def _rows(self, at: int, argued: Argued, own: Tensor) -> None:
        """A row of weights to edit, and an offer to bring its sum to 1."""
        if not st.toggle("Edit the weights of this step", key=self.name("editing"), bind="query-params"):
            return
        n_source = len(argued.source)
        written = self.row(n_source, argued.columns)
        if written is None:
            url_state.write(self.name("rowof"), str(at))
        elif written[0] != at:
            st.caption(f"The row that you edited is that of step {written[0] + 1}.")
            st.button("Edit this step in its place", key=self.name("other_row"), on_click=self._forget_row)
            return
        st.caption(f"Step {at + 1}. A weight for each {argued.place}; together they should be 1.")
        looks = dict(url_state.pairs(self.name("look")))
        used = all_weight_on(looks[at], n_source) if looks.get(at, n_source) < n_source else own.tolist()
        start = _laid_out([round(weight, 4) for weight in used], argued.columns)
        names = [token.text for token in argued.source[:: argued.columns]]
        found = edit_tables(Controls(self.prefix), [NumberTable("row", "a", "key", start, names)])["row"]
        total = sum(_shares(found))
        if any(weight < 0 for row in found for weight in row):
            messages.problem(self.name("row"), "A weight is below 0.", "Weights are shares: 0 is used in its place.")
        if total == 0:
            messages.problem(
                self.name("sum"), "All weights of the row are 0.", f"Give at least one {argued.place} a weight."
            )
        elif not _whole(_shares(found)):
            messages.problem(
                self.name("sum"),
                f"The row sums to {total:.2f}.",
                "Weights of one row sum to 1. It is not used until then.",
            )
            st.button("Divide it by its sum", key=self.name("normalise"), on_click=self._normalise, args=(found,))

    def _forget_row(self) -> None:
        url_state.write(self.name("row"), "")

    @url_state.silent()
    def _unwrite(self, steps: tuple[int, ...]) -> None:
        url_state.write_pairs(
            self.name("write"), {step: id_ for step, id_ in url_state.pairs(self.name("write")) if step not in steps}
        )

    def _written(self, argued: Argued) -> list[tuple[tuple[int, ...], str]]:
        """What is forced to be written, word by word: the steps of a word's pieces, and its text."""
        pairs = [
            (step, id_)
            for step, id_ in sorted(url_state.pairs(self.name("write")))
            if id_ < argued.n_ids and id_ not in argued.never and step < len(argued.target)
        ]
        words = []
        for _, run in itertools.groupby(enumerate(pairs), key=lambda numbered: numbered[1][0] - numbered[0]):
            steps, ids = zip(*(pair for _, pair in run), strict=True)
            words += [(tuple(steps[place] for place in places), text) for places, text in argued.words(ids)]
        return words

    def _normalise(self, rows: url_state.Rows) -> None:
        shares = _shares(rows)
        whole = _laid_out([round(share / sum(shares), 4) for share in shares], len(rows[0]))
        url_state.write_table(self.name("row"), whole, ())

    def _standing(self, argued: Argued) -> None:
        """What is forced now, each with a way back."""
        source, n_target = argued.source, len(argued.target)
        written = self.row(len(source), argued.columns)
        told: list[tuple[str, Callable[[], None]]] = [
            (f"step {step + 1} looks at “{source[place].text}” alone", partial(self.look, step, place))
            for step, place in sorted(url_state.pairs(self.name("look")))
            if place < len(source) and step < n_target and not (written and written[0] == step and _whole(written[1]))
        ]
        for steps, text in self._written(argued):
            where = (
                f"step {steps[0] + 1} writes" if len(steps) == 1 else f"steps {steps[0] + 1} to {steps[-1] + 1} write"
            )
            told.append((f"{where} “{text}”", partial(self._unwrite, steps)))
        if written is not None and written[0] < n_target:
            used = "" if _whole(written[1]) else ", once it sums to 1"
            told.append((f"step {written[0] + 1} has the row of weights that you wrote{used}", self._forget_row))
        forced = {step for what in ("look", "write") for step, _ in url_state.pairs(self.name(what))}
        if waiting := sorted(step + 1 for step in forced if step >= n_target):
            st.caption(
                f"Nothing is written at {'step' if len(waiting) == 1 else 'steps'} {listed([str(step) for step in waiting])}: "
                "what the link forces there waits until something is."
            )
        for number, (words, undo) in enumerate(told):
            with st.container(horizontal=True, vertical_alignment="center"):
                st.text(f"✎ {words}")
                st.button("Take back", key=self.name(f"undo_{number}"), on_click=undo)
        if any(url_state.read(self.name(what)) is not None for what in ("look", "write", "row")):
            st.button("Take everything back", key=self.name("undo_all"), on_click=self.clear)


@dataclass(frozen=True)
class LinkedCells:
    """Which words are forced to look at one cell of a picture, as one page keeps it in the link."""

    prefix: str
    room: Room

    @property
    def name(self) -> str:
        return f"{self.prefix}_look"

    def of_link(self) -> tuple[tuple[int, int], ...]:
        """Words and their cells. What cannot be is said."""
        last = self.room.n_source - 1
        accepted = f"pairs such as 0.{last}, of a word from 0 to {self.room.longest - 1} and a cell from 0 to {last}"
        return tuple(dict(sorted(url_state.pairs_that(self.room.looks, self.name, accepted))).items())

    @url_state.silent()
    def toggle(self, word: int, cell: int) -> None:
        """Look at one cell alone at a word; asked again, no longer."""
        url_state.write_pairs(self.name, dict(self.of_link()))  # of a look that cannot be, nothing stays in the link
        url_state.toggle_pair(self.name, word, cell)

    def clear(self) -> None:
        url_state.write(self.name, "")
