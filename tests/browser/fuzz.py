"""A visitor who does anything: random clicks, keys, drags, words, links, files and page switches, from a seed.

python -m tests.browser.fuzz SECONDS [SEED]      make fuzz SECONDS=600 SEED=7

An exception, an error in the console, a blank page or a request to another host ends it, with the seed and the steps.
"""

import random
import sys
import time
from collections.abc import Callable
from io import BytesIO
from urllib.parse import urlencode

from PIL import Image
from playwright.sync_api import Browser, Error, sync_playwright
from playwright.sync_api import TimeoutError as Late

from pages.course.catalogue import MAP, built
from tests.browser import chromium
from tests.browser.server import ROOT, serving
from tests.browser.visitor import QUIET, RESTING, Visitor

EACH = 250  # actions of one seed; then a new visitor comes
FOLDER = ROOT / "build"  # what is left of a finding: a picture of the page, and what the server printed
SIZES = ((1440, 900), (1024, 768), (390, 844))
KEYS = (
    *("ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown", "Home", "End", "PageUp", "PageDown"),
    *("Enter", "Space", "Escape", "Tab", "Shift+Tab", "Backspace", "Delete", "a", "c", "r", "7"),
)
WORDS = (
    "",
    "   ",
    "a",
    "The cat sat on the mat because it was warm.",
    "<img src=x onerror=alert(1)><script>alert(2)</script>",
    "**bold** [link](javascript:alert(1)) ![x](http://example.invalid/x.png) $x^2$ :red[x]",
    "👩🏽‍🚀 \u202eabc\u202c \u0000 Z̸̡̢a̷̛l̴̰g̵̨o",
    "word " * 400,
    "x" * 6000,
    "1e309",
    "-1",
    "[CLS] [SEP] [MASK] </s> <pad>",
)
VALUES = ("0", "1", "-1", "3", "99", "1e400", "x", "", "0,1,2", "0.3,2.1", "nan", "<b>", "by hand", "real", "a dog")
# what Streamlit itself says in the console when something is pressed while a page is only being loaded or left
STREAMLITS_OWN = ("Cannot rerun script when disconnected", "Cannot send rerun backMessage when disconnected")
# what steers the browser has no hold of a page that is just being replaced
LOST = "Not attached to an active page"
# every visible thing that can be pressed, also inside of parts; links that lead away are left alone
TARGETS = """() => {
    const found = [];
    const wanted = "button, a[href], input, textarea, summary, canvas, [role], [tabindex], label, svg";
    const look = (root) => {
        for (const node of root.querySelectorAll("*")) {
            if (node.shadowRoot) look(node.shadowRoot);
            if (!node.matches(wanted)) continue;
            if (node.closest("a[href]") && new URL(node.closest("a[href]").href).origin !== location.origin) continue;
            const { left, top, width, height } = node.getBoundingClientRect();
            if (width < 4 || height < 4 || left + width / 2 < 0 || left + width / 2 > innerWidth) continue;
            if (top + height / 2 < 0 || top + height / 2 > innerHeight) continue;
            const name = node.getAttribute("aria-label") || node.innerText || node.tagName;
            found.push({ x: left, y: top, width, height, name: name.trim().slice(0, 40).replace(/\\s+/g, " ") });
        }
    };
    look(document);
    return found;
}"""
NAMES = """() => [...document.querySelectorAll("[class*='st-key-']")]
    .map((node) => [...node.classList].find((name) => name.startsWith("st-key-")).slice(7))"""
WRONG = """() => {
    if (document.querySelector("[data-testid=stException]")) return "an exception is shown";
    const text = document.body.innerText;
    if (text.includes("Traceback")) return "a traceback is shown";
    if (text.includes("This page made a mistake")) return "a mistake of ours";
    const main = document.querySelector(".stMainBlockContainer");
    return !main || !main.innerText.trim() ? "the page is blank" : "";
}"""


