"""What is ours: the sentences and photographs that pages begin with and offer.

What is made of them is kept for everybody who asks (`kept_for_all_if`); what somebody typed, brought or forced is not ours.
"""

from functools import cache

from core.vision.samples import SAMPLES, sample
from pages.parts import controls, translations
from pages.parts.own_picture import digest

SENTENCES = frozenset({*controls.EXAMPLES, *translations.EXAMPLES})


def text(*asked: str) -> bool:
    """Whether each of these sentences is ours."""
    return SENTENCES.issuperset(asked)


def picture(asked: str) -> bool:
    """Whether a digest is that of a photograph of ours."""
    return any(asked == _digest(name) for name in SAMPLES)


@cache
def _digest(name: str) -> str:
    return digest(sample(name))
