"""The log does not grow as fast as somebody can send."""

import logging

from pages.server.log_rate import AT_MOST, WITHIN, Rate


def record(line: int, *args: object) -> logging.LogRecord:
    return logging.LogRecord("a", logging.WARNING, "a.py", line, "%s and %s" if args else "said", args or None, None)


def test_one_place_is_heard_so_often_and_then_says_how_much_was_left_out():
    now = 0.0
    rate = Rate(lambda: now)
    assert [rate.filter(record(1)) for _ in range(AT_MOST + 1000)].count(True) == AT_MOST
    assert rate.filter(record(2))
    now = WITHIN
    later = record(1, "one", "two")
    assert rate.filter(later)
    assert later.getMessage() == "one and two (1,000 more of this place were left out)"
    again = record(1)
    assert rate.filter(again)
    assert again.getMessage() == "said"
