"""Finding a Firefox, or getting Debian's. Playwright speaks WebDriver BiDi to it, which any Firefox understands.

python -m tests.browser.firefox    makes sure that there is one, and prints where
"""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Playwright

from tests import debian

NAMES = ("firefox-esr", "firefox")
PLACES = ("/Applications/Firefox.app/Contents/MacOS/firefox",)


def get() -> str:
    """The browser that is named by FIREFOX, is there, or can be installed. Raises SystemExit in words when none can."""
    found = _find()
    if found is None:
        debian.install(NAMES[0])
        found = _find()
    if found is None:
        raise SystemExit("There is no Firefox for the browser tests: install one, or name it in FIREFOX.")
    return found


def _find() -> str | None:
    on_path = (shutil.which(name) for name in NAMES)
    known = (place for place in PLACES if Path(place).exists())
    return next((place for place in (os.environ.get("FIREFOX"), *on_path, *known) if place), None)


@contextmanager
def running(playwright: Playwright) -> Iterator[Browser]:
    browser = playwright.firefox.launch(channel="moz-firefox", executable_path=get())
    yield browser
    browser.close()


if __name__ == "__main__":
    print(get())
