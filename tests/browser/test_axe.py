"""axe-core on every page, by day and by night: nothing serious in what is ours, and Streamlit's own findings by name."""

from importlib.resources import files

import pytest

from pages.course.catalogue import MAP, built

AXE = files("axe_playwright_python").joinpath("axe.min.js").read_text("utf-8")
GRAVE = ("serious", "critical")

# rule of axe, and what shows that the element is Streamlit's and not ours
STREAMLITS = {
    ("list", "stSidebarNavItems"),  # sections of the navigation are divs of its list
    ("listitem", "stSidebarNavItems"),
}

FINDINGS = """async (grave) => {
    const { violations } = await axe.run(document, { resultTypes: ["violations"] });
    const place = (target) => target.flat().reduce((root, selector) => {
        const node = root.querySelector(selector);
        return node?.shadowRoot ?? node;
    }, document);
    return violations.filter(({ impact }) => grave.includes(impact)).flatMap(({ id, nodes }) => nodes.map((found) => {
        const names = [];
        for (let node = place(found.target); node?.closest; node = node.parentElement) names.push(node.dataset.testid);
        return [id, names.filter(Boolean), found.html.slice(0, 200), found.failureSummary.slice(0, 300)];
    }));
}"""


def findings(visitor) -> list:
    """What axe finds beyond what is Streamlit's own, also inside the parts."""
    visitor.page.evaluate(f"{AXE};0")
    found = visitor.page.evaluate(FINDINGS, GRAVE)
    return [each for each in found if not any((each[0], name) in STREAMLITS for name in each[1])]


def open_panels(visitor) -> None:
    for panel in visitor.see("[data-testid=stExpander] summary").all():
        panel.click()
    for name in ("Numbers", "Numbers of all heads"):
        for button in visitor.page.get_by_role("button", name=name, exact=True).all():
            button.click()
    visitor.page.wait_for_timeout(500)
    visitor.rest()


@pytest.mark.parametrize("page", built(), ids=lambda page: page.slug)
def test_nobody_is_kept_out(visit, page):
    visitor = visit("/" if page is MAP else f"/{page.slug}", color_scheme="light", bypass_csp=True)
    open_panels(visitor)
    assert findings(visitor) == []
    visitor.page.emulate_media(color_scheme="dark")
    visitor.page.wait_for_function(
        "() => getComputedStyle(document.querySelector('.stApp')).backgroundColor === 'rgb(18, 18, 25)'"
    )
    visitor.page.wait_for_timeout(400)
    assert findings(visitor) == []
    for panel in visitor.see("[data-testid=stPopover] button").all():
        panel.click()
        visitor.see("[data-testid=stPopoverBody]").wait_for()
        visitor.page.wait_for_timeout(400)
        assert findings(visitor) == []
        visitor.page.keyboard.press("Escape")


def test_axe_sees_into_the_parts(visit):
    """A check that cannot fail would prove nothing: a picture without words in a part is found."""
    visitor = visit("/masks", bypass_csp=True)
    visitor.see(".step-viewer figure").evaluate("figure => figure.append(document.createElement('img'))")
    assert [rule for rule, *_ in findings(visitor)] == ["image-alt"]
