"""The project's own trained models: safetensors in assets/checkpoints, each with its vocabulary and model card."""

import hashlib
import json
import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final, NamedTuple, TypeVar

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from tokenizers import Tokenizer
from torch import nn

from core.models import captioner_format, clip_format, library_folder, marian_format, prefix_format
from core.models import device as devices
from core.models.errors import ModelError, told_as
from core.sequence.decoder import AttentionKind, DecoderConfig
from core.sequence.trained import TrainedTranslator
from core.sequence.transformer import TrainedTransformer
from core.sequence.translator import Translator
from core.sequence.vocabulary import Vocabulary
from core.transformer.prefixes import TextToText
from core.transformer.rows import RowModel
from core.vision.captioner import Captioner
from core.vision.classifier import TrainedClassifier
from core.vision.cnn import ConvConfig, ConvNet
from core.vision.image_text import ImageText
from core.vision.scene_captioner import Eyes
from core.vision.trained import TrainedCaptioner
from core.vision.trained_scene_captioner import TrainedSceneCaptioner
from core.vision.video import Denoiser
from core.vision.vit import VisionTransformer, ViTConfig

FOLDER: Final = Path(__file__).parents[2] / "assets" / "checkpoints"
# a file of another version holds other tensors: it is refused, not guessed at
TRANSLATOR: Final = "translator 1"
CAPTIONER: Final = "captioner 1"
CLASSIFIER: Final = "classifier 1"
SMALL: Final = "small 1"
TRANSLATORS: Final[dict[str, AttentionKind]] = {
    "translator-fixed-context": "none",
    "translator-attention": "additive",
    "translator-attention-dot": "dot",
}
TRANSFORMERS: Final = ("translator-transformer",)
CAPTIONERS: Final[dict[str, AttentionKind]] = {"captioner": "additive", "captioner-mean-context": "none"}
SCENE_CAPTIONERS: Final[dict[str, Eyes]] = {
    "scene-captioner": "CNN grid",
    "scene-captioner-patches": "raw patches",
}


class Format(NamedTuple):
    """How a small model is kept as a folder that the library opens: what reads it, and what writes it."""

    read: Callable[[Path], nn.Module]
    write: Callable[[Path, Any], None]


PREFIXED: Final = "text-to-text"
PAIRED: Final = "scene-clip"
SMALL_FOLDERS: Final[dict[str, Format]] = {
    PREFIXED: Format(prefix_format.read, prefix_format.write),
    PAIRED: Format(clip_format.read, clip_format.write),
}
# kept in the library's own format, a folder each
FOLDERS: Final = (*TRANSFORMERS, *SCENE_CAPTIONERS, *SMALL_FOLDERS)
FIGURES: Final = "figures.json"  # in such a folder, what was measured
CARD: Final = "README.md"  # and its model card
CLASSIFIERS: Final = ("vit", "vit-mean-pool", "cnn")
# the small models of lesson 14, each of the class that its weights belong to
SMALL_MODELS: Final[dict[str, Any]] = {
    "mirror-both-sides": RowModel,
    "mirror-left-alone": RowModel,
    PAIRED: ImageText,
    PREFIXED: TextToText,
    "video-denoiser": Denoiser,
    "video-denoiser-by-frame": Denoiser,
}
_VERSIONS: Final = (
    dict.fromkeys(TRANSLATORS, TRANSLATOR)
    | dict.fromkeys(CAPTIONERS, CAPTIONER)
    | dict.fromkeys(CLASSIFIERS, CLASSIFIER)
    | {name: SMALL for name in SMALL_MODELS if name not in FOLDERS}
)

_opening: Final = threading.Lock()  # visitors who come at once wait for one reading of the file


@dataclass(frozen=True, eq=False)
class Small:
    """A small model in `eval()` mode with its figures. It is shared: never change it."""

    name: str
    model: nn.Module
    figures: dict[str, Any]


Trained = TrainedTranslator | TrainedTransformer | TrainedCaptioner | TrainedSceneCaptioner | TrainedClassifier | Small
Kind = TypeVar("Kind", bound=Trained)
Module = TypeVar("Module", bound=nn.Module)
Read = TypeVar("Read")


