"""A figure by itself, with its caption: drawn from what a call of core shows, to be looked at, followed and taken away."""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any, NamedTuple

from core.atlas import Figure
from core.lessons.shown import Shown
from core.sequence.vocabulary import MARKS
from pages.parts import assets, downloads, figures_of_notes, figures_of_steps
from pages.parts.figure_file import Alone
from pages.parts.figures import sent
from pages.parts.viewer import StepView, StepViewer, first_look, payload
from pages.parts.words import Scope, Token, interesting, say

OF_MODELS = ("[CLS]", "[SEP]", *MARKS)


class Card(NamedTuple):
    """A figure, ready to be drawn. text: of which sentence; own: whether of the visitor's own picture."""

    figure: Figure
    viewer: StepViewer
    made: Shown
    again: partial[Shown]
    text: str
    own: bool


def viewer_of(figure: Figure, made: Shown, text: str) -> StepViewer:
    """The figure as a step viewer of one step. text: of which it was made."""
    view = (
        figures_of_notes.view_of(figure.note, figure.line, made)
        if figure.note
        else figures_of_steps.view_of(figure.lesson, figure.step, made)
    )
    tokens = {axis: [Token(word, word in OF_MODELS) for word in words] for axis, words in made.tokens.items()}
    focus = _looks_at(figure, made, tokens)
    notice = say(figure.says, Scope(made.tensors, tokens, focus), set(), **figure.tells(made))
    live = [span[2] for span in notice if len(span) == 3]
    needed = {*_names(sent(view)), *_names(live)} & made.tensors.keys()
    title = f"{figure.number} · {figure.title}" if figure.note else figure.title
    name = f"figure {figure.number}"
    return StepViewer(
        lesson=f"figures_{figure.number}",
        signature=text,
        steps=[],
        views=[StepView(name, (), view, notice, title=title)],
        opens_at=name,
        tokens=tokens,
        focus=focus,
        tensors={each: made.tensors[each] for each in sorted(needed)},
        token_strip=False,
    )


def _looks_at(figure: Figure, made: Shown, tokens: Mapping[str, list[Token]]) -> dict[str, int]:
    """What is looked at first: as told, else a telling word, and the key to which it gives most."""
    found = {"query": interesting(tokens["queries"])} | dict(figure.focus)
    weights = made.tensors.get("looks", made.tensors.get("weights"))
    if "key" not in found and weights is not None:
        one = weights[0] if weights.ndim == 3 else weights
        found["key"] = int(one[min(found["query"], len(one) - 1)].argmax())
    return {"key": 0} | found


def _names(told: Any) -> Iterator[str]:
    """Every text in something that travels."""
    if isinstance(told, str):
        yield told
    elif isinstance(told, Mapping):
        yield from (name for each in told.values() for name in _names(each))
    elif isinstance(told, list | tuple):
        yield from (name for each in told for name in _names(each))


def show(card: Card, look: Mapping[str, int] | None = None, on_look: Callable[[], None] | None = None) -> None:
    """Draw it, and what can be taken away of it.

    look      the query, key, number and head that are looked at first; None = its own.
    on_look   called when one looks elsewhere: `looked` says where; None where no link says it.
    """
    content = content_of(card.viewer, look)
    more = {} if on_look is None else {"on_view_change": on_look}
    assets.component("figure_card")(key=key_of(card.viewer), data=content, **more)
    alone = Alone("figure_card", lambda: content)
    origin = f"{card.figure.where}. {card.figure.origin}"
    downloads.offer(card.viewer, origin, card.again, lambda: card.made.tensors, alone)


def key_of(viewer: StepViewer) -> str:
    """Under which name it stands on a page."""
    return f"{viewer.lesson}_card"


def content_of(viewer: StepViewer, look: Mapping[str, int] | None = None) -> bytes:
    """What the browser receives of it."""
    return payload(viewer, 0, first_look(viewer.focus) | dict(look or {}))
