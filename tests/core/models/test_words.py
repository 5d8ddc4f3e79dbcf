"""Words are those of the text, whatever the script and whatever tokenizer cut it into pieces."""

from pathlib import Path

import pytest
import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import (
    ByT5Tokenizer,
    CanineTokenizer,
    EsmTokenizer,
    PerceiverTokenizer,
    PhobertTokenizer,
    PreTrainedTokenizerBase,
    PreTrainedTokenizerFast,
)

from core.models.loaded import LoadedModel
from core.models.pieces import together
from core.models.tokens import Tokens, encode
from tests.core.models import folders
from tests.core.models.families import TEXT

MODEL = folders.model_of("bert", **TEXT)  # nothing is computed with it
ENGLISH = "don't stop the cat, 3.14!"
ENGLISH_WORDS = ["don't", "stop", "the", "cat", ",", "3.14", "!"]
SCRIPTS = [
    ("我喜欢自然语言处理。", ["我", "喜欢", "自然", "语言", "处理", "。"]),
    ("私は猫が好きです", ["私", "は", "猫", "が", "好き", "です"]),
    ("ฉันชอบแมว", ["ฉัน", "ชอบ", "แมว"]),
    ("ខ្ញុំចូលចិត្តឆ្មា", ["ខ្ញុំ", "ចូលចិត្ត", "ឆ្មា"]),
    ("مرحبا بالعالم", ["مرحبا", "بالعالم"]),
    ("한국어 문장", ["한국어", "문장"]),
    ("a 🍕 in 東京 café 👩‍👩‍👧", ["a", "🍕", "in", "東京", "café", "👩‍👩‍👧"]),
]


def bytes_alone() -> PreTrainedTokenizerFast:
    """A tokenizer like GPT-2's that has learned no pair: every byte is a token."""
    signs = sorted(pre_tokenizers.ByteLevel.alphabet())
    tokenizer = Tokenizer(models.BPE({sign: number for number, sign in enumerate([*signs, "<|endoftext|>"])}, []))
    tokenizer.pre_tokenizer, tokenizer.decoder = pre_tokenizers.ByteLevel(add_prefix_space=False), decoders.ByteLevel()
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token="<|endoftext|>", model_max_length=999)


def longer(tokenizer: PreTrainedTokenizerBase) -> PreTrainedTokenizerBase:
    tokenizer.model_max_length = 999
    return tokenizer


def residues(folder: Path) -> EsmTokenizer:
    """A tokenizer of proteins: one token for each residue, and no sign between them."""
    (folder / "residues.txt").write_text(
        "\n".join(["<cls>", "<pad>", "<eos>", "<unk>", *"LAGVSERTIDPKQNFYMHWCXBUZO.-"])
    )
    return EsmTokenizer(str(folder / "residues.txt"))


def vietnamese(folder: Path) -> PhobertTokenizer:
    """A tokenizer that marks the pieces that are continued, with @@."""
    (folder / "pho.txt").write_text("the 9\ncat 9\npl@@ 8\nay@@ 8\ning 8\n")
    (folder / "codes").write_text("t h 9\nth e</w> 9\nc a 9\nca t</w> 9\np l 9\na y 9\ni n 8\nin g</w> 8\n")
    return PhobertTokenizer(str(folder / "pho.txt"), str(folder / "codes"), model_max_length=60)


def read(tokenizer: PreTrainedTokenizerBase, text: str, start: int = 0, at_most: int | None = None) -> Tokens:
    loaded = LoadedModel("a model", MODEL, tokenizer, torch.device("cpu"), "encoder", ("encoder",), {}, 3, 999, True)
    return encode(loaded, text, None, start, at_most)[0]


def merged(tokens: Tokens) -> list[str]:
    """The words of a text, each put together from its pieces."""
    numbers = [number for number in dict.fromkeys(tokens.word) if number >= 0]
    return [
        together(raw for raw, word in zip(tokens.raw, tokens.word, strict=True) if word == number) for number in numbers
    ]


class Characters(CanineTokenizer):
    """Its own list of all characters takes a second to write and is not asked for."""

    def get_vocab(self) -> dict[str, int]:
        return {}


TOKENIZERS = {
    "bytes as signs": bytes_alone,
    "bytes as numbers": lambda: longer(folders.sentence_pieces()),
    "bytes as numbers, not split": lambda: longer(folders.unsplit_pieces()),
    "bytes as letters": ByT5Tokenizer,
    "bytes as letters, between marks": PerceiverTokenizer,
    "characters": Characters,
}


@pytest.mark.parametrize("made", TOKENIZERS.values(), ids=list(TOKENIZERS))
def test_words_are_the_same_under_every_tokenizer_that_can_write_them(made):
    tokenizer = made()
    for text, words in [(ENGLISH, ENGLISH_WORDS), *SCRIPTS]:
        assert [word.lstrip("␣ ") for word in merged(read(tokenizer, text))] == words


def test_a_tokenizer_that_cuts_at_punctuation_and_at_chinese_signs_still_has_the_words_of_the_text():
    vocabulary = [*folders.SPECIAL.values(), "don", "'", "t", "stop", "##ping", ",", *"我喜欢自然语言处理。"]
    tokenizer = folders.word_pieces()
    tokenizer.backend_tokenizer.model = models.WordPiece(
        {piece: number for number, piece in enumerate(vocabulary)}, unk_token="[UNK]"
    )
    assert merged(read(longer(tokenizer), "don't stopping,")) == ["don't", "stopping", ","]
    assert merged(read(tokenizer, SCRIPTS[0][0])) == SCRIPTS[0][1]
    assert read(tokenizer, "don't").pieces == ("[CLS]", "don", "'", "t", "[SEP]")  # what it is cut into stays as it is


def test_a_residue_is_a_word_of_its_own(tmp_path):
    tokens = read(residues(tmp_path), "MKTVRQ")
    assert list(tokens.pieces[1:-1]) == merged(tokens) == list("MKTVRQ")


def test_a_tokenizer_without_signs_for_words_has_one_in_each_token():
    """As for DNA: pairs are learned, nothing is split and nothing marked."""
    vocabulary = {piece: number for number, piece in enumerate([*"ACGT", "AC", "GT"])}
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=Tokenizer(models.BPE(vocabulary, [("A", "C"), ("G", "T")])), model_max_length=99
    )
    assert read(tokenizer, "ACGTTA").pieces == ("AC", "GT", "T", "A")


def test_pieces_that_are_to_be_continued_make_words(tmp_path):
    tokens = read(vietnamese(tmp_path), "the cat playing the cat")
    assert tokens.pieces[1:-1] == ("the", "cat", "pl", "##ay", "##ing", "the", "cat")
    assert merged(tokens) == ["the", "cat", "playing", "the", "cat"]


def test_a_typed_special_token_is_special_and_an_unknown_word_is_none():
    tokens = read(folders.word_pieces(), "cat [MASK] sat dog")
    assert tokens.pieces == ("[CLS]", "cat", "[MASK]", "sat", "[UNK]", "[SEP]")
    assert tokens.special == (True, False, True, False, False, True)
    assert tokens.word == (-1, 0, -1, 1, 2, -1)
    assert tokens.total == 4


def test_half_of_a_character_at_the_edge_of_a_window_is_told_in_bytes():
    assert merged(read(bytes_alone(), "a 東京", start=3, at_most=3)) == ["‹9D B1 E4›"]
