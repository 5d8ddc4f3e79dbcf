"""The steps of lesson 9: one block, tensor by tensor, and what becomes of tokens through all of them."""

from collections.abc import Iterator
from typing import Any

from core.lessons.block.norms import AGAIN, GAINED, NORMS, TOLD
from core.listing import ran
from core.trace import steps
from core.transformer.norms import IN_A_NORM
from pages.parts.figures import Curves, Matrix, Table, limit, tables
from pages.parts.lesson import Scene, StepDeclared, step
from pages.parts.number_table import NumberTable
from pages.parts.step_viewer import Computation

UNIT = ((1, 0, 0, 0), (0, 1, 0, 0), (0, 0, 1, 0), (0, 0, 0, 1))
TABLES = (
    NumberTable("x", "X", "", ((2, 0, 0, 2), (0, 4, 0, 0), (1, 2, 3, 2)), ("cat", "sat", "mat")),
    NumberTable("other", "X, other text", "", ((0, 0, 4, 0), (1, 1, 0, 2)), ("dog", "ran")),
    NumberTable("wq", "W_Q", "query", UNIT),
    NumberTable("wk", "W_K", "key", UNIT),
    NumberTable("wv", "W_V", "value", UNIT),
    NumberTable("w1", "W₁", "", ((1, 0, 0, -1, 0, 1), (0, 1, 0, 0, -1, 1), (0, 0, 1, 1, 0, -1), (1, 0, 0, 0, 1, -1))),
    NumberTable("w2", "W₂", "output", (*UNIT, (0, 1, 0, -1), (1, 0, -1, 0))),
)
NORM_HELP = "In the place of both LayerNorms, with the gain and the shift that they have. Nothing is trained anew."
DEPTH = "layers ↓ · tokens →"
BEHIND = "behind how many layers ↓ · tokens →"


def of_one_block(scene: Scene) -> Iterator[StepDeclared]:
    """The tensors of the block that is looked into, in the order in which it computes them."""
    chosen, result, first = scene.chosen, scene.result, scene.given.place == "pre"
    gone = set(chosen.without)
    n_heads = result.trace.block.attention.queries.shape[1]
    numbers: dict[str, Any] = {
        "layer": chosen.layer,
        "wide": result.wide,
        "hidden": result.hidden_units,
        "n_heads": n_heads,
    }
    yield step(
        "Z",
        tables(Table("resid_pre", "Z")),
        "Layer {layer} is given {wide} numbers for each token: the token itself and all that the layers before have added."
        if chosen.layer
        else "The first layer is given {wide} numbers for each token.",
        **numbers,
    )
    if first and "norm" not in gone:
        yield normed(scene, "norm", "before attention")
    yield step(
        "attention",
        tables(Table("resid_pre", "Z"), Table("mixed", "attention", "output")),
        (
            "What attention brings, all {n_heads} heads mixed by W_O, as in lesson 8"
            if n_heads > 1
            else "What the one head of attention brings"
        )
        + ": {wide} numbers again, so that they can be added."
        + (" You took it out: nothing of it is added." if "attention" in gone else ""),
        operator="attend",
        title="What attention brings",
        **numbers,
    )
    yield step(
        "add",
        tables(Table("resid_pre", "Z"), Table("mixed", "attention", "output"), Table("resid_mid", "sum")),
        "You took attention out: the token stays as it came."
        if "attention" in gone
        else "You took the skip out: what came in is gone, and only what attention brings goes on."
        if "skip" in gone
        else "The skip: what came in is added to what attention brings. The token keeps what it was, and gets something new.",
        shows="resid_mid",
        operator="+",
        **numbers,
    )
    if "norm" not in gone:
        of = "what goes on" if {"attention", "skip"} & gone else "the sum"
        yield again(scene, "norm 2", "resid_mid", "normed_mid") if first else normed(scene, "norm", of)
    if "MLP" not in gone:
        yield from of_the_network(scene, numbers)
    if not first and "norm" not in gone:
        yield again(scene, "norm 2", "resid_sum", "resid_post")


def of_the_network(scene: Scene, numbers: dict[str, Any]) -> Iterator[StepDeclared]:
    """From the normalised tokens through the MLP to the second sum."""
    first, gone = scene.given.place == "pre", set(scene.chosen.without)
    added_to = "resid_mid" if first else "normed_mid"
    summed = "resid_post" if "resid_sum" not in scene.tensors else "resid_sum"
    yield step(
        "wide",
        tables(Table("ff_pre", "hidden")),
        "The MLP: one matrix makes {hidden:,} numbers of each token's {wide}. It is the same for all; no token hears of another. "
        f"Of the {{learned:,}} numbers that the block {'has learned' if scene.given.trained else 'could learn'}, "
        "{network_share:.0%} are the MLP's.",
        operator="W₁",
        title="Widened",
        **numbers,
    )
    yield step(
        "GELU",
        tables(Table("ff_pre", "before"), Table("ff_post", "after")),
        "GELU leaves what is large and takes what is below 0 to nearly nothing. Of the {hidden:,} numbers of {q}, "
        "{opened[q,k]:.0f} are above 0.",
        shows="ff_post",
        title="Bent",
        **numbers,
    )
    yield step(
        "MLP",
        tables(Table("ff_out", "MLP", "output")),
        "A second matrix narrows them to {wide} again: what the MLP adds.",
        operator="W₂",
        **numbers,
    )
    yield step(
        "add 2",
        tables(Table(added_to, "stream"), Table("ff_out", "MLP", "output"), Table(summed, "sum")),
        "You took the skip out: only what the MLP makes goes on."
        if "skip" in gone
        else "The second skip. "
        + (
            "This goes out as it is: nothing ever normalises the stream itself."
            if first
            else "This goes out as it is: you took the norms out."
            if "norm" in gone
            else "One norm still follows."
        ),
        shows=summed,
        operator="+",
        title="The network added",
        **numbers,
    )


