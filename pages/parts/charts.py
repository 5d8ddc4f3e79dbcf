"""Charts by plotly, dressed like the rest."""

from collections.abc import Mapping, Sequence

import plotly.graph_objects as go

QUIET = {"displayModeBar": False}


def curve(x: Sequence[float], y: Sequence[float], x_title: str, y_title: str) -> go.Figure:
    """One curve from 0 to 1."""
    figure = go.Figure(go.Scatter(x=x, y=y, mode="lines+markers" if len(x) < 12 else "lines"))
    figure.update_layout(**_plain(x_title, y_title), yaxis_range=[0, 1.05])
    return figure


def curves(named: Mapping[str, tuple[Sequence[float], Sequence[float]]], x_title: str, y_title: str) -> go.Figure:
    """Several curves, each with its name and a dash of its own, so that colour is not all that tells them apart."""
    figure = go.Figure()
    for (name, (x, y)), dash in zip(named.items(), ("solid", "dash", "dot", "dashdot"), strict=False):
        figure.add_scatter(x=x, y=y, mode="lines", name=name, line_dash=dash)
    figure.update_layout(**_plain(x_title, y_title))
    return figure


def _plain(x_title: str, y_title: str) -> dict:
    return {
        "height": 260,
        "margin": {"l": 50, "r": 10, "t": 10, "b": 40},
        "xaxis_title": x_title,
        "yaxis_title": y_title,
        "legend": {"orientation": "h", "y": 1.12},
    }
