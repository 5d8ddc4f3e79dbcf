"""The model card of the Transformer that translates: made of what, measured how, beside the recurrent translators."""

import json
from pathlib import Path
from typing import Any

from core.models import checkpoints, library_folder
from core.sequence.transformer import TrainedTransformer
from core.training import cards, corpus, gold


def card(translator: TrainedTransformer, folder: Path) -> str:
    """The card as Markdown. folder: where the recurrent translators lie, whose figures stand beside its own."""
    made = translator.figures["made"]
    recipe, sizes = made["recipe"], made["config"]
    parameters = sum(parameter.numel() for parameter in translator.model.parameters())
    size = (folder / translator.name / library_folder.WEIGHTS).stat().st_size
    origin = corpus.ORIGIN if made["data sha256"] == corpus.SHA256 else "Another file than the published one"
    rows = {translator.name: translator.figures} | _recurrent(folder)
    done, planned = made.get("updates done", made["updates"]), made["updates"]
    cut = "" if done == planned else f" (stopped after {done:,} of them: an intermediate state)"
    parts = [
        f"# {translator.name}",
        f"An encoder-decoder Transformer from English to French, {parameters:,} parameters in half precision, "
        f"{size / 1e6:.1f} MB, in Marian's format: {sizes['n_encoder']} blocks that read, {sizes['n_decoder']} that write, "
        f"of width {sizes['d_model']} with {sizes['n_heads']} heads, a ReLU network of {sizes['d_ff']}, LayerNorm behind each "
        "sum, sinusoids, one table of vectors for what is read and written (tied). It is a teaching model: it knows short "
        "everyday sentences.",
        "## Data",
        f"{origin}. sha256 {made['data sha256']}. {made['pairs']['train']:,} pairs to learn from, "
        f"{made['pairs']['dev']:,} to choose settings, {made['pairs']['test']:,} held out: the split of the recurrent "
        "translators, by the words of the English sentence. Weights may be used under the same licence, with attribution to "
        "Tatoeba and manythings.org.",
        "## Training",
        f"`python -m core.training {translator.name} --data PATH`: seed {recipe['seed']}, {recipe['epochs']} epochs, "
        f"{planned:,} updates{cut}, {made['minutes']} minutes on {made['device']}; the same {sizes['vocab_size']:,} byte pairs "
        f"and the same examples as the recurrent translators; AdamW, learning rate up to {recipe['peak_rate']:g}, label "
        f"smoothing {recipe['smoothing']:g}, dropout {sizes['dropout']:g}, matrices multiplied in "
        f"{recipe['products']}; kept is the running mean of "
        f"the weights (decay {recipe['averaged']:g}).",
        f"One head was guided: head 0 of cross-attention in the last layer is held to the words that a statistical aligner "
        f"found in the training sentences, with weight {recipe['guidance']:g} (Garg et al. 2019). All other heads are free. "
        "Of the recurrent translators, all of the attention was guided.",
        "## Quality on the held-out sentences, greedy decoding where no beam is named",
        cards.quality_table(rows),
        "BLEU by the number of English words:",
        cards.by_length_table(rows),
        _alignment(rows, translator.name),
        "## Limits",
        "Long sentences, rare words and names come out wrong. It has no sense of context beyond its sentence. Its weights "
        "show what its heads looked at, which is not the same as why it wrote a word.",
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _recurrent(folder: Path) -> dict[str, dict[str, Any]]:
    there = {name: (folder / f"{name}.json") for name in checkpoints.TRANSLATORS}
    read = {name: json.loads(path.read_text("utf-8")) for name, path in there.items() if path.exists()}
    return {name: figures for name, figures in read.items() if "quality" in figures}


def _alignment(rows: dict[str, dict[str, Any]], name: str) -> str:
    """Every head beside the recurrent translators and the diagonal."""
    own = rows[name]
    if "errors of heads" not in own:
        return ""
    parts = [
        "## Word alignment",
        "Alignment error rate by teacher forcing, one link per French word, to the English word of the largest weight; none "
        "of these sentences was learned from. After the word: Bayes' rule with the guided head's weights, and the word's "
        f"probability if the last layer looked at one place alone. "
        f"{'; '.join(f'{each}: {origin}' for each, origin in gold.ORIGINS.items() if each in own['alignment'])}.",
    ]
    for each, layers in own["errors of heads"].items():
        flat = [(error, layer, head) for layer, heads in enumerate(layers) for head, error in enumerate(heads)]
        best, layer, head = min(flat)
        lines = [
            [f"layer {at}, head {of}" + (" (guided)" if (at, of) == (len(layers) - 1, 0) else ""), None, error]
            for error, at, of in sorted(flat, key=lambda one: one[1:])
        ]
        summary = [
            [f"best head (layer {layer}, head {head})", None, best],
            ["mean of all heads", None, round(sum(error for error, _, _ in flat) / len(flat), 3)],
        ]
        others = [
            [other, figures["alignment"][each]["error"], figures["alignment"][each]["error before the word is known"]]
            for other, figures in rows.items()
            if each in figures.get("alignment", {})
        ]
        diagonal = ["the diagonal", None, own["alignment"][each]["error of the diagonal"]]
        parts.append(f"{each}, {own['alignment'][each]['sentences']} sentences:")
        parts.append(
            cards.table(["weights of", "after the word is known", "before"], [*others, *summary, *lines, diagonal])
        )
    return "\n\n".join(parts)
