"""Visitors without a browser: they speak Streamlit's own protocol, as its front end does."""

import asyncio
import os
import subprocess
import time
from dataclasses import dataclass, field

import websockets
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

HUGE = 2**28  # bytes a message may have


@dataclass
class Session:
    """One visitor: opens a page and moves its first slider."""

    address: str
    page: str = ""
    slider: str = ""
    fragment: str = ""
    low: float = 0
    high: float = 1
    step: float = 1
    socket: websockets.ClientConnection | None = field(default=None, repr=False)
    turns: int = 0

    async def open(self) -> "Session":
        where = self.address.replace("http", "ws") + "/_stcore/stream"
        self.socket = await websockets.connect(where, subprotocols=["streamlit"], max_size=HUGE)
        await self.go(self.page)
        return self

    async def go(self, page: str) -> None:
        """Open a page by its address and remember its first slider."""
        message = BackMsg()
        message.rerun_script.page_name = page
        await self.socket.send(message.SerializeToString())
        await self._until_finished()

    async def move(self) -> None:
        """Move the slider one step to and fro, and wait for the page to settle."""
        self.turns += 1
        span = max(1, round((self.high - self.low) / self.step))
        message = BackMsg()
        state = message.rerun_script.widget_states.widgets.add()
        state.id = self.slider
        state.double_array_value.data.append(self.low + self.step * (self.turns % span))
        message.rerun_script.fragment_id = self.fragment
        await self.socket.send(message.SerializeToString())
        await self._until_finished()

    async def _until_finished(self) -> None:
        while True:
            message = ForwardMsg.FromString(await self.socket.recv())
            kind = message.WhichOneof("type")
            if kind == "delta" and message.delta.new_element.WhichOneof("type") == "slider":
                found = message.delta.new_element.slider
                if not self.slider and found.data_type in (0, 1):
                    self.slider, self.fragment = found.id, message.delta.fragment_id
                    self.low, self.high, self.step = found.min, found.max, found.step
            if kind == "script_finished":
                return

    async def close(self) -> None:
        await self.socket.close()


async def closed_loop(address: str, page: str, n_sessions: int, seconds: float) -> float:
    """Reruns per second of visitors who move the slider again as soon as the page has settled."""
    sessions = await asyncio.gather(*(Session(address, page).open() for _ in range(n_sessions)))
    assert all(session.slider for session in sessions), f"{page} has no slider"
    end = time.monotonic() + seconds

    async def visit(session: Session) -> int:
        reruns = 0
        while time.monotonic() < end:
            await session.move()
            reruns += 1
        return reruns

    started = time.monotonic()
    total = sum(await asyncio.gather(*(visit(session) for session in sessions)))
    taken = time.monotonic() - started
    await asyncio.gather(*(session.close() for session in sessions))
    return total / taken


def resident(process: int) -> float:
    """Memory of a process in MB."""
    return int(subprocess.run(["ps", "-o", "rss=", "-p", str(process)], capture_output=True, check=True).stdout) / 1024


async def growth(address: str, process: int, pages: list[str], switches: int, reruns: int) -> tuple[float, float]:
    """Memory after warm-up and at the end of many page switches and slider moves of one visitor, in MB."""
    session = await Session(address, pages[0]).open()
    for turn in range(switches // 4):
        await session.go(pages[turn % len(pages)])
    await session.close()
    session = await Session(address, pages[0]).open()
    for _ in range(reruns // 4):
        await session.move()
    before = resident(process)
    for _ in range(reruns):
        await session.move()
    for turn in range(switches):
        await session.go(pages[turn % len(pages)])
    after = resident(process)
    await session.close()
    return before, after


def machine() -> str:
    """What this was measured on."""
    import platform

    import torch

    card = f", {torch.cuda.get_device_name()}" if torch.cuda.is_available() else ", no GPU"
    return f"{os.cpu_count()} cores ({platform.machine()}), Python {platform.python_version()}, torch {torch.__version__}{card}"
