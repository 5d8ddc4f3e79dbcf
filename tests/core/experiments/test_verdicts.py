"""Every verdict follows from an experiment that can fail, shown by an input on which it does, or it is an identity."""

from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from importlib import import_module
from inspect import unwrap
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch

from core.attention import MultiHeadAttention, Projections
from core.cost.sizes import Sizes
from core.experiments import (
    block,
    bottleneck,
    captioning,
    cost,
    encoder_decoder,
    looking_back,
    positions,
    sentence_lab,
    since_2017,
    vision_transformer,
)
from core.experiments.bottleneck import GradientFlow, memory
from core.experiments.bottleneck.trained import PROBES, Trained
from core.experiments.captioning import grounding
from core.experiments.claim import Claim
from core.experiments.looking_back import learning
from core.experiments.multi_head import diversity
from core.experiments.vision_transformer import cutting, reading, small_data
from core.lessons import block as block_lesson
from core.lessons.block.given import on_numbers
from core.lessons.captioning import SCENE
from core.models import checkpoints
from core.seeded import seeded
from core.sequence.decoder import DecoderConfig
from core.sequence.trained import TrainedTranslator
from core.sequence.translator import Translator
from core.training import shapes
from core.training.toy import Settings, ToyTraining, parse
from core.transformer.block import NormPlace
from core.vision.captioner import Captioner
from core.vision.trained import TrainedCaptioner
from tests.core.experiments.encoder_decoder_verdicts import TWO_SENTENCES
from tests.core.experiments.family_verdicts import FAMILY, MORE
from tests.core.experiments.learner import (
    PACKAGES,
    equal_rows,
    huge,
    operands,
    tokens_and_layer,
    tokens_and_maps,
    zeros,
)
from tests.core.experiments.test_claims import check_sentence
from tests.core.experiments.test_cost_claims import drawn
from tests.core.experiments.test_positions_claims import numbers
from tests.core.shapes import normal

EVERY = (
    PACKAGES
    | MORE
    | {
        "bottleneck": bottleneck,
        "looking_back": looking_back,
        "captioning": captioning,
        "positions": positions,
        "block": block,
        "vision_transformer": vision_transformer,
        "since_2017": since_2017,
        "cost": cost,
        "encoder_decoder": encoder_decoder,
        "sentence_lab": sentence_lab,
    }
)
CLAIMS = {f"{package}.{claim.name}": claim for package, module in EVERY.items() for claim in module.CLAIMS}
IDENTITIES = {name for name, claim in CLAIMS.items() if claim.identity}
TEXT = "The cat sleeps."
WHITE = np.full((64, 64, 3), 255, np.uint8)
NOISE = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)


def fails(*inputs: Any) -> Callable[[pytest.MonkeyPatch], tuple]:
    """An input on which nothing has to be changed beside it."""
    return lambda patch: inputs


def untaught(patch: pytest.MonkeyPatch) -> tuple:
    """A translator, and toys that have learned nothing."""

    def trained(task, attention, seed, d_hidden=64):
        toy = ToyTraining(Settings(task, attention, seed, d_hidden))
        stands = toy.snapshot(parse(task, PROBES[task]))
        return Trained(toy, dict.fromkeys(range(0, 1000, 50), stands))

    patch.setattr(learning, "trained", trained)
    patch.setattr(memory, "trained", trained)
    patch.setattr(memory, "_UPDATES", 0)
    patch.setattr(memory, "recall", unwrap(memory.recall))
    return even_translator(), TEXT, 0


def untaught_flow(patch: pytest.MonkeyPatch) -> tuple:
    untaught(patch)
    return (GradientFlow(),)


def even_translator() -> TrainedTranslator:
    """An untrained translator that looks at all places alike, whatever it wrote."""
    vocabulary = checkpoints.load_translator("translator-attention").vocabulary
    with seeded(0):
        model = Translator(DecoderConfig(len(vocabulary), "additive", 4, 6, 4))
    model.v.data.zero_()
    return TrainedTranslator("untrained", model, vocabulary)


def forgetful_translator() -> TrainedTranslator:
    """A translator whose state is made of what it reads alone, and never of the state before."""
    found = even_translator()
    model = found.model
    model.cell.weight_hh.data.zero_()
    model.cell.bias_hh.data.zero_()
    _, update, _ = model.cell.bias_ih.data.chunk(3)
    update.fill_(-1e4)
    return found


def deaf_toy(patch: pytest.MonkeyPatch) -> tuple:
    """A toy whose score is 0 whatever it is given: no gradient comes through."""

    def silent(settings: Settings) -> ToyTraining:
        toy = ToyTraining(settings)
        toy.model.v.data.zero_()
        return toy

    patch.setattr(learning, "ToyTraining", silent)
    return even_translator(), TEXT, 0


