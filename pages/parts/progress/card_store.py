"""Recall in the database of progress: a row for each answer to a card, and the cards that a visitor wrote or brought.

Several tabs and processes may write at once: an answer has its number among those to its card, so that of two that were
given to the same card at once one is counted, and none is lost.
"""

import time
from collections.abc import Iterable
from typing import Final, NamedTuple

from sqlalchemy import Column, Engine, Integer, MetaData, String, Table, Text, delete, func, insert, select
from sqlalchemy.exc import IntegrityError, SQLAlchemyError
from sqlalchemy.schema import CreateTable

from pages.parts.progress.identity import YEAR

_ALL: Final = MetaData()
_ANSWERS: Final = Table(
    "recall_answers",
    _ALL,
    Column("learner", String(32), primary_key=True),
    Column("card", String(40), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("score", Integer, nullable=False),
    Column("at", Integer, nullable=False),
)
_DECKS: Final = Table(
    "recall_decks",
    _ALL,
    Column("learner", String(32), primary_key=True),
    Column("deck", String(40), primary_key=True),
    # MySQL's own would end at 64 KB; PostgreSQL takes no number
    Column("text", Text().with_variant(Text(16_000_000), "mysql", "mariadb"), nullable=False),
    Column("at", Integer, nullable=False),
)


class Answer(NamedTuple):
    """One answer: to which card, the how-manieth to it from 0, its score, and when, in seconds since 1970."""

    card: str
    number: int
    score: int
    at: int


class CardStore:
    """The answers and decks of all visitors. Every method raises what the database raises."""

    def __init__(self, engine: Engine):
        self._engine = engine
        try:
            self._prepare()
        except SQLAlchemyError:
            self._prepare()  # another process was making the tables at the same time

    def _prepare(self) -> None:
        with self._engine.begin() as connection:
            for table in (_ANSWERS, _DECKS):
                connection.execute(CreateTable(table, if_not_exists=True))
        with self._engine.begin() as connection:
            # of whoever answered nothing for a year the cookie is gone, so nobody can ask for these
            old = int(time.time()) - YEAR
            late = select(_ANSWERS.c.learner).where(_ANSWERS.c.at >= old)
            for table in (_ANSWERS, _DECKS):
                connection.execute(delete(table).where(table.c.at < old, table.c.learner.not_in(late)))

    def read(self, learner: str) -> tuple[list[Answer], dict[str, str]]:
        """All answers of a visitor, those to a card in their order, and the texts of all decks by name."""
        columns = [_ANSWERS.c[name] for name in Answer._fields]
        asked = select(*columns).where(_ANSWERS.c.learner == learner).order_by(_ANSWERS.c.card, _ANSWERS.c.number)
        decks = select(_DECKS.c.deck, _DECKS.c.text).where(_DECKS.c.learner == learner).order_by(_DECKS.c.at)
        with self._engine.connect() as connection:
            answers = [Answer._make(row) for row in connection.execute(asked)]
            return answers, {deck: text for deck, text in connection.execute(decks)}

    def answer(self, learner: str, answers: Iterable[Answer]) -> bool:
        """Keep answers; whether all that this visitor gave are known here: False where another tab gave one meanwhile."""
        known = True
        for each in answers:
            try:
                with self._engine.begin() as connection:
                    connection.execute(insert(_ANSWERS).values(learner=learner, **each._asdict()))
            except IntegrityError:  # another tab answered this card for the same time: that one counts
                known = False
        return known

    def count(self, learner: str) -> int:
        """How many answers are kept."""
        asked = select(func.count()).select_from(_ANSWERS).where(_ANSWERS.c.learner == learner)
        with self._engine.connect() as connection:
            return connection.execute(asked).scalar_one()

    def take_back(self, learner: str, answer: Answer) -> bool:
        """Delete an answer, if it is the last one to its card; whether it was there."""
        of_card = (_ANSWERS.c.learner == learner, _ANSWERS.c.card == answer.card)
        with self._engine.begin() as connection:
            last = connection.execute(select(func.max(_ANSWERS.c.number)).where(*of_card)).scalar()
            if last != answer.number:
                return False
            same = (_ANSWERS.c.number == answer.number, _ANSWERS.c.at == answer.at)
            return bool(connection.execute(delete(_ANSWERS).where(*of_card, *same)).rowcount)

    def put(self, learner: str, deck: str, text: str) -> None:
        """Keep a deck, in place of the one of its name; an empty text deletes it."""
        with self._engine.begin() as connection:
            connection.execute(delete(_DECKS).where(_DECKS.c.learner == learner, _DECKS.c.deck == deck))
            if text:
                row = {"learner": learner, "deck": deck, "text": text, "at": int(time.time())}
                connection.execute(insert(_DECKS).values(**row))

    def erase(self, learner: str) -> int:
        """Delete everything of a visitor; how many rows there were."""
        with self._engine.begin() as connection:
            gone = [connection.execute(delete(table).where(table.c.learner == learner)) for table in (_ANSWERS, _DECKS)]
        return sum(each.rowcount for each in gone)
