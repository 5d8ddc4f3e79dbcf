"""Charts by plotly, dressed like the rest."""

import json
from collections.abc import Callable, Mapping, Sequence
from itertools import cycle

import plotly.graph_objects as go
import streamlit as st

from pages.parts import assets, downloads
from pages.parts.figure_file import Alone, room_beside
from pages.parts.payload import pack

DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")
QUIET = {"displayModeBar": False}
HEIGHT = 260  # pixels
FEW = 6  # whole places, between which plotly would write halves
LIBRARY = 4_816_000  # bytes of plotly's own script, at most
AROUND = 30_000  # bytes of all else in a file beside it and the chart
ROOM = room_beside(LIBRARY + AROUND)  # bytes of a chart that such a file can hold
NEAR = "charts_near"  # this visitor came near a chart: the browser has loaded what draws charts


def show(drawn: Callable[[], go.Figure], key: str, alt: str, called: str = "", origin: str = "") -> None:
    """The chart, once its visitor comes near; until then its place, in words.

    A browser needs most of a second to load plotly, and draws nothing else meanwhile: a page that opened with a chart below
    its figure would show the figure later than a page without one. drawn: makes the chart, which costs plotly as long as a
    small page; alt: the chart in words; called, origin: as of `take_away`, where no other menu offers the chart.
    """
    if st.session_state.get(NEAR):
        st.plotly_chart(drawn(), key=key, config=QUIET, alt=alt)
    else:
        near = assets.component("near")
        near(key=f"{key}_near", data={"alt": alt, "height": HEIGHT}, on_near_change=_come_near)
    if origin:
        take_away(drawn, key, alt, called, origin)


def take_away(drawn: Callable[[], go.Figure], key: str, alt: str, called: str, origin: str) -> None:
    """The chart as one file. called: its title; origin: where its numbers come from, in plain words."""
    downloads.offer_file(alone(drawn, alt), key, origin, called)


def alone(drawn: Callable[[], go.Figure], alt: str) -> Alone:
    """The chart as it lies in a file: without a theme, which the file has of its own."""

    def made() -> bytes:
        figure = go.Figure(drawn()).update_layout(template=None)
        return pack({"figure": json.loads(figure.to_json()), "alt": alt}, {})

    return Alone("chart", made, "pointing and zooming", library, ROOM, or_npz=False)


def library() -> str:
    """Plotly's own script, as a file of a chart holds it."""
    from plotly.offline import get_plotlyjs  # a twentieth of a second, for whoever takes a chart away

    return get_plotlyjs()


def _come_near() -> None:
    st.session_state[NEAR] = True


def curve(x: Sequence[float], y: Sequence[float], x_title: str, y_title: str) -> go.Figure:
    """One curve from 0 to 1."""
    figure = go.Figure(go.Scatter(x=x, y=y, mode="lines+markers" if len(x) < 12 else "lines"))
    figure.update_layout(**_plain(x_title, y_title), yaxis_range=[0, 1.05])
    return figure


def curves(named: Mapping[str, tuple[Sequence[float], Sequence[float]]], x_title: str, y_title: str) -> go.Figure:
    """Several curves, each with its name and a dash of its own, so that colour is not all that tells them apart."""
    figure = go.Figure()
    for (name, (x, y)), dash in zip(named.items(), cycle(DASHES), strict=False):
        mode = "lines" if len(x) > 1 else "markers"
        figure.add_scatter(x=x, y=y, mode=mode, name=name, line_dash=dash)
    figure.update_layout(**_plain(x_title, y_title))
    places = [place for x, _ in named.values() for place in x]
    if places and all(isinstance(place, int) for place in places) and max(places) - min(places) < FEW:
        figure.update_xaxes(dtick=1)  # there is no half an update
    return figure


def fading(named: Mapping[str, Sequence[float]], x_title: str, y_title: str) -> go.Figure:
    """Curves over positions from 1 on, on a logarithmic scale; what is 0 there ends a curve."""
    figure = go.Figure()
    for (name, y), dash in zip(named.items(), cycle(DASHES), strict=False):
        positions = list(range(1, len(y) + 1))
        figure.add_scatter(
            x=positions, y=[value or None for value in y], mode="lines+markers", name=name, line_dash=dash
        )
    figure.update_layout(**_plain(x_title, y_title))
    figure.update_yaxes(type="log", exponentformat="power")
    return figure


def by_group(
    named: Mapping[str, Sequence[float | None]], groups: Sequence[str], x_title: str, y_title: str
) -> go.Figure:
    """Bars side by side for each group, with their numbers above them."""
    figure = go.Figure()
    for (name, y), pattern in zip(named.items(), ("", "/", "."), strict=False):
        figure.add_bar(
            x=list(groups),
            y=list(y),
            name=name,
            texttemplate="%{y:.0f}",  # on a phone a bar has room for two digits
            textposition="outside",
            textfont_size=11,
            textangle=0,
            marker_pattern_shape=pattern,
        )
    figure.update_layout(**_plain(x_title, y_title), barmode="group", uniformtext={"minsize": 11, "mode": "show"})
    return figure


def stacked(named: Mapping[str, Sequence[float]], x: Sequence[int], x_title: str, y_title: str) -> go.Figure:
    """Bars on each other for each place, so that their sum is seen; a pattern beside the colour tells them apart."""
    figure = go.Figure()
    for (name, y), pattern in zip(named.items(), ("", "/", "."), strict=False):
        figure.add_bar(x=list(x), y=list(y), name=name, marker_pattern_shape=pattern)
    figure.update_layout(**_plain(x_title, y_title), barmode="stack", showlegend=len(named) > 1)
    most = max((sum(each) for each in zip(*named.values(), strict=True)), default=0)
    figure.update_yaxes(rangemode="tozero", tick0=0, dtick=max(1, -(-int(most) // 5)))  # there is no half a thing
    return figure


def shares(named: Mapping[str, tuple[Sequence[float], Sequence[float]]], x_title: str, of: str) -> go.Figure:
    """Shares of 1 as a table: a row for each name, a column for each place, each number in its cell. of: what they are."""
    columns = next(iter(named.values()))[0]
    figure = go.Figure(
        go.Heatmap(
            z=[y for _, y in named.values()],
            x=[str(place) for place in columns],
            y=list(named),
            zmin=0,
            zmax=1,
            texttemplate="%{z:.2f}",
            textfont={"size": 12, "weight": 600},
            xgap=2,
            ygap=2,
            showscale=False,
        )
    )
    # as many pixels for a row however many there are, since rows come one after the other
    figure.update_layout(**_plain(f"{x_title} →<br>{of}, in the cells", "") | {"height": 110 + 30 * len(named)})
    figure.update_xaxes(type="category")
    figure.update_yaxes(autorange="reversed", automargin=True)
    return figure


def _plain(x_title: str, y_title: str) -> dict:
    return {
        "height": HEIGHT,
        "margin": {"l": 50, "r": 10, "t": 10, "b": 40},
        "xaxis_title": x_title,
        "yaxis_title": y_title,
        # from the plot's upper edge upwards, so that a legend of several lines makes the margin larger and hides no curve
        "legend": {"orientation": "h", "y": 1.02, "yanchor": "bottom"},
    }
