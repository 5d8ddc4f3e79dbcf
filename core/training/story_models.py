"""What the models of stories have in common: their recipe, the way of the command, what is kept, and their cards' words."""

import argparse
import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import torch
from jaxtyping import Float
from tokenizers import Tokenizer
from torch import Tensor, nn

from core.models import checkpoints, library_folder
from core.models import device as devices
from core.models.errors import ModelError
from core.training import cards, progress, stories
from core.training.loop import Schedule, Training
from core.transformer.language_model import LanguageModelConfig

ORIGIN: Final = stories.ORIGIN


@dataclass(frozen=True)
class Recipe:
    """How it is trained.

    updates   more of them would teach it its own stories by heart.
    tokens    read in an update.
    short     tokens of a window at first; in the `cooldown` at the end, the whole context.
    dropout   the share of what a half of a block adds that is left out: without it the stories are learned by heart.
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
    dropout: float = 0.1
    seed: int = 0
    products: str = "bfloat16"

    def length(self, update: int, context: int, row: int) -> int:
        """Tokens of a window in an update, of a model with such a context, in a row of so many tokens."""
        return min(context if update >= self.updates - self.cooldown else self.short, row - 1)


@dataclass(frozen=True)
class Measured:
    """A model that was measured. parameters: how many it has; quality: figures by name."""

    parameters: int
    quality: Mapping[str, Any]


def run(
    asked: argparse.Namespace,
    train: Callable[[Path, stories.Stories], None],
    measure: Callable[[Path, Tokenizer, stories.Stories], Measured],
    card: Callable[[Measured, dict[str, Any], stories.Stories, int], str],
) -> None:
    """Train, unless only measuring is asked for, and measure. Raises ValueError in words.

    train, measure   are given the folder of the model.
    card             is given what was measured, how it was made, the stories, and the bytes of the weights.
    """
    known = stories.read(asked.data)
    if not known.as_published:
        print("This is another version of the file than the one the shipped models were trained on.")
    folder = asked.out / asked.name
    if not asked.measure:
        train(folder, known)
    if not (folder / library_folder.WEIGHTS).exists():
        raise ModelError(f"{asked.name} is not in {asked.out}: train it first")
    print("Measuring on stories it never saw …", flush=True)
    found = measure(folder, Tokenizer.from_file(str(folder / "tokenizer.json")), known)
    cards.keep(folder / checkpoints.FIGURES, {"quality": found.quality})
    made = json.loads((folder / checkpoints.FIGURES).read_text("utf-8"))["made"]
    text = card(found, made, known, (folder / library_folder.WEIGHTS).stat().st_size)
    (folder / "README.md").write_text(text, "utf-8")
    print(text)


def learn(
    name: str,
    recipe: Recipe,
    config: LanguageModelConfig,
    known: stories.Stories,
    model: nn.Module,
    loss: Callable[[int], Float[Tensor, ""]],
) -> Training:
    """Take the updates of a recipe. loss: of an update by its number."""
    training = Training(
        model,
        Schedule(recipe.updates, recipe.peak_rate, recipe.warmup, recipe.line, recipe.cooldown),
        weight_decay=recipe.decay,
        products=getattr(torch, recipe.products),
    )
    told = [asdict(recipe), asdict(config), known.sha256]
    progress.learn(name, told, training, range(recipe.updates), loss)
    return training


def keep(
    folder: Path,
    recipe: Recipe,
    config: LanguageModelConfig,
    known: stories.Stories,
    tokens: int,
    training: Training,
    device: torch.device,
) -> None:
    """Write beside the weights how they were made. tokens: of all stories that were learned from."""
    made = {
        "recipe": asdict(recipe),
        "config": asdict(config),
        "data sha256": known.sha256,
        "stories": {"train": len(known.train), "test": len(known.test)},
        "tokens": tokens,
        "minutes": round(training.seconds / 60, 1),
        "device": devices.describe(device),
    }
    (folder / checkpoints.FIGURES).unlink(missing_ok=True)  # those of other weights
    cards.keep(folder / checkpoints.FIGURES, {"made": made})


def data_said(made: Mapping[str, Any], known: stories.Stories) -> str:
    """What it learned from, for its card."""
    origin = stories.ORIGIN if known.as_published else "Another file than the published one"
    return (
        f"{origin}. sha256 {made['data sha256']}. {made['stories']['train']:,} stories to learn from "
        f"({made['tokens']:,} tokens), {made['stories']['test']:,} held out, split by story."
    )


def training_said(name: str, made: Mapping[str, Any], asked: str = "") -> str:
    """How it was trained, for its card. asked: what it was asked for, where that is not the next token."""
    recipe = made["recipe"]
    epochs = recipe["updates"] * recipe["tokens"] / made["tokens"]
    return (
        f"`python -m core.training {name} --data PATH`: seed {recipe['seed']}, {recipe['updates']:,} updates of "
        f"{recipe['tokens']:,} tokens ({epochs:.1f} passes), windows of {recipe['short']}, in the last "
        f"{recipe['cooldown']:,} updates of {made['config']['context']}; {asked}AdamW, learning rate up to "
        f"{recipe['peak_rate']:g}, then down in a line that ends at update {recipe['line']:,}, in the last "
        f"{recipe['cooldown']:,} to nothing; weight decay {recipe['decay']:g}, dropout {recipe['dropout']:g}; matrices "
        f"multiplied in {recipe['products']}; "
        f"{made['minutes']} minutes on {made['device']}."
    )
