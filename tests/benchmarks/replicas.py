"""One process of the app and two, behind nginx: how much more they answer, and what visitors meet when one is killed.

python -m tests.benchmarks.replicas
"""

import asyncio
import hashlib
import random
import statistics
import subprocess
import sys
import time
import urllib.request
from dataclasses import dataclass, field

import websockets
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from deploy.replicas import free_ports, running
from tests.benchmarks.sessions import HUGE, PROTOCOLS, machine

VISITORS = 24
SECONDS = 15.0
COUNT = """
import time
end, n = time.monotonic() + 5, 0
while time.monotonic() < end:
    n += 1
print(n)
"""
LINKS = (
    ("looking_back", "looking_back_temperature=2&looking_back_beam=3"),
    ("attention", "attention_temperature=3&attention_seed=7"),
    ("self_attention", "self_attention_layer=2&self_attention_head=5"),
    ("masks", "masks_layers=4&step=3"),
    ("multi_head", "heads_count=6"),
)


@dataclass
class Viewer:
    """One visitor with a cookie, who looks at one link."""

    address: str
    page: str
    query: str
    seen: str = ""
    sent: dict[str, str] = field(default_factory=dict)
    back: list[float] = field(default_factory=list)
    changed: int = 0
    answers: int = 0

    def __post_init__(self):
        answer = urllib.request.urlopen(self.address, timeout=20)
        self.cookie = "; ".join(each.split(";")[0] for each in answer.headers.get_all("Set-Cookie"))

    async def view(self, until: float) -> None:
        """Open the link again and again; where the connection is lost, come back as a browser does."""
        lost = None
        while time.monotonic() < until:
            try:
                where = self.address.replace("http", "ws") + "/_stcore/stream"
                headers = {"Cookie": self.cookie}
                async with websockets.connect(
                    where, subprotocols=PROTOCOLS, max_size=HUGE, additional_headers=headers
                ) as socket:
                    while time.monotonic() < until:
                        seen = await asyncio.wait_for(self._open(socket), 30)
                        if lost is not None:
                            self.back.append(time.monotonic() - lost)
                            lost = None
                        self.answers += 1
                        self.changed += bool(self.seen) and seen != self.seen
                        self.seen = seen
            except (OSError, websockets.WebSocketException, TimeoutError):
                lost = lost or time.monotonic()
                await asyncio.sleep(0.2)

    async def _open(self, socket) -> str:
        """What the figures of the page are made of, as a fingerprint."""
        message = BackMsg()
        message.rerun_script.page_name = self.page
        message.rerun_script.query_string = self.query
        await socket.send(message.SerializeToString())
        figures: set[str] = set()
        while True:
            answer = ForwardMsg.FromString(await socket.recv())
            kind = answer.WhichOneof("type")
            if kind == "delta" and answer.delta.new_element.WhichOneof("type") == "bidi_component":
                part = answer.delta.new_element.bidi_component
                if part.component_name == "attention_lab_comeback":
                    continue  # it has no figure, and is each session's own
                fingerprint = hashlib.sha256(part.SerializeToString()).hexdigest()
                figures.add(fingerprint)
                self.sent[answer.hash] = fingerprint
            # one that the browser is known to have is named by its hash alone
            if kind == "ref_hash" and answer.ref_hash in self.sent:
                figures.add(self.sent[answer.ref_hash])
            if kind == "script_finished" and answer.script_finished == ForwardMsg.FINISHED_SUCCESSFULLY:
                return " ".join(sorted(figures))


def viewers(address: str) -> list[Viewer]:
    return [Viewer(address, *LINKS[i % len(LINKS)]) for i in range(VISITORS)]


async def watch(found: list[Viewer], seconds: float, kill=None) -> float:
    """Answers per second. kill: what is done when a third of the time is over."""
    began = time.monotonic()
    work = [asyncio.create_task(viewer.view(began + seconds)) for viewer in found]
    if kill is not None:
        await asyncio.sleep(seconds / 3)
        kill()
    await asyncio.gather(*work)
    return sum(viewer.answers for viewer in found) / (time.monotonic() - began)


def counted(at_once: int) -> int:
    """How far so many programs that only count come together in the same seconds: what the machine itself gives."""
    programs = [subprocess.Popen([sys.executable, "-c", COUNT], stdout=subprocess.PIPE) for _ in range(at_once)]
    return sum(int(program.communicate()[0]) for program in programs)


def main() -> None:
    alone, together = counted(1), counted(2)
    print(f"Measured on {machine()}. {VISITORS} visitors in a closed loop; they, nginx and the app share the cores.\n")
    rates = []
    for n in (1, 2):
        (port,) = free_ports(1)
        with running(n, port) as replicas:
            address = f"http://127.0.0.1:{port}"
            asyncio.run(watch(viewers(address), 5))
            rates.append(asyncio.run(watch(viewers(address), SECONDS)))
            print(f"{n} process{'es' * (n > 1)}: {rates[-1]:.1f} answers per second", flush=True)
            if n == 2:
                found = viewers(address)
                victim = random.Random(0).choice(replicas)
                asyncio.run(watch(found, 2 * SECONDS, victim.process.kill))
    print(f"Two against one: {rates[1] / rates[0]:.2f}; two programs that only count: {together / alone:.2f}")
    times = [each for viewer in found for each in viewer.back]
    print(
        f"One of two killed: {len(times)} of {VISITORS} visitors lost it; each was back on the other, from the link, after "
        f"{statistics.median(times):.1f} s (median), {max(times):.1f} s at most."
    )
    views, changed = (sum(getattr(viewer, name) for viewer in found) for name in ("answers", "changed"))
    print(f"{changed} of {views} views differed from the one before.")


if __name__ == "__main__":
    main()
