"""The house rules of claims: each has a verdict, a source, an experiment that cannot crash and one sentence to say."""

import importlib
import math
import pkgutil
import re
from collections.abc import Iterator
from copy import deepcopy

import pytest
import torch
from hypothesis import given, settings
from hypothesis.strategies import integers

from core.experiments.claim import Claim, Finding, Number, claim
from core.sources import SOURCES
from tests.core.experiments.learner import (
    BRINGS,
    PACKAGES,
    SINGLE,
    claims,
    equal_rows,
    huge,
    operands,
    small_integers,
    tiny,
    tokens_and_layer,
    tokens_and_maps,
    zeros,
)
from tests.core.shapes import normal
from tests.unchecked import unchecked

ALL = [(package, claim) for package in PACKAGES for claim in PACKAGES[package].CLAIMS]
EVERY_CLAIM = pytest.mark.parametrize(("package", "tested"), ALL, ids=[f"{p}.{c.name}" for p, c in ALL])
# claims whose verdict depends on the numbers, with the reason; the sentence of the finding says which way it is
HANGS_ON_THE_INPUT = {
    "weight_is_importance": "with few keys, or values of about one length, the heaviest key may be what counts most",
    "first_token_says_much": "generic numbers make no token a sink",
    "diverse": "heads that are drawn at random matter about alike, so that none can be spared",
}
LEDGER_ROW = re.compile(r"\b[ABS]\d+\b|\btrap \d", re.IGNORECASE)
SENTENCE_END = re.compile(r"[.!?](\s|$)")


@pytest.fixture(scope="module", autouse=True)
def without_types() -> Iterator[None]:
    """Every experiment runs here hundreds of times; its types are checked in the tests of its own lesson."""
    with unchecked():
        yield


def check_sentence(finding: Finding) -> None:
    """One sentence with a digit, and numbers that are numbers."""
    assert re.search(r"\d", finding.says)
    assert len(SENTENCE_END.findall(finding.says)) == 1, finding.says
    assert finding.says.endswith(".")
    assert "nan" not in finding.says
    assert finding.numbers
    assert all(math.isfinite(number.value) for number in finding.numbers), finding
    assert len({number.name for number in finding.numbers}) == len(finding.numbers), finding


@EVERY_CLAIM
def test_every_claim_is_said_judged_put_right_and_sourced(package, tested):
    assert tested.said.endswith(".")
    assert len(SENTENCE_END.findall(tested.said)) == 1
    assert tested.verdict in ("right", "imprecise", "wrong")
    assert 1 <= len(SENTENCE_END.findall(tested.instead)) <= 2
    assert tested.sources
    assert set(tested.sources) <= set(SOURCES)
    assert tested.experiment.__doc__


@EVERY_CLAIM
def test_no_claim_speaks_of_the_ledger(package, tested):
    finding = tested(*BRINGS[package](seed=1), 0)
    for words in (
        tested.said,
        tested.instead,
        tested.experiment.__doc__,
        finding.says,
        *(n.name for n in finding.numbers),
    ):
        assert not LEDGER_ROW.search(words)


@pytest.mark.parametrize("package", PACKAGES)
def test_every_claim_that_is_written_is_in_the_list_once(package):
    module = PACKAGES[package]
    written = {}
    for info in pkgutil.iter_modules(module.__path__, f"{module.__name__}."):
        found = vars(importlib.import_module(info.name)).values()
        written |= {claim.name: claim for claim in found if isinstance(claim, Claim)}
    names = [claim.name for claim in module.CLAIMS]
    assert len(names) == len(set(names))
    assert set(names) == set(written)
    assert all(written[claim.name] is claim for claim in module.CLAIMS)


def check_generic(package, inputs, seed):
    """Every claim says one sentence, and all whose verdict does not hang on the input are borne out."""
    for tested in claims(package):
        finding = tested(*inputs, seed)
        assert finding.holds or tested.name in HANGS_ON_THE_INPUT, (tested.name, finding)
        check_sentence(finding)


@given(seed=integers(0, 10_000), n_queries=integers(2, 7), n_keys=integers(2, 7), head_dim=integers(2, 5))
def test_theorem_all_claims_about_the_operator_hold_for_generic_numbers(seed, n_queries, n_keys, head_dim):
    """For all normal queries, keys and values: every verdict is borne out, in one sentence."""
    check_generic("attention", operands(seed, n_queries=n_queries, n_keys=n_keys, head_dim=head_dim), seed)


@pytest.mark.parametrize("package", ["self_attention", "masks"])
@given(seed=integers(0, 10_000), n_tokens=integers(4, 9), width=integers(2, 5))
def test_theorem_all_claims_about_sets_and_masks_hold_for_generic_numbers(package, seed, n_tokens, width):
    """For all normal tokens, so many that a window leaves some out, and maps: every verdict is borne out, in one sentence."""
    check_generic(package, tokens_and_maps(seed, n_tokens=n_tokens, d_model=5, width=width), seed)


