"""What lesson 10 says beside its figures: how its heads agree, what changes did, and which piece went through when."""

from collections.abc import Iterator
from typing import Any

import streamlit as st
from torch import Tensor

from core.lessons import encoder_decoder
from core.lessons.encoder_decoder import ALL_CROSS, NOTHING
from core.listing import ran
from core.memory import kept_for_all_if
from core.numerals import how_many
from core.sequence.passes import Passes, passes
from core.sequence.transformer import TrainedTransformer
from core.transformer.encoder_decoder import Changes
from pages.parts import messages, ours, translations
from pages.parts.controls import Controls
from pages.parts.figures import Heads, Table, tables
from pages.parts.interventions import LinkedInterventions, of_translation
from pages.parts.lesson import Scene, StepDeclared, step

FREE_OR_FORCED = (
    "Free run: each piece is written after those that it wrote itself. Teacher forcing, as in training: each is asked for after "
    "those of a given translation."
)
BEAM = "How many unfinished translations are followed at once. 1: at each step the likeliest piece is written."
SAME, OTHER = "the same French for both", "two different texts"


@kept_for_all_if(lambda text, how: ours.text(text) and not how.forces)
def translated(text: str, how: encoder_decoder.How) -> encoder_decoder.TransformerTranslation:
    return encoder_decoder.translate(text, how)


@kept_for_all_if(ours.text)
def went_through(text: str) -> Passes:
    return encoder_decoder.counted(text)


@kept_for_all_if(ours.text)
def compared(text: str) -> Tensor:
    return encoder_decoder.compared(text)


BY = encoder_decoder.Means(translated, translations.translate, went_through, compared)


def reads(scene: Scene) -> Iterator[StepDeclared]:
    """The steps of the encoder."""
    config = scene.given.model.config
    yield step(
        "word vectors",
        tables(Table("embedded", "x", rows="keys", role="key")),
        "{n} pieces of the source, {d} numbers each: what the piece is, and where it stands, added up.",
        shows="embedded",
        n=len(scene.tokens["keys"]),
        d=config.d_model,
    )
    yield step(
        "encoder",
        Heads("encoder_weights", rows="keys", columns="read"),
        "Before a word is written, the pieces of the source look at each other, all at the same time and without a mask. Layer "
        "{e} of the encoder, head by head: rows ask, columns are asked. Click one: head {head}.",
        shows="encoder_weights",
        title="Self-attention of the encoder",
        counted=False,
        e=scene.chosen.reading,
    )
    yield step(
        "encoder output",
        tables(Table("encoder_states", "X_D", rows="keys", role="key")),
        "{b} blocks of the encoder, each with weights of its own, let all pieces of the source look at each other. What leaves "
        "the last is read at every step, and never changes while French is written.",
        shows="encoder_states",
        b=config.n_encoder,
    )


def counted_passes(scene: Scene) -> StepDeclared:
    """The step that shows which pieces went through the decoder in which pass."""
    ways = scene.result.passes
    of_pieces: Any = {"rows": "passes", "columns": "pieces", "scale": "weights", "limit": 1, "axes": "pass ↓ · piece →"}
    return step(
        "passes",
        tables(
            Table("one_pass", "training", **of_pieces | {"rows": "one"}),
            Table("passes_without", "without cache", **of_pieces),
            Table("passes_with", "with cache", **of_pieces, labelled=True),
            readout="plain",
        ),
        "Which pieces go through the decoder in which pass, counted as they went. A target of {n} takes {t} in training, "
        "{w} when it is written without a cache, and {c} with a cache. The scores are the same: no two differ by more "
        "than {apart:.1e}.",
        title="Passes and token-forwards",
        code=ran(passes),
        shape="",
        n=how_many(scene.chosen.length, "piece"),
        t=told_of(ways, 0),
        w=told_of(ways, 1),
        c=told_of(ways, 2),
        apart=ways.apart,
    )


def teacher(ui: Controls) -> str:
    """The French that it is given; "" for what the recurrent translator writes, also where what was typed cannot be read."""
    text = ui.sentence("", "French that it is given; empty: what lesson 2's translator writes", "teacher")
    if not text.strip():
        return ""
    try:
        encoder_decoder.transformer().read(text)
    except ValueError as error:
        messages.problem(ui.key("teacher"), "This French cannot be given.", f"{error}.")
        return ""
    return text


def told_of_next(result: encoder_decoder.Lesson) -> str:
    """What the likeliest pieces are, of its own line or of one that it is given."""
    if result.given:
        return (
            "Teacher forcing: rows are what it is given, and each was asked for after those above it, all in one pass. Its "
            "likeliest piece is another than the given one in {missed} of {n}. On average a given piece costs {nats:.2f} nats, "
            "minus the logarithm of its probability: in training, that is the loss."
        )
    return (
        "Each row: the likeliest piece and its four rivals, here those for {q} ({m}). Press “Force it”, then click another one, "
        "and the decoder goes on from there."
    )


