"""The table of claims in a browser: it is measured as it comes into view, opens, leads to a step, and is taken away."""


def test_claims_are_measured_in_view_and_lead_to_their_step(visit):
    visitor = visit("/claims")
    row = ".st-key-claims_table tr[data-key='{}']"
    visitor.see(f"{row.format(10)} .live b").first.wait_for()
    far = visitor.see(row.format(860))
    assert not far.locator("b").count()
    far.scroll_into_view_if_needed()
    far.locator("b").first.wait_for()
    far.locator("button.said").click()
    visitor.see(".st-key-claims_table .found dl").wait_for()
    with visitor.page.expect_download() as downloading:
        visitor.page.get_by_role("button", name="CSV").click()
    assert len(downloading.value.path().read_text("utf-8-sig").splitlines()) >= 103
    far.locator("a").click()
    visitor.page.wait_for_url("**/multi_head?*step=*")
