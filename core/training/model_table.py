"""All models of ours in one table: what was asked of each, on what it never saw, and the same of a baseline beside it.

python -m core.training.model_table
"""

import json
from typing import Any, Final, NamedTuple

from core.models import checkpoints, library_folder
from core.training import cards

_CHANCE: Final = "chance"


class Asked(NamedTuple):
    """One line of the table. A figure is named by its model and the way to it: "vit/quality/CIFAR-10".

    beside     in words, what the baseline is.
    baseline   its figure by name, or how often chance is right; None = there is none.
    """

    what: str
    figure: str
    beside: str = "–"
    baseline: str | float | None = None


_BEFORE: Final = "alignment/NAACL 2003/error before the word is known"
_ALL: Final = (
    Asked(
        "BLEU", "translator-attention/quality/BLEU", "translator-fixed-context", "translator-fixed-context/quality/BLEU"
    ),
    Asked(
        "alignment error, NAACL 2003",
        f"translator-attention/{_BEFORE}",
        "the diagonal",
        "translator-attention/alignment/NAACL 2003/error of the diagonal",
    ),
    Asked(
        "BLEU",
        "translator-attention-dot/quality/BLEU",
        "translator-fixed-context",
        "translator-fixed-context/quality/BLEU",
    ),
    Asked("BLEU", "translator-transformer/quality/BLEU", "translator-attention", "translator-attention/quality/BLEU"),
    Asked(
        "BLEU, beam of 5",
        "translator-transformer/quality/BLEU, beam of 5",
        "translator-attention",
        "translator-attention/quality/BLEU, beam of 5",
    ),
    Asked(
        "alignment error, NAACL 2003, best head",
        f"translator-transformer/{_BEFORE}",
        "translator-attention",
        f"translator-attention/{_BEFORE}",
    ),
    Asked(
        "bits per byte",
        "story-gpt/quality/bits per byte",
        "counted triples",
        "story-gpt/quality/bits per byte, triples",
    ),
    Asked("bits per byte", "story-gpt/quality/bits per byte", "gzip", "story-gpt/quality/bits per byte, gzip"),
    Asked(
        "hero named again",
        "story-gpt/quality/heroes named again",
        "the stories themselves",
        "story-gpt/quality/heroes named again in the stories",
    ),
    Asked("hidden words that are right", "story-bert/quality/right", "story-gpt", "story-bert/quality/story-gpt"),
    Asked(
        "hidden words that are right",
        "story-bert/quality/right",
        "the most frequent word",
        "story-bert/quality/right, most frequent word",
    ),
    *(
        Asked(
            "exact captions",
            f"{name}/quality/exact captions",
            "captioner-mean-context",
            "captioner-mean-context/quality/exact captions",
        )
        for name in ("captioner", *checkpoints.SCENE_CAPTIONERS)
    ),
    Asked("right, STL-10", "vit/quality/STL-10, ten classes", "cnn", "cnn/quality/STL-10, ten classes"),
    Asked("right, STL-10", "vit-mean-pool/quality/STL-10, ten classes", "cnn", "cnn/quality/STL-10, ten classes"),
    Asked("right, STL-10", "cnn/quality/STL-10, ten classes", _CHANCE, 1 / 10),
    Asked(
        "hidden letters, first half",
        "mirror-both-sides/quality/hidden letters of the first half",
        "mirror-left-alone",
        "mirror-left-alone/quality/hidden letters of the first half",
    ),
    *(Asked(f"{task}: exact", f"text-to-text/quality/{task}: exact") for task in ("copy", "reverse", "sort")),
    Asked("caption chosen among 32", "scene-clip/quality/a picture chooses its caption among 32", _CHANCE, 1 / 32),
    *(
        Asked(
            "squared error, noise of 0.7",
            f"{name}/quality/noise of 0.7, after",
            "as it came",
            f"{name}/quality/noise of 0.7, before",
        )
        for name in ("video-denoiser", "video-denoiser-by-frame")
    ),
)


def table() -> str:
    """The table as Markdown; every model links its card."""
    rows, above = [], ""
    for asked in _ALL:
        model = asked.figure.split("/")[0]
        first = ["", ""] if model == above else [f"[{model}]({_card(model)})", f"{_megabytes(model):.1f}"]
        baseline = _read(asked.baseline) if isinstance(asked.baseline, str) else asked.baseline
        told = [None if number is None else f"{number:.3g}" for number in (_read(asked.figure), baseline)]
        rows.append([*first, asked.what, *told, asked.beside])
        above = model
    return cards.table(["Model", "MB", "Asked, on what it never saw", "It", "Baseline", "which is"], rows)


def _read(name: str) -> float:
    model, *way = name.split("/")
    found = _figures(model)
    for key in way:
        found = found[key]
    return float(found)


def _figures(model: str) -> Any:
    folder = checkpoints.FOLDER / model
    path = folder / checkpoints.FIGURES if folder.is_dir() else folder.with_suffix(".json")
    return json.loads(path.read_text("utf-8"))


def _megabytes(model: str) -> float:
    folder = checkpoints.FOLDER / model
    weights = folder / library_folder.WEIGHTS if folder.is_dir() else folder.with_suffix(".safetensors")
    return weights.stat().st_size / 1e6


def _card(model: str) -> str:
    beside = f"{model}/README.md" if (checkpoints.FOLDER / model).is_dir() else f"{model}.md"
    return f"assets/checkpoints/{beside}"


if __name__ == "__main__":
    print(table())
