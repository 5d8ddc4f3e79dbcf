"""A text read by a model gives the attention that the library's own eager path gives, sorted by who looks at whom."""

import threading

import pytest
import torch
from transformers import AutoModel, AutoTokenizer

from core.models import device, offline, pretrained
from core.models.errors import ModelError
from core.models.loading import LoadedModel, load
from core.models.reading import Reading, hidden_states, read
from tests.core.models import folders
from tests.core.models.families import IMAGE, TEXT
from tests.core.models.folders import model_of

TEXT_READ = "The animal didn't cross the street because it was too tired."
ACROSS = 1e-5  # between devices: weights are at most 1 and differ by a few roundings of single precision


@pytest.fixture(scope="module")
def minilm() -> LoadedModel:
    return load(offline.NAME, "cpu")


@pytest.fixture(scope="module")
def eager() -> tuple[object, object]:
    """The same model as any program would open it, with the library's own attention."""
    folder = offline.folder()
    return AutoModel.from_pretrained(folder, attn_implementation="eager").eval(), AutoTokenizer.from_pretrained(folder)


@pytest.mark.parametrize("place", device.available())
@pytest.mark.parametrize("second", [None, "It slept."])
def test_a_text_and_a_pair_are_read_as_the_library_reads_them(eager, place, second):
    model, tokenizer = eager
    reading = read(load(offline.NAME, place), TEXT_READ, second)
    with torch.inference_mode():
        expected = model(**tokenizer(TEXT_READ, second, return_tensors="pt"), output_attentions=True).attentions
    tolerance = 0 if place == "cpu" else ACROSS
    assert len(reading.encoder) == len(expected) == 6
    for layer, (record, weights) in enumerate(zip(reading.encoder, expected, strict=True)):
        assert record.index == layer
        assert record.weights.shape == (1, 12, len(reading.tokens.ids), len(reading.tokens.ids))
        torch.testing.assert_close(record.weights.cpu(), weights, atol=tolerance, rtol=0)
    assert (reading.decoder, reading.cross, reading.target) == ((), (), None)


def test_only_the_layers_heads_and_tensors_that_are_wished_for_come_back(minilm):
    whole = read(minilm, TEXT_READ, tensors=None)
    part = read(minilm, TEXT_READ, layers=(4, 1), heads=(7, 2), tensors=("weights", "keys"))
    assert [record.index for record in part.encoder] == [1, 4]
    for record in part.encoder:
        assert tuple(record.tensors) == ("keys", "weights")
        assert torch.equal(record.weights, whole.encoder[record.index].weights[:, [7, 2]])


@pytest.mark.parametrize(
    ("wish", "words"),
    [
        ({"layers": (6,)}, "there is no layer 6: all-MiniLM-L6-v2 has 6, counted from 0"),
        ({"layers": (-1,)}, "there is no layer -1"),
        ({"heads": (12,)}, "there is no head 12: all-MiniLM-L6-v2 has 12, counted from 0"),
        ({"tensors": ("wieghts",)}, "there is no tensor wieghts: choose from queries, keys"),
    ],
)
def test_a_wish_that_cannot_be_is_refused_in_words(minilm, wish, words):
    with pytest.raises(ValueError, match=words):
        read(minilm, TEXT_READ, **wish)


def test_a_silenced_head_that_does_not_exist_is_told_through_a_reading(minilm):
    with pytest.raises(ModelError, match="there is no head 12: this layer has 12"), pretrained.ablate([(0, 12)]):
        read(minilm, TEXT_READ)


@pytest.mark.usefixtures("no_models")
def test_a_decoder_never_looks_ahead(tmp_path):
    reading = read(load(folders.gpt2(tmp_path / "gpt2")), "a cat playing", tensors=("weights", "masked"))
    assert (len(reading.decoder), reading.encoder, reading.cross) == (2, (), ())
    for record in reading.decoder:
        assert (record.weights.triu(1) == 0).all()
        assert (record.masked.triu(1)[record.masked.triu(1) != 0] == -torch.inf).all()


