"""What is kept for everybody where nothing in it is a visitor's: each argument in turn is one's, and then it is not.

Where an argument is a dataclass its fields stand here, each with what it is where it is ours, and what a visitor can make of
it. One that stands alone is nobody's: the page offers all that it can be, as numbers and names to choose from.
"""

import ast
from collections.abc import Callable, Iterator
from dataclasses import fields, is_dataclass
from functools import cache
from importlib import import_module
from inspect import signature, unwrap
from pathlib import Path
from typing import Any, get_type_hints

import numpy as np
import pytest
import torch

from core.lessons.captioning import SCENE
from core.models import offline
from core.models.languages import Languages
from core.vision.samples import SAMPLES, sample
from core.vision.scenes import Thing
from pages.parts import controls, translations
from pages.parts.own_picture import digest
from tests.test_house import ROOT, files, named
from tests.test_kept_for_all import called

Values = tuple[Any, ...]

TYPED = "The zebra counted its stripes twice because it was bored."
PHOTOGRAPH, BROUGHT = digest(sample(next(iter(SAMPLES)))), digest(np.zeros((8, 8, 3), np.uint8))

TEXT: Values = (controls.SENTENCE, TYPED)
PICTURE: Values = (PHOTOGRAPH, BROUGHT)
DRAWN: Values = (SCENE, (*SCENE[:1], Thing("green", "circle", 21.0, 27.0)))
WORDS: Values = ((), ((0, 5),))
LOOKS: Values = ((), ((0, (0.5, 0.5)),))
BLOCKS: dict[str, Values] = {
    f"settings.{name}": (value,)
    for name, value in {"layer": 3, "depth": 2, "without": ("norm",), "norm": "rms", "seed": 7}.items()
}
SCENES: dict[str, Values] = {
    "settings.eyes": ("CNN grid",),
    "settings.scene": DRAWN,
    "settings.layer": (1,),
    "settings.away": ("cross-attention",),
    "settings.forces": ("all heads",),
    "settings.interventions.tokens": WORDS,
    "settings.interventions.rows": LOOKS,
    "settings.interventions.temperature": (0.5,),
}
KEPT_IF: dict[str, dict[str, Values]] = {
    "pages/lessons/vision_transformer.py read": {
        "digest": PICTURE,
        "settings.pooling": ("class token",),
        "settings.fit": ("crop",),
        "settings.patch_size": (16,),
        "settings.shuffled": (3,),
        "settings.positions": (False,),
    },
    "pages/lessons/cost.py moved": {"text": TEXT, "start": (0,)},
    "pages/lessons/block.py stack_of": {
        "of": ((TEXT[0], 0), (TYPED, 0), (BROUGHT,)),
        "other": (True,),
    },
    "pages/lessons/block.py looked": {
        "of": (((TEXT[0], 0), (PHOTOGRAPH,)), ((TEXT[0], 0), (TYPED, 0)), ((TYPED, 0),), ((BROUGHT,),)),
        **BLOCKS,
    },
    "pages/lessons/block.py on_picture": {"digest": PICTURE},
    "pages/lessons/by_hand/encoder_decoder.py translated": {
        "text": (translations.SENTENCE, TYPED),
        "how.interventions.tokens": WORDS,
        "how.interventions.rows": LOOKS,
        "how.interventions.temperature": (0.5,),
        "how.changes.ablated": (frozenset(),),
        "how.changes.cut_cross": (True,),
        "how.changes.forced": ((), ((("cross", 0, 0), torch.zeros(1, 1, 1)),)),
        "how.beam": (4,),
        "how.given": (None, "un chat noir"),
    },
    "pages/lessons/by_hand/encoder_decoder.py went_through": {"text": TEXT},
    "pages/lessons/by_hand/encoder_decoder.py compared": {"text": TEXT},
    "pages/lessons/captioning.py captioned": {
        "settings.scene": DRAWN,
        "settings.covered": (4,),
        "settings.temperature": (0.5,),
        "settings.forced_cells": ((), ((0, 4),)),
        "settings.own": ("", BROUGHT),
    },
    "pages/parts/scene_captions.py captioned": SCENES,
    "pages/parts/scene_captions.py by_other_eyes": SCENES,
    "pages/parts/learner_input.py _asking": {"text": TEXT, "score": ("additive",)},
    "pages/parts/delivered.py _sink": {"text": TEXT, "start": (0,), "used": (12,)},
    "pages/parts/atlas_cards.py _of_text": {"number": (1,), "text": TEXT},
    "pages/parts/atlas_cards.py _card": {
        "number": (1,),
        "text": TEXT,
        "digest": ("",),
        "_picture": (None, np.zeros((8, 8, 3))),
    },
    "pages/parts/learning.py _begins": {
        "wish.task": ("grammar",),
        "wish.attention": ("additive",),
        "wish.seed": (0,),
        "wish.d_hidden": (16,),
        "probe": ((("a",), ("b",)), (("z",), ("y",))),
        "ours": ((("a",), ("b",)),),
    },
    "pages/parts/answers.py _of": {"name": ("our own",), "digest": PICTURE, "fit": ("crop",), "positions": (True,)},
    "pages/parts/translations.py translate": {
        "name": ("additive",),
        "text": (translations.SENTENCE, TYPED),
        "beam": (4,),
        "interventions.tokens": WORDS,
        "interventions.rows": LOOKS,
        "interventions.temperature": (0.5,),
    },
    "pages/parts/sentences.py _encoded": {"text": TEXT, "start": (0,), "at_most": (12,)},
    "pages/labs/translation_lab.py translated": {"name": ("Transformer",), "text": TEXT, "knowing": (True,)},
    "pages/labs/translation_lab.py line_of": {"name": ("Transformer",), "line": TEXT},
    "pages/labs/sentence_lab.py reading": {
        "name": (offline.NAME, "somebody/model"),
        "on": ("cpu",),
        "languages": (None, Languages("en", "fr")),
        "text": TEXT,
        "start": (0,),
        "second": (None, TYPED),
    },
    "pages/labs/image_lab.py looked": {
        "model": ("our own",),
        "on": ("cpu",),
        "name": (next(iter(SAMPLES)), "holiday.jpg"),
        "digest": PICTURE,
        "fit": ("crop",),
        "_loaded": (None, object()),
    },
    "pages/labs/image_lab.py sharp": {"digest": PICTURE, "fit": ("crop",), "side": (384,)},
    "pages/practice/claims.py _tried": {"key": (1,), "text": TEXT, "start": (0,), "digest": PICTURE},
}


