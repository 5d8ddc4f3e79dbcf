"""Training a language model on short stories: text in; a folder that the transformers library opens, figures and a card out."""

import argparse
import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Final

import torch
from tokenizers import Tokenizer
from torch import nn
from transformers import LlamaForCausalLM

from core.models import device as devices
from core.models import llama_format
from core.models.errors import ModelError
from core.training import cards, progress, stories
from core.training.loop import Schedule, Training
from core.training.story_quality import GOES_ON, TEMPERATURE, quality
from core.transformer.language_model import LanguageModel, LanguageModelConfig

NAMES: Final = ("story-gpt",)
ORIGIN: Final = stories.ORIGIN
FIGURES: Final = "figures.json"


@dataclass(frozen=True)
class Recipe:
    """How it is trained.

    updates   more of them would teach it its own stories by heart.
    tokens    read in an update.
    short     tokens of a window at first; in the `cooldown` at the end, the whole context.
    line      updates after which the learning rate would be at nothing, were it not for the cooldown.
    products  how exactly matrices are multiplied: half the bits take half the time where a processor knows them.
    """

    vocab_size: int = 2_048
    updates: int = 4_500
    tokens: int = 4_096
    short: int = 256
    line: int = 6_000
    cooldown: int = 900
    peak_rate: float = 2e-3
    warmup: int = 200
    decay: float = 0.1
    seed: int = 0
    products: str = "bfloat16"


def run(asked: argparse.Namespace, device: torch.device) -> None:
    """Train, unless only measuring is asked for, and measure. Raises ValueError in words."""
    known = stories.read(asked.data)
    if not known.as_published:
        print("This is another version of the file than the one the shipped models were trained on.")
    folder = asked.out / asked.name
    if not asked.measure:
        _train(asked, folder, known, device)
    if not (folder / llama_format.WEIGHTS).exists():
        raise ModelError(f"{asked.name} is not in {asked.out}: train it first")
    print("Measuring on stories it never saw …", flush=True)
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    model = LlamaForCausalLM.from_pretrained(folder, dtype=torch.float32).to(device).eval()
    cards.keep(folder / FIGURES, {"quality": quality(model, tokenizer, known, asked.seed)})
    figures = json.loads((folder / FIGURES).read_text("utf-8"))
    size = (folder / llama_format.WEIGHTS).stat().st_size
    card = folder / "README.md"
    card.write_text(_card(asked.name, model.num_parameters(), figures, known, size), "utf-8")
    print(card.read_text("utf-8"))


def _train(asked: argparse.Namespace, folder: Path, known: stories.Stories, device: torch.device) -> None:
    planned = Recipe()
    recipe = replace(planned, updates=asked.updates or planned.updates, seed=asked.seed)
    print("Learning pieces of words …", flush=True)
    tokenizer = stories.pieces(known.train, recipe.vocab_size)
    torch.manual_seed(recipe.seed)
    row = stories.stream(known.train, tokenizer).to(device)
    config = LanguageModelConfig(tokenizer.get_vocab_size())
    model = LanguageModel(config).to(device)
    training = Training(
        model,
        schedule(recipe),
        weight_decay=recipe.decay,
        products=getattr(torch, recipe.products),
    )

    def loss(update: int) -> torch.Tensor:
        length = config.context if update >= recipe.updates - recipe.cooldown else recipe.short
        length = min(length, len(row) - 1)
        windows = stories.windows(row, length, recipe.tokens // length, recipe.seed * recipe.updates + update)
        return nn.functional.cross_entropy(model(windows[:, :-1]).flatten(0, 1), windows[:, 1:].flatten())

    told = [asdict(recipe), asdict(config), known.sha256]
    progress.learn(asked.name, told, training, range(recipe.updates), loss)
    llama_format.write(folder, model, tokenizer, stories.END)
    made = {
        "recipe": asdict(recipe),
        "config": asdict(config),
        "data sha256": known.sha256,
        "stories": {"train": len(known.train), "test": len(known.test)},
        "tokens": len(row),
        "minutes": round(training.seconds / 60, 1),
        "device": devices.describe(device),
    }
    (folder / FIGURES).unlink(missing_ok=True)  # those of other weights
    cards.keep(folder / FIGURES, {"made": made})


def schedule(recipe: Recipe) -> Schedule:
    """How the learning rate of a recipe goes."""
    return Schedule(recipe.updates, recipe.peak_rate, recipe.warmup, recipe.line, recipe.cooldown)


def _card(name: str, parameters: int, figures: dict[str, Any], known: stories.Stories, size: int) -> str:
    made, found = figures["made"], figures["quality"]
    config = LanguageModelConfig(**made["config"])
    recipe = made["recipe"]
    origin = stories.ORIGIN if known.as_published else "Another file than the published one"
    epochs = recipe["updates"] * recipe["tokens"] / made["tokens"]
    rows = [
        [name, found["bits per byte"], found["heroes named again"]],
        ["counted triples of pieces", found["bits per byte, triples"], None],
        ["gzip, after 32 kB of other stories", found["bits per byte, gzip"], None],
        ["the stories themselves", None, found["heroes named again in the stories"]],
    ]
    parts = [
        f"# {name}",
        f"A language model of short English stories, {parameters:,} parameters in half precision, {size / 1e6:.1f} MB, in "
        f"Llama's format: {config.n_layers} blocks of width {config.d_model} with {config.heads} heads, RMSNorm before each "
        f"half, rotary positions, SwiGLU of {config.d_hidden}, no biases, one table of {config.vocab_size:,} byte pairs for "
        f"what is read and what is written; {config.context} tokens of context. It is a teaching model: it knows simple "
        "stories and nothing else.",
        "## Data",
        f"{origin}. sha256 {made['data sha256']}. {made['stories']['train']:,} stories to learn from "
        f"({made['tokens']:,} tokens), {made['stories']['test']:,} held out, split by story.",
        "## Training",
        f"`python -m core.training {name} --data PATH`: seed {recipe['seed']}, {recipe['updates']:,} updates of "
        f"{recipe['tokens']:,} tokens ({epochs:.1f} passes), windows of {recipe['short']}, in the last "
        f"{recipe['cooldown']:,} updates of {config.context}; AdamW, learning rate up to {recipe['peak_rate']:g}, then down in a "
        f"line that ends at update {recipe['line']:,}, in the last {recipe['cooldown']:,} to nothing; weight decay "
        f"{recipe['decay']:g}; matrices multiplied in {recipe['products']}; {made['minutes']} minutes on {made['device']}. When "
        "the rate falls was chosen with a look at the held-out stories.",
        "## Quality on the held-out stories",
        cards.table(["guess", "bits per byte", "hero named again"], rows),
        f'A hero is named again where the name of a beginning "… named X" stands in the next {GOES_ON} pieces, written at a '
        f"temperature of {TEMPERATURE}; in the stories themselves, in as many letters.",
        "## Limits",
        "It knows few words, loses the thread of longer stories, and repeats what simple stories say of people.",
    ]
    return "\n\n".join(parts) + "\n"
