"""A classification as a program that runs by itself: the source of the model, as it ran, and the pixels that went in."""

import numpy as np
from jaxtyping import UInt8

from core import script, trace
from core.analysis.flow import mean_of_all, mean_of_layer, rollout
from core.analysis.patch_attention import Chosen
from core.attention.heads import merge_heads, split_heads
from core.attention.projections import MultiHeadAttention, MultiHeadTrace, Projections, ablate, multi_head_attend
from core.sequence import program
from core.transformer.block import Block, BlockTrace
from core.vision.classifier import TrainedClassifier, as_input
from core.vision.patches import cut_into_patches
from core.vision.vit import VisionTransformer, ViTConfig, ViTTrace

_PARTS = (
    trace.part,
    split_heads,
    merge_heads,
    Projections,
    MultiHeadTrace,
    MultiHeadAttention,
    ablate,
    multi_head_attend,
    BlockTrace,
    Block,
    cut_into_patches,
    ViTConfig,
    ViTTrace,
    VisionTransformer,
    as_input,
    rollout,
    mean_of_layer,
    mean_of_all,
)

_TAIL = """# what went in: {side} x {side} pixels, as PNG
picture = "{picture}"
positions = {positions}
temperature = {temperature}  # what makes probabilities fit how often it is right

# what ran
import base64
import io

import numpy as np
from PIL import Image

model = opened("{name}", VisionTransformer)
pixels = np.asarray(Image.open(io.BytesIO(base64.b64decode(picture))))
with torch.inference_mode():
    found = model(as_input(pixels), positions=positions)
probabilities = (found.logits[0] / temperature).softmax(-1)
for name, probability in zip(model.config.classes, probabilities.tolist()):
    print(f"{{name:10s}} {{probability:.4f}}")
weights = torch.cat([block.attention.attention.weights for block in found.blocks])  # (layers, heads, queries, keys)
print("{found}")
print({found})
"""


def of_classification(
    classifier: TrainedClassifier, pixels: UInt8[np.ndarray, "side side 3"], chosen: Chosen, *, positions: bool
) -> str:
    """The program for one picture, as the model saw it."""
    tail = _TAIL.format(
        side=len(pixels),
        picture=script.png(pixels),
        positions=positions,
        temperature=classifier.temperature,
        found=chosen.expression,
        name=classifier.name,
    )
    return program.whole(
        "One picture, classified again from the weights of the model.", [classifier.name], _PARTS, tail, "ViTConfig"
    )
