"""The theme travels with every run, and is read from the settings once."""

import pytest
from streamlit import config
from streamlit.proto.NewSession_pb2 import CustomThemeConfig
from streamlit.runtime import app_session

from pages.server import theme

SECTIONS = ("theme", *(f"theme.{each.value}" for each in config.CustomThemeCategories))


@pytest.mark.parametrize("section", SECTIONS)
def test_it_is_sent_as_streamlit_itself_sends_it(section, monkeypatch):
    own = app_session._populate_theme_msg
    monkeypatch.setattr(app_session, "_populate_theme_msg", own)
    theme.read_once()
    expected = CustomThemeConfig()
    own(expected, section)
    for _ in range(2):
        sent = CustomThemeConfig()
        app_session._populate_theme_msg(sent, section)
        assert sent == expected


def test_a_section_that_sets_nothing_is_not_sent(monkeypatch):
    """Streamlit leaves it out; one that is taken from an empty message would be there, and empty."""
    monkeypatch.setattr(app_session, "_populate_theme_msg", lambda message, section: None)
    theme.read_once()
    whole = CustomThemeConfig()
    app_session._populate_theme_msg(whole.sidebar, "theme.sidebar")
    assert not whole.HasField("sidebar")


def test_the_settings_are_asked_once_for_each_section(monkeypatch):
    asked = []
    monkeypatch.setattr(app_session, "_populate_theme_msg", lambda message, section: asked.append(section))
    theme.read_once()
    for section in (*SECTIONS, *SECTIONS):
        app_session._populate_theme_msg(CustomThemeConfig(), section)
    assert asked == list(SECTIONS)
