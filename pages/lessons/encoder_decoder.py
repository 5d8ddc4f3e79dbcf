"""Lesson 10: two sentences. How does one sentence look at another?"""

from functools import partial
from typing import Any, Final

import streamlit as st

from core import numerals
from core.experiments import encoder_decoder as experiments
from core.lessons import encoder_decoder, looking_back
from core.lessons.encoder_decoder import (
    ALL_CROSS,
    AWAY,
    FORCED,
    FREE,
    LONGEST,
    MODEL,
    N_LAYERS,
    N_READING,
    Settings,
)
from core.listing import ran
from core.transformer.block import Block
from core.transformer.encoder_decoder import CrossAttention, DecoderBlock, EncoderDecoder
from core.transformer.self_attention import SelfAttention
from core.vision.scene_captioner import COLUMNS, Eyes
from pages.lessons.by_hand import encoder_decoder as by_hand
from pages.parts import beam, controls, scene_captions, translations
from pages.parts.controls import Controls, row
from pages.parts.figures import Heads, Matrix, Table, next_words, tables
from pages.parts.interventions import FORCED_THERE, LinkedInterventions
from pages.parts.lesson import Lesson, Scene, step
from pages.parts.step_viewer import EACH
from pages.parts.words import plain

AXES = "what is written ↓ · what is looked at →"
SENTENCE: Final = "a sentence"
READS: Final[dict[str, Eyes | None]] = {SENTENCE: None} | {f"a scene: {eyes}": eyes for eyes in COLUMNS}
PASSES = ("1 and 1", f"1 and {LONGEST}", f"{LONGEST} and {LONGEST}")

page = Lesson(
    "encoder_decoder",
    opens_at="cross-attention",
    claims=experiments.CLAIMS,
    sources=("vaswani2017", "shazeer2019", "garg2019", "voita2019", "radford2018", "press2017", "liu2021", "xu2015"),
    code=(
        ran(EncoderDecoder.embed),
        ran(Block.forward, attention="encoder_weights"),
        ran(EncoderDecoder.read_vectors),
        ran(DecoderBlock.write, attention="own_weights", cross="weights", resid_post="decoder_states"),
        ran(CrossAttention.forward, queries="energies"),
        ran(EncoderDecoder.write, returns="probabilities"),
        ran(SelfAttention.forward, keys="cached_keys"),
    ),
    formula_of=EACH,
    symbols={},
)
interventions = LinkedInterventions(page.slug)


@page.scene
def scene(ui: Controls) -> Scene | None:
    with row():
        reads = ui.select("It reads", list(READS), "reads", width=190)
        text = "" if (eyes := READS[reads]) else ui.sentence(translations.SENTENCE, "English sentence")
        layer = ui.counted(
            "Layer",
            N_LAYERS,
            N_LAYERS - 1,
            "layer",
            "Which block of the decoder is shown. Its heads look at what was written, and others of it at the source.",
        )
        away = ui.select("Take away", list(AWAY), "away", width=220)
    interventions.forget_on_another(text or reads)
    if eyes:
        return scene_captions.scene(ui, interventions, eyes, layer, away)

    with ui.more():
        written = ui.one_of("French is", (FREE, FORCED), "written", says=by_hand.FREE_OR_FORCED)
        teacher = by_hand.teacher(ui) if written == FORCED else ""
        width = ui.slider("Beam", 1, looking_back.WIDEST_BEAM, 1, "beam", disabled=written == FORCED, help=by_hand.BEAM)
        reading = ui.select("Encoder layer", range(N_READING), "reading", N_READING - 1, width=120)
        length = ui.slider("Target length", 1, LONGEST, LONGEST, "length", help="Pieces whose passes are counted")

    def run(text: str) -> encoder_decoder.Lesson:
        model = encoder_decoder.transformer()
        asked = interventions.of_link(looking_back.room(len(model.read(text).ids), model))
        settings = Settings(text, layer, away, length, asked, reading, width, written, teacher)
        return encoder_decoder.run(settings, by_hand.BY)

    result = translations.understand(text, ui.key(controls.MAIN), run)
    if result is None:
        return None
    model = encoder_decoder.transformer()
    forcing = result.settings.interventions
    forced = {step for step, _ in (*forcing.tokens, *forcing.rows)}
    read = translations.tokens(result.now.source, model.vocabulary)
    target = translations.tokens(result.now.target, model.vocabulary, tuple(forced))
    at = min(min(forced, default=2), len(target) - 1)
    return Scene(
        result,
        trace=result.trace,
        given=model,
        chosen=result.settings,
        tokens={
            "queries": target,
            "keys": read,
            "read": read,
            "meanings": translations.meanings(result.now.target, model.vocabulary),
            "recurrent": translations.tokens(result.recurrent.target, model.vocabulary),
            "given": plain(encoder_decoder.given(result)),
        }
        | {axis: plain(names) for axis, names in encoder_decoder.named_passes(length).items()},
        beside=encoder_decoder.beside(result),
        shares=frozenset({"choices", "seen", "recurrent", "one_pass", "passes_without", "passes_with"}),
        again=partial(encoder_decoder.shown, result.settings),
        signature=f"{result.settings.text}|{result.settings}",
        origin=translations.origin(MODEL)
        + ". One head, head 0 of layer 1, was drawn in training towards pairs of words that a program had found by counting; "
        "all others are free",
        evidence=(model, result.settings.text, 0),
        focus={"query": at, "head": 0},
        token_strip=result.settings.away != ALL_CROSS,
        edit_label="Force it",
        on_toggle=interventions.look if by_hand.can_force(model, result) else None,
        on_pick=None
        if result.given
        else lambda step, rank: interventions.write(
            step, looking_back.chosen(result.now.trace.probabilities[0], step, rank)
        ),
    )


