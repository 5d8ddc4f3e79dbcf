"""Pages call core as learners do, thousands of times."""

from tests.unchecked import types_in_test_all

__all__ = ["types_in_test_all"]
