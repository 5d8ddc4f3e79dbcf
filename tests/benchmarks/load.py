"""A class that opens the course in the same minute: `make load`.

Learners without a browser speak Streamlit's own protocol: each opens a page of the course and, every few seconds, moves a
slider, types a sentence or goes to another page. The same is done to a stock page of Streamlit in the same run.

python -m tests.benchmarks.load [LEARNERS ...]     how many learners at once; 50, 100 and 200 without any
"""

import asyncio
import random
import statistics
import sys
import time
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass, field

import psutil
import websockets
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.Delta_pb2 import Delta
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState

from deploy.replicas import free_ports, nginx, running
from pages.course.catalogue import MAP, built
from tests.benchmarks.floors import bare
from tests.benchmarks.sessions import HUGE, PROTOCOLS, Slider, machine, mistake
from tests.browser.server import serving

THINKS = 5.0  # seconds between two actions of one learner, on average
LASTS = 60.0  # seconds
ARRIVE = 30.0  # seconds in which they come, one after the other
PATIENCE = 30.0  # seconds after which an answer counts as failed
REPLICAS = 2
PAGES = tuple(page.slug for page in built() if page is not MAP)
SENTENCES = (
    "The cat sat on the mat because it was warm.",
    "She told her sister that the train would leave early.",
    "Nobody knows where the old map of the harbour is kept.",
    "A small red car stopped in front of the open gate.",
)
FINISHED_WELL = (ForwardMsg.FINISHED_SUCCESSFULLY, ForwardMsg.FINISHED_FRAGMENT_RUN_SUCCESSFULLY)


async def connection(address: str) -> dict:
    """How a browser opens the stream: with the cookies that the page came with."""
    page = await asyncio.to_thread(urllib.request.urlopen, address, timeout=PATIENCE)
    cookies = "; ".join(cookie.split(";")[0] for cookie in page.headers.get_all("Set-Cookie", []))
    return {
        "uri": address.replace("http", "ws") + "/_stcore/stream",
        "subprotocols": PROTOCOLS,
        "max_size": HUGE,
        "additional_headers": {"Cookie": cookies} if cookies else {},
    }


@dataclass
class Learner:
    """One visitor: what its page shows, and how long it waited for each answer."""

    address: str
    pages: Sequence[str]
    rng: random.Random
    page: str = ""
    sliders: dict[str, Slider] = field(default_factory=dict)
    boxes: dict[str, str] = field(default_factory=dict)
    states: dict[str, WidgetState] = field(default_factory=dict)
    waited: list[tuple[str, float]] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)

    async def learn(self, arrives: float, until: float) -> None:
        """Come, look around until the time is over, and leave."""
        await asyncio.sleep(arrives)
        try:
            async with websockets.connect(**await connection(self.address)) as self.socket:
                await self._timed("open", self._go())
                while time.monotonic() < until:
                    await asyncio.sleep(self.rng.uniform(0.6, 1.4) * THINKS)
                    await self._act()
        except (OSError, websockets.WebSocketException) as lost:
            self.failed.append(type(lost).__name__)

    async def _act(self) -> None:
        wish = self.rng.choices(("slider", "text", "page"), (8, 1, 1))[0]
        if (wish == "text" and not self.boxes) or (wish == "slider" and not self.sliders):
            wish = "page"
        if wish == "page" and len(self.pages) == 1 and self.sliders:
            wish = "slider"
        await self._timed(wish, {"slider": self._slide, "text": self._type, "page": self._go}[wish]())

    async def _timed(self, what: str, action) -> None:
        began = time.monotonic()
        try:
            await asyncio.wait_for(action, PATIENCE)
            self.waited.append((what, time.monotonic() - began))
        except TimeoutError:
            self.failed.append(f"{what}: no answer")
        except RuntimeError as wrong:
            self.failed.append(f"{what}: {wrong}")

    async def _go(self) -> None:
        message = BackMsg()
        message.rerun_script.page_name = self.rng.choice(self.pages)
        self.sliders, self.boxes, self.states = {}, {}, {}
        await self._ask(message)

    async def _slide(self) -> None:
        slider = self.rng.choice(list(self.sliders.values()))
        await self._change(slider.moved(), slider.fragment)

    async def _type(self) -> None:
        box, fragment = self.rng.choice(list(self.boxes.items()))
        await self._change(WidgetState(id=box, string_value=self.rng.choice(SENTENCES)), fragment)

    async def _change(self, state: WidgetState, fragment: str) -> None:
        self.states[state.id] = state
        message = BackMsg()
        message.rerun_script.fragment_id = fragment
        message.rerun_script.page_script_hash = self.page
        message.rerun_script.widget_states.widgets.extend(self.states.values())
        await self._ask(message)

    async def _ask(self, message: BackMsg) -> None:
        """Send what the front end sends, and read until the page has settled."""
        await self.socket.send(message.SerializeToString())
        wrong = ""
        while True:
            answer = ForwardMsg.FromString(await self.socket.recv())
            kind = answer.WhichOneof("type")
            if kind == "navigation":
                self.page = answer.navigation.page_script_hash
            if kind == "delta":
                wrong = wrong or mistake(answer.delta)
                self._notice(answer.delta)
            if kind == "script_finished" and answer.script_finished != ForwardMsg.FINISHED_EARLY_FOR_RERUN:
                if answer.script_finished not in FINISHED_WELL:
                    wrong = wrong or ForwardMsg.ScriptFinishedStatus.Name(answer.script_finished)
                if wrong:
                    raise RuntimeError(wrong)
                return

    def _notice(self, delta: Delta) -> None:
        if slider := Slider.of(delta):
            slider.turns = self.sliders[slider.id].turns if slider.id in self.sliders else 0
            self.sliders[slider.id] = slider
        elif delta.new_element.WhichOneof("type") == "text_input":
            self.boxes[delta.new_element.text_input.id] = delta.fragment_id


