"""Our language model and the library's Llama are one and the same: the same weights give the same scores."""

import pytest
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from core.models import llama_format
from core.models.pretrained import IMPLEMENTATION, record
from core.training import stories
from core.transformer.language_model import LanguageModel, LanguageModelConfig
from tests.core.models.drawn import drawn

TEXTS = ("Tim had a red ball.", "Sue saw a dog. The dog ran.", "One day, Tom was sad — “why?” he asked.")


@pytest.fixture(scope="module")
def tokenizer():
    return stories.pieces(TEXTS, 307)


@pytest.fixture(scope="module")
def model(tokenizer):
    return drawn(lambda: LanguageModel(LanguageModelConfig(tokenizer.get_vocab_size(), 42, 3, 2, 29, 23)))


@pytest.fixture(scope="module")
def folder(model, tokenizer, tmp_path_factory):
    place = tmp_path_factory.mktemp("llama")
    llama_format.write(place, model, tokenizer, stories.END)
    return place


@torch.inference_mode()
def test_the_library_opens_it_and_gives_the_same_scores(model, folder):
    theirs, told = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, output_loading_info=True)
    assert not any(told.values()), "every weight has its place, and none is left over"
    assert theirs.num_parameters() == sum(weight.numel() for weight in model.parameters())
    ids = torch.randint(model.config.vocab_size, (5, 17), generator=torch.Generator().manual_seed(1))
    torch.testing.assert_close(theirs(ids).logits, model(ids), atol=1e-4, rtol=1e-4)


@torch.inference_mode()
def test_what_is_recorded_of_it_are_the_weights_of_our_own_blocks(model, folder):
    theirs = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, attn_implementation=IMPLEMENTATION)
    ids = torch.arange(11)[None]
    with record() as layers:
        theirs(ids)
    stream = model.embedding(ids)
    for block, layer in zip(model.blocks, layers, strict=True):
        trace = block(stream, torch.ones(1, 1, 11, 11, dtype=torch.bool).tril())
        torch.testing.assert_close(layer.weights, trace.attention.attention.weights, atol=1e-5, rtol=1e-4)
        stream = trace.resid_post


@torch.inference_mode()
def test_theorem_what_comes_after_moves_no_score_before_it(model):
    ids = torch.arange(13)[None]
    other = ids.clone()
    other[0, 7:] += 29
    assert torch.equal(model(ids)[0, :7], model(other)[0, :7])
    assert not torch.allclose(model(ids)[0, 7:], model(other)[0, 7:])


def test_any_text_is_read_and_read_back_and_ends_with_the_mark(folder):
    tokenizer = AutoTokenizer.from_pretrained(folder)
    for text in (*TEXTS, "naïve 日本 🙂", " two  spaces\n"):
        assert tokenizer.decode(tokenizer(text).input_ids) == text
    assert tokenizer.eos_token == tokenizer.bos_token == stories.END
    assert tokenizer(stories.END).input_ids == [tokenizer.eos_token_id]
