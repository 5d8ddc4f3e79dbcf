"""The figure of the writing lab: a text token by token, what was expected at each, and where the heads looked."""

from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from core.analysis.overview import thumbnails
from core.analysis.sampling import Sampling
from core.lessons import writing_lab
from core.lessons.writing_lab import Asked, Moment, Written, pictures
from core.models.loaded import Group, LoadedModel
from core.models.picture_source import PictureSource
from core.models.source import Source
from core.models.spelled import spelled
from core.models.writer import Writer
from pages.parts import downloads
from pages.parts.figure_file import Alone
from pages.parts.figures import Matrix, Overlay
from pages.parts.patch_view import planes
from pages.parts.payload import pack
from pages.parts.step_viewer import LONGEST_LABEL, StepView, StepViewer
from pages.parts.words import Token, say

GRID_SIDE = 64  # columns of a small picture, at most
NO_LENS = "The last norm and map of this model do not fit its earlier layers as they stand: no lens is shown."
LENS = "What would be guessed were this layer the last one: the model's own last norm and map, on earlier vectors."


@dataclass(frozen=True)
class Beside:
    """The second text: what it is called, what it is written by, and the text."""

    title: str
    writer: Writer
    written: Written
    sampling: Sampling


def tokens_of(loaded: LoadedModel, written: Written, forced: dict[int, int]) -> list[dict]:
    """What each token says, and whether the visitor chose it."""
    places = {written.begun + place for place in forced}
    return [
        {"text": each.text, "name": each.name[:LONGEST_LABEL], "special": each.special, "forced": place in places}
        for place, each in enumerate(writing_lab.written_as(loaded, written.ids))
    ]


def source_of(writer: Writer) -> list[dict]:
    """The tokens that are looked back at."""
    assert isinstance(writer.source, Source)
    return [
        {"text": each.text, "name": each.name[:LONGEST_LABEL], "special": each.special, "forced": False}
        for each in spelled(writer.loaded, writer.source.tokens.ids)
    ]


def picture_of(source: PictureSource) -> dict[str, Any]:
    """What is looked at, by name: first what is no patch, then the patches row by row; whether words share in the weights."""
    shared = source.among is not None
    return {"names": source.names, "extra": len(source.extra), "columns": source.columns, "shared": shared}


def panel(
    first: Writer, written: Written, asked: Asked, at: int, opened: tuple[int, int] | None, group: Group
) -> tuple[dict[str, Any], dict[str, np.ndarray], Moment]:
    """The words and the tensors of the figure, and what is looked at.

    at      the token that is looked at, the last one where there are fewer; opened: the layer and the head that stand above
            the words, None for none.
    group   whose attention: that among what was written, or "cross", what is looked back at.
    """
    loaded = first.loaded
    count = len(written.ids)
    closed = written.ended or written.full
    at = max(1, min(at, count - closed))
    seen = writing_lab.moment(first, at, asked.sampling)
    chosen = written.ids[at] if at < count else None
    listed = seen.ranked.ids[: writing_lab.LISTED].tolist()
    numbers = loaded.stacks[group].numbers
    weights = seen.cross if group == "cross" else seen.weights
    heads = len(weights[0])
    attention = np.concatenate([each.numpy() for each in weights])
    layers = writing_lab.layers(loaded, seen, chosen)
    names = ["before layer 0", *(f"after layer {layer}" for layer in range(len(layers) - 1))]
    read, source = writing_lab.summary(first, written), first.source
    words = {
        "tokens": tokens_of(loaded, written, dict(asked.forced)),
        "begun": written.begun,
        "count": min(asked.count, count - written.begun),
        "seed": asked.seed,
        "ended": written.ended,
        "full": written.full,
        "at": at,
        "editable": at >= written.begun,
        "names": [each.name for each in writing_lab.written_as(loaded, listed)],
        "ids": listed,
        "rank": None if chosen is None else writing_lab.rank(seen, chosen),
        "draw": writing_lab.draw(asked, at - written.begun),
        "sampling": {
            "temperature": asked.sampling.temperature,
            "topK": asked.sampling.top_k,
            "topP": asked.sampling.top_p,
        },
        "numbers": numbers,
        "heads": heads,
        "open": opened,
        "source": source_of(first) if isinstance(source, Source) else None,
        "picture": picture_of(source) if isinstance(source, PictureSource) else None,
        "back": group == "cross",
        "lens": [
            {"name": name, "guesses": layer.guesses, "chosen": layer.chosen}
            for name, layer in zip(names, layers, strict=False)
        ],
        "lensSays": LENS if layers else NO_LENS,
        "says": read.said,
        "cache": read.cache,
        "second": None,
    }
    tensors = {
        "scores": seen.ranked.scores.numpy(),
        "bits": np.array(first.bits, dtype=np.float32),
        "attention": attention,
        "grid": np.concatenate([thumbnails(each[:, None], GRID_SIDE).numpy() for each in weights]),
    }
    if isinstance(source, PictureSource):
        tensors["picture"] = planes(source.seen)
        tensors["shares"] = np.concatenate([each.sum(-1).numpy() for each in seen.cross])[:, None]
        place = opened if group == "cross" else None
        tensors["trail"] = pictures.trail(first, place).numpy()
    return words, tensors, seen


