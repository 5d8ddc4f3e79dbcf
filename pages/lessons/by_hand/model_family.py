"""Lesson 14 on letters: a gap that is filled, and a task that a word before it names."""

from collections.abc import Iterator

from core.attention import attend
from core.lessons.model_family import gaps, prefixing
from core.lessons.shown import call
from core.listing import ran
from core.transformer.encoder_decoder import EncoderDecoder
from core.transformer.mirror import FIRST, LENGTH, SHOWN
from core.transformer.prefixes import TASKS
from core.transformer.rows import RowModel
from pages.parts import messages
from pages.parts.controls import Controls
from pages.parts.drawn_systems import evidence
from pages.parts.figures import Matrix, Table, shares, tables, weights_matrix
from pages.parts.lesson import Scene, StepDeclared, step
from pages.parts.words import plain

HIDDEN = {"hidden": "allowed", "hiddenWord": "hidden by the mask"}
RUNS = (ran(RowModel.forward, x="embedded", block="resid_post"), ran(attend))


def on_gaps(ui: Controls) -> Scene | None:
    """A hidden letter, and who sees what."""
    typed = ui.sentence(FIRST, "First half of a row", "row")
    hidden = ui.slider("Hide place", 0, LENGTH - 1, 1, "hide")
    with ui.more():
        reads = ui.one_of("The model sees", tuple(gaps.MODELS), "sees")
    try:
        settings = gaps.Settings(gaps.half_of(typed), hidden, reads)
    except ValueError as error:
        return messages.problem(ui.key("row"), "This is no first half of a row.", f"{error}.", (FIRST, "jihgf"))
    result = gaps.run(settings)
    words = plain(gaps.words(result))
    return Scene(
        result,
        trace=gaps.told(result),
        chosen=settings,
        tokens={"queries": words, "keys": words, "letters": plain(SHOWN)},
        beside=gaps.beside(result),
        shares=frozenset({"by_both", "by_left", "one_hot"}),
        again=call(gaps.shown, settings),
        signature=str(settings),
        origin=f"Real numbers of {gaps.MODELS[reads]}, one block trained for this course on rows of letters",
        evidence=evidence(ui),
        focus={"query": hidden},
        divisor=result.trace.block.attention.queries.shape[-1] ** 0.5,
        code=RUNS,
        formulas=gaps.SHORT,
        steps=steps_of_gaps,
    )


def steps_of_gaps(scene: Scene) -> Iterator[StepDeclared]:
    yield step(
        "one-hot",
        tables(
            Table("one_hot", "one-hot", scale="weights"),
            Table("table", "E", rows="letters", order=scene.result.asked.tolist(), labelled=True),
            Table("looked_up", "E[x]", role="query"),
        ),
        "A letter chooses a row of the table E. A row of zeros with one 1, times E, is that row: the two ways differ by "
        "{lookup_error:.0e}. Even 2017 began with such a table.",
        shows=(),
        title="An embedding is a lookup",
    )
    yield step(
        "E + P",
        tables(Table("embedded", "E[x] + P", role="query")),
        "To each row the learned vector of its place is added. ▢ is a letter, too: the one that hides another.",
        shows="embedded",
    )
    sees = (
        "No mask: all {n} pairs may meet."
        if scene.chosen.reads == "both sides"
        else "A causal mask: what stands on the right is hidden."
    )
    yield step(
        "A",
        weights_matrix(**HIDDEN),
        sees + " {q} gives {weights[q,k]:.2f} to {k}. The hidden letter stands once more at place {other}.",
        shows=("scaled", "masked", "weights"),
        operator="softmax",
        title="Who sees whom",
        n=LENGTH**2,
    )
    yield step(
        "p",
        tables(Table("probabilities", "p", role="output", scale="weights", limit=1)),
        "At every place a chance for every letter. Only the one at the gap was asked for while it learned: the loss is taken "
        "at hidden places alone.",
        shows=("probabilities", "logits"),
        operator="softmax",
    )
    left = "which the left tells, too" if scene.result.told_before else "which nothing on the left tells"
    yield step(
        "both",
        tables(shares("by_both", "both sides", "letters"), shares("by_left", "the left alone", "letters")),
        "The same question to two models that were built and trained alike but for the mask. {letter} is hidden, "
        + left
        + ": the one that sees both sides gives it {both:.0%}, the other {left:.0%}.",
        shows=(),
        title="The same block, two masks",
        both=scene.result.given("both sides"),
        left=scene.result.given("the left alone"),
    )


def on_prefixes(ui: Controls) -> Scene | None:
    """Letters, and a word before them that says what is wanted."""
    typed = ui.sentence(prefixing.FIRST, "Letters", "letters")
    task = ui.one_of("Prefix", TASKS, "prefix", "reverse:")
    try:
        settings = prefixing.Settings(prefixing.letters_of(typed), task)
    except ValueError as error:
        return messages.problem(ui.key("letters"), "This cannot be read.", f"{error}.", (prefixing.FIRST, "jag"))
    result = prefixing.run(settings)
    return Scene(
        result,
        trace=prefixing.told(result),
        chosen=settings,
        tokens={axis: plain(texts) for axis, texts in prefixing.axes(result).items()},
        beside=prefixing.beside(result),
        shares=frozenset({"chances", "sure"}),
        again=call(prefixing.shown, settings),
        signature=str(settings),
        origin=f"Real numbers of {prefixing.MODEL}, an encoder-decoder trained for this course on three tasks",
        evidence=evidence(ui),
        focus={"query": 0, "key": int(prefixing.beside(result)["cross_weights"][0].argmax())},
        code=(ran(EncoderDecoder.write, stream="resid_post"), ran(attend)),
        steps=steps_of_prefixes,
        opens_at="three tasks",
        token_strip=False,
    )


def steps_of_prefixes(scene: Scene) -> Iterator[StepDeclared]:
    yield step(
        "prefix",
        tables(Table("entered", "X", rows="keys", role="key", labelled=True)),
        "The task is a token before the letters, with a learned vector: nothing else tells the model what is wanted.",
        shows=(),
        title="The task is text",
    )
    yield step(
        "A",
        Matrix("cross_weights", "weights", readout="plain", corner="softmax", margin="sum", axes="written ↓ · read →"),
        "Head {head_of} of the last block that writes: behind {q}, {cross_weights[q,k]:.2f} of its look back goes to {k}.",
        shows=("cross_scores", "cross_weights"),
        operator="softmax",
        title="Looking back",
        head_of=scene.result.head,
    )
    yield step(
        "p",
        tables(Table("chances", "p", role="output", scale="weights", limit=1, labelled=True)),
        "What may come behind {q}: chances of all {n} tokens. Written is {text}.",
        shows=(),
        title="What may come next",
        n=scene.result.chances.shape[1],
    )
    yield step(
        "three tasks",
        Matrix(
            "sure",
            "weights",
            rows="tasks",
            columns="numbers",
            words=prefixing.said(scene.result),
            readout="plain",
            axes="prefixes ↓ · letters written →",
            fixed=True,
        ),
        "The same letters, the same numbers in the model, another word before them: {exact} of {n} tasks are done right to the "
        "last letter. Colour: how sure it was of each.",
        shows=(),
        title="Three tasks, one model",
        n=len(TASKS),
    )
