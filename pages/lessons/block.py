"""Lesson 9: the block. What happens after attention?"""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

import numpy as np

from core import picture_files
from core.analysis.stream import cosines, coupling, spread, to_itself, to_others
from core.attention import attend
from core.experiments import block as experiments
from core.lessons import block
from core.lessons.block import Lesson as Result
from core.lessons.block import Settings, given, stack
from core.lessons.block.given import Given
from core.lessons.block.norms import NAMED
from core.lessons.shown import call
from core.listing import ran
from core.memory import kept, kept_for_all_if
from core.transformer.block import IN_A_BLOCK, PARTS, Block, NormPlace, Part
from core.transformer.feed_forward import FeedForward
from core.vision.classifier import fitted
from pages.lessons.by_hand import block as by_hand
from pages.parts import controls, ours, own_picture, sentences, story_lens
from pages.parts.controls import Controls, row
from pages.parts.lesson import Lesson, Scene
from pages.parts.number_table import edit_tables
from pages.parts.step_viewer import EACH
from pages.parts.words import Token, interesting, plain

AT_MOST = 48  # tokens: each is pushed, and all others listen
PICTURE = "a picture"
PLACES: dict[str, NormPlace] = {"last (2017)": "post", "first (today)": "pre"}
NO_NORM = "none"
LAYER_NORM, BATCH_NORM, BOTH, NEITHER = "those of LayerNorm", "those of BatchNorm", "both", "neither"
HEARD = ("norm", "MLP", "attention", "in none, or in several")
NEVER = "never"

CODE = (
    ran(Block.forward, attention="mixed", feed_forward="ff_out"),
    ran(FeedForward.forward),
    ran(attend),
    ran(stack.stack_of, returns="attention_adds"),
    ran(to_itself, returns="to_itself"),
    ran(to_others, returns="to_others"),
    ran(cosines, returns="alike"),
    ran(spread, returns="spreads"),
    ran(stack.toy_spreads, returns="toy_spreads"),
    ran(coupling, returns="coupling_attention"),
    ran(block.normed_beside, by_layer="under_layer_norm", by_batch="under_batch_norm"),
    ran(block.probabilities, returns="lens"),
)
READ = (
    (ran(block.of_a_text, vectors="answers"),),
    (ran(block.of_a_picture, largest="answers"),),
)  # of a text, of a picture

page = Lesson(
    "block",
    opens_at="add",
    claims=experiments.CLAIMS,
    sources=(
        "vaswani2017",
        "ba2016",
        "he2016",
        "xiong2020",
        "dong2021",
        "ioffe2015",
        "nostalgebraist2020",
        "elhage2021",
    ),
    formula_of=EACH,
    symbols=IN_A_BLOCK,
    token_strip=False,
)


def of_ours(*of: tuple) -> bool:
    """Whether what a stack is of, each by a sentence and where it starts or by the digest of a picture, is ours."""
    return all(ours.text(each[0]) or ours.picture(each[0]) for each in of)


@kept_for_all_if(lambda _given, of, other=False: of_ours(of))
def stack_of(_given: Given, of: tuple, other: bool = False) -> stack.Stack:
    return stack.stack_of(_given.blocks, _given.other if other else _given.x)


@kept_for_all_if(lambda _given, _kept, of, settings: of_ours(*of))
def looked(_given: Given, _kept: tuple, of: tuple, settings: Settings) -> Result:
    return block.run(_given, settings, _kept)


@kept
def typed(_again: partial[Given], of: str, settings: Settings) -> Result:
    return block.run(_again(), settings)


@kept_for_all_if(lambda digest, _picture: ours.picture(digest))
def on_picture(digest: str, _picture: np.ndarray) -> tuple[np.ndarray, Given]:
    pixels = fitted(_picture, given.picture_model().side)
    return pixels, given.on_picture(pixels)


@page.scene
def scene(ui: Controls) -> Scene | None:
    with row():
        numbers = ui.one_of("Numbers", (controls.REAL, PICTURE, controls.BY_HAND), "numbers")
        text = ui.sentence() if numbers == controls.REAL else ""
        brought = own_picture.choose(ui.prefix, side=given.picture_model().side)[1] if numbers == PICTURE else None
    if brought is not None:
        return of_picture(ui, brought)
    return of_sentence(ui, text) if numbers == controls.REAL else of_numbers(ui)


def of_sentence(ui: Controls, text: str) -> Scene | None:
    """A layer of MiniLM, which normalises last."""
    read = sentences.read(text, ui.prefix, at_most=AT_MOST)
    if read is None:
        return None
    with ui.more():
        other = ui.sentence(controls.EXAMPLES[1], "Beside it in the batch", "second")
        chosen = choose(ui, controls.N_LAYERS, 3)
    second = sentences.read(other, ui.prefix, "second", at_most=AT_MOST)
    if second is None:
        return None
    of, beside = (read.text, read.tokens.start), (second.text, second.tokens.start)
    found = given.of_texts(read, second)
    kept = stack_of(found, of), stack_of(found, beside, True)
    again = call(given.on_sentence, read.text, read.tokens.start, second.text, second.tokens.start, AT_MOST)
    return shown(
        looked(found, kept, (of, beside), aside_depth(chosen)),
        chosen,
        sentences.shown(read),
        again,
        f"{(of, beside, chosen)}",
        controls.origin(chosen.layer),
    )


