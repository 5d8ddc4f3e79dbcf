"""A model that writes reads a text, token after token, and keeps what it computed for each: it can go on from any."""

import inspect
import math
import threading
from collections.abc import Callable, Collection, Hashable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from typing import Any, Final
from weakref import WeakKeyDictionary

import torch
from jaxtyping import Float
from torch import Tensor, nn
from transformers import DynamicCache, EncoderDecoderCache, PreTrainedModel

from core import settings
from core.models.among import Among
from core.models.errors import ModelError, told_as
from core.models.halves import READ, unread
from core.models.introspection import returned
from core.models.loaded import LoadedModel
from core.models.picture_source import PictureSource
from core.models.pretrained import LayerRecord, ablate, record
from core.models.source import Source

_TRIED: Final = (3, 1, 2, 1, 3)  # tokens on which a model's cache is tried
WRITES: Final = ("decoder", "encoder-decoder", "captioner")  # kinds of models
_AGREEMENT: Final = 1e-3  # of the largest score: sums in another order differ by less
_can_cache: WeakKeyDictionary[PreTrainedModel, bool] = WeakKeyDictionary()


def check_writes(loaded: LoadedModel) -> None:
    """Raises ModelError for a model that does not go on with a text: one sentence that says what it is."""
    if loaded.kind == "image-text":
        raise ModelError(
            unread(loaded.name, loaded.model.config)
            or f"{loaded.name} reads pictures and texts, and has no half that writes and looks back at patches: choose {READ}"
        )
    if loaded.kind not in WRITES:
        raise ModelError(
            f"{loaded.name} does not go on with a text ({loaded.kind}): choose a causal language model, as a GPT or a Llama is, "
            "an encoder-decoder, or a captioner"
        )
    if loaded.writes.get_output_embeddings() is None:
        raise ModelError(
            f"{loaded.name} holds no layer that turns a vector into scores for the next token (no causal head): choose a "
            "folder that was saved with one"
        )


def limit(loaded: LoadedModel, source: Source | PictureSource | None = None) -> int:
    """How many tokens a text may have, written ones included. source: a picture may need places of its own among them."""
    among = among_of(source)
    return min(loaded.max_tokens - (0 if among is None else among.numbered), settings.MAX_TOKENS)


def among_of(source: Source | PictureSource | None) -> Among | None:
    """Where a picture stands among the tokens of a text; None where nothing does."""
    return source.among if isinstance(source, PictureSource) else None


@dataclass(frozen=True, eq=False)
class Chunk:
    """What was computed in one run, for the tokens from `start` on.

    scores    for the token after each; log_sums: the logarithm of the sum of their exponentials.
    weights   of each layer that attends; keys: all tokens up to the last of this run. The token of a picture has all of it.
    cross     of each layer that looks back at a source, or among whose keys a picture is; none without one.
    states    the vector of each token before each layer, then that from which the scores are made.
    """

    start: int
    scores: Float[Tensor, "tokens vocab_size"]
    log_sums: Float[Tensor, "tokens"]
    weights: tuple[Float[Tensor, "heads tokens keys"], ...]
    cross: tuple[Float[Tensor, "heads tokens source"], ...]
    states: Float[Tensor, "depth tokens d_model"]

    @property
    def end(self) -> int:
        return self.start + len(self.scores)

    def until(self, end: int) -> "Chunk":
        """The same without the tokens from `end` on."""
        keep = end - self.start
        return replace(
            self,
            scores=self.scores[:keep],
            log_sums=self.log_sums[:keep],
            weights=tuple(each[:, :keep] for each in self.weights),
            cross=tuple(each[:, :keep] for each in self.cross),
            states=self.states[:, :keep],
        )


