"""Words, patches and frames: three ways to make rows of one width, and one block that reads all of them."""

from dataclasses import dataclass
from typing import Final

import torch
from jaxtyping import Float
from torch import Tensor, nn

from core.seeded import seeded
from core.trace import step
from core.transformer.block import Block
from core.vision import moving, pairs, scenes
from core.vision.patches import cut_into_patches
from core.vision.scenes import Scene
from core.vision.video import cut_into_blocks

INPUTS: Final = ("words", "patches", "frames")
CAPTION: Final = "red circle and blue square"
PATCH: Final = 8
_WIDTH: Final = 48


@dataclass(frozen=True)
class InputsTrace:
    """Words, patches and frames, each as rows of one width, and what one and the same block makes of them."""

    words: Float[Tensor, "batch words d_model"] = step("E[x]", title="Words as rows", source="vaswani2017")
    patches: Float[Tensor, "batch patches d_model"] = step(
        r"\operatorname{cut}\left(I\right)W_E", title="Patches of a picture as rows", source="dosovitskiy2021"
    )
    frames: Float[Tensor, "batch frames d_model"] = step(
        r"\operatorname{cut}\left(\text{video}\right)W_E", title="Frames of a video as rows", source="peebles2023"
    )
    words_out: Float[Tensor, "batch words d_model"] = step(
        r"\operatorname{block}\left(<words>\right)", title="The block on words", source="vaswani2017"
    )
    patches_out: Float[Tensor, "batch patches d_model"] = step(
        r"\operatorname{block}\left(<patches>\right)", title="The same block on patches", source="dosovitskiy2021"
    )
    frames_out: Float[Tensor, "batch frames d_model"] = step(
        r"\operatorname{block}\left(<frames>\right)", title="The same block on frames", source="peebles2023"
    )


def untrained(seed: int) -> tuple[Block, nn.Embedding, nn.Linear, nn.Linear]:
    """A block, and what makes rows of words, of patches and of frames, drawn from a seed."""
    with seeded(seed):
        return (
            Block(_WIDTH, 4, d_ff=4 * _WIDTH).eval(),
            nn.Embedding(len(pairs.WORDS), _WIDTH),
            nn.Linear(3 * PATCH**2, _WIDTH, bias=False),
            nn.Linear(3 * moving.SIDE**2, _WIDTH, bias=False),
        )


@torch.inference_mode()
def read(scene: Scene, seed: int) -> InputsTrace:
    """A caption, the picture of a scene, and the scene in motion, through one block that nobody trained."""
    block, table, of_patch, of_frame = untrained(seed)
    words = table(pairs.ids([CAPTION])[:, : len(CAPTION.split())])
    patches = of_patch(cut_into_patches(scenes.painted([scene]), PATCH))
    frames = of_frame(cut_into_blocks(moving.filmed([(scene, 1.0, 0.5)]), 1, moving.SIDE))
    return InputsTrace(words, patches, frames, *(block(rows).resid_post for rows in (words, patches, frames)))
