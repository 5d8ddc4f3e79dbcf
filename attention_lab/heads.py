"""All heads of a model on a sentence, in a notebook."""

from typing import Any, get_args

import numpy as np
import traitlets

from attention_lab.widget import OpenHead, check_head, module, named, within
from core import settings
from core.lessons.text_attention import Kind, TextAttention, kinds, text_attention
from core.models import loading
from core.models.loaded import LoadedModel
from core.models.reading import Reading, read, tokenize
from pages.parts import head_captions, head_view
from pages.parts.payload import pack
from pages.parts.viewer import first_look


class Heads(OpenHead):
    """All heads of a model on a text; one of them is open.

    layer, head   of the open one, counted from 0 among the layers that are shown; set them to open another.
    query, key    the places of the tokens that are looked at.
    """

    _esm = module("lab")
    query = traitlets.Int(0)
    key = traitlets.Int(0)

    def __init__(self, loaded: LoadedModel, found: Reading, seen: TextAttention, layer: int, head: int) -> None:
        self._found, self._seen = found, seen
        self._beside: tuple[int, int] | None = None
        self._caption = head_captions.caption(loaded, found, seen, None, in_file=True)
        self._small = seen.small(head_captions.GRID_SIDE).numpy()
        start = head_view.focus(seen, seen.summary(head_view.ONE_HEAD, layer, head).numpy())
        self._look = first_look(start)
        super().__init__(seen, layer, head, query=start["query"], key=start["key"])

    @property
    def weights(self) -> np.ndarray:
        """Of the open head: a row for each query, a column for each key."""
        return self._seen.summary(head_view.ONE_HEAD, self.layer, self.head).numpy()

    @property
    def tokens(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The tokens that ask, and those that are asked."""
        return self._seen.queries.pieces, self._seen.keys.pieces

    def _packed(self, layer: int, head: int) -> bytes:
        found, seen = self._found, self._seen
        first, tensors = head_view.panel(found, seen, head_view.ONE_HEAD, (layer, head), "first_")
        words = head_view.words(
            seen, (layer, head), first, self._look, signature="", caption=self._caption, look=self._look
        )
        if self._beside is not None:
            second, more = head_view.panel(found, seen, head_view.ONE_HEAD, self._beside, "second_")
            words |= {"beside": self._beside, "second": {**second, "kind": "head"}}
            tensors |= more
        tensors["grid"] = self._small
        if max(len(seen.rows), len(seen.columns)) <= head_view.ALL_IN_FULL:
            tensors["every"] = seen.weights.flatten(0, 1).numpy()
        return pack(words, tensors, head_view.WEIGHTS, exact=frozenset(tensors) - head_view.WEIGHTS)

    def hear(self, name: str, value: Any) -> None:
        if name == "opened":
            if (opened := self.named_head(value)) is None:
                return
            if value.get("beside"):
                self._beside = opened
                self.payload = self._packed(self.layer, self.head)
                return
            self.open_head(*opened)
        elif name == "view":
            query = within(value, "query", len(self._seen.queries.pieces))
            key = within(value, "key", len(self._seen.keys.pieces))
            if query is not None and key is not None:
                self.query, self.key = query, key


def heads(
    model: Any,
    tokenizer: Any,
    text: str,
    second: str | None = None,
    *,
    kind: Kind | None = None,
    layer: int = 0,
    head: int = 0,
    hide_special: bool = False,
    merge_pieces: bool = False,
) -> Heads:
    """All heads of a model of the transformers library on a text, with `attend` inside for as long as it reads.

    second       an encoder: the other text of a pair; an encoder-decoder: what its decoder has written so far.
    kind         "encoder", "decoder" or "cross"; None = the first of these that the model has.
    layer, head  which one is open.
    hide_special, merge_pieces   whether tokens such as [CLS] are left out, and pieces of words are put together.
    Raises       ValueError in words for a text, a head or a kind that cannot be, a model that cannot be shown.
    """
    if not isinstance(text, str):
        raise ValueError(f"a text is needed, this is {type(text).__name__}: give one sentence as a string")
    with loading.borrowed(model, tokenizer) as loaded:
        wanted = ("weights", "queries", "keys") if loaded.recorded else ("weights",)
        tokens = tokenize(loaded, text, second)
        if tokens.used < tokens.total:
            most = min(loaded.max_tokens, settings.MAX_TOKENS)
            raise ValueError(
                f"the text has {tokens.total} tokens: at most {most}, special ones included, are shown at once; shorten it"
            )
        found = read(loaded, text, second, tensors=wanted)
        there = kinds(found)
        if kind is not None and kind not in there:
            known = "this model has " + " and ".join(there)
            raise ValueError(
                f"there is no {kind} attention here: "
                + (known if kind in get_args(Kind) else f"choose from {', '.join(get_args(Kind))}; {known}")
            )
        seen = text_attention(found, kind or there[0], hide_special=hide_special, merge_pieces=merge_pieces)
        check_head(loaded.name, seen, layer, head)
        return Heads(named(loaded), found, seen, layer, head)
