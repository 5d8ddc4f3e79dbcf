"""The figures in marimo, in a real server with a real kernel: drawn, pointed at, and read by the cells that name them."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.notebooks import SLOW, serving
from tests.browser.visitor import DESK

NOTEBOOK = """
import marimo

app = marimo.App()


@app.cell
def _():
    import marimo as mo
    import torch

    from attention_lab import heads, patches, stepper
    from core.attention.attend import attend
    from core.models import loading, offline
    from core.models.recording import RealTrace
    from skimage import data

    loaded = loading.load(offline.NAME)
    shown = mo.ui.anywidget(heads(loaded.model, loaded.tokenizer, "The animal did not cross the street"))
    shown
    return RealTrace, attend, data, mo, patches, shown, stepper, torch


@app.cell
def _(mo, shown):
    mo.md(f"head {shown.layer} {shown.head}")
    return


@app.cell
def _(RealTrace, attend, mo, stepper, torch):
    torch.manual_seed(0)
    queries, keys, values = (torch.randn(1, 2, 5, 4) for _ in range(3))
    traced = RealTrace(queries, keys, values, attend(queries, keys, values))
    walked = mo.ui.anywidget(stepper(traced, ["I", "know", "where", "it", "is"]))
    walked
    return (walked,)


@app.cell
def _(mo, walked):
    mo.md(f"step {walked.step}")
    return


@app.cell
def _(data, mo, patches):
    looked = mo.ui.anywidget(patches("vit", data.chelsea()))
    looked
    return (looked,)


@app.cell
def _(looked, mo):
    mo.md(f"patches {looked.layer} {looked.head}")
    return


if __name__ == "__main__":
    app.run()
"""


@pytest.fixture(scope="module")
def page(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    folder = tmp_path_factory.mktemp("marimo")
    (folder / "figures.py").write_text(NOTEBOOK, "utf-8")
    program = ["marimo", "run", str(folder / "figures.py"), "--headless", "--host=127.0.0.1", "--no-token"]
    wrong: list[str] = []
    with serving(folder, program, "health") as address:
        context = browser.new_context(viewport=DESK)
        page = context.new_page()
        page.on("request", lambda asked: asked.url.startswith((address, "data:", "blob:")) or wrong.append(asked.url))
        page.goto(address)
        yield page
        context.close()
    assert wrong == []


@pytest.mark.long
def test_heads_in_marimo_are_opened_and_the_cells_that_read_them_run_again(page):
    lab = page.locator(".lab[data-ready]").first
    lab.wait_for(timeout=SLOW)
    expect(page.get_by_text("head 0 0")).to_be_visible(timeout=SLOW)
    lab.locator(".left canvas").focus()
    for key in ("ArrowDown", "ArrowRight", "Enter"):
        page.keyboard.press(key)
    expect(lab.locator("h3")).to_have_text("Layer 1, head 1", timeout=30_000)
    expect(page.get_by_text("head 1 1")).to_be_visible(timeout=30_000)


@pytest.mark.long
def test_steps_in_marimo_are_walked_and_the_cells_that_read_them_run_again(page):
    viewer = page.locator(".lab[data-ready]", has=page.locator(".timeline"))
    viewer.wait_for(timeout=SLOW)
    expect(page.get_by_text("step weights")).to_be_visible(timeout=SLOW)
    viewer.locator(".timeline [role=slider]").focus()
    page.keyboard.press("ArrowRight")
    expect(viewer.locator(".say h3")).to_have_text("Output")
    expect(page.get_by_text("step output")).to_be_visible(timeout=30_000)


@pytest.mark.long
def test_patches_in_marimo_are_opened_and_the_cells_that_read_them_run_again(page):
    explorer = page.locator(".lab[data-ready]", has=page.locator(".heads canvas"))
    explorer.wait_for(timeout=SLOW)
    explorer.locator(".heads canvas").focus()
    for key in ("ArrowDown", "Enter"):
        page.keyboard.press(key)
    expect(page.get_by_text("patches 1 0")).to_be_visible(timeout=30_000)
