"""Training a model that fills in words of short stories: text in; a folder that the library opens, figures and a card out."""

import argparse
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, Final

import torch
from jaxtyping import Bool, Int
from tokenizers import Tokenizer
from torch import Tensor, nn
from transformers import LlamaForCausalLM, ModernBertForMaskedLM

from core.models import library_folder, modernbert_format
from core.training import cards, hidden_words, language_models, stories, story_models
from core.training.story_models import Measured
from core.transformer.language_model import LanguageModelConfig
from core.transformer.masked_model import MaskedModel, hide

NAMES: Final = ("story-bert",)
ORIGIN: Final = story_models.ORIGIN
MASK: Final = "<|mask|>"
BESIDE: Final = language_models.NAMES[0]


@dataclass(frozen=True)
class Recipe(story_models.Recipe):
    """As the language model's, without dropout, and the share of the words that are hidden."""

    dropout: float = 0.0
    hidden: float = 0.25


def run(asked: argparse.Namespace, device: torch.device) -> None:
    """As `story_models.run`."""
    story_models.run(asked, partial(_train, asked, device), partial(_measure, asked, device), _card)


def _measure(
    asked: argparse.Namespace, device: torch.device, folder: Path, tokenizer: Tokenizer, known: stories.Stories
) -> Measured:
    model = ModernBertForMaskedLM.from_pretrained(folder, dtype=torch.float32).to(device).eval()
    found = hidden_words.quality(model, tokenizer, known, tokenizer.get_vocab_size() - 1, asked.seed)
    beside = asked.out / BESIDE
    if (beside / library_folder.WEIGHTS).exists():
        # it has the same pieces: the same question can be put to it
        writer = LlamaForCausalLM.from_pretrained(beside, dtype=torch.float32).to(device).eval()
        found[BESIDE] = hidden_words.of_a_writer(writer, tokenizer, known, asked.seed)
    return Measured(model.num_parameters(), found)


def beginnings(tokenizer: Tokenizer) -> tuple[Bool[Tensor, "vocab"], Bool[Tensor, "vocab"]]:
    """Of each piece, whether it begins with what is no letter, and whether letters behind it go on with its word."""
    texts = [tokenizer.decode([id_], skip_special_tokens=False) for id_ in range(tokenizer.get_vocab_size())]
    opens = torch.tensor([not text[:1].isalpha() for text in texts])
    return opens, torch.tensor([text == " " or text[-1:].isalpha() for text in texts])


def of_words(
    ids: Int[Tensor, "*batch tokens"], opens: Bool[Tensor, "vocab"], closes: Bool[Tensor, "vocab"]
) -> Bool[Tensor, "*batch tokens"]:
    """Where a word begins: its piece does not go on with the letters of the one before."""
    before = closes[ids].roll(1, -1)
    before[..., 0] = False
    return opens[ids] | ~before


def _train(asked: argparse.Namespace, device: torch.device, folder: Path, known: stories.Stories) -> None:
    planned = Recipe()
    recipe = replace(planned, updates=asked.updates or planned.updates, seed=asked.seed)
    print("Learning pieces of words …", flush=True)
    tokenizer = stories.pieces(known.train, recipe.vocab_size)
    row = stories.stream(known.train, tokenizer).to(device)
    tokenizer.add_special_tokens([MASK])
    mask = tokenizer.get_vocab_size() - 1  # the last of all
    begins = of_words(row, *(each.to(device) for each in beginnings(tokenizer)))
    torch.manual_seed(recipe.seed)
    config = LanguageModelConfig(tokenizer.get_vocab_size(), dropout=recipe.dropout)
    model = MaskedModel(config).to(device)

    def loss(update: int) -> Tensor:
        length = recipe.length(update, config.context, len(row))
        seed = recipe.seed * recipe.updates + update
        # the same places of the same stories that the language model reads
        places = stories.windows(torch.arange(len(row)), length, recipe.tokens // length, seed)[:, :-1].to(device)
        read, asked_for = hide(row[places], begins[places], mask, recipe.hidden, torch.Generator().manual_seed(seed))
        return nn.functional.cross_entropy(model(read, asked_for), row[places][asked_for])

    training = story_models.learn(asked.name, recipe, config, known, model, loss)
    modernbert_format.write(folder, model, tokenizer, stories.END, MASK)
    story_models.keep(folder, recipe, config, known, len(row), training, device)


def _card(measured: Measured, made: dict[str, Any], known: stories.Stories, size: int) -> str:
    (name,), found = NAMES, measured.quality
    config = LanguageModelConfig(**made["config"])
    rows = [
        [name, "all other words", found["right"]],
        [BESIDE, "the words before it", found.get(BESIDE)],
        [f"the most frequent word, “{found['most frequent word']}”", "nothing", found["right, most frequent word"]],
    ]
    parts = [
        f"# {name}",
        f"A model that fills in hidden words of short English stories, {measured.parameters:,} parameters in half precision, "
        f"{size / 1e6:.1f} MB, in ModernBERT's format: {config.n_layers} blocks of width {config.d_model} with {config.n_heads} "
        f"heads that see the words on both sides, LayerNorm before each half, rotary positions, SwiGLU of {config.d_ff}, "
        f"no biases, one table of {config.vocab_size:,} pieces, those of {BESIDE} and one that hides; {config.context} "
        "tokens of context. It is a teaching model: it knows simple stories and nothing else.",
        "## Data",
        story_models.data_said(made, known),
        "## Training",
        story_models.training_said(
            name,
            made,
            f"{made['recipe']['hidden']:.0%} of the words are asked for, of which eight in ten are hidden, one is replaced and "
            "one stays; ",
        ),
        "## Quality on the held-out stories",
        cards.table(["guess", "from", "hidden words that are right"], rows),
        f"{found['hidden words']:,} words that are one piece are hidden, one at a time. {BESIDE} is asked for the piece that "
        "comes next there. Where its row is empty, it was not there to be asked: `--measure` asks it.",
        "## Limits",
        "It knows few words, and repeats what simple stories say of people.",
    ]
    return "\n\n".join(parts) + "\n"
