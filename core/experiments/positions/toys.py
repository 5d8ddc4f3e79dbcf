"""What toys learn that answer whether A is before B: the same settings are trained once and kept."""

import torch

from core.experiments.claim import Finding, Number, claim
from core.experiments.measure import refusal
from core.experiments.positions.given import Given
from core.host import trained_once
from core.training import order
from core.training.order import TRAINED, TWICE, UPDATES, Learned, Scheme

KNOWS = 0.99  # right in so many rows: the order is known
GUESSES = 0.51  # right in no more: it is not


@trained_once(36)
def learned(scheme: Scheme, causal: bool, seed: int, updates: int = UPDATES) -> Learned:
    """One toy at the end of its training."""
    return order.learn(scheme, causal, seed, updates)


@claim(
    said="Without position codes, attention does not know the order of the words.",
    verdict="imprecise",
    instead="Right without a mask. Under a causal mask each token sees another number of tokens, which tells the order.",
    sources=("vaswani2017", "haviv2022"),
)
def order_unknown(given: Given, seed: int, updates: int = UPDATES) -> Finding:
    """Train toys to say whether A is before B: without codes, without codes under a causal mask, with sinusoids."""
    nothing, masked, coded = (
        learned(scheme, causal, seed, updates).accuracy[TRAINED]
        for scheme, causal in (("none", False), ("none", True), ("sinusoidal", False))
    )
    numbers = (
        Number("no codes, no mask", nothing),
        Number("no codes, causal mask", masked),
        Number("sinusoids, no mask", coded),
    )
    return Finding(
        numbers,
        holds=nothing <= GUESSES and min(masked, coded) >= KNOWS,
        says=f"Asked whether A is before B, a toy without codes is right in {nothing:.1%} of rows, with a causal mask in "
        f"{masked:.1%}, and with sinusoids in {coded:.1%}.",
    )


@claim(
    said="A position code is a fixed function of the place.",
    verdict="imprecise",
    instead="Sinusoids are. A learned table is trained like any weight, does as well, and ends with its last row.",
    sources=("vaswani2017", "devlin2019"),
)
def fixed_function(given: Given, seed: int, updates: int = UPDATES) -> Finding:
    """Train the toy with sinusoids and with a table: both right answers, how far the table moved, and a place behind its end."""
    table, fixed = (learned(scheme, False, seed, updates) for scheme in ("learned", "sinusoidal"))
    start = order.untrained("learned", False, seed)
    rows = table.model.learned_table
    moved = (rows.table - start.learned_table.table).norm(dim=-1).mean().item()
    refused = refusal(rows, torch.tensor([TRAINED]))
    numbers = (
        Number("right with a table", table.accuracy[TRAINED]),
        Number("right with sinusoids", fixed.accuracy[TRAINED]),
        Number("training moved a row of the table by", moved),
    )
    return Finding(
        numbers,
        holds=min(table.accuracy[TRAINED], fixed.accuracy[TRAINED]) >= KNOWS and moved > 0 and bool(refused),
        says=f"Training moved the rows of a table by {numbers[2].text} on average, it is right in "
        f"{table.accuracy[TRAINED]:.1%} of rows and sinusoids in {fixed.accuracy[TRAINED]:.1%}, and behind its {TRAINED} "
        "places it has nothing.",
    )


@claim(
    said="Sinusoids work on longer texts than a model was trained on, since their formula never ends.",
    verdict="wrong",
    instead="The formula goes on. What was learned from the places of short texts need not.",
    sources=("vaswani2017", "press2022"),
)
def never_ends(given: Given, seed: int, updates: int = UPDATES) -> Finding:
    """The toy with sinusoids on rows as long as those it learned from, and on rows of twice that length."""
    found = learned("sinusoidal", False, seed, updates).accuracy
    numbers = (Number(f"right in rows of {TRAINED}", found[TRAINED]), Number(f"right in rows of {TWICE}", found[TWICE]))
    return Finding(
        numbers,
        holds=found[TRAINED] >= KNOWS and found[TWICE] <= 0.9,
        says=f"Trained on rows of {TRAINED}, the toy is right in {found[TRAINED]:.1%} of them and in {found[TWICE]:.1%} of "
        f"rows of {TWICE}.",
    )


@claim(
    said="A penalty that grows with distance tells a model which word came first.",
    verdict="wrong",
    instead="It tells how far and not to which side. ALiBi was made for a causal mask, which tells the side.",
    sources=("press2022",),
)
def which_side(given: Given, seed: int, updates: int = UPDATES) -> Finding:
    """The toy with ALiBi, without a mask and under a causal one."""
    alone, masked = (learned("ALiBi", causal, seed, updates).accuracy[TRAINED] for causal in (False, True))
    return Finding(
        (Number("no mask", alone), Number("causal mask", masked)),
        holds=alone <= GUESSES and masked >= KNOWS,
        says=f"With ALiBi alone the toy is right in {alone:.1%} of rows, under a causal mask in {masked:.1%}.",
    )
