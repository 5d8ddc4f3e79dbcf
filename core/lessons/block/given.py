"""What lesson 9 computes on: a sentence before the layers of MiniLM, a picture before our own, or a learner's few numbers."""

import copy
from dataclasses import dataclass
from functools import cache

import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import Tensor

from core.analysis.patch_attention import grid_names
from core.lessons.material import Encoded, Rows, by_hand, encode
from core.models import checkpoints, loading, offline
from core.seeded import seeded
from core.transformer.block import Block, NormPlace
from core.vision.classifier import TrainedClassifier, as_input
from core.vision.vit import VisionTransformer

CLASS_TOKEN = "[CLS]"
MOST_LAYERS = 12  # of one block by hand on top of itself


@dataclass(frozen=True, eq=False)
class Given:
    """Tokens as they enter the first block, and the blocks.

    other        what stands in the batch beside them; other_words: what it is called.
    classifier   what reads an answer from the last tokens of a picture; None elsewhere.
    trained      whether the blocks were; what a learner typed was not.
    """

    words: tuple[str, ...]
    x: Float[Tensor, "1 tokens d_model"]
    blocks: tuple[Block, ...]
    other: Float[Tensor, "1 others d_model"]
    classifier: TrainedClassifier | None = None
    trained: bool = True

    @property
    def place(self) -> NormPlace:
        """Where its blocks normalise."""
        return self.blocks[0].norm_place

    @property
    def n_layers(self) -> int:
        return len(self.blocks)

    @property
    def width(self) -> int:
        """Numbers of a token."""
        return self.x.shape[-1]


@cache
def blocks_of_sentences() -> tuple[Block, ...]:
    """The layers of the offline model, as blocks of this project."""
    loaded = loading.load(offline.NAME)
    return tuple(offline.block(loaded, layer) for layer in range(loaded.n_layers))


def transformer_of(classifier: TrainedClassifier) -> VisionTransformer:
    """The Transformer in a classifier. Raises ValueError for another kind of net."""
    if not isinstance(classifier.model, VisionTransformer):
        raise ValueError(f"{classifier.name} is no Transformer: it has no blocks")
    return classifier.model


@cache
def picture_model() -> TrainedClassifier:
    """Our Vision Transformer, on the processor: what follows is small."""
    found = checkpoints.load_classifier("vit")
    return TrainedClassifier(found.name, copy.deepcopy(found.model).cpu().requires_grad_(False), found.temperature)


def of_texts(read: Encoded, second: Encoded) -> Given:
    """Two texts that were read: before the first layer of the offline model."""
    return Given(read.tokens.pieces, read.x(0), blocks_of_sentences(), second.x(0))


def on_sentence(text: str, start: int, second: str, second_start: int, at_most: int) -> Given:
    """A sentence before the first layer of the offline model, and a second one beside it in the batch."""
    return of_texts(encode(text, start, at_most), encode(second, second_start, at_most))


def on_picture(pixels: UInt8[np.ndarray, "side side 3"]) -> Given:
    """A picture before the first block of our Vision Transformer, and its mirror image beside it in the batch."""
    classifier = picture_model()
    traces = [classifier.read(as_input(each)).of_transformer for each in (pixels, pixels[:, ::-1].copy())]
    tokens = [trace.tokens.clone() for trace in traces]
    side = round(traces[0].patches.shape[1] ** 0.5)
    return Given(
        (CLASS_TOKEN, *grid_names(side, side)),
        tokens[0],
        tuple(each for each in transformer_of(classifier).blocks if isinstance(each, Block)),
        tokens[1],
        classifier,
    )


def on_numbers(
    words: tuple[str, ...],
    x: Rows,
    second: Rows,
    w_query: Rows,
    w_key: Rows,
    w_value: Rows,
    w_1: Rows,
    w_2: Rows,
    place: NormPlace = "post",
    n_layers: int = 6,
) -> Given:
    """A few numbers before one block of a single head, which is put on top of itself. W_O changes nothing; biases are 0.

    Raises   ValueError in words when sizes do not fit.
    """
    tokens, maps = by_hand(x, w_query, w_key, w_value)
    width, hidden = tokens.shape[-1], len(w_1[0])
    for name, rows, tall, wide in (("W_1", w_1, width, hidden), ("W_2", w_2, hidden, width)):
        if (len(rows), len(rows[0])) != (tall, wide):
            raise ValueError(
                f"{name} is {len(rows)} x {len(rows[0])}: between X and what is added it must be {tall} x {wide}"
            )
    with seeded(0):  # what it begins with is overwritten, and must not be drawn among what others draw from their seeds
        block = Block(width, 1, d_ff=hidden, norm_place=place).eval().requires_grad_(False)
    state = {
        "attention.in_proj_weight": torch.cat([maps.w_query.T, maps.w_key.T, maps.w_value.T]),
        "attention.out_proj.weight": torch.eye(width),
        "feed_forward.expand.weight": torch.tensor(w_1).T,
        "feed_forward.contract.weight": torch.tensor(w_2).T,
        "feed_forward.expand.bias": torch.zeros(hidden),
        "feed_forward.contract.bias": torch.zeros(width),
    }
    block.load_state_dict(state, strict=False)
    other = torch.tensor(second, dtype=torch.float32)[None]
    return Given(words, tokens, (block,) * n_layers, other, trained=False)
