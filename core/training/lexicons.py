"""Learning what French words mean, by counting alone: which English words the statistical aligner links them to."""

import argparse
from collections import Counter
from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import torch

from core.models import checkpoints, lexicon
from core.training import cards, corpus, gold, word_aligner
from core.training.gold import AlignedPair

NAMES: Final = (lexicon.NAME,)
ORIGIN: Final = corpus.ORIGIN
BELIEVED: Final = 0.15  # links that the aligner believes less do not count
SHARE: Final = 0.2  # of a French word's occurrences that an English one must explain to be its meaning
SEEN: Final = 3  # occurrences below which nothing is known
MOST: Final = 2  # meanings of a word
LOWER: Final = 0.1  # of an English word's occurrences without a capital from which it is written so


def run(asked: argparse.Namespace, device: torch.device) -> None:
    """Learn the dictionary, unless only measuring is asked for, and measure it. Raises ValueError in words."""
    path = asked.out / f"{lexicon.NAME}.json"
    if not asked.measure:
        known = corpus.read(asked.data)
        words = checkpoints.load_translator("translator-attention").vocabulary.read
        print("Finding which words translate each other …", flush=True)
        pairs = [(words(pair.source).words, words(pair.target).words) for pair in known.train]
        made = {"pairs": len(pairs), "data sha256": known.sha256}
        path.unlink(missing_ok=True)  # with what was measured of the dictionary before
        cards.keep(path, {"made": made, "meanings": learned(pairs)})
    found = lexicon.read(path)
    if asked.alignments:
        drawn = gold.read(asked.alignments)
        cards.keep(path, {"measured": {name: right(each, found.meanings) for name, each in drawn.items()}})
    path.with_suffix(".md").write_text(card(lexicon.read(path)), "utf-8")
    print(path.with_suffix(".md").read_text("utf-8"))


def learned(pairs: Sequence[tuple[Sequence[str], Sequence[str]]]) -> dict[str, str]:
    """What each word of the targets means, from pairs of sentences as words: at most MOST words of the sources, the
    likeliest first, as "wife / woman". What has no counterpart in SHARE of its occurrences is left out."""
    links: Counter[tuple[str, str]] = Counter()
    seen = Counter(word.casefold() for _, target in pairs for word in target)
    written: dict[str, Counter[str]] = {}
    aligned = word_aligner.align([source for source, _ in pairs], [target for _, target in pairs])
    for (source, target), believed in zip(pairs, aligned, strict=True):
        for there, here in np.argwhere(believed >= BELIEVED):
            links[target[there].casefold(), source[here].casefold()] += believed[there, here]
        for word in source:
            written.setdefault(word.casefold(), Counter())[word] += 1
    found: dict[str, list[str]] = {}
    for (word, meaning), count in links.most_common():
        if (
            not word[0].isalpha()
            or not any(map(str.isalpha, meaning))
            or seen[word] < SEEN
            or count < SHARE * seen[word]
        ):
            continue
        spelled = written[meaning]
        plain = spelled[meaning] >= LOWER * spelled.total()
        if len(found.setdefault(word, [])) < MOST:
            found[word].append(meaning if plain else spelled.most_common(1)[0][0])
    return {word: " / ".join(each) for word, each in sorted(found.items())}


def right(pairs: Sequence[AlignedPair], meanings: dict[str, str]) -> dict[str, int | float]:
    """Of the French words that people surely linked to one English word: how many are known, and of how many of these
    that word is among the meanings."""
    asked = [
        (pair.target[there].casefold(), pair.source[here].casefold())
        for pair in pairs
        for there, here in sorted(pair.gold.sure)
        if sum(other == there for other, _ in pair.gold.possible) == 1 and pair.target[there][0].isalpha()
    ]
    known = [(word, meaning) for word, meaning in asked if word in meanings]
    hits = [meaning in meanings[word].casefold().split(" / ") for word, meaning in known]
    return {
        "words": len(asked),
        "known": round(len(known) / max(len(asked), 1), 3),
        "right": round(sum(hits) / max(len(hits), 1), 3),
    }


def card(found: lexicon.Lexicon) -> str:
    """The card of the dictionary as Markdown."""
    made = found.figures["made"]
    rows: list[list[Any]] = [[name, *each.values()] for name, each in found.figures.get("measured", {}).items()]
    origins = "; ".join(f"{name}: {gold.ORIGINS[name]}" for name in found.figures.get("measured", {}))
    parts = [
        f"# {lexicon.NAME}",
        f"What {len(found.meanings):,} French words mean in English, at most {MOST} words each: the gloss under what the "
        "translators write. No person wrote it.",
        "## Data",
        f"{corpus.ORIGIN}. sha256 {made['data sha256']}. The {made['pairs']:,} pairs that the translators learned from. The "
        "dictionary may be used under the same licence, with attribution to Tatoeba and manythings.org.",
        "## Counting",
        f"`python -m core.training {lexicon.NAME} --data PATH`: a statistical word aligner (IBM model 2 with a prior for the "
        "diagonal, learned in both directions) says which words belong together in each pair; a link counts as far as both "
        f"directions believe it, from {BELIEVED:g} on. An English word is a meaning of a French one that was seen {SEEN} times "
        f"or more if links to it add up to {SHARE:.0%} of these.",
        "## Right on sentences that people aligned" if rows else "",
        cards.table(["set", "words with one sure link", "known", "of these right"], rows) if rows else "",
        origins,
        "## Limits",
        "A word means the same whatever stands around it: a phrase, a word of several meanings and a form that English says "
        "in two words come out wrong. Words of grammar such as de, que, y have no one counterpart and mostly no meaning here.",
    ]
    return "\n\n".join(part for part in parts if part) + "\n"
