"""Lesson 14 on letters: a gap that is filled, a row that is written, and a task that a word before it names."""

from collections.abc import Iterator

from core.attention import attend
from core.lessons.model_family import gaps, prefixing, writing
from core.lessons.shown import call
from core.listing import ran
from core.transformer.encoder_decoder import EncoderDecoder
from core.transformer.mirror import FIRST, LENGTH, LETTERS, SHOWN
from core.transformer.prefixes import TASKS
from core.transformer.rows import RowModel
from pages.parts import messages
from pages.parts.controls import Controls
from pages.parts.drawn_systems import evidence
from pages.parts.figures import Matrix, Table, next_words, shares, tables, weights_matrix
from pages.parts.lesson import Scene, StepDeclared, step
from pages.parts.words import plain

HIDDEN = {"hidden": "allowed", "hiddenWord": "hidden by the mask"}
RUNS = (ran(RowModel.forward, x="embedded", block="resid_post"), ran(attend))


def on_gaps(ui: Controls) -> Scene | None:
    """A hidden letter, and who sees what."""
    typed = ui.sentence(FIRST, "First half of a row", "row")
    hidden = ui.slider("Hide place", 0, LENGTH - 1, 1, "hide")
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
        code=RUNS,
        steps=steps_of_gaps,
    )


def steps_of_gaps(scene: Scene) -> Iterator[StepDeclared]:
    yield step(
        "one-hot",
        tables(
            Table("one_hot", "one-hot", scale="weights"),
            Table("table", "E", rows="letters", labelled=True),
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


def on_writing(ui: Controls) -> Scene | None:
    """A row that is written letter by letter."""
    typed = ui.sentence(writing.FIRST, "Beginning of a row", "begun")
    temperature = ui.slider("Temperature", 0.1, 2.0, 1.0, "temperature", 0.1, width=130)
    top_k = ui.slider("Top k", 1, len(SHOWN), len(LETTERS), "k", width=130)
    seed = ui.seed(0)
    try:
        settings = writing.Settings("".join(typed.lower().split()), temperature, top_k, seed)
        result = writing.run(settings)
    except ValueError as error:
        return messages.problem(ui.key("begun"), "This is no beginning of a row.", f"{error}.", (writing.FIRST, "cab"))
    words = plain(writing.words(result))
    return Scene(
        result,
        trace=writing.told(result),
        chosen=settings,
        tokens={"queries": words, "keys": words, "letters": plain(SHOWN)},
        beside=writing.beside(result),
        shares=frozenset({"tuned", "choices"}),
        again=call(writing.shown, settings),
        signature=str(settings),
        origin=f"Real numbers of {writing.MODEL}, one block trained for this course on rows of letters",
        evidence=evidence(ui),
        focus={"query": LENGTH - 1},
        code=RUNS,
        steps=steps_of_writing,
    )


def steps_of_writing(scene: Scene) -> Iterator[StepDeclared]:
    yield step(
        "E + P",
        tables(Table("embedded", "E[x] + P", role="query")),
        "▢ begins a row; then each letter stands one place later than it was written, so that every place asks for the next.",
        shows="embedded",
    )
    yield step(
        "A",
        weights_matrix(**HIDDEN),
        "Head {head_of} of two. {q} gives {weights[q,k]:.2f} to {k}, and nothing to what comes after it: what is written next "
        "changes no earlier row.",
        shows=("scaled", "masked", "weights"),
        operator="softmax",
        title="Only the left",
        head_of=scene.result.head,
    )
    yield step(
        "p",
        tables(Table("probabilities", "p", role="output", scale="weights", limit=1)),
        "Behind {q}: the chance of every letter to come next. The first half is drawn, so that nobody can know it; the second "
        "is told by the first. One pass over the row and {n} letters read step by step give the same, to {apart:.0e}.",
        shows=("logits", "probabilities"),
        title="What may come next",
        n=scene.result.forwards,
    )
    yield step(
        "drawn from",
        tables(Table("tuned", "p after T and top k", role="output", scale="weights", limit=1)),
        "To the power of 1/T, the {k_kept} likeliest alone, brought to a sum of 1: letters are drawn from this.",
        shows=(),
        title="What letters are drawn from",
        k_kept=scene.chosen.top_k,
    )
    yield step(
        "written",
        next_words("choices", writing.choices(scene.result)),
        "The row: {text}. Of the {mine} letters of the second half that the model wrote, {mirrored} mirror the first.",
        shows=(),
        title="Letter by letter",
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
        formula_of="cross_weights",
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
