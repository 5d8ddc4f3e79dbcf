"""A claim about attention, and the experiment that puts it to the test."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import torch

from core.named import Named
from core.numerals import written

Verdict = Literal["right", "imprecise", "wrong"]


@dataclass(frozen=True)
class Number:
    """One measured number and how many of its digits matter."""

    name: str
    value: float | int
    format: str = ".3f"

    @property
    def text(self) -> str:
        """The number as a reader expects it: a true minus sign, and 0 for nothing but zero.

        What the format would round to zero, or write with too many digits, becomes a power of ten.
        """
        if self.value == 0:
            return "0"
        digits = format(self.value, self.format)
        rounded_away = float(digits.replace(",", "")) == 0
        endless = abs(self.value) >= 1e5 and "," not in self.format
        return written(self.value, ".1e" if rounded_away or endless else self.format)


@dataclass(frozen=True)
class Finding:
    """What an experiment measured.

    holds   whether the live numbers bear the verdict out. Where they cannot show it (one token, equal keys), it does not
            hold, and `says` says why.
    says    one plain sentence with the live numbers in it.
    """

    numbers: tuple[Number, ...]
    holds: bool
    says: str

    def __getitem__(self, name: str) -> float | int:
        """The value of the number with this name."""
        return {number.name: number.value for number in self.numbers}[name]


@dataclass(frozen=True)
class Claim:
    """A sentence that people say about attention, the verdict on it, and the experiment behind the verdict.

    said         the claim as people put it.
    instead      what is right, in at most two short sentences.
    sources      keys of `core.sources.SOURCES`.
    experiment   measures the claim on the learner's numbers.
    identity     the verdict follows from the formula: the numbers show it, and no numbers could show otherwise. Every other
                 claim has an input on which it does not hold.
    """

    said: str
    verdict: Verdict
    instead: str
    sources: tuple[str, ...]
    experiment: Named[..., Finding]
    identity: bool = False

    @property
    def name(self) -> str:
        """The name of the experiment, fit for an address."""
        return self.experiment.__name__

    def __call__(self, *inputs: Any) -> Finding:
        """Run the experiment: without gradients unless it asks for them, and outside of inference mode."""
        with torch.inference_mode(False), torch.no_grad():
            return self.experiment(*inputs)


def claim(
    *, said: str, verdict: Verdict, instead: str, sources: tuple[str, ...], identity: bool = False
) -> Callable[[Named[..., Finding]], Claim]:
    """Turn an experiment into the claim that it tests."""

    def make(experiment: Named[..., Finding]) -> Claim:
        return Claim(said, verdict, instead, sources, experiment, identity)

    return make
