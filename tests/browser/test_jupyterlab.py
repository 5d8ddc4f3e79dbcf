"""The figures in a notebook, in a real JupyterLab with a real kernel: drawn, pointed at, and read from Python."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook
from playwright.sync_api import Browser, Page, expect

from tests.browser.notebooks import SLOW, serving
from tests.browser.visitor import DESK

MODEL = """
from core.models import loading, offline
loaded = loading.load(offline.NAME)
from attention_lab import heads
shown = heads(loaded.model, loaded.tokenizer, "The animal did not cross the street because it was too tired")
shown
"""
LONG = """
from attention_lab import heads
text = " ".join(["the animal did not cross the street because it was too tired"] * 50).split()
whole = heads(loaded.model, loaded.tokenizer, " ".join(text[:510]), layer=3, head=1)
whole
"""
STEPS = """
import torch
from core.attention.attend import attend
from core.models.recording import RealTrace
from attention_lab import stepper
torch.manual_seed(0)
queries, keys, values = (torch.randn(1, 2, 5, 4) for _ in range(3))
walked = stepper(RealTrace(queries, keys, values, attend(queries, keys, values)), ["I", "know", "where", "it", "is"])
walked
"""
PICTURE = """
from skimage import data
from attention_lab import patches
looked = patches("vit", data.chelsea())
looked
"""


@contextmanager
def jupyter(folder: Path) -> Iterator[str]:
    """The address of a JupyterLab of its own."""
    own = {f"JUPYTER_{name}_DIR": str(folder / name.lower()) for name in ("CONFIG", "RUNTIME", "DATA")}
    options = ["--no-browser", "--ip=127.0.0.1", "--allow-root", "--IdentityProvider.token="]
    options += [
        f"--ServerApp.root_dir={folder}",
        "--LabApp.news_url=None",
        "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
    ]
    with serving(folder, ["jupyterlab", *options], "api", JUPYTERLAB_SETTINGS_DIR=str(folder / "s"), **own) as address:
        yield address


class Notebook:
    """One notebook in a window, whose cells are run one after the other."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def run(self, place: int) -> None:
        """Run one cell. A kernel that has just been found hears nothing yet: it is asked again."""
        cell = self.page.locator(".jp-CodeCell").nth(place)
        prompt = cell.locator(".jp-InputArea-prompt")
        for _ in range(12):
            told = self.page.locator(".jp-Dialog")
            assert not told.count(), told.inner_text()
            cell.locator(".cm-content").click()
            self.page.keyboard.press("Shift+Enter")
            try:
                expect(prompt).not_to_have_text("[ ]:", timeout=10_000)
                return
            except AssertionError:
                continue
        raise AssertionError(f"cell {place} does not run: {prompt.inner_text()}")

    def figure(self, place: int):
        """What a cell has drawn, once it is there."""
        found = self.page.locator(".jp-CodeCell").nth(place).locator(".lab[data-ready]")
        found.wait_for(timeout=SLOW)
        return found

    def says(self, place: int, words: str) -> None:
        """Run a cell and wait for what it prints."""
        self.run(place)
        expect(self.page.locator(".jp-CodeCell").nth(place).locator(".jp-OutputArea-output").last).to_have_text(words)


@pytest.fixture(scope="module")
def notebook(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Notebook]:
    folder = tmp_path_factory.mktemp("jupyter")
    cells = [
        MODEL,
        "print(shown.layer, shown.head, shown.tokens[0][shown.query])",
        "shown.layer, shown.head = 3, 1",
        LONG,
        STEPS,
        "print(walked.step)",
        "walked.step = 'scores'",
        PICTURE,
        "print(looked.layer, looked.head)",
    ]
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    written = new_notebook(cells=[new_code_cell(cell.strip()) for cell in cells], metadata=kernel)
    nbformat.write(written, folder / "figures.ipynb")
    wrong: list[str] = []
    with jupyter(folder) as address:
        context = browser.new_context(viewport=DESK)
        page = context.new_page()
        page.on("request", lambda asked: asked.url.startswith((address, "data:", "blob:")) or wrong.append(asked.url))
        page.goto(f"{address}/lab/tree/figures.ipynb")
        page.locator(".jp-CodeCell").first.wait_for(timeout=SLOW)
        yield Notebook(page)
        context.close()
    assert wrong == []


@pytest.mark.long
def test_heads_in_jupyterlab_are_opened_and_read_from_python(notebook):
    notebook.run(0)
    lab = notebook.figure(0)
    expect(lab.locator("h3")).to_have_text("Layer 0, head 0")
    lab.locator(".left canvas").focus()
    for key in ("ArrowDown", "ArrowRight", "Enter"):
        notebook.page.keyboard.press(key)
    expect(lab.locator("h3")).to_have_text("Layer 1, head 1", timeout=30_000)
    notebook.says(1, "1 1 it")
    notebook.run(2)
    expect(lab.locator("h3")).to_have_text("Layer 3, head 1", timeout=30_000)
    expect(lab.locator(".readout .chain")).to_contain_text("0.0611")
    expect(lab.locator(".copy-link").first).to_be_hidden()
    expect(lab).to_have_attribute("data-theme", "light")
    for entry in ("Settings", "Theme", "JupyterLab Dark"):
        notebook.page.locator(".lm-MenuBar-itemLabel, .lm-Menu-itemLabel").get_by_text(entry, exact=True).click()
    expect(lab).to_have_attribute("data-theme", "dark", timeout=30_000)


@pytest.mark.long
def test_512_tokens_are_drawn_in_jupyterlab(notebook):
    notebook.run(3)
    lab = notebook.figure(3)
    expect(lab.locator("h3")).to_have_text("Layer 3, head 1")
    expect(lab.locator(".token-strip .word")).to_have_count(512)


@pytest.mark.long
def test_steps_in_jupyterlab_are_walked_and_read_from_python(notebook):
    notebook.run(4)
    viewer = notebook.figure(4)
    expect(viewer.locator(".say h3")).to_have_text("Attention weights")
    viewer.locator(".timeline [role=slider]").focus()
    notebook.page.keyboard.press("ArrowRight")
    expect(viewer.locator(".say h3")).to_have_text("Output")
    expect(viewer).to_have_attribute("data-untold", "")  # a figure tells what it shows once it rests
    expect(viewer).not_to_have_attribute("data-untold", "")
    notebook.says(5, "output")
    notebook.run(6)
    expect(viewer.locator(".say h3")).to_have_text("Scores", timeout=30_000)


@pytest.mark.long
def test_patches_in_jupyterlab_are_opened_and_read_from_python(notebook):
    notebook.run(7)
    explorer = notebook.figure(7)
    explorer.locator(".heads canvas").focus()
    for key in ("ArrowDown", "Enter"):
        notebook.page.keyboard.press(key)
    expect(explorer.locator("h3")).to_have_text(re.compile("Layer 1, head 0"), timeout=30_000)
    notebook.says(8, "1 0")
