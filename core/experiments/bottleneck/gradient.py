"""How much of the first word is left at the end: gradients through time, at initialisation."""

import math
from dataclasses import dataclass, replace
from typing import Final, Literal

import torch
from jaxtyping import Float
from torch import Tensor, nn

from core.attention import attend
from core.experiments.claim import Finding, Number, claim
from core.experiments.measure import largest
from core.numerals import how_many
from core.sequence.cells import READ, Maps, untrained

Recurrent = Literal["linear RNN", "tanh RNN", "GRU", "LSTM"]
Cell = Recurrent | Literal["attention"]
_QUERIES: Final = 32
_GROWS: Final = 1.1  # a gain at which influence grows the further back it goes
_CLOSE: Final = 1e-9  # states that differ by less are the same
_NOTHING: Final = 1e-300  # no gradient at all, of which there is no logarithm
CELLS: Final[tuple[Cell, ...]] = ("linear RNN", "tanh RNN", "GRU", "LSTM", "attention")


@dataclass(frozen=True)
class GradientFlow:
    """The settings of a run over random inputs.

    length       inputs, one after the other.
    gain         what the recurrent matrix multiplies lengths by: the matrix is `gain` times a rotation.
    d_hidden     numbers in the state.
    forget_bias  added to the LSTM's forget gate, so that it starts more open.
    """

    length: int = 50
    gain: float = 0.9
    d_hidden: int = 32
    forget_bias: float = 0.0
    seed: int = 0


def by_position(cell: Cell, flow: GradientFlow) -> Float[Tensor, "length"]:
    """The size of the gradient of the last output with respect to every input: how far a change of it would be felt.

    The last output is made one number by a random vector of length 1. For attention it is the mean over many queries,
    random vectors like the inputs.
    """
    rng = torch.Generator().manual_seed(flow.seed)
    inputs = torch.randn(1, flow.length, flow.d_hidden, generator=rng, dtype=torch.float64)
    direction = torch.nn.functional.normalize(torch.randn(flow.d_hidden, generator=rng, dtype=torch.float64), dim=0)
    with torch.enable_grad():
        inputs.requires_grad_()
        if cell != "attention":
            (gradient,) = torch.autograd.grad(recurrent(cell, inputs, flow, rng) @ direction, inputs)
            return gradient[0].norm(dim=-1)
        outputs = attended(inputs, rng) @ direction
        # the gradients of all queries in one pass
        (every,) = torch.autograd.grad(outputs, inputs, torch.eye(_QUERIES).double(), is_grads_batched=True)
    return every[:, 0].norm(dim=-1).mean(0)


def recurrent(cell: Recurrent, inputs: Tensor, flow: GradientFlow, rng: torch.Generator) -> Float[Tensor, "d_hidden"]:
    """The last state of a recurrent network that reads the inputs."""
    width = flow.d_hidden
    if cell == "linear RNN" or cell == "tanh RNN":
        w_state = flow.gain * rotation(width, rng)
        state = torch.zeros(width, dtype=torch.float64)
        for x in inputs[0]:
            state = x + state @ w_state
            state = torch.tanh(state) if cell == "tanh RNN" else state
        return state
    maps = untrained(cell, width, width, flow.seed, flow.forget_bias)
    return READ[cell](inputs, Maps(*(weight.double() for weight in vars(maps).values()))).states[0, -1]


def attended(inputs: Tensor, rng: torch.Generator) -> Float[Tensor, "queries d_hidden"]:
    """What random queries take from all inputs by scaled dot product attention."""
    queries = torch.randn(1, 1, _QUERIES, inputs.shape[-1], generator=rng, dtype=torch.float64)
    return attend(queries, inputs[:, None], inputs[:, None]).output[0, 0]


def ratio(gradient: Float[Tensor, "length"]) -> float:
    """How the first input's gradient compares with the last one's."""
    return (gradient[0] / gradient[-1]).item()


@claim(
    said="Gradients vanish or explode in recurrent networks.",
    verdict="right",
    instead="Every step back multiplies the gradient once more. Attention reaches every word in one step.",
    sources=("pascanu2013", "vaswani2017"),
)
def vanish_or_explode(flow: GradientFlow) -> Finding:
    """The first input's gradient over the last one's: a linear RNN against its formula, and four networks."""
    found = {cell: ratio(by_position(cell, flow)) for cell in CELLS}
    exact = flow.gain ** (flow.length - 1)
    nearest = min(abs(math.log(max(share, _NOTHING))) for cell, share in found.items() if cell != "attention")
    numbers = (
        Number("linear RNN", found["linear RNN"], ".2e"),
        Number(f"{flow.gain:g} to the power of {flow.length - 1}", exact, ".2e"),
        Number("tanh RNN", found["tanh RNN"], ".1e"),
        Number("GRU", found["GRU"], ".1e"),
        Number("LSTM", found["LSTM"], ".1e"),
        Number("attention", found["attention"], ".2g"),
    )
    farther = nearest > abs(math.log(found["attention"]))
    reason = "" if farther else "; at these settings one of the recurrent networks keeps it as well"
    return Finding(
        numbers,
        holds=farther,
        says=f"{how_many(flow.length - 1, 'step')} back, the first input's gradient is {numbers[0].text} of the last one's in a "
        f"linear RNN, as its formula says, {numbers[4].text} in an LSTM, and {numbers[5].text} with attention{reason}.",
    )


