"""A visitor with a browser: goes to pages, waits until they rest, and notices everything that goes wrong."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from urllib.parse import parse_qs

from playwright.sync_api import Browser, Locator, Page, TimeoutError, expect
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

PATIENCE = 90  # seconds; on a busy machine everything comes, and late: only what never comes waits for so long
DESK = {"width": 1440, "height": 1000}
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
LARGEST_END = 512  # bytes of the message that a run has ended
ENDS = (ForwardMsg.FINISHED_SUCCESSFULLY, ForwardMsg.FINISHED_FRAGMENT_RUN_SUCCESSFULLY)
# a deep link makes Streamlit itself look for its health below the page's address, which is not there
STREAMLITS_OWN = ("/_stcore/health", "/_stcore/host-config")


RESTING = "[data-testid=stApp][data-test-script-state=notRunning][data-test-connection-state=CONNECTED]"
DRAWN = """() => {
    const hosts = [...document.querySelectorAll(".stBidiComponent")];
    const root = (host) => [host, ...host.querySelectorAll("*")].map((node) => node.shadowRoot).find(Boolean);
    const drawn = ".lab[data-ready]:not([data-untold], [data-late])";
    return hosts.length > 0 && hosts.every((host) => root(host)?.querySelector(drawn));
}"""
# the script has run, every part is drawn, also those out of sight, and has told the link what it shows, no code of
# Streamlit's is on its way, and no panel slides, for a few frames on end: between two runs a page rests, too
AT_REST = f"""(asked) => {{
    const slides = [...document.querySelectorAll("[data-testid=stExpander] details")]
        .some((panel) => panel.getAnimations({{ subtree: true }}).length);
    const awaited = document.querySelector("[data-testid=stSkeleton]");
    const rests = !slides && !awaited && document.querySelector("{RESTING}") && ({DRAWN})();
    const frames = window.resting?.asked === asked ? window.resting.frames : 0;
    window.resting = {{ asked, frames: rests ? frames + 1 : 0 }};
    return window.resting.frames > 4;
}}"""
# what keeps a page from its rest
UNREST = """() => {
    const [app] = document.querySelectorAll("[data-testid=stApp]");
    const parts = [...document.querySelectorAll(".stBidiComponent")].map((host) =>
        [host, ...host.querySelectorAll("*")].map((node) => node.shadowRoot).find(Boolean)?.querySelector(".lab"));
    const told = [...document.querySelectorAll("[role=dialog], [role=alert]")].map((node) => node.textContent);
    return JSON.stringify({ ...app?.dataset, told, parts: parts.map((part) => part && { ...part.dataset }) });
}"""
# how often parts were drawn: grows with every answer that changes one
TURNS = """() => [...document.querySelectorAll(".stBidiComponent")]
    .flatMap((host) => [host, ...host.querySelectorAll("*")].map((node) => node.shadowRoot).filter(Boolean))
    .map((root) => root.querySelector(".lab")?.dataset.ready).join()"""
DARK = "() => getComputedStyle(document.querySelector('.stApp')).backgroundColor === 'rgb(18, 18, 25)'"
# what is pointed at or pressed is drawn in the next frame; after the one that follows it, it is there
TWO_FRAMES = "() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(() => drawn())))"


# JavaScript that tests put before their own: all elements, also inside of parts, and the one that has the focus
EVERYTHING = """
    const everything = (root) => [...root.querySelectorAll("*")]
        .flatMap((node) => [node, ...(node.shadowRoot ? everything(node.shadowRoot) : [])]);
"""
FOCUSED = """
    const focused = () => {
        let node = document.activeElement;
        while (node?.shadowRoot?.activeElement) node = node.shadowRoot.activeElement;
        return node;
    };
