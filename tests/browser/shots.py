"""Screenshots: those of the README, or of every page at both widths, by day and by night; and a film of the step viewer.

python -m tests.browser.shots           the README's, into assets/shots
python -m tests.browser.shots FOLDER    every page, into FOLDER
"""

import io
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from PIL import Image
from playwright.sync_api import Browser, sync_playwright

from pages.course.catalogue import MAP, built
from tests.browser import chromium
from tests.browser.server import ROOT, serving
from tests.browser.visitor import QUIET, Visitor

README = ROOT / "assets" / "shots"
DESK, PHONE = (1440, 900), (390, 844)
FRAME = 100  # milliseconds between two pictures of the film
LONGEST = 1500  # milliseconds for which one of them stands: who reads stops the step viewer, the film goes on
LAST = 3000  # and the last one
FILM, FILM_WIDE = "step_viewer.webp", 860  # its width in pixels


def trained(visitor: Visitor) -> None:
    """Train what the page offers to its end."""
    visitor.see(".st-key-train_play button").click()
    visitor.says(".st-key-train_buttons", "Finished", patience=300_000)


class Shot(NamedTuple):
    """A picture: its name, what is opened, how large the window is, whether the whole page is taken, and what is done first."""

    name: str
    path: str
    size: tuple[int, int] = DESK
    scheme: str = "light"
    whole: bool = False
    first: Callable[[Visitor], None] | None = None


OF_README = (
    Shot("map", "/"),
    Shot("self_attention", "/self_attention"),
    Shot("looking_back", "/looking_back"),
    Shot("masks", "/masks?step=6", scheme="dark"),
    Shot("multi_head", "/multi_head?step=2"),
    Shot("sentence_lab", "/sentence_lab", scheme="dark"),
    Shot("translation_lab", "/translation_lab"),
    Shot("image_lab", "/image_lab?img_show=rollout"),
    Shot("training_lab", "/training_lab", first=trained),
    Shot("writing_lab", "/writing_lab?write_count=12", scheme="dark"),
    Shot("encoder_decoder", "/encoder_decoder"),
    Shot("claims", "/claims"),
    Shot("figures", "/figures"),
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
    if shot.first:
        shot.first(visitor)
        visitor.rest()
    # a pointer that was never moved lies over the list of pages, whose own button shows then
    visitor.page.mouse.move(width - 1, 1)
    # the page scrolls inside the window: a window as tall as the page shows it whole
    if shot.whole:
        tall = visitor.page.evaluate("document.querySelector('.stMainBlockContainer').scrollHeight + 120")
        visitor.page.set_viewport_size({"width": width, "height": int(tall)})
        visitor.page.wait_for_timeout(500)
    visitor.page.screenshot(path=folder / f"{shot.name}.png", animations="disabled")
    visitor.assert_clean()
    window.close()


def film(browser: Browser, address: str, file: Path) -> None:
    """The step viewer of self-attention as it plays. The clock of its page stands still while a picture is taken."""
    window = browser.new_context(viewport={"width": 1400, "height": 900})
    visitor = Visitor(window.new_page(), address).go("/self_attention")
    page, viewer = visitor.page, visitor.see(".step-viewer")
    # a step that is lower than the first one leaves room below it, where no words of the page are to stand
    page.add_style_tag(content='[class*="st-key-under_step_viewer"] { opacity: 0 }')
    viewer.evaluate("node => node.scrollIntoView({ block: 'start' })")
    page.clock.install()
    page.clock.pause_at(time.time() + 60)
    visitor.see(".step-viewer .speed").click()  # double
    visitor.see(".step-viewer .play").click()
    pictures: list[bytes] = []
    stood: list[int] = []
    clip = viewer.bounding_box()
    while visitor.see(".step-viewer .play[aria-label=Pause]").count():
        page.clock.run_for(FRAME)
        picture = page.screenshot(clip=clip)
        if pictures and picture == pictures[-1]:
            stood[-1] += FRAME
        else:
            pictures.append(picture)
            stood.append(FRAME)
    window.close()
    shown = [Image.open(io.BytesIO(each)).convert("RGB") for each in pictures]
    size = (FILM_WIDE, round(FILM_WIDE * shown[0].height / shown[0].width))
    first, *others = [each.resize(size, Image.Resampling.LANCZOS) for each in shown]
    durations = [min(each, LONGEST) for each in stood[:-1]] + [LAST]
    first.save(file, save_all=True, append_images=others, duration=durations, loop=0, quality=60, method=4)


def main(folder: Path, shots: Iterator[Shot] | tuple[Shot, ...]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with serving() as (address, _), sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium.find() or chromium.get(), args=QUIET)
        for shot in shots:
            take(browser, address, shot, folder)
            print(folder / f"{shot.name}.png", flush=True)
        if shots is OF_README:
            film(browser, address, folder / FILM)
            print(folder / FILM, flush=True)
        browser.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]), of_every_page()) if len(sys.argv) > 1 else main(README, OF_README)
