"""A long text as one of the offline models reads it, and the queries, keys and values of one head on all of it.

story-gpt reads all of it in one pass: its positions are angles, of which there are as many as one likes. MiniLM has 512
positions: a longer text is read in windows of it, each by itself, and then one head looks from every token at every other one.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import torch
from transformers import BertModel

from core.attention import project_heads
from core.attention.streaming import AllowedAt, causal
from core.lessons.material import layer_of
from core.models import loading, offline, one_pass
from core.models.errors import ModelError
from core.models.one_pass import Head
from core.models.spelled import spelled

WINDOW: Final = 512  # tokens that MiniLM reads at once, its two marks among them
MOST: Final = 64 * WINDOW  # tokens that are read of a text
SHEET: Final = 10_000  # characters that are cut into tokens at once
ROOT: Final = Path(__file__).parents[3]


@dataclass(frozen=True)
class LongText:
    """The tokens of a long text, window after window.

    by     the offline model that reads them; each window by itself.
    read   which share of the characters of the text they are, about.
    """

    by: str
    pieces: tuple[str, ...]
    windows: tuple[tuple[int, ...], ...]
    read: float

    @property
    def allowed(self) -> AllowedAt | None:
        """Which keys a query may see; None = all."""
        return causal if self.by == offline.STORY else None


def own_text() -> str:
    """The README of this project and its code, one file after the other: a long text that is always there."""
    paths = [ROOT / "README.md", *sorted((ROOT / "core").rglob("*.py"))]
    return "\n\n".join(path.read_text("utf-8") for path in paths if path.is_file())


def cut(text: str, by: str = offline.NAME, at_most: int = MOST) -> LongText:
    """A text in windows that a model can read, of so many tokens at most. Raises ValueError where it holds no token."""
    loaded = loading.load(by)
    tokenizer = loaded.text_tokenizer
    whole = by == offline.STORY
    window, begin, end = at_most if whole else WINDOW, tokenizer.cls_token_id, (tokenizer.sep_token_id,)
    if whole:  # its stories began with a mark, and what follows is written
        begin, end = tokenizer.bos_token_id, ()
    room, ids, done = window - 1 - len(end), [], 0
    most = at_most // window * room
    for some in sheets(text):
        if len(ids) >= most:
            break
        ids += tokenizer(some, add_special_tokens=False, truncation=False, verbose=False)["input_ids"]
        done += len(some)
    if not ids:
        raise ValueError("the text holds no token: choose another one")
    used = ids[:most]
    windows = tuple((begin, *used[at : at + room], *end) for at in range(0, len(used), room))
    each = [number for window in windows for number in window]
    pieces = [token.name for token in spelled(loaded, each)] if whole else tokenizer.convert_ids_to_tokens(each)
    return LongText(by, tuple(pieces), windows, done / len(text) * len(used) / len(ids))


def sheets(text: str) -> Iterator[str]:
    """A text in parts that end between words: a tokenizer keeps much more of a text than its tokens while it cuts it."""
    first = 0
    while first < len(text):
        last = min(first + SHEET, len(text))
        between = max(text.rfind(" ", first, last), text.rfind("\n", first, last))
        if last < len(text) and between > first:
            last = between
        yield text[first:last]
        first = last


def read(text: LongText, layer: int, head: int) -> Iterator[tuple[float, Head]]:
    """The queries, keys and values of one head, with what share of them is done; then they are whole."""
    if text.by == offline.STORY:
        (ids,) = text.windows
        return one_pass.read(loading.load(text.by), ids, layer, head)
    return _in_windows(text, layer, head)


def _in_windows(text: LongText, layer: int, head: int) -> Iterator[tuple[float, Head]]:
    loaded, heads = loading.load(text.by), layer_of(layer)
    maps = heads.maps.head(head, heads.n_heads)
    if not isinstance(loaded.model, BertModel):
        raise ModelError(f"{loaded.name} is no BERT: its layers cannot be opened")
    # made beforehand: what is kept between one window and the next would leave holes in memory as large as a window
    made = torch.zeros(3, 1, 1, len(text.pieces), maps.w_query.shape[1]).unbind()
    queries, keys, values = made
    first = 0
    for window in text.windows:
        with torch.inference_mode():
            x = loaded.model.embeddings(input_ids=torch.tensor([window], device=loaded.device))
            for each in loaded.model.encoder.layer[:layer]:  # the others would be for nothing
                x = each(x)
            x = x.float().cpu()
            for whole, part in zip(made, project_heads(x, x, maps, 1), strict=True):
                whole[..., first : first + len(window), :] = part
        first += len(window)
        yield first / queries.shape[2], (queries, keys, values)
