"""What opens models in an exported program, in the place of this project's own doors, which check and share them.

Each has the name and the arguments of the function that it stands in for, and opens the same files with the libraries
alone. `NAMED` is set by the cell that begins an export: the folder that the reader names, or None.
"""

import json
import sys
from collections.abc import Callable
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import torch
import transformers
from safetensors import SafetensorError, safe_open
from tokenizers import Tokenizer
from torch import Tensor
from transformers import AutoModel, AutoTokenizer
from transformers.masking_utils import eager_mask

from core.models import captioner_format, clip_format, marian_format, prefix_format
from core.models.among import Among
from core.models.checkpoints import PAIRED, PREFIXED
from core.models.halves import halves_of
from core.models.offline import NAME, PACKAGE, SHIPPED
from core.sequence.decoder import DecoderConfig
from core.sequence.trained import TrainedTranslator
from core.sequence.transformer import TrainedTransformer
from core.sequence.translator import Translator
from core.sequence.vocabulary import Vocabulary
from core.settings import MAX_TOKENS
from core.vision.captioner import Captioner
from core.vision.classifier import TrainedClassifier
from core.vision.trained import TrainedCaptioner
from core.vision.trained_scene_captioner import TrainedSceneCaptioner
from core.vision.vit import VisionTransformer, ViTConfig

NAMED: str | None = None
HERE = Path(globals().get("__file__", ".")).parent  # a notebook has no file
HUB_NAME = "sentence-transformers/all-MiniLM-L6-v2"


def found(name: str) -> str:
    """Where a model is: as the reader names it, else, of this course's own, where they lie, else in its package next door,
    else under its name."""
    ours = name in SHIPPED
    if NAMED and not (ours and (Path(NAMED) / name).is_dir()):
        return NAMED
    if ours:
        return str(folder_of(name))
    if name != NAME:
        return str(Path(name).expanduser())
    package = find_spec(PACKAGE)
    return str(Path(package.origin).parent / "model") if package and package.origin else HUB_NAME


def opened(name: str, kind: Any, **how: Any) -> Any:
    """A model or a tokenizer as the library opens it; where there is none, the program ends with one sentence."""
    try:
        return kind.from_pretrained(found(name), **how)
    except (OSError, ValueError) as error:
        sys.exit(f"{found(name)} cannot be opened: name a folder that holds the model. {str(error).splitlines()[0]}")


@cache
def load(name: str) -> SimpleNamespace:
    """An encoder with its tokenizer."""
    model = opened(name, AutoModel, attn_implementation="eager", dtype=torch.float32).eval().requires_grad_(False)
    tokenizer = opened(name, AutoTokenizer)
    n_layers, n_heads = model.config.num_hidden_layers, model.config.num_attention_heads
    return SimpleNamespace(
        name=name, model=model, tokenizer=tokenizer, device=model.device, n_layers=n_layers, n_heads=n_heads
    )


def heads_of_text(
    name: str, architecture: str, inputs: dict[str, list[list[int]]], found: str, layers: tuple[int, ...] | None = None
) -> Tensor:
    """The weights of all heads of a model of the library, (layers, heads, queries, keys), as it returns them.

    architecture   the library's class that opens it.
    inputs         what it reads: the numbers of tokens; found: under which name its output has the weights.
    layers         which of its layers attend; None = all. Of the others some models return a state in the same place.
    """
    model = opened(name, getattr(transformers, architecture), attn_implementation="eager", dtype=torch.float32).eval()
    with torch.inference_mode():
        output = model(**{key: torch.tensor(rows) for key, rows in inputs.items()}, output_attentions=True)
    given = output[found]
    return torch.cat(given if layers is None or len(given) == len(layers) else [given[layer] for layer in layers])


