"""The logit lens on the language model, as a panel: what each of its layers would write behind a sentence."""

from collections.abc import Iterator

import streamlit as st

from core.lessons.story_lens import StoryLens, story_lens
from core.memory import kept
from pages.parts import messages
from pages.parts.controls import Controls

TITLE = "The lens on a model that writes"
BEGINNING = "Once upon a time there was a little girl named Lily. She wanted to play in the"
SAYS = (
    "story-gpt, a language model of short stories, reads the text in six blocks. Its last norm and its map to the "
    "vocabulary are applied to what stands before each block as well, though they were trained behind the last one alone."
)


@kept
def _read(text: str) -> StoryLens:
    return story_lens(text)


def panel(ui: Controls) -> None:
    """The panel; what it shows is computed once it is opened."""
    shown = st.expander(TITLE, key=ui.key("writes"), bind="query-params", on_change="rerun")
    if not shown.open:
        return
    with shown:
        text = ui.sentence(BEGINNING, "Text", "written")
        try:
            found = _read(text.strip())
        except ValueError as error:
            messages.problem(ui.key("written"), "This text cannot be read.", f"{error}.", (BEGINNING,))
            return
        st.markdown(SAYS)
        st.markdown("\n".join(table(found)))
        st.markdown(told(found))


def table(found: StoryLens) -> Iterator[str]:
    """A row for each depth: the likeliest tokens there, and what the whole model expects most."""
    yield f"| behind {messages.literal(found.read.name)} | would write | {messages.literal(found.expects.name)} has |"
    yield "|" + "---|" * 3
    for depth, layer in enumerate(found.layers):
        guesses = ", ".join(f"{messages.literal(name)} {share:.2f}" for name, share in layer.guesses)
        place = "before layer 0" if depth == 0 else f"behind layer {depth - 1}"
        yield f"| {place} | {guesses} | {layer.chosen:.3f} |"


def told(found: StoryLens) -> str:
    """From where on the answer stands."""
    expects = messages.literal(found.expects.name)
    if found.since < 0:
        return f"{expects} is the likeliest before any layer has run."
    return f"From behind layer {found.since} on, {expects} is the likeliest: of {len(found.layers) - 1} layers, counted from 0."