def load(name: str, device: str | None = None) -> Trained:
    """Open one of the project's own models, once for the process.

    Raises   ModelError naming the models there are, or what is wrong with the files and how to get them again.
    """
    if name not in names():
        raise ModelError(f"there is no model {name!r}: choose {', '.join(names())}")
    with _opening:
        return _load(name, device)


def load_translator(name: str) -> TrainedTranslator:
    """One of TRANSLATORS, as `load`."""
    return of_kind(load(name), TrainedTranslator)


def load_transformer(name: str) -> TrainedTransformer:
    """One of TRANSFORMERS, as `load`."""
    return of_kind(load(name), TrainedTransformer)


def load_captioner(name: str) -> TrainedCaptioner:
    """One of CAPTIONERS, as `load`."""
    return of_kind(load(name), TrainedCaptioner)


def load_scene_captioner(name: str) -> TrainedSceneCaptioner:
    """One of SCENE_CAPTIONERS, as `load`."""
    return of_kind(load(name), TrainedSceneCaptioner)


def load_classifier(name: str, device: str | None = None) -> TrainedClassifier:
    """One of CLASSIFIERS, as `load`."""
    return of_kind(load(name, device), TrainedClassifier)


def load_small(name: str, kind: type[Module]) -> Module:
    """One of SMALL_MODELS, which must be of this class, as `load`."""
    model = of_kind(load(name), Small).model
    if not isinstance(model, kind):
        raise ModelError(f"{name} is a {type(model).__name__} and no {kind.__name__}: choose another model")
    return model


def of_kind(found: Trained, kind: type[Kind]) -> Kind:
    """A model that must be one of this kind. Raises ModelError if it is another."""
    if not isinstance(found, kind):
        raise ModelError(f"{found.name} is a {type(found).__name__} and no {kind.__name__}: choose another model")
    return found


@cache
def _load(name: str, device: str | None) -> Trained:
    return read_from(FOLDER, name, devices.pick(device))


def names() -> tuple[str, ...]:
    """The project's own models."""
    return *_VERSIONS, *FOLDERS


@dataclass(frozen=True)
class Place:
    """Where a model lies: its weights, what was measured of it, and its card."""

    weights: Path
    figures: Path
    card: Path


def place(folder: Path, name: str) -> Place:
    """Where a model of this name lies in a folder of models."""
    own = folder / name
    if name in FOLDERS:
        return Place(own / library_folder.WEIGHTS, own / FIGURES, own / CARD)
    return Place(*(folder / f"{name}{ending}" for ending in (".safetensors", ".json", ".md")))


def read_from(folder: Path, name: str, device: torch.device) -> Trained:
    """Open a model out of a folder of models, in whatever format it is kept."""
    if name not in FOLDERS:
        return read(place(folder, name).weights, device)
    reader = read_folder if name in TRANSFORMERS else read_small if name in SMALL_FOLDERS else read_captioner
    return reader(folder / name, device)


def read(path: Path, device: torch.device) -> Trained:
    """Open a file of weights, which has the name of its model, and what lies beside it."""
    name = path.stem
    if name not in _VERSIONS:
        raise ModelError(f"{path.name} is none of this project's models: its name is one of {', '.join(_VERSIONS)}")
    again = f"fetch it again, or train it: python -m core.training {name}"
    with told_as(f"{path.name} cannot be read: {again}"):
        if not path.exists():
            raise ModelError(f"{path.name} is not in {path.parent.name}: {again}")
        header, tensors = _opened(path, again)
        if header.get("version") != _VERSIONS[name]:
            raise ModelError(
                f"{path.name} is of version {header.get('version', 'unknown')!r}, and this program reads "
                f"{_VERSIONS[name]!r}: {again}"
            )
        if broken := next((key for key, tensor in tensors.items() if not tensor.isfinite().all()), None):
            raise ModelError(f"{path.name} is damaged: {broken} holds what is no number: {again}")
        sizes = json.loads(header["config"])
        learned = {key: tensor.float() for key, tensor in tensors.items()}
        model = library_folder.filled(lambda: _empty(name, sizes), lambda _: learned).to(device)
        figures = json.loads(path.with_suffix(".json").read_text("utf-8"))
        if isinstance(model, Translator):
            return TrainedTranslator(name, model, _vocabulary(path, header, again), figures)
        if isinstance(model, Captioner):
            return TrainedCaptioner(name, model, figures)
        if name in SMALL_MODELS:
            return Small(name, model.eval().requires_grad_(False), figures)
        temperature = float(header["temperature"])
        if not 0 < temperature < float("inf"):
            raise ModelError(f"{path.name} is damaged: its temperature is {temperature}, not above 0: {again}")
        return TrainedClassifier(name, model, temperature, figures)


