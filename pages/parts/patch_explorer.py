"""A picture and all heads of a model on it: point at a patch, and see where it looks in every head of every layer."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import numpy as np
import streamlit as st

from core.analysis.flow import Fuse
from core.analysis.patch_attention import SUMMARIES, PatchAttention
from core.numerals import layers_of_heads
from pages.parts import assets, controls, downloads, url_state
from pages.parts.figure_file import Alone
from pages.parts.patch_view import ONE_HEAD, Look, Shown, payload

FUSIONS: tuple[Fuse, ...] = ("mean", "max", "min")


def choose(prefix: str, seen: PatchAttention, layer: int, head: int) -> Shown:
    """The controls that say what is made of the heads. layer, head: those that are open, as far as they exist."""
    summary = st.selectbox("Show", SUMMARIES, key=f"{prefix}_show", bind="query-params", width=170) or ONE_HEAD
    residual, fuse = 0.5, FUSIONS[0]
    if summary == "rollout":
        fuse = controls.Controls(prefix).one_of("Of the heads", list(FUSIONS), "fuse")
        residual = st.slider(
            "Residual path", 0.0, 0.9, 0.5, 0.1, key=f"{prefix}_residual", bind="query-params", width=140
        )
    return Shown(summary, min(layer, seen.n_layers - 1), min(head, seen.n_heads - 1), residual, fuse)


def show(
    prefix: str,
    first: Look,
    shown: Shown,
    signature: str,
    caption: str,
    on_open: Callable[[int, int], None],
    second: Look | None = None,
) -> Alone:
    """Draw it; what is returned is the same for a file. The token that is kept by a click stands in the link as `?{prefix}_at=`.

    How it is looked at stands there, too: `_turned`, `_colour`, `_strongest` and `_seen`, once the visitor said so.

    signature   changes whenever the picture or the model does; then the patch in the middle is looked at again.
    on_open     called with (layer, head) when a head is clicked.
    second      what is compared with it.
    """
    key = f"{prefix}_patch_explorer"
    seen = first.patch_attention
    n_tokens = len(seen.tokens)

    def opened() -> None:
        place = assets.told(key, "opened")
        if isinstance(place, dict) and all(isinstance(place.get(name), int) for name in ("layer", "head")):
            on_open(place["layer"], place["head"])
            st.session_state[f"{prefix}_show"] = ONE_HEAD

    def kept() -> None:
        token = assets.told(key, "kept")
        if isinstance(token, int) and 0 <= token < n_tokens:
            url_state.write(f"{prefix}_at", str(token))

    def looked() -> None:
        how = assets.told(key, "looked")
        if isinstance(how, dict):
            for name, text in linked(how).items():
                url_state.write(f"{prefix}_{name}", text)

    made = partial(payload, first, shown, signature, caption, second, token_of_link(prefix, seen), how_of_link(prefix))
    assets.component("patch_explorer")(
        key=key,
        data=made(),
        on_opened_change=opened,
        on_kept_change=kept,
        on_looked_change=looked,
    )
    return Alone("patch_explorer", partial(made, alone=True))


def all_heads(
    ui: controls.Controls, name: str, digest: str, seen: PatchAttention, pixels: np.ndarray, layer: int, head: int
) -> None:
    """Every head of one model on one picture, with its controls. A head that is clicked is put into “Layer” and “Head”.

    name   of the model; digest: of the picture; layer, head: those that are open.
    """

    def opened(layer: int, head: int) -> None:
        st.session_state[ui.key("layer")], st.session_state[ui.key("head")] = layer, head

    with st.container(key=ui.key("heads_row"), horizontal=True, vertical_alignment="bottom", gap="small"):
        shown = choose(ui.prefix, seen, layer, head)
    caption = (
        f"{layers_of_heads(seen.n_layers, seen.n_heads)} of {name}: each small picture shows one head "
        "the same way. Point at a head to preview it, click or tap to open it."
    )
    alone = show(ui.prefix, Look(seen, pixels, ""), shown, f"{digest}|{name}", caption, opened)
    downloads.offer_file(
        alone, f"{ui.prefix}-heads", f"Real weights of {name}, all {seen.n_layers * seen.n_heads} heads"
    )


def token_of_link(prefix: str, seen: PatchAttention) -> int:
    """The token that the link names; else the patch in the middle."""
    return url_state.one_of(f"{prefix}_at", len(seen.tokens), "token", seen.middle)


def how_of_link(prefix: str) -> dict[str, bool | float | None]:
    """How the link has it looked at: who looks here, in colours (None: as the picture needs it), the share that is kept, and
    whether the picture is shown as the model sees it."""
    names = ("turned", "colour", "strongest", "seen")
    turned, colour, strongest, seen = (url_state.read(f"{prefix}_{name}") for name in names)
    kept = 1.0
    if strongest is not None:
        known = strongest.isascii() and strongest.isdigit() and 0 < int(strongest) <= 100
        kept = int(strongest) / 100 if known else url_state.ignored(f"{prefix}_strongest", "a share from 1 to 100", 1.0)
    return {
        "turned": _yes_or_no(f"{prefix}_turned", turned, False),
        "coloured": _yes_or_no(f"{prefix}_colour", colour, None),
        "share": kept,
        "seen": _yes_or_no(f"{prefix}_seen", seen, False),
    }


def _yes_or_no(name: str, text: str | None, default: bool | None) -> bool | None:
    if text in ("yes", "no"):
        return text == "yes"
    return default if text is None else url_state.ignored(name, "yes or no", default)


def linked(how: Mapping[str, Any]) -> dict[str, str]:
    """What the link says of how it is looked at; nothing of what is as at first."""
    share = how.get("share")
    percent = round(100 * share) if isinstance(share, int | float) and 0 < share <= 1 else 100
    return {
        "turned": "yes" if how.get("turned") is True else "",
        "colour": {True: "yes", False: "no"}.get(how.get("coloured"), ""),
        "strongest": "" if percent == 100 else str(percent),
        "seen": "yes" if how.get("seen") is True else "",
    }
