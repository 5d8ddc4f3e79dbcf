"""One socket: how often it may ask, and that a session has no second one."""

import asyncio
import re
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from unittest.mock import patch

import pytest
import streamlit as st
from starlette.datastructures import Headers

from pages.server.sockets import AT_ONCE, LARGE, PATIENCE, REFUSED, OneEach, Paced, slowed

RATE = 10.0
MOST = 10_000  # messages of one test


class Clock:
    """Time passes while somebody sleeps, and a little more: a server has other things to do."""

    def __init__(self, more: float) -> None:
        self.now, self.more = 1024.0, more

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.now += seconds + self.more


def run(coroutine) -> None:
    # in a thread of its own: the browser tests have a loop running in this one
    with ThreadPoolExecutor(1) as pool:
        pool.submit(asyncio.run, coroutine).result()


def taken(every: float, lasts: float, more: float = 0.0, size: int = 1) -> tuple[list[float], list[str], list[dict]]:
    """When the app gets the messages of a socket that sends one every so many seconds, what its page then says, and what
    the socket is sent."""
    clock, came, said, sent = Clock(more), [], [], []
    start, count = clock.now, 0

    async def receive():
        nonlocal count
        clock.now = max(clock.now, start + count * every)
        count += 1
        assert count < MOST, "the socket never waits"
        return (
            {"type": "websocket.receive", "bytes": b"x" * size}
            if clock.now < start + lasts
            else {"type": "websocket.disconnect", "code": 1000}
        )

    async def send(message):
        sent.append(message)

    async def app(scope, receive, send):
        with patch.object(type(st.context), "headers", Headers(scope=scope)):
            while (message := await receive())["type"] == "websocket.receive":
                came.append(clock.now - start)
                said.append(slowed(clock))
            came.append(message["code"])
        await send({"type": "websocket.send", "bytes": b"late"})

    run(Paced(app, RATE, clock, clock.sleep)({"type": "websocket", "headers": []}, receive, send))
    return came, said, sent


def test_a_page_that_asks_as_a_person_does_never_waits():
    came, said, sent = taken(every=0.125, lasts=60)
    assert set(said) == {""}
    assert came[:-1] == [place / 8 for place in range(480)]
    assert sent == [{"type": "websocket.send", "bytes": b"late"}]


def test_a_few_seconds_worth_at_once_are_taken_at_once_and_the_next_waits_in_words():
    came, said, _ = taken(every=0, lasts=5)
    at_once = int(AT_ONCE * RATE)
    assert came[: at_once - 1] == [0] * (at_once - 1)
    assert all(later - earlier == pytest.approx(1 / RATE) for earlier, later in pairwise(came[at_once:-1]))
    assert set(said[: at_once - 1]) == {""}
    assert re.fullmatch(r"This page asks more than \d+ times a second. Further ones wait their turn.", said[at_once])


@pytest.mark.parametrize("more", [0.0, 0.15])
def test_a_socket_that_goes_on_is_closed_in_words_and_told_nothing_more(more):
    came, _, sent = taken(every=0, lasts=3600, more=more)
    assert came[-1] == REFUSED
    assert PATIENCE <= came[-2] <= PATIENCE + 1
    assert len(came) < RATE * (AT_ONCE + PATIENCE) + 10
    (closed,) = sent
    assert closed["reason"] == "This page asks more than 10 times a second. Reload the page."
    assert len(closed["reason"].encode()) <= 123  # of RFC 6455


def test_a_large_message_counts_like_several():
    came, _, _ = taken(every=0.125, lasts=5, size=9 * LARGE)
    assert came[:5] == [0, 0.125, 0.25, 0.375, 0.5]
    assert all(later - earlier == pytest.approx(1) for earlier, later in pairwise(came[10:-1]))


def test_sockets_do_not_wait_for_each_other():
    """One that was closed for its haste leaves the time of the next as it is."""
    first, second = taken(every=0, lasts=3600)[0], taken(every=0.0625, lasts=2)[0]
    assert first[-1] == REFUSED
    assert second[-1] == 1000
    assert second[:-1] == [place / 16 for place in range(32)]


def opened(*asked: str, taken: tuple[str, ...] = ()) -> list[str]:
    """What Streamlit is asked for by sockets that are all open at once."""
    came = []

    async def app(scope, receive, send):
        came.append(dict(scope["headers"])[b"sec-websocket-protocol"].decode())
        if later:
            await one(later.pop(0))

    async def one(protocols: str) -> None:
        headers = [(b"host", b"x"), (b"sec-websocket-protocol", protocols.encode())]
        await each({"type": "websocket", "headers": headers}, None, None)

    each = OneEach(app, lambda session: session in taken)
    later = list(asked)
    run(one(later.pop(0)))
    return came


def test_a_second_socket_gets_a_fresh_session():
    assert opened("streamlit, token, mine", taken=("mine",)) == ["streamlit, token"]
    assert opened("streamlit, token, mine", "streamlit, token, mine") == ["streamlit, token, mine", "streamlit, token"]


def test_a_page_that_comes_back_gets_its_own():
    assert opened("streamlit, token, mine", "streamlit, , other", taken=("third",)) == [
        "streamlit, token, mine",
        "streamlit, , other",
    ]
    assert opened("streamlit", "streamlit, token", "streamlit, token, ") == [
        "streamlit",
        "streamlit, token",
        "streamlit, token, ",
    ]
