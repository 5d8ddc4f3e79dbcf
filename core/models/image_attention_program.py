"""The attention of a vision model as a program that runs by itself: the picture that went in, and the lines that ran."""

import numpy as np
from jaxtyping import UInt8

from core import script
from core.analysis import flow
from core.analysis.patch_attention import Chosen
from core.models import image_attention
from core.models.loaded import LoadedModel

_PROGRAM = '''"""{title}

Made by Attention Lab. The model is read from the folder named on the command line, else from the Hugging Face Hub.
Needed: torch, transformers, pillow.
"""

import base64
import io
import sys

import numpy as np
import torch
from PIL import Image
from transformers import {loader}

torch.set_printoptions(precision=4, sci_mode=False, linewidth=160, threshold=1_000_000)

{helpers}

# what went in: {side} x {side} pixels, as PNG
picture = "{picture}"
mean, std = torch.tensor({mean})[:, None, None], torch.tensor({std})[:, None, None]

# what ran
name = sys.argv[1] if len(sys.argv) > 1 else {name!r}
model = {loader}.from_pretrained(name, attn_implementation="eager", dtype=torch.float32).eval()
pixels = np.array(Image.open(io.BytesIO(base64.b64decode(picture))))
images = ((torch.from_numpy(pixels).permute(2, 0, 1).float() / 255 - mean) / std)[None]
with torch.inference_mode():
    output = model{part}(pixel_values=images, output_attentions=True{more})
weights = torch.cat(output.attentions)  # (layers, heads, queries, keys)
found = {found}

# what came out
print(found)
'''


def of_attention(loaded: LoadedModel, pixels: UInt8[np.ndarray, "side side 3"], chosen: Chosen) -> str:
    """The program for one matrix of one picture, as the model saw it."""
    preprocessing = image_attention.preprocessing_of(loaded)
    return _PROGRAM.format(
        title=script.in_docstring(f"How {loaded.name} looks at one picture."),
        loader=type(loaded.model).__name__,
        helpers="\n\n\n".join(script.source(each) for each in (flow.rollout, flow.mean_of_layer, flow.mean_of_all)),
        side=len(pixels),
        picture=script.png(pixels),
        mean=list(preprocessing.mean),
        std=list(preprocessing.std),
        name=loaded.name,
        part="" if loaded.kind == "vision" else ".vision_model",
        more=", interpolate_pos_encoding=True" if image_attention.stretches(loaded) else "",
        found=chosen.expression,
    )
