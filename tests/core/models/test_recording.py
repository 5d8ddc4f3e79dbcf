"""Records keep what was asked for and nothing else, per context; an ablated head is silent in its context alone."""

import copy
import gc
import threading
from dataclasses import FrozenInstanceError

import pytest
import torch
from torch import Tensor
from transformers import PreTrainedModel

from core.models import pretrained
from core.models.errors import ModelError
from core.trace import steps
from tests.core.models.families import BATCH, FAMILIES, HEADS, LAYERS, TEXT, TOKENS
from tests.core.models.folders import model_of

LONG = 31  # tokens of the memory tests; no other tensor has this size twice


def recorded_bert() -> PreTrainedModel:
    model = model_of("bert", **TEXT)
    model.set_attn_implementation(pretrained.IMPLEMENTATION)
    return model


def ids(n_tokens: int = TOKENS, seed: int = 0) -> Tensor:
    return torch.randint(4, 101, (BATCH, n_tokens), generator=torch.Generator().manual_seed(seed))


@pytest.fixture
def model() -> PreTrainedModel:
    return recorded_bert()


def test_everything_is_kept_unless_told_otherwise(model):
    with pretrained.record() as layers, torch.inference_mode():
        model(ids())
    assert [layer.index for layer in layers] == list(range(LAYERS))
    for layer in layers:
        assert tuple(layer.tensors) == pretrained.TENSORS
        assert layer.weights.shape == (BATCH, HEADS, TOKENS, TOKENS)
        assert layer.queries.shape == (BATCH, HEADS, TOKENS, 4)


def test_a_record_is_a_trace_of_eight_steps_and_the_weights_follow_from_the_queries(model):
    with pretrained.record() as layers, torch.inference_mode():
        model(ids())
    walk = steps(layers[1].trace)
    assert tuple(step.name for step in walk) == pretrained.TENSORS
    assert all(step.tensor is layers[1].tensors[step.name] for step in walk)
    scores = layers[1].queries @ layers[1].keys.mT
    torch.testing.assert_close((scores * 4**-0.5).softmax(-1), layers[1].weights)


def test_a_tensor_that_was_not_asked_for_says_so(model):
    with pretrained.record(tensors=("weights",)) as layers, torch.inference_mode():
        model(ids())
    with pytest.raises(AttributeError, match="scores of layer 0 was not asked for: this record keeps weights"):
        _ = layers[0].scores
    with pytest.raises(AttributeError, match="a layer record has no wieghts"):
        _ = layers[0].wieghts
    assert not hasattr(layers[0], "trace")


def test_a_record_cannot_be_changed(model):
    with pretrained.record(tensors=("weights",)) as layers, torch.inference_mode():
        model(ids())
    with pytest.raises(FrozenInstanceError):
        layers[0].index = 5


def test_a_record_can_be_copied_and_is_equal_to_itself_alone(model):
    with pretrained.record(tensors=("weights",)) as layers, torch.inference_mode():
        model(ids())
    twin = copy.copy(layers[0])
    assert torch.equal(twin.weights, layers[0].weights)
    assert (twin.module, twin.kind) == (layers[0].module, layers[0].kind)
    assert layers.index(layers[1]) == 1
    assert twin not in layers


def matrices() -> dict[int, int]:
    """The bytes of every matrix of LONG by LONG numbers that is alive, by its place in memory."""
    gc.collect()
    alive = [thing for thing in gc.get_objects() if type(thing) is Tensor and thing.shape[-2:] == (LONG, LONG)]
    return {tensor.untyped_storage().data_ptr(): tensor.untyped_storage().nbytes() for tensor in alive}


