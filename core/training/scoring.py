"""How good a translator is: BLEU and chrF on held-out sentences, by length, and its alignment error."""

import re
from collections.abc import Iterator, Sequence
from typing import Any, Final

from sacrebleu.metrics import BLEU, CHRF

from core.analysis import alignment
from core.sequence.trained import TrainedTranslator
from core.sequence.transformer import TrainedTransformer
from core.training.corpus import Pair, references
from core.training.gold import AlignedPair

# sentences of the test split by their words: from, to
LENGTHS: Final = ((1, 4), (5, 6), (7, 8), (9, 11), (12, 15), (16, 40))
LONG: Final = 9
BEAM: Final = 5
_AT_ONCE: Final = 100


def translated(translator: TrainedTranslator | TrainedTransformer, texts: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Each text with its translation; texts of about the same length go side by side."""
    ordered = sorted(texts, key=len)
    for first in range(0, len(ordered), _AT_ONCE):
        part = ordered[first : first + _AT_ONCE]
        yield from zip(part, translator.translate_many(part), strict=True)


def quality(translator: TrainedTranslator | TrainedTransformer, test: Sequence[Pair]) -> dict[str, Any]:
    """BLEU and chrF against the first translation of the file, BLEU against all of them, and BLEU by length."""
    known = references(tuple(test))
    hypotheses = dict(translated(translator, list(known)))
    # punctuation marks are no words
    n_words = {source: len(re.findall(r"\w[\w'-]*", source)) for source in known}

    def bleu(chosen: list[str], most: int | None) -> float | None:
        if not chosen:
            return None
        most_here = max(len(known[source][:most]) for source in chosen)
        columns = [
            [known[source][i] if i < len(known[source][:most]) else None for source in chosen] for i in range(most_here)
        ]
        # sacrebleu takes None for a reference that is missing, which its own annotation leaves out
        score = BLEU().corpus_score([hypotheses[source] for source in chosen], columns)  # ty: ignore[invalid-argument-type]
        return round(score.score, 1)

    everything = list(known)
    lines = [translator.translate(source, beam=BEAM).text for source in everything]
    beam = BLEU().corpus_score(lines, [[known[source][0] for source in everything]]).score
    return {
        "sentences": len(everything),
        "BLEU": bleu(everything, 1),
        f"BLEU, beam of {BEAM}": round(beam, 1),
        "BLEU, all references": bleu(everything, None),
        "chrF": round(
            CHRF().corpus_score([hypotheses[s] for s in everything], [[known[s][0] for s in everything]]).score,
            1,
        ),
        f"BLEU, {LONG} words and more": bleu([s for s in everything if n_words[s] >= LONG], 1),
        "by length": [
            {"from": low, "to": high, "sentences": len(chosen), "BLEU": bleu(chosen, 1)}
            for low, high in LENGTHS
            for chosen in [[s for s in everything if low <= n_words[s] <= high]]
        ],
    }


def alignment_error(
    translator: TrainedTranslator | TrainedTransformer, gold: dict[str, list[AlignedPair]]
) -> dict[str, dict[str, float | int]]:
    """The alignment error rate of teacher forcing, one link per target word, beside the diagonal's."""
    found = {}
    for name, pairs in gold.items():
        drawn = [pair.gold for pair in pairs]
        after, before = (
            [alignment.strongest(translator.align(pair.source, pair.target, knowing=knowing)) for pair in pairs]
            for knowing in (True, False)
        )
        of_diagonal = [alignment.diagonal(len(pair.target), len(pair.source)) for pair in pairs]
        found[name] = {
            "sentences": len(pairs),
            "error": round(alignment.error_rate(after, drawn), 3),
            "error before the word is known": round(alignment.error_rate(before, drawn), 3),
            "error of the diagonal": round(alignment.error_rate(of_diagonal, drawn), 3),
        }
    return found


def errors_of_heads(translator: TrainedTransformer, gold: dict[str, list[AlignedPair]]) -> dict[str, list[list[float]]]:
    """For each set the alignment error rate of every head of cross-attention, layer by layer, before the word is known."""
    found = {}
    for name, pairs in gold.items():
        drawn = [pair.gold for pair in pairs]
        weights = [translator.aligned_by(pair.source, pair.target) for pair in pairs]
        found[name] = [
            [
                round(alignment.error_rate([alignment.strongest(each[layer, head]) for each in weights], drawn), 3)
                for head in range(weights[0].shape[1])
            ]
            for layer in range(weights[0].shape[0])
        ]
    return found
