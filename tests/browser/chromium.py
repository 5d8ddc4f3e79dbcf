"""Finding a headless Chromium, or getting one: one that is there, else Playwright's own, else Debian's packages.

python -m tests.browser.chromium      makes sure that there is one, and prints where
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
PLACES = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
)


def find() -> str | None:
    """The browser that is there: the one named by CHROMIUM, one on the path, or Playwright's own."""
    named = os.environ.get("CHROMIUM")
    installed = (shutil.which(name) for name in NAMES)
    known = (place for place in PLACES if Path(place).exists())
    return next((place for place in (named, *installed, *known) if place), None) or _playwrights()


def _playwrights() -> str | None:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if Path(path).exists() else None


def get() -> str:
    """Install a browser. Raises SystemExit in words when none can be had."""
    own = subprocess.run([sys.executable, "-m", "playwright", "install", "chromium"], check=False)
    if own.returncode and hasattr(os, "geteuid") and os.geteuid() == 0 and shutil.which("apt-get"):
        subprocess.run(["apt-get", "update", "-qq"], check=False)
        subprocess.run(["apt-get", "install", "-y", "-qq", "chromium", "chromium-driver"], check=False)
    found = find()
    if found is None:
        raise SystemExit("There is no Chromium for the browser tests: install one, or name it in CHROMIUM.")
    return found


if __name__ == "__main__":
    print(find() or get())
