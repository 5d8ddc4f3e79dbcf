"""The code shown is the code run: whole functions, as they stand, each line knowing the tensors that it makes."""

import torch

from core.attention import attend
from core.attention.projections import ROWS, project
from core.attention.scores import dot, joined, projected_additive
from core.listing import Code, ran
from core.sequence.cells import rnn
from core.sequence.translator import Translator
from tests.core.shapes import operands


def source(code: Code) -> str:
    return "\n".join(line.text for line in code.lines)


def lines_of(code: Code, step: str) -> list[str]:
    return [line.text.strip() for line in code.lines if step in line.makes]


def test_a_function_is_shown_whole_without_its_words():
    shown = source(ran(dot))
    assert shown.startswith("def dot(")
    assert shown.endswith("return queries @ keys.mT")
    assert '"""' not in shown


def test_every_line_says_what_its_statement_makes():
    code = ran(project, **ROWS)
    for step, letter in (("queries", "w_query"), ("keys", "w_key"), ("values", "w_value")):
        (line,) = lines_of(code, step)
        assert letter in line


def test_the_function_shown_computes_what_it_computes():
    """Run as it stands, among the names of its own module, it gives the same numbers."""
    queries, keys, values = operands()
    allowed = torch.ones(1, 1, 5, 7, dtype=torch.bool).tril(2)
    names = dict(vars(__import__("importlib").import_module("core.attention.attend")))
    exec("from __future__ import annotations\n" + source(ran(attend)), names)
    assert torch.equal(
        names["attend"](queries, keys, values, allowed).output, attend(queries, keys, values, allowed).output
    )


def test_a_name_of_the_code_may_be_the_step_of_another_name():
    code = ran(rnn, state="states")
    assert "state = torch.tanh(now + from_state)" in lines_of(code, "states")
    assert lines_of(code, "from_state") == ["from_state = state @ maps.w_state + maps.b_state"]
    assert not lines_of(code, "state")


def test_what_a_function_returns_may_be_a_step():
    lines = lines_of(ran(Translator.advance, returns="decoder_states"), "decoder_states")
    assert lines
    assert lines[0].startswith("return ")


def test_a_statement_of_several_lines_is_marked_on_each_of_them():
    code = ran(Translator.encode, returns="encoder_states")
    marked = lines_of(code, "encoder_states")
    assert len(marked) > 3
    assert (marked[0], marked[-1]) == ("return Source(", ")")


def test_of_a_score_that_brings_its_weights_along_the_function_is_shown():
    code = ran(projected_additive(torch.ones(3)).function, returns="scores")
    assert code == ran(joined, returns="scores")
    assert lines_of(code, "scores") == ["return activation(queries.unsqueeze(-2) + keys.unsqueeze(-3)) @ v"]
