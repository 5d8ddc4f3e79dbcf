"""An encoder-decoder writes with a cache of keys and values: one line, a beam of lines, or many side by side."""

from collections.abc import Callable, Iterator, Mapping

import torch
from torch import Tensor

from core.sequence import decoding
from core.sequence.decoding import Tree
from core.transformer.encoder_decoder import UNCHANGED, Changes, EncoderDecoder, Memory, Wrote
from core.transformer.self_attention import KeysValues

# what is changed in the model at a step
At = Callable[[int], Changes]


def unchanged(step: int) -> Changes:
    """Nothing, at any step."""
    return UNCHANGED


def walk(
    model: EncoderDecoder,
    memory: Memory,
    start: int,
    end: int,
    n_most: int,
    tokens: Mapping[int, int],
    changes: At = unchanged,
) -> Iterator[tuple[int, Wrote]]:
    """Write greedily, one token a step, each through the decoder once: the token, and what went through.

    tokens   what is written at a step, whatever is likely.
    """
    previous, cache = start, None
    for step in range(n_most):
        given = torch.tensor([[previous]], device=model.bias.device)
        wrote = model.write(given, memory, cache, changes(step))
        cache = wrote.cache
        previous = tokens.get(step, int(wrote.logits[0, -1].argmax()))
        yield previous, wrote
        if previous == end:
            return


def beam(
    model: EncoderDecoder,
    memory: Memory,
    start: int,
    end: int,
    n_most: int,
    width: int,
    tokens: Mapping[int, int],
    changes: At = unchanged,
) -> Tree:
    """Follow the likeliest lines at once, as `decoding.search`. tokens: as in `walk`."""
    cache: tuple[KeysValues, ...] | None = None

    def scores(step: int, ids: list[int], follows: list[int]) -> Tensor:
        nonlocal cache
        lines = None if cache is None else tuple((keys[follows], values[follows]) for keys, values in cache)
        given = torch.tensor(ids, device=model.bias.device)[:, None]
        wrote = model.write(given, memory.rows(len(ids)), lines, changes(step))
        cache = wrote.cache
        return wrote.logits[:, -1]

    return decoding.search(scores, start, end, n_most, width, tokens)


def many(model: EncoderDecoder, memory: Memory, start: int, end: int, n_most: int) -> list[list[int]]:
    """Write of many sources side by side, greedily; what follows the mark of an end is left out, and the mark."""
    cache: tuple[KeysValues, ...] | None = None
    column = torch.full((len(memory.states), 1), start, device=model.bias.device)
    columns: list[Tensor] = []
    ended = torch.zeros(len(memory.states), dtype=torch.bool, device=model.bias.device)
    while len(columns) < n_most and not ended.all():
        wrote = model.write(column, memory, cache)
        cache, column = wrote.cache, wrote.logits[:, -1].argmax(-1, keepdim=True)
        columns.append(column[:, 0])
        ended = ended | (columns[-1] == end)
    lines = torch.stack(columns, dim=1).tolist()
    return [line[: line.index(end)] if end in line else line for line in lines]
