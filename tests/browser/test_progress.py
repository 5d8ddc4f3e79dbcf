"""Progress in a real browser: it outlasts a reload, belongs to one visitor, is taken along and is erased."""

import json
import re
from pathlib import Path


def came(visitor, lesson: str) -> str:
    """What the map says beside a lesson."""
    return visitor.see(".map .row", has_text=lesson).locator(".unseen").inner_text()


def test_progress_outlasts_a_reload_is_nobody_elses_is_exported_and_is_erased(visit):
    visitor = visit("/masks?mask_numbers=by+hand", reduced_motion="reduce")
    (cookie,) = [each for each in visitor.page.context.cookies() if each["name"] == "learner"]
    assert re.fullmatch("[0-9a-f]{32}", cookie["value"])
    assert (cookie["httpOnly"], cookie["sameSite"], cookie["path"]) == (True, "Lax", "/")
    visitor.page.get_by_text("only the last", exact=True).nth(0).click()
    visitor.page.wait_for_timeout(400)
    visitor.rest()
    visitor.after(lambda: visitor.page.get_by_role("button", name="Check").first.click())
    visitor.says("[data-testid=stMain]", "✓ Right")

    visitor.go("/")
    assert "begun" in came(visitor, "Masks")
    assert visitor.see(".map .row", has_text="Masks").locator(".came").is_visible()
    visitor.says(".st-key-progress", "1 of 1 questions right")

    stranger = visit("/")
    assert "not begun" in came(stranger, "Masks")
    assert stranger.see(".st-key-progress", has_text="begun").count() == 0

    visitor.page.get_by_role("link", name="Go on where you were: 7 · Masks, step 7").click()
    visitor.page.wait_for_selector(".step-viewer")
    visitor.rest()
    assert visitor.link["step"] == "6"

    visitor.go("/")
    visitor.page.get_by_role("button", name="Your progress").click()
    with visitor.page.expect_download() as download:
        visitor.page.get_by_role("button", name="JSON").click()
    kept = json.loads(Path(download.value.path()).read_text())
    assert {"lesson": "masks", "kind": "question", "item": "before", "value": 1}.items() <= kept_question(kept).items()
    visitor.page.get_by_role("button", name="Erase my progress").click()
    visitor.page.get_by_role("button", name="Erase them").click()
    visitor.says(".st-key-progress", "entries are gone")
    visitor.rest()
    assert "not begun" in came(visitor, "Masks")
    visitor.go("/")
    assert "not begun" in came(visitor, "Masks")
    assert visitor.page.get_by_role("button", name="Your progress").count() == 0


def kept_question(kept: list[dict]) -> dict:
    return next(row for row in kept if row["kind"] == "question")
