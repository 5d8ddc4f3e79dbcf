"""`python -m core.training NAME --data PATH`: train one of the project's models, measure it, write it with its card."""

import argparse
import hashlib
import json
import sys
import time
from dataclasses import asdict, replace
from pathlib import Path

import torch
from tqdm import tqdm

from core.models import checkpoints
from core.models import device as devices
from core.models.errors import ModelError
from core.sequence.translator import Translator, TranslatorConfig
from core.sequence.vocabulary import Vocabulary
from core.training import cards, corpus, gold, scoring, translation
from core.training.loop import Schedule, Training
from core.training.translation import Recipe

WORK = checkpoints.FOLDER.parents[1] / ".training"
VOCABULARY = "tatoeba-en-fr.vocabulary.json"
SAVE_EVERY = 300  # seconds


def _arguments(given: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m core.training",
        description="Train one of the project's own models, measure it on sentences it never saw, and write it with "
        "its model card. Stop it with Ctrl+C: the same command goes on where it was.",
        epilog=f"The data: {corpus.ORIGIN}.",
    )
    parser.add_argument("name", choices=list(checkpoints.TRANSLATORS), help="which model")
    parser.add_argument("--data", type=Path, help="the file of sentence pairs")
    parser.add_argument("--alignments", type=Path, help="a folder of pairs aligned by people, to measure alignment")
    parser.add_argument("--epochs", type=int, default=Recipe.epochs, help=f"passes, else {Recipe.epochs}")
    parser.add_argument("--seed", type=int, default=Recipe.seed, help=f"else {Recipe.seed}")
    parser.add_argument("--device", help="cuda, mps or cpu; else the best there is")
    parser.add_argument("--threads", type=int, help="of the processor; else as many as it has cores")
    parser.add_argument("--out", type=Path, default=checkpoints.FOLDER, help="the folder to write to")
    parser.add_argument("--measure", action="store_true", help="measure the model that is there; train nothing")
    return parser.parse_args(given)


def main(given: list[str]) -> None:
    """Do what the command line asks; sys.exit with one sentence where it cannot be done."""
    asked = _arguments(given)
    if asked.data is None:
        sys.exit(f"--data is missing: the file to learn from. It is to be had: {corpus.ORIGIN}.")
    if asked.epochs < 1:
        sys.exit(f"--epochs is {asked.epochs}: at least 1 is needed")
    if asked.threads:
        torch.set_num_threads(asked.threads)
    try:
        device = devices.pick(asked.device)
        known = corpus.read(asked.data)
        drawn = gold.read(asked.alignments) if asked.alignments else {}
        if not known.as_published:
            print("This is another version of the file than the one the shipped models were trained on.")
        if not asked.measure:
            _train(asked, known, device)
        _measure(asked, known, drawn, device)
    except (corpus.CorpusError, ModelError, ValueError) as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        sys.exit("\nStopped. The same command goes on from the last state that was saved.")


def _train(asked: argparse.Namespace, known: corpus.Corpus, device: torch.device) -> None:
    recipe = replace(Recipe(), epochs=asked.epochs, seed=asked.seed)
    torch.manual_seed(recipe.seed)
    print("Learning word pieces, and which words translate each other …", flush=True)
    vocabulary = Vocabulary.learn(
        (text for pair in known.train for text in (pair.source, pair.target)), recipe.vocab_size
    )
    examples = translation.examples(translation.casual(known.train, recipe), vocabulary)
    batches = [batch for epoch in range(recipe.epochs) for batch in translation.batches(examples, recipe, epoch)]

    config = TranslatorConfig(len(vocabulary), checkpoints.TRANSLATORS[asked.name])
    model = Translator(config).to(device)
    training = Training(model, Schedule(len(batches), recipe.peak_rate, recipe.warmup))
    # another recipe, file or version of the program is another training
    told = json.dumps([asked.name, asdict(recipe), asdict(config), known.sha256, checkpoints.VERSION])
    state = WORK / f"{asked.name}-{hashlib.sha256(told.encode()).hexdigest()[:12]}.safetensors"
    if state.exists():
        training.resume(state)
        print(f"Going on after update {training.done:,} of {len(batches):,}.", flush=True)

    def loss(groups: list[list[int]]) -> torch.Tensor:
        batch = translation.collate(examples, groups, vocabulary).to(device)
        return translation.loss(model, batch, recipe, vocabulary.pad)

    saved = time.monotonic()
    mean = None
    with tqdm(total=len(batches), initial=training.done, unit="update", mininterval=5) as bar:
        try:
            for update in training.run(batches, loss):
                mean = update.loss if mean is None else 0.98 * mean + 0.02 * update.loss
                bar.set_postfix(loss=f"{mean:.3f}", refresh=False)
                bar.update()
                if time.monotonic() - saved > SAVE_EVERY:
                    training.save(state)
                    saved = time.monotonic()
        except KeyboardInterrupt:
            training.save(state)
            raise
    training.save(state)
    checkpoints.write(model, vocabulary, asked.out / f"{asked.name}.safetensors", VOCABULARY)
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
    translator = checkpoints.read(path, device)
    figures = {"quality": scoring.quality(translator, known.test)}
    if drawn and translator.looks:
        figures["alignment"] = scoring.alignment_error(translator, drawn)
    cards.keep(path.with_suffix(".json"), figures)
    _write_cards(asked.out)
    print(path.with_suffix(".md").read_text("utf-8"))


def _write_cards(folder: Path) -> None:
    """The cards of all models that are there: each shows the others' figures as its baselines."""
    there = {name: folder / f"{name}.safetensors" for name in checkpoints.TRANSLATORS}
    read = {name: checkpoints.read(path, torch.device("cpu")) for name, path in there.items() if path.exists()}
    measured = {name: translator.figures for name, translator in read.items() if "quality" in translator.figures}
    for name in measured:
        others = {other: figures for other, figures in measured.items() if other != name}
        text = cards.card(read[name], others, there[name].stat().st_size)
        there[name].with_suffix(".md").write_text(text, "utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
