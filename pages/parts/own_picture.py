"""The picture that a page looks at: a photograph to start from, or what the visitor brings, takes, draws or pastes."""

import base64
import binascii
import hashlib
from collections.abc import Mapping

import numpy as np
import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from core import host, settings
from core.memory import MEMORY, kept_for_all
from core.picture_files import ENDINGS, Entry, is_archive, read_archive, read_picture
from core.vision.samples import SAMPLES, sample
from pages.parts import assets, messages
from pages.parts.payload import pack
from pages.server import run_queue, uploads

OWN = "your own"
_KEPT = "own_pictures"  # of one visitor, who takes them along from page to page
MAIN = "picture"  # the name of a page's main picture: the visitor's own goes along to the next page
_DATA_URL = ("data:image/png;base64,", "data:image/jpeg;base64,")


@kept_for_all
def _sample(name: str) -> np.ndarray:
    return sample(name)


def choose(
    prefix: str, name: str = MAIN, label: str = "Picture", default: str = "a cat", side: int = 0
) -> tuple[str, np.ndarray]:
    """The name of the picture and its pixels (height, width, 3). A visitor's own stay in the session, never in the link.

    side   of the square into which the page draws it together, where the learner is not asked how: then that is said.
    """
    names = [default, *(each for each in SAMPLES if each != default)]
    key = f"{prefix}_{name}"
    if name == MAIN and brought() and key not in st.session_state and key not in st.query_params:
        st.session_state[key] = st.query_params[key] = OWN
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small", key=f"{key}_row"):
        chosen = st.selectbox(label, [*names, OWN], key=key, bind="query-params", width=180) or names[0]
        entry = _which(key) if chosen == OWN else None
        with st.popover("Bring your own", icon=":material/add_photo_alternate:"):
            _bring(key)
    _say_refused(key)
    if chosen != OWN:
        return chosen, _sample(chosen)
    if entry is None:
        st.caption(f"There is no picture of yours here yet: press “Bring your own”. Meanwhile you see {names[0]}.")
        return names[0], _sample(names[0])
    for note in (*entry.taken.notes, *_squashed(entry.taken.pixels, side)):
        st.caption(note)
    return entry.name, entry.taken.pixels


def _squashed(pixels: np.ndarray, side: int) -> tuple[str, ...]:
    """What is said of a picture that is drawn together to a square; nothing of one that is square already."""
    height, width = pixels.shape[:2]
    if not side or height == width:
        return ()
    return (f"Of {width} x {height} pixels the model sees {side} x {side}: the longer way is drawn together.",)


def digest(picture: np.ndarray) -> str:
    """What tells a picture from others: its pixels and its shape."""
    return hashlib.sha256(f"{picture.shape}".encode() + picture.tobytes()).hexdigest()


def brought() -> list[Entry]:
    """The visitor's own pictures."""
    return st.session_state.get(_KEPT, [])


def _which(key: str) -> Entry | None:
    """One of the visitor's own pictures."""
    kept = brought()
    if len(kept) < 2:
        return kept[0] if kept else None
    place = st.selectbox(
        "Which", range(len(kept)), key=f"{key}_which", format_func=lambda at: f"{at + 1}. {kept[at].name}", width=180
    )
    return kept[min(place or 0, len(kept) - 1)]


def _bring(key: str) -> None:
    """The ways in. Nothing is asked of the camera before somebody wants it."""
    way = st.segmented_control(
        "How", ["upload", "camera", "draw or paste"], default="upload", key=f"{key}_way", required=True
    )
    if way == "camera":
        st.camera_input("Take a picture", key=f"{key}_camera", on_change=_photographed, args=(key,))
    elif way == "draw or paste":
        assets.component("pad")(key=f"{key}_pad", data=pack({}, {}), on_drawn_change=lambda: _drawn(key))
    else:
        st.file_uploader(
            f"PNG, JPEG, WebP, GIF or HEIC, or a zip of them: at most {settings.MAX_PICTURE_BYTES / 1e6:g} MB and "
            f"{settings.MAX_PIXELS / 1e6:g} million pixels each, {settings.MAX_PICTURES} pictures",
            [*ENDINGS, "zip"],
            accept_multiple_files=True,
            key=f"{key}_file",
            on_change=_uploaded,
            args=(key,),
        )
    st.caption(
        "They stay here until the page is reloaded: not written to a disk, not in the link, and nobody else sees them."
    )


