"""What figures of further steps are drawn from: of a sentence, of a drawn scene, of a few numbers of ours."""

from collections.abc import Callable
from typing import Final

from core.atlas.making import AT_MOST, BESIDE, HEAD, LAYER
from core.experiments.attention.statistics import dot_product_statistics
from core.lessons import attention, block, bottleneck, captioning, encoder_decoder, material
from core.lessons.block import given
from core.lessons.cost import tiles
from core.lessons.model_family import denoising, family, matching, prefixing
from core.lessons.positions import by_hand, real
from core.lessons.shown import Shown
from core.trace import matrices, steps

# the few numbers with which lessons 1 and 6 begin
READ: Final = ("the", "cat", "sat")
WORDS: Final = ("cat", "sat", "mat")
X: Final = ((1.0, 0.0), (0.0, 1.0), (1.0, 1.0))
SAME: Final = ((1.0, 0.0), (0.0, 1.0))
HALF: Final = ((0.5, 0.0), (0.0, 0.5))
WRITTEN: Final = by_hand.Written(
    WORDS,
    X,
    ((1.0, 2.0), (0.0, 1.0)),
    ((2.0, 0.0), (1.0, 1.0)),
    ((1.0, 0.5, -0.5, 2.0),),
    ((0.5, 1.0, 2.0, -1.0),),
)


def hull(text: str) -> Shown:
    """Values and outputs of a decoder that asks, on the plane that keeps most of how the values differ."""
    found = attention.translated(text, "scaled dot")
    result = attention.run(found.operands, attention.Settings())
    random = dot_product_statistics(64, attention.N_KEYS, 0)
    tensors = matrices(steps(result.trace)) | attention.beside(result, random)
    return Shown(tensors, {"queries": found.asking, "keys": found.asked})


def whole_block(text: str) -> Shown:
    """A block of the offline model from within: its norms, its network, what it is without its parts."""
    return block.shown(given.on_sentence(text, 0, BESIDE, 0, AT_MOST), block.Settings())


def places(text: str) -> Shown:
    """The offline model with the places of its tokens taken away, beside the model as it is."""
    return real.shown(material.encode(text, 0, AT_MOST), real.Settings())


def whole_transformer(text: str) -> Shown:
    """The Transformer that translates, with what it keeps and how often it is run."""
    return encoder_decoder.shown(encoder_decoder.Settings(text))


def tile(text: str) -> Shown:
    """One head tile by tile, some tiles done."""
    return tiles.shown(material.head_on_sentence(text, LAYER, HEAD, 0, AT_MOST), tiles.Settings())


def small_network() -> Shown:
    """A recurrent network of two numbers whose map of the state halves."""
    return bottleneck.cell_by_hand(READ, X, SAME, HALF)


def codes() -> Shown:
    """Codes of places, and a query and a key that turn."""
    return by_hand.shown(WRITTEN, by_hand.Settings())


def scene() -> Shown:
    """A drawn scene, captioned by a decoder that looks."""
    return captioning.shown("attention", captioning.Settings())


def scene_once() -> Shown:
    """The same scene, captioned by a decoder that is given the mean of all cells."""
    return captioning.shown("mean context", captioning.Settings())


def kin() -> Shown:
    """Blocks and sizes of the family."""
    return family.shown(family.Settings())


def task() -> Shown:
    """A row of letters and the task that stands before it."""
    return prefixing.shown(prefixing.Settings())


def pairs() -> Shown:
    """Pictures and captions against each other."""
    return matching.shown(matching.Settings())


def video() -> Shown:
    """A drawn scene in motion under noise, and what a model makes of it."""
    return denoising.shown(denoising.Settings())


_TRAINED: Final = "trained for this course on drawn scenes alone"
# where the numbers of each come from
ORIGINS: Final[dict[Callable[..., Shown], str]] = {
    hull: "Real numbers of translator-attention-dot",
    **dict.fromkeys((whole_block, places), f"Real numbers of all-MiniLM-L6-v2, of {AT_MOST} tokens at most"),
    whole_transformer: "Real numbers of translator-transformer",
    tile: f"Real numbers of all-MiniLM-L6-v2, layer {LAYER}, head {HEAD}, of {AT_MOST} tokens at most",
    **dict.fromkeys((small_network, codes), "A few numbers of ours"),
    scene: f"Real numbers of captioner, {_TRAINED}",
    scene_once: f"Real numbers of captioner-mean-context, {_TRAINED}",
    kin: "Counted on models that were built from the library's configurations",
    task: "Real numbers of text-to-text",
    pairs: f"Real numbers of scene-clip, {_TRAINED}",
    video: f"Real numbers of video-denoiser, {_TRAINED}",
}
