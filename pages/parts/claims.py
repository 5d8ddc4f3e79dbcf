"""What people say about attention, each sentence with the verdict and an experiment that runs when it is opened."""

import inspect
from collections.abc import Sequence

import streamlit as st

from core.experiments.claim import Claim
from core.sources import SOURCES
from pages.parts import assets, glossary, url_state
from pages.parts.payload import pack
from pages.parts.progress import visit

VERDICTS = {"right": "✓ right", "imprecise": "≈ imprecise", "wrong": "✗ wrong"}


def show_claims(prefix: str, claims: Sequence[Claim], inputs: tuple) -> None:
    """The claims of a lesson. An open one is measured anew on every change of the learner's numbers.

    Which are open is in the link; the browser's side is one part, so that a long list costs a rerun nothing.
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
            | (_found(claim, inputs) if place in opened else {"open": False})
            for place, claim in enumerate(claims)
        ]
    }
    assets.component("claims")(key=key, data=pack(words, {}), on_open_change=remember)


def _found(claim: Claim, inputs: tuple) -> dict:
    finding = claim(*inputs)
    return {
        "open": True,
        "instead": claim.instead,
        "says": finding.says,
        "holds": finding.holds,
        "identity": claim.identity,
        "numbers": [[number.name, number.text] for number in finding.numbers],
        "sources": [[SOURCES[key].short, SOURCES[key].url] for key in claim.sources],
        "code": inspect.getsource(inspect.unwrap(claim.experiment)),
    }


def show_sources(slug: str, keys: Sequence[str]) -> None:
    """What the words of a page mean, and where it comes from."""
    glossary.show(slug)
    lines = [f"- [{SOURCES[key].short}]({SOURCES[key].url}), *{SOURCES[key].title}*" for key in dict.fromkeys(keys)]
    with st.expander("Where this comes from"):
        st.markdown("\n".join(lines))