class Found(Exception):
    """What must not happen has happened."""


class Fuzzer:
    """One seed, one browser window, and everything it did."""

    def __init__(self, browser: Browser, address: str, seed: int):
        self.rng = random.Random(seed)
        self.steps: list[str] = []
        self.context = browser.new_context(
            viewport=dict(zip(("width", "height"), self.rng.choice(SIZES), strict=True)),
            color_scheme=self.rng.choice(("light", "dark")),
            permissions=["clipboard-read", "clipboard-write"],  # as a window has them that somebody looks at
        )
        self.page = self.context.new_page()
        self.context.on("page", lambda other: other.close())
        self.page.on("filechooser", self._choose_file)
        self.page.on("dialog", lambda dialog: self._dialog(dialog))
        self.dialogs: list[str] = []
        self.visitor = Visitor(self.page, address)
        self.actions: list[tuple[int, Callable[[], str]]] = [
            (40, self.click),
            (20, self.key),
            (10, self.drag),
            (10, self.type),
            (6, self.hover),
            (5, self.scroll),
            (4, self.switch),
            (3, self.follow_link),
            (1, self.back),
            (1, self.reload),
        ]
        self.visitor.go("/")

    def _dialog(self, dialog) -> None:
        if dialog.type != "beforeunload":
            self.dialogs.append(dialog.message)
        dialog.accept()

    def _choose_file(self, chooser) -> None:
        picture = BytesIO()
        Image.new("RGB", (self.rng.randint(1, 90), self.rng.randint(1, 90)), (9, 99, 199)).save(picture, "PNG")
        content = self.rng.choice(
            (picture.getvalue(), picture.getvalue()[:60], b"", b"one sentence\nanother\n", b"\xff\x00" * 99)
        )
        name = self.rng.choice(("a.png", "b.txt", "c.csv", "d.zip", "<i>.png"))
        chooser.set_files({"name": name, "mimeType": "application/octet-stream", "buffer": content})

    def act(self) -> None:
        """One action, noted before it is done."""
        weights, actions = zip(*self.actions, strict=True)
        action = self.rng.choices(actions, weights)[0]
        self.steps.append(action.__name__)
        self.steps[-1] += " " + action()

    def check(self, rest: bool) -> None:
        """Raise Found if something is wrong. rest: wait until the page has settled first."""
        if rest:
            try:
                self.page.wait_for_selector(RESTING, timeout=60_000)
            except Late:
                raise Found("the page does not come to rest") from None
            # a page that has just begun to change may be empty for a moment
            for _ in range(20):
                if not (wrong := self._ask(WRONG)):
                    break
                self.page.wait_for_timeout(100)
            if wrong:
                raise Found(wrong)
        errors = [text for text in self.visitor.errors if not text.startswith(STREAMLITS_OWN)]
        if trouble := [*errors, *self.visitor.foreign, *self.dialogs]:
            raise Found("; ".join(trouble))

    def _ask(self, script: str):
        """What the page answers; asked again where it is just being left."""
        for _ in range(5):
            try:
                return self.page.evaluate(script)
            except Error:
                self.page.wait_for_load_state()
        return self.page.evaluate(script)

    def _target(self) -> dict | None:
        targets = self._ask(TARGETS)
        return self.rng.choice(targets) if targets else None

    def _point(self, target: dict) -> tuple[float, float]:
        return (
            target["x"] + target["width"] * self.rng.uniform(0.1, 0.9),
            target["y"] + target["height"] * self.rng.uniform(0.1, 0.9),
        )

    def click(self) -> str:
        if (target := self._target()) is None:
            return "nothing"
        x, y = self._point(target)
        self.page.mouse.click(x, y)
        return f"{target['name']!r} at {x:.0f},{y:.0f}"

    def hover(self) -> str:
        if (target := self._target()) is None:
            return "nothing"
        self.page.mouse.move(*self._point(target), steps=4)
        return repr(target["name"])

    def drag(self) -> str:
        if (target := self._target()) is None:
            return "nothing"
        self.page.mouse.move(*self._point(target))
        self.page.mouse.down()
        self.page.mouse.move(*self._point(target), steps=3)
        self.page.mouse.up()
        return repr(target["name"])

    def key(self) -> str:
        keys = [self.rng.choice(KEYS) for _ in range(self.rng.randint(1, 4))]
        for key in keys:
            self.page.keyboard.press(key)
        return " ".join(keys)

    def type(self) -> str:
        boxes = self.page.locator("input[type=text]:visible, textarea:visible, input[type=number]:visible")
        boxes = boxes.and_(self.page.locator(":not([inert] *)"))  # a page that is being left takes no words
        if not (count := boxes.count()):
            return "nowhere"
        at, words = self.rng.randrange(count), self.rng.choice(WORDS)
        try:
            boxes.nth(at).fill(words.replace("\0", ""), timeout=1000)
            self.page.keyboard.press("Enter")
        except Exception as error:  # what cannot be typed into (disabled, gone, a number box) is no finding
            return f"{words[:20]!r} into box {at}: not possible ({type(error).__name__})"
        return f"{words[:20]!r} into box {at}"

    def scroll(self) -> str:
        by = self.rng.choice((-900, -300, 300, 900, 2500))
        self.page.mouse.wheel(0, by)
        return str(by)

    def switch(self) -> str:
        page = self.rng.choice(built())
        return self._go("/" if page is MAP else f"/{page.slug}")

    def follow_link(self) -> str:
        names = self._ask(NAMES)
        chosen = {self.rng.choice(names): self.rng.choice(VALUES) for _ in range(3)} if names else {}
        page = self.rng.choice(built())
        return self._go(
            ("/" if page is MAP else f"/{page.slug}") + "?" + urlencode(chosen | {"step": self.rng.choice(VALUES)})
        )

    def _go(self, path: str) -> str:
        self.page.goto(self.visitor.address + path)
        return path

    def back(self) -> str:
        try:
            self.page.go_back(timeout=20_000)
        except Error as error:
            if LOST not in error.message:
                raise
            return f"not possible ({LOST})"
        if not self.page.url.startswith(self.visitor.address):
            self._go("/")
        return self.page.url.removeprefix(self.visitor.address)

    def reload(self) -> str:
        self.page.reload()
        return ""


