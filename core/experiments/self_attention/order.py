"""Self-attention knows no order: what shuffling does to a layer and to its mean."""

from torch import Tensor

from core.attention import Projections, masks, self_attend
from core.experiments.claim import Finding, Number, claim
from core.experiments.measure import Tokens, exact, exact_maps, largest, rounding, shuffled


@claim(
    said="Self-attention is permutation equivariant: it works on sets.",
    verdict="right",
    instead="Shuffled tokens give the same outputs, shuffled alike. Position codes or a mask by position break this.",
    sources=("lee2019", "haviv2022"),
    identity=True,
)
def equivariant(x: Tokens, maps: Projections, seed: int) -> Finding:
    """The difference between shuffling before and after the layer, in two precisions and with a causal mask."""
    order = shuffled(x.shape[1], seed)
    x, maps = exact(x), exact_maps(maps)
    single = Projections(*(tensor.float() for tensor in vars(maps).values()))
    double_error, double_room = broken(x, maps, order)
    single_error, single_room = broken(x.float(), single, order)
    masked_error, _ = broken(x, maps, order, causal=True)
    numbers = (
        Number("before or after, in double precision", double_error, ".1e"),
        Number("before or after, in single precision", single_error, ".1e"),
        Number("before or after, with a causal mask", masked_error),
    )

    return Finding(
        numbers,
        holds=double_error <= double_room and single_error <= single_room,
        says=f"Shuffling before or after the layer differs by {numbers[0].text} in double precision and by "
        f"{numbers[1].text} in single; under a causal mask, which knows positions, by {numbers[2].text}.",
    )


def broken(x: Tensor, maps: Projections, order: Tensor, causal: bool = False) -> tuple[float, float]:
    """How far the layer is from commuting with a shuffle, and how far rounding alone may bring it."""
    allowed = masks.causal(x.shape[1]) if causal else None
    before, after = self_attend(x, maps, allowed), self_attend(x[:, order], maps, allowed)
    error = largest(after.attention.output - before.attention.output[:, :, order])
    return error, rounding(before.attention, before.values)


@claim(
    said="Self-attention is permutation invariant.",
    verdict="wrong",
    instead="The layer is equivariant: its outputs move along with the tokens. Their mean is invariant.",
    sources=("lee2019",),
)
def invariant(x: Tokens, maps: Projections, seed: int) -> Finding:
    """How far the outputs move when every token moves up one place, and how far their mean over tokens does."""
    x, maps = exact(x), exact_maps(maps)
    before = self_attend(x, maps)
    after = self_attend(x.roll(1, dims=1), maps)
    moved = Number("outputs move by", largest(after.attention.output - before.attention.output))
    mean = Number("their mean moves by", largest((after.attention.output - before.attention.output).mean(2)), ".1e")
    unseen = rounding(before.attention, before.values)

    reason = "" if moved.value > unseen else ", because all your outputs are equal"
    return Finding(
        (moved, mean),
        holds=mean.value <= unseen < moved.value,
        says=f"When every token moves up one place, the outputs change by {moved.text} and their mean by "
        f"{mean.text}{reason}.",
    )
