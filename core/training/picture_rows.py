"""Lines of pictures, pixel by pixel: a block learns which colour comes next, as a language model learns which word does."""

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from core.host import trained_once
from core.seeded import seeded
from core.training.loop import Schedule, Training
from core.transformer.rows import RowConfig, RowModel
from core.vision import scenes
from core.vision.scenes import COLOURS, GROUND, Scene

SIDE: Final = 16  # pixels of a line: two of a drawn scene in one
N_COLOURS: Final = 1 + len(COLOURS)  # the ground is one
UPDATES: Final = 200
_BEGIN: Final = N_COLOURS  # stands before the first pixel
_LEARNED, _TESTED, _AT_ONCE = 512, 128, 64
_WIDTH: Final = 32
_RATE: Final = 1e-2
_WARMUP: Final = 20
_TEST_SEED: Final = 1_000_003


def lines(drawn: Sequence[Scene]) -> Int[Tensor, "lines pixels"]:
    """The lines of these pictures that hold something, from the left: which colour is nearest to each pixel; 0 is the ground."""
    means = nn.functional.avg_pool2d(scenes.painted(drawn), scenes.SIDE // SIDE).permute(0, 2, 3, 1).flatten(0, 1)
    colours = torch.tensor([(GROUND,) * 3, *COLOURS.values()])
    found = (means[:, :, None] - colours).square().sum(-1).argmin(-1)
    return found[(found > 0).any(1)]


@dataclass(frozen=True, eq=False)
class Learned:
    """Two models that were asked for the next pixel, with a causal mask and with none, and what counting says.

    counts   behind each colour, and behind the mark of a beginning, how often each comes.
    """

    causal: RowModel
    unmasked: RowModel
    counts: Float[Tensor, "before colours"]

    @torch.inference_mode()
    def bits(self, asked: Int[Tensor, "lines pixels"]) -> tuple[float, float, float]:
        """What a pixel of these lines costs on average, in bits: with the mask, with none, and who counts the one before."""
        late = _late(asked)
        guesses = [_scores(model, late).log_softmax(-1) for model in (self.causal, self.unmasked)]
        guesses.append((self.counts / self.counts.sum(1, keepdim=True)).log()[late])
        causal, unmasked, counted = (-each.gather(2, asked[..., None]).mean().item() / math.log(2) for each in guesses)
        return causal, unmasked, counted


def _late(rows: Int[Tensor, "lines pixels"]) -> Int[Tensor, "lines pixels"]:
    """What is read: the pixels one place late, behind the mark of a beginning."""
    return torch.cat([torch.full_like(rows[:, :1], _BEGIN), rows[:, :-1]], dim=1)


def _scores(model: RowModel, late: Int[Tensor, "lines pixels"]) -> Float[Tensor, "lines pixels colours"]:
    return model(late).logits[..., :N_COLOURS]


def held_out() -> list[Scene]:
    """Scenes that nobody learns from."""
    rng = random.Random(_TEST_SEED)
    return [scenes.draw(rng) for _ in range(_TESTED)]


@trained_once(8)
def learned(seed: int, updates: int = UPDATES) -> Learned:
    """Train both here and now, and count."""
    rng = random.Random(seed)
    rows = lines([scenes.draw(rng) for _ in range(_LEARNED)])
    late = _late(rows)
    counts = torch.ones(N_COLOURS + 1, N_COLOURS)
    counts.index_put_((late.flatten(), rows.flatten()), torch.ones(rows.numel()), accumulate=True)
    return Learned(*(_trained(rows, seed, updates, causal=causal) for causal in (True, False)), counts)


def _trained(rows: Int[Tensor, "lines pixels"], seed: int, updates: int, *, causal: bool) -> RowModel:
    with seeded(seed):
        model = RowModel(RowConfig(N_COLOURS + 1, SIDE, causal, d_model=_WIDTH))
    late = _late(rows)

    def loss(update: int) -> Float[Tensor, ""]:
        rng = torch.Generator().manual_seed(_TEST_SEED * (seed + 1) + update)
        chosen = torch.randint(len(rows), (_AT_ONCE,), generator=rng)
        return nn.functional.cross_entropy(_scores(model, late[chosen]).flatten(0, 1), rows[chosen].flatten())

    for _ in Training(model, Schedule(updates, _RATE, _WARMUP), weight_decay=0.0).run(range(updates), loss):
        pass
    return model.eval()
