"""What every lesson has beside its own subject: the way on, and the way back."""

import streamlit as st

from pages.course.catalogue import BY_SLUG, PAGES, neighbours


def foot(slug: str) -> None:
    """Links to the lessons before and after."""
    before, after = neighbours(BY_SLUG[slug])
    with st.container(key="foot", horizontal=True, horizontal_alignment="distribute"):
        for page, arrow, side in ((before, "arrow_back", "left"), (after, "arrow_forward", "right")):
            if page:
                st.page_link(
                    page.path.relative_to(PAGES.parent).as_posix(),
                    label=page.name,
                    icon=f":material/{arrow}:",
                    icon_position=side,
                )