def heads_and_values_of_text(
    name: str, architecture: str, inputs: dict[str, list[list[int]]], calls: list[int]
) -> list[tuple[Tensor, Tensor]]:
    """The weights and the values of all heads of a model, layer by layer; calls: which of its attention calls, in order."""
    kept = []

    def noted(module: Any, query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None, **more: Any) -> Any:
        """What the model's own family computes, with its weights and values kept."""
        own = sys.modules[type(module).__module__].eager_attention_forward
        output, weights = own(module, query, key, value, mask, **more)
        kept.append((weights, value.repeat_interleave(weights.shape[1] // value.shape[1], dim=1)))
        return output, weights

    transformers.AttentionInterface.register("noted", noted)
    transformers.AttentionMaskInterface.register("noted", eager_mask)
    model = opened(name, getattr(transformers, architecture), attn_implementation="noted", dtype=torch.float32).eval()
    with torch.inference_mode():
        model(**{key: torch.tensor(rows) for key, rows in inputs.items()})
    return [kept[call] for call in calls]


def layer_of_text(name: str, architecture: str, ids: list[int], layer: int) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Of a model that reads a text: its scores at each place, and the queries, keys and values of one of its layers."""
    kept = []

    def noted(module: Any, query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None, **more: Any) -> Any:
        """What the model's own family computes, with what it computes it of kept."""
        kept.append((query, key, value))
        return sys.modules[type(module).__module__].eager_attention_forward(module, query, key, value, mask, **more)

    transformers.AttentionInterface.register("noted", noted)
    transformers.AttentionMaskInterface.register("noted", eager_mask)
    model = opened(name, getattr(transformers, architecture), attn_implementation="noted", dtype=torch.float32).eval()
    with torch.inference_mode():
        scores = model(input_ids=torch.tensor([ids])).logits[0].float()
    return (scores, *kept[layer])


def run_of_text(
    name: str, architecture: str, ids: list[int], layers: tuple[int, ...] | None = None
) -> tuple[Tensor, Tensor]:
    """Of a causal language model that reads a text: its scores after each token, and the weights of all heads.

    architecture, layers   as of `heads_of_text`.
    """
    model = opened(name, getattr(transformers, architecture), attn_implementation="eager", dtype=torch.float32).eval()
    with torch.inference_mode():
        output = model(input_ids=torch.tensor([ids]), output_attentions=True)
    given = output.attentions
    kept = given if layers is None or len(given) == len(layers) else [given[layer] for layer in layers]
    return output.logits[0].float(), torch.cat(list(kept)).float()


def run_of_source(
    name: str, architecture: str, inputs: dict[str, list[list[int]]], ids: list[int], found: str
) -> tuple[Tensor, Tensor]:
    """Of an encoder-decoder that reads a source and writes a text: the same two. found: under which name its weights are."""
    model = opened(name, getattr(transformers, architecture), attn_implementation="eager", dtype=torch.float32).eval()
    read = {key: torch.tensor(rows) for key, rows in inputs.items()}
    with torch.inference_mode():
        output = model(**read, decoder_input_ids=torch.tensor([ids]), output_attentions=True)
    return output.logits[0].float(), torch.cat(list(output[found])).float()


def run_of_picture(
    name: str, architecture: str, images: Tensor, ids: list[int], stretched: bool, attention: str
) -> tuple[Tensor, Tensor]:
    """Of a captioner that reads a picture, (1, channels, height, width), and writes a text: the same two.

    stretched   whether the half that sees is told to fit its positions to a picture of another size.
    attention   under which name the output of the half that writes has the weights.
    """
    model = opened(name, getattr(transformers, architecture), attn_implementation="eager", dtype=torch.float32).eval()
    if (halves := halves_of(model)) is None:
        sys.exit(f"{found(name)} writes of no picture: name the folder of a captioner")
    more = {"interpolate_pos_encoding": True} if stretched else {}
    with torch.inference_mode():
        states = halves.look(images, **more)
        output = halves.writes(input_ids=torch.tensor([ids]), encoder_hidden_states=states, output_attentions=True)
    return output.logits[0].float(), torch.cat(list(output[attention])).float()


def run_of_prompt(
    name: str, architecture: str, images: Tensor, ids: list[int], among: Among, back: bool
) -> tuple[Tensor, Tensor]:
    """Of a model that reads a picture as tokens among those of a text: the same two, of the tokens of the text.

    among   where the picture stands; back: whether the weights on it are returned, or those on the text.
    """
    model = opened(name, getattr(transformers, architecture), attn_implementation="eager", dtype=torch.float32).eval()
    read = among.called(ids, model.device) | {"pixel_values": images}
    with torch.inference_mode():
        output = model(**read, output_attentions=True)
    places = among.places(len(ids))
    parted = [among.parted(each[0][:, places]) for each in output.attentions]
    weights = torch.stack([on if back else own for own, on in parted])
    return output.logits[0, places].float(), weights.float()


def heads_of_image(name: str, architecture: str, images: Tensor, stretched: bool) -> Tensor:
    """The same of a model that reads pictures, (1, channels, height, width).

    stretched   whether it is told to fit its positions to a picture of another size.
    """
    model = opened(name, getattr(transformers, architecture), attn_implementation="eager", dtype=torch.float32).eval()
    more = {"interpolate_pos_encoding": True} if stretched else {}
    with torch.inference_mode():
        output = getattr(model, "vision_model", model)(pixel_values=images, output_attentions=True, **more)
    return torch.cat(output.attentions)


def hidden_states(
    loaded: SimpleNamespace, text: str, start: int = 0, at_most: int | None = None, filler: int = 0
) -> tuple[SimpleNamespace, Tensor]:
    """The tokens of a text, and their vectors before each layer and behind the last: (depth, tokens, d_model).

    filler   so many filling tokens stand behind it, hidden from all; theirs come last.
    """
    tokenizer, model = loaded.tokenizer, loaded.model
    pieces = tokenizer.tokenize(text)
    most = min(model.config.max_position_embeddings, tokenizer.model_max_length, MAX_TOKENS)
    room = min(most, at_most or most) - 2  # beside the two marks
    first = start if len(pieces) > room else 0
    pieces = [tokenizer.cls_token, *pieces[first : first + room], tokenizer.sep_token]
    ids = torch.tensor([tokenizer.convert_tokens_to_ids([*pieces, *[tokenizer.pad_token] * filler])])
    seen = (torch.arange(ids.shape[1]) < len(pieces)).long()[None]
    with torch.inference_mode():
        states = model(input_ids=ids, attention_mask=seen, output_hidden_states=True).hidden_states
    return SimpleNamespace(pieces=tuple(pieces), ids=tuple(ids[0, : len(pieces)].tolist())), torch.cat(states)


def checkpoint(name: str) -> tuple[Path, dict[str, Any], dict[str, Tensor]]:
    """The file of a model of this course, what its header says, and its weights."""
    folders = [Path(NAMED)] if NAMED else [HERE, Path("assets/checkpoints")]
    path = next((each / f"{name}.safetensors" for each in folders if (each / f"{name}.safetensors").is_file()), None)
    if path is None:
        places = " and ".join(str(each.resolve()) for each in folders)
        sys.exit(f"{name}.safetensors is not in {places}: name the folder that holds it")
    try:
        with safe_open(path, framework="pt") as file:
            return path, file.metadata(), {key: file.get_tensor(key).float() for key in file.keys()}  # noqa: SIM118
    except SafetensorError as error:
        sys.exit(f"{path} is damaged: fetch it again. {error}")


@cache
def load_translator(name: str) -> TrainedTranslator:
    """A translator of this course, with its word pieces, which lie beside its weights."""
    path, header, weights = checkpoint(name)
    model = Translator(DecoderConfig(**json.loads(header["config"])))
    model.load_state_dict(weights)
    pieces = path.with_name(header["vocabulary"])
    if not pieces.is_file():
        sys.exit(f"{pieces} is missing: it belongs beside {path.name}")
    return TrainedTranslator(name, model.requires_grad_(False), Vocabulary(Tokenizer.from_file(str(pieces))))


def folder_of(name: str) -> Path:
    """Where the folder of a model of this course lies: in the one that is named, or that one itself."""
    folders = [Path(NAMED)] if NAMED else [HERE, Path("assets/checkpoints")]
    itself = [each for each in folders if each.resolve().name == name]
    folder = next((each for each in (*(each / name for each in folders), *itself) if each.is_dir()), None)
    if folder is None:
        places = " and ".join(str(each.resolve()) for each in folders)
        sys.exit(f"{name} is not in {places}: name the folder that holds it")
    return folder


def read_folder(name: str, read: Callable[[Path], Any]) -> Any:
    """What is read of that folder; where it is damaged, the program ends with one sentence."""
    folder = folder_of(name)
    try:
        return read(folder)
    except (OSError, ValueError, KeyError, RuntimeError) as error:
        sys.exit(f"{folder} is damaged: fetch it again. {str(error).splitlines()[0]}")


@cache
def load_transformer(name: str) -> TrainedTransformer:
    """A Transformer of this course that translates: a folder in the library's format."""
    model, vocabulary = read_folder(name, marian_format.read)
    return TrainedTransformer(name, model.requires_grad_(False), vocabulary)


@cache
def load_small(name: str, kind: Any) -> Any:
    """A small model of this course, of the class that its weights belong to."""
    in_folders = {PREFIXED: prefix_format.read, PAIRED: clip_format.read}
    if name in in_folders:
        return read_folder(name, in_folders[name]).eval().requires_grad_(False)
    _, header, weights = checkpoint(name)
    model = kind(kind.Config(**json.loads(header["config"])))
    model.load_state_dict(weights)
    return model.eval().requires_grad_(False)


@cache
def load_captioner(name: str) -> TrainedCaptioner:
    """A captioner of this course."""
    _, header, weights = checkpoint(name)
    model = Captioner(DecoderConfig(**json.loads(header["config"])))
    model.load_state_dict(weights)
    return TrainedCaptioner(name, model.requires_grad_(False))


@cache
def load_scene_captioner(name: str) -> TrainedSceneCaptioner:
    """An encoder-decoder of this course that captions scenes: a folder in the library's format."""
    return TrainedSceneCaptioner(name, read_folder(name, captioner_format.read).requires_grad_(False))


@cache
def load_classifier(name: str) -> TrainedClassifier:
    """A Vision Transformer of this course."""
    _, header, weights = checkpoint(name)
    sizes: dict[str, Any] = {
        key: tuple(each) if isinstance(each, list) else each for key, each in json.loads(header["config"]).items()
    }
    model = VisionTransformer(ViTConfig(**sizes))
    model.load_state_dict(weights)
    return TrainedClassifier(name, model.requires_grad_(False), float(header["temperature"]))