def read_folder(folder: Path, device: torch.device) -> TrainedTransformer:
    """Open a translator in the library's format, whose folder has the name of its model."""
    (model, vocabulary), figures = _read_folder(folder, marian_format.read)
    return TrainedTransformer(folder.name, model.to(device), vocabulary, figures)


def read_captioner(folder: Path, device: torch.device) -> TrainedSceneCaptioner:
    """The same of a captioner."""
    model, figures = _read_folder(folder, captioner_format.read)
    return TrainedSceneCaptioner(folder.name, model.to(device), figures)


def read_small(folder: Path, device: torch.device) -> Small:
    """The same of one of SMALL_FOLDERS."""
    model, figures = _read_folder(folder, SMALL_FOLDERS[folder.name].read)
    return Small(folder.name, model.to(device).eval().requires_grad_(False), figures)


def _read_folder(folder: Path, read: Callable[[Path], Read]) -> tuple[Read, dict[str, Any]]:
    """What a folder in the library's format holds, and what was measured of it."""
    again = f"fetch it again, or train it: python -m core.training {folder.name}"
    with told_as(f"{folder.name} cannot be read: {again}"):
        if not (folder / library_folder.WEIGHTS).exists():
            raise ModelError(f"{folder.name} is not in {folder.parent.name}: {again}")
        try:
            found = read(folder)
        except ModelError as error:
            raise ModelError(f"{folder.name}: {error}: {again}") from error
        figures = folder / FIGURES
        return found, json.loads(figures.read_text("utf-8")) if figures.exists() else {}


def _empty(name: str, sizes: dict) -> Any:
    """A model of these sizes whose weights are still to come."""
    if name in SMALL_MODELS:
        return SMALL_MODELS[name](SMALL_MODELS[name].Config(**sizes))
    if name in CLASSIFIERS:
        sizes = {key: tuple(value) if isinstance(value, list) else value for key, value in sizes.items()}
        return ConvNet(ConvConfig(**sizes)) if name == "cnn" else VisionTransformer(ViTConfig(**sizes))
    config = DecoderConfig(**sizes)
    return Translator(config) if name in TRANSLATORS else Captioner(config)


def _vocabulary(path: Path, header: dict[str, str], again: str) -> Vocabulary:
    written = path.with_name(header["vocabulary"]).read_text("utf-8")
    if _digest(written) != header["vocabulary sha256"]:
        raise ModelError(f"{path.name} was trained with other word pieces than {header['vocabulary']} holds: {again}")
    return Vocabulary(Tokenizer.from_str(written))


def _opened(path: Path, again: str) -> tuple[dict[str, str], dict[str, torch.Tensor]]:
    try:
        with safe_open(path, framework="pt") as file:
            return file.metadata() or {}, {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118
    except SafetensorError as error:
        raise ModelError(f"{path.name} is damaged: {again}") from error


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def write(path: Path, model: nn.Module, header: dict[str, str]) -> None:
    """Weights in half precision. header: what `read` needs to know beside them, its version among it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    save_file({key: tensor.detach().half().contiguous() for key, tensor in model.state_dict().items()}, path, header)


def write_translator(model: Translator, vocabulary: Vocabulary, path: Path, vocabulary_name: str) -> None:
    """A translator, and its vocabulary beside it."""
    header = {
        "version": TRANSLATOR,
        "config": model.config.as_json(),
        "vocabulary": vocabulary_name,
        "vocabulary sha256": _digest(vocabulary.as_json()),
    }
    write(path, model, header)
    path.with_name(vocabulary_name).write_text(vocabulary.as_json(), "utf-8")
