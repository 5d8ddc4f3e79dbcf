"""Do heads differ? They can, they need not, and without a different start they never do."""

from core.attention import MultiHeadAttention, merge_heads
from core.attention.projections import ablate
from core.experiments.claim import Finding, Number, claim
from core.experiments.measure import Tokens, counted, exact, largest
from core.experiments.multi_head.copy_task import FIRST_QUERY, trained_to_copy
from core.experiments.multi_head.layers import exact_layer, head_dim, mixing_error


@claim(
    said="One wide head can do what two narrow heads do.",
    verdict="wrong",
    instead="A head has one mixture per query, so it cannot hand over two tokens separately. Two heads can.",
    sources=("vaswani2017",),
)
def one_wide_head(x: Tokens, layer: MultiHeadAttention, seed: int) -> Finding:
    """The error of 1 head and of 2 heads of half the width, trained to copy the previous and the first token."""
    one, two = trained_to_copy(1, seed)[-1], trained_to_copy(2, seed)[-1]
    previous = two.weights[:, FIRST_QUERY:].diagonal(offset=FIRST_QUERY - 1, dim1=1, dim2=2).mean(-1).tolist()
    first = two.weights[:, FIRST_QUERY:, 0].mean(-1).tolist()
    numbers = (
        Number("error, 1 head", one.loss),
        Number("error, 2 heads", two.loss, ".4f"),
        *(Number(f"head {head} looks at the previous token", share) for head, share in enumerate(previous)),
        *(Number(f"head {head} looks at the first token", share) for head, share in enumerate(first)),
    )

    return Finding(
        numbers,
        holds=one.loss >= 0.49 and two.loss <= 0.02,
        says=f"In a toy trained just now, 1 head copies two tokens with an error of {numbers[0].text}, and 2 heads "
        f"with {numbers[1].text}: they give the previous token {numbers[2].text} and {numbers[3].text}, the first "
        f"token {numbers[4].text} and {numbers[5].text}.",
    )


@claim(
    said="Heads become different by themselves.",
    verdict="wrong",
    instead="Heads that start equal receive equal gradients and stay equal. It is the random start that parts them.",
    sources=("vaswani2017",),
)
def part_ways(x: Tokens, layer: MultiHeadAttention, seed: int) -> Finding:
    """How far two heads are apart after training, started from the same numbers and from different ones."""
    same, strangers = trained_to_copy(2, seed, identical=True)[-1], trained_to_copy(2, seed)[-1]
    numbers = (
        Number("twins differ by", same.difference),
        Number("strangers differ by", strangers.difference),
        Number("error of the twins", same.loss),
        Number("error of the strangers", strangers.loss, ".4f"),
    )

    return Finding(
        numbers,
        holds=same.difference == 0 and strangers.difference > 0.1 and same.loss >= 0.49,
        says=f"After {same.step} steps in a toy, the weights of 2 heads differ by {numbers[0].text} after the same "
        f"start and by {numbers[1].text} after different ones, with errors of {numbers[2].text} and "
        f"{numbers[3].text}.",
    )


@claim(
    said="Heads capture diverse patterns, and all of them are needed.",
    verdict="imprecise",
    instead="They can, but need not: in trained models many heads may be removed with little loss.",
    sources=("michel2019", "voita2019"),
)
def diverse(x: Tokens, layer: MultiHeadAttention, seed: int) -> Finding:
    """How much the output of your layer changes, relative to its size, when each of its heads is muted alone."""
    x, layer = exact(x), exact_layer(layer)
    trace = layer(x)
    rows = layer.w_output.reshape(layer.n_heads, head_dim(layer), -1)
    size = trace.mixed.norm().item()
    changes, error = [], 0.0
    for head in range(layer.n_heads):
        ablated = merge_heads(ablate(trace.attention.output, (head,))) @ layer.w_output + layer.b_output
        error = max(error, largest(trace.mixed - ablated - trace.attention.output[:, head] @ rows[head]))
        changes.append((trace.mixed - ablated).norm().item() / size if size else 0.0)
    least, most = changes.index(min(changes)), changes.index(max(changes))
    numbers = (
        Number("smallest relative change", changes[least]),
        Number("largest relative change", changes[most]),
        Number("change beyond the head's own contribution", error, ".1e"),
    )

    silent = "" if size else ", since the layer delivers nothing but zeros"
    return Finding(
        numbers,
        holds=error <= mixing_error(layer, trace),
        says=f"Of {counted(layer.n_heads, 'head')}, muting head {least} changes your layer's output by "
        f"{numbers[0].text} of its size and muting head {most} by {numbers[1].text}{silent}.",
    )
