"""What a run sends is handed over together, in its order, and waits for nothing that may never come."""

import asyncio

import pytest
from streamlit.runtime.app_session import AppSession
from streamlit.runtime.scriptrunner import ScriptRunnerEvent

from pages.server import outgoing

DRAWN, ENDED = ScriptRunnerEvent.ENQUEUE_FORWARD_MSG, ScriptRunnerEvent.FRAGMENT_STOPPED_WITH_SUCCESS


class Loop(asyncio.SelectorEventLoop):
    """Counts how often another thread wakes it."""

    woken = 0

    def call_soon_threadsafe(self, *given, **how):
        self.woken += 1
        return super().call_soon_threadsafe(*given, **how)


class Session(AppSession):
    """Notes what is handed over, on a loop of its own, which stops once so much is there."""

    def __init__(self):
        self._event_loop, self.sent, self.expected, self.told = Loop(), [], 0, 0
        self._message_enqueued_callback = self.tell

    def __del__(self):
        pass

    def tell(self):
        self.told += 1

    def note(self, sender, event, forward_msg=None):
        if isinstance(forward_msg, Exception):
            raise forward_msg
        self.sent.append(forward_msg or event)
        if self._message_enqueued_callback:
            self._message_enqueued_callback()
        if len(self.sent) == self.expected:
            self._event_loop.stop()


@pytest.fixture
def session(monkeypatch):
    monkeypatch.setattr(AppSession, "_handle_scriptrunner_event_on_event_loop", Session.note)
    monkeypatch.setattr(AppSession, "_on_scriptrunner_event", AppSession._on_scriptrunner_event)
    made = Session()
    made._event_loop.call_later(60, made._event_loop.stop)  # what never comes is missed
    yield made
    made._event_loop.close()


def test_a_run_is_handed_over_in_its_order_and_wakes_the_sender_twice_however_much_it_draws(session):
    outgoing.together(waits=600)
    for place in range(50):
        session._on_scriptrunner_event(None, event=DRAWN, forward_msg=str(place))
    session._on_scriptrunner_event(None, event=ENDED)
    session.expected = 51
    session._event_loop.run_forever()
    assert session.sent == [*map(str, range(50)), ENDED]
    assert session._event_loop.woken == 2
    assert session.told == 1


def test_what_fails_takes_nothing_with_it(session):
    outgoing.together(waits=600)
    logged, broken = [], ValueError("it cannot be sent")
    session._event_loop.set_exception_handler(lambda _, told: logged.append(told["exception"]))
    for message in ("drawn", broken, "drawn on"):
        session._on_scriptrunner_event(None, event=DRAWN, forward_msg=message)
    session._on_scriptrunner_event(None, event=ENDED)
    session.expected = 3
    session._event_loop.run_forever()
    assert session.sent == ["drawn", "drawn on", ENDED]
    assert logged == [broken]


def test_what_is_drawn_before_something_long_is_handed_over_meanwhile(session):
    outgoing.together(waits=0)
    for place in ("computing …", "computing on …"):
        session.expected = len(session.sent) + 1
        session._on_scriptrunner_event(None, event=DRAWN, forward_msg=place)
        session._event_loop.run_forever()
    assert session.sent == ["computing …", "computing on …"]
