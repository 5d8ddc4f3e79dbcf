"""What tests ask of a whole page, as JavaScript: what is cut, too small, unsaid, unreachable, or keeps somebody out."""

import json
from importlib.resources import files

from pages.course.catalogue import MAP, Page
from tests.browser.visitor import EVERYTHING, FOCUSED, Visitor

PARTS = f"""
    {EVERYTHING}
    {FOCUSED}
    const ours = (node) => node.getRootNode() instanceof ShadowRoot && node.closest(".lab") !== null;
    const reachable = () => everything(document).filter((node) =>
        ours(node) && node.tabIndex >= 0 && !node.disabled && node.checkVisibility({{ visibilityProperty: true }}));
"""

# walks by Tab: window.step() notes where the focus is, and says whether the page was left
START = f"""() => {{
    {PARTS}
    window.stops = reachable();
    window.visited = [];
    window.plain = reachable().map((node) => [node, ring(node)]);
    function ring(node) {{
        const {{ outlineStyle, outlineWidth, strokeWidth }} = getComputedStyle(node);
        return [outlineStyle, outlineWidth, strokeWidth].join();
    }}
    window.step = () => {{
        const node = focused();
        if (node && ours(node)) {{
            const before = plain.find(([other]) => other === node);
            const unseen = before && before[1] === ring(node);
            window.visited.push([window.stops.indexOf(node), unseen]);
        }}
        return node === document.body || node === null;
    }};
}}"""

# what such a walk met
FOUND = """() => {
    const words = (node) => [node.tagName, node.getAttribute("class"), node.ariaLabel ?? node.textContent].join(" ");
    const places = visited.map(([place]) => place);
    return {
        all: window.stops.length,
        missed: window.stops.filter((_, place) => !places.includes(place)).map(words),
        unseen: visited.filter(([place, unseen]) => unseen).map(([place]) => words(window.stops[place])),
        ordered: places.every((place, i) => i === 0 || place > places[i - 1]),
    };
}"""

MOVING = f"""() => {{
    {PARTS}
    return everything(document).map((node) => [node, getComputedStyle(node)])
        .filter(([, style]) => style.animationName !== "none" || /[1-9]/.test(style.transitionDuration))
        .map(([node]) => node.outerHTML.slice(0, 100));
}}"""

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

# whether a canvas shows more than one colour
DRAWN_ON = """(canvas) => {
    const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    const seen = new Set();
    for (let i = 0; i < data.length && seen.size < 2; i += 4) {
        if (data[i + 3]) seen.add(data[i] << 16 | data[i + 1] << 8 | data[i + 2]);
    }
    return seen.size > 1;
}"""

# the formulas of a step viewer that reach the upper or lower edge of their box, where they are cut, or their mark is, or that
# are wider than it
CRAMPED = """(viewer) => [...viewer.querySelectorAll(".formula")].flatMap((box) => {
    const { top, bottom } = box.getBoundingClientRect();
    const cut = box.scrollHeight > box.clientHeight || box.scrollWidth > box.clientWidth;
    return [...box.querySelectorAll("math *")]
        .filter((node) => {
            const { top: above, bottom: below, height } = node.getBoundingClientRect();
            return height && (cut || above < top + 3 || below > bottom - 3);
        })
        .map((node) => node.textContent);
})"""

# what a step viewer shows: its step, title and figure, whether that shows more than one colour, the table of its numbers, and
# what is cramped of its formulas
STEP = f"""(viewer) => {{
    const tables = {TABLES};
    const drawn = {DRAWN_ON};
    const cramped = {CRAMPED};
    [...viewer.querySelectorAll("button")].find((button) => button.textContent === "Numbers").click();
    const figure = viewer.querySelector("figure canvas");
    return {{
        step: viewer.querySelector(".steps").ariaValueNow, title: viewer.querySelector(".say h3").innerText,
        label: figure.ariaLabel, height: figure.getBoundingClientRect().height, drawn: drawn(figure),
        tables: tables(viewer.querySelector(".figure-table")), cramped: cramped(viewer),
    }};
}}"""

# rows of a table are alike: where what is asked of each takes long, those below the fourth are taken away
SHORTEN = """(tables) => tables.flatMap((table) => [...table.querySelectorAll("tbody tr:nth-child(n + 5)")])
    .forEach((row) => row.remove())"""


SAID = """
    const above = (node) => (node.parentNode instanceof ShadowRoot ? node.parentNode.host : node.parentNode);
    const said = (node) => [
        node.tagName, node.getAttribute("role"), node.dataset.testid ?? node.closest("[data-testid]")?.dataset.testid,
        node.className.baseVal ?? node.className, (node.getAttribute("aria-label") ?? node.textContent).trim().slice(0, 40),
    ].join(" ");
"""

# presses what opens a panel or a table, all at once, and says how many there were
UNFOLD = (
    "() => {"
    + EVERYTHING
    + """
    const shut = everything(document).filter((node) => node.checkVisibility() && (
        node.matches("[data-testid=stExpander] details:not([open]) > summary")
        || (node.matches("button[aria-pressed=false]") && /^Numbers( of all heads)?$/.test(node.textContent))
    ));
    shut.forEach((node) => node.click());
    return shut.length;
}"""
)

