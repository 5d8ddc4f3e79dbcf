"""Lesson 1: an encoder and a decoder with one vector between them."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from core.lessons.looking_back import FIXED, GREEDY, MODELS, Translate, choices, translate
from core.lessons.material import Rows
from core.lessons.shown import Matrices, Shown
from core.models import checkpoints
from core.sequence.cells import READ, Cell, CellTrace, Maps, influence, untrained
from core.sequence.decoding import NO_INTERVENTIONS
from core.sequence.trained import TrainedTranslator, Translation
from core.sequence.vocabulary import Pieces
from core.trace import matrices, steps


@dataclass(frozen=True)
class Lesson:
    """A sentence through one vector, and the same sentence by the model that looks back."""

    text: str
    fixed: Translation
    looking: Translation

    @property
    def context(self) -> Float[Tensor, "1 d_annotation"]:
        """The one vector: it is the same at every step."""
        return self.fixed.trace.contexts[0, :1]

    @property
    def numbers_in(self) -> int:
        """How many numbers the word vectors of the sentence hold."""
        return self.fixed.trace.embedded[0].numel()


def translator() -> TrainedTranslator:
    """The model with one vector. Raises ModelError if its files cannot be read."""
    return checkpoints.load_translator(FIXED)


def run(text: str, translate: Translate = translate) -> Lesson:
    """Translate both ways. Raises ValueError in words, ModelError if the models cannot be read.

    translate   the function of that name, or one that remembers for it.
    """
    return Lesson(
        text,
        translate(FIXED, text, GREEDY, NO_INTERVENTIONS),
        translate(MODELS["additive"], text, GREEDY, NO_INTERVENTIONS),
    )


def beside(result: Lesson) -> Matrices:
    """What figures show beside the trace."""
    return {"context": result.context.numpy(), "choices": choices(translator(), result.fixed)[1].numpy()}


def shown(text: str) -> Shown:
    """All that the figures of the trained translator show."""
    result = run(text)
    tensors = matrices(steps(result.fixed.trace)) | beside(result)
    vocabulary = translator().vocabulary
    tokens = {"queries": vocabulary.shown(result.fixed.target), "keys": vocabulary.shown(result.fixed.source)}
    words, _ = choices(translator(), result.fixed)
    return Shown(tensors, tokens | {"one": ["c"]}, words=words)


@dataclass(frozen=True)
class CellLesson:
    """A cell on a sequence: every gate, its maps, and how far the last state feels each input."""

    function: Callable[[Tensor, Maps], CellTrace]
    trace: CellTrace
    maps: Maps
    felt: Float[Tensor, "tokens"]

    @property
    def beside(self) -> Matrices:
        """What figures show beside the trace: the last state, and how far it feels each input."""
        return {"context": self.trace.states[0, -1:].numpy(), "felt": self.felt[:, None].numpy()}


def read_with(cell: Cell, text: str, d_hidden: int, seed: int, forget_bias: float) -> tuple[CellLesson, Pieces]:
    """An untrained cell on the word vectors of a sentence, and the pieces of the sentence.

    Raises   ValueError in words, ModelError if the model with the word vectors cannot be read.
    """
    model = translator()
    pieces = model.read(text)
    with torch.inference_mode(False), torch.no_grad():
        vectors = model.model.embedding(torch.tensor([pieces.ids], device=model.device)).cpu().clone()
    # the first numbers of each word vector, made as large as torch's own starting weights expect
    inputs = vectors[..., :d_hidden] / vectors[..., :d_hidden].std()
    return _read(cell, inputs, untrained(cell, d_hidden, d_hidden, seed, forget_bias)), pieces


def cell_on_sentence(cell: Cell, text: str, d_hidden: int, seed: int, forget_bias: float) -> Shown:
    """All that the figures of an untrained cell show."""
    read, pieces = read_with(cell, text, d_hidden, seed, forget_bias)
    words = translator().vocabulary.shown(pieces)
    return Shown(matrices(steps(read.trace)) | read.beside, {"queries": words, "keys": words, "one": ["c"]})


def cell_by_hand(words: tuple[str, ...], x: Rows, w_input: Rows, w_state: Rows) -> Shown:
    """All that the figures of a network of a few numbers show."""
    read = by_hand(x, w_input, w_state)
    return Shown(matrices(steps(read.trace)) | read.beside, {"queries": words, "keys": words, "one": ["c"]})


def by_hand(x: Rows, w_input: Rows, w_state: Rows) -> CellLesson:
    """A plain recurrent network on a few numbers."""
    inputs, first, second = (torch.tensor(rows, dtype=torch.float32) for rows in (x, w_input, w_state))
    return _read("RNN", inputs[None], Maps(first, second, torch.zeros(first.shape[1]), torch.zeros(second.shape[1])))


def _read(cell: Cell, inputs: Tensor, maps: Maps) -> CellLesson:
    return CellLesson(READ[cell], READ[cell](inputs, maps), maps, influence(cell, inputs, maps))


def quality_by_length() -> dict[str, list[dict]]:
    """BLEU on held-out sentences by their length, as it was measured after training, of each translator that was."""
    figures = {name: checkpoints.load_translator(name).figures for name in checkpoints.TRANSLATORS}
    return {name: found["quality"]["by length"] for name, found in figures.items() if "quality" in found}
