"""Links that were given out before a lesson's parameters began with its slug: they go on to work."""

import streamlit as st

# what the parameters of a lesson began with
OLD_PREFIXES = {
    "bottleneck": "one",
    "looking_back": "back",
    "captioning": "pic",
    "attention": "op",
    "self_attention": "self",
    "masks": "mask",
    "multi_head": "heads",
    "vision_transformer": "vit",
}

# what steps were called before every letter meant one thing
OLD_STEPS = {"captioning": {"h": "s", "h₀": "s₀"}}


def renew(slug: str) -> None:
    """Give the parameters of an old link to this page their names of today, and begin anew with them."""
    if slug not in OLD_PREFIXES:
        return
    old = OLD_PREFIXES[slug]
    former = [name for name in st.query_params if name.startswith(f"{old}_") and not name.startswith(f"{slug}_")]
    for name in former:
        st.query_params[slug + name.removeprefix(old)] = st.query_params[name]
        del st.query_params[name]
    step = st.query_params.get("step", "")
    renamed = OLD_STEPS.get(slug, {}).get(step)
    if renamed:
        st.query_params["step"] = renamed
    if former or renamed:
        st.rerun()
