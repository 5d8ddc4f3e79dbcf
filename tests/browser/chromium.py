"""Finding a headless Chromium, or getting one: one that is there, else Debian's package, else Playwright's own.

python -m tests.browser.chromium           makes sure that there is one, and prints where
python -m tests.browser.chromium debian    the same where Debian's packages can be installed; needs nothing but Python
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests import debian

# without a window of its own it takes a sixth less of a processor
SHELL = "chromium-headless-shell"
NAMES = (SHELL, "chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
PLACES = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
)


def find() -> str | None:
    """The browser that is there: the one named by CHROMIUM, one on the path, or Playwright's own."""
    return _installed() or _playwrights()


def get() -> str:
    """Install a browser. Raises SystemExit in words when none can be had."""
    debians()
    if _installed() is None:
        subprocess.run([sys.executable, "-m", "playwright", "install", "chromium"], check=False)
    found = find()
    if found is None:
        raise SystemExit("There is no Chromium for the browser tests: install one, or name it in CHROMIUM.")
    return found


def debians() -> None:
    """Install Debian's, where none is there and this user may."""
    if _installed() is None:
        debian.install(SHELL)


def _installed() -> str | None:
    named = os.environ.get("CHROMIUM")
    on_path = (shutil.which(name) for name in NAMES)
    known = (place for place in PLACES if Path(place).exists())
    return next((place for place in (named, *on_path, *known) if place), None)


def _playwrights() -> str | None:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if Path(path).exists() else None


if __name__ == "__main__":
    if sys.argv[1:] == ["debian"]:
        debians()
    else:
        print(find() or get())
