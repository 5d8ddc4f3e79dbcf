"""What the experiments on systems are given."""

from dataclasses import dataclass

from core.transformer.mirror import FIRST
from core.vision.pairs import HELD_OUT, SCENE
from core.vision.scenes import Colour, Scene, Shape


@dataclass(frozen=True)
class Given:
    """The learner's row and scene.

    half      the first half of a row.
    unseen    the kind of thing that the towers are asked for.
    noise     the deviation of what is put on the video.
    length    letters of the rows that are copied, reversed and sorted.
    updates   of the models that are trained here and now; pixel_updates: of those that read pixels.
    """

    half: str = FIRST
    scene: Scene = SCENE
    unseen: tuple[Colour, Shape] = HELD_OUT
    noise: float = 0.7
    length: int = 6
    updates: int = 300
    pixel_updates: int = 200
