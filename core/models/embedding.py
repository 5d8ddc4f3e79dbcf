"""What a BERT makes of tokens before its first layer, with positions that the learner chose, and the way on from there."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor
from transformers import BertModel

from core.models.errors import ModelError
from core.models.loaded import LoadedModel
from core.trace import step

# for each token the place whose vector is added to it; None = no vector
Places = Sequence[int | None]


@dataclass(frozen=True)
class EmbeddingTrace:
    """How tokens become the vectors that enter layer 0, in the order it was computed."""

    embedded: Float[Tensor, "batch tokens d_model"] = step(
        "E[x_t]",
        title="The words alone",
        source="devlin2019",
        says="Each token fetches {width} numbers from a table of words; the same word twice is the same row twice.",
        also="word embeddings, lookup",
    )
    positions: Float[Tensor, "batch tokens d_model"] = step(
        "P_{t}",
        title="The places alone",
        source="devlin2019",
        says="A second table, learned like the first, has one row for each place. {placed}",
        also="position embeddings",
    )
    summed: Float[Tensor, "batch tokens d_model"] = step(
        "<embedded> + <positions> + E_{A}",
        title="Added",
        source="devlin2019",
        says="Both are added; E_A is one row that all share.",
        also="input embeddings",
    )
    normed: Float[Tensor, "batch tokens d_model"] = step(
        r"\operatorname{LN}\left(<summed>\right)",
        title="What enters layer 0",
        source="devlin2019",
        says="LN, the layer norm, brings each token to mean 0 and deviation 1; then it is stretched and moved, number by "
        "number, as was learned. These {width} numbers are all that the layers are given of a word and its place.",
    )


def position_table(loaded: LoadedModel) -> Float[Tensor, "places d_model"]:
    """The learned positions of a BERT, one row for each place. Raises ModelError for a model that is no BERT."""
    return _bert(loaded).embeddings.position_embeddings.weight.detach().cpu()


def embed(loaded: LoadedModel, ids: Sequence[int], places: Places) -> EmbeddingTrace:
    """Add to each word the vector of its place and the one that all words of a first text share, and normalise.

    Raises   ValueError naming a place for which the model has no vector; ModelError for a model that is no BERT.
    """
    layer = _bert(loaded).embeddings
    table = layer.position_embeddings.weight
    beyond = next((place for place in places if place is not None and not 0 <= place < len(table)), None)
    if beyond is not None:
        raise ValueError(
            f"there is no vector for place {beyond}: {loaded.name} learned {len(table)} places, 0 to {len(table) - 1}"
        )
    with torch.inference_mode():
        embedded = layer.word_embeddings(torch.tensor([list(ids)], device=table.device))
        there = torch.tensor([place is not None for place in places], device=table.device)
        chosen = table[[place or 0 for place in places]]
        positions = torch.where(there[:, None], chosen, 0.0)[None]
        # the library adds the three in this order, and so the last digit agrees
        summed = embedded + layer.token_type_embeddings.weight[0] + positions
        return EmbeddingTrace(embedded, positions, summed, layer.LayerNorm(summed))


def hidden_states(
    loaded: LoadedModel, normed: Float[Tensor, "1 tokens d_model"]
) -> Float[Tensor, "depth tokens d_model"]:
    """The vectors that all layers make of what `embed` made: before each layer, then behind the last."""
    hidden = [normed]
    with torch.inference_mode():
        for layer in _bert(loaded).encoder.layer:
            hidden.append(layer(hidden[-1]))
        return torch.cat(hidden).cpu()


def _bert(loaded: LoadedModel) -> BertModel:
    if not isinstance(loaded.model, BertModel):
        raise ModelError(f"{loaded.name} is no BERT: only a BERT's positions can be opened")
    return loaded.model
