"""One server and one browser for all browser tests; a page of its own for each."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser import chromium
from tests.browser.server import serving
from tests.browser.visitor import QUIET, Visitor


@pytest.fixture(scope="session")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with serving(ATTENTION_LAB_DATA=str(tmp_path_factory.mktemp("data"))) as (where, _):
        yield where


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    path = chromium.find() or chromium.get()
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=path, args=QUIET)
        yield opened
        opened.close()


@pytest.fixture
def visit(address: str, browser: Browser) -> Iterator[Callable[..., Visitor]]:
    """Opens pages as a visitor. At the end, no page may have failed or asked another host for anything."""
    visitors = []

    def open_page(path: str, **context) -> Visitor:
        page: Page = browser.new_context(**({"viewport": {"width": 1440, "height": 1000}} | context)).new_page()
        visitor = Visitor(page, address)
        visitors.append(visitor)
        visitor.go(path)
        return visitor

    yield open_page
    for visitor in visitors:
        visitor.assert_clean()
        visitor.page.context.close()
