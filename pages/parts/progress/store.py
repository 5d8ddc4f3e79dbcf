"""Progress in a database: a row for each thing that a visitor did, and nothing of what was typed.

Several processes may share the database, so nothing of it is remembered here.
"""

import time
from collections.abc import Collection, Iterable
from typing import Any, Final, NamedTuple

from sqlalchemy import Column, Engine, Integer, MetaData, String, Table, case, delete, event, insert, select, update
from sqlalchemy.engine import make_url
from sqlalchemy.exc import IntegrityError, SQLAlchemyError
from sqlalchemy.schema import CreateTable

from pages.parts.progress.identity import YEAR

PATIENCE: Final = 0.25  # seconds that a locked file may hold up a page
_SERVER: Final = {"connect_timeout": 2}
_WAITS: Final = {"sqlite": {"timeout": PATIENCE}, "postgresql": _SERVER, "mysql": _SERVER, "mariadb": _SERVER}
_TABLE: Final = Table(
    "progress",
    MetaData(),
    Column("learner", String(32), primary_key=True),
    Column("lesson", String(40), primary_key=True),
    Column("kind", String(10), primary_key=True),
    Column("item", String(40), primary_key=True),
    Column("value", Integer, nullable=False),
    Column("at", Integer, nullable=False),
)


class Done(NamedTuple):
    """One thing that was done.

    lesson   the address of its page.
    kind     opened, step (value: the furthest one), played (to the end), question (value: 1 if right), answered (all
             questions were checked), claim.
    item     which question, which claim.
    at       when, in seconds since 1970.
    """

    lesson: str
    kind: str
    item: str
    value: int
    at: int


def options(address: str) -> dict[str, Any]:
    """How to connect to a database at this address without holding up a page."""
    # a message that goes to the log names no visitor
    return {
        "connect_args": _WAITS.get(make_url(address).get_backend_name(), {}),
        "hide_parameters": True,
        "pool_timeout": 1,
    }


class Store:
    """The rows of all visitors. Every method raises what the database raises."""

    def __init__(self, engine: Engine):
        self.engine = engine
        if engine.dialect.name == "sqlite":
            event.listen(engine, "connect", _tuned)
        try:
            self._prepare()
        except SQLAlchemyError:
            self._prepare()  # another process was making the table at the same time

    def _prepare(self) -> None:
        with self.engine.begin() as connection:
            connection.execute(CreateTable(_TABLE, if_not_exists=True))
        with self.engine.begin() as connection:
            # the cookie is gone by then, so nobody can ask for these
            connection.execute(delete(_TABLE).where(_TABLE.c.at < int(time.time()) - YEAR))

    def read(self, learner: str) -> list[Done]:
        """All that a visitor did."""
        columns = [_TABLE.c[name] for name in Done._fields]
        with self.engine.connect() as connection:
            return [Done._make(row) for row in connection.execute(select(*columns).where(_TABLE.c.learner == learner))]

    def write(self, learner: str, rows: Collection[Done]) -> None:
        """Keep what was done, in one short transaction. The larger value of a thing stays."""
        try:
            self._write(learner, rows)
        except IntegrityError:
            self._write(learner, rows)  # another process wrote the same between our look and our writing

    def _write(self, learner: str, rows: Iterable[Done]) -> None:
        with self.engine.begin() as connection:
            for row in rows:
                which = {"learner": learner, "lesson": row.lesson, "kind": row.kind, "item": row.item}
                same = [_TABLE.c[name] == value for name, value in which.items()]
                larger = case((_TABLE.c.value > row.value, _TABLE.c.value), else_=row.value)
                found = connection.execute(update(_TABLE).where(*same).values(value=larger, at=row.at))
                if not found.rowcount:
                    connection.execute(insert(_TABLE).values(**which, value=row.value, at=row.at))

    def erase(self, learner: str) -> int:
        """Delete all rows of a visitor; how many there were."""
        with self.engine.begin() as connection:
            return connection.execute(delete(_TABLE).where(_TABLE.c.learner == learner)).rowcount


def _tuned(connection: Any, _: Any) -> None:
    """Readers and one writer at a time do not wait for each other, and no commit waits for the disk."""
    cursor = connection.cursor()
    try:
        if cursor.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
            cursor.execute("PRAGMA journal_mode=WAL")
        cursor.execute("PRAGMA synchronous=NORMAL")
    except connection.OperationalError:
        pass
    finally:
        cursor.close()
