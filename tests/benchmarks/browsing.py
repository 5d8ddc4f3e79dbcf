"""What a visitor's eye waits for, measured in Chromium: a slider's answer, the first picture, a frame while hovering."""

import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from tempfile import TemporaryDirectory

from playwright.sync_api import Browser, FilePayload, FloatRect, Locator, Page, sync_playwright

from pages.course.catalogue import LESSONS, built
from tests.benchmarks.floors import bare
from tests.browser import chromium
from tests.browser.server import serving
from tests.browser.visitor import DRAWN, QUIET, RESTING, Visitor

SLIDERS = {
    "/looking_back": "Temperature",
    "/captioning": "Temperature",
    "/attention": "Temperature",
    "/self_attention": "Temperature",
    "/masks": "Layers stacked",
    "/multi_head": "Heads H",
    "/block": "Layer",
    "/positions?positions_change=shifted": "All later by",
    "/encoder_decoder": "Beam",
    "/cost": "Tokens N",
    "/cost?cost_part=tile+by+tile": "Tiles before",
    "/since_2017": "Scale",
    "/model_family": "Hide place",
    "/vision_transformer": "Shuffle",
    "/training_lab": "Layers",
}
MOVES = 20
STARTS = 5

BARE_CHART = ".js-plotly-plot .heatmaplayer image"
# the script rests and everything is drawn
BARE_DRAWN = f"""() => document.querySelector("{RESTING}") && document.querySelector("{BARE_CHART}")"""
AT_REST = f"""() => document.querySelector("{RESTING}") && ({DRAWN})()"""

# from the key that moves a slider to the moment when the script rests and all is drawn, also what is out of sight
SETTLED = """(isBare) => new Promise((resolve) => {
    const app = document.querySelector("[data-testid=stApp]");
    const parts = () => [...document.querySelectorAll(".stBidiComponent")]
        .flatMap((host) => [host, ...host.querySelectorAll("*")].map((node) => node.shadowRoot).filter(Boolean))
        .map((root) => root.querySelector(".lab")).filter(Boolean);
    const turns = () => parts().map((part) => part.dataset.ready).join();
    const waits = () => parts().some((part) => "late" in part.dataset);
    let [drawn, started] = [false, 0];
    const before = turns();
    const chart = document.querySelector(".js-plotly-plot"); // Streamlit makes a new one for every new figure
    const look = () => {
        const now = document.querySelector(".js-plotly-plot");
        drawn ||= isBare ? now !== chart && now?.querySelector(".heatmaplayer image") : turns() !== before;
        // a run can be over between two looks: a figure drawn anew proves it
        if (drawn && app.dataset.testScriptState === "notRunning" && !waits()) {
            requestAnimationFrame(() => resolve(performance.now() - started));
            return;
        }
        setTimeout(look, 1);
    };
    document.addEventListener("keydown", () => { started = performance.now(); look(); }, { once: true, capture: true });
})"""


# from the key that answers a card to the moment when the script rests and the next card asks
NEXT_CARD = """() => new Promise((resolve) => {
    const app = document.querySelector("[data-testid=stApp]");
    const asked = () => document.querySelector(".st-key-recall_asked")?.textContent;
    const before = asked();
    let started = 0;
    const look = () => {
        if (asked() && asked() !== before && app.dataset.testScriptState === "notRunning") {
            requestAnimationFrame(() => resolve(performance.now() - started));
            return;
        }
        setTimeout(look, 1);
    };
    document.addEventListener("keydown", () => { started = performance.now(); look(); }, { once: true, capture: true });
})"""
CARDS = 10_000


@contextmanager
def browsing() -> Iterator[Browser]:
    path = chromium.find() or chromium.get()
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=path, args=QUIET)
        yield opened
        opened.close()


def _page(browser: Browser, address: str, path: str) -> Page:
    page = browser.new_context(viewport={"width": 1440, "height": 1000}).new_page()
    page.goto(address + path)
    page.wait_for_selector(RESTING, timeout=60_000)
    return page


def _move(page: Page, label: str, is_bare: bool, turn: int) -> float:
    """Milliseconds from a key on the slider to the settled page."""
    slider = page.get_by_role("slider", name=label).first
    return _pressed(page, slider, "ArrowRight" if turn % 2 == 0 else "ArrowLeft", is_bare)