def agreements(scene: Scene) -> str:
    """How often each head of the layer looks where the recurrent translator looks."""
    shares = scene.result.like_recurrent[scene.chosen.layer].tolist()
    return ", ".join(f"{share:.0%} (head {head})" for head, share in enumerate(shares))


def told_of_changes(result: encoder_decoder.Lesson) -> str:
    """What the learner's changes did."""
    if result.given:
        return " Rows are the pieces that it was given."
    if not result.intervened:
        return ""
    taken = "" if result.settings.away == NOTHING else f" Without {result.settings.away.replace('the ', '')}"
    lead = taken or " With what you forced"
    if result.settings.away == ALL_CROSS:
        taken = lead = " These weights are computed, but what they bring is thrown away: without all cross-attention"
    if not result.changed:
        return f"{lead} it writes the same pieces anyway."
    return f"{lead} it writes otherwise from piece {result.changed[0] + 1} on."


def told_of(ways: Passes, way: int) -> str:
    """Passes and token-forwards of one way, in words."""
    return f"{how_many(ways.n_passes[way], 'pass', 'passes')} with {how_many(ways.forwards[way], 'token-forward')}"


def muted(scene: Scene) -> tuple[int, ...]:
    """The heads of cross-attention that bring nothing."""
    return tuple(head for where, _, head in scene.chosen.changes.ablated if where == "cross")


def compare(result: encoder_decoder.Lesson) -> None:
    """The translations under each other."""
    changed = "What it was given" if result.given else "With your changes"
    own = {"By itself": result.free, changed: result.now} if result.intervened else {}
    rows = (own or {"The Transformer": result.now}) | {"The recurrent translator of lesson 2": result.recurrent}
    translations.compare(rows, encoder_decoder.transformer().vocabulary)
    if (found := encoder_decoder.measured()) is not None:
        st.caption(
            f"Measured once: BLEU of {found.bleu} on {found.sentences:,} sentences that it never saw, where lesson 2's "
            f"translator has {found.recurrent_bleu}. Its largest weights as an alignment, on {found.aligned} sentences whose "
            f"words people aligned: the alignment error rate is {found.guided:.0%} for the head that was guided, "
            f"{found.best:.0%} to {found.worst:.0%} for the others, {found.recurrent:.0%} for lesson 2's translator, and "
            f"{found.diagonal:.0%} for a rule that reads nothing and links words by their places alone, halfway with halfway (0% "
            "would be all links that people drew and no other). All look before the word that they write is known."
        )


def can_force(model: TrainedTransformer, result: encoder_decoder.Lesson) -> bool:
    """Whether a look is forced by a click: where it writes by itself, and the layer of the guided head is shown."""
    return not result.given and result.settings.layer == model.guided[1]


def told_of_forcing(scene: Scene) -> str:
    """What a click on a weight forces."""
    if scene.result.given:
        return ""
    if not can_force(scene.given, scene.result):
        return f" A look is forced by a click in layer {scene.given.guided[1]} alone, where the guided head is."
    return (
        f" “Force it”, then click another piece: head {scene.given.guided[2]}, the guided one, looks there alone, and the "
        "decoder goes on from there."
    )


def argue(interventions: LinkedInterventions, scene: Scene) -> None:
    """The panel in which a word is forced, or a row of weights."""
    forcing = scene.chosen.interventions
    with st.expander("Argue with it", icon=":material/edit:", expanded=interventions.opened(forcing)):
        if scene.result.given:
            st.caption("It is given every piece: choose free run, and what you force is written on from.")
            return
        _, layer, head = scene.given.guided
        st.caption(
            "Force what it writes at a step, or a row of weights. Steps before stay, the rest is written anew, and all of it is "
            f"in the link. The row is that of head {head} in layer {layer}, which was guided: what the other heads bring stays."
        )
        interventions.panel(of_translation(scene.given, scene.result.now))


def sentence_of(scene: Scene) -> str:
    """The learner's sentence; while a picture is read, the one that the page begins with."""
    return scene.result.settings.text if scene.steps is None else translations.SENTENCE


def told_of_forwards(ways: Passes) -> str:
    """How many tokens go through the decoder in each way."""
    return (
        f"Written without a cache {ways.forwards[1]} tokens go through it, with one {ways.forwards[2]}; in training "
        f"{ways.forwards[0]}, side by side."
    )


def without_source(*texts: str) -> tuple[str, str]:
    """Whether two sentences are translated alike without cross-attention, and why."""
    model = encoder_decoder.transformer()
    lengths = [len(model.read(text).ids) for text in texts]
    first, second = (model.translate(text, changes=Changes(cut_cross=True)).target.ids for text in texts)
    shared = min(map(len, (first, second)))
    return SAME if first[:shared] == second[:shared] else OTHER, (
        f"The first {shared} pieces are compared: without cross-attention nothing of the {lengths[0]} or {lengths[1]} pieces "
        "that were read reaches the decoder, which can write likely French and no translation."
    )
