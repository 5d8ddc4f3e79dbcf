"""The settings of the server: how much it does at once, what visitors may open, where it keeps what must outlast it."""

from pathlib import Path
from typing import Final

from core.settings import TOLD, count, names, text, yes_or_no

__all__ = [
    "DATA",
    "DATABASE",
    "DEADLINE",
    "FRAMED_BY",
    "MAX_UPLOADED_BYTES",
    "MESSAGES",
    "METRICS",
    "MODELS",
    "PUBLIC",
    "RUNS",
    "TOLD",
    "TRAININGS",
]

RUNS: Final = count(
    "RUNS", 0, "pages of all visitors that are computed at once, more wait; 0 = one for each core", least=0
)
TRAININGS: Final = count("TRAININGS", 2, "trainings of all visitors that run at once; more wait in a queue")
DEADLINE: Final = count(
    "DEADLINE", 120, "seconds that one page or file may compute before it is ended, waiting and trainings not counted"
)
MESSAGES: Final = count(
    "MESSAGES",
    20,
    "messages a second that are taken from one open page, six seconds' worth at once; further ones wait their turn",
)
MAX_UPLOADED_BYTES: Final = count(
    "MAX_UPLOADED_BYTES", 120_000_000, "bytes of files that a visitor brings at once; what was read counts no more"
)
METRICS: Final = text(
    "METRICS",
    "",
    "an address and a port, such as `127.0.0.1:9100`, at which health and numbers in Prometheus' format are told; none: nowhere",
)
MODELS: Final = names(
    "MODELS",
    "models that visitors of a server may open, beside the offline one: hub names or folders, between commas",
)
PUBLIC: Final = yes_or_no(
    "PUBLIC",
    "`yes` unless the server listens on this computer alone",
    "yes or no: whether others reach the server, directly or by a proxy; then visitors open only the models that it offers",
)
FRAMED_BY: Final = names(
    "FRAMED_BY", "addresses whose pages may hold this app in a frame, between commas; without it nobody may"
)
DATA: Final = text(
    "DATA",
    str(Path(__file__).parents[2] / ".data"),
    "the folder in which the server keeps what must outlast it",
    shown="`.data` in the project's folder",
)
DATABASE: Final = text(
    "DATABASE",
    "",
    "where progress is kept, as an address of SQLAlchemy such as `postgresql+psycopg://user:password@host/name`",
    shown="an SQLite file in that folder",
)
