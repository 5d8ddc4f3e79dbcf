"""What goes through a decoder in which pass: all at once in training, piece by piece when it writes."""

from dataclasses import dataclass
from typing import Final

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from core.sequence.transformer import TrainedTransformer
from core.transformer.encoder_decoder import Memory, Wrote

WAYS: Final = ("training", "without cache", "with cache")


@dataclass(frozen=True, eq=False)
class Passes:
    """The same target through the decoder in three ways: in one pass, as in training, and piece by piece without and with a
    cache. Everything in it was counted on what really went through the first block.

    went       for each of WAYS: which pieces went through in which pass.
    logits     for each of WAYS: the scores of every step.
    """

    went: tuple[Bool[Tensor, "_ pieces"], ...]
    logits: tuple[Float[Tensor, "pieces vocab_size"], ...]

    def upto(self, length: int) -> "Passes":
        """The same for a shorter target: what comes after a piece goes through after it."""
        went = tuple(each[: (1 if len(each) == 1 else length), :length] for each in self.went)
        return Passes(went, tuple(each[:length] for each in self.logits))

    @property
    def n_passes(self) -> tuple[int, ...]:
        """How often the decoder ran, for each of WAYS."""
        return tuple(len(each) for each in self.went)

    @property
    def forwards(self) -> tuple[int, ...]:
        """How many tokens went through it, all passes together."""
        return tuple(int(each.sum()) for each in self.went)

    @property
    def apart(self) -> float:
        """How far any score of one way is from that of another."""
        return max(float((each - self.logits[0]).abs().max()) for each in self.logits)


@torch.inference_mode()
def of_text(model: TrainedTransformer, text: str, count: int) -> Passes:
    """So many pieces in three ways: those that it writes of a text by itself, and beyond their end what it would write on."""
    memory = model.model.read(torch.tensor([model.read(text).ids], device=model.device)).memory
    ids = written_on(model, memory, count)
    return passes(model, memory, torch.tensor([[model.vocabulary.start, *ids[:-1]]], device=model.device))


def written_on(model: TrainedTransformer, memory: Memory, count: int) -> list[int]:
    """So many pieces, greedily, the mark of the end no end."""
    ids, cache, previous = [], None, model.vocabulary.start
    for _ in range(count):
        wrote = model.model.write(torch.tensor([[previous]], device=model.device), memory, cache)
        cache, previous = wrote.cache, int(wrote.logits[0, -1].argmax())
        ids.append(previous)
    return ids


def passes(model: TrainedTransformer, memory: Memory, given: Tensor) -> Passes:
    """What went through the decoder in each of WAYS, and the scores that came out."""
    n_pieces, write = given.shape[1], model.model.write
    went: list[Tensor] = []
    logits: list[Tensor] = []

    def note(wrote: Wrote, before: int) -> Tensor:
        """Which pieces went through the first block in a pass, read from the block itself."""
        row = torch.zeros(n_pieces, dtype=torch.bool)
        row[before : before + wrote.blocks[0].feed_forward.ff_in.shape[1]] = True
        return row

    whole = write(given, memory)
    went.append(note(whole, 0)[None])
    logits.append(whole.logits[0].cpu())
    anew = [write(given[:, : step + 1], memory) for step in range(n_pieces)]
    went.append(torch.stack([note(each, 0) for each in anew]))
    logits.append(torch.stack([each.logits[0, -1] for each in anew]).cpu())
    cache, rows, marks = None, [], []
    for step in range(n_pieces):
        one = write(given[:, step : step + 1], memory, cache)
        cache = one.cache
        marks.append(note(one, step))
        rows.append(one.logits[0, -1])
    went.append(torch.stack(marks))
    logits.append(torch.stack(rows).cpu())
    return Passes(tuple(went), tuple(logits))
