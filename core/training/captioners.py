"""Training the captioners: scenes drawn from a seed, each with its one right caption; figures and a model card out."""

import argparse
import random
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Final

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from core.models import captioner_format, checkpoints
from core.models import device as devices
from core.sequence.decoder import DecoderConfig
from core.training import cards, progress
from core.training.loop import Schedule, Training
from core.vision import scenes
from core.vision.captioner import Captioner
from core.vision.scene_captioner import SceneCaptioner, SceneCaptionerConfig
from core.vision.scenes import Scene
from core.vision.trained import END, PAD, START, TrainedCaptioner
from core.vision.trained_scene_captioner import TrainedSceneCaptioner

AnyTrained = TrainedCaptioner | TrainedSceneCaptioner

NAMES: Final = (*checkpoints.CAPTIONERS, *checkpoints.SCENE_CAPTIONERS)
ORIGIN: Final = ""  # scenes are drawn
TESTED: Final = 2000
_TEST_SEED: Final = 1_000_003
_AT_ONCE: Final = 250  # pictures that are measured side by side


@dataclass(frozen=True)
class Recipe:
    """How the captioners are trained; line, cooldown: of the learning rate, as in Schedule.

    noise      standard deviation of what is added to every pixel, from 0 to 1.
    products   how exactly matrices are multiplied: half the bits take half the time.
    """

    updates: int = 2500
    scenes_per_update: int = 64
    peak_rate: float = 3e-3
    warmup: int = 100
    line: int = 0
    cooldown: int = 0
    noise: float = 0.02
    products: str = "float32"
    seed: int = 0


# to look back at 64 raw patches is learned more slowly than at 16 cells of a convolutional net
PLANS: Final[dict[str, Recipe]] = dict.fromkeys(checkpoints.CAPTIONERS, Recipe()) | {
    "scene-captioner": Recipe(2000, peak_rate=2e-3, warmup=200),
    "scene-captioner-patches": Recipe(1700, peak_rate=2e-3, warmup=200, line=3000, cooldown=400, products="bfloat16"),
}


def run(asked: argparse.Namespace, device: torch.device) -> None:
    """Train, unless only measuring is asked for, and measure."""
    if not asked.measure:
        _train(asked, device)
    place = checkpoints.place(asked.out, asked.name)
    print("Measuring on scenes it never saw …", flush=True)
    captioner = checkpoints.read_from(asked.out, asked.name, device)
    if not isinstance(captioner, AnyTrained):
        raise ValueError(f"{asked.name} is no captioner: choose one of {', '.join(NAMES)}")
    cards.keep(place.figures, {"quality": quality(captioner)})
    cards.write_all(asked.out, NAMES, card)
    print(place.card.read_text("utf-8"))


def _train(asked: argparse.Namespace, device: torch.device) -> None:
    planned = PLANS[asked.name]
    recipe = replace(planned, seed=asked.seed, updates=asked.updates or planned.updates)
    torch.manual_seed(recipe.seed)
    model = untrained(asked.name)
    schedule = Schedule(recipe.updates, recipe.peak_rate, recipe.warmup, recipe.line, recipe.cooldown)
    training = Training(model.to(device), schedule, weight_decay=0.0, products=getattr(torch, recipe.products))
    told = [asdict(recipe), asdict(model.config)]
    progress.learn(asked.name, told, training, range(recipe.updates), lambda update: loss(model, recipe, update))
    place = checkpoints.place(asked.out, asked.name)
    if isinstance(model, SceneCaptioner):
        captioner_format.write(place.weights.parent, model)
    else:
        header = {"version": checkpoints.CAPTIONER, "config": model.config.as_json()}
        checkpoints.write(place.weights, model, header)
    made = {
        "recipe": asdict(recipe),
        "updates": recipe.updates,
        "minutes": round(training.seconds / 60, 1),
        "device": devices.describe(device),
    }
    place.figures.unlink(missing_ok=True)  # figures of other weights
    cards.keep(place.figures, {"made": made})


