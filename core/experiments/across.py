"""The claims about the operator, on the queries, keys and values of every model at hand, layer by layer."""

import time
from collections.abc import Iterator, Sequence
from typing import Final

from torch import Tensor

from core.experiments import attention
from core.experiments.claim import Claim
from core.experiments.inputs import AT_MOST, of_seed
from core.experiments.runs import Claimed, Summary, Tried, summary
from core.models import checkpoints, loading, offline, writing
from core.models.errors import ModelError
from core.models.reading import read
from core.vision.classifier import as_input, fitted

Operands = tuple[Tensor, Tensor, Tensor]
PICTURES: Final = ("vit", "vit-mean-pool")
HEAD: Final = ("Model", "Claim", "Verdict", "Measured, over its layers", "Result", "Seconds")


def at_hand() -> tuple[str, ...]:
    """The models that need nothing from elsewhere: those that read texts, then those that read pictures."""
    return (*offline.READERS, *PICTURES)


def layers(name: str) -> Iterator[Operands]:
    """Queries, keys and values of one head of every layer: of another head in each, so that all have a turn.

    An encoder-decoder has three kinds of layers: of the encoder, of the decoder, and between them.

    name     one of `at_hand`, a folder, or a name of the hub that was fetched before.
    Raises   ModelError in words for a model that cannot be opened or read.
    """
    given = of_seed(0)
    if name in PICTURES:
        classifier = checkpoints.load_classifier(name, "cpu")
        made = classifier.read(as_input(fitted(given.picture, classifier.side))).of_transformer
        found = [(each.attention.queries, each.attention.keys, each.attention.values) for each in made.blocks]
    else:
        loaded = loading.load(name)
        # a decoder that was given nothing but its start asks once, of one key: it is given what it writes
        written = writing.write(loaded, given.text, AT_MOST) if loaded.kind == "encoder-decoder" else None
        reading = read(loaded, given.text, written, tensors=("queries", "keys", "values"))
        records = (*reading.encoder, *reading.decoder, *reading.cross)
        found = [(each.queries, each.keys, each.values) for each in records]
    for layer, (queries, keys, values) in enumerate(found):
        head = layer % queries.shape[1]
        yield _one(queries, head), _one(keys, head), _one(values, head)


def _one(heads: Tensor, head: int) -> Tensor:
    """One head of the first text. Heads of queries may share those of keys and values: then the last there is."""
    at = min(head, heads.shape[1] - 1)
    return heads[:1, at : at + 1].float().cpu()


def across(models: Sequence[str]) -> list[tuple[str, Summary]]:
    """Every claim about the operator on every model: how far its numbers spread over the layers, and how often it held."""
    return [(model, found) for model in models for found in _of_model(model)]


def _of_model(model: str) -> list[Summary]:
    claims = [Claimed(claim.name, claim) for claim in attention.CLAIMS]
    try:
        read_once = list(layers(model))
    except (ModelError, ValueError) as error:
        return [summary(claims[0], [Tried(claims[0].name, 0, None, 0.0, str(error))])]
    return [
        summary(each, [_tried(each.claim, operands, layer) for layer, operands in enumerate(read_once)])
        for each in claims
    ]


def _tried(claim: Claim, operands: Operands, layer: int) -> Tried:
    since = time.process_time()
    return Tried(claim.name, layer, claim(*operands, 0), time.process_time() - since)


def rows(found: Sequence[tuple[str, Summary]]) -> list[list[str]]:
    """The table, without its head."""
    return [
        [
            model,
            each.claimed.claim.said if not each.failed else "",
            each.claimed.claim.verdict if not each.failed else "",
            "; ".join(f"{name}: {value}" for name, value in each.numbers),
            each.failed or f"{each.held} of {each.of} layers",
            f"{each.seconds:.2f}",
        ]
        for model, each in found
    ]
