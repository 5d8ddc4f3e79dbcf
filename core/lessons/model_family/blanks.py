"""BERT's part of lesson 14 on the learner's own sentence: a word is hidden, and asked for from both sides and from the left."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

import torch
from jaxtyping import Float
from torch import Tensor

from core.attention import masks
from core.export import doors
from core.lessons.model_family import layers
from core.lessons.model_family.layers import Run
from core.lessons.shown import Matrices, Shown, call
from core.models import filler, loading, offline
from core.models.filler import NAME, Filler
from core.models.pretrained import RealTrace
from core.trace import matrices, steps

FIRST: Final = "Tom was hungry, so he ate a big red apple."
HIDDEN: Final = 2  # the word that is hidden first, counted from 0
N_LAYERS, N_HEADS = 6, 6
MOST: Final = 64  # tokens of a sentence
BLANK: Final = "▢"
_WORD: Final = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
_BEST: Final = 5  # guesses of each


@dataclass(frozen=True)
class Settings:
    """What a learner chooses: a sentence, the word that is hidden, and whose attention is looked at; all counted from 0."""

    text: str = FIRST
    hidden: int = HIDDEN
    layer: int = 4
    head: int = 1


@dataclass(frozen=True)
class Asked:
    """A sentence with a blank, as the models read it.

    ids    its tokens, the mark between stories first; at: the place of the blank.
    right  the token that was hidden; None where the word is cut into several: a blank stands for one.
    word   what was hidden; pieces: into how many tokens it is cut.
    """

    ids: tuple[int, ...]
    at: int
    right: int | None
    word: str
    pieces: int


@dataclass(frozen=True, eq=False)
class Lesson:
    """What is guessed.

    both, left   what story-bert gives each token at the blank: on the whole sentence, and with what stands on the right of
                 the blank cut off.
    writer       what story-gpt gives it behind what stands on the left.
    candidates   the likeliest of each of them, and what was hidden.
    words        of the tokens that are read; names: of the candidates.
    """

    settings: Settings
    asked: Asked
    run: Run
    trace: RealTrace
    both: Float[Tensor, "pieces"]
    left: Float[Tensor, "pieces"]
    writer: Float[Tensor, "pieces"]
    candidates: tuple[int, ...]
    words: tuple[str, ...]
    names: tuple[str, ...]

    @property
    def asked_by(self) -> tuple[Float[Tensor, "pieces"], ...]:
        """What the three give all tokens."""
        return self.both, self.left, self.writer

    @property
    def to_right(self) -> float:
        """What the blank spends on what stands on its right."""
        return float(self.trace.attention.weights[0, 0, self.asked.at, self.asked.at + 1 :].sum())

    @property
    def best(self) -> str:
        """What story-bert puts into the blank."""
        return self.names[self.candidates.index(int(self.both.argmax()))]


def words_of(text: str) -> list[str]:
    """The words of a sentence that can be hidden."""
    return _WORD.findall(text)


def ask(model: Filler, settings: Settings) -> Asked:
    """A word of the sentence is hidden. Raises ValueError in words for a sentence without words, or one that is too long."""
    found = list(_WORD.finditer(settings.text))
    if not found:
        raise ValueError("there is no word that could be hidden: type a sentence")
    word = found[min(settings.hidden, len(found) - 1)]
    encoding = model.tokenizer.encode(settings.text)
    inside = [place for place, (begin, end) in enumerate(encoding.offsets) if begin < word.end() and word.start() < end]
    before, behind = encoding.ids[: inside[0]], encoding.ids[inside[-1] + 1 :]
    ids = (model.end, *before, model.mask, *behind)
    if len(ids) > MOST:
        raise ValueError(f"the sentence has {len(ids)} tokens, and at most {MOST} are read here: shorten it")
    right = encoding.ids[inside[0]] if len(inside) == 1 else None
    return Asked(ids, 1 + len(before), right, word[0], len(inside))


@torch.inference_mode()
def run(settings: Settings) -> Lesson:
    """Hide the word and ask for it. Raises ValueError as `ask`."""
    model = filler.load()
    asked = ask(model, settings)
    made = layers.run_of(model.model, asked.ids, settings.layer)
    cut = layers.run_of(model.model, asked.ids[: asked.at + 1], settings.layer)
    behind = loading.load(offline.STORY).model
    scores = behind(input_ids=torch.tensor([asked.ids[: asked.at]], device=behind.device)).logits[0, -1].float().cpu()
    both, left = (each[0][asked.at, : model.mask].softmax(-1) for each in (made, cut))
    writer = scores.softmax(-1)
    best = [each for shares in (both, left, writer) for each in shares.topk(_BEST).indices.tolist()]
    best += [] if asked.right is None else [asked.right]
    candidates = tuple(sorted(set(best), key=lambda each: -float(both[each])))
    trace = layers.of_head(made, settings.head, masks.everything(len(asked.ids), len(asked.ids)))
    words = tuple(BLANK if each == model.mask else named(model, each) for each in asked.ids)
    names = tuple(named(model, each) for each in candidates)
    return Lesson(settings, asked, made, trace, both, left, writer, candidates, words, names)


def named(model: Filler, token: int) -> str:
    """A token as it is written, a space before it as a sign."""
    return model.tokenizer.decode([token], skip_special_tokens=False).replace(" ", "␣").replace("\n", "⏎")


def guesses(n_tokens: int, shares: Sequence[Float[Tensor, "pieces"]], candidates: Sequence[int]) -> Matrices:
    """What each gives the candidates, and that all tokens may meet."""
    chosen = torch.tensor(list(candidates))
    names = ("by_both", "by_cut", "by_writer")
    found = {name: each[chosen][:, None].numpy() for name, each in zip(names, shares, strict=True)}
    return found | {"allowed": masks.everything(n_tokens, n_tokens)[0, 0].numpy()}


def shown(
    run: Run,
    others: tuple[Run, Run],
    asked: Asked,
    head: int,
    candidates: Sequence[int],
    words: Sequence[str],
    names: Sequence[str],
) -> Shown:
    """All that the figures show. others: the same model on what stands up to the blank, and the writer before it."""
    size = others[1][0].shape[1]
    trace = layers.of_head(run, head, masks.everything(len(asked.ids), len(asked.ids)))
    both, left = (each[0][asked.at, :size].softmax(-1) for each in (run, others[0]))
    writer = others[1][0][-1].softmax(-1)
    tokens = {"queries": words, "keys": words, "words": names}
    return Shown(matrices(steps(trace)) | guesses(len(asked.ids), (both, left, writer), candidates), tokens)


def made_by(name: str, ids: Sequence[int], at: int, writes: str, layer: int) -> tuple[Run, Run]:
    """What both others gave: the filler up to the blank, and the writer before it, as the library runs them."""
    cut = doors.layer_of_text(name, "ModernBertForMaskedLM", list(ids[: at + 1]), layer)
    return cut, doors.layer_of_text(writes, "LlamaForCausalLM", list(ids[:at]), layer)


def again(result: Lesson) -> partial[Shown]:
    """The call of `shown` by the library alone."""
    asked, layer = result.asked, result.settings.layer
    whole = call(doors.layer_of_text, NAME, "ModernBertForMaskedLM", list(asked.ids), layer)
    others = call(made_by, NAME, list(asked.ids), asked.at, offline.STORY, layer)
    rest = (result.settings.head, result.candidates, result.words, result.names)
    return call(shown, whole, others, asked, *rest)


def beside(result: Lesson) -> Matrices:
    """What figures show beside the trace."""
    return guesses(len(result.asked.ids), result.asked_by, result.candidates)
