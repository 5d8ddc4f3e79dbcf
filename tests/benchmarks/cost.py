"""What an answer costs the processor, by page and by what was asked: `python -m tests.benchmarks.cost [LEARNERS]`.

The learners of `make load` come one after the other and act at once, so that what else the machine does changes little: told
is the processor time of the server, not how long anybody waited. Each comes with its own seed, and does the same every time.
"""

import asyncio
import json
import random
import statistics
import sys
import time
import urllib.request
from collections import defaultdict

import websockets

from tests.benchmarks.load import PAGES, PATIENCE, Learner, connection, row, visited
from tests.browser.server import serving

ACTIONS = 15  # of a learner of `make load`, opening the first page counted
LEARNERS = 100
Costs = dict[tuple[str, str], list[float]]


def spent(process: int) -> float:
    """Seconds of the processor that a process has used, all its threads together, those that ended too."""
    return time.clock_gettime(~process << 3 | 2)  # as of clock_getcpuclockid(3)


class Watched(Learner):
    """A learner who notes what each answer costs the server."""

    process: int
    costs: Costs
    where: str

    async def _ask(self, message) -> None:
        asked = message.rerun_script
        if asked.page_name:
            kind = "page"
        else:
            kind = "text" if asked.widget_states.widgets[-1].WhichOneof("value") == "string_value" else "slider"
        self.where = asked.page_name or self.where
        began = spent(self.process)
        await asyncio.wait_for(super()._ask(message), PATIENCE)
        await asyncio.sleep(0.003)  # what the server does after its last message
        self.costs[self.where, kind].append(1000 * (spent(self.process) - began))

    async def _change(self, state, fragment: str) -> None:
        self.states.pop(state.id, None)  # the last one is the one that changed
        await super()._change(state, fragment)


async def watch(address: str, process: int, learners: int) -> Costs:
    """Milliseconds of every answer."""
    costs: Costs = defaultdict(list)
    for number in range(learners):
        learner = Watched(address, PAGES, random.Random(f"learner {number}"))
        learner.process, learner.costs, learner.where = process, costs, ""
        async with websockets.connect(**await connection(address)) as learner.socket:
            await learner._timed("open", learner._go())
            for _ in range(ACTIONS - 1):
                await learner._act()
        if learner.failed:
            print(learner.failed)
    return costs


def main(learners: int) -> None:
    with serving() as (address, process):
        asyncio.run(visited(address, [process], PAGES, 1, 8))  # the first learner, and the models
        while not json.load(urllib.request.urlopen(f"{address}/readyz"))["ready"]:
            time.sleep(0.5)
        costs = asyncio.run(watch(address, process, learners))
    row("Page", "Asked", "Answers", "Median ms", "Mean ms", "Share")
    row(*["---"] * 6)
    total = sum(map(sum, costs.values()))

    def told(page: str, kind: str, found: list[float]) -> None:
        middle, mean = statistics.median(found), statistics.mean(found)
        row(page, kind, len(found), f"{middle:.1f}", f"{mean:.1f}", f"{100 * sum(found) / total:.1f} %")

    for (page, kind), found in sorted(costs.items(), key=lambda item: -sum(item[1])):
        told(page, kind, found)
    for kinds in (("page",), ("slider",), ("text",), ("page", "slider", "text")):
        told("all", " ".join(kinds), [each for (_, kind), found in costs.items() if kind in kinds for each in found])


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else LEARNERS)
