"""What waits for what, and how far things reach: recurrence, convolution, attention, windows."""

import torch
from torch import Tensor

from core.attention import attend, masks
from core.experiments.claim import Finding, Number, claim
from core.experiments.cost.given import Given
from core.experiments.measure import counted, exact, largest, rounding

WINDOW = 2
DEEPEST = 64  # layers that are tried


@claim(
    said="A window of the nearest words is enough.",
    verdict="imprecise",
    instead="Models trained without one leave the weight that they have no use for on the first token. Keep that token beside "
    "the window, and the outputs stay nearer.",
    sources=("xiao2024", "beltagy2020"),
)
def window(given: Given, seed: int) -> Finding:
    """How far the outputs of your heads move within a window of 2, with the first token and without it."""
    operands, n_tokens = given.operands, given.n_tokens
    before = attend(*operands).output
    size = before.norm().clamp(min=1e-300)
    near = masks.local(n_tokens, WINDOW)
    with_first = near | (torch.arange(n_tokens) == 0)
    alone, kept = (
        ((attend(*operands, allowed).output - before).norm() / size).item() for allowed in (near, with_first)
    )
    numbers = (
        Number("outputs off by, window alone", alone),
        Number("outputs off by, with the first token", kept),
    )

    alike = "" if kept < alone else ": your heads leave nothing there"
    return Finding(
        numbers,
        holds=kept < alone,
        says=f"Within a window of {WINDOW} the outputs of your heads are off by {numbers[0].text} of their length, and by "
        f"{numbers[1].text} where they see the first token, too{alike}.",
    )


@claim(
    said="What runs in parallel is faster.",
    verdict="imprecise",
    instead="Fewer steps wait for each other: one in place of one for each token. How fast that is hangs on the machine; a "
    "recurrent layer that is written as one piece can be faster on a processor.",
    sources=("vaswani2017",),
)
def parallel(given: Given, seed: int) -> Finding:
    """Steps that wait for each other, counted: calls of a recurrent cell, and of attention, for your tokens."""
    queries, keys, values = given.operands
    calls = {"cell": 0, "attention": 0}

    def cell(x: Tensor, state: Tensor) -> Tensor:
        calls["cell"] += 1
        return torch.tanh(x + state)

    state = torch.zeros_like(queries[:, :, 0])
    for place in range(given.n_tokens):
        state = cell(queries[:, :, place], state)
    attend(queries, keys, values)
    calls["attention"] += 1
    numbers = (
        Number("steps of a recurrent layer", calls["cell"], ",.0f"),
        Number("steps of attention", calls["attention"], ",.0f"),
    )

    return Finding(
        numbers,
        holds=calls["cell"] == given.n_tokens > calls["attention"],
        says=f"For your {counted(given.n_tokens, 'token')} a recurrent cell has to be called {numbers[0].text} times, one after "
        f"the other, and attention {counted(calls['attention'], 'time')}.",
    )


@claim(
    said="Attention works in parallel also while it writes.",
    verdict="imprecise",
    instead="While it learns from a text that is there. Writing stays one token after the other; keeping keys and values only "
    "spares doing all earlier tokens again.",
    sources=("shazeer2019", "vaswani2017"),
)
def generates(given: Given, seed: int) -> Finding:
    """Tokens that go through your heads to write as many as you typed: anew at each step, and with keys and values kept."""
    queries, keys, values = given.operands
    n_tokens = given.n_tokens
    whole = attend(queries, keys, values, masks.causal(n_tokens))
    without, kept, rows = 0, 0, []
    for end in range(1, n_tokens + 1):
        anew = attend(queries[:, :, :end], keys[:, :, :end], values[:, :, :end], masks.causal(end))
        without += anew.output.shape[2]
        one = attend(queries[:, :, end - 1 : end], keys[:, :, :end], values[:, :, :end])
        kept += one.output.shape[2]
        rows.append(one.output)
    difference = largest(torch.cat(rows, dim=2) - whole.output)
    numbers = (
        Number("tokens that go through, nothing kept", without, ",.0f"),
        Number("tokens that go through, keys and values kept", kept, ",.0f"),
        Number("steps that wait for each other", n_tokens, ",.0f"),
        Number("outputs differ from those of one pass by", difference, ".1e"),
    )

    return Finding(
        numbers,
        holds=difference <= rounding(whole, values) and 1 < kept < without,
        says=f"To write {counted(n_tokens, 'token')} takes {counted(n_tokens, 'step')}, in which {numbers[0].text} tokens go "
        f"through, or {numbers[1].text} with keys and values kept, and outputs differ from those of one pass by "
        f"{numbers[3].text}.",
    )


