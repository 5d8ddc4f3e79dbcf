"""The model that copies, reverses and sorts and the library's Marian are one and the same, with the weights that ship."""

import pytest
import torch
from transformers import AutoModelForSeq2SeqLM, AutoTokenizer

from core.models import checkpoints, prefix_format
from core.models.errors import ModelError
from core.models.pretrained import IMPLEMENTATION, record
from core.transformer import prefixes
from core.transformer.prefixes import TASKS, TextToText
from tests.core.encoder_decoder_examples import looks

FOLDER = checkpoints.FOLDER / checkpoints.PREFIXED
LETTERS = [5, 0, 3, 1]


@pytest.fixture(scope="module")
def ours():
    return checkpoints.load_small(checkpoints.PREFIXED, TextToText)


@torch.inference_mode()
def test_the_library_gives_the_same_scores_and_the_same_looks(ours):
    theirs, told = AutoModelForSeq2SeqLM.from_pretrained(
        FOLDER, dtype=torch.float32, attn_implementation=IMPLEMENTATION, output_loading_info=True
    )
    assert not told["missing_keys"], "every weight has its place"
    assert not told["unexpected_keys"], "and none is left over"
    source = torch.tensor([prefixes.source(task, LETTERS) for task in TASKS])
    given = torch.tensor([[prefixes.START, *prefixes.target(task, LETTERS)] for task in TASKS])
    with record(tensors=("weights",)) as layers:
        found = theirs(source, decoder_input_ids=given).logits
    read = ours.read(source)
    wrote = ours.write(given, read.memory)
    torch.testing.assert_close(found, wrote.logits, atol=1e-5, rtol=1e-5)
    for weights, layer in zip(looks(read, wrote), layers, strict=True):
        torch.testing.assert_close(layer.weights, weights, atol=1e-5, rtol=0)


def test_the_library_writes_what_a_prefix_asks_for(ours):
    theirs, tokenizer = AutoModelForSeq2SeqLM.from_pretrained(FOLDER), AutoTokenizer.from_pretrained(FOLDER)
    for task, wanted in zip(TASKS, ("f a d b", "b d a f", "a b d f"), strict=True):
        given = tokenizer(f"{task} f a d b", return_tensors="pt")
        assert given.input_ids[0].tolist() == prefixes.source(task, LETTERS)
        written = theirs.float().generate(**given, max_new_tokens=8, num_beams=1, do_sample=False)
        assert tokenizer.decode(written[0], skip_special_tokens=True) == wanted
        assert written[0, 1:].tolist() == prefixes.write(ours, prefixes.source(task, LETTERS))


def test_a_folder_that_is_not_there_or_damaged_is_told_in_words(tmp_path):
    place = tmp_path / checkpoints.PREFIXED
    with pytest.raises(ModelError, match=r"train it: python -m core\.training text-to-text"):
        checkpoints.read_small(place, torch.device("cpu"))
    prefix_format.write(place, checkpoints.load_small(checkpoints.PREFIXED, TextToText))
    weights = place / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:200])
    with pytest.raises(ModelError, match="damaged"):
        checkpoints.read_small(place, torch.device("cpu"))
