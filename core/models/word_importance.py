"""What attention is not: how much a sentence's vector changes without a word, beside what attention says of the word."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from inspect import signature
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional
from torch.overrides import TorchFunctionMode

from core.analysis.flow import rollout
from core.analysis.grouping import groups
from core.analysis.importance import delivered_behind, integrated_gradients, moved_without, rank_correlation, summed
from core.host import still_wanted
from core.models.errors import ModelError
from core.models.loaded import LoadedModel
from core.models.recording import LayerRecord, record
from core.models.tokens import Tokens, encode, text_of, words_of

MOST_TOKENS = 64  # the sentence is read once for each word, and again and again for the gradients
LARGEST = 150  # millions of numbers in a model, its table of words not counted: twelve times MiniLM, some ten seconds
FEWEST_WORDS = 3  # two have hardly an order
STEPS = 32  # on the way of the gradients
Inputs = dict[str, Tensor]


@dataclass(frozen=True)
class WordImportance:
    """One number for each word of a sentence, by five measures.

    moved       how far the sentence's vector, the mean of all token vectors of the last layer, moves (1 - cosine) when the
                tokens of the word are taken out and the rest is read again.
    received    attention: the mean over all layers, heads and queries.
    rollout     attention rollout, the mean over all rows.
    delivered   weight × ‖v W_O‖, the mean over all layers, heads and queries.
    gradients   integrated gradients of the cosine to the sentence's vector, from zeros in place of the words' vectors.
    """

    words: tuple[str, ...]
    moved: tuple[float, ...]
    received: tuple[float, ...]
    rollout: tuple[float, ...]
    delivered: tuple[float, ...]
    gradients: tuple[float, ...]

    @property
    def measures(self) -> dict[str, tuple[float, ...]]:
        """The numbers of each measure by its name."""
        return {each.name: getattr(self, each.name) for each in fields(self) if each.name != "words"}

    @property
    def agreement(self) -> dict[str, float | None]:
        """The rank correlation of each other measure with how far the vector moves; None where there is no order."""
        return {
            name: rank_correlation(self.moved, numbers) for name, numbers in self.measures.items() if name != "moved"
        }


def why_not(loaded: LoadedModel, tokens: Tokens, second: str | None) -> str:
    """Why this cannot be computed for a text, in one sentence; "" where it can."""
    if loaded.kind != "encoder":
        return f"{loaded.name} is no encoder ({loaded.kind}): it does not make one vector of a whole sentence."
    if not loaded.recorded:
        return f"{loaded.name} brings its own attention, and its values cannot be read."
    takes_vectors = "inputs_embeds" in signature(loaded.model.forward).parameters
    if not takes_vectors or (table := loaded.word_table) is None:
        return f"{loaded.name} takes no vectors in place of words, so gradients have nowhere to begin."
    if (millions := _size(loaded.model) - _size(table)) > LARGEST:
        return f"{loaded.name} has {millions:.0f} million numbers beside its words, which takes minutes: at most {LARGEST}."
    if second is not None:
        return "Two sentences are read together: leave the second one empty."
    if len(tokens.ids) > MOST_TOKENS:
        return f"The sentence has {len(tokens.ids)} tokens, and it is read again for each word: at most {MOST_TOKENS}."
    if (n_words := len(groups(words_of(tokens), hide_special=True, merge_pieces=True))) < FEWEST_WORDS:
        return f"The sentence has {n_words} of the {FEWEST_WORDS} words that an order needs: type more."
    return ""


def _size(module: nn.Module) -> float:
    """How many numbers it has, in millions."""
    return sum(each.numel() for each in module.parameters()) / 1e6


def word_importance(loaded: LoadedModel, text: str, start: int = 0) -> WordImportance:
    """All measures for each word of a sentence. Raises ModelError for a model whose W_O cannot be found."""
    tokens, inputs = encode(loaded, text, None, start)
    found = groups(words_of(tokens), hide_special=True, merge_pieces=True)
    with torch.inference_mode():
        records, maps = layers_and_maps(loaded.model, inputs)
        if len(maps) < len(records):
            raise ModelError(f"W_O of {loaded.name} cannot be found: choose another model")
        weights = torch.stack([each.weights[0] for each in records]).float()
        delivered = torch.stack(
            [
                delivered_behind(each.weights[0], each.values[0], w_output).mean((0, 1))
                for each, w_output in zip(records, maps, strict=True)
            ]
        )
        moved = moved_without(
            lambda places: _vector(loaded, {name: rows[:, list(places)] for name, rows in inputs.items()}),
            len(tokens.ids),
            found,
        )
    by_token = (
        weights.mean((0, 1, 2)),
        rollout(weights).mean(0),
        delivered.mean(0),
        _gradients(loaded, tokens, inputs),
    )
    measures = (moved, *(summed(each.float(), found) for each in by_token))
    return WordImportance(
        tuple(text_of(tokens, group) for group in found), *(tuple(each.tolist()) for each in measures)
    )


def _vector(loaded: LoadedModel, inputs: Inputs) -> Float[Tensor, "d_model"]:
    still_wanted()
    return loaded.model(**inputs).last_hidden_state[0].float().mean(0)


def _gradients(loaded: LoadedModel, tokens: Tokens, inputs: Inputs) -> Float[Tensor, "tokens"]:
    """Integrated gradients; marks such as [CLS] keep their vectors, so that words alone are counted."""
    with torch.no_grad():
        whole, table = _vector(loaded, inputs), loaded.model.get_input_embeddings()
        end = table(inputs["input_ids"])[0]
    rest = {name: rows for name, rows in inputs.items() if name != "input_ids"}

    def score(embedded: Tensor) -> Tensor:
        still_wanted()
        beside = {name: rows.expand(len(embedded), -1) for name, rows in rest.items()}
        vectors = loaded.model(inputs_embeds=embedded, **beside).last_hidden_state.mean(1)
        return torch.cosine_similarity(vectors, whole[None], dim=1)

    special = torch.tensor(tokens.special, device=end.device)[:, None]
    return integrated_gradients(score, torch.where(special, end, 0), end, STEPS)


class _Products(TorchFunctionMode):
    """Notices, in this thread alone, which matrix the output of each attention call is multiplied by: its W_O."""

    def __init__(self, records: list[LayerRecord]):
        super().__init__()
        self.records = records
        self.maps: dict[int, Tensor] = {}

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        place = len(self.records) - 1
        if func is functional.linear and place >= 0 and place not in self.maps:
            output = self.records[-1].output
            merged = output.transpose(1, 2).flatten(2)
            if args[0].numel() == merged.numel() and torch.equal(args[0].reshape(merged.shape), merged):
                self.maps[place] = args[1].T.unflatten(0, (output.shape[1], -1))
        return func(*args, **(kwargs or {}))


def layers_and_maps(
    model: nn.Module, inputs: Inputs
) -> tuple[Sequence[LayerRecord], list[Float[Tensor, "heads value_dim d_model"]]]:
    """What each layer computes, and its W_O, head by head; fewer of these where one is no plain product with a matrix."""
    with record(tensors=("weights", "values", "output")) as records, _Products(records) as products:
        model(**inputs)
    return records, list(products.maps.values())
