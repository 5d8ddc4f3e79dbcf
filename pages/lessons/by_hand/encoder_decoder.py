"""What lesson 10 says beside its figures: how its heads agree, what changes did, and which piece went through when."""

import streamlit as st
from torch import Tensor

from core.experiments.measure import counted
from core.lessons import encoder_decoder
from core.lessons.encoder_decoder import ALL_CROSS, NOTHING
from core.listing import ran
from core.sequence.decoding import Interventions
from core.sequence.passes import Passes, passes
from core.transformer.encoder_decoder import Changes
from pages.parts import translations
from pages.parts.controls import Controls
from pages.parts.figures import Table, tables
from pages.parts.interventions import LinkedInterventions
from pages.parts.lesson import Scene, StepDeclared, step

SAME, OTHER = "the same French for both", "two different texts"


@st.cache_resource(scope="session", max_entries=16, show_spinner=False)
def translated(text: str, forced: Interventions, changes: Changes) -> encoder_decoder.TransformerTranslation:
    return encoder_decoder.translate(text, forced, changes)


@st.cache_resource(scope="session", max_entries=16, show_spinner=False)
def went_through(text: str) -> Passes:
    return encoder_decoder.counted(text)


@st.cache_resource(scope="session", max_entries=16, show_spinner=False)
def compared(text: str) -> Tensor:
    return encoder_decoder.compared(text)


BY = encoder_decoder.Means(translated, translations.translate, went_through, compared)


def counted_passes(scene: Scene) -> StepDeclared:
    """The step that shows which pieces went through the decoder in which pass."""
    ways = scene.result.passes
    return step(
        "passes",
        tables(
            Table("one_pass", "training", rows="one", scale="weights", limit=1),
            Table("passes_without", "without cache", rows="passes", scale="weights", limit=1),
            Table("passes_with", "with cache", rows="passes", scale="weights", limit=1, labelled=True),
            readout="plain",
        ),
        "Which pieces go through the decoder in which pass, counted as they went. A target of {n} takes {t} in training, "
        "{w} when it is written without a cache, and {c} with a cache. The scores are the same: no two differ by more "
        "than {apart:.1e}.",
        title="Passes and token-forwards",
        code=ran(passes),
        shape="",
        n=counted(scene.chosen.length, "piece"),
        t=told_of(ways, 0),
        w=told_of(ways, 1),
        c=told_of(ways, 2),
        apart=ways.apart,
    )


def agreements(scene: Scene) -> str:
    """How often each head of the layer looks where the recurrent translator looks."""
    shares = scene.result.like_recurrent[scene.chosen.layer].tolist()
    return ", ".join(f"{share:.0%} (head {head})" for head, share in enumerate(shares))


def told_of_changes(result: encoder_decoder.Lesson) -> str:
    """What the learner's changes did."""
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
    return f"{counted(ways.n_passes[way], 'pass', 'passes')} with {counted(ways.forwards[way], 'token-forward')}"


def muted(scene: Scene) -> tuple[int, ...]:
    """The heads of cross-attention that bring nothing."""
    return tuple(head for where, _, head in scene.chosen.changes.ablated if where == "cross")


def compare(result: encoder_decoder.Lesson) -> None:
    """The translations under each other."""
    own = {"By itself": result.free, "With your changes": result.now} if result.intervened else {}
    rows = (own or {"The Transformer": result.now}) | {"The recurrent translator of lesson 2": result.recurrent}
    translations.compare(rows, encoder_decoder.transformer().vocabulary)
    if (found := encoder_decoder.measured()) is not None:
        st.caption(
            f"Measured once: BLEU of {found.bleu} on {found.sentences:,} sentences that it never saw, where lesson 2's "
            f"translator has {found.recurrent_bleu}. Against {found.aligned} sentences whose words people aligned, the largest "
            f"weights err in {found.guided:.0%} for the head that was guided, in {found.best:.0%} to {found.worst:.0%} for all "
            f"others, in {found.recurrent:.0%} for lesson 2's translator, and in {found.diagonal:.0%} for who looks as far along "
            "the one sentence as the other is written; all before the word is known."
        )


def argue(ui: Controls, interventions: LinkedInterventions, scene: Scene) -> None:
    """The panel in which a word is forced."""
    opened = st.session_state.setdefault(ui.key("argue_open"), bool(scene.chosen.interventions.tokens))
    with st.expander("Argue with it", icon=":material/edit:", expanded=opened):
        st.caption(
            "Force what it writes at a step. Steps before stay, the rest is written anew, and all of it is in the link."
        )
        interventions.panel(scene.given, scene.result.now, rows=False)


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
