"""Training a language model on short stories: text in; a folder that the transformers library opens, figures and a card out."""

import argparse
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, Final

import torch
from tokenizers import Tokenizer
from torch import nn
from transformers import LlamaForCausalLM

from core.models import llama_format
from core.training import cards, stories, story_models
from core.training.story_models import Measured, Recipe
from core.training.story_quality import GOES_ON, TEMPERATURE, quality
from core.transformer.language_model import LanguageModel, LanguageModelConfig

NAMES: Final = ("story-gpt",)
ORIGIN: Final = story_models.ORIGIN


def run(asked: argparse.Namespace, device: torch.device) -> None:
    """As `story_models.run`."""
    story_models.run(asked, partial(_train, asked, device), partial(_measure, asked, device), _card)


def _measure(
    asked: argparse.Namespace, device: torch.device, folder: Path, tokenizer: Tokenizer, known: stories.Stories
) -> Measured:
    model = LlamaForCausalLM.from_pretrained(folder, dtype=torch.float32).to(device).eval()
    return Measured(model.num_parameters(), quality(model, tokenizer, known, asked.seed))


def _train(asked: argparse.Namespace, device: torch.device, folder: Path, known: stories.Stories) -> None:
    planned = Recipe()
    recipe = replace(planned, updates=asked.updates or planned.updates, seed=asked.seed)
    print("Learning pieces of words …", flush=True)
    tokenizer = stories.pieces(known.train, recipe.vocab_size)
    torch.manual_seed(recipe.seed)
    row = stories.stream(known.train, tokenizer).to(device)
    config = LanguageModelConfig(tokenizer.get_vocab_size(), dropout=recipe.dropout)
    model = LanguageModel(config).to(device)

    def loss(update: int) -> torch.Tensor:
        length = recipe.length(update, config.context, len(row))
        windows = stories.windows(row, length, recipe.tokens // length, recipe.seed * recipe.updates + update)
        return nn.functional.cross_entropy(model(windows[:, :-1]).flatten(0, 1), windows[:, 1:].flatten())

    training = story_models.learn(asked.name, recipe, config, known, model, loss)
    llama_format.write(folder, model, tokenizer, stories.END)
    story_models.keep(folder, recipe, config, known, len(row), training, device)


def _card(measured: Measured, made: dict[str, Any], known: stories.Stories, size: int) -> str:
    (name,), found = NAMES, measured.quality
    config = LanguageModelConfig(**made["config"])
    rows = [
        [name, found["bits per byte"], found["heroes named again"]],
        ["counted triples of pieces", found["bits per byte, triples"], None],
        ["gzip, after 32 kB of other stories", found["bits per byte, gzip"], None],
        ["the stories themselves", None, found["heroes named again in the stories"]],
    ]
    parts = [
        f"# {name}",
        f"A language model of short English stories, {measured.parameters:,} parameters in half precision, {size / 1e6:.1f} MB, "
        f"in Llama's format: {config.n_layers} blocks of width {config.d_model} with {config.n_heads} heads, RMSNorm before each "
        f"half, rotary positions, SwiGLU of {config.d_ff}, no biases, one table of {config.vocab_size:,} byte pairs for "
        f"what is read and what is written; {config.context} tokens of context. It is a teaching model: it knows simple "
        "stories and nothing else.",
        "## Data",
        story_models.data_said(made, known),
        "## Training",
        f"{story_models.training_said(name, made)} When the rate falls was chosen with a look at the held-out stories.",
        "## Quality on the held-out stories",
        cards.table(["guess", "bits per byte", "hero named again"], rows),
        f'A hero is named again where the name of a beginning "… named X" stands in the next {GOES_ON} pieces, written at a '
        f"temperature of {TEMPERATURE}; in the stories themselves, in as many letters.",
        "## Limits",
        "It knows few words, loses the thread of longer stories, and repeats what simple stories say of people.",
    ]
    return "\n\n".join(parts) + "\n"
