"""What the view of all heads is sent: the small pictures of all of them, the open matrix, and what a file needs besides."""

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
from jaxtyping import Float
from torch import Tensor

from core.analysis.flow import Summary
from core.analysis.head_statistics import Words, ranking
from core.lessons import sentence_lab, text_attention
from core.lessons.text_attention import TextAttention
from core.models.reading import Reading
from pages.parts import head_captions
from pages.parts.figures import limit
from pages.parts.viewer import LONGEST_LABEL
from pages.parts.words import Token, interesting

ONE_HEAD: Final = "one head"
ALL_IN_FULL = 64  # up to so many tokens every head travels in full, so that hovering shows it exactly
WEIGHTS = frozenset({"first_weights", "first_given", "second_weights", "second_given", "every"})


def tokens(words: Words) -> list[dict]:
    """The tokens of an axis, as they travel."""
    return [
        Token(text[:LONGEST_LABEL], special)._asdict()
        for text, special in zip(words.pieces, words.special, strict=True)
    ]


def panel(
    found: Reading, seen: TextAttention, shown: Summary, place: tuple[int, int], prefix: str
) -> tuple[dict, dict]:
    """The words and the tensors of one open matrix."""
    layer, head = place
    number, whole = seen.stack.numbers[layer], "" if not seen.stack.others else ", of the layers that attend"
    title = {
        ONE_HEAD: f"Layer {number}, head {head}",
        "mean of the layer": f"Layer {number}, mean of its {seen.n_heads} heads",
        "mean of all": f"Mean of all heads{whole}",
        "rollout": f"Attention rollout{whole}",
    }[shown]
    matrix = seen.summary(shown, layer, head)
    sent = {f"{prefix}weights": matrix.numpy()}
    words = {
        "title": title,
        "note": [[head_captions.note(found, seen, shown), None]],
        "tokens": {"queries": tokens(seen.queries), "keys": tokens(seen.keys)},
        "cross": seen.kind == "cross",
    }
    record = getattr(found, seen.kind)[layer]
    if shown == ONE_HEAD and seen.untouched and "queries" in record.tensors:
        vectors = {name: getattr(record, name)[0, head].cpu().numpy() for name in ("queries", "keys")}
        words["limits"] = {name: limit(vector) for name, vector in vectors.items()}
        if (way := sentence_lab.way_of(record, head)) is not None:
            words["way"] = {"scale": way.scale, "softcap": way.softcap, "sink": way.sink}
            vectors |= {name: each for name, each in (("bias", way.bias), ("allowed", way.allowed)) if each is not None}
        if seen.measure != "weight":
            made = text_attention.delivered(record)
            vectors |= {"given": made.weights[head].numpy(), "lengths": made.lengths[head, None].numpy()}
        sent |= {prefix + name: vector for name, vector in vectors.items()}
    return words, sent


def focus(seen: TextAttention, shown: np.ndarray) -> dict[str, int]:
    """The cell that is looked at first."""
    query = interesting([Token(text) for text in seen.queries.pieces])
    return {"query": query, "key": int(shown[query].argmax())}


def words(
    seen: TextAttention,
    place: tuple[int, int],
    first: dict,
    start: Mapping[str, int],
    *,
    signature: str,
    caption: str,
    look: Mapping[str, int],
    score: Float[Tensor, "layers heads"] | None = None,
) -> dict[str, Any]:
    """All its words, with one open matrix and nothing beside it.

    score   of each head, where a kind of head is looked for.
    """
    return {
        "signature": signature,
        "layers": seen.n_layers,
        "numbers": seen.stack.numbers,
        "heads": seen.n_heads,
        "open": place,
        "beside": None,
        "first": first,
        "second": None,
        "score": None if score is None else score.flatten().tolist(),
        "ranking": [] if score is None else ranking(score, head_captions.RANKED),
        "caption": caption,
        "focus": start,
        "look": look,
    }


def in_full(found: Reading, seen: TextAttention) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """What opens any head where nobody can be asked: words for all of them, and their tensors as stacks.

    Queries and keys come along where every head turns their products into weights in one way, with no bias or sink of its own.
    """
    made: dict[str, np.ndarray] = {"every": seen.weights.flatten(0, 1).numpy()}
    words: dict[str, Any] = {"note": [[head_captions.note(found, seen, ONE_HEAD), None]]}
    records = getattr(found, seen.kind)
    ways = [sentence_lab.way_of(record, head) for record in records for head in range(seen.n_heads)]
    known = [way for way in ways if way is not None]
    if not seen.untouched or seen.measure != "weight" or len(known) < len(ways):
        return words, made
    if any(way.allowed is not None for way in known):
        size = made["every"].shape[1:]
        allowed = [np.ones(size, dtype=bool) if way.allowed is None else way.allowed for way in known]
        one = all((each == allowed[0]).all() for each in allowed)
        made["every_allowed"] = np.stack(allowed[:1] if one else allowed)
    alike = len({(way.scale, way.softcap) for way in known}) == 1
    if alike and all(way.bias is None and way.sink is None for way in known):
        for name in ("queries", "keys"):
            made[f"every_{name}"] = np.concatenate([getattr(record, name)[0].cpu().numpy() for record in records])
        words["limits"] = {name: limit(made[f"every_{name}"]) for name in ("queries", "keys")}
        words["way"] = {"scale": known[0].scale, "softcap": known[0].softcap, "sink": None}
    return words, made


def for_file(
    found: Reading, seen: TextAttention, shown: Summary, words: dict[str, Any], tensors: Mapping[str, np.ndarray]
) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """The same words and tensors so that every head can be opened without asking anybody.

    What the open head alone was sent besides its weights comes from the stacks of all, or stays away: all heads are told alike.
    """
    opened, stacks = in_full(found, seen)
    kept = {
        name: tensor for name, tensor in tensors.items() if not name.startswith("first_") or name == "first_weights"
    }
    first = {name: value for name, value in words["first"].items() if name not in ("way", "limits")}
    if shown == ONE_HEAD:
        layer, head = words["open"]
        place = layer * seen.n_heads + head
        first |= {name: value for name, value in opened.items() if name != "note"}
        for name in ("queries", "keys", "allowed"):
            if (stack := stacks.get(f"every_{name}")) is not None:
                kept[f"first_{name}"] = stack[place % len(stack)]
    return words | {"first": first, "opened": opened}, kept | stacks
