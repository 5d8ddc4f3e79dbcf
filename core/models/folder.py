"""A folder with a model in it: found, fetched, and looked at before anything of it is opened.

Only safetensors are read. They hold numbers and nothing else; older formats are pickles, programs that run on opening.
"""

import json
import math
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from huggingface_hub import snapshot_download, try_to_load_from_cache
from safetensors import safe_open
from transformers.models.auto.configuration_auto import CONFIG_MAPPING_NAMES

from core.models import offline
from core.models.errors import ModelError, told_as

CONFIG, WEIGHTS, INDEX = "config.json", "model.safetensors", "model.safetensors.index.json"
LOCAL: dict[str, Any] = {"local_files_only": True, "trust_remote_code": False}  # how the library opens a folder
PICKLES = {".bin", ".pt", ".pth", ".ckpt", ".pkl", ".pickle"}
FOREIGN = {
    ".gguf": "GGUF, the format of llama.cpp",
    ".ggml": "GGML, the format of llama.cpp",
    ".onnx": "ONNX",
    ".h5": "HDF5, the format of TensorFlow",
    ".tflite": "TensorFlow Lite",
    ".msgpack": "msgpack, the format of Flax",
    ".mlpackage": "Core ML",
    ".mlmodel": "Core ML",
    ".xml": "OpenVINO's format",
    ".npz": "NumPy's format",
}
LONGEST_NAME = 1000
# the library builds what a config says before it looks at the weights: up to here that costs nothing
FEW_LAYERS, FEW_NUMBERS = 1000, 10_000_000
_LAYERS = re.compile("layer|depth|block|group|expert|stage")
_SIZE = re.compile("size|dim|width|head|position|embed|length|vocab|filter|channel|^d_|^n_|^num_")
HUB_NAME = re.compile(r"[\w.-]+(/[\w.-]+)?", re.ASCII)


def find(name: str) -> Path:
    """The folder of a model: an offline one, a folder of this machine, or fetched from the hub.

    Only a name that is neither an offline model nor a folder makes this program use the network.
    """
    if name in offline.NAMES:
        return offline.folder(name)
    if not name.strip() or len(name) > LONGEST_NAME:
        raise ModelError(f"a name of {len(name)} characters is no model: give a folder, or owner/name of the hub")
    if (folder := _of_this_machine(name)) is not None:
        return folder
    if not _can_be_of_the_hub(name):
        raise ModelError(f"there is no folder {name!r} on this machine: give one that holds {CONFIG} and {WEIGHTS}")
    return _cached(name) or _fetch(name)


def must_be_fetched(name: str) -> bool:
    """Whether opening a model of this name begins with a download from the hub."""
    if name in offline.NAMES or not _can_be_of_the_hub(name) or _of_this_machine(name) is not None:
        return False
    with told_as(f"{name} cannot be a name of the Hugging Face Hub: check it, or give a folder"):
        return _cached(name) is None


def _cached(name: str) -> Path | None:
    """The folder of a model that was fetched before, with its weights; a configuration alone would have to be fetched on."""
    config = try_to_load_from_cache(name, CONFIG)
    if not isinstance(config, str):
        return None
    folder = Path(config).parent
    try:
        _weights(name, folder)
    except ModelError:
        return None
    return folder


def _of_this_machine(name: str) -> Path | None:
    """The folder of this name, if there is one."""
    with told_as(f"{name!r} cannot be the name of a folder: give a folder or owner/name of the Hugging Face Hub"):
        folder = Path(name).expanduser()
        return folder if folder.is_dir() else None


def _can_be_of_the_hub(name: str) -> bool:
    return bool(HUB_NAME.fullmatch(name)) and not name.startswith(".")


def _fetch(name: str) -> Path:
    with told_as(
        f"{name} is no folder of this machine and could not be fetched from the Hugging Face Hub: "
        "check the name and the connection, or give a folder"
    ):
        wanted = ["*.json", "*.safetensors", "*.txt", "*.model", "*.spm"]
        return Path(snapshot_download(name, allow_patterns=wanted, ignore_patterns=["*/*", "consolidated*"]))


