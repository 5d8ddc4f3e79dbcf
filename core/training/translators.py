"""Training the translators: sentence pairs in; a model, a vocabulary, figures and a model card out."""

import argparse
from dataclasses import asdict, replace
from typing import Final

import torch

from core.models import checkpoints
from core.models import device as devices
from core.sequence.decoder import DecoderConfig
from core.sequence.trained import TrainedTranslator
from core.sequence.translator import Translator
from core.sequence.vocabulary import Vocabulary
from core.training import cards, corpus, gold, progress, scoring, translation
from core.training.loop import Schedule, Training
from core.training.translation import Recipe

NAMES: Final = tuple(checkpoints.TRANSLATORS)
ORIGIN: Final = corpus.ORIGIN
VOCABULARY: Final = "tatoeba-en-fr.vocabulary.json"


def run(asked: argparse.Namespace, device: torch.device) -> None:
    """Train, unless only measuring is asked for, and measure. Raises ValueError in words."""
    known = corpus.read(asked.data)
    drawn = gold.read(asked.alignments) if asked.alignments else {}
    if not known.as_published:
        print("This is another version of the file than the one the shipped models were trained on.")
    if not asked.measure:
        _train(asked, known, device)
    _measure(asked, known, drawn, device)


def _train(asked: argparse.Namespace, known: corpus.Corpus, device: torch.device) -> None:
    recipe = replace(Recipe(), epochs=Recipe.epochs if asked.epochs is None else asked.epochs, seed=asked.seed)
    torch.manual_seed(recipe.seed)
    print("Learning word pieces, and which words translate each other …", flush=True)
    vocabulary = Vocabulary.learn(
        (text for pair in known.train for text in (pair.source, pair.target)), recipe.vocab_size
    )
    examples = translation.examples(translation.casual(known.train, recipe), vocabulary)
    batches = [batch for epoch in range(recipe.epochs) for batch in translation.batches(examples, recipe, epoch)]

    config = DecoderConfig(len(vocabulary), checkpoints.TRANSLATORS[asked.name])
    model = Translator(config).to(device)
    training = Training(model, Schedule(len(batches), recipe.peak_rate, recipe.warmup))

    def loss(groups: list[list[int]]) -> torch.Tensor:
        batch = translation.collate(examples, groups, vocabulary).to(device)
        return translation.loss(model, batch, recipe, vocabulary.pad)

    told = [asdict(recipe), asdict(config), known.sha256, checkpoints.TRANSLATOR]
    progress.learn(asked.name, told, training, batches, loss)
    checkpoints.write_translator(model, vocabulary, asked.out / f"{asked.name}.safetensors", VOCABULARY)
    made = {
        "recipe": asdict(recipe),
        "data sha256": known.sha256,
        "pairs": {"train": len(known.train), "dev": len(known.dev), "test": len(known.test)},
        "updates": len(batches),
        "minutes": round(training.seconds / 60),
        "device": devices.describe(device),
    }
    figures = asked.out / f"{asked.name}.json"
    figures.unlink(missing_ok=True)  # those of other weights
    cards.keep(figures, {"made": made})


def _measure(
    asked: argparse.Namespace, known: corpus.Corpus, drawn: dict[str, list[gold.AlignedPair]], device: torch.device
) -> None:
    path = asked.out / f"{asked.name}.safetensors"
    print("Measuring on sentences it never saw …", flush=True)
    translator = checkpoints.of_kind(checkpoints.read(path, device), TrainedTranslator)
    figures = {"quality": scoring.quality(translator, known.test)}
    if drawn and translator.has_attention:
        figures["alignment"] = scoring.alignment_error(translator, drawn)
    cards.keep(path.with_suffix(".json"), figures)
    cards.write_all(asked.out, NAMES, cards.card)
    print(path.with_suffix(".md").read_text("utf-8"))