def _pressed(page: Page, part: Locator, key: str, is_bare: bool = False, settled: str = SETTLED) -> float:
    """Milliseconds from a key on a part of the page to the settled page."""
    part.focus()
    waiting = page.evaluate_handle(f"(isBare) => ({{ settled: ({settled})(isBare) }})", is_bare)
    page.keyboard.press(key)
    taken = waiting.evaluate("waiting => waiting.settled")
    page.wait_for_timeout(150)
    return taken


def sliders() -> list[tuple[str, float, float]]:
    """For every lesson: the medians of the bare page and of the lesson, in ms, moved turn by turn."""
    rows = []
    with browsing() as browser, bare() as (floor, _), serving() as (ours, _):
        for path, label in SLIDERS.items():
            stock, lesson = _page(browser, floor, "/"), _page(browser, ours, path)
            stock.wait_for_selector(".js-plotly-plot")
            lesson.wait_for_function(DRAWN)
            lesson.wait_for_timeout(1500)
            times: list[list[float]] = [[], []]
            for turn in range(MOVES):
                times[0].append(_move(stock, "Size", True, turn))
                times[1].append(_move(lesson, label, False, turn))
            # the first moves of a page compile its code
            rows.append((path, statistics.median(times[0][3:]), statistics.median(times[1][3:])))
            stock.context.close()
            lesson.context.close()
    return rows


def steps() -> tuple[float, float]:
    """Medians, in ms, of the bare page's slider and of a token that the writing lab writes, turn by turn."""
    with browsing() as browser, bare() as (floor, _), serving() as (ours, _):
        stock, lab = _page(browser, floor, "/"), _page(browser, ours, "/writing_lab")
        stock.wait_for_selector(".js-plotly-plot")
        lab.wait_for_function(DRAWN)
        lab.wait_for_timeout(1500)
        step = lab.get_by_role("button", name="Step", exact=True)
        times = [(_move(stock, "Size", True, turn), _pressed(lab, step, "Enter")) for turn in range(MOVES)]
    floors, taken = zip(*times[3:], strict=True)
    return statistics.median(floors), statistics.median(taken)


def answers() -> tuple[float, float]:
    """Medians, in ms, of the bare page's slider and from an answer to the next card among ten thousand, turn by turn."""
    deck = "question,answer\n" + "\n".join(f"What is card {at}?,It is card {at}." for at in range(CARDS))
    file: FilePayload = {"name": "deck.csv", "mimeType": "text/csv", "buffer": deck.encode()}
    with (
        TemporaryDirectory() as folder,
        browsing() as browser,
        bare() as (floor, _),
        serving(ATTENTION_LAB_DATA=folder) as (ours, _),
    ):
        stock, recall = _page(browser, floor, "/"), _page(browser, ours, "/recall?recall_new=50")
        stock.wait_for_selector(".js-plotly-plot")
        recall.wait_for_function(DRAWN)
        recall.wait_for_timeout(1500)
        recall.locator(".st-key-recall_files button").first.click()
        recall.locator("[data-testid=stFileUploaderDropzone] input, input[type=file]").set_input_files([file])
        recall.get_by_text(f"{CARDS:,} cards are there now").wait_for(timeout=120_000)
        recall.keyboard.press("Escape")
        times = []
        for turn in range(MOVES):
            recall.locator(".st-key-recall_show button").click()
            score = recall.locator(".st-key-recall_score_5 button")
            score.wait_for()
            recall.wait_for_selector(RESTING)
            recall.wait_for_function(DRAWN)
            times.append((_move(stock, "Size", True, turn), _pressed(recall, score, "Enter", settled=NEXT_CARD)))
    floors, taken = zip(*times[3:], strict=True)
    return statistics.median(floors), statistics.median(taken)


