"""What the sentence lab says of the heads that it shows: what was done to the numbers, and what stands out."""

from core.analysis.head_statistics import INDUCTION, SPREAD, even_share, is_there
from core.direction import begins_right
from core.lessons import text_attention
from core.lessons.text_attention import TextAttention
from core.models import device
from core.models.loaded import LoadedModel
from core.models.reading import Reading
from core.numerals import layers_of_heads

GRID_SIDE = 128  # cells of a small picture, at most
RANKED = 9
NOTHING_THERE = {
    "punctuation": "There is no punctuation in this text",
    "same word elsewhere": "No word stands twice in this text",
    INDUCTION: "No word stands twice in this text with another one between",
    "separator": "This model reads no separator behind this text",
}


def note(found: Reading, seen: TextAttention, shown: str) -> str:
    """What was done to the numbers."""
    said = []
    if shown in ("mean of all", "rollout") and (told := seen.stack.told):
        said.append(told)
    if shown == "rollout":
        said.append(
            "All layers together: the mean of each layer's heads, half and half with what a token keeps of itself (the residual "
            "path), multiplied layer by layer (Abnar and Zuidema 2020)."
        )
    if seen.measure != "weight":
        said.append("Weight × ‖v‖, how long the value of the key is: how much arrives, each row as shares of 1.")
    if not seen.untouched:
        said.append("Pieces of a word: summed over keys, averaged over queries. What went to hidden tokens is missing.")
    if begins_right(seen.asked.pieces):
        said.append("The columns of the matrix begin at the left.")
    sinks = seen.measure == "weight"
    if sinks and any(record.way is not None and record.way.sinks is not None for record in getattr(found, seen.kind)):
        said.append("A sink of each head takes its share and delivers nothing, so that a row sums to less than 1.")
    return " ".join(
        said or ["One scale for all: 0 to 1. Shift-click words above (by touch: “Add up words”) to add up their rows."]
    )


def sink_said(found: Reading, seen: TextAttention) -> str:
    """What the whole model spends on its first token, and what that delivers."""
    whole = text_attention.first_token(found, seen.kind)
    most = int(whole.weight.argmax())
    return (
        f"Of all weight “{seen.asked.pieces[0]}” gets {whole.weight.mean():.0%}, of weight × ‖v‖ {whole.shares.mean():.0%}; most "
        f"in layer {seen.stack.numbers[most]}: {whole.weight[most]:.0%} and {whole.shares[most]:.0%}."
    )


def found_said(seen: TextAttention, looked_for: str) -> str:
    """Which heads are bright, and what a head would have that looks at nothing in particular."""
    if not is_there(seen.asked, looked_for):
        return f"{NOTHING_THERE.get(looked_for, 'One token has no neighbours')}: no head is marked."
    even = even_share(seen.asked, looked_for, seen.raw.shape[-2], causal=seen.kind == "decoder")
    what = "the most even attention" if looked_for == SPREAD else f"the most attention to: {looked_for}"
    return f"Bright: up to {RANKED} heads with {what}, over all tokens of the model. A head that looks evenly has {even:.2f}."


def caption(
    loaded: LoadedModel, found: Reading, seen: TextAttention, looked_for: str | None, *, in_file: bool = False
) -> str:
    """What the grid shows, and what it was computed with. in_file: where there is no control to choose what is compared."""
    parts = [
        f"{layers_of_heads(seen.n_layers, seen.n_heads)} of {loaded.name} ({loaded.kind}), "
        f"on {device.describe(loaded.device)}."
    ]
    if told := seen.stack.told:
        parts.append(told)
    if not loaded.recorded:
        parts.append(
            "This family brings its own attention, so the weights are those the library returns, without q and k."
        )
    if max(len(seen.rows), len(seen.columns)) > GRID_SIDE:
        parts.append("Each point of a small picture is the strongest weight of those it covers.")
    if seen.measure != "weight":
        parts.append(sink_said(found, seen))
    if looked_for:
        parts.append(found_said(seen, looked_for))
    control = "" if in_file else ", or choose “Compare with”,"
    parts.append(f"Click a head to open it; Shift-click one{control} to see it beside.")
    return " ".join(parts)
