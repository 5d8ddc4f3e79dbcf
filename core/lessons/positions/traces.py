"""What lesson 6 computes, in order: each tensor with its formula and with what there is to see in it.

First on a sentence and a real model's own positions, then by hand. Names in braces are those of the two `Lesson`s.
"""

from dataclasses import dataclass

from jaxtyping import Float
from torch import Tensor

from core.attention import SelfAttentionTrace
from core.models.embedding import EmbeddingTrace
from core.numerals import listed
from core.trace import part, step


@dataclass(frozen=True)
class TableTrace:
    """What training made of the table of places."""

    nearness: Float[Tensor, "batch places places"] = step(
        r"\frac{P_i P_j^\top}{\lVert P_i\rVert\,\lVert P_j\rVert}",
        title="How alike two places are",
        source="wang2020",
        says="How alike the rows of two places of the table are: where {q} and {k} were typed, their cosine is "
        "{nearness[q,k]:.2f}. Nobody told the table what near means; training did.",
        also="cosine",
    )
    by_distance: Float[Tensor, "batch table distances"] = step(
        r"\operatorname{mean}_{t}\left(\operatorname{cosine}\left(P_{t}, P_{t+n}\right)\right)",
        title="How alike, by distance",
        source="wang2020",
        says="The mean cosine of all rows so far apart: {neighbours:.2f} for neighbours, {three_apart:.2f} three apart and "
        "{five_apart:.2f} five. It does not only fall.",
    )


@dataclass(frozen=True)
class AnswerTrace:
    """What the whole model makes of it."""

    looks_back: Float[Tensor, "batch layers heads"] = step(
        r"\operatorname{mean}_{t}\left(A_{t,t-1}\right)",
        title="All heads that look back, as typed",
        source="clark2019",
        says="What each head spends on the token before. As typed the strongest spends {strongest:.2f}.",
    )
    looks_back_now: Float[Tensor, "batch layers heads"] = step(
        r"\operatorname{mean}_{t}\left(A_{t,t-1}\right)",
        title="All heads that look back, now",
        source="clark2019",
        says="With the positions as they are now it is {strongest_now:.2f}.",
    )
    moved: Float[Tensor, "batch depth tokens"] = step(
        r"\frac{\lVert Z_{\mathrm{now}}-Z\rVert}{\lVert Z\rVert}",
        title="What becomes of the sentence",
        source="devlin2019",
        says="How far each token's vector moved, layer by layer, in lengths of what it was as typed: {moved_last:.2f} behind "
        "the last layer, on average. The mean vectors of the sentence have a cosine of {likeness:.3f} with those as typed.",
    )


@dataclass(frozen=True)
class SwappedTrace(AnswerTrace):
    """The same where two tokens have each other's place: to the whole model, as if they were typed in the other order."""

    alone: Float[Tensor, "batch alone tokens"] = step(
        r"\frac{\lVert Y_{\mathrm{now}}-Y\rVert}{\lVert Y\rVert}",
        title="Lesson 5 again: one layer",
        source="lee2019",
        says="Type “{first}” and “{second}” in the other order, and follow each token to its new place. One layer, on the "
        "vectors that enter it, moves no output by more than {alone_most:.0e} of its length: all go along. The whole model "
        "adds places first, and the vectors of all other tokens move by {others:.2f} of their length.",
    )


@dataclass(frozen=True)
class PlacedTrace:
    """From words and places to one head's weights, and what the whole model makes of it."""

    embedding: EmbeddingTrace = part()
    table: TableTrace = part()
    head: SelfAttentionTrace = part()
    answer: AnswerTrace = part()


@dataclass(frozen=True)
class CodeTrace:
    """Positions as clock hands."""

    angles: Float[Tensor, "batch places pairs"] = step(
        r"t\,\text{base}^{-2i/D}",
        title="How far each hand has turned",
        source="vaswani2017",
        says=lambda result: (
            "A place is told by one clock hand, which turns by 1 radian from a place to the next."
            if result.n_hands == 1
            else "A place is told by {n_hands} clock hands. The first turns by 1 radian from a place to the next, each "
            "further one more slowly, the last by {slowest:.2g}."
        ),
        also="phases",
    )
    codes: Float[Tensor, "batch places d_model"] = step(
        r"\left[\sin\left(<angles>\right),\cos\left(<angles>\right)\right]",
        title="Sinusoidal positions",
        source="vaswani2017",
        says="The sine and the cosine of a hand are two numbers of the code. Their squares add up to 1, so all codes are "
        "equally long.",
        also="positional encoding",
    )
    similarity: Float[Tensor, "batch places places"] = step(
        "PP^\\top",
        title="Position times position",
        source="vaswani2017",
        says="Place times place: along each diagonal stands one number, only the distance counts.",
        also="Gram matrix",
    )
    shifted: Float[Tensor, "batch places d_model"] = step(
        "PR_n",
        title="One rotation moves every place",
        source="vaswani2017",
        says=lambda result: (
            "One rotation moves every place by n = {offset}: each hand turns by its own angle, whatever the place. It hits "
            "the code of the place moved to with an error of {rotation_error:.1e}."
            if result.settings.offset
            else "For each n one rotation moves every place by n. With n = 0 no hand turns."
        ),
    )


