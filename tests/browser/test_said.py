"""What is drawn is also said: every figure has words for who cannot see it, and its numbers as a table on request."""

import re

import pytest

from pages.course.catalogue import LESSONS, MAP, built

FIGURE = ".step-viewer figure canvas"
STEPS = [page for page in LESSONS if page.built]

# drawings without words of their own, and where the words are
SAID_ELSEWHERE = {
    "step": "the slider of the steps says which one it is",
    "card": "the link of a lab says where it leads",
    "inner": "the words of a sentence have their weights beside them",
    "play": "the button is called Play or Pause",
    "mark-of-state": "the legend's words stand beside its signs",
}
# drawings that are made, not read
DRAWN_BY_HAND = {"pad", "scene"}

DRAWINGS = """() => [...document.querySelectorAll(".stBidiComponent")]
    .flatMap((host) => [host, ...host.querySelectorAll("*")].map((node) => node.shadowRoot).filter(Boolean))
    .flatMap((root) => [...root.querySelectorAll("canvas, svg")])
    .filter((node) => node.checkVisibility())
    .map((node) => ({
        hidden: node.getAttribute("aria-hidden") === "true", role: node.getAttribute("role"),
        label: node.getAttribute("aria-label") ?? "", around: node.parentNode.className, part: node.closest(".lab").className,
    }))"""

TABLES = """(root) => [...root.querySelectorAll("table")].map((table) => ({
    caption: table.caption.textContent,
    columns: [...table.tHead.rows[0].cells].slice(1).map((cell) => [cell.scope, cell.textContent]),
    rows: [...table.tBodies[0].rows].map((row) => [row.cells[0].scope, ...[...row.cells].map((cell) => cell.textContent)]),
}))"""


def path_of(page) -> str:
    return "/" if page is MAP else f"/{page.slug}"


def check(table: dict) -> None:
    assert table["caption"]
    assert table["columns"]
    assert {scope for scope, _ in table["columns"]} == {"col"}
    assert table["rows"]
    for scope, _, *cells in table["rows"]:
        assert scope == "row"
        assert len(cells) == len(table["columns"])


@pytest.mark.parametrize("page", built(), ids=lambda page: page.slug)
def test_every_drawing_is_said_and_has_its_numbers(visit, page):
    visitor = visit(path_of(page))
    drawings = visitor.page.evaluate(DRAWINGS)
    assert drawings
    for drawing in drawings:
        if drawing["hidden"]:
            assert SAID_ELSEWHERE.keys() & set(drawing["around"].split())
        elif not DRAWN_BY_HAND & set(drawing["part"].split()):
            assert drawing["role"]
            assert re.search(r"\d", drawing["label"]), drawing
    buttons = visitor.page.get_by_role("button", name=re.compile("^Numbers"))
    assert buttons.count()
    for button in buttons.all():
        button.click()
    for opened in visitor.see(".figure-table").all():
        for table in opened.evaluate(TABLES):
            check(table)


@pytest.mark.parametrize("page", STEPS, ids=lambda page: page.slug)
def test_every_step_is_said_with_the_numbers_of_its_table(visit, page):
    visitor = visit(f"/{page.slug}", reduced_motion="reduce")
    visitor.page.get_by_role("button", name="Numbers", exact=True).first.click()
    said = set()
    for step in range(int(visitor.see(".step-viewer .steps").get_attribute("aria-valuemax"))):
        visitor.see(".step-viewer .steps").focus()
        visitor.page.keyboard.press("ArrowRight" if step else "Home")
        visitor.page.wait_for_timeout(400)  # an open table follows when the step rests
        label = visitor.see(FIGURE).get_attribute("aria-label")
        said.add(label)
        assert label.startswith(f"{visitor.text('.step-viewer .say h3')}: ")
        tables = visitor.see(".step-viewer .figure-table").evaluate(TABLES)
        for table in tables:
            check(table)
        strongest = re.search(r"keys; the strongest is (\S+) on (\S+), (\d\.\d+)", label)
        if strongest:
            row, column, value = strongest.groups()
            cells = [
                (float(cell), name, tables[0]["columns"][place][1])
                for _, name, *cells in tables[0]["rows"]
                for place, cell in enumerate(cells)
                if re.fullmatch(r"[\d.]+", cell)
            ]
            assert max(cells)[0] == float(value)
            assert (float(value), row, column) in cells
    assert len(said) == step + 1


def test_a_table_of_very_many_numbers_says_what_is_left_out(visit):
    visitor = visit("/sentence_lab")
    visitor.type_into("Sentence", "the cat sat on a mat and " * 20)
    visitor.page.get_by_role("button", name="Numbers", exact=True).click()
    table = visitor.see(".lab-view .panel .figure-table")
    assert table.locator("table").first.locator("tbody tr").count() == 64
    words = "the first 64 of 142 rows and the first 64 of 142 columns"
    assert words in table.locator(".left-out").first.inner_text()


def test_the_table_follows_the_head_that_is_looked_at(visit):
    visitor = visit("/image_lab")
    button = visitor.page.get_by_role("button", name="Numbers", exact=True).first
    button.click()
    caption = visitor.see(".patch-explorer .panel caption").first
    assert caption.inner_text() == "Layer 3, head 0: what e5 gives"
    visitor.see(".patch-explorer figure canvas").first.focus()
    visitor.page.keyboard.press("ArrowLeft")
    visitor.says(".patch-explorer .panel caption", "what d5 gives")
    button.click()
    assert visitor.see(".patch-explorer .panel table").count() == 0