@claim(
    said="Convolutions are bad for long texts.",
    verdict="imprecise",
    instead="They need depth: L layers of k places hear L(k − 1) + 1 tokens. Where each layer looks twice as far apart as the "
    "one before, that is 2 to the power of L for k = 2.",
    sources=("vaswani2017", "yu2016"),
)
def long_texts(given: Given, seed: int) -> Finding:
    """Layers of two places until the last of your tokens hears the first, plain and dilated, by gradients through them."""
    distance = given.n_tokens - 1
    plain, dilated = hears_first(given.n_tokens, False), hears_first(given.n_tokens, True)
    numbers = (
        Number("distance", distance, ",.0f"),
        Number("layers, plain", plain, ",.0f"),
        Number("layers, dilated", dilated, ",.0f"),
    )

    reason = "" if dilated < plain else " (so short a text shows no difference)"
    return Finding(
        numbers,
        holds=plain == min(distance, DEEPEST) and dilated == distance.bit_length() < plain,
        says=f"Convolutions of two places need {counted(plain, 'layer')} to carry something over the distance of "
        f"{numbers[0].text}, and {counted(dilated, 'layer')} where they are dilated{reason}.",
    )


def hears_first(n_tokens: int, dilated: bool) -> int:
    """The fewest layers of two places through which a gradient comes from the last token to the first, at most DEEPEST."""
    with torch.enable_grad():
        first = torch.ones(1, 1, n_tokens, dtype=torch.float64, requires_grad=True)
        x, weights = first, torch.full((1, 1, 2), 0.5, dtype=torch.float64)
        for layers in range(DEEPEST + 1):
            (gradient,) = torch.autograd.grad(x[0, 0, -1], first, retain_graph=True)
            if gradient[0, 0, 0] != 0:
                return layers
            apart = min(2**layers, n_tokens) if dilated else 1
            padded = torch.nn.functional.pad(x, (apart, 0))
            x = torch.nn.functional.conv1d(padded, weights, dilation=apart)
    return DEEPEST


@claim(
    said="Through attention every token reaches every other one in one step.",
    verdict="right",
    instead="No distance makes a path longer. Whether a model uses the path is another matter: that has to be learned, and "
    "weights can be as good as 0.",
    sources=("vaswani2017",),
)
def reaches(given: Given, seed: int) -> Finding:
    """Pairs of your tokens between which a gradient comes through one layer, and through one layer in a window."""
    queries, keys, values = given.operands
    n_tokens = given.n_tokens
    everywhere = pairs_reached(queries, keys, values, None)
    near = pairs_reached(queries, keys, values, masks.local(n_tokens, WINDOW))
    numbers = (
        Number("pairs that are reached", everywhere, ",.0f"),
        Number("pairs", n_tokens**2, ",.0f"),
        Number("pairs that are reached in a window of 2", near, ",.0f"),
    )

    some = "" if everywhere == n_tokens**2 else "; the others get a weight of exactly 0"
    return Finding(
        numbers,
        holds=everywhere == n_tokens**2 > near,
        says=f"A gradient comes through one layer between {numbers[0].text} of {numbers[1].text} pairs of your tokens, and "
        f"between {numbers[2].text} in a window of {WINDOW}{some}.",
    )


def pairs_reached(queries: Tensor, keys: Tensor, values: Tensor, allowed: Tensor | None) -> int:
    """How many outputs of any head move with the value of which token, by gradients."""
    with torch.enable_grad():
        moving = exact(values).requires_grad_()
        output = attend(queries, keys, moving, allowed).output.sum((0, 1, 3))
        rows = [torch.autograd.grad(each, moving, retain_graph=True)[0] for each in output]
    return int((torch.stack(rows).abs().amax((1, 2, 4)) > 0).sum())
