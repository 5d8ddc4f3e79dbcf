"""What the server tells whoever looks after it, at an address of its own: health, and numbers in Prometheus' format.

Visitors have no way to that address, and nothing of what one of them did is in the numbers.
"""

import asyncio
import threading
from collections.abc import Iterator
from typing import Final

import uvicorn
from prometheus_client import CollectorRegistry, ProcessCollector, make_asgi_app
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from starlette.applications import Starlette
from starlette.routing import Mount

from core.memory import MEMORY
from pages.server import failures, health, run_queue, sockets

PREFIX: Final = "attention_lab"


class Numbers(Collector):
    """How many learn, compute, wait and train now, what memory is held for, and how many mistakes there were."""

    def collect(self) -> Iterator[Metric]:
        yield GaugeMetricFamily(f"{PREFIX}_learners", "Pages that are open.", sockets.n_open())
        for name, queue in (("runs", run_queue.RUNS), ("trainings", run_queue.TRAININGS)):
            told = queue.report()
            family = GaugeMetricFamily(
                f"{PREFIX}_{name}", f"Of all visitors: {name} by what they do.", labels=["state"]
            )
            for state in ("computing", "waiting", "at_once"):
                family.add_metric([state], told[state])
            yield family
        now = MEMORY.report()
        held = GaugeMetricFamily(
            f"{PREFIX}_memory_bytes", "Of the whole process: the bound, and what is held, by why.", labels=["of"]
        )
        for of in ("bound", "resident", "kept", "brought", "lent"):
            held.add_metric([of], getattr(now, of))
        yield held
        yield CounterMetricFamily(f"{PREFIX}_errors", "Mistakes that pages made, told by identifiers.", failures.told())


def application() -> Starlette:
    """Health and numbers: /healthz, /readyz, /metrics."""
    registry = CollectorRegistry()
    registry.register(Numbers())
    ProcessCollector(registry=registry)  # memory, processor, files
    return Starlette(routes=[*health.ROUTES, Mount("/metrics", make_asgi_app(registry))])


def serve(at: str) -> None:
    """Answer at an address such as 127.0.0.1:9100, beside the server, for as long as the process lives.

    Raises ValueError in words for what is no such address.
    """
    host, colon, port = at.rpartition(":")
    if not (colon and host and port.isascii() and port.isdigit() and int(port) < 2**16):
        raise ValueError(f"ATTENTION_LAB_METRICS is {at!r}: an address and a port are accepted, such as 127.0.0.1:9100")
    config = uvicorn.Config(application(), host.strip("[]"), int(port), log_level="warning", access_log=False)
    server = uvicorn.Server(config)
    threading.Thread(target=lambda: asyncio.run(server.serve()), name="metrics", daemon=True).start()
