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
# each lesson as it opens, and other links that take it through its other branches
LINKS: dict[str, dict[str, dict[str, str]]] = {
    "bottleneck": {
        "as it opens": {},
        "LSTM": {"bottleneck_network": "LSTM"},
        "by hand": {"bottleneck_network": "by hand"},
    },
    "looking_back": {
        "as it opens": {},
        "warm dot with a beam": {
            "looking_back_score": "scaled dot",
            "looking_back_temperature": "2.0",
            "looking_back_beam": "3",
        },
        "argued": {"looking_back_text": "the white cat", "looking_back_look": "1.0", "looking_back_write": "2.9"},
    },
    "captioning": {
        "as it opens": {},
        "mean": {"captioning_context": "mean context"},
        "forced": {"captioning_look": "0.3", "captioning_cover": "B2", "captioning_temperature": "2.0"},
    },
    "encoder_decoder": {
        "as it opens": {},
        "cut": {
            "encoder_decoder_away": "all cross-attention",
            "encoder_decoder_layer": "0",
            "encoder_decoder_length": "5",
            "encoder_decoder_written": "teacher forcing",
            "encoder_decoder_teacher": "Mon chat est blanc.",
        },
        "forced": {
            "encoder_decoder_write": "2.9",
            "encoder_decoder_text": "the white cat",
            "encoder_decoder_beam": "3",
        },
        "patches": {
            "encoder_decoder_reads": "a scene: raw patches",
            "encoder_decoder_away": "cross-attention of head 1",
        },
    },
    "attention": {
        "as it opens": {},
        "by hand": {"attention_numbers": "by hand", "attention_temperature": "2.0"},
        "other values": {
            "attention_score": "cosine",
            "attention_change": "keys and values shuffled",
            "attention_width": "256",
        },
    },
    "self_attention": {
        "as it opens": {},
        "by hand": {
            "self_attention_numbers": "by hand",
            "self_attention_fused": "true",
            "self_attention_beside": "correlation",
        },
        "moved": {
            "self_attention_order": "1,0,2,3,4,5,6,7,8,9,10,11,12,13",
            "self_attention_zeroed": "2 animal",
            "self_attention_temperature": "2.0",
            "self_attention_measure": "weight × ‖v‖",
        },
    },
    "positions": {
        "as it opens": {},
        "swapped": {"positions_change": "swapped", "positions_pair": "3,6"},
        "by hand": {"positions_numbers": "by hand", "positions_width": "8", "positions_later": "100"},
    },
    "masks": {
        "as it opens": {},
        "by hand": {"masks_numbers": "by hand", "masks_kind": "padding"},
        "too late": {"masks_kind": "band", "masks_window": "1", "masks_way": "after softmax", "masks_cells": "0.3"},
    },
    "multi_head": {
        "as it opens": {},
        "by hand": {"multi_head_numbers": "by hand", "multi_head_mixing": "false", "multi_head_muted": "0"},
        "bare": {"multi_head_split": "reshape alone", "multi_head_merge": "reshape alone"},
    },
    "since_2017": {
        "as it opens": {},
        "of 2017": {
            "since_2017_place": "post-norm",
            "since_2017_norm": "LayerNorm",
            "since_2017_network": "ReLU",
            "since_2017_positions": "sinusoids",
            "since_2017_kv_heads": "4",
            "since_2017_strength": "0.5",
        },
        "experts, and keys written twice": {
            "since_2017_network": "experts",
            "since_2017_experts": "2",
            "since_2017_active": "4",
            "since_2017_twice": "true",
        },
    },
    "cost": {
        "as it opens": {},
        "tiles": {"cost_part": "tile by tile", "cost_mask": "causal", "cost_block": "3", "cost_before": "8"},
        "cheaper": {"cost_part": "cheaper", "cost_kept": "2", "cost_window": "1", "cost_first": "true"},
        "paths": {"cost_part": "paths", "cost_n": "256"},
    },
    "block": {
        "as it opens": {},
        "by hand": {
            "block_numbers": "by hand",
            "block_place": "first (today)",
            "block_own_layer": "2",
            "block_norm": "BatchNorm",
        },
        "a picture without skips": {"block_numbers": "a picture", "block_without": "skip", "block_depth": "3"},
    },
    "model_family": {
        "as it opens": {},
        "a blank": {"model_family_filled": "your sentence", "model_family_word": "3"},
        "written": {"model_family_system": "GPT", "model_family_temperature": "0.5"},
        "a prefix": {"model_family_system": "T5", "model_family_prefix": "sort:"},
        "captions": {"model_family_system": "CLIP", "model_family_captions": "red circle, nothing"},
        "a video": {"model_family_system": "Sora", "model_family_meet": "false", "model_family_t": "4"},
        "the family": {"model_family_system": "the family", "model_family_width": "128"},
    },
    "vision_transformer": {
        "as it opens": {},
        "large patches": {"vision_transformer_size": "16"},
        "mean": {
            "vision_transformer_pooling": "mean of all",
            "vision_transformer_positions": "false",
            "vision_transformer_shuffle": "1",
        },
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
        (KEPT / f"{slug}.json").write_text(
            json.dumps(content, ensure_ascii=False, indent=1, sort_keys=True) + "\n", "utf-8"
        )