@page.steps
def steps(scene: Scene):
    result, sizes = scene.result, scene.given.model.config
    choices, _ = looking_back.choices(scene.given, result.now)
    of_pieces: Any = {"rows": "queries", "columns": "keys", "scale": "weights", "limit": 1, "grows": True, "axes": AXES}
    yield from by_hand.reads(scene)
    yield step(
        "self-attention",
        Matrix(
            "own_weights",
            "weights",
            columns="given",
            hidden="seen",
            hiddenWord="not written yet",
            margin="sum",
            grows=True,
            axes="what is written ↓ · what was given before →",
        ),
        "Before {q} ({m}) is written, head {head} of layer {l} looks at what was written so far, the mark of the beginning "
        "first. Row by row one piece more may be seen, and never what comes later.",
        shows="own_weights",
        operator="mask",
        l=scene.chosen.layer,
    )
    yield step(
        "cross-attention",
        Matrix("weights", "weights", margin="sum", grows=True, axes=AXES),
        "Queries come from what was written, keys and values from the encoder: to write {q} ({m}), head {head} of layer {l} "
        "gives {weights[q,k]:.2f} to {k}." + by_hand.told_of_changes(result) + by_hand.told_of_forcing(scene),
        shows="weights",
        operator="softmax",
        l=scene.chosen.layer,
    )
    yield step(
        "all heads",
        Heads("weights", by_hand.muted(scene)),
        "The {h} heads of layer {l} look at the same source, each in its own way. Click one: here head {head} gives {k} "
        "{weights[q,k]:.2f}. Of the words that the Transformer writes by itself, so many have a head's largest weight where "
        f"the recurrent translator has its own: {by_hand.agreements(scene)}."
        + (FORCED_THERE if scene.on_toggle else ""),
        title="Cross-attention, head by head",
        h=sizes.n_heads,
        l=scene.chosen.layer,
    )
    yield step(
        "beside lesson 2",
        tables(
            Table("weights", "Transformer", **of_pieces),
            Table("recurrent", "recurrent translator", **of_pieces | {"rows": "recurrent"}, labelled=True),
            readout="plain",
        ),
        "The same sentence by lesson 2's translator, whose rows are what it wrote. All of its attention was drawn towards pairs "
        "of words in training; of the Transformer's heads one was.",
        title="The Transformer's map and the recurrent one",
        shape="",
    )
    yield step(
        "next",
        next_words("choices", choices, meanings=[translations.as_words(each) for each in choices]),
        by_hand.told_of_next(result),
        shows="probabilities",
        shape=f"{len(scene.tokens['queries'])} × {sizes.vocab_size:,}",
        n=numerals.how_many(len(result.now.target.ids), "row"),
        missed=len(result.missed),
        nats=result.nats,
    )
    if result.now.tree is not None:
        yield beam.tree(result.now.tree, scene.given.vocabulary, scene.chosen.beam, counted=False)
    yield step(
        "cache",
        tables(Table("cached_keys", "K", rows="given", role="key", grows=True)),
        "Each piece that was written leaves one key and one value in each head; here the keys of head {head} in layer "
        "{l}. They stay what they are, since no piece sees a later one, so that they are kept and not made again.",
        shows="cached_keys",
        l=scene.chosen.layer,
    )
    yield by_hand.counted_passes(scene)


@page.below
def texts(scene: Scene) -> None:
    """What is written: now, by itself, and by others."""
    with st.container(key=page.ui.key("texts"), border=True):
        (by_hand.compare if scene.steps is None else scene_captions.texts)(scene.result)


@page.below
def panel(scene: Scene) -> None:
    """Force a word, or a row of weights."""
    (by_hand if scene.steps is None else scene_captions).argue(interventions, scene)


@page.question(
    f"A French target of {LONGEST} pieces: how many passes of the decoder does it take to train on it, and to write it?",
    PASSES,
    sets={"length": LONGEST, "reads": SENTENCE},
    shows="passes",
)
def how_many(scene: Scene) -> tuple[str, str]:
    ways = by_hand.went_through(by_hand.sentence_of(scene))
    once, _, cached = ways.n_passes
    return f"{once} and {cached}", by_hand.told_of_forwards(ways)


@page.question(
    f"Take all cross-attention away, and let it translate your sentence and “{translations.EXAMPLES[1]}” What does it write?",
    (by_hand.SAME, by_hand.OTHER),
    sets={"away": ALL_CROSS, "written": FREE, "reads": SENTENCE},
    shows="next",
)
def cut(scene: Scene) -> tuple[str, str]:
    return by_hand.without_source(by_hand.sentence_of(scene), translations.EXAMPLES[1])


page.show()