@given(seed=integers(0, 10_000), n_tokens=integers(2, 9), n_heads=integers(2, 5), head_dim=integers(2, 3))
def test_theorem_all_claims_about_heads_hold_for_generic_numbers(seed, n_tokens, n_heads, head_dim):
    """For all normal tokens and layers of several heads: every verdict is borne out, in one sentence."""
    check_generic("multi_head", tokens_and_layer(seed, n_tokens=n_tokens, n_heads=n_heads, head_dim=head_dim), seed)


@pytest.mark.parametrize("package", PACKAGES)
@settings(max_examples=5)
@given(seed=integers(0, 10_000))
def test_theorem_an_identity_holds_for_all_numbers(package, seed):
    """Whatever is drawn, however many: no numbers show otherwise."""
    for size in ({}, SINGLE[package]):
        for draw in (normal, zeros, equal_rows, tiny, huge, small_integers):
            for tested in claims(package):
                if tested.identity:
                    assert tested(*BRINGS[package](seed, draw, **size), seed).holds, (tested.name, draw)


@pytest.mark.parametrize("package", PACKAGES)
@pytest.mark.parametrize("draw", [zeros, equal_rows], ids=lambda draw: draw.__name__)
@pytest.mark.parametrize("size", ["one", "many"])
def test_numbers_that_show_nothing_are_told_in_one_sentence(package, draw, size):
    inputs = BRINGS[package](3, draw, **(SINGLE[package] if size == "one" else {}))
    for tested in claims(package):
        check_sentence(tested(*inputs, 0))


@pytest.mark.parametrize("package", PACKAGES)
@pytest.mark.parametrize("draw", [normal, tiny, huge, small_integers], ids=lambda draw: draw.__name__)
@settings(max_examples=10)
@given(seed=integers(0, 1000))
def test_no_number_makes_an_experiment_crash(package, draw, seed):
    """For all numbers, however large or small, each experiment says one sentence of finite numbers."""
    for size in ({}, SINGLE[package]):
        inputs = BRINGS[package](seed, draw, **size)
        for tested in claims(package):
            check_sentence(tested(*inputs, seed))


@pytest.mark.parametrize("package", PACKAGES)
def test_a_sentence_of_a_real_model_bears_out_every_claim(package):
    """As wide as a small BERT: 384 features, 12 heads of 32, single precision."""
    size = {
        "attention": {"n_queries": 17, "n_keys": 17, "head_dim": 32, "value_dim": 32},
        "multi_head": {"n_tokens": 17, "n_heads": 12, "head_dim": 32},
    }.get(package, {"n_tokens": 17, "d_model": 384, "width": 32})
    for tested in claims(package):
        finding = tested(*BRINGS[package](5, **size), 0)
        assert finding.holds or tested.name in HANGS_ON_THE_INPUT, (tested.name, finding)


@pytest.mark.parametrize("package", PACKAGES)
def test_experiments_run_on_frozen_tensors_and_on_trainable_ones_alike(package):
    """Hidden states come out of inference mode, weights out of modules that could be trained."""
    with torch.inference_mode():
        frozen = BRINGS[package](seed=1)
        inside = [tested(*frozen, 0) for tested in claims(package)]
    outside = [tested(*frozen, 0) for tested in claims(package)]
    trainable = [tested(*trainable_copy(BRINGS[package](seed=1)), 0) for tested in claims(package)]
    assert inside == outside == trainable


def trainable_copy(inputs):
    for value in inputs:
        maps = getattr(value, "maps", value)
        for tensor in [value] if torch.is_tensor(value) else vars(maps).values():
            tensor.requires_grad_()
    return inputs


@pytest.mark.parametrize("package", PACKAGES)
def test_an_experiment_leaves_its_inputs_and_the_worlds_randomness_alone(package):
    inputs = BRINGS[package](seed=1)
    before, state = deepcopy(inputs), torch.get_rng_state()
    first = [tested(*inputs, 7) for tested in claims(package)]
    assert [tested(*inputs, 7) for tested in claims(package)] == first
    assert torch.equal(torch.get_rng_state(), state)
    assert repr(inputs) == repr(before)


def test_a_number_reads_as_people_write_it():
    assert Number("a", -0.5).text == "−0.500"
    assert Number("a", 49152, ",.0f").text == "49,152"
    assert Number("a", 2.2e-16, ".1e").text == "2.2 × 10⁻¹⁶"
    assert Number("a", -1234567.0).text == "−1.2 × 10⁶"


def test_only_exactly_nothing_is_written_as_0():
    assert Number("a", 0.0).text == "0"
    assert Number("a", -0.0, ".1e").text == "0"
    assert Number("a", 0.0001).text == "1.0 × 10⁻⁴"


def test_a_finding_gives_a_number_by_its_name():
    finding = Finding((Number("first", 1.0), Number("second", 2.0)), holds=True, says="1 and 2.")
    assert finding["second"] == 2.0


def test_a_claim_is_the_experiment_that_it_was_made_from():
    @claim(said="Two is more.", verdict="right", instead="It is.", sources=("vaswani2017",))
    def more(x: float, seed: int) -> Finding:
        """Twice the number."""
        return Finding((Number("double", 2 * x),), holds=True, says=f"{2 * x}.")

    assert (more.name, more.experiment.__doc__) == ("more", "Twice the number.")
    assert more(3.0, 0)["double"] == 6.0
