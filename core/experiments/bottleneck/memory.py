"""What one vector can hold: trained toys, with and without attention."""

from typing import Final

import torch
from torch import nn

from core.attention import attend
from core.experiments.bottleneck.gradient import GradientFlow
from core.experiments.bottleneck.trained import rows_of_digits, trained
from core.experiments.claim import Finding, Number, claim
from core.host import still_wanted, trained_once
from core.seeded import seeded

LENGTHS: Final = (4, 8, 12)
NARROW: Final = 32
_DIGITS, _WIDTH, _BATCH, _UPDATES, _RATE = 10, 32, 64, 400, 5e-3


def accuracy_by_length(seed: int) -> dict[str, list[float]]:
    """Share of digits written right, for rows of each of LENGTHS, with one vector and with attention."""
    return {
        look: [trained("digits", look, seed, NARROW).toy.measure(rows_of_digits(length))[0] for length in LENGTHS]
        for look in ("none", "additive")
    }


@claim(
    said="A fixed context vector is a bottleneck.",
    verdict="right",
    instead="Its size does not grow with the sentence. A longer source must share the same few numbers.",
    sources=("cho2014properties", "bahdanau2015"),
)
def fixed_context(flow: GradientFlow) -> Finding:
    """Train two toys to write digits backwards, rows of 2 to 12, and count digits that are right, by length."""
    found = accuracy_by_length(flow.seed)
    numbers = tuple(
        Number(f"{length} digits, {'one vector' if look == 'none' else 'attention'}", share, ".2f")
        for look, shares in found.items()
        for length, share in zip(LENGTHS, shares, strict=True)
    )
    gap = found["additive"][-1] - found["none"][-1]
    return Finding(
        numbers,
        holds=gap >= 0.25,
        says=f"Of rows of {LENGTHS[-1]} digits, {found['none'][-1]:.0%} of the digits are right with one vector of {NARROW} "
        f"numbers, and {found['additive'][-1]:.0%} with attention, given the true ones before.",
    )


@claim(
    said="LSTMs fail on long-range dependencies.",
    verdict="imprecise",
    instead="It depends on how far. The same training that fails an LSTM over 20 steps teaches attention to look there.",
    sources=("khandelwal2018", "hochreiter1997"),
)
def fail_on_long_range(flow: GradientFlow) -> Finding:
    """Recall the first of so many random digits: an LSTM and attention, the same number of updates each."""
    near, far = (recall(length, "LSTM", flow.seed) for length in (5, 20))
    attention = recall(20, "attention", flow.seed)
    numbers = (
        Number("LSTM, 5 digits", near, ".2f"),
        Number("LSTM, 20 digits", far, ".2f"),
        Number("attention, 20 digits", attention, ".2f"),
    )
    return Finding(
        numbers,
        holds=near >= 0.9 and attention >= 0.9 and far <= 0.3,
        says=f"After {_UPDATES} updates an LSTM names the first of 5 digits in {near:.0%} of cases and the first of 20 in "
        f"{far:.0%}; attention the first of 20 in {attention:.0%}; guessing gives 10%.",
    )


class Recall(nn.Module):
    """Names the first digit of a row, from the last state of an LSTM or from one look at all places."""

    def __init__(self, kind: str, length: int):
        super().__init__()
        self.kind = kind
        self.embedding = nn.Embedding(_DIGITS, _WIDTH)
        self.positions = nn.Parameter(torch.randn(length, _WIDTH))
        self.lstm = nn.LSTM(_WIDTH, _WIDTH, batch_first=True)
        self.query = nn.Parameter(torch.randn(_WIDTH))
        self.out = nn.Linear(_WIDTH, _DIGITS)

    def forward(self, rows: torch.Tensor) -> torch.Tensor:
        embedded = self.embedding(rows)
        if self.kind == "LSTM":
            return self.out(self.lstm(embedded)[0][:, -1])
        queries = self.query.expand(len(rows), 1, 1, -1)
        keys = self.positions.expand(len(rows), 1, -1, -1)
        return self.out(attend(queries, keys, embedded[:, None]).output[:, 0, 0])


@trained_once(24)
def recall(length: int, kind: str, seed: int) -> float:
    """Train to name the first of `length` random digits; the share that is right on rows that are new."""
    rng = torch.Generator().manual_seed(seed)
    with seeded(seed):
        model = Recall(kind, length)
    with torch.enable_grad():
        optimiser = torch.optim.Adam(model.parameters(), lr=_RATE)
        for _ in range(_UPDATES):
            still_wanted()
            rows = torch.randint(_DIGITS, (_BATCH, length), generator=rng)
            optimiser.zero_grad()
            nn.functional.cross_entropy(model(rows), rows[:, 0]).backward()
            optimiser.step()
    rows = torch.randint(_DIGITS, (1000, length), generator=rng)
    return (model(rows).argmax(-1) == rows[:, 0]).float().mean().item()
