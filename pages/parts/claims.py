"""What people say about attention, each sentence with the verdict and an experiment that runs when it is opened."""

import inspect
import re
from collections.abc import Mapping, Sequence

import streamlit as st

from core.experiments.claim import Claim
from core.sources import SOURCES
from pages.parts import assets, glossary, url_state
from pages.parts.payload import pack
from pages.parts.progress import visit
from pages.parts.words import Token

VERDICTS = {"right": "✓ right", "imprecise": "≈ imprecise", "wrong": "✗ wrong"}


_PLACE = re.compile(r"\b(token|query|key) (\d+)\b")
# on which axis of a lesson each stands, the first that there is
_AXES = {"token": ("typed", "keys"), "query": ("queries",), "key": ("keys",)}


def show_claims(
    prefix: str, claims: Sequence[Claim], inputs: tuple, tokens: Mapping[str, Sequence[Token]] | None = None
) -> None:
    """The claims of a lesson. An open one is measured anew on every change of the learner's numbers.

    Which are open is in the link; the browser's side is one part, so that a long list costs a rerun nothing.
    tokens   the words of each axis: a finding that speaks of token 2 says which word that is.
    """
    key, name = f"{prefix}_claims", f"{prefix}_open"
    opened = set(url_state.integers(name))

    for place in opened & set(range(len(claims))):
        visit.note("claim", place)

    def remember() -> None:
        places = assets.told(key, "open")
        if places is not None:
            url_state.write(name, ",".join(map(str, sorted({int(place) for place in places}))))

    words = {
        "claims": [
            {"said": claim.said, "verdict": VERDICTS[claim.verdict]}
            | (_found(claim, inputs, _words(inputs, tokens or {})) if place in opened else {"open": False})
            for place, claim in enumerate(claims)
        ]
    }
    assets.component("claims")(key=key, data=pack(words, {}), on_open_change=remember)


def _words(inputs: tuple, tokens: Mapping[str, Sequence[Token]]) -> dict[str, list[str]]:
    """The words of tokens, queries and keys, where an experiment has as many of them as the page shows."""
    counts = {getattr(each, "shape", (0, 0))[-2] for each in inputs if getattr(each, "ndim", 0) >= 2}
    found = {what: next((tokens[axis] for axis in axes if axis in tokens), ()) for what, axes in _AXES.items()}
    return {what: [token.text for token in words] for what, words in found.items() if len(words) in counts}


def named(text: str, words: Mapping[str, Sequence[str]]) -> str:
    """A sentence in which every place is followed by the word that stands there."""

    def with_word(found: re.Match[str]) -> str:
        what, place = words.get(found[1], ()), int(found[2])
        return f"{found[0]} (“{what[place]}”)" if place < len(what) else found[0]

    return _PLACE.sub(with_word, text)


def _found(claim: Claim, inputs: tuple, words: Mapping[str, Sequence[str]]) -> dict:
    finding = claim(*inputs)
    return {
        "open": True,
        "instead": claim.instead,
        "says": named(finding.says, words),
        "holds": finding.holds,
        "identity": claim.identity,
        "numbers": [[named(number.name, words), number.text] for number in finding.numbers],
        "sources": [[SOURCES[key].short, SOURCES[key].url] for key in claim.sources],
        "code": inspect.getsource(inspect.unwrap(claim.experiment)),
    }


def show_sources(slug: str, keys: Sequence[str]) -> None:
    """What the words of a page mean, and where it comes from."""
    glossary.show(slug)
    lines = [f"- [{SOURCES[key].short}]({SOURCES[key].url}), *{SOURCES[key].title}*" for key in dict.fromkeys(keys)]
    with st.expander("Where this comes from"):
        st.markdown("\n".join(lines))
