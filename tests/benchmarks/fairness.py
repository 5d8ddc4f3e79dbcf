"""One quiet learner among many who each have the most computed that a page lets them: part of `make load`.

The others have fifty sentences translated by three translators, other ones as soon as they are done. The quiet one moves a
slider of a lesson now and then. All come from one address, so that each has the share of a visitor.

python -m tests.benchmarks.fairness [HOW_MANY_OTHERS]     20 without a number
"""

import asyncio
import random
import sys
import time
from itertools import permutations

import websockets
from streamlit.proto.Delta_pb2 import Delta
from streamlit.proto.WidgetStates_pb2 import WidgetState

from tests.benchmarks.load import Found, Learner, connection, row
from tests.benchmarks.sessions import machine
from tests.browser.server import serving

OTHERS = 20
LASTS = 60.0  # seconds
COME = 10.0  # seconds before the quiet one moves anything, in which the others have come
EVERY = 1.0  # seconds between two moves
LINES = 50
WORDS = ("the white cat", "my old friend", "your sister", "a small dog", "the tall man", "nobody", "our teacher")
VERBS = ("sees", "has lost", "would like to buy", "does not know", "is looking for", "can not find")


def sentences(seed: str) -> str:
    """Fifty short sentences, each of which nobody asked for before."""
    pairs = [(one, verb, other) for one, other in permutations(WORDS, 2) for verb in VERBS]
    return "\n".join(f"{' '.join(each).capitalize()}." for each in random.Random(seed).sample(pairs, LINES))


class Translating(Learner):
    """A visitor of the translation lab, who knows its box."""

    def _notice(self, delta: Delta) -> None:
        super()._notice(delta)
        if delta.new_element.WhichOneof("type") == "text_area":
            self.boxes[delta.new_element.text_area.id] = delta.fragment_id


async def heavy(address: str, name: int, until: float) -> int:
    """Have the most translated, again and again; how often that came to its end."""
    other, done = Translating(address, ["translation_lab"], random.Random(name)), 0
    async with websockets.connect(**await connection(address)) as other.socket:
        await other._go()
        ((box, fragment),) = other.boxes.items()
        while time.monotonic() < until:
            wish = WidgetState(id=box, string_value=sentences(f"{name}, {done}"))
            try:
                await asyncio.wait_for(other._change(wish, fragment), max(0.1, until - time.monotonic()))
            except TimeoutError:
                break
            done += 1
    return done


async def quiet(address: str, until: float) -> Learner:
    """Move a slider of a lesson now and then."""
    learner = Learner(address, ["self_attention"], random.Random("quiet"))
    async with websockets.connect(**await connection(address)) as learner.socket:
        await learner._go()
        await asyncio.sleep(COME)
        while time.monotonic() < until:
            await learner._timed("slider", learner._slide())
            await asyncio.sleep(EVERY)
    return learner


async def met(address: str, others: int) -> tuple[Found, int]:
    """What the quiet one met, and how often the others got theirs."""
    until = time.monotonic() + COME + LASTS
    heavies = asyncio.gather(*(heavy(address, name, until) for name in range(others)))
    learner, done = await asyncio.gather(quiet(address, until), heavies)
    return Found(1, learner.waited, learner.failed, 0.0, 0.0, 0.0), sum(done)


def main(others: int) -> None:
    print(f"Measured on {machine()}. The visitors and the server share the cores.\n")
    row("Others", "Moves", "p50 ms", "p95 ms", "Failed", "Times that the others got theirs")
    row(*["---"] * 6)
    with serving() as (address, _):
        asyncio.run(heavy(address, -1, time.monotonic() + 20))  # the models
        for number in (0, others):
            found, done = asyncio.run(met(address, number))
            row(
                number,
                len(found.waits),
                f"{found.percentile(0.5):.0f}",
                f"{found.percentile(0.95):.0f}",
                len(found.failed),
                done,
            )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else OTHERS)
