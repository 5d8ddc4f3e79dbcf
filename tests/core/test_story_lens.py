"""The lens on the language model: it ends with what the model expects, and says since when."""

import pytest

from core.lessons.story_lens import story_lens
from core.models import loading, offline
from core.models.writer import Writer


def test_behind_the_last_layer_stands_what_the_model_expects_and_since_when_it_is_the_likeliest():
    text = "Once upon a time there was a little girl named Lily. She wanted to play in the"
    found, loaded = story_lens(text), loading.load(offline.STORY)
    writer = Writer(loaded)
    ids = [loaded.tokenizer.bos_token_id, *loaded.tokenizer(text)["input_ids"]]
    writer.read(ids)
    shares = writer.scores(len(ids) - 1).softmax(-1)
    assert found.layers[-1].chosen == pytest.approx(float(shares.max()), abs=1e-4)
    assert found.layers[-1].guesses[0][0] == found.expects.name
    best = [layer.guesses[0][0] == found.expects.name for layer in found.layers]
    assert all(best[found.since + 1 :])
    assert found.since < 0 or not best[found.since]
    assert found.read.text == " the"


def test_nothing_is_said_of_a_text_that_is_far_too_long():
    with pytest.raises(ValueError, match="at most 5000 are accepted"):
        story_lens("a" * 9000)
