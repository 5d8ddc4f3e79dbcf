"""Short stories: cleaned text from a file, split by story; its pieces, and windows of them to learn from."""

import hashlib
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Final

import torch
from jaxtyping import Int
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from torch import Tensor

ORIGIN: Final = (
    "TinyStories (Eldan, Li 2023, https://huggingface.co/datasets/roneneldan/TinyStories, CDLA-Sharing-1.0): a text file of "
    "stories with <|endoftext|> between them; the shipped models learned from 10,628 of them, 8.7 MB"
)
SHA256: Final = "2befc2c88082b85503c606d10db5bcdbe1d4f83839e4e5c0106f32c3a33c6750"
END: Final = "<|endoftext|>"
_TEST: Final = 50  # of a thousand stories, how many are held out


class StoriesError(ValueError):
    """A file cannot be used as stories: one sentence that says why and what to do."""


@dataclass(frozen=True)
class Stories:
    """Stories to learn from, stories held out, and the sha256 of the file."""

    train: tuple[str, ...]
    test: tuple[str, ...]
    sha256: str

    @property
    def as_published(self) -> bool:
        """Whether this is the very file that the shipped models were trained on."""
        return self.sha256 == SHA256


def read(path: Path) -> Stories:
    """Read and split a file of stories. The split looks at each story alone, so it needs no seed and no order.

    Raises   StoriesError if the file is missing, is no UTF-8 text, or too few stories are in it.
    """
    try:
        content = path.read_bytes()
        text = content.decode("utf-8")
    except OSError as error:
        raise StoriesError(f"{path} cannot be read ({error.strerror}): name the file of {ORIGIN}") from None
    except UnicodeDecodeError as error:
        raise StoriesError(f"byte {error.start:,} of {path} is no UTF-8 text: save it as UTF-8") from None
    parts: tuple[list[str], list[str]] = ([], [])
    for story in dict.fromkeys(each.strip() for each in text.split(END)):
        if story:
            parts[_held_out(story)].append(story)
    if not all(parts):
        raise StoriesError(f"{path} holds {len(parts[0]) + len(parts[1])} stories: too few to hold some out; {ORIGIN}")
    return Stories(tuple(parts[0]), tuple(parts[1]), hashlib.sha256(content).hexdigest())


def pieces(stories: tuple[str, ...], vocab_size: int) -> Tokenizer:
    """Learn byte pairs: pieces of words that are frequent, down to single bytes, so that any text can be read."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    tokenizer.train_from_iterator(
        stories,
        trainers.BpeTrainer(
            vocab_size=vocab_size, special_tokens=[END], initial_alphabet=alphabet, show_progress=False
        ),
    )
    return tokenizer


def stream(stories: tuple[str, ...], tokenizer: Tokenizer) -> Int[Tensor, "tokens"]:
    """All stories in one row of ids, the mark of the end before each and after the last."""
    end = tokenizer.token_to_id(END)
    read = (each.ids for each in tokenizer.encode_batch(list(stories)))
    return torch.tensor([*chain.from_iterable([end, *ids] for ids in read), end])


def windows(row: Int[Tensor, "tokens"], length: int, at_once: int, seed: int) -> Int[Tensor, "batch longer"]:
    """Places of the row drawn from a seed: `length` tokens each, and the one after them."""
    rng = torch.Generator().manual_seed(seed)
    starts = torch.randint(len(row) - length, (at_once,), generator=rng)
    return row[starts[:, None] + torch.arange(length + 1)]


def _held_out(story: str) -> bool:
    return int.from_bytes(hashlib.sha256(story.encode()).digest()[:8]) % 1000 < _TEST
