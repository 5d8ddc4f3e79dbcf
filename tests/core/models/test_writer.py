"""A causal model that goes on from what it kept gives what it gives on the whole text."""

import math

import pytest
import torch
from transformers import AutoModelForCausalLM, OpenAIGPTConfig, OpenAIGPTLMHeadModel

from core.models import lens, loading, pretrained
from core.models.errors import ModelError
from core.models.loaded import LoadedModel
from core.models.writer import Writer, caches, check_writes
from tests.core.models import folders

IDS = [264, 11, 17, 3, 11, 17, 5, 29, 7, 13]
# a window is shorter than the text
KINDS = {
    "llama": {},
    "mistral": {"sliding_window": 3},
    "gemma2": {"attn_logit_softcapping": 2.0, "final_logit_softcapping": 3.0, "sliding_window": 4},
    "gemma3_text": {"sliding_window": 3, "layer_types": ["sliding_attention", "full_attention"]},
    "gpt_neox": {"num_key_value_heads": None},
}


def opened(folder, kind: str = "llama") -> LoadedModel:
    return loading.load(folders.causal(folder / "model", kind, **KINDS[kind]))


def whole(loaded: LoadedModel, ids: list[int], silent=()) -> tuple[torch.Tensor, list[torch.Tensor], torch.Tensor]:
    """Scores, weights and vectors of one run over a text."""
    with pretrained.record(tensors=("weights",)) as records, pretrained.ablate(silent), torch.inference_mode():
        output = loaded.model(input_ids=torch.tensor([ids]), output_hidden_states=True, use_cache=False)
    return output.logits[0], [each.weights[0] for each in records], torch.stack(output.hidden_states)[:, 0]


def assert_is_whole(writer: Writer, ids: list[int]) -> None:
    scores, weights, states = whole(writer.loaded, ids, writer.silent)
    assert writer.ids == ids
    for place in range(len(ids)):
        torch.testing.assert_close(writer.scores(place), scores[place], atol=1e-4, rtol=1e-4)
        torch.testing.assert_close(writer.states(place), states[:, place], atol=1e-4, rtol=1e-4)
        for kept, expected in zip(writer.weights(place), weights, strict=True):
            torch.testing.assert_close(kept, expected[:, place, : place + 1], atol=1e-5, rtol=0)
    nats = -scores.log_softmax(-1)[:-1].gather(1, torch.tensor(ids)[1:, None])[:, 0]
    assert math.isnan(writer.bits[0])
    assert writer.bits[1:] == pytest.approx((nats / math.log(2)).tolist(), abs=1e-3)


@pytest.mark.parametrize("kind", KINDS)
def test_token_by_token_is_as_the_whole_text_also_after_going_back(tmp_path, no_models, kind):
    writer = Writer(opened(tmp_path, kind))
    assert writer.cached
    writer.read(IDS[:4])
    for count in range(5, 10):
        writer.read(IDS[:count])
    assert_is_whole(writer, IDS[:9])
    other = [*IDS[:5], 40, 41, 42]
    writer.read(other)
    assert_is_whole(writer, other)


def test_a_family_without_a_cache_reads_the_whole_text_again_and_gives_the_same(tmp_path, no_models):
    config = OpenAIGPTConfig(vocab_size=300, n_positions=37, n_embd=12, n_layer=2, n_head=3)
    folder = folders.save(tmp_path / "model", OpenAIGPTLMHeadModel(config).eval(), folders.byte_pieces())
    loaded = loading.load(folder)
    assert not caches(loaded)
    writer = Writer(loaded)
    for count in (3, 4, 7, 6, 9):
        writer.read(IDS[:count])
    scores = loaded.model(input_ids=torch.tensor([IDS[:9]])).logits[0]
    torch.testing.assert_close(torch.stack([writer.scores(place) for place in range(9)]), scores, atol=1e-5, rtol=1e-5)
    assert len(writer.bits) == 9
    assert sum(writer.weights(8)[0][0]) == pytest.approx(1)


