"""Figures of the atlas as cards: made once for everybody where they are of our own examples, else once for a visitor."""

from collections.abc import Mapping

import numpy as np

from core.atlas import Figure, first_alike, making, numbered
from core.lessons.shown import Shown
from core.memory import kept, kept_for_all_if
from pages.parts import controls, figure_card, ours, own_picture
from pages.parts.figure_card import Card
from pages.parts.step_viewer import name_of

LOOKED = ("query", "key", "dimension", "head")  # what a link says of where one looks, in this order


@kept_for_all_if(lambda number, text: ours.text(text))
def _of_text(number: int, text: str) -> Shown:
    return numbered(number).make(text)


@kept
def _of_picture(number: int, digest: str, _picture: np.ndarray) -> Shown:
    return numbered(number).make("", _picture)


@kept_for_all_if(lambda number, text, digest, _picture: _picture is None and ours.text(text))
def _card(number: int, text: str, digest: str, _picture: np.ndarray | None) -> Card:
    figure = numbered(number)
    first, asked = first_alike(figure).number, text if figure.takes else ""
    made = _of_text(first, asked) if _picture is None else _of_picture(first, digest, _picture)
    viewer = figure_card.viewer_of(figure, made, asked + digest)
    return Card(figure, viewer, made, figure.again(asked, _picture), text, _picture is not None)


def card(figure: Figure, text: str) -> Card:
    """A figure made: of a sentence where it takes one, of the visitor's own picture where it sees one and one was brought.

    Raises   ValueError for a sentence that nothing can be made of; ModelError where a model is missing or damaged.
    """
    entry = next(iter(own_picture.brought()), None) if figure.sees else None
    pixels = None if entry is None else making.as_seen(entry.taken.pixels)
    return _card(figure.number, text, "" if pixels is None else own_picture.digest(pixels), pixels)


def sets_of(card: Card, look: Mapping[str, int] | None = None) -> dict[str, str]:
    """The link to the step that makes it, with the same sentence or picture, and where one looks."""
    figure = card.figure
    sets = {f"{figure.lesson}_{name}": value for name, value in figure.controls(card.made).items()}
    if figure.takes:
        sets[f"{figure.lesson}_{controls.MAIN}"] = card.text
    if card.own:
        sets[f"{figure.lesson}_{own_picture.MAIN}"] = own_picture.OWN
    if look:
        sets["at"] = ".".join(str(look[name]) for name in LOOKED)
    return sets | {"step": name_of(figure.step)}
