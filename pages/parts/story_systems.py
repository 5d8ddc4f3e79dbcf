"""The learner's own sentence in two models of stories: one goes on writing it, the other fills a blank in it."""

from collections.abc import Iterator
from typing import Any

from core.attention import attend
from core.lessons.model_family import blanks, writing
from core.listing import ran
from core.memory import kept, kept_growing
from core.models.writer import Writer
from pages.parts import messages
from pages.parts.controls import Controls
from pages.parts.drawn_systems import evidence
from pages.parts.figures import (
    mixture,
    next_words,
    pair_matrix,
    queries_keys_values,
    shares,
    tables,
    weights_matrix,
)
from pages.parts.lesson import Scene, StepDeclared, step
from pages.parts.step_viewer import EACH
from pages.parts.words import plain

HIDDEN = {"hidden": "allowed", "hiddenWord": "hidden by the mask"}


@kept_growing
def _writer() -> Writer:
    """What this visitor's text was read by: it reads on where a text goes on."""
    return Writer(writing.model())


def _place(ui: Controls, of: str, head: int) -> tuple[int, int]:
    """Whose attention is looked at. of: the model whose layer and head they are."""
    with ui.more():
        return (
            ui.counted("Layer", writing.N_LAYERS, 4, f"{of}_layer"),
            ui.counted("Head", writing.N_HEADS, head, f"{of}_head"),
        )


def on_writing(ui: Controls) -> Scene | None:
    """A beginning that is gone on with, token by token."""
    typed = ui.sentence(writing.FIRST, "Beginning of a story", "begun")
    temperature = ui.slider("Temperature", 0.1, 2.0, 0.8, "temperature", 0.1, width=130)
    top_k = ui.among("Top k", writing.COUNTS, writing.LARGEST, "k", width=130)
    seed = ui.seed(0)
    settings = writing.Settings(typed, temperature, top_k, seed, *_place(ui, "writer", 0))
    try:
        result = writing.run(settings, _writer())
    except ValueError as error:
        return messages.problem(ui.key("begun"), "This beginning cannot be read.", f"{error}.", (writing.FIRST,))
    words = plain(result.words)
    return Scene(
        result,
        chosen=settings,
        tokens={"queries": words, "keys": words},
        beside=writing.beside(result.seen),
        shares=frozenset({"plain", "tuned"}),
        again=writing.again(result),
        signature=str(settings),
        origin=f"Real numbers of {writing.MODEL}, six blocks trained for this course on short stories",
        evidence=evidence(ui),
        focus={"query": len(words) - 1},
        divisor=result.trace.queries.shape[-1] ** 0.5,
        code=(ran(attend),),
        formula_of=EACH,
        steps=steps_of_writing,
    )


def attending(scene: Scene, first: str, weights: str, **values: Any) -> Iterator[StepDeclared]:
    """The steps of one head. first: what there is to say of what it is made of; weights: of who looks where."""
    place = values | {"l": scene.chosen.layer, "one": scene.chosen.head}
    yield step("Q K V", queries_keys_values(), first, shows=("queries", "keys", "values"), **place)
    yield step(
        "scaled",
        pair_matrix("scaled", "scaled", "÷ √d"),
        "How well the query of {q} fits the key of {k}: {scaled[q,k]:.2f}.",
        shows=("scores", "scaled"),
        operator="÷√d",
    )
    yield step(
        "A",
        weights_matrix(**HIDDEN),
        weights,
        shows=("masked", "weights"),
        operator="softmax",
        title="Who sees whom",
        **place,
    )
    yield step(
        "A V",
        mixture(),
        "What head {one} brings to {q}: the values, mixed by its row of weights.",
        shows="output",
        **place,
    )