def untrained(name: str) -> Captioner | SceneCaptioner:
    """A captioner of this name with weights that are drawn now."""
    if name in checkpoints.SCENE_CAPTIONERS:
        return SceneCaptioner(SceneCaptionerConfig(checkpoints.SCENE_CAPTIONERS[name]))
    config = DecoderConfig(
        len(scenes.WORDS), checkpoints.CAPTIONERS[name], d_embedded=32, d_hidden=96, d_score=64, dropout=0.0
    )
    return Captioner(config)


def loss(model: Captioner | SceneCaptioner, recipe: Recipe, update: int) -> Float[Tensor, ""]:
    """Nats per word of one update, which draws its scenes from the seed and its own number."""
    device = model.bias.device
    rng = random.Random(f"{recipe.seed} {update}")
    drawn = [scenes.draw(rng) for _ in range(recipe.scenes_per_update)]
    given, wanted = (tensor.to(device) for tensor in as_ids(drawn))
    pictures = scenes.painted(drawn)
    noise = torch.randn(pictures.shape, generator=torch.Generator().manual_seed(recipe.seed * 1_000_003 + update))
    logits, _ = model((pictures + recipe.noise * noise).to(device), given)
    return nn.functional.cross_entropy(logits.flatten(0, 1).float(), wanted.flatten(), ignore_index=PAD)


def as_ids(drawn: Sequence[Scene]) -> tuple[Int[Tensor, "batch target"], Int[Tensor, "batch target"]]:
    """The captions as the decoder is given them, one word late, and as it should write them."""
    place = {word: id_ for id_, word in enumerate(scenes.WORDS)}
    lines = [[place[word] for word in scenes.described(scene)[0]] for scene in drawn]
    width = max(map(len, lines)) + 1

    def padded(rows: list[list[int]]) -> Tensor:
        return torch.tensor([[*row, *[PAD] * (width - len(row))] for row in rows])

    return padded([[START, *line] for line in lines]), padded([[*line, END] for line in lines])


def held_out() -> list[Scene]:
    """Scenes that are measured on; training never draws from this seed."""
    rng = random.Random(_TEST_SEED)
    return [scenes.draw(rng) for _ in range(TESTED)]


def quality(captioner: AnyTrained) -> dict[str, Any]:
    """Captions that are right to the last word, by the number of things, and where colours and shapes look."""
    drawn = held_out()
    told = [scenes.described(scene) for scene in drawn]
    pictures = scenes.painted(drawn)
    given = as_ids(drawn)[0]
    some = list(zip(pictures.split(_AT_ONCE), given.split(_AT_ONCE), strict=True))
    found = [line for each, _ in some for line in captioner.caption_many(each)]
    right = [line == words for line, (words, _) in zip(found, told, strict=True)]
    figures: dict[str, Any] = {"scenes": len(drawn), "exact captions": _share(right)}
    for n in range(1, scenes.MOST + 1):
        of_n = [each for each, scene in zip(right, drawn, strict=True) if len(scene) == n]
        figures[f"exact, {n} thing{'s' if n > 1 else ''}"] = _share(of_n)
    maps = torch.cat([captioner.looks(*each) for each in some], dim=1)
    named = {*scenes.COLOURS, *scenes.SHAPES}
    places = [
        (line, at, thing)
        for line, (words, things) in enumerate(told)
        for at, (word, thing) in enumerate(zip(words, things, strict=True))
        if word in named and thing is not None
    ]
    shares = [
        (_share([cell in thing.cells for cell, thing in looks]), _share([cell == thing.cell for cell, thing in looks]))
        for looks in ([(int(each[line, at].argmax()), thing) for line, at, thing in places] for each in maps)
    ]
    if shares:  # the last is that of the mean where there are several heads
        figures["colours and shapes that look at their thing"], figures["at the cell of its middle"] = shares[-1]
    if shares[1:]:
        each = sorted(share for share, _ in shares[:-1])
        figures["by the best of its heads"], figures["by the worst"] = each[-1], each[0]
    return figures


def _share(hits: Sequence[bool]) -> float:
    return round(sum(hits) / len(hits), 3)


