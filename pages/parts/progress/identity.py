"""By what a visitor is known again: a random number in a cookie, which says nothing else."""

import re
import secrets
from typing import Final

COOKIE: Final = "learner"
YEAR: Final = 365 * 24 * 3600  # seconds
_NUMBER: Final = re.compile(r"[0-9a-f]{32}")


def new() -> str:
    """A number that nobody can guess."""
    return secrets.token_hex(16)


def valid(said: object) -> bool:
    """Whether a cookie can be one of ours. One that cannot is that of a new visitor."""
    return isinstance(said, str) and _NUMBER.fullmatch(said) is not None
