"""The logit lens on the language model: what each layer would write behind a text, were it the last one."""

from dataclasses import dataclass

from core.analysis.sampling import Sampling
from core.lessons import writing_lab
from core.lessons.writing_lab import Layer
from core.models import loading, offline
from core.models.spelled import Spelled, spelled
from core.models.writer import Writer


@dataclass(frozen=True)
class StoryLens:
    """What is guessed behind a text.

    layers   before the first layer, then behind each; chosen: the probability of what the whole model expects most.
    read     the last token; expects: that likeliest one.
    since    the first layer behind which it is the likeliest and stays so, counted from 0; -1 = before all of them.
    """

    layers: tuple[Layer, ...]
    read: Spelled
    expects: Spelled
    since: int


def story_lens(text: str) -> StoryLens:
    """Let the model of stories read a text. Raises ValueError for one that it cannot read."""
    loaded = loading.load(offline.STORY)
    ids = writing_lab.begin(loaded, text).ids
    writer = Writer(loaded)
    writer.read(ids)
    seen = writing_lab.moment(writer, len(ids), Sampling())
    best = int(seen.ranked.ids[0])
    found = tuple(writing_lab.layers(loaded, seen, best))
    read, expects = spelled(loaded, [ids[-1], best])
    others = [depth for depth, layer in enumerate(found) if layer.guesses[0][0] != expects.name]
    return StoryLens(found, read, expects, max(others, default=-1))
