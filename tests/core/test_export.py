"""A call as cells: they hold what it reaches, whole and in an order that works, and give the same numbers."""

import inspect
from functools import partial

import numpy as np
import pytest

from core import settings
from core.attention import Projections, attend
from core.export.cells import cells_of
from core.export.program import in_docstring, program
from core.export.reached import renamed_in
from core.lessons import captioning, material, self_attention
from core.lessons.positions import by_hand, real
from tests.exported import run_program, tensors_in

SENTENCE = "The cat that the dog saw was unbelievably small"
HEAD = partial(material.head_on_sentence, SENTENCE, 3, 1)
AGAIN = partial(self_attention.shown, HEAD, self_attention.Settings(temperature=2.0))
ROWS = ((1.0, 0.5), (0.0, 1.0))
WRITTEN = by_hand.Written(("a", "b"), ROWS, ROWS, ROWS, ((1.0, 0.0),), ((0.5, 1.0),))


@pytest.mark.parametrize(
    "again",
    [
        partial(by_hand.shown, WRITTEN, by_hand.Settings()),
        partial(real.shown, partial(material.encode, SENTENCE), real.Settings(change="swapped")),
    ],
    ids=["by hand", "real"],
)
def test_the_cells_give_the_numbers_of_the_call(again, tmp_path):
    arguments = [each() if isinstance(each, partial) else each for each in again.args]
    shown = again.func(*arguments)
    printed = run_program(program("", "", again), tmp_path)
    found = tensors_in(printed)
    for name, numbers in shown.tensors.items():
        if numbers.size <= 20_000:
            np.testing.assert_allclose(found[name], numbers.flatten(), atol=2e-4, err_msg=name)
    for axis, words in shown.tokens.items():
        assert f"{axis}: {' '.join(words)}\n" in printed


def test_what_is_called_stands_there_whole_after_who_calls_it():
    needed = cells_of(AGAIN).needed
    assert inspect.getsource(attend).strip() in needed
    assert inspect.getsource(Projections).strip() in needed
    assert needed.index("\ndef attend_tokens(") < needed.index("\ndef attend(") < needed.index("\ndef encode(")


def test_nothing_else_stands_there():
    given = partial(material.head_by_hand, ("a", "b"), ROWS, ROWS, ROWS, ROWS)
    needed = cells_of(partial(self_attention.shown, given, self_attention.Settings())).needed
    for name in ("tokenize", "LoadedModel", "transformers", "cross_attend", "jaxtyping"):
        assert name not in needed


def test_what_went_in_can_be_changed_by_the_reader(tmp_path):
    """Another sentence of other tokens, in the same program."""
    source = program("", "", AGAIN)
    assert source.count(repr(SENTENCE)) == 1
    changed = source.replace(repr(SENTENCE), repr("Who sleeps?"))
    assert "queries: [CLS] who sleeps ? [SEP]\n" in run_program(changed, tmp_path)


def test_a_limit_of_this_server_is_written_down(monkeypatch):
    monkeypatch.setattr(settings, "MAX_TOKENS", 123)
    assert "MAX_TOKENS = 123" in cells_of(AGAIN).needed


def test_a_text_that_is_too_long_begins_where_it_began_on_the_page(tmp_path):
    words = [f"w{number}" for number in range(40)]
    again = partial(material.head_on_sentence, " ".join(words), 0, 0, 7, 12)
    head = again()
    printed = run_program(program("", "", partial(self_attention.shown, again, self_attention.Settings())), tmp_path)
    assert f"queries: {' '.join(head.words)}\n" in printed


def test_two_things_of_one_name_are_told_apart():
    cells = cells_of(partial(captioning.shown, "attention", captioning.Settings()))
    assert '"keys": CELLS' in cells.computed
    assert "\nCELLS: Final = grid_names(" in cells.needed
    assert "\nscenes_CELLS: Final = 4" in cells.needed
    assert "CELLS=scenes_CELLS" in cells.needed


def test_a_name_is_changed_where_it_is_looked_up_and_nowhere_else():
    source = 'def asks(self, x):\n    """Of é: asks."""\n    return given.asks(asks=asks, text=f"asks é") + other'
    assert renamed_in(source, {"asks": "wonders", "other": "others"}) == (
        'def wonders(self, x):\n    """Of é: asks."""\n    return given.asks(asks=wonders, text=f"asks é") + others'
    )


def test_a_function_is_renamed_and_not_the_remark_before_it():
    source = "@kept  # a block may be kept\ndef block(x):\n    return x"
    assert renamed_in(source, {"block": "own_block"}) == source.replace("def block", "def own_block")


def test_a_name_that_means_something_else_inside_is_not_changed_silently():
    with pytest.raises(ValueError, match="x is a name of its own"):
        renamed_in("def f(x):\n    return x", {"x": "y"})


@pytest.mark.parametrize(
    "text", ['"', '""', 'a "quoted" word', '"""', '""""""', "\\", '\\"""', "\\n", "{x}", "$5 ~ 🐈"]
)
def test_no_text_leaves_a_docstring(text):
    assert eval(f'"""{in_docstring(text)}\n"""') == f"{text}\n"
