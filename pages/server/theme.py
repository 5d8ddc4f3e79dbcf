"""The theme as Streamlit sends it with each run of each page: read from the settings once, since they stay as they are."""

from functools import cache

from streamlit.proto.NewSession_pb2 import CustomThemeConfig
from streamlit.runtime import app_session


def read_once() -> None:
    """Keep what Streamlit would find out anew for each run: it looks at every option of six sections for it."""
    populate = app_session._populate_theme_msg

    @cache
    def of(section: str) -> CustomThemeConfig:
        found = CustomThemeConfig()
        populate(found, section)
        return found

    def fill(msg: CustomThemeConfig, section: str = "theme") -> None:
        found = of(section)
        if found.ByteSize():  # what takes in a section that sets nothing would be sent as an empty theme
            msg.MergeFrom(found)

    vars(app_session)["_populate_theme_msg"] = fill
