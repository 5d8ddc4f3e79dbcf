"""How often a hidden word is guessed in stories that were never seen: from both sides, from what comes before, from nothing."""

import random
from collections import Counter
from collections.abc import Iterator
from typing import Any, Final

import torch
from jaxtyping import Int
from tokenizers import Tokenizer
from torch import Tensor
from transformers import LlamaForCausalLM, ModernBertForMaskedLM

from core.training import stories

_OF_EACH: Final = 4  # words of a story that are hidden, one at a time


@torch.inference_mode()
def quality(
    model: ModernBertForMaskedLM, tokenizer: Tokenizer, known: stories.Stories, mask: int, seed: int
) -> dict[str, Any]:
    """The share of hidden words that the model guesses, and that who always says the most frequent word does."""
    right = words = 0
    truth: list[int] = []
    for ids, places in asked(tokenizer, known.test, model.config.max_position_embeddings, seed):
        read = ids.repeat(len(places), 1)
        lines = torch.arange(len(places))
        read[lines, places] = mask
        guessed = model(read.to(model.device)).logits[lines, places, :mask].argmax(-1).cpu()
        right += int((guessed == ids[places]).sum())
        words += len(places)
        truth += ids[places].tolist()
    plain = Counter(_plain(tokenizer, known.train))
    most = plain.most_common(1)[0][0]
    return {
        "hidden words": words,
        "right": round(right / words, 4),
        "most frequent word": tokenizer.decode([most]).strip(),
        "right, most frequent word": round(truth.count(most) / words, 4),
    }


@torch.inference_mode()
def of_a_writer(model: LlamaForCausalLM, tokenizer: Tokenizer, known: stories.Stories, seed: int) -> float:
    """The same share of a model that is asked for the next piece at each of these places: it reads what stands before."""
    right = words = 0
    for ids, places in asked(tokenizer, known.test, model.config.max_position_embeddings, seed):
        guessed = model(ids[None].to(model.device)).logits[0].argmax(-1).cpu()
        right += int((guessed[[place - 1 for place in places]] == ids[places]).sum())
        words += len(places)
    return round(right / words, 4)


def asked(
    tokenizer: Tokenizer, told: tuple[str, ...], context: int, seed: int
) -> Iterator[tuple[Int[Tensor, "tokens"], list[int]]]:
    """Each story as ids, begun by the mark of the end, and the places of words that are one piece, drawn from a seed."""
    for number, story in enumerate(told):
        ids = tokenizer.encode(stories.END + story).ids[:context]
        whole = _whole(tokenizer, ids)
        drawn = random.Random(f"{seed} {number}").sample(whole, min(_OF_EACH, len(whole)))
        if drawn:
            yield torch.tensor(ids), sorted(drawn)


def _whole(tokenizer: Tokenizer, ids: list[int]) -> list[int]:
    """Places of pieces that are a word with a space before it, and behind which no letter follows."""
    texts = [tokenizer.decode([id_], skip_special_tokens=False) for id_ in ids]
    return [
        place
        for place, (text, after) in enumerate(zip(texts, [*texts[1:], "a"], strict=True))
        if text[:1] == " " and text[1:].isalpha() and not after[:1].isalpha()
    ]


def _plain(tokenizer: Tokenizer, told: tuple[str, ...]) -> Iterator[int]:
    """Ids of all words that are one piece."""
    known = {id_: tokenizer.decode([id_]) for id_ in range(tokenizer.get_vocab_size())}
    words = {id_ for id_, text in known.items() if text[:1] == " " and text[1:].isalpha()}
    for each in tokenizer.encode_batch(list(told)):
        yield from (id_ for id_ in each.ids if id_ in words)