def check(name: str, folder: Path) -> None:
    """Look whether a folder holds a model of a known architecture with whole safetensors.

    Raises   ModelError saying what is missing or wrong.
    """
    config = _config(name, folder)
    _check_quantised(name, config)
    architecture = str(config.get("model_type"))
    if architecture not in CONFIG_MAPPING_NAMES:
        if "auto_map" in config:
            raise ModelError(f"{name} brings a program of its own, which is never run here: choose another model")
        raise ModelError(f"{name} has the architecture {architecture}, which is not known here: choose another model")
    if other := _backbone(config):
        raise ModelError(
            f"{name}: {CONFIG} names another model, {other[:80]!r}, as its backbone, and a model is fetched by its own "
            "name alone: save it with a backbone_config, or choose another model"
        )
    tensors = numbers = 0
    for file in _weights(name, folder):
        with (
            told_as(f"{name}: {file.name} is damaged or cut short; fetch the file again"),
            safe_open(file, "pt") as shard,
        ):
            shapes = [shard.get_slice(key).get_shape() for key in shard.keys()]  # noqa: SIM118
        tensors += len(shapes)
        numbers += sum(map(math.prod, shapes))
    for key, size in _sizes(config):
        most = max(tensors, FEW_LAYERS) if _LAYERS.search(key) else max(numbers, FEW_NUMBERS)
        if size > most:
            raise ModelError(
                f"{name}: {CONFIG} says {key} is {size:.3g}, far more than its weights hold; fetch both files again"
            )


def _backbone(config: Any) -> str:
    """The name of a model that the library would fetch for a part of this one; "" where there is none."""
    if isinstance(config, list):
        return next(filter(None, map(_backbone, config)), "")
    if not isinstance(config, dict):
        return ""
    named = config.get("backbone")
    if isinstance(named, str) and named and not config.get("backbone_config") and not config.get("use_timm_backbone"):
        return named
    return next(filter(None, map(_backbone, config.values())), "")


def _sizes(config: Any, key: str = "") -> Iterator[tuple[str, int]]:
    """Every whole number of a config that says how large something is."""
    if isinstance(config, dict):
        for name, value in config.items():
            yield from _sizes(value, str(name))
    elif isinstance(config, list):
        for value in config:
            yield from _sizes(value, key)
    elif isinstance(config, int) and (_SIZE.search(key) or _LAYERS.search(key)):
        yield key, config


def _check_quantised(name: str, config: dict[str, Any]) -> None:
    """Raises ModelError for rounded weights: the library opens them with packages of their own, most on a GPU alone."""
    # the second is MLX's name
    said = config.get("quantization_config") or config.get("quantization")
    if not said:
        return
    method = said.get("quant_method") if isinstance(said, dict) else None
    told = f" ({method})" if isinstance(method, str) else ""
    raise ModelError(
        f"{name} holds quantised weights{told}, rounded to few bits, which are not opened here: choose the model that "
        "they were made of, with its weights in full"
    )


def _check_foreign(name: str, folder: Path) -> None:
    """Raises ModelError naming what a folder holds in place of a model that can be opened, if it is known."""
    if (folder / "adapter_config.json").is_file():
        raise ModelError(
            f"{name} holds an adapter and no model: merge it into the model that it was made for, save that"
        )
    found = sorted({FOREIGN[file.suffix] for file in folder.iterdir() if file.suffix in FOREIGN})
    if found:
        raise ModelError(
            f"{name} holds its weights as {' and '.join(found)}, which is not opened here: choose a folder with {WEIGHTS}"
        )


def _config(name: str, folder: Path) -> dict[str, Any]:
    if not (folder / CONFIG).is_file():
        _check_foreign(name, folder)
        raise ModelError(
            f"{name} holds no {CONFIG}: give the folder of a model saved by Hugging Face's save_pretrained"
        )
    with told_as(f"{name}: {CONFIG} is not JSON; fetch the file again"):
        config = json.loads((folder / CONFIG).read_text("utf-8"))
    if not isinstance(config, dict):
        raise ModelError(f"{name}: {CONFIG} is no table of names and values; fetch the file again")
    return config


def _weights(name: str, folder: Path) -> list[Path]:
    """The files of the weights: one, or several that an index lists."""
    if (folder / WEIGHTS).is_file():
        return [folder / WEIGHTS]
    if (folder / INDEX).is_file():
        with told_as(f"{name}: {INDEX} is damaged; fetch the file again"):
            shards = sorted(set(json.loads((folder / INDEX).read_text("utf-8"))["weight_map"].values()))
            files = [folder / Path(shard).name for shard in shards]
        if missing := [file.name for file in files if not file.is_file()]:
            raise ModelError(f"{name}: {missing[0]} is missing, one of {len(files)} files with its weights; fetch it")
        return files
    if any(file.suffix in PICKLES for file in folder.iterdir()):
        raise ModelError(
            f"{name} holds its weights in a format that can run programs, which is never opened: save it as {WEIGHTS}"
        )
    _check_foreign(name, folder)
    raise ModelError(f"{name} holds no {WEIGHTS}: give a folder with the weights")
