"""Training the classifiers of pictures: two Vision Transformers and a convolutional net of the same size."""

import argparse
from dataclasses import asdict, replace
from pathlib import Path
from typing import Final

import torch
from safetensors.torch import load_file, save_file

from core.models import checkpoints
from core.models import device as devices
from core.models.errors import ModelError
from core.training import cards, classifier_cards, photos, pictures, progress
from core.training.classifier_quality import fitting_temperature, quality
from core.training.loop import Schedule, Training
from core.training.photos import Collections
from core.training.pictures import Recipe
from core.vision.classifier import Classifier, TrainedClassifier
from core.vision.cnn import ConvConfig, ConvNet
from core.vision.vit import VisionTransformer, ViTConfig

NAMES: Final = checkpoints.CLASSIFIERS
ORIGIN: Final = photos.ORIGIN
_TAUGHT: Final = Recipe(
    start="vit", teacher="cnn", updates=1_000, small=72, large=24, whole=0.3, peak_rate=4e-4, warmup=50
)
# the stages of each: both Vision Transformers part after the first stage of one, and end alike
RECIPES: Final = {
    "vit": (Recipe(), _TAUGHT),
    "vit-mean-pool": (_TAUGHT,),
    "cnn": (Recipe(updates=4_000, small=72, large=24),),
}


def run(asked: argparse.Namespace, device: torch.device) -> None:
    """Train, unless only measuring is asked for, and measure."""
    print("Reading the photographs …", flush=True)
    known = photos.read(asked.data)
    if not asked.measure:
        _train(asked, known, device)
    path = asked.out / f"{asked.name}.safetensors"
    print("Measuring on photographs it never saw …", flush=True)
    classifier = checkpoints.of_kind(checkpoints.read(path, device), TrainedClassifier)
    cards.keep(path.with_suffix(".json"), {"quality": quality(classifier, known)})
    cards.write_all(asked.out, NAMES, classifier_cards.card)
    print(path.with_suffix(".md").read_text("utf-8"))


def untrained(name: str) -> Classifier:
    """The model as it begins, its weights drawn from torch's seed."""
    if name == "cnn":
        return ConvNet(ConvConfig(photos.CLASSES))
    return VisionTransformer(ViTConfig(photos.CLASSES, pooling="mean" if name == "vit-mean-pool" else "class"))


def _train(asked: argparse.Namespace, known: Collections, device: torch.device) -> None:
    stages = [
        replace(planned, seed=asked.seed, updates=asked.updates or planned.updates) for planned in RECIPES[asked.name]
    ]
    # what is missing is told before hours are spent
    teachers = [_teacher(asked, recipe.teacher, device) if recipe.teacher else None for recipe in stages]
    seconds = 0.0
    for number, (recipe, teacher) in enumerate(zip(stages, teachers, strict=True), 1):
        model, took = _stage(asked.name, recipe, teacher, known, device)
        seconds += took
        if number < len(stages):
            save_file({name: tensor.contiguous() for name, tensor in model.state_dict().items()}, _first(asked.name))
    path = asked.out / f"{asked.name}.safetensors"
    temperature = fitting_temperature(model.eval(), known.dev)
    header = {"version": checkpoints.CLASSIFIER, "config": model.config.as_json(), "temperature": f"{temperature:.4f}"}
    checkpoints.write(path, model, header)
    made = {
        "stages": [asdict(recipe) for recipe in stages],
        "minutes": round(seconds / 60, 1),
        "device": devices.describe(device),
        "data sha256": known.sha256,
        "photos": {
            "CIFAR-10": len(known.small),
            "STL-10": len(known.large),
            "dev": len(known.dev),
            "test": len(known.test),
        },
    }
    path.with_suffix(".json").unlink(missing_ok=True)  # figures of other weights
    cards.keep(path.with_suffix(".json"), {"made": made})


def _stage(
    name: str, recipe: Recipe, teacher: Classifier | None, known: Collections, device: torch.device
) -> tuple[Classifier, float]:
    """One stage: the model at its end, and the seconds that it took."""
    torch.manual_seed(recipe.seed)
    model = untrained(name).to(device)
    if recipe.start:
        _begin_with(model, recipe.start)
    training = Training(model, Schedule(recipe.updates, recipe.peak_rate, recipe.warmup), weight_decay=recipe.decay)
    told = [asdict(recipe), asdict(model.config), checkpoints.CLASSIFIER, known.sha256]
    updates = range(recipe.updates)
    progress.learn(name, told, training, updates, lambda n: pictures.loss(model, known, recipe, n, teacher))
    return model, training.seconds


def _first(name: str) -> Path:
    """Where the first stage of a model leaves its weights."""
    return progress.WORK / f"{name}-first-stage.safetensors"


def _begin_with(model: Classifier, name: str) -> None:
    """Take over the weights of the first stage of a model that reads the same patches."""
    if isinstance(model, ConvNet):
        raise ValueError(f"a convolutional net cannot begin with the weights of {name}: it reads no patches")
    path = _first(name)
    if not path.exists():
        raise ModelError(f"the first stage of {name} is not in {path.parent.name}: train {name} first")
    given = load_file(path)
    if model.config.pooling == "mean":
        given["positions"] = given["positions"][-model.config.n_patches :]
        del given["class_token"]
    model.load_state_dict(given)


def _teacher(asked: argparse.Namespace, name: str, device: torch.device) -> Classifier:
    path = asked.out / f"{name}.safetensors"
    if not path.exists():
        raise ModelError(f"{asked.name} is taught by {name}, which is not in {asked.out}: train {name} first")
    return checkpoints.of_kind(checkpoints.read(path, device), TrainedClassifier).model
