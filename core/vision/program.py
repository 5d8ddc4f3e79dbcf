"""A caption as a program that runs by itself: the source of the model, as it ran, and the scene that went in."""

import torch
from jaxtyping import Float
from torch import Tensor

from core.sequence import program
from core.sequence.decoding import NO_INTERVENTIONS, Interventions
from core.vision import scenes
from core.vision.captioner import Captioner
from core.vision.scenes import Scene, Thing
from core.vision.trained import END, LONGEST, START, TrainedCaptioner

_CONSTANTS = ("SIDE", "CELLS", "_CELL", "COLOURS", "SHAPES", "GROUND", "RADIUS", "WORDS")

_TAIL = """# what went in
scene = {scene}
hidden = {hidden}  # the cell that was painted over
temperature = {temperature}
forced = {rows}  # word: weights that took the place of the model's own

# what ran
model = opened("{name}", Captioner)
{painted}
if hidden is not None:
    picture = covered(picture, hidden)
with torch.inference_mode():
    source = model.encode(picture[None])
    state, previous, weights = source.first_state, {start}, []
    while len(weights) < {longest} and (not weights or previous != {end}):
        embedded = model.embedding(torch.tensor([previous]))
        row = torch.tensor([forced[len(weights)]]) if len(weights) in forced else None
        taken = model.step(source, embedded, state, row, temperature)
        state = taken.decoder_state
        probabilities = model.logits(state, taken.context, embedded).softmax(-1)[0]
        previous = int(probabilities.argmax())
        print(WORDS[previous], "probability", round(probabilities[previous].item(), 4))
        looked = torch.full((CELLS**2,), 1 / CELLS**2) if taken.attention is None else taken.attention.weights[0, 0, 0]
        weights.append(looked if row is None else row[0])
print("weights, a row per word, a column per cell")
print(torch.stack(weights))
"""


def of_caption(
    model: TrainedCaptioner,
    scene: Scene,
    *,
    hidden: int | None = None,
    interventions: Interventions = NO_INTERVENTIONS,
    pixels: Float[Tensor, "channels height width"] | None = None,
) -> str:
    """The program for one caption, with what was forced on it. pixels: of a picture that is no drawn scene."""
    tail = _TAIL.format(
        scene=repr(scene if pixels is None else ()),
        painted="(picture,) = painted([scene])"
        if pixels is None
        else f"picture = torch.tensor({_bytes(pixels)}) / 255",
        hidden=hidden,
        temperature=interventions.temperature,
        rows={at: list(row) for at, row in interventions.rows},
        name=model.name,
        start=START,
        end=END,
        longest=LONGEST,
    )
    constants = "\n".join(f"{name} = {getattr(scenes, name)!r}" for name in _CONSTANTS)
    parts = (Thing, scenes.painted, scenes.covered, Captioner)
    return program.whole(
        "One caption, computed again from the weights of the model.", [model.name], parts, f"{constants}\n\n{tail}"
    )


def _bytes(pixels: Float[Tensor, "channels height width"]) -> str:
    """Pixels from 0 to 1 as the whole numbers that they were in the picture's file."""
    return str((pixels * 255).round().to(torch.uint8).tolist())