@run_queue.queued
def _uploaded(key: str) -> None:
    files = st.session_state.get(f"{key}_file") or []
    known: dict[str, list[Entry]] = st.session_state.get(f"{key}_read", {})  # a file can be read once
    read: dict[str, list[Entry]] = {}
    for file in files:
        host.still_wanted()
        if sum(entry.picture is not None for found in read.values() for entry in found) >= settings.MAX_PICTURES:
            too_many = f"{settings.MAX_PICTURES} pictures are there already; bring fewer"
            read[file.file_id] = [Entry(file.name[:80], None, too_many)]
        else:
            read[file.file_id] = known.get(file.file_id) or _entries(file)
    st.session_state[f"{key}_read"] = read
    if files:
        _keep(key, [entry for found in read.values() for entry in found])


@run_queue.queued
def _photographed(key: str) -> None:
    file = st.session_state.get(f"{key}_camera")
    if file is not None:
        _keep(key, _entries(file, "from the camera"))


@run_queue.queued
def _drawn(key: str) -> None:
    message = assets.told(f"{key}_pad", "drawn")
    text = message.get("picture") if isinstance(message, Mapping) else None
    if not isinstance(text, str):
        return
    start = next((each for each in _DATA_URL if text.startswith(each)), None)
    # base64 takes four letters for three bytes
    if start is None or len(text) > settings.MAX_PICTURE_BYTES * 4 // 3:
        return
    try:
        content = base64.b64decode(text.removeprefix(start), validate=True)
    except binascii.Error:
        return
    _keep(key, _pictures("pasted" if message.get("how") == "pasted" else "drawn", content))


def _entries(file: UploadedFile, name: str = "") -> list[Entry]:
    """The pictures of an uploaded file, or why there are none. name: where not the file's own."""
    try:
        return _pictures(name or file.name, uploads.read(file))
    except ValueError as error:
        return [Entry((name or file.name)[:80], None, str(error))]


def _pictures(name: str, content: bytes) -> list[Entry]:
    """The pictures in the bytes of a file, or why there are none."""
    try:
        found = read_archive(content) if is_archive(content) else [Entry(name[:80], read_picture(content))]
    except ValueError as error:
        return [Entry(name[:80], None, str(error))]
    return [_held(entry) for entry in found]


def _held(entry: Entry) -> Entry:
    """A picture for which there is room, or why there is none."""
    try:
        if entry.picture is not None:
            MEMORY.hold(entry.picture, entry.picture.pixels.nbytes)
    except ValueError as error:
        return Entry(entry.name, None, str(error))
    return entry


def _keep(key: str, found: list[Entry]) -> None:
    """Take what can be read; where nothing can, everything stays as it was."""
    good = [entry for entry in found if entry.picture is not None]
    refused = [(entry.name, entry.refused) for entry in found if entry.picture is None]
    refused += [(entry.name, "it is one too many; bring fewer") for entry in good[settings.MAX_PICTURES :]]
    st.session_state[f"{key}_refused"] = (bool(good), refused)
    if good:
        st.session_state[_KEPT] = good[: settings.MAX_PICTURES]
        st.session_state[key] = OWN
        st.session_state[f"{key}_which"] = min(len(good), settings.MAX_PICTURES) - 1  # the newest


def _say_refused(key: str) -> None:
    some, refused = st.session_state.get(f"{key}_refused", (False, []))
    if refused:
        what = "Not all of it was taken." if some else "The picture was not taken; what you had is still here."
        messages.problem(key, what, "\n".join(f"{name}: {words}." for name, words in refused))
