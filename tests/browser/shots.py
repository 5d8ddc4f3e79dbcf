"""Screenshots: those of the README, or of every page at both widths, by day and by night.

python -m tests.browser.shots           the README's, into assets/shots
python -m tests.browser.shots FOLDER    every page, into FOLDER
"""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from playwright.sync_api import Browser, sync_playwright

from pages.course.catalogue import MAP, built
from tests.browser import chromium
from tests.browser.server import ROOT, serving
from tests.browser.visitor import QUIET, Visitor

README = ROOT / "assets" / "shots"
DESK, PHONE = (1440, 900), (390, 844)


class Shot(NamedTuple):
    """A picture: its name, what is opened, how large the window is, and whether the whole page is taken."""

    name: str
    path: str
    size: tuple[int, int] = DESK
    scheme: str = "light"
    whole: bool = False


OF_README = (
    Shot("map", "/"),
    Shot("self_attention", "/self_attention"),
    Shot("looking_back", "/looking_back"),
    Shot("masks", "/masks?step=6", scheme="dark"),
    Shot("multi_head", "/multi_head?step=2"),
    Shot("sentence_lab", "/sentence_lab", scheme="dark"),
    Shot("translation_lab", "/translation_lab"),
    Shot("image_lab", "/image_lab?img_show=rollout"),
    Shot("phone", "/self_attention", PHONE),
)


def of_every_page() -> Iterator[Shot]:
    for page in built():
        for size in (DESK, PHONE):
            for scheme in ("light", "dark"):
                path = "/" if page is MAP else f"/{page.slug}"
                yield Shot(f"{page.slug}_{size[0]}_{scheme}", path, size, scheme, whole=True)


def take(browser: Browser, address: str, shot: Shot, folder: Path) -> None:
    width, height = shot.size
    window = browser.new_context(viewport={"width": width, "height": height}, color_scheme=shot.scheme)
    visitor = Visitor(window.new_page(), address).go(shot.path)
    # the page scrolls inside the window: a window as tall as the page shows it whole
    if shot.whole:
        tall = visitor.page.evaluate("document.querySelector('.stMainBlockContainer').scrollHeight + 120")
        visitor.page.set_viewport_size({"width": width, "height": int(tall)})
        visitor.page.wait_for_timeout(500)
    visitor.page.screenshot(path=folder / f"{shot.name}.png", animations="disabled")
    visitor.assert_clean()
    window.close()


def main(folder: Path, shots: Iterator[Shot] | tuple[Shot, ...]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with serving() as (address, _), sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium.find() or chromium.get(), args=QUIET)
        for shot in shots:
            take(browser, address, shot, folder)
            print(folder / f"{shot.name}.png", flush=True)
        browser.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]), of_every_page()) if len(sys.argv) > 1 else main(README, OF_README)
