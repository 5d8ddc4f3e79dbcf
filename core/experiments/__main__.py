"""`python -m core.experiments`: put every claim of the notes to the test on several seeds, and write down what was found."""

import argparse
import os
import sys
import time
from pathlib import Path

from core import tables
from core.experiments import across, ledger, runs
from core.experiments.runs import Claimed


def _arguments(given: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m core.experiments",
        description=f"Run the experiments of all {ledger.COUNT} claims of the notes on seeds 0, 1, ... in processes side by "
        "side. A seed chooses the sentence and the picture, draws the scene and all that an experiment draws itself.",
    )
    parser.add_argument("--seeds", type=int, default=5, help="how many; else 5")
    parser.add_argument(
        "--jobs", type=int, default=os.cpu_count() or 1, help="processes; else as many as there are cores"
    )
    parser.add_argument("--every", action="store_true", help="also what the lessons claim beyond the notes")
    parser.add_argument(
        "--ray", default="", metavar="ADDRESS", help="spread them over a cluster of Ray; local: one of its own"
    )
    parser.add_argument(
        "--only", type=int, nargs="+", metavar="NUMBER", help="claims by their numbers in the notes; else all"
    )
    parser.add_argument(
        "--models",
        nargs="*",
        metavar="NAME",
        help="instead, the claims about the operator on every layer of all models at hand, or of these: folders, or names",
    )
    parser.add_argument("--out", type=Path, default=Path("claims.csv"), help="the table as a CSV; else claims.csv")
    return parser.parse_args(given)


def chosen(only: list[int] | None, every: bool) -> list[Claimed]:
    """The claims that are asked for, each under its number; the further ones of the lessons under their names.

    Raises   ValueError in words for a number that no claim has.
    """
    if unknown := sorted(set(only or ()) - {row.number for row in ledger.ROWS}):
        raise ValueError(f"there is no claim {unknown[0]}: they are numbered from 1 to {ledger.COUNT}")
    found = [Claimed(row.name, row.claim) for row in ledger.ROWS if not only or row.number in only]
    return [*found, *(Claimed(name, claim) for name, claim in ledger.beyond().items())] if every else found


def main(given: list[str]) -> None:
    """Do what the command line asks; sys.exit with one sentence where it cannot be done."""
    asked = _arguments(given)
    for name in ("seeds", "jobs"):
        if getattr(asked, name) < 1:
            sys.exit(f"--{name} is {getattr(asked, name)}: at least 1 is needed")
    if asked.models is not None:
        table = across.rows(across.across(asked.models or across.at_hand()))
        print(runs.as_markdown(table, across.HEAD))
        asked.out.write_bytes(tables.as_csv([across.HEAD, *table]))
        return
    since = time.perf_counter()
    try:
        claims = chosen(asked.only, asked.every)
        found = runs.summaries(claims, runs.run(claims, asked.seeds, asked.jobs, asked.ray))
    except (ValueError, ConnectionError) as error:
        sys.exit(str(error))
    table = runs.rows(found)
    print(runs.as_markdown(table))
    held = sum(each.held == each.of for each in found)
    print(
        f"\n{held} of {len(found)} sentences held on every one of {asked.seeds} seeds; {time.perf_counter() - since:.0f} "
        f"seconds in {asked.jobs} processes, {sum(each.seconds for each in found):.0f} seconds of one core."
    )
    asked.out.write_bytes(tables.as_csv([runs.HEAD, *table]))


if __name__ == "__main__":
    main(sys.argv[1:])
