"""`python -m core.training NAME`: train one of the project's models, measure it, write it with its card."""

import argparse
import sys
from pathlib import Path
from typing import Final

import torch

from core.models import checkpoints
from core.models import device as devices
from core.models.errors import ModelError
from core.training import (
    captioners,
    classifiers,
    language_models,
    lexicons,
    masked_models,
    small_models,
    transformers,
    translators,
)

FAMILIES: Final = {
    name: family
    for family in (
        translators,
        transformers,
        captioners,
        classifiers,
        language_models,
        masked_models,
        small_models,
        lexicons,
    )
    for name in family.NAMES
}


def _arguments(given: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m core.training",
        description="Train one of the project's own models, measure it on what it never saw, and write it with its model "
        "card. Stop it with Ctrl+C: the same command goes on where it was.",
        epilog=f"The data. {', '.join((*translators.NAMES, *transformers.NAMES, *lexicons.NAMES))}: {translators.ORIGIN}. "
        f"{', '.join((*captioners.NAMES, *small_models.NAMES))}: none, all is drawn from the seed. "
        f"{', '.join(classifiers.NAMES)}: {classifiers.ORIGIN}. "
        f"{', '.join((*language_models.NAMES, *masked_models.NAMES))}: {language_models.ORIGIN}.",
    )
    parser.add_argument("name", choices=list(FAMILIES), help="which model")
    parser.add_argument("--data", type=Path, help="what to learn from")
    parser.add_argument(
        "--alignments", type=Path, help="translators, lexicon: a folder of pairs aligned by people, to measure"
    )
    parser.add_argument("--epochs", type=int, help="translators: passes, else as the card says")
    parser.add_argument(
        "--updates", type=int, help="captioners, classifiers, language models: updates, else as the card says"
    )
    parser.add_argument("--seed", type=int, default=0, help="else 0")
    parser.add_argument("--device", help="cuda, mps or cpu; else the best there is")
    parser.add_argument("--threads", type=int, help="of the processor; else as many as it has cores")
    parser.add_argument("--out", type=Path, default=checkpoints.FOLDER, help="the folder to write to")
    parser.add_argument("--measure", action="store_true", help="measure the model that is there; train nothing")
    return parser.parse_args(given)


def main(given: list[str]) -> None:
    """Do what the command line asks; sys.exit with one sentence where it cannot be done."""
    asked = _arguments(given)
    family = FAMILIES[asked.name]
    if family.ORIGIN and asked.data is None:
        sys.exit(f"--data is missing: what to learn from. It is to be had: {family.ORIGIN}.")
    for name, owners in (
        ("epochs", [translators, transformers]),
        ("alignments", [translators, transformers, lexicons]),
        ("updates", [captioners, classifiers, language_models, masked_models, small_models]),
    ):
        if getattr(asked, name) is not None and family not in owners:
            known = ", ".join(model for owner in owners for model in owner.NAMES)
            sys.exit(f"--{name} is not for {asked.name}: it belongs to {known}")
    if not family.ORIGIN and asked.data is not None:
        sys.exit(f"--data is not for {asked.name}: it draws what it learns from itself")
    for name in ("epochs", "updates"):
        if (number := getattr(asked, name)) is not None and number < 1:
            sys.exit(f"--{name} is {number}: at least 1 is needed")
    if asked.threads:
        torch.set_num_threads(asked.threads)
    try:
        family.run(asked, devices.pick(asked.device))
    except (ModelError, ValueError) as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        sys.exit("\nStopped. The same command goes on from the last state that was saved.")


if __name__ == "__main__":
    main(sys.argv[1:])
