"""By what a visitor is known again: a random number in a cookie, signed by the server, which says nothing else.

What cookies are signed with lives as long as progress does: in a file beside it, or, where several servers share a database,
in the secret that they share.
"""

import hashlib
import logging
import os
import re
import secrets
import shutil
import tempfile
from pathlib import Path
from typing import Final

from itsdangerous import BadSignature, Signer
from streamlit import config

from pages.server import settings

COOKIE: Final = "learner"
YEAR: Final = 365 * 24 * 3600  # seconds
_NUMBER: Final = re.compile(r"[0-9a-f]{32}")
_SHARED: Final = "server.cookieSecret"
LOG = logging.getLogger("attention_lab.progress")


def new() -> str | None:
    """A cookie with a number that nobody can guess; None where it cannot be signed."""
    return signed(secrets.token_hex(16))


def signed(number: str) -> str | None:
    """A number as its cookie; None where it cannot be signed."""
    signer = _signer()
    return signer.sign(number).decode() if signer else None


def number(said: object) -> str | None:
    """The number in a cookie that this server signed. Any other is that of a new visitor."""
    if not isinstance(said, str) or not said.isascii() or (signer := _signer()) is None:
        return None
    try:
        found = signer.unsign(said).decode()
    except BadSignature:
        return None
    return found if _NUMBER.fullmatch(found) else None


def can_sign() -> bool:
    """Whether a cookie can be known for one of ours."""
    return _signer() is not None


def _signer() -> Signer | None:
    secret = _secret()
    return Signer(secret, salt=COOKIE, digest_method=hashlib.sha256) if secret else None


_read: dict[Path, str] = {}  # what the file holds, once it was read
_told: set[Path] = set()  # where it could not be, once that was said


def _secret() -> str | None:
    """What cookies are signed with; None where it can neither be read nor be written."""
    if settings.DATABASE and config.is_manually_set(_SHARED):
        return config.get_option(_SHARED)
    path = Path(settings.DATA) / "cookie_secret"
    if path not in _read:
        try:
            _read[path] = path.read_text("ascii") if path.exists() else _written(path)
        except OSError as error:
            if path not in _told:
                LOG.warning("progress is not kept: %s cannot be written: %s", path.name, type(error).__name__)
            _told.add(path)
            return None
    return _read[path]


def _written(path: Path) -> str:
    """A new secret in this file, whole as soon as it is there; what another process wrote meanwhile stays."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent)  # which only its owner may read
    try:
        with os.fdopen(handle, "w") as file:
            file.write(secrets.token_hex(32))
        try:
            os.link(name, path)
        except OSError:  # it is there now, or this is a file system without links
            if not path.exists():
                shutil.copy(name, path)
                path.chmod(0o600)
    finally:
        os.unlink(name)
    return path.read_text("ascii")