def steps_of_writing(scene: Scene) -> Iterator[StepDeclared]:
    yield from attending(
        scene,
        "Layer {l}, head {one}: what each token asks, how it is asked for, and what it brings. Places are turned into queries "
        "and keys (lesson 6).",
        "{q} gives {weights[q,k]:.2f} to {k}, and nothing to what comes after it: what is written next changes no earlier row.",
    )
    yield step(
        "p",
        next_words("plain", scene.result.choices),
        "Behind {q}: the five likeliest of {n} tokens. One pass over the text, and its tokens read one by one, give the same, "
        "to {apart:.0e}: read with a cache {cached} go through the blocks, without one {forwards}.",
        shows=(),
        title="What may come next",
        n=f"{writing.LARGEST:,}",
    )
    yield step(
        "written",
        next_words("tuned", scene.result.choices),
        "To the power of 1/T, the {k_kept} likeliest alone, brought to a sum of 1: from this each token is drawn. Behind your "
        "beginning it wrote: “{behind}”",
        shows=(),
        title="What tokens are drawn from",
        k_kept=f"{scene.chosen.top_k:,}",
    )


@kept
def _filled(settings: blanks.Settings) -> blanks.Lesson:
    return blanks.run(settings)


def on_blanks(ui: Controls) -> Scene | None:
    """A blank in the learner's own sentence."""
    typed = ui.sentence(blanks.FIRST, "Sentence", "sentence")
    count = max(2, len(blanks.words_of(typed)))
    hidden = ui.up_to("Hide word", count - 1, blanks.HIDDEN, "word")
    settings = blanks.Settings(typed.strip(), hidden, *_place(ui, "filler", 1))
    try:
        result = _filled(settings)
    except ValueError as error:
        return messages.problem(
            ui.key("sentence"), "This sentence cannot be asked about.", f"{error}.", (blanks.FIRST,)
        )
    words = plain(result.words)
    return Scene(
        result,
        chosen=settings,
        tokens={"queries": words, "keys": words, "words": plain(result.names)},
        beside=blanks.beside(result),
        shares=frozenset({"by_both", "by_cut", "by_writer"}),
        again=blanks.again(result),
        signature=str(settings),
        origin=f"Real numbers of {blanks.NAME} and {writing.MODEL}, six blocks each, trained for this course on short stories",
        evidence=evidence(ui),
        focus={"query": result.asked.at},
        divisor=result.trace.queries.shape[-1] ** 0.5,
        code=(ran(attend),),
        formula_of=EACH,
        steps=steps_of_blanks,
    )


def steps_of_blanks(scene: Scene) -> Iterator[StepDeclared]:
    result: blanks.Lesson = scene.result
    yield from attending(
        scene,
        "Layer {l}, head {one}: what each token asks, how it is asked for, and what it brings. ▢ stands where “{word}” was, and "
        "asks like any other.",
        "No mask: all {pairs} pairs may meet. {q} gives {weights[q,k]:.2f} to {k}; of what the blank spends, {to_right:.0%} goes "
        "to what stands on its right.",
        word=result.asked.word,
        pairs=len(result.words) ** 2,
    )
    yield step(
        "p",
        tables(shares("by_both", "story-bert", "words")),
        "What may stand in the blank, by story-bert: {best} is the likeliest. It learned from blanks: the loss was taken at "
        "hidden words.",
        shows=(),
        title="Which words fit",
    )
    hidden = (
        "“{word}”, which was hidden, has {with_right:.1%} from story-bert with what stands on its right, {without:.1%} without "
        "it, and {before:.1%} from story-gpt, which sees the left alone."
        if result.asked.right is not None
        else "“{word}”, which was hidden, is cut into {pieces} tokens, and a blank stands for one: it is none of the guesses."
    )
    given = [0.0 if result.asked.right is None else float(each[result.asked.right]) for each in result.asked_by]
    yield step(
        "both",
        tables(
            shares("by_both", "both sides", "words"),
            shares("by_cut", "right cut off", "words"),
            shares("by_writer", "GPT", "words"),
        ),
        "The same blank, with and without what stands behind it. " + hidden,
        shows=(),
        title="With and without the right side",
        word=result.asked.word,
        pieces=result.asked.pieces,
        with_right=given[0],
        without=given[1],
        before=given[2],
    )
