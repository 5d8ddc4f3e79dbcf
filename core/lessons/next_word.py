"""Why a model that writes has a mask: its guesses of each next word with the mask as it is and lifted."""

from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

from core.lessons import writing_lab
from core.models import loading, offline
from core.models.spelled import Spelled, spelled
from core.models.writer import limit
from core.zero_width import words_of


@dataclass(frozen=True)
class Guess:
    """What the language model expects behind a token: the likeliest one, and the probability of the one that follows.

    follows   the token that stands there; None behind the last one, where nothing does.
    """

    token: Spelled
    best: Spelled
    share: float
    follows: Spelled | None
    right: float | None


@dataclass(frozen=True)
class NextWord:
    """The guesses of one model on one sentence.

    masked, lifted   with the mask as it is, and with no mask: behind each token.
    moved            how far the guesses before the last word move when that word is another one, at most: the largest
                     difference of a probability; under the mask, and without it. None where there is but one word.
    word, other      the last word, and what took its place.
    read             of how many tokens the sentence was read, of how many there are.
    """

    masked: tuple[Guess, ...]
    lifted: tuple[Guess, ...]
    moved: tuple[float, float] | None
    word: str
    other: str
    read: tuple[int, int]


def next_word(text: str) -> NextWord:
    """Let the model of stories read a sentence with and without its mask. Raises ValueError for one without tokens."""
    loaded = loading.load(offline.STORY)
    begun = writing_lab.begin(loaded, text)
    ids = torch.tensor([begun.ids[: limit(loaded)]], device=loaded.device)
    masked, lifted = (_shares(loaded, ids, lifted=each) for each in (False, True))
    words = words_of(text)
    last, other = words[-1], "dog" if words[-1] != "dog" else "ball"
    changed = writing_lab.begin(loaded, " ".join([*words[:-1], other])).ids
    same = next((at for at, (a, b) in enumerate(zip(begun.ids, changed, strict=False)) if a != b), 0)
    moved = None
    if len(words) > 1 and same > 1:
        others = torch.tensor([changed], device=loaded.device)
        # the guess behind a token that is the same in both is asked for
        under, without = (
            float((whole[:same] - _shares(loaded, others, lifted=each)[:same]).abs().max())
            for whole, each in ((masked, False), (lifted, True))
        )
        moved = under, without
    return NextWord(
        _guesses(loaded, ids[0], masked),
        _guesses(loaded, ids[0], lifted),
        moved,
        last,
        other,
        (begun.used, begun.total),
    )


@torch.inference_mode()
def _shares(
    loaded: loading.LoadedModel, ids: Int[Tensor, "1 tokens"], *, lifted: bool
) -> Float[Tensor, "tokens vocab_size"]:
    """The probability of each next token behind each token. lifted: every token sees every other one."""
    everything = torch.ones(1, 1, ids.shape[1], ids.shape[1], dtype=torch.bool, device=ids.device)
    more = {"attention_mask": everything} if lifted else {}
    return loaded.model(input_ids=ids, **more).logits[0].float().softmax(-1).cpu()


def _guesses(
    loaded: loading.LoadedModel, ids: Int[Tensor, "tokens"], shares: Float[Tensor, "tokens vocab_size"]
) -> tuple[Guess, ...]:
    names = spelled(loaded, ids.tolist())
    best = spelled(loaded, shares.argmax(-1).tolist())
    return tuple(
        Guess(
            names[place],
            best[place],
            float(shares[place].max()),
            names[place + 1] if place + 1 < len(names) else None,
            float(shares[place, ids[place + 1]]) if place + 1 < len(names) else None,
        )
        for place in range(len(names))
    )
