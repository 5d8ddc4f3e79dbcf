"""What lesson 13 computes on a few numbers, in order: each tensor with its formula and with what there is to see in it.

Names in braces are those of `Lesson`.
"""

from dataclasses import dataclass

from jaxtyping import Float
from torch import Tensor

from core.trace import step


@dataclass(frozen=True)
class NormsTrace:
    """Vectors that are scaled and shifted, and what two norms make of them."""

    x: Float[Tensor, "batch tokens d_model"] = step("X", title="The tokens as vectors", source="vaswani2017")
    moved: Float[Tensor, "batch tokens d_model"] = step(
        r"\text{scale}<x> + \text{shift}",
        title="Scaled and shifted",
        source="zhang2019",
        says="All numbers times {scale:.2f}, and {shift:.2f} is added to each.",
        ours="to see which norm takes notice",
    )
    layered_before: Float[Tensor, "batch tokens d_model"] = step(
        r"\operatorname{LN}\left(<x>\right)", title="LayerNorm of the tokens as they were", source="ba2016"
    )
    layered: Float[Tensor, "batch tokens d_model"] = step(
        r"\operatorname{LN}\left(<moved>\right)",
        title="LayerNorm",
        source="ba2016",
        says="LayerNorm (2017) takes each row's mean away and divides by its standard deviation: {layer_says}.",
    )
    rooted_before: Float[Tensor, "batch tokens d_model"] = step(
        r"\operatorname{RMS}\left(<x>\right)", title="RMSNorm of the tokens as they were", source="zhang2019"
    )
    rooted: Float[Tensor, "batch tokens d_model"] = step(
        r"\operatorname{RMS}\left(<moved>\right)",
        title="RMSNorm",
        source="zhang2019",
        says="RMSNorm (today) only divides, by the root of the mean square: {root_says}.",
    )


@dataclass(frozen=True)
class SkipsTrace:
    """A block of each kind around the same small network F."""

    pre: Float[Tensor, "batch tokens d_model"] = step(
        r"<x> + \operatorname{F}\left(\operatorname{LN}\left(<x>\right)\right)",
        title="Pre-norm: the norm stands inside",
        source="xiong2020",
        says="Pre-norm (today) normalises what F, a small network, reads: {pre_says}.",
    )
    post: Float[Tensor, "batch tokens d_model"] = step(
        r"\operatorname{LN}\left(<x> + \operatorname{F}\left(<x>\right)\right)",
        title="Post-norm: the norm stands behind the sum",
        source="vaswani2017",
        says="Post-norm (2017) normalises the sum: {post_says}.",
    )
    again: Float[Tensor, "batch tokens d_model"] = step(
        r"\operatorname{LN}\left(<post> + \operatorname{F}\left(<post>\right)\right)",
        title="A second post-norm block",
        source="vaswani2017",
        says="A second post-norm block {again_says}.",
    )


@dataclass(frozen=True)
class GateTrace:
    """SwiGLU, panel by panel."""

    gate: Float[Tensor, "batch tokens d_ff"] = step(
        r"\operatorname{SiLU}\left(<x>W_1\right)", title="The gate", source="shazeer2020"
    )
    up: Float[Tensor, "batch tokens d_ff"] = step("<x>W_3", title="What the gate lets through", source="shazeer2020")
    gated: Float[Tensor, "batch tokens d_ff"] = step(
        r"<gate> \odot <up>",
        title="Number by number",
        source="shazeer2020",
        says="Two maps in place of one, {hidden} hidden numbers each, and their products: the first, bent, is a gate for the "
        "second. {doubled_says}. CS231n's slide has other letters: there the second map is W_2, and W_3 leads out.",
    )
    down: Float[Tensor, "batch tokens d_model"] = step(
        r"\left(<gated>\right)W_2", title="Back to the width of a token", source="shazeer2020"
    )


@dataclass(frozen=True)
class ProductTrace:
    """The product of two numbers, and what two kinds of networks make of it."""

    product: Float[Tensor, "batch first second"] = step("ab", title="The product a · b", source="shazeer2020")
    by_gate: Float[Tensor, "batch first second"] = step(
        r"\operatorname{SiLU}\left(a\right)b + \operatorname{SiLU}\left(-a\right)\left(-b\right)",
        title="By two units of SwiGLU",
        source="shazeer2020",
        says="Two units of SwiGLU are the product itself, to within {gate_error:.0e} in double precision.",
        ours="weights written down, not trained",
    )
    by_relu: Float[Tensor, "batch first second"] = step(
        r"\operatorname{ReLU}\left([a;b]W_1\right)W_2",
        title="By ReLU",
        source="vaswani2017",
        says="The best that {units} ReLU units without biases do, in directions all around, misses it by {relu_error:.2f}, "
        "mean squared error: a ReLU network doubles where its input doubles, and a product grows fourfold.",
        ours="directions evenly around, the last map by least squares",
    )


@dataclass(frozen=True)
class MemoryTrace:
    """What is left of so many pairs of a key and a value in a table of fixed size."""

    state: Float[Tensor, "batch head_dim value_dim"] = step(
        r"K^\top V",
        title="What linear attention keeps",
        source="katharopoulos2020",
        says="Linear attention adds each key times its value to one table of {width} × {width} numbers, and a query is "
        "multiplied with it. {kept:,} pairs are in there.",
        ours="without a map of the keys and without its sum",
        also="fast weights",
    )
    corrected: Float[Tensor, "batch head_dim value_dim"] = step(
        r"\text{state} + \text{rate}\,k^\top\left(v - k\,\text{state}\right)",
        title="What the delta rule keeps",
        source="schlag2021",
        says="The delta rule first looks up what the table already says for the key, and writes only what is missing.",
        also="DeltaNet",
    )
