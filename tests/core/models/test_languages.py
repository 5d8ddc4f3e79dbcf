"""A translator that knows several languages is told from which to which, in the way in which it was trained."""

import json
from pathlib import Path

import pytest
import sentencepiece
from transformers import (
    M2M100Config,
    M2M100ForConditionalGeneration,
    M2M100Tokenizer,
    MBart50Tokenizer,
    MBartConfig,
    MBartForConditionalGeneration,
    MBartTokenizer,
    NllbTokenizer,
    PreTrainedTokenizerBase,
    PreTrainedTokenizerFast,
)

from core.lessons import translation
from core.models.errors import ModelError
from core.models.languages import Languages, known_to
from core.models.loaded import LoadedModel
from core.models.loading import load
from core.models.tokens import encode, encode_target
from core.models.writing import write
from tests.core.models import folders
from tests.core.models.families import SEQ2SEQ

pytestmark = pytest.mark.usefixtures("no_models")

MARKS = ["<s>", "<pad>", "</s>", "<unk>"]
PIECES = ["▁", "▁the", "▁cat", "▁le", "▁chat", *"thecalp"]


def learned(folder: Path) -> M2M100Tokenizer:
    """M2M100's tokenizer is written in Python and wants a model of SentencePiece."""
    (folder / "lines.txt").write_text("the cat plays in the garden\nle chat joue dans le jardin\n")
    sentencepiece.SentencePieceTrainer.train(
        input=str(folder / "lines.txt"),
        model_prefix=str(folder / "m"),
        vocab_size=40,
        hard_vocab_limit=False,
        minloglevel=2,
    )
    model = sentencepiece.SentencePieceProcessor(model_file=str(folder / "m.model"))
    pieces = dict.fromkeys([*MARKS, *(model.id_to_piece(number) for number in range(model.get_piece_size()))])
    (folder / "vocab.json").write_text(json.dumps({piece: number for number, piece in enumerate(pieces)}))
    return M2M100Tokenizer(str(folder / "vocab.json"), str(folder / "m.model"), model_max_length=64)


SCORED = [(piece, -1.0) for piece in dict.fromkeys([*MARKS, *PIECES])]
NUMBERED = {piece: number for number, (piece, _) in enumerate(SCORED)}
# each with its token for English and for French, and where it stands: before the text or behind it
WAYS = {
    "M2M100": (learned, M2M100Config, "__en__", "__fr__", "before"),
    "NLLB": (lambda _: NllbTokenizer(vocab=NUMBERED, merges=[]), M2M100Config, "eng_Latn", "fra_Latn", "before"),
    "mBART-50": (lambda _: MBart50Tokenizer(vocab=SCORED, src_lang="en_XX"), MBartConfig, "en_XX", "fr_XX", "before"),
    "mBART": (lambda _: MBartTokenizer(vocab=SCORED), MBartConfig, "en_XX", "fr_XX", "behind"),
}


def opened(folder: Path, tokenizer: PreTrainedTokenizerBase, config: type) -> LoadedModel:
    model = {M2M100Config: M2M100ForConditionalGeneration, MBartConfig: MBartForConditionalGeneration}[config]
    numbers = {"vocab_size": len(tokenizer) + 120, "bos_token_id": 0, "eos_token_id": 2, "decoder_start_token_id": 2}
    return load(folders.save(folder / "model", model(config(**SEQ2SEQ | numbers)), tokenizer))


@pytest.mark.parametrize("name", WAYS)
def test_both_languages_stand_where_the_model_was_trained_to_find_them(tmp_path, name):
    make, config, english, french, where = WAYS[name]
    loaded = opened(tmp_path, make(tmp_path), config)
    known = known_to(loaded.text_tokenizer)
    assert [known.tokens[code] for code in (known.usual().source, known.usual().target)] == [english, french]
    source, _ = encode(loaded, "the cat")
    target, inputs = encode_target(loaded, "le chat")
    if where == "before":
        assert (source.pieces[0], source.pieces[-1]) == (english, "</s>")
        assert target.pieces[:2] == ("</s>", french)
        assert target.pieces[-1] != "</s>"
    else:
        assert source.pieces[-2:] == ("</s>", english)
        assert (target.pieces[0], target.pieces[-1]) == (french, "</s>")
    assert target.special[0]
    assert not any(target.special[2:-1])
    assert inputs["decoder_input_ids"].tolist() == [list(target.ids)]
    other = Languages(*[code for code in known.tokens if known.tokens[code] not in (english, french)][:2])
    assert known.tokens[other.source] in encode(loaded, "the cat", languages=other)[0].pieces
    assert known.tokens[other.target] in encode_target(loaded, "le chat", other)[0].pieces[:2]
    assert encode(loaded, "the cat")[0] == source  # what one visitor chose stays with nobody else


@pytest.mark.parametrize("name", WAYS)
def test_a_model_begins_to_write_with_the_language_that_was_chosen(tmp_path, name, monkeypatch):
    make, config, _, _, _ = WAYS[name]
    loaded = opened(tmp_path, make(tmp_path), config)
    known = known_to(loaded.text_tokenizer)
    target = [code for code in known.tokens if code != known.usual().source][-1]
    written = []
    decode = loaded.text_tokenizer.batch_decode
    monkeypatch.setattr(
        loaded.text_tokenizer, "batch_decode", lambda ids, **how: written.append(ids[0]) or decode(ids, **how)
    )
    write(loaded, "the cat", 3, Languages(known.usual().source, target))
    number = loaded.text_tokenizer.convert_tokens_to_ids(known.tokens[target])
    assert number in written[0][:2].tolist()


def test_a_language_that_a_model_does_not_know_is_refused_by_its_name(tmp_path):
    make, config, _, _, _ = WAYS["NLLB"]
    loaded = opened(tmp_path, make(tmp_path), config)
    with pytest.raises(ModelError, match="does not know the language xx: choose one of its 202"):
        encode(loaded, "the cat", languages=Languages("xx", "fra_Latn"))


@pytest.mark.parametrize("mark", [">>{}<<", "<2{}>"])
def test_a_language_that_is_written_before_the_sentence_is_no_part_of_it(tmp_path, mark):
    """As Marian's translators into several languages and MADLAD have it."""
    tokenizer = folders.sentence_pieces()
    tokenizer.model_max_length = 60
    tokenizer.add_tokens([mark.format("fra"), mark.format("deu")])
    loaded = load(folders.bart(tmp_path, tokenizer))
    known = known_to(loaded.text_tokenizer)
    assert (known.before, sorted(known.tokens)) == (True, ["deu", "fra"])
    assert known.usual() == Languages(None, "fra")
    found = translation.heads_of(loaded, "", "the cat", "the cats", Languages(None, "deu"))
    assert found.attention.keys.pieces[-2:] == ("the", "cat")
    assert found.reading.tokens.pieces[0] == mark.format("deu")
    assert found.agreement.shape == (2, 3)


def test_a_translator_of_one_pair_has_no_languages_to_choose():
    tokenizer: PreTrainedTokenizerFast = folders.sentence_pieces()
    assert known_to(tokenizer) is None
