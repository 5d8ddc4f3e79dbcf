"""Lesson 14: one block, many models. How can BERT, GPT, T5, ViT and CLIP be one machine?"""

import streamlit as st

from core.experiments import model_family as experiments
from core.lessons.model_family import family, table
from core.lessons.shown import call
from core.listing import ran
from core.transformer.block import Block
from pages.lessons.by_hand import model_family as systems
from pages.parts import drawn_systems, story_systems
from pages.parts.controls import Controls, row
from pages.parts.figures import Matrix, Plans, Table, tables
from pages.parts.lesson import Lesson, Scene, step
from pages.parts.step_viewer import EACH
from pages.parts.words import plain

BERT, GPT, T5, CLIP, SORA, FAMILY = SYSTEMS = ("BERT", "GPT", "T5", "CLIP", "Sora", "the family")
LETTERS, OWN = "letters", "your sentence"
BOTH, RIGHT, NEITHER = "both", "the one that sees both sides", "neither"
HOW_OFTEN = ("in more than 95%", "in 5% to 95%", "in less than 5%")
MORE = ("none", "a third more", "twice as many")

page = Lesson(
    "model_family",
    opens_at="A",
    claims=experiments.CLAIMS,
    sources=(
        "devlin2019",
        "radford2018",
        "raffel2020",
        "radford2021",
        "openai2024",
        "peebles2023",
        "vaswani2017",
        "chen2020",
    ),
    formula_of=EACH,
    symbols={},
)


@page.scene
def scene(ui: Controls) -> Scene | None:
    with row():
        system = ui.one_of("System", SYSTEMS, "system")
        made = {
            BERT: on_bert,
            GPT: story_systems.on_writing,
            T5: systems.on_prefixes,
            CLIP: drawn_systems.on_pairs,
            SORA: drawn_systems.on_videos,
            FAMILY: on_family,
        }
        return made[system](ui)


def on_bert(ui: Controls) -> Scene | None:
    """A gap in a row of letters, where a mask alone tells two models apart, or a blank in the learner's own sentence."""
    filled = ui.one_of("Filled in", (LETTERS, OWN), "filled")
    return story_systems.on_blanks(ui) if filled == OWN else systems.on_gaps(ui)


def on_family(ui: Controls) -> Scene:
    """Sizes, and what may enter one block."""
    width = ui.among("Width D", family.WIDTHS, 768, "width")
    settings = family.Settings(width, ui.seed(0))
    result = family.run(settings)
    return Scene(
        result,
        chosen=settings,
        tokens={axis: plain(texts) for axis, texts in family.axes(result).items()},
        beside=family.beside(result),
        shares=frozenset({"tree", "layers"}),
        again=call(family.shown, settings),
        signature=str(settings),
        origin="Sizes are counted on models that were built without numbers, from the configurations of transformers. What "
        "goes through the block here is real; the block is drawn from the seed and learned nothing",
        evidence=drawn_systems.evidence(ui),
        focus={"query": 0, "key": 0},
        code=(ran(Block.forward, here="resid_post"),),
        steps=steps_of_family,
        opens_at="block",
        token_strip=False,
    )


def steps_of_family(scene: Scene):
    trace = scene.result.trace
    yield step(
        "block",
        Plans("sizes", family.PLANS, family.boxes(), note="Filled: not as in BERT's block."),
        "At width {d}, BERT's block has {each:,} parameters and GPT's {difference:,} more: a mask has none. The decoder of 2017 "
        "has {more:,} more, for cross-attention and its norm.",
        shows=(),
        title="One block",
        d=scene.chosen.d_model,
    )
    yield step(
        "families",
        Matrix(
            "layers",
            "share",
            rows="layers",
            columns="numbers",
            words=family.told_layers(scene.chosen.d_model),
            readout="plain",
            fixed=True,
            axes="blocks of the library ↓ · attention, cross-attention, network, norms, all →",
        ),
        "A block of each family, built from the library's configuration at width {d}. {alike} have {each:,} numbers each: "
        "12 D² + 13 D. T5 and Llama have no biases, T5's writing half has cross-attention, Llama a network with a gate. "
        "M is a million, k a thousand.",
        shows=(),
        title="A block of every family",
        counted=False,
        d=scene.chosen.d_model,
    )
    yield step(
        "tree",
        Matrix(
            "tree",
            "share",
            rows="models",
            columns="numbers",
            words=family.told_sizes(),
            readout="plain",
            fixed=True,
            axes="models ↓ · attention, MLP, tables, norms and rest →",
        ),
        table.of_tree(),
        shows=(),
        title="The family tree",
    )
    three = (("words", "words"), ("patches", "patches"), ("frames", "frames"))
    yield step(
        "tokens",
        tables(
            *(Table(name, label, rows="queries" if name == "words" else name, labelled=True) for name, label in three)
        ),
        "{w} words, {s} squares of a picture, {f} frames of a video: three ways to make rows of one width.",
        shows=family.INPUTS,
        title="Three tokenisers",
        w=trace.words.shape[1],
        s=trace.patches.shape[1],
        f=trace.frames.shape[1],
    )
    yield step(
        "out",
        tables(
            *(
                Table(f"{name}_out", label, rows="queries" if name == "words" else name, labelled=True)
                for name, label in three
            )
        ),
        "The same block, the very same numbers, ran on all three: as many rows come out as went in.",
        shows=tuple(f"{name}_out" for name in family.INPUTS),
        title="One block for all",
    )


@page.below
def systems_table(scene: Scene) -> None:
    """Mask, objective and tokens of all."""
    with st.container(key=page.ui.key("table"), border=True):
        st.table(table.rows(), border="horizontal", hide_index=True)


@page.question(
    "A letter in the first half of a mirrored row is hidden. Two models with the same block are asked for it. Which guess it "
    "nearly always?",
    (BOTH, RIGHT, NEITHER),
    sets={"system": BERT, "filled": LETTERS, "hide": 1},
    shows="both",
)
def hidden(scene: Scene) -> tuple[str, str]:
    left, both = table.filled("mirror-left-alone"), table.filled("mirror-both-sides")
    answer = BOTH if left > 0.9 else NEITHER if both < 0.2 else RIGHT
    return answer, f"With the left alone {left:.1%}, with both sides {both:.1%}: nothing on the left tells that letter."


@page.question("GPT is “the decoder”. How many parameters more has its block than BERT's, at the same width?", MORE)
def block(scene: Scene) -> tuple[str, str]:
    bert, gpt, full = (each[-1] for each in family.counted(768).values())
    return MORE[0 if gpt == bert else 1 if gpt < 1.5 * bert else 2], (
        f"At width 768 both have {bert:,}. Only with cross-attention, which GPT has not, there are {full - bert:,} more."
    )


@page.question(
    "The two towers never saw a blue triangle while they learned, but blue things and triangles. In how many pictures is a lone "
    "one told from the eleven other kinds of things?",
    HOW_OFTEN,
)
def unseen(scene: Scene) -> tuple[str, str]:
    found = experiments.every_pair(drawn_systems.given(page.ui), 0)
    share = found.numbers[1].value
    return HOW_OFTEN[(share <= 0.95) + (share < 0.05)], found.says


page.show()
