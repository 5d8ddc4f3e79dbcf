"""Our encoder-decoder and the library's Marian are one and the same: the same weights give the same scores."""

import pytest
import torch
from transformers import AutoModelForSeq2SeqLM, AutoTokenizer

from core.models import checkpoints, marian_format
from core.models.errors import ModelError
from core.models.pretrained import IMPLEMENTATION, record
from core.sequence.vocabulary import Vocabulary
from core.transformer.encoder_decoder import Changes, EncoderDecoder, EncoderDecoderConfig, heads_of
from tests.core.encoder_decoder_examples import looks
from tests.core.models.drawn import drawn

TEXTS = ("The red car sees a dog.", "La voiture rouge voit un chien.", "Was it — “why?” — he who asked?")
CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def vocabulary():
    return Vocabulary.learn(TEXTS, 310)


@pytest.fixture(scope="module")
def model(vocabulary):
    return drawn(lambda: EncoderDecoder(EncoderDecoderConfig(len(vocabulary), 24, 3, 2, 3, 29, context=128)))


@pytest.fixture(scope="module")
def folder(model, vocabulary, tmp_path_factory):
    place = tmp_path_factory.mktemp("marian") / "translator-transformer"
    marian_format.write(place, model, vocabulary)
    return place


@pytest.fixture(scope="module")
def given(model):
    rng = torch.Generator().manual_seed(1)
    return [torch.randint(3, model.config.vocab_size, (4, n), generator=rng) for n in (11, 9)]


@torch.inference_mode()
def test_the_library_opens_it_and_gives_the_same_scores(model, folder, given):
    theirs, told = AutoModelForSeq2SeqLM.from_pretrained(folder, dtype=torch.float32, output_loading_info=True)
    assert not told["missing_keys"], "every weight has its place"
    assert not told["unexpected_keys"], "and none is left over"
    lengths = torch.tensor([11, 7, 2, 11])
    real = torch.arange(11) < lengths[:, None]
    found = theirs(given[0], attention_mask=real.long(), decoder_input_ids=given[1]).logits
    torch.testing.assert_close(found, model(given[0], lengths, given[1]).logits, atol=1e-4, rtol=1e-4)


@torch.inference_mode()
def test_what_is_recorded_of_it_are_the_weights_of_our_own_blocks(model, folder, given):
    theirs = AutoModelForSeq2SeqLM.from_pretrained(folder, dtype=torch.float32, attn_implementation=IMPLEMENTATION)
    with record() as layers:
        theirs(given[0][:1], decoder_input_ids=given[1][:1])
    read = model.read(given[0][:1])
    wrote = model.write(given[1][:1], read.memory)
    for weights, layer in zip(looks(read, wrote), layers, strict=True):
        torch.testing.assert_close(layer.weights, weights, atol=1e-5, rtol=1e-4)


@torch.inference_mode()
def test_the_library_writes_what_we_write(folder, vocabulary):
    translator = checkpoints.read_folder(folder, CPU)
    tokenizer = AutoTokenizer.from_pretrained(folder)
    read = tokenizer(TEXTS[0], return_tensors="pt")
    made = translator.translate(TEXTS[0])
    assert read.input_ids[0].tolist() == list(made.source.ids)
    theirs = AutoModelForSeq2SeqLM.from_pretrained(folder, dtype=torch.float32)
    ids = theirs.generate(**read, max_new_tokens=len(made.target.ids), do_sample=False, num_beams=1)
    assert ids[0, 1:].tolist() == list(made.target.ids)
    assert translator.translate_many([TEXTS[0]]) == [made.text]
    assert translator.translate(TEXTS[0], beam=3).tree.best


def test_what_is_kept_is_what_is_opened(model, folder, vocabulary):
    again, pieces = marian_format.read(folder)
    assert again.config == model.config
    assert all(torch.equal(again.state_dict()[name], weight) for name, weight in model.state_dict().items())
    assert pieces.read(TEXTS[1]) == vocabulary.read(TEXTS[1])


def test_a_damaged_folder_is_told_in_words(folder, tmp_path):
    with pytest.raises(ModelError, match="train it"):
        checkpoints.read_folder(tmp_path / "translator-transformer", CPU)
    for file in folder.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes()[: 200 if file.suffix == ".safetensors" else None])
    with pytest.raises(ModelError, match="damaged"):
        checkpoints.read_folder(tmp_path, CPU)


@torch.inference_mode()
def test_theorem_what_is_written_later_moves_no_score_before_it_and_the_source_moves_all(model, given):
    memory = model.read(given[0]).memory
    later = given[1].clone()
    later[:, 5:] = 7
    before, after = (model.write(ids, memory).logits for ids in (given[1], later))
    assert torch.equal(before[:, :5], after[:, :5])
    other = model.read(given[0].flip(1)).memory
    assert (model.write(given[1], other).logits - before).abs().amax(-1).min() > 0


@torch.inference_mode()
def test_theorem_a_cache_changes_no_score(model, given):
    memory = model.read(given[0]).memory
    whole = model.write(given[1], memory).logits
    cache, rows = None, []
    for column in given[1].T:
        wrote = model.write(column[:, None], memory, cache)
        cache = wrote.cache
        rows.append(wrote.logits)
    torch.testing.assert_close(torch.cat(rows, 1), whole, atol=1e-5, rtol=1e-4)


@torch.inference_mode()
def test_without_cross_attention_the_source_is_unknown_and_a_muted_head_brings_nothing(model, given):
    cut = Changes(cut_cross=True)
    lines = [model.write(given[1], model.read(ids).memory, changes=cut).logits for ids in (given[0], given[0].flip(1))]
    assert torch.equal(*lines)
    heads = frozenset(head for head in heads_of(model.config, ["cross"]) if head[1] == 0)
    muted = model.write(given[1], model.read(given[0]).memory, changes=Changes(heads)).blocks[0].cross
    torch.testing.assert_close(muted.cross_mixed, model.writers[0].cross.out_proj.bias.expand_as(muted.cross_mixed))
