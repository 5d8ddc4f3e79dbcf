"""What lesson 9 computes, in order: each tensor with its formula and with what there is to see in it.

Names in braces are those of `core.lessons.block.Lesson`.
"""

from dataclasses import dataclass
from typing import Final

from jaxtyping import Float
from torch import Tensor

from core.trace import part, step, unshown
from core.transformer.block import BlockTrace, NormPlace
from core.transformer.norms import AnyNorm

WRITTEN: Final[dict[AnyNorm, str]] = {"layer": "LN", "rms": "RMSNorm", "batch": "BN"}


def of_each(pre: str, post: str = "") -> dict[str, str]:
    """A formula of blocks that normalise first, by that and by the kind of their norm. post: where they normalise last."""
    places: dict[NormPlace, str] = {"pre": pre, "post": post or pre}
    return {
        f"{place}, {kind}": formula.replace(r"\operatorname{LN}", rf"\operatorname{{{norm}}}")
        for place, formula in places.items()
        for kind, norm in WRITTEN.items()
    }


@dataclass(frozen=True)
class StackTrace:
    """What becomes of the tokens through all blocks.

    norm_place, norm   where the blocks normalise, and how the one that is looked into does.
    """

    norm_place: NormPlace = unshown()
    norm: AnyNorm = unshown()
    attention_adds: Float[Tensor, "batch layers tokens"] = step(
        {
            "pre": r"\lVert\operatorname{attention}\left(\operatorname{LN}\left(Z\right)\right)\rVert",
            "post": r"\lVert\operatorname{attention}\left(Z\right)\rVert",
        },
        title="What attention adds, by layer",
        source="elhage2021",
        says="How long the vector is that attention adds to each token, layer by layer: {attention_mean:.2f} on average.",
        by="norm_place",
    )
    mlp_adds: Float[Tensor, "batch layers tokens"] = step(
        r"\lVert\operatorname{MLP}\left(\operatorname{LN}\left(Z_{\mathrm{mid}}\right)\right)\rVert",
        title="What the MLP adds, by layer",
        source="elhage2021",
        says="The MLP adds {mlp_mean:.2f} on average, to tokens that come in with a length of {length_mean:.2f}. The longest "
        "of all is {longest}.{whole}",
    )
    to_itself: Float[Tensor, "batch depth tokens"] = step(
        r"\operatorname{cosine}\left(Z, Z_0\right)",
        title="How like itself a token stays",
        source="dong2021",
        says="The cosine of each token with what it was before the first layer: behind the last it is {itself_last:.2f} on "
        "average.",
    )
    to_others: Float[Tensor, "batch depth tokens"] = step(
        r"\operatorname{mean}_{j}\left(\operatorname{cosine}\left(Z_{i}, Z_{j}\right)\right)",
        title="How like the others it is",
        source="dong2021",
        says="Its mean cosine with all others goes from {others_first:.2f} to {others_last:.2f}.",
    )
    alike: Float[Tensor, "batch queries keys"] = step(
        r"\frac{ZZ^\top}{{\lVert Z\rVert}\,{\lVert Z\rVert}^\top}",
        title="How alike tokens are",
        source="dong2021",
        says="Behind {depth} of {all_layers}, {q} and {k} have a cosine of {alike[q,k]:.2f}.",
    )
    spreads: Float[Tensor, "batch variants depth"] = step(
        r"\operatorname{size}\left(Z - \operatorname{mean}\left(Z\right)\right)/\operatorname{size}\left(Z\right)",
        title="Parts taken out of the real model",
        source="dong2021",
        says="The spread: how much of the tokens tells them apart, as a share of their length; 0 = all equal. A minus says what "
        "is taken out, att. is attention alone. Behind the last layer it is {no_skips} without skips, "
        "{as_it_is} as the model is, {no_mlps} without MLPs.",
        also="residual of rank 1",
    )
    toy_spreads: Float[Tensor, "batch toys toy_depth"] = step(
        r"\operatorname{size}\left(Z - \operatorname{mean}\left(Z\right)\right)/\operatorname{size}\left(Z\right)",
        title="The same of twelve layers that nobody trained",
        source="dong2021",
        says="A toy: {toy_tokens} random tokens of {toy_width} numbers, twelve blocks of random weights. {toy_told} The claims "
        "below measure your own tokens, in such blocks and in the model's: other tokens, other shares.",
    )
    answers: Float[Tensor, "batch variants answer"] = step(
        r"\frac{\operatorname{mean}\left(Z\right)}{\lVert\operatorname{mean}\left(Z\right)\rVert}",
        title="What is read from the last layer",
        source="reimers2019",
        says="{answered}",
    )
    coupling_norm: Float[Tensor, "batch queries keys"] = step(
        of_each(
            r"\lVert\operatorname{Jacobian}_{\operatorname{LN}}\left(Z\right)u\rVert",
            r"\lVert\operatorname{Jacobian}_{\operatorname{LN}}\left(Z_{\mathrm{mid}}\right)u\rVert",
        ),
        title="Who hears whom in the norm",
        source="ba2016",
        by="normalised",
    )
    coupling_mlp: Float[Tensor, "batch queries keys"] = step(
        of_each(
            r"\lVert\operatorname{Jacobian}_{\operatorname{MLP}}\left(\operatorname{LN}\left(Z_{\mathrm{mid}}\right)\right)u\rVert"
        ),
        title="Who hears whom in the MLP",
        source="vaswani2017",
        by="normalised",
    )
    coupling_attention: Float[Tensor, "batch queries keys"] = step(
        of_each(
            r"\lVert\operatorname{Jacobian}_{\operatorname{attention}}\left(\operatorname{LN}\left(Z\right)\right)u\rVert",
            r"\lVert\operatorname{Jacobian}_{\operatorname{attention}}\left(Z\right)u\rVert",
        ),
        title="Who hears whom in attention",
        source="vaswani2017",
        says="Push {k} a little, in a direction drawn from the seed: {q} moves by {coupling_norm[q,k]:.2f} in the norm, by "
        "{coupling_mlp[q,k]:.2f} in the MLP and by {coupling_attention[q,k]:.2f} in attention, per unit of the push. {between}"
        "{whole}",
        also="Jacobian, token by token",
        by="normalised",
    )
    under_layer_norm: Float[Tensor, "batch tokens d_model"] = step(
        {
            "pre": r"\operatorname{LN}\left([Z; Z_{\mathrm{other}}]\right) - \operatorname{LN}\left(Z\right)",
            "post": r"\operatorname{LN}\left([Z_{\mathrm{mid}}; Z_{\mathrm{other}}]\right)"
            r" - \operatorname{LN}\left(Z_{\mathrm{mid}}\right)",
        },
        title="LayerNorm, with other tokens in the batch, minus without",
        source="ba2016",
        by="norm_place",
    )
    under_batch_norm: Float[Tensor, "batch tokens d_model"] = step(
        {
            "pre": r"\operatorname{BN}\left([Z; Z_{\mathrm{other}}]\right) - \operatorname{BN}\left(Z\right)",
            "post": r"\operatorname{BN}\left([Z_{\mathrm{mid}}; Z_{\mathrm{other}}]\right)"
            r" - \operatorname{BN}\left(Z_{\mathrm{mid}}\right)",
        },
        title="BatchNorm, with other tokens in the batch, minus without",
        source="ioffe2015",
        says="{beside} joins the batch. LayerNorm moves no number by more than {layer_moved:.0e}. BatchNorm {batch_told}"
        "{edit_it}{whole}",
        by="norm_place",
    )

    @property
    def normalised(self) -> str:
        """What the formulas of the block that is looked into depend on."""
        return f"{self.norm_place}, {self.norm}"


@dataclass(frozen=True)
class PictureTrace(StackTrace):
    """The same of a picture, with what the class token would answer behind every block."""

    answers: Float[Tensor, "batch variants answer"] = step(
        r"\operatorname{largest}\left(\operatorname{softmax}\left(\frac{"
        r"\operatorname{class}\left(\operatorname{LN}\left(Z\right)\right)W_C + b_C}{T}\right)\right)",
        title="What is read from the last layer",
        source="dosovitskiy2021",
        says="{answered}",
    )
    lens: Float[Tensor, "batch classes depth"] = step(
        r"\operatorname{softmax}\left(\frac{\operatorname{class}\left(\operatorname{LN}\left(Z\right)\right)W_C + b_C}{T}\right)",
        title="The answer read too early, behind every block",
        source="nostalgebraist2020",
        says="The head that reads the class token behind the last block, put behind every block: before the first it says "
        "{lens_first}, behind the last {lens_last}. It was trained on the last alone.",
        also="logit lens",
    )


@dataclass(frozen=True)
class Trace:
    """One block, and all of them."""

    block: BlockTrace = part()
    stack: StackTrace = part()
