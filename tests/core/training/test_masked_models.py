"""The model that fills in words of stories: what is hidden from it, how it is measured, and the command."""

import json
from functools import partial

import pytest
import torch
from transformers import AutoModelForMaskedLM, LlamaConfig, LlamaForCausalLM, ModernBertConfig, ModernBertForMaskedLM

from core.training import __main__ as command
from core.training import hidden_words, masked_models, progress, stories
from core.transformer.language_model import LanguageModelConfig
from core.transformer.masked_model import hide

THINGS = ("ball", "dog", "hat", "boat", "tree", "cake", "drum", "kite", "frog", "book", "shoe")
TOLD = tuple(
    f'{name} had a {thing} and a {other}. "Oh!" said {name}.'
    for name in ("Tim", "Sue", "Tom", "Mia", "Ben")
    for thing in THINGS
    for other in THINGS
    if thing != other
)


@pytest.fixture(scope="module")
def tokenizer():
    return stories.pieces(TOLD, 320)


def test_a_word_begins_where_its_piece_does_not_go_on_with_letters(tokenizer):
    ids = torch.tensor(tokenizer.encode('Sue sawed a "tree". Oh').ids)
    begins = masked_models.of_words(ids, *masked_models.beginnings(tokenizer))
    words, texts = [], [tokenizer.decode([id_]) for id_ in ids.tolist()]
    for text, first in zip(texts, begins.tolist(), strict=True):
        words = [*words, text] if first else [*words[:-1], words[-1] + text]
    assert words == ["Sue", " sawed", " a", ' "', "tree", '"', ".", " Oh"]


def test_words_are_hidden_whole_and_in_their_shares():
    rng = torch.Generator().manual_seed(2)
    ids = torch.randint(200, (40, 300), generator=rng)
    begins = torch.rand(40, 300, generator=rng) < 0.6
    read, asked = hide(ids, begins, 200, 0.25, rng)
    inside = ~begins[:, 1:]
    assert torch.equal(asked[:, 1:][inside], asked[:, :-1][inside])
    assert 0.22 < asked[begins].float().mean() < 0.28
    assert torch.equal(read[~asked], ids[~asked])
    masked = read == 200
    assert torch.equal(masked[:, 1:][inside], masked[:, :-1][inside])
    shares = [masked[asked], (read != ids)[asked] & ~masked[asked], (read == ids)[asked]]
    assert [round(share.float().mean().item(), 1) for share in shares] == [0.8, 0.1, 0.1]


def test_one_who_knows_a_single_word_is_as_often_right_as_that_word_is_hidden(tokenizer):
    known = stories.Stories(TOLD[10:], TOLD[:10], "")
    word = tokenizer.encode(" had").ids
    assert len(word) == 1
    sizes = {"hidden_size": 2, "intermediate_size": 2, "num_attention_heads": 1, "num_hidden_layers": 1}
    ends = dict.fromkeys(("pad_token_id", "bos_token_id", "eos_token_id", "cls_token_id", "sep_token_id"), 0)
    size = tokenizer.get_vocab_size() + 1
    filler = ModernBertForMaskedLM(ModernBertConfig(vocab_size=size, max_position_embeddings=64, **sizes, **ends))
    torch.nn.init.zeros_(filler.decoder.weight)
    filler.decoder.bias.data[word[0]] = 1.0
    found = hidden_words.quality(filler.eval(), tokenizer, known, size - 1, 0)
    hidden = [ids[place].item() for ids, places in hidden_words.asked(tokenizer, known.test, 64, 0) for place in places]
    assert found["hidden words"] == len(hidden) == 40
    assert 0 < found["right"] == round(hidden.count(word[0]) / 40, 4) < 1
    assert found["most frequent word"] in ("a", "said", "had", "and")
    writer = LlamaForCausalLM(LlamaConfig(vocab_size=size, max_position_embeddings=64, **sizes))
    writer.model.embed_tokens.weight.data.zero_()
    torch.nn.init.zeros_(writer.lm_head.weight)
    assert hidden_words.of_a_writer(writer.eval(), tokenizer, known, 0) == 0, "it always says the first piece"


def test_the_command_trains_writes_a_folder_and_a_card_that_asks_the_writer_too(tmp_path, monkeypatch):
    file = tmp_path / "told.txt"
    file.write_text(stories.END.join(TOLD), "utf-8")
    monkeypatch.setattr(progress, "WORK", tmp_path / "work")
    small = masked_models.Recipe(vocab_size=320, tokens=512, short=32, warmup=2)
    monkeypatch.setattr(masked_models, "Recipe", lambda: small)
    tiny = {"d_model": 26, "n_heads": 1, "n_layers": 2, "d_ff": 17, "context": 40}
    monkeypatch.setattr(masked_models, "LanguageModelConfig", partial(LanguageModelConfig, **tiny))
    given = ["--data", str(file), "--out", str(tmp_path), "--device", "cpu", "--updates", "4"]
    command.main(["story-bert", *given])
    folder = tmp_path / "story-bert"
    card = (folder / "README.md").read_text()
    assert "| story-gpt | the words before it | – |" in card
    assert "in ModernBERT's format" in card
    assert "seed 0, 4 updates" in card
    assert AutoModelForMaskedLM.from_pretrained(folder).config.model_type == "modernbert"
    weights = (folder / "model.safetensors").read_bytes()
    LlamaForCausalLM(
        LlamaConfig(vocab_size=320, hidden_size=4, intermediate_size=4, num_attention_heads=1, num_hidden_layers=1)
    ).save_pretrained(tmp_path / "story-gpt")
    command.main(["story-bert", *given, "--measure"])
    figures = json.loads((folder / "figures.json").read_text())
    assert figures["made"]["recipe"]["updates"] == 4
    assert 0 <= figures["quality"]["story-gpt"] <= 1
    assert "| story-gpt | the words before it | – |" not in (folder / "README.md").read_text()
    assert (folder / "model.safetensors").read_bytes() == weights