def untaught_captioners(patch: pytest.MonkeyPatch) -> tuple:
    """Captioners that have learned nothing."""

    def load(name: str) -> TrainedCaptioner:
        config = deepcopy(checkpoints.load(name).model.config)
        with seeded(0):
            return TrainedCaptioner(name, Captioner(config))

    patch.setattr(grounding.checkpoints, "load_captioner", load)
    for kept in ("measured", "right_captions", "blinded", "place_words"):
        patch.setattr(grounding, kept, unwrap(getattr(grounding, kept)))
    return SCENE, 0


def segmenting(patch: pytest.MonkeyPatch) -> tuple:
    """A captioner whose map is the segmentation."""
    known, _ = grounding.right_captions(0)[0]
    words, things = grounding.scenes.described(known)
    rows = [
        grounding.pixel_shares(grounding.scenes.painted([(thing or known[0],)])[0])
        for _, thing in zip(words, things, strict=True)
    ]
    patch.setattr(
        grounding,
        "right_captions",
        lambda seed: [(known, SimpleNamespace(with_attention=SimpleNamespace(weights=torch.stack(rows)[None])))],
    )
    return SCENE, 0


def untaught_copies(patch: pytest.MonkeyPatch) -> tuple:
    """Heads that were to learn to copy, and made no update."""
    task = import_module("core.experiments.multi_head.copy_task")
    patch.setattr(task, "STEPS", 0)
    for kept in ("trained_to_copy", "letters_copied"):
        patch.setattr(diversity, kept, unwrap(getattr(task, kept)))
    return *tokens_and_layer(1), 0


def narrow_widths(patch: pytest.MonkeyPatch) -> tuple:
    """Heads none of which is wide enough for a raw softmax to be saturated."""
    patch.setattr(import_module("core.experiments.attention.scaling"), "WIDTHS", (16, 64))
    return *operands(1), 0


def changed_vit(change: Callable[[Any], None]) -> Callable[[pytest.MonkeyPatch], tuple]:
    """The Vision Transformer with something in it changed."""

    def patched(patch: pytest.MonkeyPatch) -> tuple:
        model = deepcopy(cutting.vit())
        with torch.no_grad():
            change(model)
        patch.setattr(cutting, "vit", lambda: model)
        return NOISE, 0

    return patched


def untaught_vit(patch: pytest.MonkeyPatch) -> tuple:
    model = reading.untrained(1)
    patch.setattr(reading, "vit", lambda: model)
    return NOISE, 0


def measured_otherwise(patch: pytest.MonkeyPatch) -> tuple:
    """Models of which other figures were measured: the mean fails, the map finds the object."""
    own = checkpoints.load_classifier("vit", "cpu")
    told = "STL-10, nine classes"
    objects = {"all": {"pictures": 1, "AUC, saliency": 0.9, "AUC, untrained": 0.5, "AUC, Gaussian": 0.6}}

    def load(name: str, device: str) -> SimpleNamespace:
        figures = {"quality": {told: 0.9 if name == "vit" else 0.2, "objects": objects}}
        return SimpleNamespace(read=own.read, figures=figures)

    patch.setattr(reading.checkpoints, "load_classifier", load)
    return NOISE, 0


def untaught_nets(patch: pytest.MonkeyPatch) -> tuple:
    patch.setattr(small_data, "learned", lambda kind, n, seed: shapes.learn(kind, n, seed, 1))
    return NOISE, 0


def wide_identity() -> MultiHeadAttention:
    """A layer whose maps leave every number where it is."""
    eye = torch.eye(6)
    return MultiHeadAttention(Projections.without_bias(eye, eye, eye), eye, torch.zeros(6), 3)


def with_values(values: torch.Tensor) -> tuple:
    """Generic queries and keys over these values."""
    queries, keys, _ = operands(1)
    return queries, keys, values, 0


def of_one_length() -> tuple:
    """Keys that are all equally long."""
    queries, keys, values = operands(1)
    return queries, keys / keys.norm(dim=-1, keepdim=True), values, 0


def numbers_of_a_block(place: NormPlace = "post", **changed: Any) -> block.Given:
    """Tables of lesson 9 as a learner may fill them, before twelve layers."""
    tables = {"x": ((2, 0, 0, 2), (0, 4, 0, 0), (1, 2, 3, 2)), "second": ((0, 0, 4, 0), (1, 1, 0, 2))}
    tables |= dict.fromkeys(("w_query", "w_key", "w_value", "w_1", "w_2"), UNIT)
    rows = {name: tuple(tuple(map(float, row)) for row in table) for name, table in (tables | changed).items()}
    return block_lesson.evidence(
        on_numbers(("a", "b", "c"), **rows, place=place, n_layers=12), block_lesson.Settings(0)
    )