@dataclass(frozen=True)
class CombinedTrace:
    """Positions added to tokens, and joined to them."""

    x: Float[Tensor, "batch tokens d_embedded"] = step("X", title="The tokens as vectors", source="vaswani2017")
    positions: Float[Tensor, "batch tokens d_embedded"] = step("P", title="Their positions", source="vaswani2017")
    summed: Float[Tensor, "batch tokens d_embedded"] = step(
        "<x> + <positions>",
        title="Added",
        source="vaswani2017",
        says="The Transformer adds the code to the word.",
        also="input embeddings",
    )
    joined: Float[Tensor, "batch tokens joined_dim"] = step(
        r"\left[<x>;<positions>\right]",
        title="Joined",
        source="vaswani2017",
        also="concatenated",
        ours="to compare; the paper adds",
    )
    mapped: Float[Tensor, "batch tokens d_model"] = step(
        r"<joined>\begin{bmatrix}W_x\\W_p\end{bmatrix}",
        title="Joined, then mapped",
        source="vaswani2017",
        says="Joined and then mapped by W, the two give what each mapped by its own half of W and then added gives, to within "
        "{joining_error:.1e}.",
    )
    added: Float[Tensor, "batch tokens d_model"] = step(
        "<x>W_x + <positions>W_p",
        title="Mapped each, then added",
        source="vaswani2017",
        says="Adding first is joining with one map for both, W_x = W_p.",
    )


@dataclass(frozen=True)
class RotaryTrace:
    """A query and a key that turn with their places."""

    queries: Float[Tensor, "batch heads queries head_dim"] = step("q", title="The query", source="su2021")
    keys: Float[Tensor, "batch heads keys head_dim"] = step("k", title="The key", source="su2021")
    rotated_queries: Float[Tensor, "batch heads queries head_dim"] = step(
        r"<queries>R_i",
        title="The query, turned by its place i",
        source="su2021",
        says="RoPE adds nothing. It turns the query by its place i and the key by its place j, pair by pair. Lengths stay as "
        "they were, to within {length_error:.1e}.",
        also="rotary embedding",
    )
    rotated_keys: Float[Tensor, "batch heads keys head_dim"] = step(
        r"<keys>R_j",
        title="The key, turned by its place j",
        source="su2021",
        says=lambda result: (
            f"Here all numbers of {listed(result.zeros)} are 0: nothing is there to turn." if result.zeros else ""
        ),
    )
    scores: Float[Tensor, "batch heads queries keys"] = step(
        r"<rotated_queries>\left(<rotated_keys>\right)^\top", title="RoPE's score", source="su2021"
    )
    added_scores: Float[Tensor, "batch heads queries keys"] = step(
        r"(<queries> + p_i)(<keys> + p_j)^\top", title="Score with sinusoids p added", source="vaswani2017"
    )


@dataclass(frozen=True)
class BiasTrace:
    """What is added to scores by distance, where nothing is added to vectors."""

    penalty: Float[Tensor, "batch heads places places"] = step(
        r"-2^{-(\text{head}+1)}\,\lvert i-j\rvert",
        title="ALiBi: a penalty by distance",
        source="press2022",
        says="Two ways that leave vectors alone and add to scores. ALiBi: a penalty that grows with distance; in head 0 of "
        "8, which is shown, by 1/2 for each place, in each further head half as fast.",
        also="linear bias",
    )
    buckets: Float[Tensor, "batch places places"] = step(
        r"\operatorname{bucket}(j-i)",
        title="T5: the bucket of each distance",
        source="raffel2020",
        says=lambda result: (
            "T5: one trained number per head for each bucket of distances; "
            + (
                "further ones would share."
                if result.shared_from is None
                else "from {shared_from} on, several share one."
            )
        ),
        also="relative bias",
    )


@dataclass(frozen=True)
class Trace:
    """The whole lesson by hand."""

    code: CodeTrace = part()
    combined: CombinedTrace = part()
    rotary: RotaryTrace = part()
    biases: BiasTrace = part()