@pytest.mark.parametrize(
    ("wish", "kept"),
    [
        ({"tensors": ("weights",)}, LAYERS * HEADS),
        ({"tensors": ("weights",), "layers": (1,)}, HEADS),
        ({"tensors": ("weights",), "layers": (1,), "heads": (2,)}, 1),
        ({"tensors": ("scores", "weights"), "heads": (0, 2)}, 2 * LAYERS * 2),
        ({"tensors": ("output", "keys")}, 0),
    ],
)
def test_only_what_was_asked_for_stays_in_memory(model, wish, kept):
    before = matrices()
    with pretrained.record(**wish) as layers, torch.inference_mode():
        model(ids(LONG))
    after = {place: size for place, size in matrices().items() if place not in before}
    assert sum(after.values()) == kept * BATCH * LONG * LONG * 4
    assert all(
        tensor.untyped_storage().nbytes() == 4 * tensor.numel() for layer in layers for tensor in layer.tensors.values()
    )


def test_a_kept_head_is_that_head_of_the_whole(model):
    with pretrained.record() as whole, torch.inference_mode(), pretrained.record(layers=(1,), heads=(2, 0)) as part:
        model(ids())
    for name in pretrained.TENSORS:
        assert torch.equal(part[0].tensors[name], whole[1].tensors[name][:, [2, 0]])


def test_queries_that_share_memory_with_keys_are_kept_without_them():
    """GPT-2 makes queries, keys and values in one piece of memory."""
    family = next(family for family in FAMILIES if family.name == "gpt2")
    model = family.model()
    model.set_attn_implementation(pretrained.IMPLEMENTATION)
    with pretrained.record(tensors=("queries",)) as layers, torch.inference_mode():
        model(**family.inputs("none"))
    assert all(layer.queries.untyped_storage().nbytes() == 4 * layer.queries.numel() for layer in layers)


def test_nested_blocks_each_get_their_own(model):
    with torch.inference_mode(), pretrained.record(tensors=("weights",)) as outer:
        model(ids())
        with pretrained.record(tensors=("output",)) as inner:
            model(ids())
        model(ids())
    assert [layer.index for layer in outer] == 3 * list(range(LAYERS))
    assert [layer.index for layer in inner] == list(range(LAYERS))
    assert tuple(inner[0].tensors) == ("output",)


def test_nothing_is_recorded_behind_the_block_even_after_an_error(model):
    with pytest.raises(RuntimeError), pretrained.record() as layers:
        raise RuntimeError
    with torch.inference_mode():
        model(ids())
    assert layers == []


@pytest.mark.parametrize(
    ("wish", "words"),
    [
        ({"tensors": ("wieghts",)}, "there is no tensor wieghts: choose from queries, keys"),
        ({"heads": (3,)}, "there is no head 3: this layer has 3, counted from 0"),
        ({"heads": (-1,)}, "there is no head -1"),
        ({"layers": (0, 2)}, "there is no layer 2: 2 attention calls were made"),
    ],
)
def test_what_does_not_exist_is_refused_in_words(model, wish, words):
    with pytest.raises(ValueError, match=words), torch.inference_mode(), pretrained.record(**wish):
        model(ids())


def test_threads_never_mix_their_records():
    """Eight threads read texts of different lengths with one model; each sees its own numbers, as if it were alone."""
    model, rounds = recorded_bert(), 12
    expected = {}
    for n_tokens in range(3, 11):
        with pretrained.record(tensors=("weights",)) as layers, torch.inference_mode():
            model(ids(n_tokens, seed=n_tokens))
        expected[n_tokens] = [layer.weights for layer in layers]
    wrong: list[str] = []
    gate = threading.Barrier(len(expected))

    def visit(n_tokens: int) -> None:
        gate.wait()
        for _ in range(rounds):
            with pretrained.record(tensors=("weights",)) as layers, torch.inference_mode():
                model(ids(n_tokens, seed=n_tokens))
            same = len(layers) == LAYERS and all(
                torch.equal(layer.weights, weights) for layer, weights in zip(layers, expected[n_tokens], strict=True)
            )
            if not same:
                wrong.append(f"{n_tokens} tokens")

    threads = [threading.Thread(target=visit, args=(n_tokens,)) for n_tokens in expected]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_a_silenced_head_is_a_head_whose_rows_of_w_output_are_zero(model):
    zeroed = recorded_bert()
    zeroed.encoder.layer[1].attention.output.dense.weight[:, 4:8] = 0
    with torch.inference_mode():
        expected = zeroed(ids()).last_hidden_state
        with pretrained.ablate([(1, 1)]):
            ablated = model(ids()).last_hidden_state
        torch.testing.assert_close(ablated, expected)
        assert not torch.allclose(ablated, model(ids()).last_hidden_state)