class Writer:
    """A text in a model. One visitor has it read on; the model behind it is shared and never changed.

    silent    heads that deliver nothing: (layer, head), as `ablate` counts them.
    keeps    whether attention and vectors are kept, or the scores after the last token alone.
    source   what an encoder-decoder or a captioner looks back at.
    """

    def __init__(
        self,
        loaded: LoadedModel,
        silent: Collection[tuple[int, int]] = (),
        *,
        keeps: bool = True,
        source: Source | PictureSource | None = None,
    ):
        check_writes(loaded)
        looks_at = {"encoder-decoder": Source, "captioner": PictureSource}.get(loaded.kind, type(None))
        if not isinstance(source, looks_at):
            raise ValueError(
                f"{loaded.name} ({loaded.kind}): an encoder-decoder looks back at a text, a captioner at a picture, and no "
                "other model at anything"
            )
        if silent and not loaded.recorded:
            raise ModelError(f"{loaded.name} has an attention of its own: no head of it can be silenced")
        self.loaded = loaded
        self.silent = tuple(silent)
        self.keeps = keeps
        self.source = source
        self.cached = caches(loaded, source)
        self.ids: list[int] = []
        self.bits: list[float] = []  # how surprising each token was; of the first, which nothing came before, NaN
        self._drawn: dict[int, tuple[Hashable, int]] = {}
        self._chunks: list[Chunk] = []
        self._cache = cache_for(source)
        self._lock = threading.Lock()

    def read(self, ids: Sequence[int]) -> None:
        """Have read just these tokens: what is there of them stays, what is not is read.

        Raises   ValueError for no token or too many; ModelError where the library cannot run them.
        """
        source = self.source
        most, begins = limit(self.loaded, source), () if source is None or among_of(source) is None else source.start
        if not 0 < len(ids) <= most:
            raise ValueError(f"{len(ids)} tokens cannot be read: 1 to {most} can")
        if tuple(ids[: len(begins)]) != begins:
            raise ValueError("this text does not begin as the picture was given to the model")
        with self._lock:
            same = next((i for i, (a, b) in enumerate(zip(self.ids, ids, strict=False)) if a != b), None)
            same = min(len(self.ids), len(ids)) if same is None else same
            self._back_to(same)
            if same < len(ids):
                self._run(list(ids[same:]))

    def has_read(self, ids: Sequence[int]) -> bool:
        """Whether these are the first tokens that it has read."""
        return self.ids[: len(ids)] == list(ids)

    def drawn(self, place: int, how: Hashable, draw: Callable[[], int]) -> int:
        """The token that is drawn behind a place, by `draw` where that was not asked before in this text.

        how   all that the draw hangs on beside the text.
        """
        if self._drawn.get(place, (None, 0))[0] != how:
            self._drawn[place] = (how, draw())
        return self._drawn[place][1]

    def _back_to(self, length: int) -> None:
        gone = len(self.ids) - length
        if not gone:
            return
        if self.cached:
            self._of_text.crop(-gone)
        self._chunks = [
            each.until(length) if each.end > length else each for each in self._chunks if each.start < length
        ]
        self._drawn = {place: kept for place, kept in self._drawn.items() if place < length}
        self.ids, self.bits = self.ids[:length], self.bits[:length]

    def _run(self, new: list[int]) -> None:
        start = len(self.ids)
        if not self.cached:
            self._chunks, start = [], 0
        read = new if self.cached else [*self.ids, *new]
        more: dict[str, Any] = {"past_key_values": self._cache, "use_cache": True} if self.cached else {}
        more |= called(read, self.source, self.loaded.device, start)
        among = among_of(self.source)
        places = among.places(len(read)) if among is not None and not start else slice(None)
        if self.keeps:
            more |= {"output_hidden_states": True} | ({} if self.loaded.recorded else {"output_attentions": True})
        recording = record(tensors=("weights",)) if self.keeps and self.loaded.recorded else nullcontext()
        with (
            told_as(f"{self.loaded.name} cannot read this text: try another text or another model"),
            torch.inference_mode(),
            ablate(self.silent) if self.silent else nullcontext(),
            recording as records,
        ):
            output = self.loaded.writes(**more)
            scores = output.logits[0, places].float()
            if not self.keeps:
                scores = scores[-1:]
            log_sums = scores.logsumexp(-1)
        if self.keeps:
            found: list[LayerRecord] = returned(output) if records is None else records
            weights, cross = (
                tuple(each.weights[0][:, places].float() for each in found if each.kind == kind)
                for kind in ("self", "cross")
            )
            if among is not None:
                both = [among.parted(each) for each in weights]
                weights, cross = tuple(own for own, _ in both), tuple(on for _, on in both)
            vectors = output["hidden_states" if self.source is None else self.source.vectors]
            states = torch.stack([each[0, places].float() for each in vectors])
            self._note_bits(new, scores, log_sums, start)
        else:
            weights, cross, states = (), (), scores.new_empty(0, 1, 0)
            start = len(self.ids) + len(new) - 1
            self._chunks = []
        self.ids += new
        self._chunks.append(Chunk(start, scores, log_sums, weights, cross, states))

    def _note_bits(self, new: list[int], scores: Tensor, log_sums: Tensor, start: int) -> None:
        """How surprising the new tokens are, each by what was expected before it."""
        at, known = len(self.ids), len(new)
        before = [] if at == 0 or start == 0 else [self._chunks[-1]]
        if before:
            last = before[0]
            nats = [float(last.log_sums[-1] - last.scores[-1, new[0]])]
        else:
            nats = [math.nan] if at == 0 else [float(log_sums[at - 1] - scores[at - 1, new[0]])]
        inner = slice(at - start, at - start + known - 1)
        targets = torch.tensor(new[1:], device=scores.device, dtype=torch.long)[:, None]
        nats += (log_sums[inner] - scores[inner].gather(1, targets)[:, 0]).tolist()
        self.bits += [each / math.log(2) for each in nats]
        among = among_of(self.source)
        for place in () if among is None else among.blind:
            self.bits[place] = math.nan

    def _of(self, place: int) -> tuple[Chunk, int]:
        found = next((each for each in self._chunks if each.start <= place < each.end), None)
        if found is None:
            raise ValueError(f"nothing is kept of token {place}: {len(self.ids)} were read, counted from 0")
        return found, place - found.start

    def scores(self, place: int) -> Float[Tensor, "vocab_size"]:
        """For the token after that at a place."""
        chunk, row = self._of(place)
        return chunk.scores[row]

    def weights(self, place: int) -> list[Float[Tensor, "heads keys"]]:
        """What the heads of each layer spent on this token and those before it."""
        chunk, row = self._of(place)
        return [each[:, row, : place + 1] for each in chunk.weights]

    def cross(self, place: int) -> list[Float[Tensor, "heads source"]]:
        """What the heads of each layer that looks back spent on each token of the source."""
        chunk, row = self._of(place)
        return [each[:, row] for each in chunk.cross]

    def states(self, place: int) -> Float[Tensor, "depth d_model"]:
        """The vector of this token before each layer, then that from which the scores are made."""
        chunk, row = self._of(place)
        return chunk.states[:, row]

    @property
    def _of_text(self) -> DynamicCache:
        """The cache of what was written; that of a source never changes."""
        return self._cache if isinstance(self._cache, DynamicCache) else self._cache.self_attention_cache

    @property
    def cache_numbers(self) -> int:
        """How many numbers the keys and values are that are kept for the next token."""
        kept = (getattr(layer, name, None) for layer in self._of_text.layers for name in ("keys", "values"))
        return sum(each.numel() for each in kept if isinstance(each, Tensor))