@claim(
    said="An RNN tends to focus on the latter words.",
    verdict="imprecise",
    instead="Untrained, its influence decays; trained LSTMs, too, use the nearest 50 words most. It is no law: a gain above 1 "
    "turns it round.",
    sources=("khandelwal2018",),
)
def focuses_on_the_latter(flow: GradientFlow) -> Finding:
    """At which input half of all influence on the last output is reached, counted from the end, in untrained networks."""
    halves = {cell: half_from_the_end(by_position(cell, flow)) for cell in ("tanh RNN", "LSTM", "attention")}
    grown = half_from_the_end(by_position("linear RNN", replace(flow, gain=_GROWS)))
    numbers = (
        *(Number(f"{cell}: inputs that hold half of the influence", count, "d") for cell, count in halves.items()),
        Number(f"linear RNN with a gain of {_GROWS:g}: the same", grown, "d"),
    )
    latter = max(halves["tanh RNN"], halves["LSTM"]) < halves["attention"]
    reason = "" if latter else ": over so few inputs, or at such a gain, no tendency shows"
    return Finding(
        numbers,
        holds=latter and grown > halves["attention"],
        says=f"Counted from the end, half of all influence of {flow.length} inputs comes from "
        f"{how_many(halves['tanh RNN'], 'input')} in a tanh RNN, from {how_many(halves['LSTM'], 'input')} in an LSTM, from "
        f"{how_many(halves['attention'], 'input')} with attention, and from {grown:,} in a linear RNN that grows{reason}.",
    )


def half_from_the_end(gradient: Float[Tensor, "length"]) -> int:
    """How many inputs, counted from the end, hold half of the sum."""
    return int((gradient.flip(0).cumsum(0) < gradient.sum() / 2).sum()) + 1


@claim(
    said="The last state forgets the first words by definition.",
    verdict="wrong",
    instead="The definition does not ask for it. Where lengths are kept, the first input is felt like the last.",
    sources=("pascanu2013",),
    identity=True,
)
def forgets_by_definition(flow: GradientFlow) -> Finding:
    """A linear RNN whose matrix only turns its state: the first input's gradient over the last one's."""
    kept = ratio(by_position("linear RNN", replace(flow, gain=1.0)))
    faded = ratio(by_position("linear RNN", flow))
    numbers = (Number("lengths kept", kept, ".6f"), Number(f"at a gain of {flow.gain:g}", faded, ".2e"))
    return Finding(
        numbers,
        holds=abs(kept - 1) < 1e-6,
        says=f"Of {flow.length} inputs the first one counts {numbers[0].text} times as much as the last one if the "
        f"recurrence keeps lengths, and {numbers[1].text} times at your gain.",
    )


@claim(
    said="RNNs expect an ordered sequence.",
    verdict="right",
    instead="Each state depends on the one before. Swap two inputs and the last state is another one.",
    sources=("cho2014",),
)
def ordered(flow: GradientFlow) -> Finding:
    """Swap the first two of a few inputs: how far the last states of two networks move, and the mean of attention's outputs."""
    rng = torch.Generator().manual_seed(flow.seed)
    few = min(6, max(2, flow.length))
    inputs = torch.randn(1, few, flow.d_hidden, generator=rng, dtype=torch.float64)
    swapped = inputs[:, [1, 0, *range(2, few)]]

    def state(cell: Recurrent, x: Tensor) -> Tensor:
        return recurrent(cell, x, flow, torch.Generator().manual_seed(1))

    moved = tuple(
        Number(f"{cell}: its last state moves by", largest(state(cell, inputs) - state(cell, swapped)))
        for cell in ("tanh RNN", "GRU")
    )
    means = [attend(x[:, None], x[:, None], x[:, None]).output.mean(2) for x in (inputs, swapped)]
    still = Number("attention: the mean output moves by", largest(means[0] - means[1]), ".1e")
    return Finding(
        (*moved, still),
        holds=min(each.value for each in moved) > 1e-3 and still.value < 1e-12,
        says=f"Swapping the first two of {few} inputs, which are all that is read, moves the last state of a tanh RNN by "
        f"{moved[0].text}, that of a GRU by {moved[1].text}, and the mean of attention's outputs by {still.text}.",
    )