def normed(scene: Scene, label: str, of: str) -> StepDeclared:
    """The norm of the attention half from inside."""
    inside, kind = scene.result.norm, scene.chosen.norm
    code, made, scaled, says = TOLD[kind]
    place = (
        "first: pre-norm, as in models of today"
        if scene.given.place == "pre"
        else "last: post-norm, as in 2017 and in BERT"
    )
    shown = (("entering", of), ("standard", made), ("scaled_norm", scaled))
    return step(
        label,
        tables(*(Table(name, title) for name, title in shown)),
        says + " This block normalises {place}.",
        ("scaled_norm", *(each for each in ("mean", "deviation", "size") if hasattr(inside, each)), "standard"),
        title=NORMS[kind],
        instead=Computation(steps(inside), "scaled_norm", (ran(code),), IN_A_NORM),
        wide=scene.result.wide,
        n_batch=scene.given.x.shape[1] + scene.given.other.shape[1],
        place=place,
        gained=GAINED[kind][scene.given.trained],
    )


def again(scene: Scene, label: str, before: str, after: str) -> StepDeclared:
    """The second norm."""
    goes_out, last = after == "resid_post", scene.chosen.layer == scene.given.n_layers - 1
    changed = scene.chosen.without or scene.chosen.norm != "layer"
    if goes_out and changed:  # the layers before and behind are shown as the model has them
        then = f"This is what {'the last layer would hand out' if last else 'the next layer would be given'}."
    elif goes_out:
        then = f"This is what {'the last layer hands out' if last else 'the next layer is given'}."
    elif "MLP" in scene.chosen.without:
        then = "You took out the MLP, which would read this; the stream stays as it was."
    else:
        then = "The MLP reads this; the stream stays as it was."
    return step(
        label,
        tables(Table(before, "before"), Table(after, "after")),
        f"Normalised once more, with {AGAIN[scene.chosen.norm][scene.given.trained]}. {then}",
        shows=after,
        title="What goes out" if goes_out else "Normalised again",
    )


def of_the_stack(scene: Scene) -> Iterator[StepDeclared]:
    """What becomes of tokens through all layers, what the parts are for, and who hears whom."""
    layers: dict[str, Any] = {"rows": "layers", "columns": "keys", "scale": "share", "labelled": True, "axes": DEPTH}
    # a few vectors are so long that all others would be pale beside them
    most = max(limit(scene.tensors[name], 90) for name in ("attention_adds", "mlp_adds"))
    depth: dict[str, Any] = layers | {"rows": "depth", "scale": "signed", "limit": 1, "axes": BEHIND}
    yield step(
        "stream",
        tables(
            Table("attention_adds", "attention adds", limit=most, **layers),
            Table("mlp_adds", "MLP adds", limit=most, **layers),
            readout="plain",
        ),
        operator="all layers",
        title="What each layer adds, token by token",
    )
    yield step(
        "itself",
        tables(Table("to_itself", "to itself", **depth), Table("to_others", "to the others", **depth), readout="plain"),
        title="How like itself, how like the others",
    )
    yield step(
        "alike", Matrix("alike", "signed", limit=1, corner="cosine", readout="plain", axes="tokens ↓ · tokens →")
    )
    if scene.given.classifier:
        yield step("lens", Curves("lens", "classes", "behind how many layers", "probability"))
    curves: dict[str, Any] = {"across": "behind how many layers", "up": "spread"}
    yield step(
        "taken out",
        Curves("spreads", "variants", **curves),
        operator="without",
        title="" if scene.given.trained else "Parts taken out of your block",
    )
    yield step("toy", Curves("toy_spreads", "toys", **curves), shows="toy_spreads")
    yield step("answer", answers(scene), shows="answers")
    pairs: dict[str, Any] = {"columns": "keys", "scale": "share", "axes": "moved ↓ · pushed →"}
    parts = (("coupling_norm", "norm"), ("coupling_mlp", "MLP"), ("coupling_attention", "attention"))
    yield step(
        "coupling",
        tables(*(Table(name, label, **pairs) for name, label in parts), readout="plain"),
        operator="push",
        title="Who hears whom, part by part",
    )
    yield step(
        "batch",
        tables(Table("under_layer_norm", "LayerNorm"), Table("under_batch_norm", "BatchNorm")),
        operator="beside",
        title="Other tokens join the batch",
    )


def answers(scene: Scene) -> Any:
    """The vectors of a sentence, or what is read from a picture, a row for each variant."""
    if not scene.result.likeliest:
        return tables(
            Table("answers", "sentence vector", "output", rows="variants", labelled=True, axes="variants ↓ · numbers →")
        )
    words = tuple(scene.result.likeliest)
    return Matrix(
        "answers",
        "weights",
        rows="variants",
        columns="numbers",
        words=words,
        axes="variants ↓ · likeliest first →",
        readout="plain",
    )
