"""Training the small models of lesson 14: nothing is read, all is drawn from a seed; a model, figures and a card out."""

import argparse
import json
import random
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any, Final

import torch
from jaxtyping import Float
from torch import Tensor, nn

from core.models import checkpoints
from core.models import device as devices
from core.seeded import seeded
from core.training import cards, mirror, progress
from core.training.loop import Schedule, Training
from core.transformer import prefixes
from core.transformer.encoder_decoder import EncoderDecoderConfig
from core.transformer.mirror import LENGTH, LETTERS
from core.transformer.rows import RowModel
from core.vision import moving, pairs, scenes
from core.vision.image_text import ImageText, ImageTextConfig
from core.vision.video import Denoiser, DenoiserConfig, cut_into_blocks

ORIGIN: Final = ""  # all is drawn
_APART: Final = 1_000_003  # keeps what is measured on apart from what is learned from
_PAIRS: Final = 32  # of one update
_VIDEOS: Final = 8
_ROWS: Final = 64
_TESTED: Final = 320
NOISES: Final = (0.1, 0.3, 0.5, 0.7, 1.0)


@dataclass(frozen=True)
class Plan:
    """One small model.

    build     makes it, untrained, from a seed.
    loss      of a model, a seed and the number of an update.
    quality   what is measured of it, on what it never saw.
    says      what it is; drawn: of what it learns; limits: what it cannot.
    """

    build: Callable[[int], nn.Module]
    loss: Callable[[Any, int, int], Float[Tensor, ""]]
    quality: Callable[[Any], dict[str, Any]]
    says: str
    drawn: str
    limits: str
    updates: int = mirror.UPDATES
    rate: float = mirror.RATE
    warmup: int = mirror.WARMUP


def pairs_loss(model: ImageText, seed: int, update: int) -> Float[Tensor, ""]:
    """Pictures choose among the captions of a batch, and captions among its pictures; in nats."""
    rng = random.Random(f"{seed} {update}")
    drawn = pairs.told_apart(rng, _PAIRS)
    captions = [pairs.caption(rng.sample(kinds, len(kinds))) for kinds in map(pairs.kinds, drawn)]
    logits = model(scenes.painted(drawn), pairs.ids(captions)).logits[0]
    own = torch.arange(_PAIRS)
    return (nn.functional.cross_entropy(logits, own) + nn.functional.cross_entropy(logits.T, own)) / 2


def denoising_loss(model: Denoiser, seed: int, update: int) -> Float[Tensor, ""]:
    """The mean square of what is left of noise of any size."""
    rng = random.Random(f"{seed} {update}")
    videos = moving.filmed([moving.draw(rng) for _ in range(_VIDEOS)])
    sizes = torch.tensor([rng.random() for _ in range(_VIDEOS)])[:, None, None, None, None]
    noisy = videos + sizes * moving.noise(videos.shape, _APART * (seed + 1) + update)
    sizes_of_blocks = model.config.block_frames, model.config.block_side
    return nn.functional.mse_loss(model(noisy).cleaned, cut_into_blocks(videos, *sizes_of_blocks))


def prefix_loss(model: prefixes.TextToText, seed: int, update: int) -> Float[Tensor, ""]:
    """All of what is to be written in one pass, each token from those before it; in nats."""
    rng = random.Random(f"{seed} {update}")
    drawn = [_asked(rng) for _ in range(_ROWS)]
    sources = [prefixes.source(*each) for each in drawn]
    wanted = prefixes.padded([prefixes.target(*each) for each in drawn])
    given = torch.cat([torch.full_like(wanted[:, :1], prefixes.START), wanted[:, :-1]], dim=1)
    logits = model(prefixes.padded(sources), torch.tensor([*map(len, sources)]), given).logits
    return nn.functional.cross_entropy(logits.flatten(0, 1), wanted.flatten(), ignore_index=prefixes.PAD)


def _asked(rng: random.Random, task: prefixes.Task | None = None) -> tuple[prefixes.Task, list[int]]:
    letters = [rng.randrange(len(LETTERS)) for _ in range(rng.randint(1, prefixes.MOST))]
    return task or rng.choice(prefixes.TASKS), letters