"""


class Visitor:
    """One page of one browser, with a memory of its requests, messages and errors."""

    def __init__(self, page: Page, address: str) -> None:
        self.page, self.address = page, address
        self.errors: list[str] = []
        self.foreign: list[str] = []
        self.messages_sent = 0
        self._unanswered = False  # the app was asked for a run that has not ended yet
        self._hears = {
            "pageerror": lambda error: self.errors.append(str(error)),
            "console": self._console,
            "request": self._request,
            "websocket": self._socket,
        }
        for event, hear in self._hears.items():
            page.on(event, hear)

    def leave(self) -> None:
        """Hear nothing more of the page, which somebody else may visit."""
        for event, hear in self._hears.items():
            self.page.remove_listener(event, hear)

    def _console(self, message) -> None:
        own = any(part in (message.location or {}).get("url", "") for part in STREAMLITS_OWN)
        if message.type == "error" and not own:
            self.errors.append(message.text)

    def _request(self, request) -> None:
        if not request.url.startswith((self.address, "data:", "blob:")):
            self.foreign.append(request.url)

    def _socket(self, socket) -> None:
        socket.on("framesent", self._sent)
        socket.on("framereceived", self._received)

    def _sent(self, message: str | bytes) -> None:
        self.messages_sent += 1
        self._unanswered |= isinstance(message, bytes) and BackMsg.FromString(message).HasField("rerun_script")

    def _received(self, message: str | bytes) -> None:
        if self._unanswered and isinstance(message, bytes) and len(message) < LARGEST_END:
            told = ForwardMsg.FromString(message)
            self._unanswered = not (told.HasField("script_finished") and told.script_finished in ENDS)

    def assert_clean(self) -> None:
        assert self.errors == []
        assert self.foreign == []
        assert "Traceback" not in self.page.inner_text("body")

    def go(self, path: str) -> "Visitor":
        self.page.goto(self.address + path)
        return self.rest()

    def rest(self) -> "Visitor":
        """Wait until what was asked for is answered, the script has run and every part is drawn."""
        end = time.monotonic() + PATIENCE
        while True:
            try:
                self.page.wait_for_function(AT_REST, arg=time.monotonic(), timeout=PATIENCE * 1000)
            except TimeoutError as late:
                raise AssertionError(f"no rest: {self.page.evaluate(UNREST)}; {self.errors}") from late
            if not self._unanswered:
                return self
            assert time.monotonic() < end, "what the app was asked for was not answered"
            self.page.wait_for_timeout(10)

    def painted(self) -> "Visitor":
        """Wait until what was pressed or pointed at is drawn: what asks nobody takes one frame."""
        self.page.evaluate(TWO_FRAMES)
        return self

    def press(self, *keys: str) -> "Visitor":
        """Press keys one after the other, and wait until the last one shows."""
        for key in keys:
            self.page.keyboard.press(key)
        return self.painted()

    def night(self) -> "Visitor":
        """Dark colours, as the system asks for them, and wait until all is drawn in them."""
        self.page.emulate_media(color_scheme="dark")
        self.page.wait_for_function(DARK)
        return self.rest()

    def arrive(self, path: str) -> "Visitor":
        """Wait until this page is there, is drawn and hears what is pressed."""
        self.page.wait_for_url(f"**{path}*")
        self.rest()
        # long before a page that never came would be given up
        self.page.wait_for_function("() => !document.querySelector('.stMain').inert", timeout=5_000)
        return self

    @property
    def link(self) -> dict[str, str]:
        """The query parameters of the address bar."""
        query = parse_qs(self.page.evaluate("location.search.slice(1)"), keep_blank_values=True)
        return {name: values[0] for name, values in query.items()}

    def see(self, selector: str, **narrowed) -> Locator:
        return self.page.locator(selector, **narrowed)

    def text(self, selector: str) -> str:
        return self.page.locator(selector).first.inner_text()

    def says(self, selector: str, words: str, patience: int = PATIENCE * 1000) -> None:
        """Wait until an element holds these words."""
        self.page.locator(selector, has_text=words).first.wait_for(timeout=patience)

    def begins(self, selector: str, *words: str) -> None:
        """Wait until the first of these elements hold these words, one each."""
        for place, word in enumerate(words):
            expect(self.page.locator(selector).nth(place)).to_have_text(word)

    def linked(self, **values: str | None) -> None:
        """Wait until the link holds these values; None: until it says nothing of it."""
        self.page.wait_for_function(
            """(values) => Object.entries(values).every(([name, value]) =>
                new URLSearchParams(location.search).get(name) === value)""",
            arg=values,
        )

    def after(self, action: Callable[[], object]) -> "Visitor":
        """Do something that asks Python, and wait until a part was drawn anew."""
        before = self.page.evaluate(TURNS)
        action()
        self.page.wait_for_function(f"(before) => ({TURNS})() !== before", arg=before)
        return self.rest()

    def asks(self, action: Callable[[], object]) -> "Visitor":
        """Do something that asks Python and may change no part, and wait for the answer."""
        sent, end = self.messages_sent, time.monotonic() + PATIENCE
        action()
        while self.messages_sent == sent:
            assert time.monotonic() < end, "nothing was asked"
            self.page.wait_for_timeout(10)
        return self.rest()

    def unfold(self, title: str) -> "Visitor":
        """Open a panel, and wait until what is in it no longer slides away under the pointer."""
        self.page.get_by_text(title).first.click()
        return self.rest()

    def type_into(self, label: str, text: str) -> "Visitor":
        return self.after(lambda: self.page.get_by_label(label, exact=True).fill(text))


class Windows:
    """Windows of one browser, lent to one visitor after the other.

    In a window that was used the app is compiled already: it opens in a third of the time of a new one. Nothing of the
    visitor before is left in it: no cookie, nothing stored, no connection, and the pointer lies outside, or in the corner
    where a browser lets it point at the window alone.
    """

    def __init__(self, browser: Browser, address: str, outside: tuple[int, int] = (-1, -1)) -> None:
        self._browser, self._address, self._outside = browser, address, outside
        self._free: dict[str, list[Page]] = {}

    @contextmanager
    def lend(
        self, viewport=DESK, color_scheme="light", reduced_motion="no-preference", script="", **fixed
    ) -> Iterator[Visitor]:
        """A visitor with a window of this kind.

        script and fixed are what a window has for its whole life: JavaScript that runs before any page's own, and options
        as Playwright names them.
        """
        free = self._free.setdefault(repr((script, fixed)), [])
        if free:
            page = free.pop()
        else:
            page = self._browser.new_context(**fixed).new_page()
            page.set_default_timeout(PATIENCE * 1000)
            page.add_init_script(script)
        page.set_viewport_size(viewport)
        page.emulate_media(color_scheme=color_scheme, reduced_motion=reduced_motion, media="null")
        visitor = Visitor(page, self._address)
        yield visitor
        visitor.leave()
        page.goto(self._address + "/healthz")
        page.evaluate("() => [localStorage, sessionStorage].forEach((kept) => kept.clear())")
        page.mouse.up()
        page.mouse.move(*self._outside)
        page.context.clear_cookies()
        free.append(page)
