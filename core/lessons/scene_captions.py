"""Lesson 10 once more: the same encoder-decoder writes of a drawn scene, and looks back at its cells or its raw patches."""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

from jaxtyping import Float
from torch import Tensor

from core.analysis.patch_attention import grid_names
from core.experiments.captioning.grounding import KINDS
from core.lessons import encoder_decoder
from core.lessons.captioning import NEVER, SCENE, choices
from core.lessons.encoder_decoder import N_HEADS, N_LAYERS, NOTHING
from core.lessons.shown import Matrices, Shown
from core.models import checkpoints
from core.models import device as devices
from core.sequence.decoding import NO_INTERVENTIONS, Interventions, Room
from core.trace import matrices, steps
from core.transformer.encoder_decoder import Changes, Head
from core.vision import scenes
from core.vision.scene_captioner import COLUMNS, Eyes
from core.vision.scenes import CELLS, WORDS, Scene
from core.vision.trained import END, LONGEST
from core.vision.trained_scene_captioner import SceneCaption, SceneTrace, TrainedSceneCaptioner

ALL_HEADS: Final = "all heads"
FORCES: Final = (ALL_HEADS, *(f"head {head}" for head in range(N_HEADS)))
MODELS: Final[dict[Eyes, str]] = {"CNN grid": "scene-captioner", "raw patches": "scene-captioner-patches"}


@dataclass(frozen=True)
class Settings:
    """What a learner chooses.

    eyes     what the encoder is given of the picture.
    layer    of the decoder, whose weights are looked at.
    away     what is taken out of the model, as in the lesson on two sentences.
    interventions   the words that are written, and the rows of weights that are looked with, whatever it would do itself.
    forces   whose rows those are: ALL_HEADS of the layer, or one of FORCES.
    """

    eyes: Eyes
    scene: Scene = SCENE
    layer: int = N_LAYERS - 1
    away: str = NOTHING
    interventions: Interventions = NO_INTERVENTIONS
    forces: str = ALL_HEADS

    @property
    def heads(self) -> list[Head]:
        """The heads that are forced to the rows."""
        of_layer = model(self.eyes).heads(self.layer)
        return of_layer if self.forces == ALL_HEADS else [of_layer[FORCES.index(self.forces) - 1]]

    @property
    def changes(self) -> Changes:
        """What is taken out, as the model understands it."""
        return encoder_decoder.Settings("", self.layer, self.away).changes


@dataclass(frozen=True, eq=False)
class Lesson:
    """The caption as the learner wants it, and as the model writes it by itself. right: the caption that the scene has."""

    settings: Settings
    now: SceneCaption
    free: SceneCaption
    right: str

    @property
    def intervened(self) -> bool:
        """Whether the learner took anything away, or forced something."""
        return self.now is not self.free

    @property
    def fair(self) -> bool:
        """Whether somebody could know the right caption: what is hidden by another thing, nobody can name."""
        return scenes.apart(self.settings.scene)

    @cached_property
    def trace(self) -> SceneTrace:
        """What stands for the whole, with the chosen layer of the decoder."""
        return self.now.through(self.settings.layer)

    @property
    def own(self) -> Float[Tensor, "target source"]:
        """Where the heads that can be forced wanted to look, also where somebody forced them: their mean."""
        return self.trace.energies[0, [head for _, _, head in self.settings.heads]].softmax(-1).mean(0)

    @property
    def looks(self) -> tuple[int, list[int]] | None:
        """How many words for a colour or a shape there are, and for each head of the layer, at how many of them its largest
        weight lies on a place that their thing reaches into. None where the caption is not the right one, so that nobody
        knows which thing a word means, or has no such word. Words that somebody forced to look are not counted."""
        if self.now.text != self.right:
            return None
        told = zip(*scenes.described(self.settings.scene), strict=True)
        forced = dict(self.settings.interventions.rows)
        named = [
            (at, thing)
            for at, (word, thing) in enumerate(told)
            if thing is not None and word not in KINDS["places"] and at not in forced
        ]
        if not named:
            return None
        places = self.trace.weights[0].argmax(-1).tolist()
        return len(named), [
            sum(cell_of(row[at], self.now.columns) in thing.cells for at, thing in named) for row in places
        ]


def cell_of(place: int, columns: int) -> int:
    """In which cell of scenes.CELLS x scenes.CELLS a cell or patch lies, of so many side by side."""
    row, column = divmod(place, columns)
    return row * CELLS // columns * CELLS + column * CELLS // columns


def model(eyes: Eyes) -> TrainedSceneCaptioner:
    """The captioner with these eyes. Raises ModelError if it cannot be opened."""
    return checkpoints.load_scene_captioner(MODELS[eyes])


def device() -> str:
    """On what the captioners run, for a person."""
    return devices.describe(model("CNN grid").device)


def room(eyes: Eyes) -> Room:
    """What can be forced on the captioner that sees with these eyes."""
    return Room(COLUMNS[eyes] ** 2, LONGEST, len(WORDS), NEVER)


def run(settings: Settings) -> Lesson:
    """Caption the scene, as the model is, and with what is taken away and forced."""
    (picture,) = scenes.painted([settings.scene])
    captioner = model(settings.eyes)
    free = captioner.caption(picture)
    wanted = settings.interventions.fitting(room(settings.eyes))
    settings = replace(settings, interventions=wanted)
    untouched = settings.away == NOTHING and wanted == NO_INTERVENTIONS
    now = (
        free
        if untouched
        else captioner.caption(picture, interventions=wanted, heads=settings.heads, changes=settings.changes)
    )
    return Lesson(settings, now, free, " ".join(scenes.described(settings.scene)[0]))


def spell(word: str) -> tuple[int, ...]:
    """The word that somebody wants written, as the captioners know it. Raises ValueError if they do not."""
    known = WORDS[END:]
    if (wanted := word.strip().lower()) not in known:
        said = f"“{wanted}” is no word of theirs" if wanted else "no word is there"
        raise ValueError(f"{said}: they write {', '.join(known[1:])} and {known[0]}, which ends a caption")
    return (WORDS.index(wanted),)


def other_eyes(settings: Settings) -> Lesson:
    """The same scene by the other captioner, as it is."""
    (other,) = set(MODELS) - {settings.eyes}
    return run(Settings(other, settings.scene))


def places(eyes: Eyes) -> tuple[str, ...]:
    """The names of its cells or patches, row by row."""
    return tuple(grid_names(COLUMNS[eyes], COLUMNS[eyes]))


def beside(caption: SceneCaption) -> Matrices:
    """What figures show beside the trace."""
    return {"picture": caption.pixels[0].numpy(), "choices": choices(caption.trace.probabilities[0])[1].numpy()}


def shown(settings: Settings) -> Shown:
    """All that the figures show."""
    result = run(settings)
    tensors = matrices(steps(result.trace)) | beside(result.now)
    words, _ = choices(result.now.trace.probabilities[0])
    return Shown(tensors, {"queries": result.now.words, "keys": places(settings.eyes)}, words=words)


@dataclass(frozen=True)
class Measured:
    """What was measured after training: captions of held-out scenes that are right to the last word."""

    scenes: int
    exact: dict[Eyes, float]
    recurrent: float


def measured() -> Measured:
    """The figures of the model cards."""
    found = {eyes: model(eyes).figures["quality"] for eyes in MODELS}
    recurrent = checkpoints.load_captioner("captioner").figures["quality"]
    exact = {eyes: each["exact captions"] for eyes, each in found.items()}
    return Measured(found["CNN grid"]["scenes"], exact, recurrent["exact captions"])
