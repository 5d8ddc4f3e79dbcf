"""What all tests share: the same examples on every run, no deadline (no test asserts a time), one torch thread, toys."""

import gc
from typing import Any

import pytest
import torch
from hypothesis import given, settings, strategies

settings.register_profile("attention-lab", deadline=None, derandomize=True, max_examples=50)
settings.load_profile("attention-lab")
torch.set_num_threads(1)


@pytest.hookimpl(trylast=True)
def pytest_configure(config: pytest.Config) -> None:
    # core is imported here and not above: the types of what is imported earlier would not be checked
    from tests.trained import keep_trained

    if config.pluginmanager.hasplugin("cacheprovider"):
        keep_trained(config.cache.mkdir("trained"))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    if config.option.dist != "loadfile":
        return None
    from tests.both_ends import BothEnds  # xdist is there

    return BothEnds(config, log)


def pytest_collection_finish() -> None:
    """What all tests share is not looked through again whenever garbage is collected, and that happens less often."""
    # its random numbers are made with the first property: where a page that loads in the background freezes memory in that
    # moment, hypothesis does not find who holds them, and warns
    given(strategies.none())(lambda _: None)()
    gc.freeze()
    gc.set_threshold(100_000, 20, 50)
