"""Lesson 7: masks. What must a word not be allowed to see?"""

from dataclasses import replace
from functools import partial
from typing import Any

import streamlit as st
from torch import Tensor

from core.attention import attend
from core.attention.projections import ROWS, project
from core.experiments import masks as experiments
from core.experiments.masks.leak import attend_mask_after_softmax, leak
from core.lessons import masks
from core.lessons.masks import KINDS, Settings, allowed_by
from core.lessons.shown import call
from core.listing import ran
from core.trace import steps as steps_of
from pages.lessons.by_hand import masks as by_hand
from pages.parts import learner_input, messages
from pages.parts.controls import Controls, row
from pages.parts.figures import Matrix, mixture, pair_matrix, weights_matrix
from pages.parts.lesson import Lesson, Scene, step
from pages.parts.number_table import NumberTable
from pages.parts.step_viewer import Computation

MASK_SAYS = "causal: no token sees a later one; padding: filler is hidden; band: w on each side are seen; causal band: w before."
REACH_SAYS = "How many layers with this mask lie on top of each other: the last step shows how far a token is heard."
MIXED = " But layers without a mask mixed these before: they hold something of every token. Not so in layer 0."
SEED = 7
AT_MOST = 64  # tokens: the leak meter replaces each of them once
TABLES = (
    NumberTable("x", "X", "", ((1, 0), (0, 1), (1, 1), (2, -1)), ("the", "cat", "sat", "down")),
    *learner_input.SMALL_MAPS,
)
FILLERS, SIDES = 16, ["behind", "before"]
HIDDEN: dict[str, Any] = {"hidden": "allowed", "hiddenWord": "−∞", "margin": "visible"}
REACH: dict[str, Any] = {"scale": "share", "hidden": "reached", "hiddenWord": "not reached", "whole": True}
REACH |= {"corner": "reach", "readout": "plain"}
BEFORE, AFTER = "before softmax", "after softmax"
FILLING = " Rows of [PAD] are computed like all others and never used: no word looks there; one that sees nothing sees itself."
VERDICTS = ("Nothing is hidden, so nothing can leak.", "Nothing leaks.", "The mask leaks.")
ONLY, EVERY, NONE = "only the last", "all of them", "none"

page = Lesson(
    "masks",
    opens_at="weights",
    claims=experiments.CLAIMS,
    sources=("vaswani2017", "luong2015", "beltagy2020", "devlin2019"),
    code=(ran(project, **ROWS), ran(attend)),
)


@page.scene
def scene(ui: Controls) -> Scene | None:
    above = row()
    with above:
        asked = learner_input.ask_head(ui)
        kind = ui.select("Mask", KINDS, "kind", 1, help=MASK_SAYS, width=170)
        padded = ui.slider("Padding tokens", 0, FILLERS, 2, "padded") if "padding" in kind else 0
        left = padded > 0 and ui.one_of("They stand", SIDES, "side") == SIDES[1]
    given = learner_input.head(ui, asked, TABLES, AT_MOST, padded, left)
    if given is None:
        return None
    with above:
        window = ui.up_to("Window w", len(given.tokens) - 1, 2, "window") if "band" in kind else 2
    chosen = choose(ui, len(given.tokens), Settings(kind, window, padded, left))
    result = masks.run(given.x, given.maps, chosen)
    words = given.x.roll(-padded if left else 0, 1)[:, : len(given.tokens) - padded]
    return Scene(
        result,
        tokens={"queries": given.tokens, "keys": given.tokens},
        beside=masks.beside(result),
        shares=frozenset({"early", "wrong"}),
        again=call(masks.shown, given.again, chosen),
        signature=str(given.again.args),
        origin=given.origin + ("" if asked is None else ". BERT itself hides only padding"),
        evidence=(words, given.maps, SEED),
        asks=words.shape[1] >= 2,
        given=(given, asked),
        chosen=chosen,
        divisor=result.trace.queries.shape[-1] ** 0.5,
        on_toggle=partial(toggle, ui, len(given.tokens), chosen),
    )


def choose(ui: Controls, n_tokens: int, mask: Settings) -> Settings:
    """What is measured with a mask, and the cells that were clicked."""
    with ui.more():
        n_layers = ui.slider("Layers stacked, for “reach”", 1, 6, 2, "layers", help=REACH_SAYS, width=180)
        late = ui.one_of("Mask, for “leak”", [BEFORE, AFTER], "way") == AFTER
        clicked = ui.pairs("cells")
        if clicked:
            st.button("Forget my clicks", on_click=ui.write, args=("cells",))
    chosen = replace(mask, flipped=clicked, n_layers=n_layers, after_softmax=late)
    if why := masks.blinds(n_tokens, chosen):
        st.caption(f"The link's cells were ignored: {why}.")
        return replace(chosen, flipped=frozenset())
    return chosen


def toggle(ui: Controls, n_tokens: int, chosen: Settings, asked: int, seen: int) -> None:
    """Hide a cell, or show it again."""
    flipped = chosen.flipped ^ {(asked, seen)}
    if why := masks.blinds(n_tokens, replace(chosen, flipped=flipped)):
        messages.tell(f"Kept as it was: {why}.")
    else:
        ui.write("cells", ",".join(f"{a}.{b}" for a, b in sorted(flipped)))


