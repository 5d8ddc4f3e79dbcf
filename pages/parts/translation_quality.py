"""How good the project's own translators are, by the length of the sentence, as it was measured after training."""

import plotly.graph_objects as go
import streamlit as st

from core.lessons import bottleneck
from core.memory import kept_for_all
from pages.parts import charts


@kept_for_all
def _by_length() -> tuple[go.Figure, str] | None:
    """BLEU by length, drawn and in words; None if it was not measured."""
    measured = bottleneck.quality_by_length()
    if not measured:
        return None
    first = next(iter(measured.values()))
    names = [f"{row['from']}–{row['to']}<br>n = {row['sentences']:,}" for row in first]
    bars = {name: [row["BLEU"] for row in rows] for name, rows in measured.items()}
    told = "; ".join(f"{name}: " + ", ".join(map(str, heights)) for name, heights in bars.items())
    figure = charts.by_group(bars, names, "words", "BLEU")
    return figure, f"BLEU at {', '.join(names).replace('<br>', ', ')} words. {told}"


def show(key: str, words: str) -> None:
    """The bars under some words of the page."""
    drawn = _by_length()
    if drawn is None:
        st.caption(
            "The quality of these translators was not measured yet: python -m core.training NAME --measure does it."
        )
        return
    figure, alt = drawn
    with st.container(key=f"{key}_quality", border=True):
        st.markdown(words)
        origin = "Sentences that were never learned from, measured after training"
        charts.show(lambda: figure, f"{key}_lengths", alt, "BLEU by the number of words", origin)
        st.caption(
            "n: how many sentences of that length were measured, after training; where it is small, the bars say little."
        )
