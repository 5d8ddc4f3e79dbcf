"""Lesson 10: what it shows is what the Transformer computed of the learner's sentence, whatever is forced or taken away."""

import numpy as np
import pytest

from core.lessons import encoder_decoder
from core.lessons.encoder_decoder import ALL_CROSS, Settings
from core.sequence.decoding import Interventions
from tests.pages.screen import assert_no_failure, open_page, said, sent

TEXT = "The red car is old."
CLOSE = {"atol": 2e-5, "rtol": 0}  # weights travel in steps of 1/65535


def lesson(**link: str):
    return open_page(
        "encoder_decoder", encoder_decoder_text=TEXT, **{f"encoder_decoder_{k}": v for k, v in link.items()}
    )


def test_the_maps_on_the_screen_are_those_of_the_chosen_layer():
    for layer in (0, 1):
        _, tensors = sent(lesson(layer=str(layer)), "step_viewer")
        found = encoder_decoder.run(Settings(TEXT, layer))
        np.testing.assert_allclose(tensors["weights"], found.trace.weights[0], **CLOSE)
        np.testing.assert_allclose(tensors["own_weights"], found.trace.own_weights[0], **CLOSE)


def test_what_is_forced_and_taken_away_is_in_the_link_and_is_told():
    id_ = encoder_decoder.transformer().vocabulary.spell("chat")[0]
    app = lesson(write=f"1.{id_}", away=ALL_CROSS)
    assert_no_failure(app)
    found = encoder_decoder.run(Settings(TEXT, away=ALL_CROSS, interventions=Interventions(((1, id_),))))
    told = said(app)
    assert "With your changes" in told
    words = [each["text"] for each in sent(app, "step_viewer")[0]["tokens"]["queries"]]
    assert words[1] == "✎ chat"
    assert len(words) == len(found.now.target.ids)


@pytest.mark.parametrize("link", [{"write": "0.99999,400.3"}, {"write": "x"}, {"away": "the roof"}, {"layer": "9"}])
def test_a_link_that_asks_for_what_cannot_be_shows_the_page(link):
    app = lesson(**link)
    assert_no_failure(app)
    assert not encoder_decoder.run(Settings(TEXT)).intervened
    assert "With your changes" not in said(app)
