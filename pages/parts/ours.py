"""What is ours: the sentences and photographs that pages begin with and offer.

What is made of them is kept for everybody who asks (`kept_for_all_if`); what somebody typed, brought or forced is not ours.
"""

from functools import cache

from core.lessons.captioning import SCENE
from core.lessons.captioning import Settings as Captioning
from core.lessons.scene_captions import Settings as SceneCaptions
from core.vision.samples import SAMPLES, sample
from pages.parts import controls, translations
from pages.parts.own_picture import digest

SENTENCES = frozenset({*controls.EXAMPLES, *translations.EXAMPLES})


def text(*asked: str | None) -> bool:
    """Whether nobody typed any of these: each is a sentence of ours, or none ("" or None)."""
    return SENTENCES.issuperset(filter(None, asked))


def picture(asked: str) -> bool:
    """Whether a digest is that of a photograph of ours."""
    return any(asked == _digest(name) for name in SAMPLES)


def scene(settings: Captioning | SceneCaptions) -> bool:
    """Whether what is captioned is the scene that pages begin with, and the captioner is forced to nothing."""
    return settings.scene == SCENE and not settings.interventions.forces


@cache
def _digest(name: str) -> str:
    return digest(sample(name))
