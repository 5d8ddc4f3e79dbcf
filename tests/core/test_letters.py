"""One letter for one thing: every letter of every declared formula is in the table that pages explain letters by."""

from dataclasses import fields

import pytest

from core.attention import COSINE, DISTANCE, DOT, SCALED_DOT
from core.lessons.attention import points
from core.letters import GATES, LETTERS, letters_in, meaning, signs_in
from core.transformer.block import IN_A_BLOCK
from core.transformer.norms import IN_A_NORM
from tests.core.test_formulas import declaring

DECLARED = {
    formula
    for trace in declaring()
    for each in fields(trace)
    if (declared := each.metadata.get("formula"))
    for formula in ([declared] if isinstance(declared, str) else declared.values())
}
SCORES = {score.formula for score in (DOT, SCALED_DOT, COSINE, DISTANCE)}
# what lessons put in place of what is declared
CHANGED = (
    *IN_A_BLOCK.values(),
    *IN_A_NORM.values(),
    "S",
    "T",
    "Q_{\\mathrm{typed}}",
    "K_{\\mathrm{typed}}",
    "V_{\\mathrm{typed}}",
    r"[\text{kept}]",
    *(f"{gate}_t" for gate in GATES),
    *points.FORMULAS.values(),
)


@pytest.mark.parametrize("formula", sorted(DECLARED | SCORES))
def test_every_letter_of_a_formula_is_explained(formula):
    assert all(meaning(letter) for letter in letters_in(formula))


def test_no_two_letters_mean_the_same_and_none_is_explained_that_no_formula_has():
    same = {"Z_now": "Z", "Y_now": "Y"}  # each after the change
    assert len({meaning(letter) for letter in LETTERS.keys() - same.keys()}) == len(LETTERS) - len(same)
    used = {letter for formula in (*DECLARED, *SCORES, *CHANGED) for letter in letters_in(formula)}
    assert LETTERS.keys() <= used


def test_an_index_is_a_letter_and_one_that_belongs_to_a_name_is_none():
    assert letters_in(r"\operatorname{GRU}([E[y_{t-1}]; c_t], s_{t-1})") == ["E", "y", "t", "c", "s"]
    assert letters_in(r"P_iP_j^\top + \overrightarrow{h}_{N}") == ["P", "i", "j", "h", "N"]
    assert letters_in(r"x_{\mathrm{class}}W_Q + b_Q") == ["x_class", "W_Q", "b_Q"]
    with pytest.raises(ValueError, match="X_elsewhere"):
        letters_in(r"X_{\mathrm{elsewhere}}")


def test_the_cells_of_a_picture_have_an_index_of_their_own_and_no_other_index_speaks_of_pictures():
    for formula in (r"p_{ij}", r"\sum_{ij} p", r"\operatorname{mean}_{ij}(p)", r"p A_{,ij}"):
        assert {"p", "ij"} <= set(letters_in(formula)) <= {"p", "A", "ij"}
    assert "picture" in meaning("ij")
    assert not any("picture" in meaning(index) for index in "ijtN")


def test_the_signs_of_a_formula_are_told_of_and_a_bracket_without_two_parts_is_none():
    told = [sign for sign, _ in signs_in(r"\tanh([s_t; c; E[y_{t-1}]]W_o)E^\top \odot \sigma(x)")]
    assert told == ["[ ; ]", "⊙", "σ", "tanh", "⊤"]
    assert signs_in("E[x] + P") == []


def test_a_sigma_is_a_function_before_a_bracket_and_a_deviation_elsewhere():
    assert (letters_in(r"\sigma(x)"), letters_in(r"\frac{X - \mu}{\sigma}")) == (["x"], ["X", "μ", "σ"])
    assert signs_in(r"\frac{X - \mu}{\sigma}") == []


def test_a_letter_that_no_page_explains_is_refused():
    with pytest.raises(ValueError, match="no page explains the letter 'G'"):
        letters_in("GX")