def test_after_the_block_the_model_is_exactly_as_before(model):
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    with torch.inference_mode():
        first = model(ids()).last_hidden_state
        with pretrained.ablate([(0, 0), (0, 2), (1, 1)]):
            model(ids())
        assert torch.equal(model(ids()).last_hidden_state, first)
    assert all(torch.equal(tensor, before[name]) for name, tensor in model.state_dict().items())


def test_no_head_stays_silent_after_an_error(model):
    with torch.inference_mode():
        expected = model(ids()).last_hidden_state
        with pytest.raises(RuntimeError), pretrained.ablate([(0, 0)]):
            raise RuntimeError
        assert torch.equal(model(ids()).last_hidden_state, expected)


def test_the_recorded_output_of_a_silenced_head_is_zero_and_its_weights_stay(model):
    with torch.inference_mode(), pretrained.record() as plain:
        model(ids())
    with torch.inference_mode(), pretrained.ablate([(0, 2)]), pretrained.record() as layers:
        model(ids())
    assert (layers[0].output[:, 2] == 0).all()
    assert torch.equal(layers[0].output[:, :2], plain[0].output[:, :2])
    assert torch.equal(layers[0].weights, plain[0].weights)
    assert not torch.equal(layers[1].weights, plain[1].weights)


def test_a_head_is_silent_in_its_own_thread_only(model):
    with torch.inference_mode():
        expected = model(ids()).last_hidden_state
    found = []

    def visit() -> None:
        with torch.inference_mode():
            found.append(model(ids()).last_hidden_state)

    with pretrained.ablate([(0, 0)]), torch.inference_mode():
        thread = threading.Thread(target=visit)
        thread.start()
        thread.join()
        model(ids())
    assert torch.equal(found[0], expected)


@pytest.mark.parametrize(
    ("pair", "words"), [((0, 3), "there is no head 3: this layer has 3"), ((2, 0), "there is no layer 2: 2 attention")]
)
def test_silencing_what_does_not_exist_is_refused_in_words(model, pair, words):
    with pytest.raises(ModelError, match=words), torch.inference_mode(), pretrained.ablate([pair]):
        model(ids())


def test_dropout_is_refused_because_it_would_hide_weights():
    model = recorded_bert().train()
    with pytest.raises(ValueError, match=r"call model.eval\(\)"):
        model(ids())


def test_a_mask_of_true_and_false_means_what_the_mask_of_numbers_means():
    allowed = torch.ones(1, 1, 3, 5, dtype=torch.bool).tril()
    allowed[0, 0, 1] = False
    numbers = torch.zeros(1, 1, 3, 5).masked_fill(~allowed, torch.finfo(torch.float32).min)
    from_bool, from_numbers = (pretrained.translate(mask, torch.float32) for mask in (allowed, numbers))
    assert all(torch.equal(left, right) for left, right in zip(from_bool, from_numbers, strict=True))
    assert torch.equal(from_bool[0][0, 0, [0, 2]], allowed[0, 0, [0, 2]])
    assert from_bool[0][0, 0, 1].all()


def test_a_mask_that_forbids_nothing_is_no_mask():
    assert pretrained.translate(torch.zeros(1, 1, 3, 5), torch.float32) == (None, None)
    assert pretrained.translate(None, torch.float32) == (None, None)
    nearness = torch.arange(15.0).reshape(1, 1, 3, 5)
    allowed, bias = pretrained.translate(nearness, torch.float32)
    assert allowed is None
    assert torch.equal(bias, nearness)