@pytest.mark.parametrize(("make", "n_decoder_layers"), [(folders.t5, 3), (folders.bart, 2)])
@pytest.mark.usefixtures("no_models")
def test_an_encoder_decoder_is_sorted_into_three(tmp_path, make, n_decoder_layers):
    model = load(make(tmp_path / "model"))
    reading = read(model, "the cat", "playing the cat.")
    source, target = len(reading.tokens.ids), len(reading.target.ids)
    assert reading.tokens.pieces == ("the", "cat", "</s>")
    assert reading.target.pieces == (
        model.tokenizer.decode(reading.target.ids[:1]),
        "play",
        "##ing",
        "the",
        "cat",
        ".",
    )
    assert reading.target.special == (True, False, False, False, False, False)
    assert [record.weights.shape for record in reading.encoder] == [(1, 3, source, source)] * 2
    assert [record.weights.shape for record in reading.decoder] == [(1, 3, target, target)] * n_decoder_layers
    assert [record.weights.shape for record in reading.cross] == [(1, 3, target, source)] * n_decoder_layers
    assert [record.index for record in reading.cross] == list(range(n_decoder_layers))
    assert {record.kind for record in reading.cross} == {"cross"}
    last = read(model, "the cat", "playing the cat.", layers=(2,) if n_decoder_layers == 3 else (1,))
    assert torch.equal(last.cross[0].weights, reading.cross[-1].weights)
    assert torch.equal(last.decoder[0].weights, reading.decoder[-1].weights)


@pytest.mark.usefixtures("no_models")
def test_a_decoder_that_has_written_nothing_has_its_start_token(tmp_path):
    model = load(folders.t5(tmp_path / "t5"))
    reading = read(model, "the cat")
    assert (reading.target.pieces, reading.target.total) == (("<pad>",), 0)
    assert reading.cross[0].weights.shape == (1, 3, 1, 3)
    with pytest.raises(ValueError, match="the text is empty"):
        read(model, "the cat", "")


@pytest.mark.usefixtures("no_models")
def test_a_target_that_no_special_token_ends_is_read_to_its_end(tmp_path):
    model = load(folders.bart(tmp_path / "bart", folders.byte_pieces()))
    assert read(model, "a cat", "cat pling").target.pieces[1:] == ("cat", "pl", "##ing")


def test_hidden_states_are_the_librarys(minilm, eager):
    model, tokenizer = eager
    tokens, states = hidden_states(minilm, TEXT_READ)
    with torch.inference_mode():
        expected = model(**tokenizer(TEXT_READ, return_tensors="pt"), output_hidden_states=True).hidden_states
    assert states.shape == (7, len(tokens.ids), 384)
    assert torch.equal(states, torch.cat(expected))


def test_a_part_of_a_text_is_read_alike_by_all(minilm):
    said = {"start": 3, "at_most": 7}
    tokens, states = hidden_states(minilm, TEXT_READ, **said)
    reading = read(minilm, TEXT_READ, **said)
    assert tokens == reading.tokens
    assert tokens.pieces[1:3] == ("'", "t")
    assert (len(tokens.ids), states.shape[1], reading.encoder[0].weights.shape[-1]) == (7, 7, 7)


@pytest.mark.usefixtures("no_models")
def test_a_decoder_has_no_hidden_states_here(tmp_path):
    with pytest.raises(ModelError, match=r"is no encoder \(decoder\): choose an encoder"):
        hidden_states(load(folders.gpt2(tmp_path / "gpt2")), "a cat")


@pytest.mark.usefixtures("no_models")
def test_a_model_of_pictures_reads_no_text(tmp_path):
    model = load(folders.save(tmp_path / "vit", model_of("vit", **IMAGE), None))
    with pytest.raises(ModelError, match=r"reads no text \(vision\)"):
        read(model, "a cat")


@pytest.mark.usefixtures("no_models")
def test_a_tokenizer_that_knows_more_than_the_model_is_told(tmp_path):
    model = load(folders.bert(tmp_path / "bert", vocab_size=9))
    assert read(model, "the cat").encoder
    with pytest.raises(ModelError, match="knows 9 tokens and its tokenizer more"):
        read(model, "the cat sat, playing")


@pytest.mark.usefixtures("no_models")
def test_a_model_that_fails_on_a_text_is_told_in_words(tmp_path):
    """The tokenizer promises more tokens than the model has positions."""
    tokenizer = folders.word_pieces()
    tokenizer.model_max_length = 1000
    model = load(folders.save(tmp_path / "bert", model_of("bert", **TEXT | {"max_position_embeddings": 9}), tokenizer))
    assert model.max_tokens == 9
    broken = LoadedModel(**vars(model) | {"max_tokens": 99})
    with pytest.raises(ModelError, match="cannot read this text: try another text or another model"):
        read(broken, 20 * "cat ")


def test_readings_of_many_threads_are_those_of_one(minilm):
    texts = [f"{count * 'very '}tired" for count in range(6)]
    alone = [read(minilm, said) for said in texts]
    together: dict[int, Reading] = {}

    def visit(index: int) -> None:
        together[index] = read(minilm, texts[index])

    threads = [threading.Thread(target=visit, args=(index,)) for index in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for index, reading in enumerate(alone):
        assert together[index].tokens == reading.tokens
        for ours, theirs in zip(together[index].encoder, reading.encoder, strict=True):
            assert torch.equal(ours.weights, theirs.weights)
