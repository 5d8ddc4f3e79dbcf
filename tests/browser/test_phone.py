"""On a phone, and at 200 % zoom: every page can be used with a finger, nothing is cut, nothing scrolls sideways."""

import pytest

from pages.course.catalogue import MAP, built
from tests.browser.visitor import EVERYTHING

PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True, "device_scale_factor": 2}
ZOOMED = {"viewport": {"width": 720, "height": 500}, "device_scale_factor": 2}
FINGER = 44  # CSS pixels

# smaller than a finger, each with another way to the same
SMALLER = {
    "data-grid-canvas",  # Streamlit's table: its cells are many, its file is below it
    "stSkipToContent",  # Streamlit's link for keyboards, unseen until it has the focus
}

SAID = """
    const above = (node) => (node.parentNode instanceof ShadowRoot ? node.parentNode.host : node.parentNode);
    const said = (node) => [
        node.tagName, node.getAttribute("role"), node.dataset.testid ?? node.closest("[data-testid]")?.dataset.testid,
        node.className.baseVal ?? node.className, (node.getAttribute("aria-label") ?? node.textContent).trim().slice(0, 40),
    ].join(" ");
"""

TARGETS = (
    """([finger, smaller]) => {"""
    + EVERYTHING
    + SAID
    + """
    const under = (x, y) => {
        let node = document.elementFromPoint(x, y);
        for (let inner = node; inner?.shadowRoot; node = inner) {
            const next = inner.shadowRoot.elementFromPoint(x, y);
            if (!next || next === inner) break;
            inner = next;
            node = next;
        }
        return node;
    };
    const TARGET = `a[href], button:not(:disabled), input:not(:disabled, [type=file]), select, textarea, summary,
        [tabindex]:not([tabindex="-1"]), [role=option]`;
    const small = [];
    let seen = 0;
    for (let node of everything(document)) {
        if (!node.matches(TARGET) || !node.checkVisibility({ visibilityProperty: true })) continue;
        if (smaller.includes(node.dataset.testid)) continue;
        const words = said(node);
        // Streamlit hides the input itself and draws its label, or a thumb, in its place
        if (node.matches("input[type=checkbox], input[type=radio]")) node = node.closest("label") ?? node;
        else if (node.matches("[data-testid=stSlider] input")) node = node.parentElement.parentElement;
        node.scrollIntoView({ block: "center", inline: "center" });
        const box = node.getBoundingClientRect();
        // not there until it is opened, or until it has the focus
        if (!box.width || !box.height || box.right <= 0) continue;
        seen++;
        if (Math.round(box.width) >= finger && Math.round(box.height) >= finger) continue;
        // or a hit area around it that is large enough
        const [x, y, reach] = [box.left + box.width / 2, box.top + box.height / 2, finger / 2 - 2];
        const hit = ([dx, dy]) => {
            let it = under(x + dx * reach, y + dy * reach);
            while (it && it !== document && it !== node) it = above(it);
            return it === node;
        };
        if (![[-1, 0], [1, 0], [0, -1], [0, 1]].every(hit)) small.push(`${words}: ${box.width | 0} x ${box.height | 0}`);
    }
    return [small, seen];
}"""
)

CUT = (
    """() => {"""
    + EVERYTHING
    + SAID
    + """
    const style = (node) => getComputedStyle(node).overflowX;
    const cut = [];
    for (const node of everything(document.querySelector(".stMainBlockContainer"))) {
        const words = [...node.childNodes].some((child) => child.nodeType === 3 && child.data.trim());
        const shown = words || node.tagName === "CANVAS";
        if (!shown || !node.checkVisibility({ visibilityProperty: true, opacityProperty: true })) continue;
        const { left, right, width } = node.getBoundingClientRect();
        if (width < 2 || node.closest(".unseen, [aria-hidden=true]")) continue;
        if (getComputedStyle(node).textOverflow === "ellipsis" && node.scrollWidth > node.clientWidth) cut.push(said(node));
        for (let it = above(node); it instanceof Element && it !== document.body; it = above(it)) {
            if (["auto", "scroll"].includes(style(it)) && !it.matches(".stMain")) break;
            const box = it.getBoundingClientRect();
            const clips = ["hidden", "clip"].includes(style(it)) || it.matches(".stMain");
            if (clips && box.width > 2 && (right > box.right + 2 || left < box.left - 2)) {
                cut.push(`${said(node)}: ${left | 0} to ${right | 0} in ${said(it)}`);
                break;
            }
        }
    }
    const main = document.querySelector(".stMain");
    const wide = Math.max(document.scrollingElement.scrollWidth - innerWidth, main.scrollWidth - main.clientWidth);
    return [cut, wide];
}"""
)


def path_of(page) -> str:
    return "/" if page is MAP else f"/{page.slug}"


def open_panels(visitor) -> None:
    for panel in visitor.see("[data-testid=stExpander] summary").all():
        panel.click()
    visitor.page.wait_for_timeout(400)
    visitor.rest()