def card(captioner: AnyTrained, rows: dict[str, dict[str, Any]], size: int) -> str:
    """The model card as Markdown. rows: figures by name, its own first; size: bytes on disk."""
    made = captioner.figures["made"]
    recipe = made["recipe"]
    parameters = sum(parameter.numel() for parameter in captioner.model.parameters())
    keys = list(dict.fromkeys(key for figures in rows.values() for key in figures["quality"]))
    parts = [
        f"# {captioner.name}",
        f"Captions drawn scenes of {scenes.SIDE} x {scenes.SIDE} pixels: {_says(captioner)} "
        f"{parameters:,} parameters in half precision, {size / 1e6:.2f} MB. It is a teaching model: its world is "
        f"{len(scenes.COLOURS)} colours, {len(scenes.SHAPES)} shapes and 1 to {scenes.MOST} things, and of photographs it "
        "knows nothing.",
        "## Data",
        "Drawn from a seed while it learns: nothing is downloaded, and nobody's rights are touched. A scene is held out by "
        "being drawn from another seed; with so many positions none comes twice. The weights may be used as the project.",
        "## Training",
        f"`python -m core.training {captioner.name}`: seed {recipe['seed']}, {made['updates']:,} updates of "
        f"{recipe['scenes_per_update']} scenes, {made['minutes']} minutes on {made['device']}; AdamW, learning rate up to "
        f"{recipe['peak_rate']:g}, noise of {recipe['noise']:g} on every pixel{_products(recipe)}. Nobody told it where to look.",
        f"## Quality on {next(iter(rows.values()))['quality']['scenes']:,} held-out scenes, greedy",
        cards.table(
            ["model", *keys], [[name, *(each["quality"].get(key) for key in keys)] for name, each in rows.items()]
        ),
        "## Limits",
        "Of anything but its drawn world it says something, and the something is wrong: of photographs, and of things that "
        "touch or share a cell."
        + (
            " Words for a place (top, left) mostly look elsewhere than at their thing; an even look over all cells does them "
            "hardly any harm."
            if isinstance(captioner, TrainedCaptioner) and captioner.has_attention
            else ""
        ),
    ]
    return "\n\n".join(parts) + "\n"


def _says(captioner: AnyTrained) -> str:
    """What it is made of."""
    if isinstance(captioner, TrainedSceneCaptioner):
        config = captioner.model.config
        eyes = (
            f"a convolutional net makes a grid of {config.columns} x {config.columns} cells (Xu et al. 2015)"
            if config.eyes == "CNN grid"
            else f"a picture is cut into {config.columns} x {config.columns} raw patches, with no convolution anywhere "
            "(Liu et al. 2021)"
        )
        return (
            f"{eyes}, {config.n_encoder} blocks of {config.d_model} numbers and {config.n_heads} heads read, and "
            f"{config.n_decoder} write, with cross-attention over what was read (Vaswani et al. 2017). {_format(config)}"
        )
    looks = "additive attention over the cells" if captioner.has_attention else "the mean of all cells"
    return (
        f"a convolutional net makes a grid of {scenes.CELLS} x {scenes.CELLS} cells, a GRU of "
        f"{captioner.model.config.d_hidden} numbers writes with {looks} at every word (Xu et al. 2015)."
    )


def _format(config: SceneCaptionerConfig) -> str:
    """In which format it is kept."""
    sees = (
        "a SegFormer, of whose blocks three belong to the convolutional net, with attention that brings nothing, and the others "
        "have a convolution inside that changes nothing"
        if config.eyes == "CNN grid"
        else "a Vision Transformer without a class token, as I-JEPA is one"
    )
    return (
        "Its folder is in the format of the transformers library, whose Auto classes open it: a VisionEncoderDecoder of "
        f"{sees}, and of Marian's decoder."
    )


def _products(recipe: dict[str, Any]) -> str:
    """How exactly matrices were multiplied, where that was not in full."""
    products = recipe.get("products", "float32")
    return "" if products == "float32" else f", matrices multiplied in {products}"
