"""The writing lab over a picture: what a captioner begins with, where each of its tokens looked, and all of it once more."""

from dataclasses import replace
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
from core.models.among import Among
from core.models.halves import halves_of, stretched
from core.models.loaded import LoadedModel
from core.models.picture_source import PictureSource, ask
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
    tokens = tokenize(loaded, text, at_most=max(3, limit(loaded, source) // 2))
    ids = tuple(number for number, special in zip(tokens.ids, tokens.special, strict=True) if not special)
    if not ids:
        raise ValueError("nothing but marks of the tokenizer is there: write a word, or nothing")
    broken = sum(each.broken for each in spelled(loaded, ids))
    # marks that somebody typed are left out, and not for their number
    total = tokens.total - (tokens.used - len(ids))
    return Beginning((*source.start, *ids), True, total, len(ids), broken)


def prompt(loaded: LoadedModel, source: PictureSource, text: str) -> tuple[PictureSource, Beginning]:
    """The picture in what is asked of it, and the tokens of that, which are read at once.

    text     \\n in it is the end of a line.
    Raises   as `ask`; ValueError for a prompt that leaves no room to write.
    """
    found = ask(loaded, source, text.replace("\\n", "\n"))
    most = limit(loaded, found)
    if len(found.start) >= most:
        raise ValueError(
            f"the prompt has {len(found.start)} tokens, and beside the picture {loaded.name} reads {most} here: shorten it"
        )
    broken = sum(each.broken for each in spelled(loaded, found.start))
    return found, Beginning(found.start, True, len(found.start), len(found.start), broken)


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


def unexpected(found: Shown, blind: tuple[int, ...]) -> Shown:
    """The same without a surprise for some tokens: nothing was expected in their places."""
    bits = found.tensors["bits"].copy()
    bits[list(blind)] = np.nan
    return Shown({**found.tensors, "bits": bits}, found.tokens)


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


def run_among(
    model: str,
    architecture: str,
    pixels: UInt8[np.ndarray, "side side 3"],
    how: Preprocessing,
    crops: bool,
    ids: list[int],
    among: Among,
    back: bool,
) -> Run:
    """The same of a model in which the picture stands among the tokens of the text.

    crops   whether its crops are counted; back: whether the weights on the picture are returned, or those on the text.
    """
    images = image_attention.as_input(pixels, how)
    return doors.run_of_prompt(model, architecture, images[:, None] if crops else images, ids, among, back)


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
    ids = list(written.ids)
    if source.among is not None:
        crops = source.inputs["pixel_values"].dim() == 5
        run = call(run_among, *how, pixels, source.preprocessing, crops, ids, replace(source.among, given={}), back)
    else:
        found = "cross_attentions" if back else "attentions"
        run = call(run_of, *how, pixels, source.preprocessing, ids, bool(stretched(halves.sees)), found)
    asked = (written.ids, seen.place, sampling, names, words)
    made = call(writing_lab.shown, run, *asked)
    if back:
        made = call(shown, run, *asked, source.names, len(source.extra), call(as_seen, pixels, source.preprocessing))
    return call(unexpected, made, source.among.blind) if source.among is not None and source.among.blind else made
