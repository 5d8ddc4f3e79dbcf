"""A picture and all heads of a model on it: point at a patch, and see where it looks in every head of every layer."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import streamlit as st

from core.analysis.flow import Fuse
from core.analysis.patch_attention import SUMMARIES, Chosen, PatchAttention
from pages.parts import assets, controls, url_state
from pages.parts.payload import pack

ONE_HEAD = SUMMARIES[0]
FUSIONS: tuple[Fuse, ...] = ("mean", "max", "min")


@dataclass(frozen=True)
class Shown(Chosen):
    """The matrix that is open, with its words."""

    @property
    def title(self) -> str:
        match self.summary:
            case "one head":
                return f"Layer {self.layer}, head {self.head}"
            case "mean of the layer":
                return f"Layer {self.layer}, mean of its heads"
            case "mean of all":
                return "Mean of all heads"
        return "Attention rollout"

    @property
    def note(self) -> str:
        """What was done to the numbers."""
        if self.summary == "rollout":
            origin = " (Abnar and Zuidema 2020)" if self.fuse == "mean" else "; Abnar and Zuidema 2020 take the mean"
            return (
                f"All layers together: the {self.fuse} of each layer's heads, with {self.residual:.0%} of what a token keeps of "
                f"itself (the residual path), multiplied layer by layer{origin}."
            )
        return ""


@dataclass(frozen=True)
class Look:
    """One picture with what a model makes of it.

    pixels   (height, width, 3) from 0 to 255, as the model saw them; sharp: the same with more of them, where there are.
    """

    patch_attention: PatchAttention
    pixels: np.ndarray
    title: str
    sharp: np.ndarray | None = None


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
) -> None:
    """Draw it. The token that is kept by a click stands in the link as `?{prefix}_at=`.

    How it is looked at stands there, too: `_turned`, `_colour`, `_strongest` and `_seen`, once the visitor said so.

    signature   changes whenever the picture or the model does; then the patch in the middle is looked at again.
    on_open     called with (layer, head) when a head is clicked.
    second      what is compared with it.
    """
    key = f"{prefix}_patch_explorer"
    seen = first.patch_attention

    def opened() -> None:
        place = assets.told(key, "opened")
        if isinstance(place, dict) and all(isinstance(place.get(name), int) for name in ("layer", "head")):
            on_open(place["layer"], place["head"])
            st.session_state[f"{prefix}_show"] = ONE_HEAD

    def kept() -> None:
        token = assets.told(key, "kept")
        if isinstance(token, int) and 0 <= token < len(seen.tokens):
            url_state.write(f"{prefix}_at", str(token))

    def looked() -> None:
        how = assets.told(key, "looked")
        if isinstance(how, dict):
            for name, text in linked(how).items():
                url_state.write(f"{prefix}_{name}", text)

    factor = seen.coarseness
    words = {
        "signature": signature,
        "layers": seen.n_layers,
        "heads": seen.n_heads,
        "open": [shown.layer, shown.head],
        "factor": factor,
        "rows": -(-seen.rows // factor),
        "columns": -(-seen.columns // factor),
        "first": _words(first, shown),
        "second": None if second is None else _words(second, shown),
        "caption": caption,
        "focus": seen.middle,
        "look": token_of_link(prefix, seen),
        "how": how_of_link(prefix),
        "exact": shown.summary == ONE_HEAD,
    }
    tensors = {
        "every": seen.small.numpy(),
        "first_weights": seen.matrix(shown).numpy(),
        "first_picture": planes(first.pixels),
    }
    if second is not None:
        tensors |= {
            "second_weights": second.patch_attention.matrix(within(shown, second.patch_attention)).numpy(),
            "second_picture": planes(second.pixels),
        }
    for prefix_of, look in (("first", first), ("second", second)):
        if look is not None and look.sharp is not None:
            tensors[f"{prefix_of}_sharp"] = planes(look.sharp)
    assets.component("patch_explorer")(
        key=key,
        data=pack(words, tensors, frozenset({"first_weights", "second_weights"})),
        on_opened_change=opened,
        on_kept_change=kept,
        on_looked_change=looked,
    )


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
        f"{seen.n_layers} layers × {seen.n_heads} heads of {name}: each small picture shows one head the same way. "
        "Point at a head to preview it, click or tap to open it."
    )
    show(ui.prefix, Look(seen, pixels, ""), shown, f"{digest}|{name}", caption, opened)


def token_of_link(prefix: str, seen: PatchAttention) -> int:
    """The token that the link names; else the patch in the middle."""
    (token, *_) = (*url_state.integers(f"{prefix}_at", (seen.middle,)), seen.middle)
    return token if token < len(seen.tokens) else seen.middle


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


def planes(pixels: np.ndarray) -> np.ndarray:
    """(height, width, 3) as (3, height, width): red, then green, then blue."""
    return pixels.transpose(2, 0, 1)


def within(shown: Shown, seen: PatchAttention) -> Shown:
    """The same matrix of another model, as far as it has such a layer and head."""
    return Shown(
        shown.summary,
        min(shown.layer, seen.n_layers - 1),
        min(shown.head, seen.n_heads - 1),
        shown.residual,
        shown.fuse,
    )


def _words(look: Look, shown: Shown) -> dict:
    seen = look.patch_attention
    return {
        "title": f"{look.title}{within(shown, seen).title}",
        "note": shown.note,
        "names": list(seen.tokens),
        "extra": len(seen.extra),
        "rows": seen.rows,
        "columns": seen.columns,
    }
