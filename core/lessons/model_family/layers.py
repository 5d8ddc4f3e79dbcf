"""A text in a model of stories: what one layer asks, answers and brings, and what is expected at every place."""

from collections.abc import Sequence
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from core.attention import attend
from core.attention.masks import Allowed
from core.models.pretrained import RealTrace, record

# scores of every place, then queries, keys and values of one layer
Run = tuple[
    Float[Tensor, "tokens vocab_size"],
    Float[Tensor, "batch heads tokens head_dim"],
    Float[Tensor, "batch heads tokens head_dim"],
    Float[Tensor, "batch heads tokens head_dim"],
]
BESIDE = 5  # tokens that are shown for every place


@torch.inference_mode()
def run_of(model: Any, ids: Sequence[int], layer: int) -> Run:
    """Read a text. model: of the library, with `attend` inside."""
    with record(layers=[layer], tensors=("queries", "keys", "values")) as records:
        scores = model(input_ids=torch.tensor([list(ids)], device=model.device)).logits[0].float()
    (one,) = records
    return scores.cpu(), one.queries.float().cpu(), one.keys.float().cpu(), one.values.float().cpu()


def of_head(run: Run, head: int, allowed: Allowed | None) -> RealTrace:
    """One head of the layer. allowed: who may attend to whom; None = all to all."""
    queries, keys, values = (each[:, head : head + 1] for each in run[1:])
    return RealTrace(queries, keys, values, attend(queries, keys, values, allowed))


def likeliest(shares: Float[Tensor, "places vocab_size"]) -> tuple[Float[Tensor, "places best"], list[list[int]]]:
    """The likeliest tokens of every place, with their probabilities."""
    best = shares.topk(BESIDE)
    return best.values, best.indices.tolist()
