"""From the product of a query and a key to the weight: what a record says of it leads there, in every family."""

import pytest
import torch

from core.lessons.sentence_lab import way_of
from core.models import pretrained
from tests.core.models.families import FAMILIES, Family

EXPLAINED = {"queries", "keys", "weights"}
CLOSE = {"atol": 1e-6, "rtol": 1e-5}


def records(family: Family, **wishes: object) -> list[pretrained.LayerRecord]:
    model = family.model()
    model.set_attn_implementation(pretrained.IMPLEMENTATION)
    with pretrained.record(**wishes) as found, torch.inference_mode():
        model(**family.inputs("none"))
    return found


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
def test_who_computes_the_steps_that_a_record_names_gets_its_weights(family: Family):
    """Scale, cap, bias, mask, softmax with the sink: of each head, with numbers and one matrix each."""
    for kept in records(family, tensors=EXPLAINED):
        for head in range(kept.weights.shape[1]):
            way = way_of(kept, head)
            score = kept.queries[0, head] @ kept.keys[0, head].T * way.scale
            if way.softcap is not None:
                score = way.softcap * torch.tanh(score / way.softcap)
            if way.bias is not None:
                score = score + torch.from_numpy(way.bias)
            if way.allowed is not None:
                score = score.masked_fill(~torch.from_numpy(way.allowed), -torch.inf)
            sink = [] if way.sink is None else [torch.full((len(score), 1), way.sink)]
            weights = torch.cat([score, *sink], dim=1).softmax(-1)[:, : score.shape[1]]
            torch.testing.assert_close(weights, kept.weights[0, head], **CLOSE)


@pytest.mark.parametrize(
    ("name", "steps"),
    [
        ("bert", {"scale"}),
        ("gpt2", {"scale", "allowed"}),
        ("opt", {"allowed"}),
        ("t5", {"bias", "allowed"}),
        ("gemma2", {"scale", "softcap", "allowed"}),
        ("gpt_oss", {"scale", "allowed", "sink"}),
    ],
)
def test_a_family_takes_these_steps_and_no_others(name: str, steps: set[str]):
    family = next(family for family in FAMILIES if family.name == name)
    taken = set()
    for kept in records(family, tensors=EXPLAINED):
        way = way_of(kept, 0)
        taken |= {step for step in ("softcap", "sink", "bias", "allowed") if getattr(way, step) is not None}
        taken |= {"scale"} if way.scale != 1 else set()
    assert taken == steps


def test_of_some_heads_the_way_is_that_of_these_heads():
    family = next(family for family in FAMILIES if family.name == "gpt_oss")
    (whole, *_), (part, *_) = records(family, tensors=EXPLAINED), records(family, tensors=EXPLAINED, heads=(4, 1))
    assert way_of(part, 0).sink == way_of(whole, 4).sink != way_of(whole, 1).sink


def test_without_queries_and_keys_there_is_nothing_to_explain():
    family = next(family for family in FAMILIES if family.name == "bert")
    assert way_of(records(family, tensors=("weights",))[0], 0) is None
