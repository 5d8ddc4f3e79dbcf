"""Pages call core as learners do, thousands of times."""

import pytest

from core.memory import MEMORY
from tests.unchecked import types_in_test_all

__all__ = ["types_in_test_all"]


@pytest.fixture(autouse=True)
def who_leaves():
    """What was kept for the visitor of one test is not there for the next one."""
    yield
    MEMORY.forget("")
