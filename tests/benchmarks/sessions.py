"""Visitors without a browser: they speak Streamlit's own protocol, as its front end does."""

import asyncio
import os
import subprocess
import time
from dataclasses import dataclass, field

import websockets
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.Delta_pb2 import Delta
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.Slider_pb2 import Slider as SliderProto
from streamlit.proto.WidgetStates_pb2 import WidgetState

from pages.parts import messages

HUGE = 2**28  # bytes a message may have
PROTOCOLS = [websockets.Subprotocol("streamlit")]
NUMBERS = (SliderProto.INT, SliderProto.FLOAT)  # select sliders, too, count their options


@dataclass
class Slider:
    """A slider as its page sent it. With options it stands on one of these words, else on a number."""

    id: str
    fragment: str
    low: float
    high: float
    step: float
    options: tuple[str, ...]
    turns: int = 0

    @classmethod
    def of(cls, delta: Delta) -> "Slider | None":
        """The slider that a message brings, if it brings one with a single handle."""
        found = delta.new_element.slider
        if delta.new_element.WhichOneof("type") != "slider" or found.data_type not in NUMBERS or len(found.default) > 1:
            return None
        return cls(found.id, delta.fragment_id, found.min, found.max, found.step, tuple(found.options))

    def moved(self) -> WidgetState:
        """Its state one step further; after the last place comes the first."""
        self.turns += 1
        state = WidgetState(id=self.id)
        if self.options:
            state.string_array_value.data.append(self.options[self.turns % len(self.options)])
        else:
            places = round((self.high - self.low) / self.step) + 1
            state.double_array_value.data.append(self.low + self.step * (self.turns % places))
        return state


def mistake(delta: Delta) -> str:
    """What went wrong on a page that says so, or that shows an exception; "" where nothing did."""
    element = delta.new_element
    if element.WhichOneof("type") == "exception":
        return element.exception.type
    return messages.MISTAKE if element.WhichOneof("type") == "text" and element.text.body == messages.MISTAKE else ""


@dataclass
class Session:
    """One visitor: looks at a page and moves the first slider that it met."""

    socket: websockets.ClientConnection = field(repr=False)
    slider: Slider | None = None

    @classmethod
    async def open(cls, address: str, page: str) -> "Session":
        where = address.replace("http", "ws") + "/_stcore/stream"
        session = cls(await websockets.connect(where, subprotocols=PROTOCOLS, max_size=HUGE))
        await session.go(page)
        return session

    async def go(self, page: str) -> None:
        """Open a page by its address and remember its first slider."""
        message = BackMsg()
        message.rerun_script.page_name = page
        await self.socket.send(message.SerializeToString())
        await self._until_finished()

    async def move(self) -> None:
        """Move the slider one step, and wait for the page to settle. Raises RuntimeError where there is none."""
        if self.slider is None:
            raise RuntimeError("no page that was opened has a slider")
        message = BackMsg()
        message.rerun_script.widget_states.widgets.append(self.slider.moved())
        message.rerun_script.fragment_id = self.slider.fragment
        await self.socket.send(message.SerializeToString())
        await self._until_finished()

    async def _until_finished(self) -> None:
        while True:
            message = ForwardMsg.FromString(await self.socket.recv())
            kind = message.WhichOneof("type")
            if kind == "delta":
                if wrong := mistake(message.delta):
                    raise RuntimeError(wrong)
                self.slider = self.slider or Slider.of(message.delta)
            if kind == "script_finished":
                return

    async def close(self) -> None:
        await self.socket.close()


async def closed_loop(address: str, page: str, n_sessions: int, seconds: float) -> float:
    """Reruns per second of visitors who move the slider again as soon as the page has settled."""
    sessions = await asyncio.gather(*(Session.open(address, page) for _ in range(n_sessions)))
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
    session = await Session.open(address, pages[0])
    for turn in range(switches // 4):
        await session.go(pages[turn % len(pages)])
    await session.close()
    session = await Session.open(address, pages[0])
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
