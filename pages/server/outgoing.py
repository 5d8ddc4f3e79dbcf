"""What a run of a page sends is handed over several messages at a time.

Streamlit wakes the thread that sends for each message, and while that one is awake the run stands still: a tenth of what a
move of a slider costs the processor. What a run has drawn waits a moment for what it draws next, and never for the end of
something long; the beginning and the end of a run wait for nothing, and nothing overtakes. The thread that sends is told once
of all that is handed over.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import Any, Final

from streamlit.runtime.app_session import AppSession
from streamlit.runtime.scriptrunner import ScriptRunner, ScriptRunnerEvent

WAITS: Final = 0.02  # seconds that a message waits for others at most
_HELD: Final = "_attention_lab_held"  # what of a session is not handed over yet

Act = Callable[[], None]


class Held:
    """What waits to be handed over, in its order."""

    def __init__(self) -> None:
        self._lock, self._waiting = threading.Lock(), list[Act]()

    def add(self, act: Act) -> bool:
        """Put it last. Whether it is the only one."""
        with self._lock:
            self._waiting.append(act)
            return len(self._waiting) == 1

    def hand_over(self, session: AppSession) -> None:
        """All of it, in the thread that sends."""
        with self._lock:
            waiting, self._waiting = self._waiting, []
        if not waiting:
            return
        # one that fails takes no other with it: a page would wait for its end for good
        with _told_once(session), ExitStack() as acts:
            for act in reversed(waiting):
                acts.callback(act)


@contextmanager
def _told_once(session: AppSession) -> Iterator[None]:
    """Let a session tell at the end of the block, and not at every message, that there is something to send."""
    tell, session._message_enqueued_callback = session._message_enqueued_callback, None
    try:
        yield
    finally:
        session._message_enqueued_callback = tell
        if tell is not None:
            tell()


def together(waits: float = WAITS) -> None:
    """Let every session hand over what its runs send so that messages wait for others. waits: seconds, at most."""
    handle = AppSession._handle_scriptrunner_event_on_event_loop

    def on_event(self: AppSession, sender: ScriptRunner | None, event: ScriptRunnerEvent, **what: Any) -> None:
        held: Held = vars(self).setdefault(_HELD, Held())

        def soon() -> None:
            self._event_loop.call_later(waits, held.hand_over, self)

        alone = held.add(partial(handle, self, sender, event, **what))
        if event is not ScriptRunnerEvent.ENQUEUE_FORWARD_MSG:
            self._call_soon_on_event_loop(partial(held.hand_over, self))
        elif alone:
            self._call_soon_on_event_loop(soon)

    AppSession._on_scriptrunner_event = on_event  # ty: ignore[invalid-assignment]