def blind() -> tuple:
    """Tokens that no map reads."""
    x, maps = tokens_and_maps(1)
    return x, Projections(*(torch.zeros_like(weight) for weight in vars(maps).values())), 0


UNIT = ((1, 0, 0, 0), (0, 1, 0, 0), (0, 0, 1, 0), (0, 0, 0, 1))
EMPTY = 4 * ((0, 0, 0, 0),)
FAINT = 2 * ((0.01, 0.01, 0.01, 0.01),)
EVEN = (1, 1, -1, -1)
LONG = ((99, 0, 0, 0), (0, 99, 0, 0), (0, 0, 99, 0))
SILENT = (*operands(1, zeros), 0)
ONE_KEY = (*operands(1, n_keys=1), 0)
ALONE = (*tokens_and_maps(1, n_tokens=1), 0)
TWINS = (*tokens_and_maps(1, equal_rows), 0)
SHORT = (*tokens_and_maps(1, n_tokens=2), 0)
ONE_HEAD = (*tokens_and_layer(1, n_heads=1), 0)
FAILS: dict[str, Callable[[pytest.MonkeyPatch], tuple]] = (
    FAMILY
    | TWO_SENTENCES
    | {
        "attention.kernel_regression": fails(*of_one_length()),
        "attention.temperature_is_a_bandwidth": fails(*ONE_KEY),
        "attention.where_and_what": fails(*ONE_KEY),
        "attention.value_is_matched": fails(*SILENT),
        "attention.key_decides_alone": fails(*ONE_KEY),
        "attention.linear_score": fails(*operands(1, n_queries=1), 0),
        "attention.scores_mix_the_values": fails(*with_values(torch.zeros(1, 1, 7, 2))),
        "attention.output_is_a_distribution": fails(*with_values(normal(1, 1, 7, 2, seed=3).softmax(-1))),
        "attention.scaling": fails(*operands(1, head_dim=1), 0),
        "attention.scale_afterwards": fails(*operands(1, head_dim=1), 0),
        "attention.vanishing_gradient": narrow_widths,
        "attention.head_width": fails(*ONE_KEY),
        "attention.pairs": fails(*SILENT),
        "attention.another_name": fails(*ONE_KEY),
        "attention.weight_is_importance": fails(*operands(1, n_keys=2), 0),
        "attention.dilution": fails(*ONE_KEY),
        "self_attention.learned_vectors": fails(*blind()),
        "self_attention.correlation": fails(*TWINS),
        "self_attention.love": fails(*TWINS),
        "self_attention.weight_is_importance": fails(*ALONE),
        "self_attention.first_token_says_much": fails(*TWINS),
        "self_attention.invariant": fails(*TWINS),
        "self_attention.another_name": fails(*TWINS),
        "masks.no_look_ahead": fails(*ALONE),
        "masks.mask_afterwards": fails(*ALONE),
        "masks.hidden_row": fails(*blind()),
        "masks.either_axis": fails(*ALONE),
        "masks.minus_a_billion": fails(*tokens_and_maps(1, huge), 0),
        "masks.all_at_once": fails(*SHORT),
        "masks.images": fails(*ALONE),
        "masks.global_is_self": fails(*SHORT),
        "masks.local_saves": fails(*SHORT),
        "masks.mask_alone": fails(*SHORT),
        "masks.elsewhere": fails(*TWINS),
        "masks.any_distance": fails(*tokens_and_maps(1, huge), 0),
        "multi_head.two_products": fails(*ONE_HEAD),
        "multi_head.just_reshape": fails(*ONE_HEAD),
        "multi_head.cut_input": fails(*ONE_HEAD),
        "multi_head.block_diagonal": fails(normal(1, 7, 6, seed=1), wide_identity(), 0),
        "multi_head.own_group": fails(normal(1, 7, 6, seed=1), wide_identity(), 0),
        "multi_head.concatenated": fails(normal(1, 7, 6, seed=1), wide_identity(), 0),
        "multi_head.heads_are_layers": fails(*tokens_and_layer(1, zeros), 0),
        "multi_head.one_wide_head": untaught_copies,
        "multi_head.part_ways": untaught_copies,
        "multi_head.diverse": fails(*ONE_HEAD),
        "multi_head.always_many": fails(*ONE_HEAD),
        "bottleneck.fixed_context": untaught_flow,
        "bottleneck.vanish_or_explode": fails(GradientFlow(gain=1.0)),
        "bottleneck.focuses_on_the_latter": fails(GradientFlow(length=2)),
        "bottleneck.fail_on_long_range": untaught_flow,
        "bottleneck.not_parallel": fails(GradientFlow(length=2)),
        "bottleneck.ordered": fails(GradientFlow(gain=0.0)),
        "looking_back.similarity": fails(even_translator(), TEXT, 0),
        "looking_back.supervised": untaught,
        "looking_back.mystery": deaf_toy,
        "looking_back.every_word": untaught,
        "looking_back.explanation": fails(even_translator(), TEXT, 0),
        "looking_back.still_recurrent": fails(forgetful_translator(), TEXT, 0),
        "looking_back.any_length": untaught,
        "captioning.another_region": untaught_captioners,
        "captioning.one_context": untaught_captioners,
        "captioning.segmentation": segmenting,
        "captioning.without_places": untaught_captioners,
        "captioning.places_need_no_look": untaught_captioners,
        "captioning.shows_what_matters": fails((), 0),
        "positions.order_unknown": fails(numbers(), 0, 1),
        "positions.fixed_function": fails(numbers(), 0, 1),
        "positions.never_ends": fails(numbers(), 0, 1),
        "positions.which_side": fails(numbers(), 0, 1),
        "positions.added_code": fails(numbers(queries=torch.zeros(7, 22), keys=torch.zeros(11, 22)), 0),
        "positions.ever_less_alike": fails(numbers(width=2, base=10.0, n_places=4), 0),
        "positions.one_of_its_own": fails(numbers(width=2), 0),
        "positions.no_neighbours": fails(numbers(learned_table=lambda: normal(101, 26, seed=3)), 0),
        "positions.locality": fails(numbers(queries=normal(1, 22, seed=4), keys=normal(1, 22, seed=4)), 0),
        "cost.dominates": fails(drawn(sizes=Sizes(n_tokens=8192)), 0),
        "cost.whole_table": fails(drawn(sizes=Sizes(n_tokens=64)), 0),
        "cost.moving_less": fails(drawn(1), 0),
        "cost.every_head": fails(drawn(sizes=Sizes(n_heads=1, n_kv_heads=1)), 0),
        "cost.window": fails(drawn(1), 0),
        "cost.parallel": fails(drawn(1), 0),
        "cost.generates": fails(drawn(1), 0),
        "cost.long_texts": fails(drawn(2), 0),
        "cost.reaches": fails(drawn(size=1e3), 0),
        "block.same_for_all": fails(numbers_of_a_block(second=FAINT), 0),
        "block.over_the_sentence": fails(numbers_of_a_block(x=(EVEN, EVEN, EVEN)), 0),
        "block.only_attention": fails(numbers_of_a_block(w_value=EMPTY), 0),
        "block.network_mixes": fails(numbers_of_a_block(w_value=EMPTY), 0),
        "block.ever_stronger": fails(numbers_of_a_block(x=LONG), 0),
        "block.depth_alone": fails(numbers_of_a_block(x=LONG), 0),
        "block.cannot_do_nothing": fails(numbers_of_a_block("pre", x=(EVEN, EVEN[::-1], EVEN)), 0),
        "block.type_of_layer": fails(numbers_of_a_block(w_value=EMPTY), 0),
        "sentence_lab.attention_is_importance": fails(("Yes",)),
        "sentence_lab.rollout_is_better": fails(("Yes",)),
        "vision_transformer.destroys_position": fails(WHITE, 0),
        "vision_transformer.order_needs_positions": fails(WHITE, 0),
        "vision_transformer.free_of_bias": changed_vit(lambda model: model.positions.zero_()),
        "vision_transformer.no_order": changed_vit(lambda model: model.head.weight.zero_()),
        "vision_transformer.class_token_required": measured_otherwise,
        "vision_transformer.global_from_the_start": untaught_vit,
        "vision_transformer.shows_the_object": measured_otherwise,
        "vision_transformer.few_pictures": untaught_nets,
    }
)


def test_every_claim_is_an_identity_or_has_an_input_on_which_it_fails():
    assert FAILS.keys() | IDENTITIES == CLAIMS.keys()
    assert not FAILS.keys() & IDENTITIES


@pytest.mark.parametrize("name", FAILS)
def test_an_experiment_can_fail(name, monkeypatch):
    finding = CLAIMS[name](*FAILS[name](monkeypatch))
    assert not finding.holds, finding
    check_sentence(finding)


def test_a_claim_is_no_identity_unless_it_says_so():
    example = CLAIMS["attention.pairs"]
    assert not Claim(example.said, example.verdict, example.instead, example.sources, example.experiment).identity
    assert replace(example, identity=True).identity
