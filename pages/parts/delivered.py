"""Weights beside what they deliver: the switch between them, and the first token of a sentence in every layer of a model."""

from functools import partial
from typing import get_args

from core.analysis.sinks import Measure, Sink, delivery, sink
from core.lessons import material
from core.lessons.material import Encoded
from core.listing import ran
from core.memory import kept_for_all_if
from pages.parts import ours
from pages.parts.controls import Controls
from pages.parts.figures import Curves, Matrix, weights_matrix
from pages.parts.lesson import StepDeclared, step

WEIGHT: Measure = "weight"
BUDGET = (
    "Each row is a budget of exactly 1. Row {q} spends {weights[q,k]:.2f} of it on {k}. Its own token gets {weights[q,q]:.2f}. "
    "Columns need not add up to anything."
)
TITLE = "What the weights deliver"
ARRIVES = (
    "Row {q} spends {weights[q,k]:.2f} of its weight on {k}, and {delivered[q,k]:.2f} of what arrives comes from there: weight "
    "times ‖v‖, how long the value is, as shares of 1."
)
SAYS = (
    "A weight says how much of a value is taken. Times ‖v‖, how long that value is, it says how much arrives; each row is "
    "shown as shares of 1."
)


def ask(ui: Controls, values: bool = True) -> Measure:
    """The switch: weights, or what they deliver. values: whether those of the model are known."""
    says = SAYS if values else "This family brings its own attention, and its values cannot be read."
    chosen = ui.one_of("Measure", get_args(Measure), "measure", says=says, disabled=not values)
    return chosen if values else WEIGHT


def matrix(by: Measure) -> Matrix:
    """The weights, or the shares of what they deliver, which are the tensor "delivered"; each row with its sum."""
    if by == WEIGHT:
        return weights_matrix()
    return Matrix("delivered", "weights", margin="sum", corner="× ‖v‖", cornerNote="shares of a row", readout="plain")


def weights(by: Measure) -> StepDeclared:
    """The step of the weights, or of what they deliver."""
    if by == WEIGHT:
        return step("weights", matrix(by), BUDGET, operator="softmax")
    return step("weights", matrix(by), ARRIVES, shows=(), operator="softmax", title=TITLE, code=ran(delivery))


@kept_for_all_if(lambda _read, text, start, used: ours.text(text))
def _sink(_read: Encoded, text: str, start: int, used: int) -> Sink:
    return sink(material.deliveries(_read))


def whole_model(read: Encoded, at_most: int | None = None) -> tuple[Sink, partial[Sink]]:
    """What the first token of a sentence gets and delivers in every layer, and the call that makes it again.

    at_most   how many tokens the page can use, as when it was read.
    """
    start = read.tokens.start
    return _sink(read, read.text, start, read.tokens.used), partial(
        material.sink_of_sentence, read.text, start, at_most
    )


def first_token(found: Sink, token: str, n_tokens: int) -> StepDeclared:
    """The step that follows the first token through all layers: the tensor "first_token", a line for each of "measures"."""
    layer = int(found.weight.argmax())
    spent, delivered, length = (float(each[layer]) for each in (found.weight, found.shares, found.length))
    is_sink = spent > 1.5 / n_tokens and 2 * delivered < spent
    notice = "All layers and heads of the model on this sentence: “{token}” gets most in layer {layer}, {spent:.0%} of all weight"
    if is_sink:
        notice += (
            ", and delivers {delivered:.0%}, because its value is {length:.2f} times as long as the others'. Weight that a head "
            "has no use for goes where it changes little: an attention sink."
        )
    else:
        notice += ", and delivers {delivered:.0%}: here it is no place to leave weight unused."
    return step(
        "first token",
        Curves("first_token", rows="measures", across="layer", up="share of the first token", fixed=True),
        notice,
        shows=(),
        operator="all layers",
        title="The first token in every layer",
        token=token,
        layer=layer,
        spent=spent,
        delivered=delivered,
        length=length,
    )
