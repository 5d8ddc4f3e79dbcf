"""The writing lab over a picture: what a captioner begins with, where each of its tokens looked, and all of it once more."""

from functools import partial
from typing import Final

import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import Tensor

from core import picture_files
from core.analysis.sampling import Sampling
from core.export import doors
from core.lessons import captioning, writing_lab
from core.lessons.shown import Shown, call
from core.lessons.writing_lab import Beginning, Moment, Written
from core.models import image_attention
from core.models.halves import halves_of, stretched
from core.models.loaded import LoadedModel
from core.models.picture_source import PictureSource
from core.models.preprocessing import Preprocessing
from core.models.spelled import spelled
from core.models.tokens import tokenize
from core.models.writer import Writer, limit
from core.vision import scenes
from core.vision.scenes import Scene

FAMILIAR: Final = captioning.FAMILIAR  # of a picture's pixels, as in the lesson on captions

Run = tuple[Float[Tensor, "tokens vocab_size"], Float[Tensor, "layers heads queries keys"]]


def drawn(scene: Scene) -> UInt8[np.ndarray, "side side 3"]:
    """A drawn scene as a picture."""
    (picture,) = scenes.painted([scene])
    return (picture * 255).round().to(torch.uint8).permute(1, 2, 0).contiguous().numpy()


def familiar(source: PictureSource) -> float:
    """The share of a picture's pixels in colours of the drawn world."""
    return scenes.familiar(torch.from_numpy(source.pixels.copy()).permute(2, 0, 1).float() / 255)


def begin(loaded: LoadedModel, source: PictureSource, text: str) -> Beginning:
    """The mark with which a captioner begins, and behind it how its caption begins, where somebody says that.

    Raises   ValueError for a text that cannot be read.
    """
    if not text:
        return Beginning(source.start, True, 0, 0, 0)
    tokens = tokenize(loaded, text, at_most=max(3, limit(loaded) // 2))
    ids = tuple(number for number, special in zip(tokens.ids, tokens.special, strict=True) if not special)
    if not ids:
        raise ValueError("nothing but marks of the tokenizer is there: write a word, or nothing")
    broken = sum(each.broken for each in spelled(loaded, ids))
    # marks that somebody typed are left out, and not for their number
    total = tokens.total - (tokens.used - len(ids))
    return Beginning((*source.start, *ids), True, total, len(ids), broken)


def trail(writer: Writer, head: tuple[int, int] | None) -> Float[Tensor, "tokens source"]:
    """Where it looked while it read each token: one head of a layer, or the mean of all; so the choice of the next was made."""
    rows = []
    for read in range(len(writer.ids)):
        layers = writer.cross(read)
        rows.append(torch.cat(layers).mean(0) if head is None else layers[head[0]][head[1]])
    return torch.stack(rows).cpu()


def shown(
    run: Run,
    ids: tuple[int, ...],
    place: int,
    sampling: Sampling,
    names: tuple[str, ...],
    words: tuple[str, ...],
    source: tuple[str, ...],
    extra: int,
    seen: UInt8[np.ndarray, "side side 3"],
) -> Shown:
    """All that the figures show, as `writing_lab.shown`, with what of the weights lies on patches, and the picture below.

    extra   how many names of the source stand for no patch; seen: what the model sees of the picture.
    """
    found = writing_lab.shown(run, ids, place, sampling, names, words, source)
    looks = np.ascontiguousarray(found.tensors["weights"][:, extra:])
    picture = seen.transpose(2, 0, 1) / np.float32(255)
    tokens = {**found.tokens, "patches": source[extra:]}
    return Shown({**found.tensors, "looks": looks, "picture": picture}, tokens)


def run_of(
    model: str,
    architecture: str,
    pixels: UInt8[np.ndarray, "side side 3"],
    how: Preprocessing,
    ids: list[int],
    stretches: bool,
    found: str,
) -> Run:
    """Of a captioner that reads a picture and writes a text: its scores after each token, and the weights of all heads."""
    return doors.run_of_picture(model, architecture, image_attention.as_input(pixels, how), ids, stretches, found)


def as_seen(pixels: UInt8[np.ndarray, "side side 3"], how: Preprocessing) -> UInt8[np.ndarray, "covered covered 3"]:
    """What a model sees of a picture."""
    return image_attention.as_seen(pixels, how)


def again(
    writer: Writer,
    written: Written,
    seen: Moment,
    sampling: Sampling,
    names: tuple[str, ...],
    words: tuple[str, ...],
    *,
    back: bool,
) -> partial[Shown]:
    """The call of `shown` by the library alone. back: whether the heads that look at the picture are shown."""
    loaded, source = writer.loaded, writer.source
    halves = halves_of(loaded.model)
    if not isinstance(source, PictureSource) or halves is None:
        raise ValueError(f"{loaded.name} looked at no picture")
    pixels = call(picture_files.opened_png, picture_files.png(source.pixels))
    how = (loaded.name, type(loaded.model).__name__)
    run = call(
        run_of,
        *how,
        pixels,
        source.preprocessing,
        list(written.ids),
        bool(stretched(halves.sees)),
        "cross_attentions" if back else "attentions",
    )
    asked = (written.ids, seen.place, sampling, names, words)
    if not back:
        return call(writing_lab.shown, run, *asked)
    return call(shown, run, *asked, source.names, len(source.extra), call(as_seen, pixels, source.preprocessing))