def of_file(path: Path) -> Iterator[tuple[str, Callable[..., object], Callable[..., bool]]]:
    """What a file keeps so: its name, the function, and what says of its arguments whether they are ours.

    A page is not run for it: of its file there are the imports, and the functions that are asked for.
    """
    tree = ast.parse(path.read_text("utf-8"))
    asked = {
        node: decorator.args[0]
        for node in tree.body
        if isinstance(node, ast.FunctionDef)
        for decorator in node.decorator_list
        if isinstance(decorator, ast.Call) and called(decorator) == "kept_for_all_if"
    }
    wanted = {node.id for said in asked.values() for node in ast.walk(said) if isinstance(node, ast.Name)}
    known: dict[str, Any] = {}
    if asked and path.is_relative_to(ROOT / "pages/parts"):
        known |= vars(import_module(".".join(path.relative_to(ROOT).with_suffix("").parts)))
    elif asked:
        needed = ast.parse("from __future__ import annotations").body  # a page may declare what its functions return
        needed += [node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)]
        needed += [
            node for node in tree.body if isinstance(node, ast.FunctionDef) and (node in asked or node.name in wanted)
        ]
        bare = ast.Module([without_decorators(node) for node in needed], [])
        exec(compile(bare, path, "exec"), known)
    for node, said in asked.items():
        yield (
            f"{named(path)} {node.name}",
            unwrap(known[node.name]),
            eval(compile(ast.Expression(said), path, "eval"), known),
        )


def without_decorators(node: ast.stmt) -> ast.stmt:
    """A function as it stands under its decorators; all else as it is."""
    if isinstance(node, ast.FunctionDef):
        node.decorator_list = []
    return node


@cache
def found() -> dict[str, tuple[Callable[..., object], Callable[..., bool]]]:
    """All that is kept so."""
    return {name: (function, ours) for path in files("pages") for name, function, ours in of_file(path)}


def built(of: Any, name: str, values: dict[str, Any]) -> Any:
    """An argument: of a dataclass with all its fields, else one value; None where it begins with _ and none is told."""
    if name not in values and name.startswith("_"):
        return None
    if name in values or not is_dataclass(of):
        return values[name]
    types = get_type_hints(of)
    return of(**{each.name: built(types[each.name], f"{name}.{each.name}", values) for each in fields(of) if each.init})


def says(name: str, values: dict[str, Any]) -> bool:
    """Whether what is kept under that name is everybody's, of arguments of these values."""
    function, ours = found()[name]
    types = get_type_hints(function)
    return ours(*(built(types[each], each, values) for each in signature(function).parameters))


def test_what_is_kept_for_all_where_it_is_ours_stands_in_a_list():
    assert found().keys() == KEPT_IF.keys()
    trees = [ast.parse(path.read_text("utf-8")) for path in (*files("core"), *files("pages"))]
    uses = [
        node
        for tree in trees
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and called(node) == "kept_for_all_if"
    ]
    assert len(uses) == len(KEPT_IF)  # all as decorators of what stands in a module by itself


@pytest.mark.parametrize("name", KEPT_IF)
def test_what_is_kept_for_all_is_nobodys_and_what_somebody_typed_brought_or_forced_is_not(name):
    ours = {argument: values[0] for argument, values in KEPT_IF[name].items()}
    assert says(name, ours)
    theirs = [(argument, value) for argument, values in KEPT_IF[name].items() for value in values[1:]]
    assert theirs
    for argument, value in theirs:
        assert not says(name, ours | {argument: value}), argument