@dataclass
class Found:
    """What a class met: every wait in seconds, what failed, and what the server used."""

    learners: int
    waits: list[tuple[str, float]]
    failed: list[str]
    cores: float
    before: float
    after: float

    def percentile(self, share: float, what: str = "") -> float:
        """Milliseconds that so many of the answers took at most."""
        times = sorted(seconds for kind, seconds in self.waits if what in ("", kind))
        return 1000 * times[min(len(times) - 1, int(share * len(times)))] if times else float("nan")


async def visited(address: str, processes: Sequence[int], pages: Sequence[str], n: int, lasts: float = LASTS) -> Found:
    """Let so many learners in, spread over the first half minute, and watch them for a while."""
    before, spent, began = _megabytes(processes), _seconds(processes), time.monotonic()
    learners = [Learner(address, pages, random.Random(f"learner {i}")) for i in range(n)]
    until = began + ARRIVE + lasts
    await asyncio.gather(*(learner.learn(ARRIVE * i / n, until) for i, learner in enumerate(learners)))
    cores = (_seconds(processes) - spent) / (time.monotonic() - began)
    waits = [wait for learner in learners for wait in learner.waited]
    return Found(
        n, waits, [why for learner in learners for why in learner.failed], cores, before, _megabytes(processes)
    )


def _megabytes(processes: Sequence[int]) -> float:
    return sum(psutil.Process(each).memory_info().rss for each in processes) / 2**20


def _seconds(processes: Sequence[int]) -> float:
    return sum(sum(psutil.Process(each).cpu_times()[:2]) for each in processes)


async def plateau(address: str, process: int, reruns: int, at_once: int = 8) -> list[float]:
    """Memory of the server, in MB, after each tenth of so many moves of sliders."""
    learners = [Learner(address, PAGES, random.Random(f"mover {i}")) for i in range(at_once)]
    found = []

    async def move(learner: Learner, times: int) -> None:
        async with websockets.connect(**await connection(address)) as learner.socket:
            await learner._go()
            for turn in range(times):
                await (learner._go() if turn % 20 == 19 else learner._act())

    for _ in range(10):
        await asyncio.gather(*(move(learner, reruns // 10 // at_once) for learner in learners))
        found.append(_megabytes([process]))
    return found


def row(*cells: object) -> None:
    print("| " + " | ".join(map(str, cells)) + " |", flush=True)


def told(name: str, found: Found) -> None:
    per_learner = (found.after - found.before) / found.learners
    row(
        name,
        found.learners,
        f"{len(found.waits) / (ARRIVE + LASTS):.0f}",
        f"{found.percentile(0.5):.0f}",
        f"{found.percentile(0.95):.0f}",
        f"{found.percentile(0.95, 'slider'):.0f}",
        len(found.failed),
        f"{found.cores:.2f}",
        f"{found.before:.0f} to {found.after:.0f}, {per_learner:.2f} each",
    )
    for why in sorted(set(found.failed)):
        print(f"    {found.failed.count(why)} x {why}", flush=True)


def main(counts: Sequence[int]) -> None:
    print(f"Measured on {machine()}. Each learner acts every {THINKS:g} s; learners and server share the cores.\n")
    row("Page", "Learners", "Answers/s", "p50 ms", "p95 ms", "p95 of sliders", "Failed", "Cores used", "Memory, MB")
    row(*["---"] * 9)
    for n in counts:
        with bare() as (address, process):
            told("stock page", asyncio.run(visited(address, [process], [""], n)))
        with serving() as (address, process):
            asyncio.run(visited(address, [process], PAGES, 1, 8))  # the first learner, and the models
            told("the course", asyncio.run(visited(address, [process], PAGES, n)))
        if nginx() is None:
            print("    nginx is not installed: several processes were not measured.", flush=True)
            continue
        (port,) = free_ports(1)
        with running(REPLICAS, port) as replicas:
            address, processes = f"http://127.0.0.1:{port}", [replica.process.pid for replica in replicas]
            asyncio.run(visited(address, processes, PAGES, 2 * REPLICAS, 8))
            told(f"the course, {REPLICAS} processes", asyncio.run(visited(address, processes, PAGES, n)))
    with serving() as (address, process):
        found = asyncio.run(plateau(address, process, 10_000))
    print("\nMemory after each 1,000 of 10,000 reruns, MB: " + ", ".join(f"{each:.0f}" for each in found))
    print(f"Its last half grew by {statistics.mean(found[-2:]) - statistics.mean(found[4:6]):+.1f} MB.")


if __name__ == "__main__":
    main([int(number) for number in sys.argv[1:]] or [50, 100, 200])
