"""One server and one browser for all browser tests of a worker; a window to itself for each visitor."""

import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Playwright, expect, sync_playwright

from tests.browser import chromium
from tests.browser.server import serving
from tests.browser.visitor import PATIENCE, QUIET, Visitor, Windows

expect.set_options(timeout=PATIENCE * 1000)


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the server may write lies here: its data, its log, its home, its temporary files."""
    return tmp_path_factory.mktemp("server")


@pytest.fixture(scope="session")
def started(folder: Path) -> Iterator[tuple[str, tuple[bool, bool]]]:
    """The address of a server, and whether it was alive and ready as soon as it answered."""
    own = {"ATTENTION_LAB_DATA": folder / "data", "HOME": folder / "home", "TMPDIR": folder / "temporary"}
    for place in own.values():
        place.mkdir()
    with serving(log=folder / "log", **{name: str(place) for name, place in own.items()}) as (where, _):
        yield where, (says_yes(f"{where}/healthz"), says_yes(f"{where}/readyz"))


@pytest.fixture(scope="session")
def address(started: tuple[str, tuple[bool, bool]]) -> str:
    return started[0]


@pytest.fixture(scope="session")
def shell() -> str:
    """Where Chromium is: found before Playwright starts, since who looks may start one, and a process has one at a time."""
    return chromium.find() or chromium.get()


@pytest.fixture(scope="session")
def playwright(shell: str) -> Iterator[Playwright]:
    with sync_playwright() as started:
        yield started


@pytest.fixture(scope="session")
def browser(playwright: Playwright, shell: str) -> Iterator[Browser]:
    opened = playwright.chromium.launch(executable_path=shell, args=QUIET)
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def windows(address: str, browser: Browser) -> Windows:
    return ready(Windows(browser, address), address)


def ready(windows: Windows, address: str) -> Windows:
    """Windows of a browser, once the first visitor has come and all models are loaded."""
    with windows.lend() as visitor:
        visitor.go("/")
    end = time.monotonic() + 2 * PATIENCE
    while not says_yes(f"{address}/readyz"):
        assert time.monotonic() < end, "the server did not get ready"
        time.sleep(0.1)
    return windows


def says_yes(address: str) -> bool:
    """Whether what a server says of itself there is true: the answer is 200, or 503."""
    try:
        return urllib.request.urlopen(address, timeout=PATIENCE).status == 200
    except urllib.error.HTTPError as refused:
        if refused.code == 503:
            return False
        raise


@contextmanager
def visiting(windows: Windows) -> Iterator[Callable[..., Visitor]]:
    """Opens pages as a visitor. At the end, no page may have failed or asked another host for anything."""
    with ExitStack() as lent:
        visitors = []

        def open_page(path: str, **window) -> Visitor:
            visitors.append(lent.enter_context(windows.lend(**window)))
            return visitors[-1].go(path)

        yield open_page
        for visitor in visitors:
            visitor.assert_clean()


@pytest.fixture
def visit(windows: Windows) -> Iterator[Callable[..., Visitor]]:
    with visiting(windows) as open_page:
        yield open_page
