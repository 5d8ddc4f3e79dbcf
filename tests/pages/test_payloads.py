"""What every lesson sends to the browser, against what it sent when a person last looked at it: words, figures, numbers.

python -m tests.pages.test_payloads     keeps what is sent now; read the difference before it is committed
"""

import json
import re
from math import isclose
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.pages.screen import open_page, sent

KEPT = Path(__file__).parent / "payloads"
# each lesson as it opens, and two other links that take it through its other branches
LINKS: dict[str, dict[str, dict[str, str]]] = {
    "bottleneck": {"as it opens": {}, "LSTM": {"one_network": "LSTM"}, "by hand": {"one_network": "by hand"}},
    "looking_back": {
        "as it opens": {},
        "warm dot with a beam": {"back_score": "scaled dot", "back_temperature": "2.0", "back_beam": "3"},
        "argued": {"back_text": "the white cat", "back_look": "1.0", "back_write": "2.9"},
    },
    "captioning": {
        "as it opens": {},
        "mean": {"pic_context": "mean context"},
        "forced": {"pic_look": "0.3", "pic_cover": "B2", "pic_temperature": "2.0"},
    },
    "attention": {
        "as it opens": {},
        "by hand": {"op_numbers": "by hand", "op_temperature": "2.0"},
        "other values": {"op_score": "cosine", "op_change": "keys and values shuffled", "op_width": "256"},
    },
    "self_attention": {
        "as it opens": {},
        "by hand": {"self_numbers": "by hand", "self_fused": "true", "self_beside": "correlation"},
        "moved": {
            "self_order": "1,0,2,3,4,5,6,7,8,9,10,11,12,13",
            "self_zeroed": "2 animal",
            "self_temperature": "2.0",
        },
    },
    "masks": {
        "as it opens": {},
        "by hand": {"mask_numbers": "by hand", "mask_kind": "padding"},
        "too late": {"mask_kind": "band", "mask_window": "1", "mask_way": "after softmax", "mask_cells": "0.3"},
    },
    "multi_head": {
        "as it opens": {},
        "by hand": {"heads_numbers": "by hand", "heads_mixing": "false", "heads_muted": "0"},
        "bare": {"heads_split": "reshape alone", "heads_merge": "reshape alone"},
    },
    "vision_transformer": {
        "as it opens": {},
        "large patches": {"vit_size": "16"},
        "mean": {"vit_pooling": "mean of all", "vit_positions": "false", "vit_shuffle": "1"},
    },
}
NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:e[+-]?\d+)?")
OF_THE_VISIT = {"go", "look", "signature"}


def summary(array: np.ndarray) -> dict[str, Any]:
    """What a tensor must still be: its shape, and four numbers that another tensor would hardly have."""
    finite = np.nan_to_num(array.astype(np.float64), posinf=0, neginf=0).ravel()
    middle = finite[len(finite) // 2] if len(finite) else 0.0
    spread = [finite.sum(), np.abs(finite).sum(), np.abs(finite).max(initial=0), middle]
    return {"shape": list(array.shape), "numbers": [float(f"{value:.5g}") for value in spread]}


def told(slug: str, link: dict[str, str]) -> dict[str, Any]:
    """What a lesson sends for a link, each tensor summed up in a few numbers."""
    words, tensors = sent(open_page(slug, **link), "step_viewer")
    kept = {name: value for name, value in words.items() if name not in OF_THE_VISIT}
    return kept | {"tensors": {name: summary(tensor) for name, tensor in sorted(tensors.items())}}


def differences(now: Any, before: Any, where: str = "") -> list[str]:
    """Where two payloads differ; numbers, also those in a sentence, may be off by what another processor rounds."""
    if isinstance(now, dict) and isinstance(before, dict):
        names = [*before, *(name for name in now if name not in before)]
        return [each for name in names for each in differences(now.get(name), before.get(name), f"{where}/{name}")]
    if isinstance(now, list) and isinstance(before, list) and len(now) == len(before):
        pairs = enumerate(zip(now, before, strict=True))
        return [each for place, (a, b) in pairs for each in differences(a, b, f"{where}/{place}")]
    if isinstance(now, str) and isinstance(before, str):
        same = NUMBER.sub("#", now) == NUMBER.sub("#", before) and all(
            isclose(float(a), float(b), rel_tol=0.02, abs_tol=0.02)
            for a, b in zip(NUMBER.findall(now), NUMBER.findall(before), strict=True)
        )
    elif isinstance(now, float) and isinstance(before, int | float):
        same = isclose(now, before, rel_tol=0.02, abs_tol=0.02)
    else:
        same = now == before
    return [] if same else [f"{where}: {now!r}, before {before!r}"]


@pytest.mark.parametrize("slug", LINKS)
def test_a_lesson_sends_what_it_sent_when_it_was_last_looked_at(slug):
    kept = json.loads((KEPT / f"{slug}.json").read_text("utf-8"))
    assert [
        each for name, link in LINKS[slug].items() for each in differences(told(slug, link), kept[name], name)
    ] == []


if __name__ == "__main__":
    for slug, links in LINKS.items():
        content = {name: told(slug, link) for name, link in links.items()}
        (KEPT / f"{slug}.json").write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", "utf-8")