@page.steps
def steps(scene: Scene):
    result, chosen, (_, asked) = scene.result, scene.chosen, scene.given
    mixed = asked is not None and asked.layer > 0
    everything, seen = result.allowed.numel(), int(result.allowed.sum())
    too_late = Computation(steps_of(result.wrong), "output", (ran(attend_mask_after_softmax),))
    yield step(
        "scores",
        pair_matrix("scaled", "scaled", "QKᵀ ÷ √d"),
        "Every token has a score for every token, also for those it must not see. {n} pairs.",
        shows=("scores", "scaled"),
        n=everything,
    )
    yield step(
        "mask M",
        Matrix("mask", "signed", limit=1, corner="M", cornerNote="0 or −∞", readout="pair", chain="masked", **HIDDEN),
        "{q} may look at {allowed[q]} of {n} tokens. Of all pairs {seen} stay, {gone} are hidden. Press Edit mask and click "
        "a cell to change it.",
        operator="M",
        title="The mask",
        code=ran(allowed_by),
        n=len(result.allowed),
        seen=seen,
        gone=everything - seen,
    )
    yield step(
        "masked",
        pair_matrix("masked", "masked", "+ M", hidden="allowed", margin="visible"),
        "Nothing is hidden, so nothing changes."
        if seen == everything
        else "Hidden scores become −∞. e to the power of −∞ is exactly 0, whatever the score was.",
        operator="+ M",
    )
    yield step(
        "weights",
        weights_matrix(hidden="allowed"),
        ("Each row" if seen == everything else "Hidden tokens get exactly 0, and each row still")
        + " adds up to 1: {q} spends {weights[q,k]:.2f} on {k}, among the "
        "{allowed[q]} it may see." + (FILLING if chosen.padded else ""),
        operator="softmax",
    )
    yield step(
        "output",
        mixture(),
        "The output of {q} is made of the vectors that it may see and of nothing else." + (MIXED if mixed else ""),
        operator="·V",
    )
    yield step(
        "wrong way",
        pair_matrix("wrong", "wrong", "A, cut", "weights", cornerNote="⊙ [allowed]", margin="sum", hidden="allowed"),
        "Nothing is hidden, so that the order makes no difference."
        if seen == everything
        else "Softmax first, mask after: the hidden scores already stand in the denominator. The rows no longer add up to 1, "
        "the worst is left with {smallest_row_sum:.2f}.",
        shows="cut",
        title="Masking after the softmax",
        instead=too_late,
    )
    yield step(
        "leak",
        Matrix(
            "leak", "share", limit=result.leak_scale, corner="leak", cornerNote="output ↓ edited →", readout="plain"
        ),
        "Replace one token (column) and see which outputs (rows) move, and how far. {verdict} A hidden token moves another's "
        "output by at most {hidden_leak:.3g}, with the mask {way} the softmax.",
        shows="cut" if chosen.after_softmax else "masked",
        operator="edit",
        title="The leak meter",
        instead=too_late if chosen.after_softmax else None,
        code=None if chosen.after_softmax else ran(leak),
        verdict=VERDICTS[0 if seen == everything else 1 if result.hidden_leak == 0 else 2],
        way="after" if chosen.after_softmax else "before",
    )
    rule = ""
    if "band" in chosen.kind:
        rule = f"A window of {chosen.window} reaches {chosen.window} further with each layer."
    elif not result.layers_needed.nan_to_num().gt(1).any():
        rule = "Under this mask one layer reaches all that any number of them can: try a band."
    yield step(
        "reach",
        Matrix("layers_needed", limit=float(chosen.n_layers), cornerNote=f"{chosen.n_layers} layers", **REACH),
        "Each number is how many layers a token needs to be heard. Through {layers} such layers {q} hears {reached[q]} tokens. "
        + rule,
        operator="L layers",
        title="How far it reaches",
        layers=chosen.n_layers,
    )


def who(moved: Tensor) -> str:
    """Which outputs moved, in the words of the questions."""
    return {0: NONE, 1: ONLY}.get(int((moved > 0).sum()), EVERY)


@page.question(
    "A causal mask before the softmax. The vector of the last token changes: which outputs of this layer move?",
    (EVERY, ONLY, NONE),
    sets={"kind": "causal", "way": BEFORE, "cells": ""},
    shows="leak",
)
def before(scene: Scene) -> tuple[str, str]:
    given = scene.given[0]
    moved = masks.movers(given.x, given.maps, after_softmax=False)
    return who(moved), f"All earlier outputs move by exactly {moved[:-1].max().item():g}."


@page.question(
    "The same mask, but multiplied in after the softmax. Which outputs move now?",
    (ONLY, EVERY, NONE),
    sets={"kind": "causal", "way": AFTER, "cells": ""},
    shows="leak",
)
def after(scene: Scene) -> tuple[str, str]:
    given = scene.given[0]
    moved = masks.movers(given.x, given.maps, after_softmax=True)
    heard = f"{int((moved > 0).sum())} of {len(moved)} move, the first by {moved[0].item():.3f}"
    return who(moved), f"{heard}: the changed score stands in every row's denominator."


@page.question(
    "BERT reads without a mask up to this layer; here it is causal. The last word is another one: do outputs before it move?",
    ("yes", "no"),
    sets={"kind": "causal", "way": BEFORE, "cells": ""},
    shows="output",
)
def through_the_layers(scene: Scene) -> tuple[str, str]:
    _, asked = scene.given
    if asked is None:
        return "no", "Your numbers enter this layer as you wrote them: no layer has mixed them before."
    at_first, here = masks.moved_by_another_word(asked.text, asked.layer, asked.head, AT_MOST)
    return ("yes" if here > 0 else "no"), (
        f"In layer 0 they move by {at_first:.3g}, in layer {asked.layer} by up to {here:.2f}: what enters it was mixed by the "
        "layers before, where every token saw every other. A model with causal masks has them in every layer."
    )


page.below(by_hand.reason)
page.show()
