"""Progress in a real browser: it outlasts a reload, belongs to one visitor, is taken along and is erased."""

import json
import re
from pathlib import Path

from playwright.sync_api import expect


def came(visitor, how_far: str) -> None:
    """Wait until the map says this beside the lesson on masks."""
    expect(visitor.see(".map .row", has_text="Masks").locator(".unseen")).to_have_text(re.compile(rf"\b{how_far}\b"))


def test_progress_outlasts_a_reload_is_nobody_elses_is_exported_and_is_erased(visit):
    visitor = visit("/masks?masks_numbers=by+hand", reduced_motion="reduce")
    (cookie,) = [each for each in visitor.page.context.cookies() if each["name"] == "learner"]
    assert re.fullmatch("[0-9a-f]{32}[.][A-Za-z0-9_-]{43}", cookie["value"])
    assert (cookie["httpOnly"], cookie["sameSite"], cookie["path"]) == (True, "Lax", "/")
    visitor.asks(visitor.page.get_by_text("only the last", exact=True).nth(0).click)
    visitor.after(lambda: visitor.page.get_by_role("button", name="Check").first.click())
    visitor.says("[data-testid=stMain]", "✓ Right")

    visitor.go("/")
    came(visitor, "(?<!not )begun")
    expect(visitor.see(".map .row", has_text="Masks").locator(".came")).to_be_visible()
    visitor.says(".st-key-progress", "1 of 1 questions right")

    stranger = visit("/")
    came(stranger, "not begun")
    expect(stranger.see(".st-key-progress", has_text="begun")).to_have_count(0)

    visitor.page.get_by_role("link", name="Go on where you were: 7 · Masks, step 7").click()
    visitor.page.wait_for_selector(".step-viewer")
    visitor.rest().linked(step="6")

    visitor.go("/")
    visitor.page.get_by_role("button", name="Your progress").click()
    with visitor.page.expect_download() as download:
        visitor.page.get_by_role("button", name="JSON").click()
    kept = json.loads(Path(download.value.path()).read_text())
    assert {"lesson": "masks", "kind": "question", "item": "before", "value": 1}.items() <= kept_question(kept).items()
    visitor.page.get_by_role("button", name="Erase my progress").click()
    visitor.page.get_by_role("button", name="Erase them").click()
    visitor.says(".st-key-progress", "entries are gone")
    came(visitor, "not begun")
    visitor.go("/")
    came(visitor, "not begun")
    expect(visitor.page.get_by_role("button", name="Your progress")).to_have_count(0)


def kept_question(kept: list[dict]) -> dict:
    return next(row for row in kept if row["kind"] == "question")