def cache_for(source: Source | PictureSource | None) -> DynamicCache | EncoderDecoderCache:
    """An empty cache."""
    return (
        DynamicCache()
        if source is None or among_of(source) is not None
        else EncoderDecoderCache(DynamicCache(), DynamicCache())
    )


def called(
    ids: Sequence[int], source: Source | PictureSource | None, device: torch.device, past: int = 0
) -> dict[str, Any]:
    """With what a model is called that goes on from these tokens. past: so many it has read before them."""
    if (among := among_of(source)) is not None:
        return among.called(ids, device, past)
    read = torch.tensor([list(ids)], device=device)
    return {"input_ids": read} if source is None else {source.asks: read, **source.given}


def caches(loaded: LoadedModel, source: Source | PictureSource | None = None) -> bool:
    """Whether a model goes on from kept keys and values, and gives what it gives on the whole text. Tried once for each."""
    model = loaded.writes
    if model not in _can_cache:
        # a picture that stands in a prompt is in its cache what words are: these are enough, and are sooner read
        in_prompt = isinstance(source, PictureSource) and source.prompted
        _can_cache[model] = _tried(model, None if in_prompt else source)
    return _can_cache[model]


@torch.inference_mode()
def _tried(model: PreTrainedModel, source: Source | PictureSource | None) -> bool:
    if "past_key_values" not in inspect.signature(model.forward).parameters:
        return False
    table = model.get_input_embeddings()
    size = table.num_embeddings if isinstance(table, nn.Embedding) else 2
    among, cache = among_of(source), cache_for(source)
    begins = [] if source is None or among is None else list(source.start)
    ids = [*begins, *(each % size for each in _TRIED)]
    first = len(begins) + 2

    def scores(read: Sequence[int], past: int = 0, **more: Any) -> Tensor:
        found = model(**called(read, source, model.device, past), **more).logits[0]
        return found if among is None or past else found[among.places(len(read))]

    try:
        whole = scores(ids)
        parts = [
            scores(each, past, past_key_values=cache, use_cache=True)
            for each, past in ((ids[:first], 0), (ids[first:], first))
        ]
        (cache if isinstance(cache, DynamicCache) else cache.self_attention_cache).crop(-1)
        parts[1] = torch.cat([parts[1][:-1], scores(ids[-1:], len(ids) - 1, past_key_values=cache, use_cache=True)])
    except Exception:  # whatever a family does with a cache that is none of its own, the whole text can be read
        return False
    return bool(torch.allclose(torch.cat(parts), whole, rtol=0, atol=_AGREEMENT * float(whole.abs().max())))
