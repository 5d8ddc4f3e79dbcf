"""Short walks of the visitor who does anything; `make fuzz` takes long ones. A walk proves no fact of its own."""

import pytest

from tests.browser import fuzz

pytestmark = pytest.mark.long


@pytest.mark.parametrize("seed", [3, 5])
def test_a_visitor_who_does_anything_finds_nothing_broken(address, browser, seed):
    assert fuzz.fuzz(browser, address, seed, lambda done: done < 40) == 40


def test_the_fuzzer_notices_a_mistake_a_blank_page_and_an_error(address, browser):
    """It could not be trusted if it noticed nothing."""
    fuzzer = fuzz.Fuzzer(browser, address, 0)
    for spoil, told in (
        ("document.querySelector('.stMainBlockContainer').remove()", "the page is blank"),
        ("document.querySelector('h1').innerText = 'This page made a mistake.'", "a mistake of ours"),
        ("setTimeout(() => { throw new Error('spoilt'); })", "spoilt"),
        ("fetch('http://example.invalid/').catch(() => {})", "example.invalid"),
    ):
        fuzzer.page.evaluate(f"() => {{ {spoil} }}")
        fuzzer.visitor.painted()
        with pytest.raises(fuzz.Found, match=told):
            fuzzer.check(rest=True)
        fuzzer.visitor.errors.clear()
        fuzzer.visitor.foreign.clear()
        fuzzer.visitor.go("/")
    fuzzer.context.close()
