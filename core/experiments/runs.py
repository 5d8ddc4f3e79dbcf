"""All claims on several seeds, side by side in processes of their own, and the table of what they found."""

import os
import re
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from core.experiments import ledger
from core.experiments.claim import Claim, Finding, Number
from core.experiments.inputs import Material, has_chance, of_seed, package_of, tried

TOLD: Final = 2  # numbers of each claim that the table shows
NO_SEED: Final = "no seed"
# by how long they take: what is begun late is waited for at the end
_SLOW: Final = ("bottleneck", "vision_transformer", "since_2017", "positions", "looking_back", "model_family")


@dataclass(frozen=True)
class Claimed:
    """A claim under a name that tells it apart, as others are told of it."""

    name: str
    claim: Claim


@dataclass(frozen=True)
class Tried:
    """One claim on one seed.

    finding   what was measured; None where it could not be, and then failed says why.
    seconds   of one core, not of a clock: who else uses the machine is not counted.
    """

    name: str
    seed: int
    finding: Finding | None
    seconds: float
    failed: str = ""


@dataclass(frozen=True)
class Summary:
    """One claim on all seeds: its first numbers with their spread, how often it held, and how long it took in all."""

    claimed: Claimed
    numbers: tuple[tuple[str, str], ...]
    held: int
    of: int
    seconds: float
    failed: str = ""

    @property
    def result(self) -> str:
        """Whether it held, in words."""
        if self.failed:
            return f"failed: {self.failed}"
        every = "held" if self.held == self.of else f"{self.held} of {self.of} held"
        return every if has_chance(self.claimed.claim) else f"{every}, {NO_SEED}"


def run(claims: Sequence[Claimed], seeds: int, jobs: int, ray: str = "") -> list[Tried]:
    """Try claims on seeds 0, 1, … in so many processes. Claims without chance are tried once.

    ray      address of a cluster, or "local" for one of this computer; "" = processes of this computer, without Ray.
    Raises   ValueError in words where Ray is asked for and not installed.
    """
    from joblib import Parallel, delayed  # only the command needs it

    groups: dict[tuple[str, int], list[Claimed]] = {}
    for each in claims:
        for seed in range(seeds if has_chance(each.claim) else 1):
            groups.setdefault((package_of(each.claim), seed), []).append(each)
    order = sorted(groups, key=lambda key: _SLOW.index(key[0]) if key[0] in _SLOW else len(_SLOW))
    with _on(ray):
        found = Parallel(n_jobs=jobs)(delayed(_group)([each.name for each in groups[key]], key[1]) for key in order)
    return [one for group in found for one in group]


@contextmanager
def _on(ray: str) -> Iterator[None]:
    """Where joblib's work is done inside of the block; Ray is left behind it."""
    if not ray:
        yield
        return
    try:
        import ray as cluster
        from ray.util.joblib import register_ray
    except ImportError:
        raise ValueError("Ray is not installed: pip install ray, or leave --ray away") from None
    from joblib import parallel_config

    if ray == "local":
        cluster.init(num_cpus=os.cpu_count(), include_dashboard=False)
    else:
        cluster.init(address=ray)
    register_ray()
    try:
        with parallel_config(backend="ray"):
            yield
    finally:
        cluster.shutdown()


def _group(names: Sequence[str], seed: int) -> list[Tried]:
    """Claims that share inputs, and toys that they train, one after the other. Their names travel, not they."""
    import torch

    torch.set_num_threads(1)  # as many processes as cores do the work
    given = of_seed(seed)
    return [once(Claimed(name, ledger.BY_NAME[name]), given) for name in names]


def once(claimed: Claimed, given: Material) -> Tried:
    """One claim on what somebody brought or the seed drew."""
    from core.models.errors import ModelError

    since = time.process_time()
    try:
        finding, failed = tried(claimed.claim, given), ""
    except (ModelError, ValueError) as error:
        finding, failed = None, str(error)
    return Tried(claimed.name, given.seed, finding, time.process_time() - since, failed)


def summaries(claims: Sequence[Claimed], found: Iterable[Tried]) -> list[Summary]:
    """What was found of each claim, in their order."""
    of: dict[str, list[Tried]] = {}
    for one in sorted(found, key=lambda each: each.seed):
        of.setdefault(one.name, []).append(one)
    return [summary(each, of[each.name]) for each in claims]


def summary(claimed: Claimed, tries: Sequence[Tried]) -> Summary:
    """What several tries of one claim found."""
    findings = [one.finding for one in tries if one.finding]
    failed = next((one.failed for one in tries if one.failed), "")
    rows = zip(*(finding.numbers[:TOLD] for finding in findings), strict=True) if findings else ()
    numbers = tuple((_named(row), spread(row)) for row in rows)
    held = sum(finding.holds for finding in findings)
    return Summary(claimed, numbers, held, len(tries), sum(one.seconds for one in tries), failed)


def _named(numbers: Sequence[Number]) -> str:
    """What a number is called on all seeds: where names differ in a number, that is left open."""
    names = {number.name for number in numbers}
    return names.pop() if len(names) == 1 else re.sub(r"\d+", "…", numbers[0].name)


def spread(numbers: Sequence[Number]) -> str:
    """One number over all seeds: from the least to the largest, or once where all are the same."""
    low, high = (of(numbers, key=lambda each: each.value) for of in (min, max))
    return low.text if low.text == high.text else f"{low.text} to {high.text}"


HEAD: Final = ("No.", "Claim", "Verdict", "Measured", "Result", "Seconds")


def rows(found: Iterable[Summary]) -> list[list[str]]:
    """The table, without its head."""
    return [
        [
            each.claimed.name,
            each.claimed.claim.said,
            each.claimed.claim.verdict,
            "; ".join(f"{name}: {value}" for name, value in each.numbers),
            each.result,
            f"{each.seconds:.1f}",
        ]
        for each in found
    ]


def as_markdown(table: Sequence[Sequence[str]], head: Sequence[str] = HEAD) -> str:
    """A table for a README."""
    lines = [head, ["---"] * len(head), *table]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)
