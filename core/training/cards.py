"""Model cards: what a model was made of and what was measured of it, as JSON for pages and as a text for people."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch

from core.models import checkpoints
from core.sequence.trained import TrainedTranslator
from core.training import corpus, gold

_ATTENTION = {
    "none": "no attention: one fixed vector, made of the encoder's last state in both directions, is all it is given",
    "additive": "additive (Bahdanau) attention at every step",
    "dot": "scaled dot product attention at every step",
}
_GUIDED = """
The attention was guided: a statistical word aligner (IBM model 2 with a prior for the diagonal, learned in both directions
from the same training sentences by variational expectation maximisation; a link counts what both believe) says which
words belong together, and one term of the loss, with weight {guidance}, holds the weights to it (Chen et al. 2016). A
plain translation loss alone leaves the weights of such a
model on neighbours of the right word, because the encoder's states know their neighbours already. What is attended to
is the encoder's states beside the embeddings; the query sees the embedding of the piece written last beside the state.
Two sentences that are given are aligned by the weights after they have seen the word (Bayes' rule, Shankar and Sarawagi
2019); "before" below are the decoder's own weights, made before the word is known.
"""


def keep(path: Path, figures: dict[str, Any]) -> None:
    """Put figures into a file of figures; those of other names stay."""
    known = json.loads(path.read_text("utf-8")) if path.exists() else {}
    path.write_text(json.dumps(known | figures, indent=1, ensure_ascii=False) + "\n", "utf-8")


def write_all(folder: Path, names: Sequence[str], card: Callable[[Any, dict[str, dict[str, Any]], int], str]) -> None:
    """The cards of all models of a family that are there and measured: each shows the others' figures as baselines.

    card   makes the text from the model, the figures by name with its own first, and the bytes on disk.
    """
    there = {name: checkpoints.place(folder, name) for name in names}
    cpu = torch.device("cpu")
    read = {name: checkpoints.read_from(folder, name, cpu) for name, at in there.items() if at.weights.exists()}
    measured = {name: model.figures for name, model in read.items() if "quality" in model.figures}
    for name in measured:
        rows = {name: measured[name]} | measured
        at = there[name]
        at.card.write_text(card(read[name], rows, at.weights.stat().st_size), "utf-8")


def card(translator: TrainedTranslator, rows: dict[str, dict[str, Any]], size: int) -> str:
    """The model card of a translator as Markdown.

    rows     figures by name, its own first, the project's other translators as baselines.
    size     bytes on disk.
    """
    made, config = translator.figures["made"], translator.model.config
    recipe = made["recipe"]
    origin = corpus.ORIGIN if made["data sha256"] == corpus.SHA256 else "Another file than the published one"
    parameters = sum(parameter.numel() for parameter in translator.model.parameters())
    parts = [
        f"# {translator.name}",
        f"A recurrent translator from English to French, {parameters:,} parameters in half precision, "
        f"{size / 1e6:.1f} MB. A bidirectional GRU reads ({config.d_hidden} numbers a piece), a GRU of {config.d_hidden} "
        f"numbers writes, with {_ATTENTION[config.attention]}. It is a teaching model: it knows short everyday sentences.",
        "## Data",
        f"{origin}. sha256 {made['data sha256']}. {made['pairs']['train']:,} pairs to learn from, "
        f"{made['pairs']['dev']:,} to choose settings, {made['pairs']['test']:,} held out. Split by the words of the English "
        "sentence, so that no English sentence is on both sides. Weights may be used under the same licence, with "
        "attribution to Tatoeba and manythings.org.",
        "## Training",
        f"`python -m core.training {translator.name} --data PATH`: seed {recipe['seed']}, {recipe['epochs']} epochs, "
        f"{made['updates']:,} updates, {made['minutes']} minutes on {made['device']}; {config.vocab_size:,} byte pairs for both "
        f"languages, learned from the training sentences alone; AdamW, learning rate up to {recipe['peak_rate']:g}, label "
        f"smoothing {recipe['smoothing']:g}, dropout {config.dropout:g}; {recipe['joined']:.0%} of the examples are two or "
        f"three pairs in a row, {recipe['casual']:.0%} are written without capitals and full stop.",
        _GUIDED.format(**recipe).strip() if config.attention != "none" and recipe["guidance"] else "",
        "## Quality on the held-out sentences, greedy decoding where no beam is named",
        quality_table(rows),
        "BLEU by the number of English words:",
        by_length_table(rows),
        _alignment(translator.figures),
        "## Limits",
        "Long sentences, rare words and names come out wrong. It has no sense of context beyond its sentence. Its weights "
        "show what it looked at, which is not the same as why it wrote a word.",
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def table(head: list[str], rows: list[list[Any]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join("–" if cell is None else str(cell) for cell in line) + " |" for line in lines)


def quality_table(rows: dict[str, dict[str, Any]]) -> str:
    first = next(iter(rows.values()))["quality"]
    names = [key for key in first if key != "by length"]
    return table(
        ["model", *names], [[name, *(figures["quality"].get(key) for key in names)] for name, figures in rows.items()]
    )


def by_length_table(rows: dict[str, dict[str, Any]]) -> str:
    first = next(iter(rows.values()))["quality"]["by length"]
    head = [f"{bin_['from']} to {bin_['to']} ({bin_['sentences']})" for bin_ in first]
    return table(
        ["model", *head],
        [[name, *(bin_["BLEU"] for bin_ in figures["quality"]["by length"])] for name, figures in rows.items()],
    )


def _alignment(figures: dict[str, Any]) -> str:
    if "alignment" not in figures:
        return ""
    head = ["set", "sentences", "error", "before", "the diagonal"]
    keys = ["sentences", "error", "error before the word is known", "error of the diagonal"]
    lines = [[name, *(found[key] for key in keys)] for name, found in figures["alignment"].items()]
    origins = "; ".join(f"{name}: {origin}" for name, origin in gold.ORIGINS.items() if name in figures["alignment"])
    return "\n\n".join(
        [
            "## Word alignment",
            "Alignment error rate by teacher forcing, one link per French word, to the English word of the largest weight; "
            f"none of these sentences was learned from. {origins}.",
            table(head, lines),
        ]
    )
