"""Lesson 13: what is trained while one looks, and controls that cannot be."""

import json
import re
import time

from core.training import routing
from core.training.copying import UPDATES
from core.transformer.design import NOW, THEN, counted
from tests.pages.screen import assert_no_failure, open_page, said, sent

LEARNED = r"after [1-9]\d* updates, it"  # how far it is at whatever moment it is looked at


def notice(app, label: str) -> str:
    """What a step says."""
    (view,) = [each for each in sent(app, "step_viewer")[0]["views"] if each["label"] == label]
    return "".join(span[0] for span in view["notice"])


def train(app, prefix: str, until: str, press: str = "play") -> None:
    """Press Train, or another button, and look until something is said, a regular expression."""
    app.button(key=f"{prefix}_{press}").click().run()
    end = time.monotonic() + 60
    while not re.search(until, said(app)):
        assert time.monotonic() < end, said(app)
        time.sleep(0.1)
        app.run()
    assert_no_failure(app)


def test_the_block_step_says_what_torch_counts():
    told = notice(open_page("since_2017", since_2017_width="64", since_2017_tokens="128"), "block")
    for design in (THEN, NOW):
        assert f"{counted(design, 64, 128).parameters:,}" in told


def test_two_stacks_learn_side_by_side_and_one_that_diverges_says_so_and_stops():
    link = {"since_2017_race_depth": "2", "since_2017_race_rate": "1.0", "since_2017_place": "post-norm"}
    app = open_page("since_2017", **link)
    assert "diverged" not in said(app)
    train(app, "since_2017_race", "diverged after")
    assert said(app).count("diverged after") == 2
    app.select_slider(key="since_2017_race_rate").set_value(3e-3).run()
    assert "diverged" not in said(app)
    train(app, "since_2017_race", LEARNED)
    assert len(app.get("plotly_chart")) == 2
    # no training is under way when the tests end; a short one may be done
    for stop in [button for button in app.button if button.key == "since_2017_race_stop"]:
        stop.click().run()


def test_after_one_update_the_axes_count_whole_updates_and_whole_blocks():
    app = open_page("since_2017", since_2017_race_depth="2")
    train(app, "since_2017_race", "after 1 update, it", press="step")
    axes = [json.loads(chart.proto.spec)["layout"]["xaxis"] for chart in app.get("plotly_chart")]
    assert [(axis["title"]["text"], axis["dtick"]) for axis in axes] == [("update", 1), ("block, from the first", 1)]


def test_a_training_that_is_stopped_stays_where_it_is():
    app = open_page("since_2017", since_2017_race_depth="24")  # which is not done before it is looked at
    train(app, "since_2017_race", LEARNED)
    app.button(key="since_2017_race_stop").click().run()
    _, player = app.session_state["since_2017_race_player"]
    assert player.state == "stopped"
    assert len(player.look()[-1][0].losses) < UPDATES


def test_a_router_is_trained_and_its_dead_experts_are_counted():
    app = open_page("since_2017", since_2017_routing_experts="3")
    train(app, "since_2017_routing", f"{routing.UPDATES} of {routing.UPDATES} updates")
    assert "None of 3 experts is dead: each gets at least 0.1%" in said(app)


def test_more_experts_than_there_are_cannot_be_asked_and_the_page_says_so():
    app = open_page("since_2017", since_2017_experts="2", since_2017_active="4")
    assert_no_failure(app)
    assert "There are 2 experts: each token asks all of them." in said(app)
    assert "each asks the 2 with the largest" in notice(app, "experts")