def fuzz(browser: Browser, address: str, seed: int, more: Callable[[int], bool]) -> int:
    """Act while there is more to do; the number of actions. Raises AssertionError with the seed and the steps."""
    fuzzer = Fuzzer(browser, address, seed)
    try:
        while more(len(fuzzer.steps)):
            fuzzer.act()
            fuzzer.check(rest=fuzzer.rng.random() < 0.25)
        fuzzer.check(rest=True)
    except Exception as wrong:
        last = "\n".join(f"  {number}. {step}" for number, step in enumerate(fuzzer.steps, 1))
        FOLDER.mkdir(exist_ok=True)
        fuzzer.page.screenshot(path=FOLDER / f"fuzz-{seed}.png")
        raise AssertionError(f"seed {seed}, after {len(fuzzer.steps)} actions: {wrong}\n{last}") from wrong
    fuzzer.context.close()
    return len(fuzzer.steps)


def main(seconds: float, seed: int) -> None:
    end, total = time.monotonic() + seconds, 0
    FOLDER.mkdir(exist_ok=True)
    with serving(log=FOLDER / "fuzz.log") as (address, _), sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium.find() or chromium.get(), args=QUIET)
        while time.monotonic() < end:
            total += fuzz(browser, address, seed, lambda done: done < EACH and time.monotonic() < end)
            print(f"seed {seed}: {total} actions in all, nothing found", flush=True)
            seed += 1
        browser.close()


if __name__ == "__main__":
    main(float(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else int(time.time()))