def of_picture(ui: Controls, brought: np.ndarray) -> Scene:
    """A block of our own Vision Transformer, which normalises first."""
    digest = own_picture.digest(brought)
    pixels, found = on_picture(digest, brought)
    with ui.more():
        chosen = choose(ui, found.n_layers, 3)
    kept = stack_of(found, (digest,)), stack_of(found, (digest,), True)
    again = call(given.on_picture, call(picture_files.opened_png, picture_files.png(pixels)))
    words = [Token(found.words[0], True), *plain(found.words[1:])]
    origin = "Real numbers of a Vision Transformer, trained for this course on photographs, computed on the processor"
    result = looked(found, kept, ((digest,),), aside_depth(chosen))
    return shown(result, chosen, words, again, f"{(digest, chosen)}", origin)


def of_numbers(ui: Controls) -> Scene:
    """One block by hand, on top of itself."""
    tables = edit_tables(ui, by_hand.TABLES)
    with ui.more():
        place = ui.one_of("Norm stands", list(PLACES), "place")
        layers = ui.slider("Layers L", 1, given.MOST_LAYERS, 6, "layers")
        chosen = choose(ui, layers, 0, "own_")
    again = call(given.on_numbers, tuple(by_hand.TABLES[0].rows), *tables.values(), PLACES[place], layers)
    result = typed(again, f"{again.args}", aside_depth(chosen))
    return shown(result, chosen, plain(result.given.words), again, f"{(again.args, chosen)}", controls.OWN_MAPS)


def choose(ui: Controls, n_layers: int, layer: int, name: str = "") -> Settings:
    """Which layer is looked into, behind how many tokens are compared, which parts are taken out, and the kind of norm."""
    shown = ui.up_to("Layer", n_layers - 1, layer, f"{name}layer") if n_layers > 1 else 0
    depth = ui.up_to("Compare behind", n_layers, n_layers, f"{name}depth")
    gone = ui.any_of("Take out", [part for part in PARTS if part != "norm"], "without")
    norm = ui.select("Norm", (*NAMED, NO_NORM), "norm", width=130, help=by_hand.NORM_HELP)
    without: tuple[Part, ...] = (*gone, "norm") if norm == NO_NORM else gone
    return Settings(shown, depth, without, NAMED.get(norm, "layer"), ui.seed(block.SEED))


def aside_depth(chosen: Settings) -> Settings:
    """The settings without the one that costs nothing."""
    return replace(chosen, depth=None)


def shown(result: Result, chosen: Settings, words: list[Token], again: partial, signature: str, origin: str) -> Scene:
    result = block.at_depth(result, chosen.depth)
    found, at = result.given, interesting(words)
    return Scene(
        result,
        chosen=chosen,
        given=found,
        tokens={"queries": words, "keys": words} | {axis: plain(texts) for axis, texts in block.axes(result).items()},
        beside=block.beside(result),
        again=call(block.shown, again, chosen),
        signature=signature,
        origin=origin,
        evidence=(block.evidence(found, chosen), chosen.seed),
        focus={"query": at, "key": result.hears(at)},
        formulas=block.formulas(found, chosen),
        code=(*CODE, *READ[found.classifier is not None]),
        divisor=result.trace.block.attention.queries.shape[-1] ** 0.5,
    )


@page.steps
def steps(scene: Scene) -> Iterator:
    yield from by_hand.of_one_block(scene)
    yield from by_hand.of_the_stack(scene)


@page.question(
    "Other tokens join the batch. Which normalised numbers of yours move?",
    (LAYER_NORM, BATCH_NORM, BOTH, NEITHER),
    shows="batch",
)
def joins(scene: Scene) -> tuple[str, str]:
    moved = scene.result.layer_moved, scene.result.batch_moved
    which = {(False, True): BATCH_NORM, (True, False): LAYER_NORM, (True, True): BOTH}
    return which.get((moved[0] > block.EQUAL, moved[1] > block.EQUAL), NEITHER), (
        f"Under LayerNorm by {moved[0]:.2g} at most, under BatchNorm by {moved[1]:.2f}, whose mean is taken over all."
    )


@page.question(
    "One token is pushed a little. In which part of the block do the others move?",
    HEARD,
    shows="coupling",
)
def pushed(scene: Scene) -> tuple[str, str]:
    between = scene.result.heard_in
    answer = next((name for name in HEARD[:3] if list(between) == [name]), HEARD[3])
    moved = ", ".join(f"in {name} by up to {most:.2g}" for name, most in scene.result.moved_between.items())
    return answer, f"Per unit of the push, other tokens move {moved}."


@page.question(
    "Twelve layers of attention alone, without skips, MLPs and norms. When are the random tokens of a toy all the same?",
    lambda scene: (*map(block.behind_layers, sorted({1, scene.result.toy_equal or 3, 8})), NEVER),
    shows="toy",
)
def collapse(scene: Scene) -> tuple[str, str]:
    behind = scene.result.toy_equal
    return NEVER if behind is None else block.behind_layers(behind), scene.result.toy_told


page.aside(partial(story_lens.panel, page.ui))
page.show()
