"""The widgets of a page. Each lives in the link under a key that begins with the page's prefix."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, Final, Literal, TypeVar

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages.parts import messages, url_state

SENTENCE = "The animal did not cross the street because it was too tired"
EXAMPLES = (SENTENCE, "She poured water from the jug into the cup until it was full")
REAL: Final = "real"
BY_HAND: Final = "by hand"
MAIN = "text"  # the name of a page's main sentence
_ALONG = "sentence_taken_along"
N_LAYERS, N_HEADS = 6, 12  # of the offline model
MARKS = (
    "A token is a word or a piece of one: ## goes on with the word before it, [CLS] and [SEP] frame the text, [UNK] stands "
    "for what the model has no piece for, for example an emoji"
)
OWN_NUMBERS = "Your own numbers, computed in single precision"
OWN_MAPS = f"{OWN_NUMBERS}, with biases b of 0"
S = TypeVar("S", bound=str)  # a word, where it can be one of a few known ones
T = TypeVar("T")
MOST_SAID: Final = 16  # choices of a control that are told by name


def last_sentence(default: str) -> str:
    """The last sentence that the visitor typed on any page; without one, the default."""
    return st.session_state.get(_ALONG, default)


def row(name: str = "control_row", place: DeltaGenerator | None = None) -> DeltaGenerator:
    """One row of controls. place: where it stands, if not here."""
    return (place or st).container(key=name, horizontal=True, vertical_alignment="bottom", gap="small")


def around_a_figure() -> tuple[DeltaGenerator, DeltaGenerator, DeltaGenerator]:
    """Three places: for what the figure is of, for the figure, and for what changes it.

    The figure is whole in the first screen, so only one row stands above it; on a phone none does (assets/look/page.css).
    """
    with st.container(key="around"):
        return st.container(key="above_figure"), st.container(key="figure"), st.container(key="below_figure")


class Controls:
    """The widgets of one page, or of one part of it."""

    def __init__(self, prefix: str):
        self.prefix = prefix
        self.below: DeltaGenerator | None = None  # the place below the page's figure

    def under(self) -> DeltaGenerator:
        """The place below the figure."""
        return self.below or st.container()

    def more(self) -> DeltaGenerator:
        """The row of controls there."""
        return row("control_row_more", self.under())

    def key(self, name: str) -> str:
        """Under which name a control stands in the link."""
        return f"{self.prefix}_{name}"

    def part(self, name: str) -> "Controls":
        """The widgets of a part of the page that has controls of the same names."""
        return Controls(self.key(name))

    def numbers(self) -> Literal["real", "by hand"]:
        """Where the numbers come from: a real model on the learner's sentence, or the learner's own few numbers."""
        return self.one_of("Numbers", (REAL, BY_HAND), "numbers")

    def one_of(
        self,
        label: str,
        options: Sequence[S],
        name: str,
        first: S | None = None,
        says: str | None = None,
        *,
        disabled: bool = False,
    ) -> S:
        """One of a few words: `first`, or without it the first option, unless the learner or the link says otherwise."""
        first, asked = first or options[0], self._asked(name)
        chosen = st.segmented_control(
            label,
            options,
            default=first,
            key=self.key(name),
            bind="query-params",
            required=True,
            help=says,
            disabled=disabled,
        )
        self._tell(name, asked, chosen or first, lambda: _one_of(options))
        return chosen or first

    def _asked(self, name: str) -> str | None:
        """What the link of a visit asks of a control that was not there before."""
        key = self.key(name)
        return None if key in st.session_state else st.query_params.get(key)

    def _tell(self, name: str, asked: str | None, taken: object, accepted: Callable[[], str]) -> None:
        """Say so where a control cannot be what the link asked, which Streamlit takes out of the link without a word."""
        if asked is not None and not _same(asked, taken):
            with self.under():
                url_state.ignored(self.key(name), accepted(), None, asked)

    def any_of(self, label: str, options: Sequence[S], name: str) -> tuple[S, ...]:
        """Any of a few words, in their order; none at first."""
        key = self.key(name)
        asked = () if key in st.session_state else st.query_params.get_all(key)
        chosen = st.segmented_control(label, options, selection_mode="multi", key=key, bind="query-params")
        for each in asked:
            if each not in options:
                self._tell(name, each, None, lambda: _one_of(options))
        return tuple(each for each in options if each in chosen)

    def select(self, label: str, options: Sequence[T], name: str, first: int = 0, **more: Any) -> T:
        """One of many, from a list that opens: the one at place `first` unless the learner or the link says otherwise."""
        asked, told = self._asked(name), more.get("format_func", str)
        chosen = st.selectbox(label, options, first, key=self.key(name), bind="query-params", **more)
        taken = options[first] if chosen is None else chosen
        # a link says what is seen
        self._tell(
            name, asked, told(taken), lambda: _one_of(options if told is str else [told(each) for each in options])
        )
        return taken

    def called(
        self, label: str, every: str, names: Mapping[str, str], name: str, *, in_a_row: bool = False, **more: Any
    ) -> str:
        """One of many that a link calls by a name that stays, whatever it is called on the screen; "" = all of them.

        Who comes back to the page finds what was chosen, as with what Streamlit binds to the link.

        every   what all are called on the screen, which are meant where the link names none.
        names   what each is called in the link, and on the screen.
        in_a_row   whether they stand side by side, and not in a list that opens.
        """
        key, first = self.key(name), "all"
        choices = {first: every, **names}
        (known,) = self._named(name, choices)[:1] or [first]
        keep = partial(self._keep_named, name, first)
        if in_a_row:
            chosen = st.segmented_control(
                label,
                list(choices),
                selection_mode="single",
                required=True,
                format_func=choices.__getitem__,
                default=known,
                key=key,
                on_change=keep,
            )
        else:
            index = list(choices).index(known)
            chosen = st.selectbox(label, list(choices), index, choices.__getitem__, key, on_change=keep, **more)
        st.session_state[f"{key}_chosen"] = "" if chosen == first else chosen
        return "" if chosen == first else chosen

    def called_any(self, label: str, names: Mapping[str, str], name: str) -> tuple[str, ...]:
        """Any of a few that a link calls as `called` does, with commas between them, in their order; none at first."""
        key = self.key(name)
        chosen = st.segmented_control(
            label,
            list(names),
            selection_mode="multi",
            format_func=names.__getitem__,
            default=self._named(name, names, ", or several with commas between them"),
            key=key,
            on_change=partial(self._keep_named, name),
        )
        st.session_state[f"{key}_chosen"] = ",".join(chosen)
        return tuple(each for each in names if each in chosen)

    def _named(self, name: str, choices: Mapping[str, str], several: str = "") -> list[str]:
        """Which of these the link names, or what was chosen when the page was last shown. What cannot be is said.

        several   what is said beside that of a control that can be several of them.
        """
        key = self.key(name)
        before = st.session_state.get(f"{key}_chosen")
        if before and key not in st.session_state and key not in st.query_params:
            url_state.write(key, before)
        asked = (url_state.read(key) or "").split(",")
        if wrong := [each for each in asked if each and each not in choices]:
            with self.under():
                url_state.ignored(key, _one_of(list(choices)) + several, None, ",".join(wrong))
        return [each for each in choices if each in asked]

    def _keep_named(self, name: str, first: str = "") -> None:
        """Put what was chosen into the link; what is meant without it leaves it."""
        taken = st.session_state[self.key(name)]
        written = taken if isinstance(taken, str) else ",".join(taken)
        url_state.write(self.key(name), "" if written == first else written)

    def slider(
        self, label: str, low: float, high: float, first: float, name: str, step: float | None = None, **more: Any
    ) -> Any:
        """A number between two ends."""
        asked = self._asked(name)
        more = {"width": 150} | more
        taken = st.slider(label, low, high, first, step, key=self.key(name), bind="query-params", **more)
        self._tell(name, asked, taken, lambda: f"a number from {low:g} to {high:g}")
        return taken

    def up_to(self, label: str, high: int, first: int, name: str, **more: Any) -> int:
        """A whole number from 0 to an end that other controls move: what was chosen stays, as far as it goes."""
        if (key := self.key(name)) in st.session_state:  # Streamlit begins anew where an end moves
            st.session_state[key] = min(st.session_state[key], high)
        return self.slider(label, 0, high, min(first, high), name, **more)

    def among(self, label: str, options: Sequence[T], first: T, name: str, **more: Any) -> T:
        """One of a few numbers, on a slider."""
        asked = self._asked(name)
        more = {"width": 150} | more
        chosen = st.select_slider(label, options, first, key=self.key(name), bind="query-params", **more)
        taken = first if chosen is None else chosen
        self._tell(name, asked, taken, lambda: _one_of(options))
        return taken

    def toggle(self, label: str, name: str, first: bool = False, **more: Any) -> bool:
        """Yes or no."""
        asked = self._asked(name)
        taken = st.toggle(label, first, key=self.key(name), bind="query-params", **more)
        self._tell(name, asked, taken, lambda: "true or false")
        return taken

    def several(self, label: str, options: Sequence[int], name: str) -> tuple[int, ...]:
        """Any of a few numbers, sorted; none at first."""
        key = self.key(name)
        return tuple(sorted(st.multiselect(label, options, key=key, bind="query-params", placeholder="none")))

    def sentence(self, default: str = SENTENCE, label: str = "Sentence", name: str = MAIN) -> str:
        """A sentence of the learner's, followed while it is typed. The main one of each page goes along to the next page.

        It has no limit of its own: a box with one ignores what is too long without a word. Reading it says the limit.
        """
        key, is_main = self.key(name), name == MAIN
        if is_main and _ALONG in st.session_state and key not in st.session_state and key not in st.query_params:
            st.session_state[key] = st.query_params[key] = st.session_state[_ALONG]
        text = st.text_input(label, default, key=key, live="350ms", bind="query-params")
        if is_main and text.strip() and text != default:
            st.session_state[_ALONG] = text
        return text

    def counted(
        self, label: str, count: int, first: int, name: str, says: str | None = None, *, disabled: bool = False
    ) -> int:
        """One of so many that are counted from 0."""
        return self.select(label, range(count), name, first, help=says, width=84, disabled=disabled)

    def layer(self, default: int = 3) -> int:
        """Which layer of the real model, from 0."""
        says = "The model is a stack of layers: each works on what the one before it made. They count from 0."
        return self.counted("Layer", N_LAYERS, default, "layer", says)

    def layer_and_head(self, default_layer: int = 3, default_head: int = 1) -> tuple[int, int]:
        """Which layer and which of its heads; both count from 0."""
        says = "In each layer several heads look at the sentence side by side, each in its own way (lesson 8). They count from 0."
        return self.layer(default_layer), self.counted("Head", N_HEADS, default_head, "head", says)

    def temperature(self, low: float = 0.25, high: float = 4.0, step: float = 0.25, *, disabled: bool = False) -> float:
        """What the scores are divided by, beside the root of the head's width. 1 is what the model was trained with."""
        says = "Divides the scores: below 1 the largest weight grows, above 1 the weights become more alike."
        return self.slider("Temperature", low, high, 1.0, "temperature", step, help=says, width=170, disabled=disabled)

    def seed(self, default: int) -> int:
        """Where random numbers begin, so that a link shows the same ones again."""
        says = "Where random numbers begin: the same seed gives the same ones again."
        return self.slider("Seed", 0, 99, default, "seed", help=says, width=130)

    def integers(self, name: str, digits: int = 3) -> tuple[int, ...]:
        """Numbers of 0 or more, of so many digits at most, that no widget holds, from the link."""
        return url_state.integers(self.key(name), digits=digits)

    def two_of(self, name: str, count: int) -> tuple[int, int] | None:
        """Two different ones of so many, from the link; None where it names none."""
        return url_state.two_of(self.key(name), count)

    def pairs(self, name: str) -> frozenset[tuple[int, int]]:
        """Pairs of numbers of 0 or more that no widget holds, from the link."""
        return url_state.pairs(self.key(name))

    def write(self, name: str, value: str = "") -> None:
        """Put what no widget holds into the link; an empty text leaves it."""
        url_state.write(self.key(name), value)

    def take_back(self, label: str, name: str) -> None:
        """A button by which what was done in a figure leaves the link again."""
        done = url_state.read(self.key(name)) is not None
        st.button(label, key=self.key(f"no_{name}"), disabled=not done, on_click=lambda: self.write(name))


def _one_of(options: Sequence[object]) -> str:
    """What a control accepts, in words."""
    if isinstance(options, range):
        return f"a number from {options[0]} to {options[-1]}"
    if len(options) > MOST_SAID:
        return f"one of its {len(options)} choices"
    return f"one of {', '.join(messages.literal(str(each)) for each in options)}"


def _same(asked: str, taken: object) -> bool:
    """Whether a control took what the link asked; a whole number is taken of one with a fraction."""
    if asked == str(taken) or (isinstance(taken, bool) and asked.lower() == str(taken).lower()):
        return True
    try:
        return isinstance(taken, int | float) and type(taken)(float(asked)) == taken
    except (ValueError, OverflowError):
        return False


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
    model = (
        f"all-MiniLM-L6-v2 (a BERT, a transformer that reads text: {N_LAYERS} layers, one after the other, each of {N_HEADS} "
        "heads, attentions side by side)"
    )
    return f"Real numbers of {model}, {which}, computed on {material.device()}. {MARKS}"