FINGER = 44  # CSS pixels
# smaller than a finger, each with another way to the same
SMALLER = (
    "data-grid-canvas",  # Streamlit's table: its cells are many, its file is below it
    "stSkipToContent",  # Streamlit's link for keyboards, unseen until it has the focus
)

# what is smaller than a finger, and how many targets there are
TARGETS = (
    f"""() => {{
    const [finger, smaller] = {json.dumps([FINGER, SMALLER])};"""
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
    const middle = (node) => node.getBoundingClientRect().top + node.getBoundingClientRect().height / 2;
    for (const node of everything(document.querySelector(".stMainBlockContainer"))) {
        if (node.matches(".explained") && /^[,.:;)]/.test(node.parentNode.nextSibling?.data ?? "")) {
            cut.push(`${said(node)}: what follows it can begin a line`);
        }
        if (node.matches(".legend .bar")) {
            const away = (one) => one.matches(".number") && Math.abs(middle(one) - middle(node)) > 10;
            cut.push(...[...node.parentElement.children].filter(away).map((one) => `${said(one)}: not beside its bar`));
        }
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
    return [cut, wide, innerWidth];
}"""
)

# files of parts, fonts aside, that the head of the page did not name
NAMED_LATE = """() => {
    const named = new Set([...document.head.querySelectorAll("link")].map((link) => link.href));
    return performance.getEntriesByType("resource").map((file) => file.name)
        .filter((name) => name.includes("/lab-assets/") && !name.includes("/fonts/") && !named.has(name));
}"""

# whether a panel that was opened lies in the window, and is seen whole, or what is longer than the window a good part, with
# its button at the lower edge of the window: what comes back above the button moves it, at any time
HAS_ROOM = """([panel, button]) => {
    button.scrollIntoView({ block: "end" });
    const { top, bottom } = panel.getBoundingClientRect();
    return top >= 0 && bottom <= innerHeight && panel.clientHeight >= Math.min(panel.scrollHeight, innerHeight / 3);
}"""

# of buttons that can be pressed, the contrast of what stands on them: axe does not always find their ground
CONTRASTS = """(buttons) => buttons.filter((button) => !button.disabled).map((button) => {
    const light = (colour) => colour.match(/[0-9.]+/g).slice(0, 3)
        .map((part) => part / 255).map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4))
        .reduce((sum, part, i) => sum + part * [0.2126, 0.7152, 0.0722][i], 0.05);
    const colours = [getComputedStyle(button.querySelector("p") ?? button).color, getComputedStyle(button).backgroundColor];
    const [text, ground] = colours.map(light);
    return Math.max(text, ground) / Math.min(text, ground);
})"""

# of what a panel is built, whatever its words are
BUILT = """(panel) => [...panel.querySelectorAll("*")].map((node) => [
    node.tagName, node.dataset.testid, node.getAttribute("role"), node.hasAttribute("aria-label"), node.className,
].join(" ")).join()"""

AXE = files("axe_playwright_python").joinpath("axe.min.js").read_text("utf-8")
GRAVE = ("serious", "critical")

# rule of axe, and what shows that the element is Streamlit's and not ours
STREAMLITS = {
    ("list", "stSidebarNavItems"),  # sections of the navigation are divs of its list
    ("listitem", "stSidebarNavItems"),
}

FINDINGS = """async ([within, grave]) => {
    const { violations } = await axe.run(within, { resultTypes: ["violations"] });
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


def findings(visitor: Visitor, within: str = "html") -> list:
    """What axe finds within an element, beyond what is Streamlit's own, also inside the parts.

    A page that is asked meanwhile, by a chart that came near, fades until it answers: then it is read again.
    """
    if not visitor.page.evaluate("'axe' in window"):
        visitor.page.evaluate(AXE)
    asked = -1
    while asked != visitor.messages_sent:
        asked = visitor.rest().messages_sent
        found = visitor.page.evaluate(FINDINGS, [within, GRAVE])
    return [each for each in found if not any((each[0], name) in STREAMLITS for name in each[1])]


def path_of(page: Page) -> str:
    return "/" if page is MAP else f"/{page.slug}"


def open_panels(visitor: Visitor) -> None:
    """Open what is folded up, and the numbers of every figure; what is open already stays."""
    while visitor.page.evaluate(UNFOLD):
        visitor.rest()


def assert_whole(visitor: Visitor, width: int) -> None:
    """Nothing is cut, nothing scrolls sideways, and the page is as wide as its window; a table may take a moment to fit."""
    for _ in range(50):
        found = visitor.page.evaluate(CUT)
        if found == [[], 0, width]:
            return
        visitor.page.wait_for_timeout(100)
    assert found == [[], 0, width]


def check_table(table: dict) -> None:
    """A table has a caption, and a heading for every column and row."""
    assert table["caption"]
    assert table["columns"]
    assert {scope for scope, _ in table["columns"]} == {"col"}
    assert table["rows"]
    for scope, _, *cells in table["rows"]:
        assert scope == "row"
        assert len(cells) == len(table["columns"])
