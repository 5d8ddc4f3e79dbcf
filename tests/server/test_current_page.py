"""The middleware that knows which page a visitor is on."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

import pytest
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from pages.server.current_page import LARGEST, CurrentPage


def asks(page: str, part: str = "") -> bytes:
    message = BackMsg()
    message.rerun_script.page_script_hash = page
    message.rerun_script.fragment_id = part
    return message.SerializeToString()


def runs(page: str) -> bytes:
    message = ForwardMsg()
    message.new_session.page_script_hash = page
    return message.SerializeToString()


def leads_to(page: str) -> bytes:
    message = ForwardMsg()
    message.navigation.page_script_hash = page
    return message.SerializeToString()


def passed_on(*said: bytes | tuple[bytes]) -> list[bytes]:
    """What of that which a browser says comes to the app; the app's own answers, in brackets, stand between."""
    came = []

    async def app(scope, receive, send):
        for each in said:
            if isinstance(each, tuple):
                await send({"type": "websocket.send", "bytes": each[0]})
            else:
                waiting.append(each)
                # what is left out is followed by an end, so that nobody waits for it
                waiting.append(None)
                if content := (await receive())["bytes"]:
                    came.append(content)
                    waiting.clear()

    waiting: list[bytes | None] = []

    async def receive():
        return {"type": "websocket.receive", "bytes": waiting.pop(0)}

    async def send(message):
        pass

    # in a thread of its own: the browser tests have a loop running in this one
    with ThreadPoolExecutor(1) as pool:
        pool.submit(asyncio.run, CurrentPage(app)({"type": "websocket"}, receive, send)).result()
    return came


def test_a_part_of_a_page_that_was_left_is_not_asked_for():
    part, page, late = asks("a", "x"), asks("b"), asks("a", "y")
    assert passed_on(part, page, late) == [part, page]
    assert passed_on(part, page, (runs("b"),), late) == [part, page]


def test_parts_of_the_page_that_was_opened_are():
    page, part = asks("b"), asks("b", "x")
    assert passed_on(asks("a"), page, (runs("b"),), part)[1:] == [page, part]


@pytest.mark.parametrize("says", [runs, leads_to])
def test_who_is_led_to_another_page_by_the_server_is_on_that_one(says):
    card, part, late = asks("map"), asks("lesson", "x"), asks("map", "y")
    assert passed_on(card, (says("lesson"),), part, late) == [card, part]


def test_a_browser_that_does_not_know_yet_where_it_is_may_ask():
    first, part = asks(""), asks("a", "x")
    assert passed_on(first, part) == [first, part]
    assert passed_on((runs("a"),), asks("", "x")) == [asks("", "x")]


def test_what_is_no_message_of_streamlits_passes():
    assert passed_on(b"\xff\xff", asks("a")) == [b"\xff\xff", asks("a")]


def test_large_messages_are_not_looked_into():
    large = ForwardMsg()
    large.new_session.page_script_hash = "b"
    large.new_session.name = LARGEST * "x"
    part = asks("a", "x")
    assert passed_on((runs("a"),), (large.SerializeToString(),), part) == [part]
