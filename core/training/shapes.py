"""Four shapes at random places: what a convolutional net and a Vision Transformer learn from few pictures, and from many."""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Literal

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from core.seeded import seeded
from core.training.comparison import Comparison
from core.training.loop import Schedule, Training
from core.vision.vit import VisionTransformer, ViTConfig

Kind = Literal["CNN", "ViT, class token", "ViT, mean"]
KINDS: Final[tuple[Kind, ...]] = ("CNN", "ViT, class token", "ViT, mean")
SIZES: Final = (100, 400, 2000)
SIDE: Final = 16
SHAPES: Final = ("square", "cross", "triangle", "ring")
UPDATES: Final = 300
TESTED: Final = 500
_AT_ONCE: Final = 50
_RADIUS: Final = 2.6
_NOISE: Final = 0.1
_RATE: Final = 3e-3
# the seed of the pictures that a net is measured on; those it learns from are drawn from the learner's
_TEST_SEED: Final = 1_000_003


@dataclass(frozen=True)
class Scored:
    """What a net makes of pictures: scores of the shapes."""

    logits: Float[Tensor, "batch classes"]


@dataclass(frozen=True)
class Learned:
    """What one net has learned from so many pictures. accuracy: on new ones; parameters: numbers that it learned."""

    kind: Kind
    pictures: int
    accuracy: float
    parameters: int


def draw(n: int, seed: int) -> tuple[Float[Tensor, "n channels side side"], Int[Tensor, "n"]]:
    """So many pictures, one shape each, anywhere, on noise; pixels from -1 to 1."""
    rng = torch.Generator().manual_seed(seed)
    labels = torch.randint(len(SHAPES), (n,), generator=rng)
    centres = _RADIUS + (SIDE - 1 - 2 * _RADIUS) * torch.rand(n, 2, 1, 1, generator=rng)
    place = torch.arange(SIDE)
    down = place[:, None] - centres[:, 0]
    across = place - centres[:, 1]
    away = (down**2 + across**2).sqrt()
    inside = torch.stack(
        [
            torch.maximum(down.abs(), across.abs()) <= 0.85 * _RADIUS,
            (torch.minimum(down.abs(), across.abs()) <= 0.6) & (away <= _RADIUS),
            (across.abs() <= (down + _RADIUS) / 2) & (down <= 0.7 * _RADIUS),
            (away - 0.85 * _RADIUS).abs() <= 0.6,
        ]
    )
    drawn = inside[labels, torch.arange(n)].float() + _NOISE * torch.randn(n, SIDE, SIDE, generator=rng)
    return (drawn.clamp(0, 1) * 2 - 1)[:, None].expand(-1, 3, -1, -1).contiguous(), labels


class PlainNet(nn.Module):
    """Three convolutions and the mean over all places: the least that looks at neighbours, everywhere in one way."""

    def __init__(self):
        super().__init__()
        widths = (3, 24, 40, 60)
        self.layers = nn.ModuleList(nn.Conv2d(a, b, 3, padding=1) for a, b in itertools.pairwise(widths))
        self.head = nn.Linear(widths[-1], len(SHAPES))

    def forward(self, images: Float[Tensor, "batch channels height width"]) -> Scored:
        """Name pictures whose pixels run from -1 to 1."""
        first, *more = self.layers
        grid = nn.functional.max_pool2d(torch.relu(first(images)), 2)
        for layer in more:
            grid = torch.relu(layer(grid))
        return Scored(self.head(grid.mean(dim=(2, 3))))


def net(kind: Kind, seed: int) -> nn.Module:
    """An untrained net of 30,000 to 45,000 numbers."""
    with seeded(seed):
        if kind == "CNN":
            return PlainNet()
        pooling = "mean" if kind == "ViT, mean" else "class"
        return VisionTransformer(
            ViTConfig(SHAPES, pooling, SIDE, 4, d_model=40, n_heads=4, n_layers=2, drop_path_rate=0.0)
        )


def learn(kind: Kind, n: int, seed: int, updates: int = UPDATES) -> Learned:
    """Train a net on so many pictures and measure it on new ones."""
    images, labels = draw(n, seed)
    model = net(kind, seed)
    rng = torch.Generator().manual_seed(seed)
    batches = (torch.randint(n, (_AT_ONCE,), generator=rng) for _ in range(updates))
    training = Training(model, Schedule(updates, _RATE, 20), weight_decay=0.01)
    for _ in training.run(
        batches, lambda chosen: nn.functional.cross_entropy(model(images[chosen]).logits, labels[chosen])
    ):
        pass
    return Learned(kind, n, accuracy(model), sum(weights.numel() for weights in model.parameters()))


def accuracy(model: nn.Module) -> float:
    """The share of new pictures that it names right."""
    images, labels = draw(TESTED, _TEST_SEED)
    with torch.inference_mode():
        return (model.eval()(images).logits.argmax(-1) == labels).float().mean().item()


def curve(seed: int) -> Iterator[Learned]:
    """Every net on every number of pictures, one after the other."""
    for n in SIZES:
        for kind in KINDS:
            yield learn(kind, n, seed, UPDATES)


def lines(done: Sequence[Learned]) -> dict[str, tuple[list[int], list[float]]]:
    """How often each kind is right, by the number of pictures it learned from."""
    named: dict[str, tuple[list[int], list[float]]] = {}
    for kind in KINDS:
        for each in (one for one in done if one.kind == kind):
            places, shares = named.setdefault(f"{kind} ({each.parameters:,} numbers)", ([], []))
            places.append(each.pictures)
            shares.append(each.accuracy)
    return named


COMPARISON: Final = Comparison(
    "Few pictures, or many",
    f"{len(SHAPES)} drawn shapes at random places, {SIDE} × {SIDE} pixels, {UPDATES} updates each, tested on {TESTED} new "
    "ones. Small nets of the same kinds, trained here and now: a convolutional net (CNN) and two Vision Transformers (ViT), "
    "each anew for every number of pictures.",
    "net",
    len(KINDS) * len(SIZES),
    curve,
    lines,
    "training pictures",
    "right on new pictures",
    SIZES,
    logarithmic=True,
)
