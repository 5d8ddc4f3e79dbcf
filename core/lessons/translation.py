"""The translation lab: own sentences through the three translators of this project, or through one of the library's."""

from dataclasses import dataclass
from typing import Final

from jaxtyping import Float
from torch import Tensor

from core.analysis import alignment
from core.lessons.looking_back import FIXED, MODELS
from core.lessons.shown import Shown
from core.lessons.text_attention import TextAttention, text_attention
from core.models import checkpoints
from core.models.languages import Languages, known_to
from core.models.loaded import LoadedModel
from core.models.reading import Reading, read
from core.models.writing import no_translator, write
from core.sequence.trained import Translation

NAMES: Final = ("additive", "scaled dot", "one vector")
_CHECKPOINTS: Final = {**MODELS, "one vector": FIXED}
MOST_WRITTEN: Final = 80


@dataclass(frozen=True)
class Aligned:
    """One translation with the words that belong together; weights is None without attention."""

    text: str
    source: tuple[str, ...]
    target: tuple[str, ...]
    weights: Float[Tensor, "target_words source_words"] | None
    translation: Translation

    @property
    def with_attention(self) -> Float[Tensor, "target_words source_words"]:
        """The weights where there are some. Raises ValueError without attention, and where nothing was written."""
        if self.weights is None:
            raise ValueError(
                f"{self.text!r} has no weights: choose a translator with attention and a sentence it reads"
            )
        return self.weights

    @property
    def pharaoh(self) -> str:
        """One link per target word, to the word of its largest weight."""
        return "" if self.weights is None else alignment.pharaoh(alignment.strongest(self.weights))

    @property
    def counted(self) -> str:
        """The words that the links count."""
        return alignment.tokens(self.source, self.target)


def translate(name: str, text: str, knowing: bool) -> Aligned:
    """What one of NAMES makes of a sentence. Raises ValueError in words, ModelError if it cannot be opened."""
    translator = checkpoints.load_translator(_CHECKPOINTS[name])
    made = translator.translate(text)
    empty = made.target.ids in ((translator.vocabulary.end,), ())
    weights = translator.words_of(made, knowing=knowing) if translator.has_attention and not empty else None
    end = len(made.target.words) - (made.target.ids[-1] == translator.vocabulary.end)
    return Aligned(made.text, made.source.words[:-1], made.target.words[:end], weights, made)


def shown(names: tuple[str, ...], text: str, knowing: bool) -> Shown:
    """All that the figures show of the translators with attention that wrote something: one has `weights`, the others
    have their names."""
    found = {name: translate(name, text, knowing) for name in names}
    first = found[names[0]]
    tensors = {name if name != names[0] else "weights": each.with_attention.numpy() for name, each in found.items()}
    tokens = {name if name != names[0] else "queries": each.target for name, each in found.items()}
    return Shown(tensors, tokens | {"keys": first.source})


def plainly(name: str, text: str) -> str:
    """The translation of a sentence without its numbers. Raises ValueError in words for one that cannot be read."""
    translator = checkpoints.load_translator(_CHECKPOINTS[name])
    translator.read(text)
    return translator.translate_many([text])[0]


@dataclass(frozen=True)
class HeadsOfModel:
    """What a model of the library wrote, and the weights of all heads of its cross-attention, between words.

    reading     what the model did, and with what it was called.
    agreement   for each head, how often its strongest link is that of this project's own aligner.
    """

    text: str
    reading: Reading
    attention: TextAttention
    agreement: Float[Tensor, "layers heads"]

    @property
    def best(self) -> tuple[int, int]:
        """The layer and the head that agree most often."""
        place = int(self.agreement.argmax())
        return place // self.agreement.shape[1], place % self.agreement.shape[1]


def heads_of(
    loaded: LoadedModel, prefix: str, text: str, written: str | None, languages: Languages | None = None
) -> HeadsOfModel:
    """Let a model of the library translate, or read a translation that is given, and look at its cross-attention.

    prefix    what the model wants before the sentence, as T5 does.
    written   a translation in place of the model's own.
    languages   of a translator that knows several; None = the usual ones.
    Raises    ValueError for a text that cannot be read, ModelError for a model that is no encoder-decoder.
    """
    known = known_to(loaded.text_tokenizer)
    lead = "" if known is None else known.lead(languages or known.usual())
    prefix = f"{lead} {prefix}".strip()
    asked = f"{prefix} {text}".strip()
    target = written or write(loaded, asked, MOST_WRITTEN, languages)
    if not target.strip():
        raise ValueError(f"{loaded.name} wrote nothing for this sentence: give a translation yourself")
    reading = read(loaded, asked, target, languages=languages)
    if reading.target is None:
        raise no_translator(loaded)
    for tokens, what, remedy in (
        (reading.tokens, "the text", "shorten it"),
        (reading.target, "the translation", "give a shorter one yourself"),
    ):
        if tokens.used < tokens.total:
            raise ValueError(
                f"{what} has {tokens.total} tokens, and {loaded.name} reads {tokens.used} of them: {remedy}"
            )
    seen = text_attention(reading, "cross", hide_special=True, merge_pieces=True)
    # the words before the sentence are no part of it
    alone = read(loaded, prefix, target, languages=languages) if prefix else None
    ahead = len(text_attention(alone, "cross", hide_special=True, merge_pieces=True).keys.pieces) if alone else 0
    reference = checkpoints.load_translator(MODELS["additive"]).align(seen.keys.pieces[ahead:], seen.queries.pieces)
    return HeadsOfModel(target, reading, seen, alignment.agreement(seen.weights[..., ahead:], reference))
