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

# by what lessons were chosen: their titles, as they were then
_OLD_TITLES = {
    "1 · One vector for a sentence": "bottleneck",
    "2 · Looking back": "looking_back",
    "3 · Attending to pictures": "captioning",
    "4 · Queries, keys, values": "attention",
    "5 · Self-attention": "self_attention",
    "6 · Putting order back": "positions",
    "7 · Masks": "masks",
    "8 · Many heads": "multi_head",
    "9 · The block": "block",
    "10 · Two sentences": "encoder_decoder",
    "11 · Images as words": "vision_transformer",
    "12 · The bill": "cost",
    "13 · What changed since 2017": "since_2017",
    "14 · One block, many models": "model_family",
    "Recall": "recall",
}
# values of parameters, before a link named by slugs what it chooses
OLD_VALUES = {
    "claims_page": _OLD_TITLES | {"all pages": "all"},
    "claims_note": {
        "CS5242": "S0",
        "Day 71": "S1",
        "CS231n 2022": "S2",
        "recall cards": "S3",
        "CS231n 2025": "S4",
        "all notes": "all",
    },
    "claims_view": {"claims": "all", "the notes, judged": "judged"},
    "claims_verdict": {"✓ right": "right", "≈ imprecise": "imprecise", "✗ wrong": "wrong"},
    "figures_lesson": _OLD_TITLES | {"All lessons": "all"},
    "figures_note": {
        "CS5242": "cs5242",
        "Day 71": "day71",
        "recall cards": "cards",
        "CS231n 2025": "cs231n",
        "All notes": "all",
    },
}


def renew(slug: str) -> None:
    """Give the parameters of an old link to this page their names and values of today, and begin anew with them."""
    old = OLD_PREFIXES.get(slug, slug)
    former = [name for name in st.query_params if name.startswith(f"{old}_") and not name.startswith(f"{slug}_")]
    for name in former:
        st.query_params[slug + name.removeprefix(old)] = st.query_params[name]
        del st.query_params[name]
    values = {"step": OLD_STEPS.get(slug, {})}
    values |= {name: found for name, found in OLD_VALUES.items() if name.startswith(f"{slug}_")}
    renamed = {
        name: [found.get(each, each) for each in told]
        for name, found in values.items()
        if not found.keys().isdisjoint(told := st.query_params.get_all(name))
    }
    for name, told in renamed.items():
        st.query_params[name] = ",".join(told)
    if former or renamed:
        st.rerun()
