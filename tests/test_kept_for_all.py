"""What is kept for all visitors stands in a list, with the reason why nothing of one of them is in it."""

import ast
from collections.abc import Iterator
from pathlib import Path

from tests.test_house import files, named

KEPT_FOR_ALL = {
    "pages/parts/progress/identity.py _read": "what cookies are signed with",
    "pages/parts/progress/identity.py _told": "folders that cannot be written",
    "pages/server/sockets.py _OPEN": "sockets that are open, by random numbers",
    "pages/server/sockets.py _WAITED": "when a socket that is open had to wait, by a random number",
    "core/experiments/sentence_lab/importance.py _ours": "numbers on our own sentences",
    "core/listing.py _code": "lines of our own source",
    "pages/parts/glossary.py words_of": "words of our own sentences",
    "core/glossary.py _said": "words of our own sentences, before what was typed is filled in",
    "pages/parts/formula.py _explained": "letters of our own formulas",
    "core/models/image_attention.py _folder": "where a model lies",
    "core/models/spelling.py spelling_of": "how a tokenizer writes",
    "core/models/languages.py known_to": "which languages a tokenizer knows",
    "core/models/checkpoints.py _load": "our own models",
    "core/models/filler.py _load": "our own model that fills blanks",
    "core/training/picture_rows.py learned": "nets trained on lines of pictures drawn from a seed",
    "core/cost/layers.py counted": "sizes of blocks, by one of a few widths",
    "core/experiments/vision_transformer/small_data.py learned": "nets trained on shapes drawn from a seed",
    "core/experiments/bottleneck/memory.py recall": "a number of a net trained from a seed",
    "core/experiments/encoder_decoder/pictures.py exact": "numbers on scenes drawn from a seed",
    "core/experiments/captioning/grounding.py measured": "numbers on scenes drawn from a seed",
    "core/experiments/captioning/grounding.py right_captions": "scenes drawn from a seed",
    "core/experiments/captioning/grounding.py blinded": "numbers on scenes drawn from a seed",
    "core/experiments/captioning/grounding.py place_words": "numbers on scenes drawn from a seed",
    "core/experiments/bottleneck/trained.py trained": "toys trained from a seed",
    "core/lessons/block/stack.py toy_spreads": "numbers of blocks drawn from a seed",
    "core/models/writer.py _can_cache": "whether a model goes on from what it kept",
    "core/models/call_site.py _names": "names of the modules of a model",
    "core/experiments/multi_head/copy_task.py trained_to_copy": "a toy trained from a seed",
    "core/experiments/multi_head/copy_task.py letters_copied": "a number of a toy trained from a seed",
    "core/experiments/vision_transformer/reading.py untrained": "an untrained model from a seed",
    "core/experiments/positions/toys.py learned": "toys trained from a seed",
    "core/experiments/since_2017/depth.py copied": "stacks trained from a seed",
    "core/experiments/since_2017/gates.py product_error": "a number of a net trained from a seed",
    "core/experiments/since_2017/experts.py routed": "a router trained from a seed",
    "core/lessons/since_2017/__init__.py remembered": "pairs drawn from a seed",
    "core/lessons/since_2017/__init__.py cost": "sizes of blocks of our own controls",
    "core/training/mirror.py learned": "a number of a model trained from a seed",
    "core/cost/blocks.py counted": "sizes of blocks of our own controls",
    "core/lessons/since_2017/__init__.py untrained": "networks drawn from a seed, by their sizes",
    "core/cost/counted.py _counted": "operations of blocks, by their sizes alone",
    "core/cost/counted.py weights_bytes": "bytes of weights, by the sizes of blocks alone",
    "core/export/doors.py load": "called in exported programs alone",
    "core/export/doors.py load_translator": "called in exported programs alone",
    "core/export/doors.py load_transformer": "called in exported programs alone",
    "core/export/doors.py load_captioner": "called in exported programs alone",
    "core/export/doors.py load_scene_captioner": "called in exported programs alone",
    "core/export/doors.py load_small": "called in exported programs alone",
    "core/export/doors.py load_classifier": "called in exported programs alone",
    "core/export/reached.py _bound": "names of our own modules",
    "core/export/reached.py _lines": "the source of our own modules",
    "core/settings.py TOLD": "the settings of the program",
    "pages/parts/progress/visit.py _store": "the door to the database",
    "pages/parts/progress/visit.py _cards": "the door to the database",
    "pages/parts/progress/visit.py _trouble": "when the database last failed",
    "pages/lessons/attention.py statistics": "numbers drawn from a seed",
    "pages/parts/gradient_flow.py _curves": "numbers drawn from a seed",
    "pages/server/theme.py of": "the settings of the theme",
    "pages/parts/ours.py _digest": "digests of our own photographs",
    "pages/parts/formula.py _whole": "formulas that our own traces declare",
    "pages/parts/assets.py component": "our own components, by name",
    "pages/parts/fonts.py _letters": "the fonts of this machine",
    "pages/labs/writing_lab.py opening": "our own beginning of a story, as the page opens",
    "pages/course/opening.py _entry": "our own pages, by their icons",
    "pages/parts/own_picture.py _sample": "the photographs to start from",
}
CACHES = {"cache", "lru_cache", "cache_resource", "cache_data", "trained_once", "kept_for_all"}
GROWING = {"OrderedDict", "dict", "defaultdict", "WeakKeyDictionary", "WeakValueDictionary", "list", "set", "deque"}


def called(node: ast.expr) -> str:
    """The last name of what is called or named."""
    node = node.func if isinstance(node, ast.Call) else node
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")


def kept_for_all(path: Path) -> Iterator[str]:
    """What a file keeps for the whole process: caches but those of `kept`, which are one visitor's, and tables that can grow."""
    tree = ast.parse(path.read_text("utf-8"))
    for node in ast.walk(tree):
        for decorator in getattr(node, "decorator_list", ()):
            # a function without arguments keeps one answer, which nobody's input can be in
            asks = isinstance(node, ast.FunctionDef) and (node.args.args or node.args.kwonlyargs)
            if called(decorator) in CACHES and (asks or called(decorator).startswith("cache_")):
                yield f"{named(path)} {node.name}"
    for node in tree.body:
        value = getattr(node, "value", None)
        if isinstance(node, ast.Assign | ast.AnnAssign) and isinstance(value, ast.Call) and called(value) in GROWING:
            if not value.args:
                target = node.target if isinstance(node, ast.AnnAssign) else node.targets[0]
                yield f"{named(path)} {target.id}"
        elif isinstance(node, ast.Assign | ast.AnnAssign) and isinstance(value, ast.Dict | ast.List | ast.Set):
            target = node.target if isinstance(node, ast.AnnAssign) else node.targets[0]
            empty = not (getattr(value, "keys", None) or getattr(value, "elts", None))
            if empty:
                yield f"{named(path)} {target.id}"


def test_nothing_that_a_visitor_brings_is_kept_for_all():
    found = {kept for path in (*files("core"), *files("pages")) for kept in kept_for_all(path)}
    assert found == KEPT_FOR_ALL.keys()
