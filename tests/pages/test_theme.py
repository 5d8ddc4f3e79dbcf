"""The colours: one palette in one file, for Streamlit, for charts and for figures that stand away from the app."""

import tomllib
from pathlib import Path

import pytest

from pages.parts import bundle

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_charts_have_ten_colours_of_our_own(theme):
    """With fewer, Streamlit fills up with "undefined", and plotly takes its own colours for all."""
    palette = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text("utf-8"))["theme"][theme]
    for kind in ("Categorical", "Sequential", "Diverging"):
        assert len(palette[f"chart{kind}Colors"]) == 10


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_figure_away_from_the_app_has_the_colours_of_the_app(theme):
    palette = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text("utf-8"))["theme"][theme]
    given = bundle.themes()[theme]
    assert given["--st-background-color"] == palette["backgroundColor"]
    assert given["--st-chart-sequential-colors"] == ",".join(palette["chartSequentialColors"])
    assert len(given) == len(palette) - 1  # the sidebar has its own
