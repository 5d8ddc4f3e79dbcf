"""The page of all claims: one table, measured on what is brought, filtered by the link, taken away whole."""

import pytest

from core.experiments import ledger
from core.experiments.corrections import CORRECTIONS
from pages.parts.claims import VERDICTS
from tests.pages.screen import assert_no_failure, open_page, said, sent


def shown(**link: str) -> dict:
    app = open_page("claims", **link)
    assert_no_failure(app)
    return sent(app, "ledger")[0]


def test_all_claims_stand_in_one_table_with_verdict_source_and_step():
    found = shown()
    assert found["count"] == "87 of 87 claims"
    assert [(row["number"], row["said"]) for row in found["rows"]] == [
        (row.name, row.claim.said) for row in ledger.ROWS
    ]
    for row in found["rows"]:
        assert row["verdict"] in VERDICTS.values()
        assert row["sources"]
        assert row["slug"]
    assert any("live" in row for row in found["rows"][:10])
    assert not any("live" in row for row in found["rows"] if row["trains"])


def test_filters_of_the_link_leave_what_fits():
    of_notes = shown(claims_note="S3")["rows"]
    assert {row["number"] for row in of_notes} == {row.name for row in ledger.ROWS if "S3" in row.sources}
    wrong = shown(claims_page="masks", claims_verdict="wrong")["rows"]
    assert {row["number"] for row in wrong} == {"19b", "34", "36b"}
    assert shown(claims_page="nonsense", claims_note="nonsense", claims_open="x")["count"] == "87 of 87 claims"


def test_a_link_chooses_a_page_by_its_slug_and_links_that_had_its_title_go_on_to_work():
    app = open_page("claims", claims_page="7 · Masks", claims_note="recall cards")
    assert app.query_params["claims_page"] == "masks"
    assert sent(app, "ledger")[0]["count"] == shown(claims_page="masks", claims_note="S3")["count"]
    assert "ignored" not in said(app)
    app.selectbox(key="claims_page").set_value("positions").run()
    assert app.query_params["claims_page"] == "positions"
    app.selectbox(key="claims_page").set_value("all").run()
    assert "claims_page" not in app.query_params
    assert "The link's “claims_page” was ignored" in said(open_page("claims", claims_page="mask"))


def test_a_link_chooses_table_and_verdicts_by_names_that_stay_and_links_with_their_words_go_on_to_work():
    app = open_page("claims", claims_view="the notes, judged", claims_verdict=["✗ wrong", "✓ right"])
    assert app.query_params["claims_view"] == "judged"
    assert app.query_params["claims_verdict"] == "wrong,right"
    assert app.button_group(key="claims_verdict").value == ["right", "wrong"]
    assert sent(app, "ledger")[0]["count"] == shown(claims_view="judged", claims_verdict="right,wrong")["count"]
    assert "ignored" not in said(app)
    app.button_group(key="claims_verdict").set_value(["imprecise"]).run()
    assert app.query_params["claims_verdict"] == "imprecise"
    app.button_group(key="claims_view").set_value("all").run()
    assert "claims_view" not in app.query_params
    assert sent(app, "ledger")[0]["count"] == shown(claims_verdict="imprecise")["count"]
    told = said(open_page("claims", claims_verdict="right,false"))
    assert "The link's “claims_verdict” was ignored" in told
    assert "or several with commas between them, not “false”" in told


def test_an_open_claim_shows_its_numbers_and_its_code_on_the_learners_sentence():
    one, other = (
        next(row for row in shown(claims_open="210", claims_text=text)["rows"] if row["open"])
        for text in ("The cat sleeps", "Two dogs saw a red car")
    )
    assert one["live"] != other["live"]
    assert one["identity"]
    assert "def only_the_others" in one["code"]
    assert one["says"]


def test_the_notes_are_judged_place_by_place():
    found = shown(claims_view="judged", claims_judged_open="4")
    assert [row["written"] for row in found["rows"]] == [each.written for each in CORRECTIONS]
    assert found["rows"][4]["where"] == "CS5242, line 30"
    assert found["rows"][4]["live"]
    assert "number" not in found["rows"][1]  # a slip of the pen


@pytest.mark.parametrize("text", ["", "x" * 100_000])
def test_a_sentence_that_cannot_be_read_is_told_and_the_table_stays(text):
    app = open_page("claims", claims_open="210")
    app.text_input(key="claims_text").set_value(text).run()
    assert_no_failure(app)
    assert "Type a sentence above" in said(app) or "cannot be read" in said(app)
    assert len(sent(app, "ledger")[0]["rows"]) == len(ledger.ROWS)


def test_every_correction_that_can_be_measured_has_its_experiment():
    assert len(CORRECTIONS) == 82
    assert [each.where for each in CORRECTIONS if each.row is None] == [
        *("S0:15", "S2:37", "S3:119-120", "S4:33", "S4:40", "S4:144", "S4: words"),
    ]
    assert all(each.written and each.right for each in CORRECTIONS)
    assert len({(each.where, each.written) for each in CORRECTIONS}) == len(CORRECTIONS)