def openings() -> list[tuple[str, float, float]]:
    """For every lesson: medians, in ms, from its address to the settled page, of the bare page and of the lesson.

    Both servers run and have read what they need; the windows are new, so that nothing is compiled yet.
    """

    def measure(browser: Browser, address: str, drawn: str) -> float:
        page = browser.new_context(viewport={"width": 1440, "height": 1000}).new_page()
        began = time.monotonic()
        page.goto(address)
        page.wait_for_function(drawn, timeout=60_000)
        taken = time.monotonic() - began
        page.context.close()
        return taken * 1000

    rows = []
    with browsing() as browser, bare() as (floor, _), serving() as (ours, _):
        for lesson in (page for page in LESSONS if page in built()):
            path = f"/{lesson.slug}"
            times: list[list[float]] = [[], []]
            for _ in range(STARTS + 1):
                times[0].append(measure(browser, floor, BARE_DRAWN))
                times[1].append(measure(browser, ours + path, AT_REST))
            # the first visit of a page imports and reads what it needs
            rows.append((path, statistics.median(times[0][1:]), statistics.median(times[1][1:])))
    return rows


def first_picture() -> tuple[float, float]:
    """Medians, in seconds, from the start of the process to the bare page's chart and to the painted map."""

    def measure(browser: Browser, start: Callable, drawn: str) -> float:
        began = time.monotonic()
        with start() as (address, _):
            page = browser.new_context(viewport={"width": 1440, "height": 1000}).new_page()
            page.goto(address)
            page.wait_for_selector(drawn, state="attached", timeout=60_000)
            taken = time.monotonic() - began
            page.context.close()
        return taken

    stock, ours = [], []
    with browsing() as browser:
        for _ in range(STARTS):
            stock.append(measure(browser, bare, BARE_CHART))
            ours.append(measure(browser, serving, ".lab.map[data-ready]"))
    return statistics.median(stock), statistics.median(ours)


def frames() -> tuple[dict[str, float], int]:
    """The 95th percentile of a frame's work while hovering and while scrubbing over 64 tokens, and messages sent."""
    text = " ".join(map(str, range(100, 162)))  # 62 words, [CLS] and [SEP]
    with browsing() as browser, serving() as (address, _):
        page = browser.new_context(viewport={"width": 1440, "height": 1000}).new_page()
        page.add_init_script(
            """window.work = [];
            const plain = window.requestAnimationFrame.bind(window);
            window.requestAnimationFrame = (draw) => plain((now) => {
                const began = performance.now();
                draw(now);
                window.work.push(performance.now() - began);
            });"""
        )
        visitor = Visitor(page, address).go(f"/self_attention?self_attention_text={text.replace(' ', '+')}")
        page.wait_for_timeout(1000)
        before = visitor.messages_sent
        found = {}
        box = _box(page, ".step-viewer figure canvas")
        page.evaluate("window.work.length = 0")
        for i in range(120):
            page.mouse.move(box["x"] + 180 + (i * 7) % 240, box["y"] + 190 + (i * 3) % 200)
            page.wait_for_timeout(17)
        found["hover"] = _high(page)
        track = _box(page, ".step-viewer .track")
        page.mouse.move(track["x"] + 5, track["y"] + 8)
        page.mouse.down()
        page.evaluate(
            """() => {
                window.work.length = 0;
                const track = [...document.querySelectorAll(".stBidiComponent")]
                    .flatMap((host) => [host, ...host.querySelectorAll("*")].map((node) => node.shadowRoot).filter(Boolean))
                    .map((root) => root.querySelector(".track")).find(Boolean);
                const move = track.onpointermove;
                track.onpointermove = (event) => {
                    const began = performance.now();
                    move(event);
                    window.work.push(performance.now() - began);
                };
            }"""
        )
        for i in range(120):
            page.mouse.move(track["x"] + 5 + track["width"] * i / 125, track["y"] + 8)
            page.wait_for_timeout(17)
        found["scrub"] = _high(page)
        page.mouse.up()
        sent = visitor.messages_sent - before
        page.context.close()
    return found, sent


def _box(page: Page, selector: str) -> FloatRect:
    """Where it stands on the screen. Raises RuntimeError if it is hidden: nothing over it could be measured."""
    box = page.locator(selector).bounding_box()
    if box is None:
        raise RuntimeError(f"{selector} is hidden")
    return box


def _high(page: Page) -> float:
    work = sorted(page.evaluate("window.work"))
    return work[int(len(work) * 0.95)]
