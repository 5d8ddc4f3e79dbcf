"""Traces of the small models of lesson 14, and what the letters of their formulas stand for."""

from typing import Any

import torch
from torch import Tensor

from core.models import checkpoints
from core.transformer.rows import RowModel
from core.vision import inputs, moving, pairs, scenes
from core.vision.image_text import ImageText
from core.vision.patches import cut_into_patches
from core.vision.video import Denoiser, cut_into_blocks
from tests.core.block_examples import of_block
from tests.core.formula_examples import Example, Names, of_linear

ROW = torch.tensor([[3, 10, 0, 5]])


def within(model: Any, trace: Any, last: Any) -> Names:
    """The letters of a model of one block. last: the norm behind it."""
    names = of_block(model.block, trace.block)
    norms = {id(trace.block.resid_post): last}
    of_the_block = names["LN"]
    return names | {"LN": lambda x: norms[id(x)](x) if id(x) in norms else of_the_block(x)}


def row(name: str) -> Example:
    """A row of letters."""
    model = checkpoints.load_small(name, RowModel)
    trace = model(ROW)
    mask = torch.zeros(4, 4).masked_fill(~model.allowed(4)[0, 0], -torch.inf)
    names = within(model, trace, model.norm) | {"M": mask, "P": model.places[:4]}
    table = model.letters.weight
    whole = {"the block": lambda entering: model.block(entering, model.allowed(4))}
    return trace, names | {"E[x]": table[ROW], "E": table} | whole


def both_towers() -> Example:
    """Two pictures and three captions."""
    model = checkpoints.load_small("scene-clip", ImageText)
    pictures = scenes.painted([pairs.SCENE, ()])
    ids = pairs.ids(["red circle", "nothing", "blue square and red circle"])
    names = {"I": pictures, "see": lambda seen: model.see(seen).arrow[None], "x": ids, "scale": model.temperature.exp()}
    softmax = {"softmax": lambda scores: scores.softmax(-1)}
    return model(pictures, ids), names | {"read": lambda told: model.read(told).arrow[None]} | softmax


def video(name: str) -> Example:
    """A video without noise."""
    model = checkpoints.load_small(name, Denoiser)
    film = moving.filmed([(pairs.SCENE, 1.0, 0.5)])
    trace = model(film)
    n = model.config.n_patches
    mask = torch.zeros(n, n).masked_fill(~model.allowed[0, 0], -torch.inf)
    names = within(model, trace, model.norm) | {"M": mask, "video": film, "P": model.places}
    whole = {"the block": lambda entering: model.block(entering, model.allowed)}
    cut = {"cut": lambda pixels: cut_into_blocks(pixels, 2, 4)}
    return trace, names | whole | cut | of_linear(model.embed, "W_E", "b_E") | of_linear(model.clean, "W_D", "b_D")


def three_inputs() -> Example:
    """Words, patches and frames through one block."""
    block, table, of_patch, of_frame = inputs.untrained(3)
    film = moving.filmed([(pairs.SCENE, 1.0, 0.5)])

    def cut(pixels: Tensor) -> Tensor:
        return cut_into_patches(pixels, 8) if pixels.dim() == 4 else cut_into_blocks(pixels, 1, moving.SIDE)

    ids = pairs.ids([inputs.CAPTION])[:, :5]
    names = {"E[x]": table(ids), "I": scenes.painted([pairs.SCENE]), "video": film, "cut": cut}
    names |= {"patches": {"W_E": of_patch.weight.T}, "frames": {"W_E": of_frame.weight.T}}
    return inputs.read(pairs.SCENE, 3), names | {"block": lambda rows: block(rows).resid_post}


EXAMPLES = {
    "a gap": lambda: row("mirror-both-sides"),
    "a gap under a causal mask": lambda: row("mirror-left-alone"),
    "two towers": both_towers,
    "a video": lambda: video("video-denoiser"),
    "a video frame by frame": lambda: video("video-denoiser-by-frame"),
    "one block for three inputs": three_inputs,
}
