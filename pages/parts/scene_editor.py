"""A drawn scene that the learner edits: things are dragged, recoloured, added and taken away. It is in the link."""

import math
import re
from collections.abc import Mapping, Sequence

import streamlit as st

from core.vision import scenes
from core.vision.scenes import COLOURS, SHAPES, SIDE, Scene, Thing
from pages.parts import assets, url_state
from pages.parts.payload import pack

_FIELDS = ("colour", "shape", "x", "y")
_THING = re.compile(r"([a-z]+)-([a-z]+)-([0-9]{1,2}(?:\.[0-9])?)-([0-9]{1,2}(?:\.[0-9])?)")


def edit(prefix: str, default: Scene) -> Scene:
    """Draw the scene and return what it holds. It stands in the link as `?{prefix}_scene=red-circle-11-5,…`."""
    key, name = f"{prefix}_drawing", f"{prefix}_scene"
    now = of_link(name, default)

    def drawn() -> None:
        turn, scene = _drawn(assets.told(key, "drawn"))
        if scene is not None:
            st.session_state[f"{key}_turn"] = turn
            write(name, scene, default)

    words = {
        # which of the browser's scenes this answers: an older one than it draws is out of date
        "turn": st.session_state.get(f"{key}_turn", 0),
        "side": SIDE,
        "cells": scenes.CELLS,
        "radius": scenes.RADIUS,
        "most": scenes.MOST,
        "ground": _css((scenes.GROUND, scenes.GROUND, scenes.GROUND)),
        "colours": {colour: _css(rgb) for colour, rgb in COLOURS.items()},
        "shapes": SHAPES,
        "things": [vars(thing) for thing in now],
    }
    assets.component("scene")(key=key, data=pack(words, {}), on_drawn_change=drawn)
    return now


def say_of_world(scene: Scene) -> None:
    """What must be known of a scene that is none of those that captioners learn from."""
    if not scenes.apart(scene):
        st.caption(
            f"Things touch in this scene, or share one of {scenes.CELLS} x {scenes.CELLS} cells, as in none that was learned "
            "from: it is outside their world. Nobody can say which caption is right, and what is written here need not be."
        )


def of_link(name: str, default: Scene) -> Scene:
    """The scene that the link names; the default where it names none that can be."""
    text = url_state.read(name)
    if text is None:
        return default
    if text == "empty":
        return ()
    found = [_THING.fullmatch(each) for each in text.split(",")]
    named = [_thing(each[1], each[2], float(each[3]), float(each[4])) for each in found if each]
    things = tuple(thing for thing in named if thing and max(thing.x, thing.y) < SIDE)
    if len(things) == len(found) <= scenes.MOST:
        return things
    accepted = f"at most {scenes.MOST} things such as red-circle-11-5, places below {SIDE}, with commas between them"
    return url_state.ignored(name, accepted, default)


def write(name: str, scene: Scene, default: Scene) -> None:
    """Put a scene into the link, unless it is the default one."""
    text = ",".join(f"{thing.colour}-{thing.shape}-{thing.x:g}-{thing.y:g}" for thing in scene) or "empty"
    url_state.write(name, "" if scene == default else text)


def _drawn(message: object) -> tuple[int, Scene | None]:
    """What the browser sent: the number of the scene, and the scene, kept inside the picture and to what a link can say;
    None if it is none."""
    given, turn = (message.get(key) if isinstance(message, Mapping) else None for key in ("things", "turn"))
    if not isinstance(given, Sequence) or not isinstance(turn, int) or len(given) > scenes.MOST:
        return 0, None
    things = []
    for each in given:
        colour, shape, *place = (each.get(key) if isinstance(each, Mapping) else None for key in _FIELDS)
        numbers = [number for number in place if isinstance(number, (int, float)) and abs(number) < math.inf]
        inside = [round(min(max(number, 0.0), SIDE - 0.1), 1) for number in numbers]
        thing = _thing(colour, shape, *inside) if len(inside) == len(place) else None
        if thing is None:
            return 0, None
        things.append(thing)
    return turn, tuple(things)


def _thing(colour: object, shape: object, x: float, y: float) -> Thing | None:
    """A thing as a stranger names it; None where there is no such colour or shape."""
    known = next((each for each in COLOURS if each == colour), None)
    form = next((each for each in SHAPES if each == shape), None)
    return Thing(known, form, x, y) if known and form else None


def _css(rgb: tuple[float, float, float]) -> str:
    return "#" + "".join(f"{round(255 * channel):02x}" for channel in rgb)
