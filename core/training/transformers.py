"""Training the Transformer that translates: the data of the recurrent translators in; a folder that the library opens out."""

import argparse
from dataclasses import asdict, dataclass, replace
from typing import Final

import torch
from torch import Tensor, nn

from core.models import checkpoints, marian_format
from core.models import device as devices
from core.sequence.transformer import GUIDED
from core.sequence.vocabulary import Vocabulary
from core.training import cards, corpus, gold, progress, scoring, transformer_card, translation
from core.training.averaging import Averaged
from core.training.loop import Schedule, Training
from core.training.translation import Batch
from core.transformer.encoder_decoder import EncoderDecoder, EncoderDecoderConfig

NAMES: Final = checkpoints.TRANSFORMERS
ORIGIN: Final = corpus.ORIGIN


@dataclass(frozen=True)
class Recipe(translation.Recipe):
    """How it is trained; what stands here is other than with the recurrent translators.

    guidance   weight of the loss that holds one head to the words that the aligner found; all other heads are free.
    averaged   what the mean of the weights keeps of itself at an update.
    products   how exactly matrices are multiplied: half the bits take two thirds of the time.
    """

    epochs: int = 7
    peak_rate: float = 1e-3
    warmup: int = 1000
    guidance: float = 0.3
    averaged: float = 0.999
    products: str = "bfloat16"


def run(asked: argparse.Namespace, device: torch.device) -> None:
    """Train, unless only measuring is asked for, and measure. Raises ValueError in words."""
    known = corpus.read(asked.data)
    drawn = gold.read(asked.alignments) if asked.alignments else {}
    if not known.as_published:
        print("This is another version of the file than the one the shipped models were trained on.")
    folder = asked.out / asked.name
    if not asked.measure:
        _train(asked, known, device)
    print("Measuring on sentences it never saw …", flush=True)
    translator = checkpoints.read_folder(folder, device)
    figures = {"quality": scoring.quality(translator, known.test)}
    if drawn:
        figures["alignment"] = scoring.alignment_error(translator, drawn)
        figures["errors of heads"] = scoring.errors_of_heads(translator, drawn)
    cards.keep(folder / checkpoints.FIGURES, figures)
    card = folder / "README.md"
    card.write_text(transformer_card.card(checkpoints.read_folder(folder, device), asked.out), "utf-8")
    print(card.read_text("utf-8"))


def _train(asked: argparse.Namespace, known: corpus.Corpus, device: torch.device) -> None:
    planned = Recipe()
    recipe = replace(planned, epochs=asked.epochs or planned.epochs, seed=asked.seed)
    torch.manual_seed(recipe.seed)
    print("Learning word pieces, and which words translate each other …", flush=True)
    vocabulary = Vocabulary.learn(
        (text for pair in known.train for text in (pair.source, pair.target)), recipe.vocab_size
    )
    examples = translation.examples(translation.casual(known.train, recipe), vocabulary)
    batches = [batch for epoch in range(recipe.epochs) for batch in translation.batches(examples, recipe, epoch)]

    config = EncoderDecoderConfig(len(vocabulary))
    model = EncoderDecoder(config).to(device)
    both = Averaged(model, recipe.averaged)
    schedule = Schedule(len(batches), recipe.peak_rate, recipe.warmup)
    training = Training(both, schedule, products=getattr(torch, recipe.products))

    def loss(groups: list[list[int]]) -> Tensor:
        both.follow()
        batch = translation.collate(examples, groups, vocabulary).to(device)
        return nats(model, batch, recipe, vocabulary.pad)

    told = [asdict(recipe), asdict(config), known.sha256]
    progress.learn(asked.name, told, training, batches, loss)
    both.settle()
    folder = asked.out / asked.name
    marian_format.write(folder, model, vocabulary)
    made = {
        "recipe": asdict(recipe),
        "config": asdict(config),
        "data sha256": known.sha256,
        "pairs": {"train": len(known.train), "dev": len(known.dev), "test": len(known.test)},
        "updates": len(batches),
        "minutes": round(training.seconds / 60, 1),
        "device": devices.describe(device),
    }
    (folder / checkpoints.FIGURES).unlink(missing_ok=True)  # those of other weights
    cards.keep(folder / checkpoints.FIGURES, {"made": made})


def nats(model: EncoderDecoder, batch: Batch, recipe: Recipe, pad: int) -> Tensor:
    """Nats per target token, and how far the weights of the guided head are from the guide.

    Source: Garg, Peitz, Nallasamy and Paulik 2019, section 4, one head held to alignments.
    """
    wrote = model(batch.source, batch.lengths, batch.given)
    missed = nn.functional.cross_entropy(
        wrote.logits.flatten(0, 1).float(),
        batch.wanted.flatten(),
        ignore_index=pad,
        label_smoothing=recipe.smoothing,
    )
    weights = wrote.blocks[-1].cross.cross_weights[:, GUIDED].float()
    astray = -(batch.guide * weights.clamp_min(1e-6).log()).sum() / batch.guide.sum()
    return missed + recipe.guidance * astray
