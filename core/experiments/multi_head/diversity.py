"""Do heads differ? They can, they need not, and without any difference at the start they never do."""

from core.attention import MultiHeadAttention, merge_heads
from core.attention.projections import ablate
from core.experiments.claim import Finding, Number, claim
from core.experiments.measure import Tokens, exact
from core.experiments.multi_head.copy_task import FIRST_QUERY, LETTERS, letters_copied, trained_to_copy
from core.experiments.multi_head.layers import exact_layer
from core.numerals import how_many

SPARED = 0.5  # of the change by the most telling head: a head whose change is no larger is little missed


@claim(
    said="One wide head can do what two narrow heads do.",
    verdict="imprecise",
    instead="A head hands over one mixture per query, which no linear map takes apart. A network behind it can, if tokens are "
    "few enough to be told apart in a mixture; two heads need none.",
    sources=("vaswani2017",),
)
def one_wide_head(x: Tokens, layer: MultiHeadAttention, seed: int) -> Finding:
    """1 head and 2 heads of half the width, trained to copy two tokens; and letters, by a linear map and by a network."""
    one, two = trained_to_copy(1, seed)[-1], trained_to_copy(2, seed)[-1]
    linear, network, both = (letters_copied(*how, seed) for how in ((1, False), (1, True), (2, False)))
    previous = two.weights[:, FIRST_QUERY:].diagonal(offset=FIRST_QUERY - 1, dim1=1, dim2=2).mean(-1).tolist()
    first = two.weights[:, FIRST_QUERY:, 0].mean(-1).tolist()
    numbers = (
        Number("error, 1 head", one.loss),
        Number("error, 2 heads", two.loss, ".4f"),
        *(Number(f"head {head} looks at the previous token", share) for head, share in enumerate(previous)),
        *(Number(f"head {head} looks at the first token", share) for head, share in enumerate(first)),
        Number("letters: both right, 1 head and a linear map", linear),
        Number("letters: both right, 1 head and a network", network),
        Number("letters: both right, 2 heads and a linear map", both),
    )

    return Finding(
        numbers,
        holds=one.loss >= 0.49 and two.loss <= 0.02 and min(network, both) >= linear + 0.3,
        says=f"In a toy trained just now, 1 head copies two tokens with an error of {numbers[0].text}, and 2 heads with "
        f"{numbers[1].text}; of two letters out of {LETTERS}, both are right in {linear:.0%} of cases with 1 head and a "
        f"linear map, in {network:.0%} with 1 head and a network of one hidden layer, in {both:.0%} with 2 heads and a "
        "linear map.",
    )


@claim(
    said="Heads become different by themselves.",
    verdict="wrong",
    instead="Heads that start equal, their rows of W_O included, receive equal gradients and stay equal. It is the random "
    "start that parts them, and that of W_O alone is enough.",
    sources=("vaswani2017",),
)
def part_ways(x: Tokens, layer: MultiHeadAttention, seed: int) -> Finding:
    """How far two heads are apart after training: equal at first, equal but for their rows of W_O, different at first."""
    same, strangers = trained_to_copy(2, seed, identical=True)[-1], trained_to_copy(2, seed)[-1]
    parted = trained_to_copy(2, seed, identical=True, same_output=False)[-1]
    numbers = (
        Number("twins differ by", same.difference),
        Number("twins with rows of W_O of their own differ by", parted.difference),
        Number("strangers differ by", strangers.difference),
        Number("error of the twins", same.loss),
        Number("error of the strangers", strangers.loss, ".4f"),
    )

    return Finding(
        numbers,
        holds=same.difference == 0 and min(strangers.difference, parted.difference) > 0.1 and same.loss >= 0.49,
        says=f"After {same.step} steps in a toy, the weights of 2 heads differ by {numbers[0].text} after the same start, by "
        f"{numbers[1].text} if only their rows of W_O were different, and by {numbers[2].text} after different starts; the "
        f"errors of the first and the last are {numbers[3].text} and {numbers[4].text}.",
    )


@claim(
    said="Heads capture diverse patterns, and all of them are needed.",
    verdict="imprecise",
    instead="They can, but need not: in trained models many heads may be removed with little loss. It depends on the layer.",
    sources=("michel2019", "voita2019"),
)
def diverse(x: Tokens, layer: MultiHeadAttention, seed: int) -> Finding:
    """How much the output of your layer changes, relative to its size, when each of its heads is muted alone."""
    x, layer = exact(x), exact_layer(layer)
    trace = layer(x)
    size = trace.mixed.norm().item()
    changes = []
    for head in range(layer.n_heads):
        ablated = merge_heads(ablate(trace.attention.output, (head,))) @ layer.w_output + layer.b_output
        changes.append((trace.mixed - ablated).norm().item() / size if size else 0.0)
    least, most = changes.index(min(changes)), changes.index(max(changes))
    numbers = (Number("smallest relative change", changes[least]), Number("largest relative change", changes[most]))

    spared = numbers[0].value <= SPARED * numbers[1].value and size > 0
    reason = "" if size else ", since the layer delivers nothing but zeros"
    reason = reason or (
        "" if spared else ": here none can be spared, each moves it by more than half as much as any other"
    )
    return Finding(
        numbers,
        holds=spared,
        says=f"Of {how_many(layer.n_heads, 'head')}, muting head {least} changes your layer's output by "
        f"{numbers[0].text} of its size and muting head {most} by {numbers[1].text}{reason}.",
    )
