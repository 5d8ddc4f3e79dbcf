"""What a question does to the controls of its page, and how that is undone."""

import numpy as np
import pytest

from tests.pages.screen import assert_no_failure, open_page, said, sent


@pytest.mark.parametrize(
    ("slug", "name"),
    [
        ("attention", "variance"),
        ("self_attention", "stays"),
        ("masks", "after"),
        ("multi_head", "leak"),
    ],
)
def test_what_a_check_has_set_can_be_put_back(slug, name):
    app = open_page(slug)
    before = sent(app, "step_viewer")
    pills = app.button_group(key=f"{slug}_{name}_guess")
    pills.set_value(getattr(pills.options[0], "content", pills.options[0])).run()
    app.button(key=f"{slug}_{name}_check").click().run()
    assert_no_failure(app)
    assert "The controls were set" in said(app)
    assert not same(sent(app, "step_viewer"), before)
    app.button(key=f"{slug}_{name}_back").click().run()
    assert_no_failure(app)
    assert "The controls were set" not in said(app)
    assert same(sent(app, "step_viewer"), before)


def test_of_several_questions_the_last_one_says_that_it_set_the_controls_and_puts_all_of_them_back():
    app = open_page("masks")
    before = sent(app, "step_viewer")
    for name, guess in (("before", "none"), ("after", "none"), ("through_the_layers", "no")):
        app.button_group(key=f"masks_{name}_guess").set_value(guess).run()
        app.button(key=f"masks_{name}_check").click().run()
        assert said(app).count("The controls were set") == 1
    (back,) = [each for each in app.button if each.label == "Put the controls back"]
    back.click().run()
    assert_no_failure(app)
    assert "The controls were set" not in said(app)
    assert same(sent(app, "step_viewer"), before)


def same(one: tuple[dict, dict], other: tuple[dict, dict]) -> bool:
    """Whether two step viewers show the same numbers."""
    return one[1].keys() == other[1].keys() and all(
        np.array_equal(one[1][key], other[1][key], equal_nan=True) for key in one[1]
    )