def of_prefixes(model: prefixes.TextToText) -> dict[str, Any]:
    """How often what is written is right to the last letter, by task."""
    rng, found = random.Random(_APART), {}
    for task in prefixes.TASKS:
        drawn = [_asked(rng, task) for _ in range(_TESTED // 4)]
        right = [prefixes.write(model, prefixes.source(*each)) == prefixes.target(*each) for each in drawn]
        found[f"{task} exact"] = round(sum(right) / len(right), 3)
    return found


def _text_to_text(seed: int) -> prefixes.TextToText:
    with seeded(seed):
        return prefixes.TextToText(
            EncoderDecoderConfig(
                len(prefixes.SHOWN), d_model=64, n_heads=4, n_encoder=1, n_decoder=2, d_ff=128, dropout=0.0, context=16
            )
        )


def _of_filled(model: RowModel) -> dict[str, Any]:
    first, second = mirror.of_halves(mirror.filled(model))
    return {"hidden letters of the first half": round(first, 3), "of the second half": round(second, 3)}


@torch.inference_mode()
def of_pairs(model: ImageText) -> dict[str, Any]:
    """How often a picture chooses its caption: among those of 32 scenes, and one thing among the twelve kinds of things."""
    rng = random.Random(_APART)
    hits = []
    for _ in range(_TESTED // _PAIRS):
        drawn = pairs.told_apart(rng, _PAIRS)
        logits = model(scenes.painted(drawn), pairs.ids([pairs.caption(pairs.kinds(each)) for each in drawn])).logits[0]
        hits.append((logits.argmax(1) == torch.arange(_PAIRS)).float().mean().item())
    named = of_kinds(model, rng)
    seen = [share for kind, share in named.items() if kind != pairs.HELD_OUT]
    return {
        f"a picture chooses its caption among {_PAIRS}": round(sum(hits) / len(hits), 3),
        f"one thing, of {len(seen)} pairs that were seen": round(sum(seen) / len(seen), 3),
        f"{' '.join(pairs.HELD_OUT)}, never seen": round(named[pairs.HELD_OUT], 3),
    }


@torch.inference_mode()
def of_kinds(model: ImageText, rng: random.Random, n: int = 40) -> dict[tuple[str, str], float]:
    """How often each kind of thing, alone in a picture, is named right among all kinds."""
    captions = pairs.ids([pairs.caption([kind]) for kind in pairs.KINDS])
    found = {}
    for number, kind in enumerate(pairs.KINDS):
        drawn = [(scenes.Thing(*kind, *(rng.uniform(3, scenes.SIDE - 3) for _ in "xy")),) for _ in range(n)]
        chosen = model(scenes.painted(drawn), captions).logits[0].argmax(1)
        found[kind] = (chosen == number).float().mean().item()
    return found


@torch.inference_mode()
def of_denoised(model: Denoiser) -> dict[str, Any]:
    """The mean square of noise before and after, and what a picture of the ground alone is off by."""
    rng = random.Random(_APART)
    videos = moving.filmed([moving.draw(rng) for _ in range(64)])
    sizes = model.config.block_frames, model.config.block_side
    clean = cut_into_blocks(videos, *sizes)
    drawn = moving.noise(videos.shape, _APART)
    found = {"the ground alone": round(nn.functional.mse_loss(torch.full_like(clean, scenes.GROUND), clean).item(), 4)}
    for sigma in NOISES:
        noisy = videos + sigma * drawn
        before = nn.functional.mse_loss(cut_into_blocks(noisy, *sizes), clean).item()
        after = nn.functional.mse_loss(model(noisy).cleaned, clean).item()
        found[f"noise of {sigma:g}, before"] = round(before, 4)
        found[f"noise of {sigma:g}, after"] = round(after, 4)
    return found


def _rows(says: str, *, causal: bool) -> Plan:
    return Plan(
        lambda seed: mirror.untrained(seed, causal=causal),
        mirror.fill_loss,
        _of_filled,
        says,
        f"Rows of {LENGTH} letters of {len(LETTERS)}, whose second half mirrors the first",
        "It knows nothing but such rows.",
        mirror.UPDATES,
    )


def _denoiser(says: str, *, across: bool) -> Plan:
    def build(seed: int) -> Denoiser:
        with seeded(seed):
            return Denoiser(DenoiserConfig(across))

    return Plan(
        build,
        denoising_loss,
        of_denoised,
        says,
        f"Drawn videos of {moving.FRAMES} frames, {moving.SIDE} x {moving.SIDE} pixels, in which up to {scenes.MOST} things "
        "move evenly, with noise of a size between 0 and 1 on every pixel",
        "It takes noise off such videos, in one go. It makes none, and no text tells it anything.",
        1500,
        2e-3,
        50,
    )


def _pairs(seed: int) -> ImageText:
    with seeded(seed):
        return ImageText(ImageTextConfig(len(pairs.WORDS), pairs.N_WORDS + 1))


PLANS: Final[dict[str, Plan]] = {
    "mirror-both-sides": _rows(
        "Fills a gap in a row of letters, and sees the letters on both sides of it.",
        causal=False,
    ),
    "mirror-left-alone": _rows(
        "Fills a gap in a row of letters, and sees those before it alone: the same block with a causal mask.",
        causal=True,
    ),
    "scene-clip": Plan(
        _pairs,
        pairs_loss,
        of_pairs,
        "One tower for pictures and one for captions, which point the same way where the two belong together. Its folder is in "
        "the format of the transformers library, whose Auto classes open it: a small CLIP.",
        f"Drawn scenes of up to {scenes.MOST} things and their captions, {_PAIRS} different ones an update; no scene has a "
        f"{' '.join(pairs.HELD_OUT)}",
        "It chooses among captions and writes none. It knows drawn things alone.",
        8000,
        2e-3,
        100,
    ),
    "video-denoiser": _denoiser(
        "Takes noise off small videos; blocks of all frames attend to each other.", across=True
    ),
    "video-denoiser-by-frame": _denoiser(
        "Takes noise off small videos; blocks attend to those of the same frames alone.", across=False
    ),
    "text-to-text": Plan(
        _text_to_text,
        prefix_loss,
        of_prefixes,
        "Writes what a prefix asks for: copy, reverse or sort a row of letters. An encoder reads, a decoder writes. Its folder "
        "is in the format of the transformers library, whose Auto classes open it: a small Marian.",
        f"Rows of 1 to {prefixes.MOST} letters of {len(LETTERS)}, each with one of {len(prefixes.TASKS)} prefixes",
        "It knows these three tasks and nothing else.",
        1200,
        3e-3,
        100,
    ),
}
NAMES: Final = tuple(PLANS)


def run(asked: argparse.Namespace, device: torch.device) -> None:
    """Train, unless only measuring is asked for, and measure."""
    plan, place, cpu = PLANS[asked.name], checkpoints.place(asked.out, asked.name), torch.device("cpu")
    if not asked.measure:
        _train(asked, plan, device)
    print("Measuring on what it never saw …", flush=True)
    small = checkpoints.of_kind(checkpoints.read_from(asked.out, asked.name, cpu), checkpoints.Small)
    cards.keep(place.figures, {"quality": plan.quality(small.model)})
    small = checkpoints.of_kind(checkpoints.read_from(asked.out, asked.name, cpu), checkpoints.Small)
    place.card.write_text(card(small, place.weights.stat().st_size), "utf-8")
    print(place.card.read_text("utf-8"))


def _train(asked: argparse.Namespace, plan: Plan, device: torch.device) -> None:
    updates = asked.updates or plan.updates
    model: Any = plan.build(asked.seed)
    training = Training(model.to(device), Schedule(updates, plan.rate, plan.warmup), weight_decay=0.0)
    recipe = {"seed": asked.seed, "updates": updates, "peak_rate": plan.rate, "warmup": plan.warmup}
    config = json.dumps(asdict(model.config))
    told = [recipe, config, checkpoints.SMALL]
    progress.learn(asked.name, told, training, range(updates), lambda update: plan.loss(model, asked.seed, update))
    place = checkpoints.place(asked.out, asked.name)
    if kept := checkpoints.SMALL_FOLDERS.get(asked.name):
        kept.write(place.weights.parent, model)
    else:
        checkpoints.write(place.weights, model, {"version": checkpoints.SMALL, "config": config})
    made = {
        "recipe": recipe,
        "minutes": round(training.seconds / 60, 1),
        "device": devices.describe(device),
    }
    place.figures.unlink(missing_ok=True)  # figures of other weights
    cards.keep(place.figures, {"made": made})


def card(small: checkpoints.Small, size: int) -> str:
    """The model card as Markdown. size: bytes on disk."""
    plan, made, found = PLANS[small.name], small.figures["made"], small.figures["quality"]
    recipe = made["recipe"]
    parameters = sum(weights.numel() for weights in small.model.parameters())
    parts = [
        f"# {small.name}",
        f"{plan.says} {parameters:,} parameters in half precision, {size / 1e6:.2f} MB. It is a teaching model.",
        "## Data",
        f"{plan.drawn}, drawn from a seed while it learns: nothing is downloaded, and nobody's rights are touched. What it is "
        "measured on is drawn from another seed. The weights may be used as the project.",
        "## Training",
        f"`python -m core.training {small.name}`: seed {recipe['seed']}, {recipe['updates']:,} updates, {made['minutes']} "
        f"minutes on {made['device']}; AdamW, learning rate up to {recipe['peak_rate']:g}.",
        "## Quality",
        cards.table(["measured", "is"], [list(each) for each in found.items()]),
        "## Limits",
        plan.limits,
    ]
    return "\n\n".join(parts) + "\n"
