"""What goes wrong with a model, told in one sentence."""

from collections.abc import Iterator
from contextlib import contextmanager

from core.host import Ended


class ModelError(ValueError):
    """A model cannot be used: one sentence that says which, why, and what to do."""


@contextmanager
def told_as(sentence: str) -> Iterator[None]:
    """Whatever a library raises in this block is told in these words; its own words stay in the log, as the cause."""
    try:
        yield
    except (ModelError, Ended):
        raise
    except BaseException as error:
        # tokenizers are written in Rust, whose panics are no `Exception`
        if isinstance(error, Exception) or type(error).__name__ == "PanicException":
            raise ModelError(sentence) from error
        raise
