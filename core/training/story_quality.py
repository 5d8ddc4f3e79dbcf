"""How well a language model knows stories that it never saw, beside what needs no net: counted triples, and gzip."""

import math
import re
import zlib
from collections import Counter
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any, Final, cast

import torch
from tokenizers import Tokenizer
from transformers import LlamaForCausalLM

from core.seeded import seeded
from core.training import stories

_SHARES: Final = (0.7, 0.25, 0.05)  # of triples, pairs and single pieces in the counted guess
_WINDOW: Final = 32_768  # bytes that gzip looks back
_NAMED: Final = re.compile(r"^.{0,200}? named ([A-Z][a-z]+)\b", re.DOTALL)
_HEROES: Final = 48
GOES_ON: Final = 120  # pieces that are written
TEMPERATURE: Final = 0.8


def quality(model: LlamaForCausalLM, tokenizer: Tokenizer, known: stories.Stories, seed: int) -> dict[str, Any]:
    """Bits for a byte of a held-out story, of the model and of its baselines; and whether its hero keeps the name."""
    return {
        "held-out stories": len(known.test),
        "bits per byte": round(bits_per_byte(model, tokenizer, known.test), 4),
        "bits per byte, triples": round(of_triples(tokenizer, known), 4),
        "bits per byte, gzip": round(of_gzip(known), 4),
        "heroes named again": round(heroes(model, tokenizer, known.test, seed), 3),
        "heroes named again in the stories": round(in_the_stories(known.test), 3),
    }


@torch.inference_mode()
def bits_per_byte(model: LlamaForCausalLM, tokenizer: Tokenizer, held_out: tuple[str, ...]) -> float:
    """How many bits a byte costs that is guessed by the model: each piece is read with all that its context holds before it."""
    context = model.config.max_position_embeddings
    end = tokenizer.token_to_id(stories.END)
    bits = 0.0
    for story in held_out:
        ids = torch.tensor([end, *tokenizer.encode(story).ids], device=model.device)
        told = 0  # pieces that have been guessed
        while told < len(ids) - 1:
            # half of the context is what came before, so that no piece is guessed from too little
            begin = max(0, told - context // 2)
            seen = ids[begin : begin + context + 1]
            guessed = model(seen[None, :-1]).logits[0].log_softmax(-1)
            of_next = guessed.gather(1, seen[1:, None])[told - begin :, 0]
            bits -= of_next.double().sum().item() / math.log(2)
            told += len(of_next)
    return bits / sum(len(story.encode()) for story in held_out)


def of_triples(tokenizer: Tokenizer, known: stories.Stories) -> float:
    """The same of a guess that counts which piece followed the last two, the last one, or any, in the stories learned from."""
    row: list[int] = stories.stream(known.train, tokenizer).tolist()
    chance, end = counted(row, tokenizer.get_vocab_size()), row[0]  # a row begins with the mark of the end
    bits = 0.0
    for story in known.test:
        ids = [end, end, *tokenizer.encode(story).ids]
        bits -= sum(math.log2(chance(*three)) for three in zip(ids, ids[1:], ids[2:], strict=False))
    return bits / sum(len(story.encode()) for story in known.test)


def counted(row: Sequence[int], size: int) -> Callable[[int, int, int], float]:
    """How likely a piece is after two others, as counted in a row of pieces out of so many.

    What was never seen before another piece, as the two marks before a story, says nothing: the others share its weight.
    """
    singles, pairs, triples = (Counter(zip(*(row[i:] for i in range(n)), strict=False)) for n in (1, 2, 3))
    # what the row ends with is followed by nothing
    before_one, before_two = Counter(row[:-1]), Counter(pairwise(row[:-1]))

    def chance(a: int, b: int, c: int) -> float:
        guesses = (
            (triples[a, b, c], before_two[a, b]),
            (pairs[b, c], before_one[b]),
            (singles[c,] + 1, len(row) + size),
        )
        heard = [(share, times / of) for share, (times, of) in zip(_SHARES, guesses, strict=True) if of]
        return sum(share * guess for share, guess in heard) / sum(share for share, _ in heard)

    return chance


def of_gzip(known: stories.Stories) -> float:
    """The same of gzip's way to compress, given the end of the stories learned from to look back at."""
    before = "\n".join(known.train).encode()[-_WINDOW:]
    size = 0
    for story in known.test:
        packer = zlib.compressobj(9, wbits=-15, zdict=before)
        size += len(packer.compress(story.encode()) + packer.flush())
    return 8 * size / sum(len(story.encode()) for story in known.test)


def heroes(model: LlamaForCausalLM, tokenizer: Tokenizer, held_out: tuple[str, ...], seed: int) -> float:
    """The share of beginnings "... named X" that the model goes on with a text in which X is named again."""
    end, kept = tokenizer.token_to_id(stories.END), []
    with seeded(seed):
        for beginning, name, _ in _beginnings(held_out):
            ids = torch.tensor([[end, *tokenizer.encode(beginning).ids]], device=model.device)
            written = cast(Any, model).generate(
                ids, do_sample=True, temperature=TEMPERATURE, top_k=0, max_new_tokens=GOES_ON, pad_token_id=end
            )
            kept.append(_names(tokenizer.decode(written[0, ids.shape[1] :].tolist()), name))
    return sum(kept) / len(kept) if kept else math.nan


def in_the_stories(held_out: tuple[str, ...]) -> float:
    """The same share among the stories as people have them, over about as many letters."""
    kept = [_names(rest, name) for _, name, rest in _beginnings(held_out)]
    return sum(kept) / len(kept) if kept else math.nan


def _names(text: str, name: str) -> bool:
    """Whether a name stands there as a word of its own: in "Same" there is no Sam."""
    return re.search(rf"\b{re.escape(name)}\b", text) is not None


def _beginnings(held_out: tuple[str, ...]) -> list[tuple[str, str, str]]:
    """Beginnings up to the name of a hero, the name, and how it goes on for as many letters as pieces are written."""
    found = ((story, _NAMED.match(story)) for story in held_out)
    named = [(match[0], match[1], story[match.end() :][: 4 * GOES_ON]) for story, match in found if match]
    return named[:_HEROES]
