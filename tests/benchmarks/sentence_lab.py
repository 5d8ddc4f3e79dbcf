"""What the sentence lab costs at 512 tokens: bytes of the grid, and time from text to payload."""

import statistics
import time

import torch
from transformers import AutoModel

from core.models import loading, offline
from core.models.tokens import tokenize
from tests.pages.screen import open_page, sent

ROUNDS = 7
WORDS = 510  # with [CLS] and [SEP] the 512 tokens that the model reads


def text(turn: int) -> str:
    """A text of so many tokens, another one each turn, so that nothing is in a cache."""
    words = ("cat", "dog", "tree", "house", "river", "stone", "bird")
    return " ".join(words[(place * (turn + 1)) % len(words)] for place in range(WORDS))


def measure() -> tuple[float, float, int, int]:
    """Medians in ms of the library's forward and of the whole page, the bytes of the grid and of the whole payload."""
    torch.set_num_threads(1)
    app = open_page("sentence_lab")
    loaded = loading.load(offline.NAME)
    eager = AutoModel.from_pretrained(offline.folder(), attn_implementation="eager").eval()
    library, page = [], []
    for turn in range(ROUNDS + 1):
        ids = torch.tensor([tokenize(loaded, text(turn)).ids])
        began = time.perf_counter()
        with torch.inference_mode():
            eager(ids, output_attentions=True)
        library.append(time.perf_counter() - began)
        began = time.perf_counter()
        app.text_input(key="lab_text").set_value(text(turn)).run()
        page.append(time.perf_counter() - began)
    _, tensors = sent(app, "lab")
    whole = next(
        len(found.proto.bytes)
        for found in app.get("bidi_component")
        if found.proto.component_name == "attention_lab_lab"
    )
    return 1000 * statistics.median(library[1:]), 1000 * statistics.median(page[1:]), tensors["grid"].size, whole
