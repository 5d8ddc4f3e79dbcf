"""Where the same calls come by the thousand, their types are not checked: that takes longer than what they compute."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from jaxtyping import config


@contextmanager
def unchecked() -> Iterator[None]:
    """In the block no call of core has its types and shapes checked."""
    before = config.jaxtyping_disable
    config.update("jaxtyping_disable", True)
    try:
        yield
    finally:
        config.update("jaxtyping_disable", before)


@pytest.fixture(autouse=True, scope="module")
def types_in_test_all(request: pytest.FixtureRequest) -> Iterator[None]:
    """For folders whose tests call core as learners do: `make test` leaves the types of these calls to `make test-all`."""
    if request.config.option.markexpr != "not long":
        yield
        return
    with unchecked():
        yield
