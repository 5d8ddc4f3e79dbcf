"""The code shown is the code run."""

from core.attention import attend
from core.attention.projections import project
from core.attention.scores import dot
from core.listing import lines_that_ran, returned
from core.sequence.cells import rnn

STEPS = ("scores", "scaled", "masked", "weights", "output")


def test_plain_attention_is_five_lines_without_what_was_not_asked_for():
    shown = [line.text for line in lines_that_ran(attend, STEPS, {"allowed": None})]
    assert shown == [
        "scores = score(queries, keys)",
        "scaled = scores * scale",
        "masked = scaled",
        "weights = masked.softmax(dim=-1)",
        "output = weights @ values",
    ]


def test_a_mask_brings_the_line_that_masks():
    shown = [line.text for line in lines_that_ran(attend, STEPS, {"allowed": True})]
    assert "masked = torch.where(allowed, scaled, -torch.inf)" in shown


def test_a_cap_and_a_bias_bring_their_lines_and_their_names():
    shown = [line.text for line in lines_that_ran(attend, STEPS, {"softcap": 5.0, "bias": True})]
    assert shown[2:5] == [
        "capped = softcap * torch.tanh(scaled / softcap)",
        "biased = capped + bias",
        "masked = biased",
    ]


def test_every_line_says_what_it_assigns():
    lines = lines_that_ran(project, ("query_rows", "key_rows", "value_rows"), {})
    assert [line.assigns for line in lines] == [("query_rows",), ("key_rows",), ("value_rows",)]


def test_the_lines_shown_compute_what_attend_computes():
    """Run as they stand, the lines give the same numbers."""
    import torch

    from tests.core.shapes import operands

    queries, keys, values = operands()
    allowed = torch.ones(1, 1, 5, 7, dtype=torch.bool).tril(2)
    names = {"queries": queries, "keys": keys, "values": values, "allowed": allowed, "torch": torch}
    names |= {"score": dot, "scale": queries.shape[-1] ** -0.5}
    exec("\n".join(line.text for line in lines_that_ran(attend, STEPS, {"allowed": allowed})), names)
    assert torch.equal(names["output"], attend(queries, keys, values, allowed).output)


def test_a_score_function_shows_what_it_returns():
    assert returned(dot) == "return queries @ keys.mT"


def test_what_a_loop_does_stands_under_the_line_that_begins_it():
    shown = [line.text for line in lines_that_ran(rnn, ("from_input", "from_state", "state"), {})]
    assert shown == [
        "from_input = inputs @ maps.w_input + maps.b_input",
        "state = from_input.new_zeros(len(inputs), maps.w_state.shape[0])",
        "for now in from_input.unbind(1):",
        "    from_state = state @ maps.w_state + maps.b_state",
        "    state = torch.tanh(now + from_state)",
    ]