def add_second(words: dict, tensors: dict, written: Written, beside: Beside, first: Writer) -> None:
    """The second text beside the first, and what differs."""
    place = words["at"] - written.begun
    at = beside.written.begun + place
    words["second"] = {
        "title": beside.title,
        "says": writing_lab.differing(first, written, beside.writer, beside.written),
        "tokens": tokens_of(beside.writer.loaded, beside.written, {}),
        "begun": beside.written.begun,
        "at": min(max(1, at), len(beside.written.ids)),
    }
    tensors["second_bits"] = np.array(beside.writer.bits, dtype=np.float32)
    if 1 <= at <= len(beside.written.ids):
        tensors["second"] = writing_lab.beside(beside.writer, at, beside.sampling, words["ids"]).numpy()


def packed(words: dict[str, Any], tensors: dict[str, np.ndarray]) -> bytes:
    """What the figure is sent."""
    return pack(words, tensors, frozenset({"attention", "trail"}), exact=frozenset({"scores", "bits", "second_bits"}))


def _heads(read: str, what: str) -> StepView:
    """The weights of all heads for the token that was read last, as a matrix. what: they are spent on."""
    return StepView(
        "attention",
        (),
        Matrix("weights", "weights", axes=f"layer.head ↓ · {what} →"),
        say(f"What each head spends on the {what}, for “{{read}}”, which was read last.", read=read),
        title=f"Where “{read}” looks",
    )


def take_away(
    writer: Writer, written: Written, seen: Moment, asked: Asked, words: dict, tensors: dict, text: str
) -> None:
    """The attention and the surprise as figures and numbers, and the run as a program."""
    loaded = writer.loaded
    source, back = writer.source, ()
    if words["back"]:
        back = source.names if isinstance(source, PictureSource) else tuple(each["name"] for each in words["source"])
    names = tuple(each["name"] for each in words["tokens"])
    listed = tuple(words["names"])
    if isinstance(source, PictureSource):
        again = pictures.again(writer, written, seen, asked.sampling, listed, names, back=words["back"])
    else:
        again = writing_lab.again(writer, written, seen, asked.sampling, listed, names, back)
    made = {"weights": tensors["attention"], "bits": tensors["bits"][:, None]}
    made["probabilities"] = seen.ranked.probabilities[: len(listed), None].float().numpy()
    what = "tokens of the source" if back else "tokens so far"
    if back and isinstance(source, PictureSource):
        what = f"{source.parts[1]} of the picture"
    rows = [f"{number}.{head}" for number in words["numbers"] for head in range(words["heads"])]
    read = names[seen.place - 1]
    views = [_heads(read, what)]
    patches: tuple[str, ...] = ()
    if isinstance(source, PictureSource) and back:
        extra = len(source.extra)
        patches = source.names[extra:]
        made["looks"] = np.ascontiguousarray(made["weights"][:, extra:])
        made["picture"] = planes(source.seen) / np.float32(255)
        looks = Overlay("looks", "picture", source.columns, scale="share", strip=True, columns="patches")
        says = say("Where each head looks in the picture, for what follows “{read}”.", read=read)
        views.insert(0, StepView("picture", (), looks, says, title=f"Where heads look behind “{read}”"))
    scene = StepViewer(
        lesson="writing_lab",
        signature=f"{loaded.name}|{text}|{words['at']}",
        steps=[],
        views=views,
        opens_at=views[0].label,
        tokens={
            "queries": [Token(row) for row in rows],
            "keys": [Token(name) for name in back or names[: seen.place]],
            "tokens": [Token(name) for name in names],
            "next": [Token(name) for name in listed],
            **({"patches": [Token(name) for name in patches]} if patches else {}),
        },
        focus={"query": 0, "key": 0},
        tensors=made,
    )
    alone = Alone("writing", partial(packed, {**words, "editable": False}, tensors))
    downloads.offer(scene, f"Real numbers of {loaded.name}, computed on {loaded.device}", again, alone=alone)
