"""Captions with and without a convolution: blocks read cells that a convolutional net made, or patches as they are cut."""

import random
from typing import Final, Literal

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from core.experiments.claim import Finding, Number, claim
from core.host import still_wanted, trained_once
from core.seeded import seeded
from core.training.loop import Schedule, Training
from core.transformer.block import Block
from core.vision import scenes
from core.vision.patches import cut_into_patches
from core.vision.scenes import COLOURS, SHAPES, SIDE, WORDS, Scene, Thing

Eyes = Literal["CNN grid", "raw patches"]
EYES: Final[tuple[Eyes, ...]] = ("CNN grid", "raw patches")
WIDTH, HEADS, N_CELLS, LONGEST = 48, 4, scenes.CELLS**2, 2
ENOUGH = 0.8  # of captions that are right
PICTURES, UPDATES, AT_ONCE, RATE, TESTED = 1000, 200, 32, 5e-3, 400


class Captioner(nn.Module):
    """A picture of one thing in; its colour and its shape out, word after word, by two blocks over cells and words."""

    def __init__(self, eyes: Eyes):
        super().__init__()
        side = SIDE // scenes.CELLS
        self.eyes: nn.Module = (
            nn.Sequential(nn.Conv2d(3, 16, 4, stride=4), nn.ReLU(), nn.Conv2d(16, WIDTH, 3, stride=2, padding=1))
            if eyes == "CNN grid"
            else nn.Linear(3 * side**2, WIDTH)
        )
        self.side = side
        self.places = nn.Parameter(0.02 * torch.randn(N_CELLS + LONGEST, WIDTH))
        self.words = nn.Embedding(len(WORDS), WIDTH)
        self.blocks = nn.ModuleList(Block(WIDTH, HEADS, d_ff=2 * WIDTH, norm_place="pre") for _ in range(2))
        self.norm, self.head = nn.LayerNorm(WIDTH), nn.Linear(WIDTH, len(WORDS))

    def forward(
        self, pictures: Float[Tensor, "batch channels height width"], words: Int[Tensor, "batch words"]
    ) -> Float[Tensor, "batch words vocab_size"]:
        """Scores of the word after each."""
        pictures = 3 * (pictures - scenes.GROUND)  # the empty ground is 0
        if isinstance(self.eyes, nn.Linear):
            seen = self.eyes(cut_into_patches(pictures, self.side))
        else:
            seen = self.eyes(pictures).flatten(2).mT
        stream = torch.cat([seen, self.words(words)], dim=1)
        stream = stream + self.places[: stream.shape[1]]
        allowed = seen_by(stream.shape[1])
        for block in self.blocks:
            stream = block(stream, allowed).resid_post
        return self.head(self.norm(stream[:, N_CELLS:]))


def seen_by(n: int) -> Bool[Tensor, "1 1 queries keys"]:
    """Every cell sees all cells, and a word also the words up to itself."""
    allowed = torch.ones(n, n, dtype=torch.bool).tril()
    allowed[:, :N_CELLS] = True
    return allowed[None, None]


def drawn(n: int, rng: random.Random) -> tuple[Float[Tensor, "n channels height width"], Int[Tensor, "n words"]]:
    """Pictures of one thing, in the middle of any cell, and the beginning, its colour and its shape as words."""
    pictures, words = [], []
    for _ in range(n):
        row, column = divmod(rng.randrange(N_CELLS), scenes.CELLS)
        across, down = ((place + 0.5) * SIDE / scenes.CELLS for place in (column, row))
        thing = Thing(rng.choice(list(COLOURS)), rng.choice(SHAPES), across, down)
        pictures.append((thing,))
        words.append([WORDS.index(word) for word in ("<s>", thing.colour, thing.shape)])
    return scenes.painted(pictures), torch.tensor(words)


@trained_once(16)
def captioned(eyes: Eyes, seed: int) -> float:
    """Learn to caption, and write captions of new pictures: the share that is right to the last word."""
    rng = random.Random(f"captions {seed}")
    with seeded(seed):
        model = Captioner(eyes)
    pictures, words = drawn(PICTURES, rng)
    batches = (torch.tensor(rng.choices(range(PICTURES), k=AT_ONCE)) for _ in range(UPDATES))

    def loss(at: Tensor) -> Tensor:
        return nn.functional.cross_entropy(model(pictures[at], words[at, :-1]).flatten(0, 1), words[at, 1:].flatten())

    with torch.enable_grad():
        for _ in Training(model, Schedule(UPDATES, RATE, 20)).run(batches, loss):
            still_wanted()
    pictures, words = drawn(TESTED, rng)
    written = words[:, :1]
    with torch.inference_mode():
        for _ in range(LONGEST):
            written = torch.cat([written, model.eval()(pictures, written)[:, -1:].argmax(-1)], dim=1)
    return (written == words).all(1).float().mean().item()


@claim(
    said="Captions can be made by Transformers alone, without a convolutional net.",
    verdict="right",
    instead="Patches as they are cut out serve in place of a net's cells. This toy is told of one thing in the middle of a cell.",
    sources=("liu2021cptr", "dosovitskiy2021"),
)
def only_transformers(scene: Scene, seed: int) -> Finding:
    """Two small captioners learn the same: one reads cells of a convolutional net, one raw patches; tried on new pictures."""
    grid, raw = (captioned(eyes, seed) for eyes in EYES)
    return Finding(
        (Number("captions right, cells of a net", grid), Number("captions right, raw patches", raw)),
        holds=min(grid, raw) >= ENOUGH,
        says=f"After {UPDATES} updates {grid:.1%} of {TESTED} new pictures of one thing get the right caption from cells of a "
        f"convolutional net, and {raw:.1%} from raw patches.",
    )