@pytest.mark.parametrize("page", built(), ids=lambda page: page.slug)
def test_a_finger_meets_every_target_and_nothing_is_cut(visit, page):
    visitor = visit(path_of(page), **PHONE)
    open_panels(visitor)
    assert visitor.page.evaluate(CUT) == [[], 0]
    small, seen = visitor.page.evaluate(TARGETS, [FINGER, list(SMALLER)])
    assert seen > 10
    assert small == []


@pytest.mark.parametrize("page", built(), ids=lambda page: page.slug)
def test_at_twice_the_size_nothing_is_cut(visit, page):
    visitor = visit(path_of(page), **ZOOMED)
    open_panels(visitor)
    assert visitor.page.evaluate(CUT) == [[], 0]


def test_the_navigation_is_as_large_as_a_finger(visit):
    visitor = visit("/", **PHONE)
    visitor.see("[data-testid=stExpandSidebarButton]").tap()
    links = visitor.see("[data-testid=stSidebarNavLink]")
    links.first.wait_for()
    visitor.page.wait_for_timeout(500)
    assert min(min(link.bounding_box()["height"], link.bounding_box()["width"]) for link in links.all()) >= FINGER


def test_the_navigation_makes_way_for_the_page_that_was_chosen(visit):
    visitor = visit("/self_attention", **PHONE)
    visitor.see("[data-testid=stExpandSidebarButton]").tap()
    visitor.page.wait_for_timeout(500)
    visitor.see("[data-testid=stSidebarNavLink]", has_text="Masks").tap()
    visitor.arrive("/masks")
    visitor.see("[data-testid=stExpandSidebarButton]").wait_for()
    visitor.see(".token-strip .token", has_text="cross").tap()
    visitor.says(".readout .title", "cross asks")


def test_a_tap_on_a_word_asks_with_it(visit):
    visitor = visit("/self_attention", **PHONE)
    visitor.see(".token-strip .token", has_text="cross").tap()
    visitor.says(".readout .title", "cross asks")


def test_a_tap_on_a_cell_stays_and_arrows_for_fingers_move_it(visit):
    visitor = visit("/self_attention", **PHONE)
    figure = visitor.see(".step-viewer figure canvas")
    box = figure.bounding_box()
    figure.tap(position={"x": box["width"] * 0.5, "y": box["height"] * 0.6})
    visitor.page.wait_for_timeout(300)
    at = visitor.text(".readout .title")
    assert at != "it asks animal"
    visitor.page.get_by_role("button", name="Left", exact=True).first.tap()
    visitor.page.wait_for_timeout(150)
    assert visitor.text(".readout .title").split(" asks ")[0] == at.split(" asks ")[0]
    assert visitor.text(".readout .title") != at


def test_a_tap_on_a_patch_keeps_it(visit):
    visitor = visit("/vision_transformer", **PHONE)
    picture = visitor.see(".patch-explorer figure canvas").first
    picture.scroll_into_view_if_needed()
    visitor.after(lambda: picture.tap(position={"x": 40, "y": 40}))
    visitor.says(".patch-explorer .says", "a1 looks most at")
    assert visitor.link["vit_at"] == "1"


def test_a_tap_opens_a_head_of_the_lab(visit):
    visitor = visit("/sentence_lab", **PHONE)
    grid = visitor.see(".lab-view .left canvas")
    visitor.after(lambda: grid.tap(position={"x": 24 + 22, "y": 20 + 22}))
    visitor.says(".lab-view h3", "Layer 0, head 0")


def test_a_thing_is_dragged_with_a_finger(visit):
    visitor = visit("/captioning", **PHONE)
    thing = visitor.see("[data-thing='0']")
    thing.scroll_into_view_if_needed()
    box, picture = thing.bounding_box(), visitor.see(".scene svg").bounding_box()
    start = (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    touches = visitor.page.context.new_cdp_session(visitor.page)

    def touch(kind: str, *points: tuple[float, float]) -> None:
        places = [{"x": x, "y": y} for x, y in points]
        touches.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": places})

    touch("touchStart", start)
    for share in (0.3, 0.6, 1):
        touch("touchMove", (start[0], start[1] + share * (picture["y"] + picture["height"] * 0.85 - start[1])))
    visitor.after(lambda: touch("touchEnd"))
    visitor.says(".query-words", "bottom")


def test_words_are_moved_and_added_up_by_taps(visit):
    visitor = visit("/self_attention", **PHONE)
    visitor.see(".token-strip .token", has_text="animal").tap()
    visitor.after(lambda: visitor.page.get_by_role("button", name="‹ Move word").tap())
    assert visitor.see(".token-strip .word").all_inner_texts()[:4] == ["[CLS]", "animal", "the", "did"]
    visitor.page.get_by_role("button", name="Add up words").tap()
    visitor.see(".token-strip .token", has_text="street").tap()
    visitor.says(".token-strip .sum", "sum over 2 words: 2.00")
