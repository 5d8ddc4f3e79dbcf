"""The widgets that lessons share. Each lives in the link under a key that begins with its page's prefix."""

from collections.abc import Sequence

import streamlit as st

from pages.parts import messages

SENTENCE = "The animal did not cross the street because it was too tired"
EXAMPLES = (SENTENCE, "She poured water from the jug into the cup until it was full")
REAL, BY_HAND = "real", "by hand"
MAIN = "text"  # the name of a page's main sentence
_ALONG = "sentence_taken_along"
N_LAYERS, N_HEADS = 6, 12  # of the offline model
MARKS = (
    "A token is a word or a piece of one: ## goes on with the word before it, [CLS] and [SEP] frame the text, [UNK] stands "
    "for what the model has no piece for, for example an emoji"
)
OWN_NUMBERS = "Your own numbers, computed in single precision"


def control_row(name: str = "control_row"):
    """One row of controls above the step viewer."""
    return st.container(key=name, horizontal=True, vertical_alignment="bottom", gap="small")


def numbers(prefix: str) -> str:
    """Where the numbers come from: a real model on the learner's sentence, or the learner's own few numbers."""
    return one_of("Numbers", [REAL, BY_HAND], f"{prefix}_numbers")


def one_of(
    label: str, options: Sequence[str], key: str, first: str = "", says: str | None = None, *, disabled: bool = False
) -> str:
    """One of a few words: `first`, or without it the first option, unless the learner or the link says otherwise."""
    first = first or options[0]
    chosen = st.segmented_control(
        label, options, default=first, key=key, bind="query-params", required=True, help=says, disabled=disabled
    )
    return chosen or first


def sentence(prefix: str, default: str = SENTENCE, label: str = "Sentence", name: str = MAIN) -> str:
    """A sentence of the learner's, followed while it is typed. The main one of each page goes along to the next page.

    It has no limit of its own: a box with one ignores what is too long without a word. Reading it says the limit.
    """
    key, is_main = f"{prefix}_{name}", name == MAIN
    if is_main and _ALONG in st.session_state and key not in st.session_state and key not in st.query_params:
        st.session_state[key] = st.query_params[key] = st.session_state[_ALONG]
    text = st.text_input(label, default, key=key, live="350ms", bind="query-params")
    if is_main and text.strip() and text != default:
        st.session_state[_ALONG] = text
    return text


def counted(label: str, count: int, first: int, key: str, says: str | None = None, *, disabled: bool = False) -> int:
    """One of so many that are counted from 0."""
    return st.selectbox(
        label, range(count), first, key=key, bind="query-params", help=says, width=84, disabled=disabled
    )


def layer(prefix: str, default: int = 3) -> int:
    """Which layer of the real model, from 0."""
    says = "The model is a stack of layers: each works on what the one before it made. They count from 0."
    return counted("Layer", N_LAYERS, default, f"{prefix}_layer", says)


def layer_and_head(prefix: str, default_layer: int = 3, default_head: int = 1) -> tuple[int, int]:
    """Which layer and which of its heads; both count from 0."""
    says = "In each layer several heads look at the sentence side by side, each in its own way (lesson 8). They count from 0."
    return layer(prefix, default_layer), counted("Head", N_HEADS, default_head, f"{prefix}_head", says)


def temperature(
    prefix: str, low: float = 0.25, high: float = 4.0, step: float = 0.25, *, disabled: bool = False
) -> float:
    """What the scores are divided by, beside the root of the head's width. 1 is what the model was trained with."""
    says = "Divides the scores: below 1 the largest weight grows, above 1 the weights become more alike."
    key = f"{prefix}_temperature"
    return st.slider(
        "Temperature", low, high, 1.0, step, key=key, bind="query-params", help=says, width=170, disabled=disabled
    )


def seed(prefix: str, default: int) -> int:
    """Where random numbers begin, so that a link shows the same ones again."""
    says = "Where random numbers begin: the same seed gives the same ones again."
    return st.slider("Seed", 0, 99, default, key=f"{prefix}_seed", bind="query-params", help=says, width=130)


def say_if_empty(text: str, key: str) -> bool:
    """Whether there is nothing to read in the box of this key; if so, the page says how to begin."""
    if text.strip():
        return False
    messages.empty("Type a sentence above, or start from one of these", key, EXAMPLES)
    return True


def origin(in_layer: int, head: int | None = None) -> str:
    """Where the numbers on the screen come from, and on what they were computed."""
    # imports torch, which the map does not wait for
    from core.lessons import material

    which = f"layer {in_layer}" if head is None else f"layer {in_layer}, head {head}"
    model = f"all-MiniLM-L6-v2 (a BERT, a transformer that reads text: {N_LAYERS} layers of {N_HEADS} heads)"
    return f"Real numbers of {model}, {which}, computed on {material.device()}. {MARKS}"
