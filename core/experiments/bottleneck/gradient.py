"""How much of the first word is left at the end: gradients through time, at initialisation."""

import math
from dataclasses import dataclass, replace
from typing import Final, Literal

import torch
from jaxtyping import Float
from torch import Tensor, nn

from core.attention import attend
from core.experiments.claim import Finding, Number, claim
from core.experiments.measure import counted
from core.seeded import seeded
from core.sequence.cells import READ, Maps, untrained

Recurrent = Literal["linear RNN", "tanh RNN", "GRU", "LSTM"]
Cell = Recurrent | Literal["attention"]
_QUERIES: Final = 32
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
        rotation, _ = torch.linalg.qr(torch.randn(width, width, generator=rng, dtype=torch.float64))
        state = torch.zeros(width, dtype=torch.float64)
        for x in inputs[0]:
            state = x + state @ (flow.gain * rotation)
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
    numbers = (
        Number("linear RNN", found["linear RNN"], ".2e"),
        Number(f"{flow.gain:g} to the power of {flow.length - 1}", exact, ".2e"),
        Number("tanh RNN", found["tanh RNN"], ".1e"),
        Number("GRU", found["GRU"], ".1e"),
        Number("LSTM", found["LSTM"], ".1e"),
        Number("attention", found["attention"], ".2g"),
    )
    follows = math.isclose(found["linear RNN"], exact, rel_tol=1e-6)
    return Finding(
        numbers,
        holds=follows and 0.05 < found["attention"] < 20,
        says=f"{counted(flow.length - 1, 'step')} back, the first input's gradient is {numbers[0].text} of the last one's in a "
        f"linear RNN, as its formula says, {numbers[4].text} in an LSTM, and {numbers[5].text} with attention.",
    )


@claim(
    said="An RNN tends to focus on the latter words.",
    verdict="imprecise",
    instead="It is a bias of decaying influence at the start of training, no law, and not the bottleneck.",
    sources=("khandelwal2018", "cho2014properties"),
)
def focuses_on_the_latter(flow: GradientFlow) -> Finding:
    """At which input half of all influence on the last output is reached, counted from the end."""
    shares = {cell: by_position(cell, flow) for cell in ("tanh RNN", "LSTM", "attention")}
    halves = {cell: half_from_the_end(gradient) for cell, gradient in shares.items()}
    numbers = tuple(
        Number(f"{cell}: inputs that hold half of the influence", count, "d") for cell, count in halves.items()
    )
    return Finding(
        numbers,
        holds=halves["tanh RNN"] <= max(1, flow.length // 2),
        says=f"Counted from the end, half of all influence of {flow.length} inputs comes from "
        f"{counted(halves['tanh RNN'], 'input')} in a tanh RNN, from {counted(halves['LSTM'], 'input')} in an LSTM, and from "
        f"{counted(halves['attention'], 'input')} with attention.",
    )


def half_from_the_end(gradient: Float[Tensor, "length"]) -> int:
    """How many inputs, counted from the end, hold half of the sum."""
    return int((gradient.flip(0).cumsum(0) < gradient.sum() / 2).sum()) + 1


@claim(
    said="The last state forgets the first words by definition.",
    verdict="wrong",
    instead="The definition does not ask for it. Where lengths are kept, the first input is felt like the last.",
    sources=("pascanu2013",),
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
    """Swap the first two inputs: how far the last state of a GRU moves, and how far a mean of attention's outputs."""
    rng = torch.Generator().manual_seed(flow.seed)
    inputs = torch.randn(1, max(2, flow.length), flow.d_hidden, generator=rng, dtype=torch.float64)
    swapped = inputs[:, [1, 0, *range(2, inputs.shape[1])]]
    few = min(6, inputs.shape[1])
    states = [recurrent("GRU", x[:, :few], flow, torch.Generator().manual_seed(1)) for x in (inputs, swapped)]
    means = [attend(x[:, None], x[:, None], x[:, None]).output.mean(2) for x in (inputs, swapped)]
    moved = Number(f"a GRU that reads {few} inputs: its state moves by", (states[0] - states[1]).abs().max().item())
    still = Number("attention: the mean output moves by", (means[0] - means[1]).abs().max().item(), ".1e")
    return Finding(
        (moved, still),
        holds=moved.value > 1e-3 and still.value < 1e-12,
        says=f"Swapping the first two of {few} inputs moves a GRU's state by {moved.text} and the mean of attention's outputs by "
        f"{still.text}.",
    )


@claim(
    said="RNNs cannot be computed in parallel.",
    verdict="imprecise",
    instead="Not over time, if the recurrence is non-linear. The sentences of a batch are computed side by side.",
    sources=("vaswani2017", "martin2018"),
)
def not_parallel(flow: GradientFlow) -> Finding:
    """Calls of a GRU cell while it reads a batch, and whether attention needs its queries in any order."""
    calls = 0

    def count(*_: object) -> None:
        nonlocal calls
        calls += 1

    with seeded(flow.seed):
        cell = nn.GRUCell(4, 4)
    hook = cell.register_forward_hook(count)
    state, batch = (
        torch.zeros(3, 4),
        torch.randn(3, flow.length, 4, generator=torch.Generator().manual_seed(flow.seed)),
    )
    alone = []
    for x in batch.unbind(1):
        state = cell(x, state)
    hook.remove()
    queries = torch.randn(1, 1, flow.length, 4, generator=torch.Generator().manual_seed(flow.seed))
    at_once = attend(queries, queries, queries).output
    one_by_one = torch.cat([attend(query, queries, queries).output for query in queries.split(1, dim=2)], dim=2)
    for row in batch:
        one = torch.zeros(1, 4)
        for x in row:
            one = cell(x[None], one)
        alone.append(one)
    apart = Number("a batch against one by one", (state - torch.cat(alone)).abs().max().item(), ".1e")
    same = Number("attention at once against query by query", (at_once - one_by_one).abs().max().item(), ".1e")
    numbers = (Number("calls of the cell in a row", calls, "d"), apart, same)
    return Finding(
        numbers,
        holds=calls == flow.length and max(apart.value, same.value) < 1e-5,
        says=f"{calls} calls of the cell had to wait for one another, for one sentence as for three side by side; all queries of "
        f"attention at once differ from one after the other by {same.text}.",
    )


@claim(
    said="An LSTM uses too many parameters.",
    verdict="wrong",
    instead="With states of D numbers a layer of an LSTM has about 8 D² of them, a Transformer block about 12 D².",
    sources=("vaswani2017",),
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
        Number("Transformer block", count(block), ",d"),
    )
    return Finding(
        numbers,
        holds=numbers[2].value == 8 * width**2 + 8 * width < numbers[3].value == 12 * width**2 + 13 * width,
        says=f"At width {width} a layer of an LSTM has {numbers[2].text} parameters and a Transformer block {numbers[3].text}.",
    )