@claim(
    said="RNNs cannot be computed in parallel.",
    verdict="imprecise",
    instead="Not step by step. But sentences of a batch are computed side by side, a linear recurrence in few doublings, and "
    "often a non-linear one in a few rounds of those (Newton's method).",
    sources=("vaswani2017", "martin2018", "lim2024"),
)
def not_parallel(flow: GradientFlow) -> Finding:
    """A tanh RNN step by step, against rounds that compute all its states at once from a guess of all of them."""
    rng = torch.Generator().manual_seed(flow.seed)
    inputs = torch.randn(flow.length, flow.d_hidden, generator=rng, dtype=torch.float64)
    w_state = flow.gain * rotation(flow.d_hidden, rng)
    states = [torch.zeros(flow.d_hidden, dtype=torch.float64)]
    for x in inputs:
        states.append(torch.tanh(x + states[-1] @ w_state))
    true, guess, rounds = torch.stack(states[1:]), torch.zeros_like(inputs), 0
    while largest(guess - true) > _CLOSE and rounds < flow.length:
        guess, rounds = all_at_once(guess, inputs, w_state), rounds + 1
    doublings = math.ceil(math.log2(flow.length))
    apart = Number("states at once against step by step", largest(guess - true), ".1e")
    numbers = (Number("steps in a row", flow.length, "d"), Number("rounds", rounds, "d"), apart)
    fewer = 2 * rounds <= flow.length
    return Finding(
        numbers,
        holds=fewer and apart.value <= _CLOSE,
        says=f"Step by step {flow.length} states wait for one another; {how_many(rounds, 'round')} of Newton's method, each "
        f"{how_many(doublings, 'doubling')} deep, {'make' if rounds != 1 else 'makes'} all of them at once, to within "
        f"{apart.text}{'' if fewer else ': at these settings that saves nothing'}.",
    )


def all_at_once(
    guess: Float[Tensor, "length d_hidden"],
    inputs: Float[Tensor, "length d_hidden"],
    w_state: Float[Tensor, "d_hidden d_hidden"],
) -> Float[Tensor, "length d_hidden"]:
    """One round of Newton's method: the recurrence made straight around a guess of all its states, and solved by a scan.

    Source: Lim et al. 2024.
    """
    before = torch.cat([torch.zeros_like(guess[:1]), guess[:-1]])
    made = torch.tanh(inputs + before @ w_state)
    slopes = w_state * (1 - made.square())[:, None]  # of each state by the one before
    rest = made - (before[:, None] @ slopes)[:, 0]
    reach = 1
    while reach < len(guess):  # every state is told what twice as many before it do to it
        further = (rest[:-reach, None] @ slopes[reach:])[:, 0]
        rest = torch.cat([rest[:reach], rest[reach:] + further])
        slopes = torch.cat([slopes[:reach], slopes[:-reach] @ slopes[reach:]])
        reach *= 2
    return rest


def rotation(width: int, rng: torch.Generator) -> Float[Tensor, "width width"]:
    """A random matrix that keeps lengths."""
    return torch.linalg.qr(torch.randn(width, width, generator=rng, dtype=torch.float64))[0]


@claim(
    said="An LSTM uses too many parameters.",
    verdict="imprecise",
    instead="With states of D numbers a layer of it has about 8 D² of them: twice those of attention alone, 4 D², and fewer "
    "than attention and its network together, 12 D².",
    sources=("vaswani2017", "hochreiter1997"),
    identity=True,
)
def too_many_parameters(flow: GradientFlow) -> Finding:
    """Parameters counted in torch's own modules at the width that is set."""
    width = 8 * math.ceil(flow.d_hidden / 8)

    def count(module: nn.Module) -> int:
        return sum(parameter.numel() for parameter in module.parameters())

    block = nn.TransformerEncoderLayer(width, 8, 4 * width)
    numbers = (
        Number("RNN layer", count(nn.RNN(width, width)), ",d"),
        Number("GRU layer", count(nn.GRU(width, width)), ",d"),
        Number("LSTM layer", count(nn.LSTM(width, width)), ",d"),
        Number("attention alone", count(nn.MultiheadAttention(width, 8)), ",d"),
        Number("Transformer block", count(block), ",d"),
    )
    return Finding(
        numbers,
        holds=numbers[3].value < numbers[2].value < numbers[4].value,
        says=f"At width {width} a layer of an LSTM has {numbers[2].text} parameters, attention alone {numbers[3].text}, and a "
        f"Transformer block, which is attention and a network of two layers, {numbers[4].text}.",
    )
