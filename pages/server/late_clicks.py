"""A click on a download that reaches the server after its page was drawn anew: the file is made as the page has it now.

Streamlit forgets what a button offered as soon as the next run offers it again, while the browser still shows the button of
the run before: on a page that is drawn several times a second a click would get nothing, and no word why.
"""

from collections import OrderedDict, deque
from dataclasses import dataclass
from threading import Lock
from typing import Final
from weakref import WeakValueDictionary

from streamlit.runtime import runtime
from streamlit.runtime.media_file_manager import MediaFileManager
from streamlit.runtime.media_file_storage import MediaFileStorageError
from streamlit.runtime.scriptrunner_utils.script_run_context import get_script_run_ctx

REMEMBERED: Final = 10_000  # offers of all visitors, the last ones: 2 MB of 20 visitors, 7 MB of 1000, measured
OF_ONE: Final = 500  # offers of one of them, whose many redraws push out no one else: fifty of a page of ten buttons


def answer() -> None:
    """Answer such clicks."""
    # the server makes one by this name when it starts
    runtime.MediaFileManager = Offers  # ty: ignore[invalid-assignment]


@dataclass(eq=False)
class _Button:
    """A download button of one visitor. newest: what it was offered under last."""

    visitor: str
    newest: str = ""


class Offers(MediaFileManager):
    """Streamlit's, which knows of an offer that is over the one that took its place."""

    def __init__(self, storage) -> None:
        super().__init__(storage)
        self._of_offer: OrderedDict[str, _Button] = OrderedDict()
        self._of_visitor: dict[str, deque[str]] = {}
        self._buttons: WeakValueDictionary[tuple[str, str], _Button] = WeakValueDictionary()
        self._guard = Lock()

    def add_deferred(self, *args, element_id: str = "", **named) -> str:
        offer = super().add_deferred(*args, element_id=element_id, **named)
        run = get_script_run_ctx(suppress_warning=True)
        if run is not None and element_id:
            with self._guard:
                button = self._buttons.setdefault((run.session_id, element_id), _Button(run.session_id))
                button.newest = offer
                self._remember(offer, button)
        return offer

    def _remember(self, offer: str, button: _Button) -> None:
        """One offer more; where there are too many, the oldest of its visitor goes, or else the oldest of all."""
        own = self._of_visitor.setdefault(button.visitor, deque())
        own.append(offer)
        self._of_offer[offer] = button
        if len(own) > OF_ONE:
            del self._of_offer[own.popleft()]
        elif len(self._of_offer) > REMEMBERED:
            _, oldest = self._of_offer.popitem(last=False)
            others = self._of_visitor[oldest.visitor]
            others.popleft()
            if not others:
                del self._of_visitor[oldest.visitor]

    def execute_deferred(self, file_id: str) -> str:
        try:
            return super().execute_deferred(file_id)
        except MediaFileStorageError:
            button = self._of_offer.get(file_id)
            if button is None or button.newest == file_id:
                raise
            return super().execute_deferred(button.newest)
