"""Pages call core as learners do, thousands of times. `make test` leaves the types of these calls to `make test-all`."""

from collections.abc import Iterator

import pytest

from tests.unchecked import unchecked


@pytest.fixture(autouse=True, scope="module")
def _types(request: pytest.FixtureRequest) -> Iterator[None]:
    if request.config.option.markexpr != "not long":
        yield
        return
    with unchecked():
        yield
