"""What lesson 10 says beside its figures: how its heads agree, what changes did, and which piece went through when."""

from core.experiments.measure import counted
from core.lessons import encoder_decoder
from core.lessons.encoder_decoder import ALL_CROSS, NOTHING
from core.listing import ran
from core.sequence.passes import Passes, passes
from pages.parts.figures import Table, tables
from pages.parts.lesson import Scene, StepDeclared, step


def counted_passes(scene: Scene) -> StepDeclared:
    """The step that shows which pieces went through the decoder in which pass."""
    ways = scene.result.passes
    return step(
        "passes",
        tables(
            Table("went_0", "training", rows="one", scale="weights", limit=1),
            Table("went_1", "without cache", rows="passes", scale="weights", limit=1),
            Table("went_2", "with cache", rows="passes", scale="weights", limit=1, labelled=True),
            readout="plain",
        ),
        "Which pieces go through the decoder in which pass, counted as they went. A target of {n}: in training {t}; written "
        "without a cache {w}; with one {c}. The scores are the same: no two differ by more than {apart:.1e}.",
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
    return (
        ", ".join(f"{share:.0%} (head {head})" for head, share in enumerate(shares))
        + " of the words it writes by itself"
    )


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
