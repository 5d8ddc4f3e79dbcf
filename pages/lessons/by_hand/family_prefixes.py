"""Lesson 14 on prefixes: letters, and a word before them that says what is to be written, with its controls and its steps."""

from collections.abc import Iterator

from core.attention import attend
from core.lessons.model_family import prefixing
from core.lessons.shown import call
from core.listing import ran
from core.transformer.encoder_decoder import EncoderDecoder
from core.transformer.prefixes import TASKS
from pages.lessons.by_hand.family_pictures import evidence
from pages.parts import messages
from pages.parts.controls import Controls
from pages.parts.figures import Matrix, Table, tables
from pages.parts.lesson import Scene, StepDeclared, step
from pages.parts.words import plain


def on_prefixes(ui: Controls) -> Scene | None:
    """Letters, and a word before them that says what is wanted."""
    typed = ui.sentence(prefixing.FIRST, "Letters", "letters")
    task = ui.one_of("Prefix", TASKS, "prefix", "reverse:")
    try:
        settings = prefixing.Settings(prefixing.letters_of(typed), task)
    except ValueError as error:
        return messages.problem(
            ui.key("letters"), "These letters cannot be read.", f"{error}.", (prefixing.FIRST, "jag")
        )
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
        "The task is a token before the letters, with a learned vector like theirs: nothing else tells the model what is wanted.",
        shows=(),
        title="The task is text",
    )
    yield step(
        "A",
        Matrix("cross_weights", "weights", readout="plain", corner="softmax", margin="sum", axes="written ↓ · read →"),
        "Head {head_of} of the last block that writes: behind {q}, {cross_weights[q,k]:.2f} of its look back goes to {k}.",
        shows=("cross_scores", "cross_weights"),
        operator="softmax",
        title="Looking back at what was read",
        head_of=scene.result.head,
    )
    yield step(
        "p",
        tables(Table("chances", "p", role="output", scale="weights", limit=1, labelled=True)),
        "What may come behind {q}: chances of all {n} tokens. Written is {text}.",
        shows=(),
        operator="softmax",
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
