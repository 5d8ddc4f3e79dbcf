"""What asks from outside how the server is: /healthz, does it answer; /readyz, would a visitor be served at once."""

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from pages.server import preload, run_queue


async def alive(_: Request) -> JSONResponse:
    return JSONResponse({"alive": True})


async def ready(_: Request) -> JSONResponse:
    """200 once the models are loaded; 503 before, so that whoever balances the load waits."""
    report = {
        "ready": preload.complete(),
        "runs": run_queue.RUNS.report(),
        "trainings": run_queue.TRAININGS.report(),
    }
    return JSONResponse(report, 200 if report["ready"] else 503, {"Cache-Control": "no-store"})


ROUTES = (Route("/healthz", alive), Route("/readyz", ready))
