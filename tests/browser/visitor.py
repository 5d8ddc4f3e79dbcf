"""A visitor with a browser: goes to pages, waits until they rest, and notices everything that goes wrong."""

from collections.abc import Callable
from urllib.parse import parse_qs, urlparse

from playwright.sync_api import Locator, Page

QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
# a deep link makes Streamlit itself look for its health below the page's address, which is not there
STREAMLITS_OWN = ("/_stcore/health", "/_stcore/host-config")


RESTING = "[data-testid=stApp][data-test-script-state=notRunning][data-test-connection-state=CONNECTED]"
DRAWN = """() => {
    const hosts = [...document.querySelectorAll(".stBidiComponent")];
    const root = (host) => [host, ...host.querySelectorAll("*")].map((node) => node.shadowRoot).find(Boolean);
    return hosts.length > 0 && hosts.every((host) => root(host)?.querySelector(".lab[data-ready]"));
}"""


# how often parts were drawn: grows with every answer that changes one
TURNS = """() => [...document.querySelectorAll(".stBidiComponent")]
    .flatMap((host) => [host, ...host.querySelectorAll("*")].map((node) => node.shadowRoot).filter(Boolean))
    .map((root) => root.querySelector(".lab")?.dataset.ready).join()"""

SETTLED = """() => [...document.querySelectorAll("[data-testid=stExpander] details")]
    .every((panel) => !panel.getAnimations({ subtree: true }).length)"""


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
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("console", self._console)
        page.on("request", self._request)
        page.on("websocket", lambda socket: socket.on("framesent", self._sent))

    def _console(self, message) -> None:
        own = any(part in (message.location or {}).get("url", "") for part in STREAMLITS_OWN)
        if message.type == "error" and not own:
            self.errors.append(message.text)

    def _request(self, request) -> None:
        if not request.url.startswith((self.address, "data:", "blob:")):
            self.foreign.append(request.url)

    def _sent(self, _) -> None:
        self.messages_sent += 1

    def assert_clean(self) -> None:
        assert self.errors == []
        assert self.foreign == []
        assert "Traceback" not in self.page.inner_text("body")

    def go(self, path: str) -> "Visitor":
        self.page.goto(self.address + path)
        return self.rest()

    def rest(self) -> "Visitor":
        """Wait until the script has run and every part is drawn."""
        self.page.wait_for_selector(RESTING, timeout=60_000)
        self.page.wait_for_function(DRAWN)
        self.page.wait_for_timeout(120)  # the frame in which a part paints
        return self

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
        query = parse_qs(urlparse(self.page.url).query, keep_blank_values=True)
        return {name: values[0] for name, values in query.items()}

    def see(self, selector: str, **narrowed) -> Locator:
        return self.page.locator(selector, **narrowed)

    def text(self, selector: str) -> str:
        return self.page.locator(selector).first.inner_text()

    def says(self, selector: str, words: str, patience: int = 10_000) -> None:
        """Wait until an element holds these words."""
        self.page.locator(selector, has_text=words).first.wait_for(timeout=patience)

    def after(self, action: Callable[[], object]) -> "Visitor":
        """Do something that asks Python, and wait until a part was drawn anew."""
        before = self.page.evaluate(TURNS)
        action()
        self.page.wait_for_function(f"(before) => ({TURNS})() !== before", arg=before, timeout=20_000)
        return self.rest()

    def unfold(self, title: str) -> "Visitor":
        """Open a panel, and wait until what is in it no longer slides away under the pointer."""
        self.page.get_by_text(title).first.click()
        self.page.wait_for_function(SETTLED)
        return self

    def type_into(self, label: str, text: str) -> "Visitor":
        return self.after(lambda: self.page.get_by_label(label, exact=True).fill(text))