def test_a_silenced_head_is_silent_at_every_token(tmp_path, no_models):
    loaded = opened(tmp_path)
    writer = Writer(loaded, [(1, 2)])
    for count in (4, 5, 9):
        writer.read(IDS[:count])
    assert_is_whole(writer, IDS[:9])
    plain = Writer(loaded)
    plain.read(IDS[:9])
    assert not torch.allclose(plain.scores(8), writer.scores(8), atol=1e-3)


def test_without_keeping_the_scores_after_the_last_token_are_there(tmp_path, no_models):
    writer = Writer(opened(tmp_path), keeps=False)
    for count in (4, 5, 9):
        writer.read(IDS[:count])
    torch.testing.assert_close(writer.scores(8), whole(writer.loaded, IDS[:9])[0][-1], atol=1e-4, rtol=1e-4)
    with pytest.raises(ValueError, match="nothing is kept of token 3"):
        writer.scores(3)


def test_a_draw_is_made_once_for_a_text_and_anew_where_that_is_another_one(tmp_path, no_models):
    writer, made = Writer(opened(tmp_path)), []

    def draw() -> int:
        made.append(None)
        return len(made)

    writer.read(IDS[:5])
    assert [writer.drawn(4, "warm", draw), writer.drawn(4, "warm", draw), writer.drawn(4, "cold", draw)] == [1, 1, 2]
    writer.read([*IDS[:3], 99, 98])
    assert writer.drawn(4, "cold", draw) == 3


def test_too_many_tokens_and_none_are_refused(tmp_path, no_models):
    writer = Writer(opened(tmp_path))
    for ids in ([], [5] * 38):
        with pytest.raises(ValueError, match=f"{len(ids)} tokens cannot be read: 1 to 37 can"):
            writer.read(ids)


def test_what_does_not_write_says_what_it_is(tmp_path, no_models):
    for folder, said in (
        (folders.bert(tmp_path / "bert"), r"does not go on with a text \(encoder\)"),
        (folders.t5(tmp_path / "t5"), "no causal head"),
        (folders.gpt2(tmp_path / "gpt2"), "no causal head"),
    ):
        with pytest.raises(ModelError, match=said):
            check_writes(loading.load(folder))


@pytest.mark.parametrize("kind", KINDS)
def test_the_lens_ends_with_the_scores_of_the_model_and_begins_with_the_token_itself(tmp_path, no_models, kind):
    writer = Writer(opened(tmp_path, kind))
    writer.read(IDS)
    scores, states = writer.scores(9), writer.states(9)
    found = lens.lens(writer.loaded, states, scores)
    assert found.shape == (3, 300)
    torch.testing.assert_close(found[-1], scores)
    model = writer.loaded.model
    norm = model.gpt_neox.final_layer_norm if kind == "gpt_neox" else model.model.norm
    first = model.get_output_embeddings()(norm(states[0]))
    cap = KINDS[kind].get("final_logit_softcapping")
    torch.testing.assert_close(found[0], torch.tanh(first / cap) * cap if cap else first)


def test_a_lens_that_does_not_fit_is_none(tmp_path, no_models):
    writer = Writer(opened(tmp_path))
    writer.read(IDS)
    assert lens.lens(writer.loaded, writer.states(9), writer.scores(8)) is None


def test_gpt2_is_read_as_well(tmp_path, no_models):
    sizes = {"vocab_size": 300, "n_embd": 12, "n_layer": 2, "n_head": 3, "n_positions": 37}
    model = folders.model_of("gpt2", AutoModelForCausalLM, **sizes)
    writer = Writer(loading.load(folders.save(tmp_path / "model", model, folders.byte_pieces())))
    for count in (4, 9, 10):
        writer.read(IDS[:count])
    assert_is_whole(writer, IDS)
    assert lens.lens(writer.loaded, writer.states(9), writer.scores(9)) is not None
