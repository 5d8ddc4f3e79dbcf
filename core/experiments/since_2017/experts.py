"""Experts: what they cost, and what becomes of a router that nobody watches."""

import torch

from core.experiments.claim import Finding, Number, claim
from core.experiments.since_2017.given import Given
from core.host import trained_once
from core.training.routing import DEAD, UPDATES, Routed, Routing
from core.training.routing import Settings as RoutingSettings
from core.transformer.experts import Experts
from core.transformer.feed_forward import FeedForward

BALANCE = 0.1
WIDTH = 64


@trained_once(16)
def routed(balance: float, seed: int, updates: int = UPDATES) -> Routed:
    """A router and its experts at the end of their training."""
    training = Routing(RoutingSettings(balance=balance, seed=seed), updates)
    while training.advance():
        pass
    return training.measure()


def sizes(width: int, n_experts: int, active: int) -> tuple[int, int, int]:
    """Weights of one network, of all experts with their router, and of those that one token meets."""
    with torch.device("meta"):  # without memory for their numbers, and without drawing any
        one = sum(w.numel() for w in FeedForward(width, 4 * width, "relu", bias=False).parameters())
        layer = Experts(width, 4 * width, n_experts, active, "relu", bias=False)
    every = sum(w.numel() for w in layer.parameters())
    expert = sum(w.numel() for w in layer.experts[0].parameters())
    return one, every, sum(w.numel() for w in layer.router.parameters()) + active * expert


@claim(
    said="E experts cost E times the weights, and asking A of them costs A times the work.",
    verdict="right",
    instead="So it is for the network behind attention, and the router comes on top. Attention itself stays as it was.",
    sources=("shazeer2017", "fedus2022"),
    identity=True,
)
def times_as_many(given: Given, seed: int) -> Finding:
    """The weights of a layer of experts and those that one token meets, over the weights of one network as wide."""
    one, every, met = sizes(WIDTH, given.experts, given.active)
    numbers = (
        Number(f"{given.experts} experts of width {WIDTH}, times one network", every / one, ".4f"),
        Number(f"what a token meets that asks {given.active}, times one network", met / one, ".4f"),
    )
    router = WIDTH * given.experts
    return Finding(
        numbers,
        holds=every == given.experts * one + router and met == given.active * one + router,
        says=f"{given.experts} experts have {numbers[0].text} times the weights of one network, and a token that asks "
        f"{given.active} of them meets {numbers[1].text} times as many.",
    )


@claim(
    said="A mixture of experts saves memory.",
    verdict="wrong",
    instead="It saves work. Any token may ask any expert, so all of them must be there.",
    sources=("shazeer2017", "fedus2022"),
    identity=True,
)
def saves_memory(given: Given, seed: int) -> Finding:
    """Weights that must be in memory, and weights that one token uses."""
    _, every, met = sizes(WIDTH, given.experts, given.active)
    numbers = (
        Number("weights in memory", every, ",d"),
        Number("weights that one token uses", met, ",d"),
    )
    return Finding(
        numbers,
        holds=every >= met,
        says=f"Of {numbers[0].text} weights in memory, a token that asks {given.active} of {given.experts} experts uses "
        f"{numbers[1].text}.",
    )


@claim(
    said="Experts make a model stabler at little cost.",
    verdict="wrong",
    instead="They add capacity. Left alone, a router forgets some of them; a balance loss keeps all in use, not the error lower.",
    sources=("shazeer2017", "fedus2022", "zoph2022"),
)
def stabler_experts(given: Given, seed: int, updates: int = UPDATES) -> Finding:
    """Train a router and its experts without a balance loss and with one: experts that hardly get a token, and the errors."""
    alone, watched = routed(0.0, seed, updates), routed(BALANCE, seed, updates)
    numbers = (
        Number("experts", len(alone.load), ",d"),
        Number("dead without a balance loss", alone.dead, ",d"),
        Number(f"dead with {BALANCE}", watched.dead, ",d"),
        Number("error without", alone.error),
        Number(f"error with {BALANCE}", watched.error),
    )
    return Finding(
        numbers,
        holds=alone.dead > 0 == watched.dead,
        says=f"Without a balance loss {alone.dead} of {len(alone.load)} experts get less than {DEAD:.1%} of choices each, with "
        f"one of {BALANCE} {watched.dead} of them; the errors are {numbers[3].text} and {numbers[4].text}.",
    )
