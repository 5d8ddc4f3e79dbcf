"""What experiments train is trained once for all tests, in whichever process, for as long as core stays as it is."""

import fcntl
import hashlib
import io
import pickle
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import Any

import torch

from core import host
from tests.unchecked import unchecked

ROOT = Path(__file__).parents[1]


def keep_trained(folder: Path) -> None:
    """From now on what an experiment trains is kept in this folder, and looked up there.

    To be called before an experiment is imported. Another core, or another torch, trains anew.
    """
    source = hashlib.sha256(torch.__version__.encode())
    for path in sorted((ROOT / "core").rglob("*.py")):
        source.update(path.read_bytes())
    trained_once = host.trained_once

    def kept_too(at_most: int) -> Callable[[Callable], Callable]:
        def decorate(function: Callable) -> Callable:
            ours = function.__module__.startswith("core.experiments.")
            return trained_once(at_most)(_kept(function, folder / source.hexdigest()[:16]) if ours else function)

        return decorate

    host.trained_once = kept_too


def _kept(function: Callable, folder: Path) -> Callable:
    @wraps(function)
    def once(*args: Any, **named: Any) -> Any:
        asked = f"{function.__module__}.{function.__qualname__} {args} {sorted(named.items())}"
        path = folder / hashlib.sha256(asked.encode()).hexdigest()
        folder.mkdir(parents=True, exist_ok=True)
        with _alone(path.with_suffix(".lock")):
            if not path.exists():
                with unchecked():
                    result = function(*args, **named)
                path.with_suffix(".new").write_bytes(_pickled(result))
                path.with_suffix(".new").rename(path)  # whole, or not there
                return result
            return pickle.loads(path.read_bytes())

    return once


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Hold a lock among all processes for the block."""
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


class _Pickler(pickle.Pickler):
    def reducer_override(self, value: Any) -> Any:
        """Of a toy, which draws what it learns from while it trains, what it has learned."""
        # not before: who runs only tests that train nothing does not wait for what trains
        from core.training.toy import ToyTraining

        if isinstance(value, ToyTraining):
            return _learned, (value.settings, value.model.state_dict(), value.losses)
        return NotImplemented


def _pickled(value: Any) -> bytes:
    out = io.BytesIO()
    _Pickler(out).dump(value)
    return out.getvalue()


def _learned(settings: Any, weights: dict[str, torch.Tensor], losses: list[float]) -> Any:
    from core.training.toy import ToyTraining

    toy = ToyTraining(settings)
    toy.model.load_state_dict(weights)
    toy.losses = losses
    return toy
