"""A part that is called again before the call before is done, as Streamlit does on a page that is drawn fast, stays."""

from pages.parts.payload import pack

OVERTAKEN = """async (data) => {
    const { mount } = await import(performance.getEntriesByType("resource").find(({ name }) => name.endsWith("/mount.js")).name);
    const root = (host) => [host, ...host.querySelectorAll("*")].map((node) => node.shadowRoot).find(Boolean);
    const parentElement = root(document.querySelector(".stBidiComponent")).appendChild(document.createElement("div"));
    const seen = { made: 0, updated: 0, ended: 0 };
    const create = (place) => {
        seen.made += 1;
        place.append(document.createElement("button"));
        return { update: () => (seen.updated += 1), destroy: () => (seen.ended += 1) };
    };
    const call = () => mount({ parentElement, data: new Uint8Array(data) }, create, []);
    const drawn = () => new Promise((done) => setTimeout(done, 50));
    call();
    await drawn();
    parentElement.querySelector("button").focus();
    const cleanup = call();
    cleanup();
    const last = call();
    await new Promise((done) => setTimeout(done, 1100));
    seen.focused = parentElement.getRootNode().activeElement?.tagName;
    parentElement.remove();
    last();
    return seen;
}"""


def test_it_keeps_what_it_shows_and_the_focus_and_ends_once(visit):
    visitor = visit("/")
    found = visitor.page.evaluate(OVERTAKEN, list(pack({"any": "words"}, {})))
    assert found == {"made": 1, "updated": 2, "ended": 1, "focused": "BUTTON"}
