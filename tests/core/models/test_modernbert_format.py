"""Our model that fills in words and the library's ModernBERT are one and the same: the same weights give the same scores."""

import pytest
import torch
from transformers import AutoModelForMaskedLM, AutoTokenizer

from core.models import modernbert_format
from core.models.pretrained import IMPLEMENTATION, record
from core.training import stories
from core.training.masked_models import MASK
from core.transformer.language_model import LanguageModelConfig
from core.transformer.masked_model import MaskedModel
from tests.core.models.drawn import drawn

TEXTS = ("Tim had a red ball.", "Sue saw a dog. The dog ran.")


@pytest.fixture(scope="module")
def tokenizer():
    learned = stories.pieces(TEXTS, 307)
    learned.add_special_tokens([MASK])
    return learned


@pytest.fixture(scope="module")
def model(tokenizer):
    return drawn(lambda: MaskedModel(LanguageModelConfig(tokenizer.get_vocab_size(), 42, 3, 3, 29, 23)))


@pytest.fixture(scope="module")
def folder(model, tokenizer, tmp_path_factory):
    place = tmp_path_factory.mktemp("modernbert")
    modernbert_format.write(place, model, tokenizer, stories.END, MASK)
    return place


@torch.inference_mode()
def test_the_library_opens_it_and_gives_the_same_scores(model, folder):
    theirs, told = AutoModelForMaskedLM.from_pretrained(folder, dtype=torch.float32, output_loading_info=True)
    assert not any(told.values()), "every weight has its place, and none is left over"
    assert theirs.num_parameters() == sum(weight.numel() for weight in model.parameters())
    ids = torch.randint(model.config.vocab_size, (5, 17), generator=torch.Generator().manual_seed(1))
    torch.testing.assert_close(theirs(ids).logits, model(ids), atol=1e-4, rtol=1e-4)
    some = ids % 3 == 0
    torch.testing.assert_close(model(ids, some), model(ids)[some])


@torch.inference_mode()
def test_what_is_recorded_of_it_are_the_weights_of_our_own_blocks_and_every_token_sees_all(model, folder):
    theirs = AutoModelForMaskedLM.from_pretrained(folder, dtype=torch.float32, attn_implementation=IMPLEMENTATION)
    ids = torch.arange(11)[None]
    with record() as layers:
        theirs(ids)
    stream = model.norm_embedding(model.embedding(ids))
    for block, layer in zip(model.blocks, layers, strict=True):
        trace = block(stream)
        torch.testing.assert_close(layer.weights, trace.attention.attention.weights, atol=1e-5, rtol=1e-4)
        assert (layer.weights > 0).all()
        stream = trace.resid_post


def test_the_mask_is_one_piece_of_any_text(folder):
    tokenizer = AutoTokenizer.from_pretrained(folder)
    ids = tokenizer(f"Sue saw a{tokenizer.mask_token}. naïve").input_ids
    assert ids.count(tokenizer.mask_token_id) == 1
    assert tokenizer.decode(ids) == f"Sue saw a{MASK}. naïve"
    assert tokenizer.sep_token == stories.END
