"""The models of the world beside the bill: as marks among the lines of its charts, and in words."""

from dataclasses import replace

from core.cost.growth import loss
from core.cost.models import Known
from core.lessons.cost.bill import Lesson, in_bytes
from core.lessons.shown import Mark
from core.numerals import short


def flop_marks(result: Lesson) -> list[Mark]:
    """The models of the world: the operations of one of their blocks on as many tokens as they read at most."""
    return [mark(model, model.sizes.flops) for model in result.models]


def parameter_marks(result: Lesson) -> list[Mark]:
    """All that each of them learned, at the width of its tokens."""
    return [{"name": each.name, "across": float(each.sizes.d_model), "up": float(each.total)} for each in result.models]


def memory_marks(result: Lesson) -> list[Mark]:
    """Their attention weights of one layer, in the learner's precision."""
    return [mark(model, replace(model.sizes, n_bytes=result.sizes.n_bytes).weights_bytes) for model in result.models]


def cache_marks(result: Lesson) -> list[Mark]:
    """The caches of those that write, in the learner's precision; the others keep none."""
    writing = (model for model in result.models if model.writes)
    return [mark(model, replace(model.sizes, n_bytes=result.sizes.n_bytes).cache_bytes) for model in writing]


def loss_marks(result: Lesson) -> list[Mark]:
    """What the fit says of models as large as those, had they read as much text."""
    return [
        {"name": model.name, "across": float(model.total), "up": loss(model.total, result.settings.texts)}
        for model in result.models
        if model.writes
    ]


def mark(model: Known, up: int) -> Mark:
    """A model at the length that it reads at most."""
    return {"name": model.name, "across": float(model.sizes.n_tokens), "up": float(up)}


def told(model: Known) -> str:
    """A model in one line."""
    sizes = model.sizes
    groups = f" with {sizes.n_kv_heads} of keys and values" if sizes.n_kv_heads < sizes.n_heads else ""
    cache = f"; cache {in_bytes(sizes.cache_bytes)} in single precision" if model.writes else ""
    return (
        f"{model.name}: {short(model.total)} weights; {sizes.n_layers} layers of {sizes.d_model:,} numbers, {sizes.n_heads} "
        f"heads{groups}; reads {sizes.n_tokens:,} tokens; {short(sizes.flops)} operations a block{cache}."
    )
