"""Stories, and the language model that learns from them."""

import json
import math
from functools import partial

import pytest
import torch
from transformers import AutoModelForCausalLM, LlamaConfig, LlamaForCausalLM

from core.training import __main__ as command
from core.training import language_models, progress, stories, story_quality
from core.transformer.language_model import LanguageModelConfig

NAMES = ("Tim", "Sue", "Tom", "Mia", "Ben", "Lily", "Max")
THINGS = ("ball", "dog", "hat", "boat", "tree", "cake", "drum", "kite", "frog", "book", "shoe")


@pytest.fixture(scope="module")
def told():
    return [
        f"Once there was a child named {name}. {name} had a {thing} and a {other}. {name} was glad."
        for name in NAMES
        for thing in THINGS
        for other in THINGS
        if thing != other
    ]


@pytest.fixture(scope="module")
def file(told, tmp_path_factory):
    path = tmp_path_factory.mktemp("data") / "stories.txt"
    path.write_text(f"\n{stories.END}\n".join(told), "utf-8")
    return path


@pytest.fixture(scope="module")
def known(file):
    return stories.read(file)


def test_no_story_is_on_both_sides_and_none_is_lost(known, told):
    assert not set(known.train) & set(known.test)
    assert sorted((*known.train, *known.test)) == sorted(told)
    assert 0.02 < len(known.test) / len(told) < 0.09
    assert not known.as_published


def test_a_story_falls_on_the_same_side_whatever_else_is_in_the_file(known, tmp_path):
    path = tmp_path / "some.txt"
    path.write_text(stories.END.join([*known.test[:3], *known.train[:5]]), "utf-8")
    assert stories.read(path).test == known.test[:3]


@pytest.mark.parametrize(
    ("content", "says"),
    [(b"", "0 stories"), (b"one", "1 stories"), (b"\xff\xfe", "byte 0 of"), (None, "cannot be read")],
)
def test_what_is_no_file_of_stories_is_told(content, says, tmp_path):
    path = tmp_path / "told.txt"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(stories.StoriesError, match=says):
        stories.read(path)


def test_windows_are_pieces_of_the_row_and_come_again_from_their_seed():
    row = torch.arange(101) * 3
    windows = stories.windows(row, 13, 7, 5)
    assert windows.shape == (7, 14)
    assert (windows.diff() == 3).all()
    assert torch.equal(windows, stories.windows(row, 13, 7, 5))
    assert not torch.equal(windows, stories.windows(row, 13, 7, 6))


def test_each_story_stands_between_two_marks(known):
    tokenizer = stories.pieces(known.train, 311)
    row = stories.stream(known.train[:3], tokenizer)
    end = tokenizer.token_to_id(stories.END)
    assert (row == end).sum() == 4
    assert row[0] == row[-1] == end
    assert tokenizer.decode(row.tolist(), skip_special_tokens=True) == "".join(known.train[:3])


@pytest.mark.parametrize("context", [6, 7, 1000])
def test_an_even_guess_costs_the_same_bits_for_every_piece_however_long_the_story(known, context):
    tokenizer = stories.pieces(known.train, 311)
    sizes = {"hidden_size": 2, "intermediate_size": 2, "num_attention_heads": 1, "num_hidden_layers": 1}
    guess = LlamaForCausalLM(
        LlamaConfig(vocab_size=tokenizer.get_vocab_size(), max_position_embeddings=context, **sizes)
    )
    torch.nn.init.zeros_(guess.lm_head.weight)
    read = []
    guess.register_forward_pre_hook(lambda _, given: read.append(given[0].shape[1]))
    pieces = sum(len(tokenizer.encode(story).ids) for story in known.test)
    size = sum(len(story.encode()) for story in known.test)
    found = story_quality.bits_per_byte(guess, tokenizer, known.test)
    assert found == pytest.approx(pieces * math.log2(tokenizer.get_vocab_size()) / size, rel=1e-5)
    assert max(read) <= context


def test_counted_triples_guess_such_stories_better_than_gzip_and_no_guess_is_free(known):
    tokenizer = stories.pieces(known.train, 311)
    assert 0.05 < story_quality.of_triples(tokenizer, known) < story_quality.of_gzip(known) < 2


@pytest.mark.parametrize("before", [(0, 0), (0, 1), (1, 2), (2, 2), (3, 1), (3, 3)])
def test_the_chances_of_all_pieces_after_what_was_seen_and_what_was_not_sum_to_1(before):
    chance = story_quality.counted([0, 1, 2, 1, 1, 0, 1, 2, 2, 0], 4)
    assert sum(chance(*before, piece) for piece in range(4)) == pytest.approx(1)
    assert min(chance(*before, piece) for piece in range(4)) > 0


def test_a_name_is_named_again_only_as_a_word_of_its_own():
    held_out = ("A boy named Sam ran. Samantha sat.", "A girl named Ann ran. Ann's hat fell.")
    assert story_quality.in_the_stories(held_out) == 0.5


def test_the_command_trains_goes_on_writes_a_folder_and_its_card(file, tmp_path, monkeypatch):
    monkeypatch.setattr(progress, "WORK", tmp_path / "work")
    small = language_models.Recipe(vocab_size=311, tokens=1024, short=32, warmup=2)
    monkeypatch.setattr(language_models, "Recipe", lambda: small)
    tiny = {"d_model": 26, "n_heads": 1, "n_layers": 2, "d_ff": 17, "context": 71}
    monkeypatch.setattr(language_models, "LanguageModelConfig", partial(LanguageModelConfig, **tiny))
    monkeypatch.setattr(story_quality, "_HEROES", 2)
    given = ["story-gpt", "--data", str(file), "--out", str(tmp_path), "--device", "cpu", "--updates", "4"]
    command.main(given)
    folder = tmp_path / "story-gpt"
    figures = json.loads((folder / "figures.json").read_text())
    assert figures["made"]["recipe"]["updates"] == 4
    assert 0 < figures["quality"]["bits per byte"] < 20
    card = (folder / "README.md").read_text()
    for said in ("in Llama's format", "seed 0, 4 updates", "held out, split by story", "gzip", "Another file"):
        assert said in card
    model = AutoModelForCausalLM.from_pretrained(folder)
    assert model.config.model_type == "llama"
    assert (folder / "model.safetensors").stat().st_size < 8e6
    before = (folder / "model.safetensors").read_bytes()
    command.main([*given, "--measure"])
    assert (folder / "model.safetensors").read_bytes() == before
    assert json.loads((folder / "figures.json").read_text())["quality"] == figures["quality"]
