"""How attention in a decoder is learned, and how far it carries: toys trained on the spot."""

import math
from typing import Final

import torch

from core.experiments.bottleneck.trained import sentences, trained
from core.experiments.claim import Finding, Number, claim
from core.sequence.trained import TrainedTranslator
from core.training import grammar
from core.training.toy import Settings, ToyTraining

_WATCHED: Final = (0, 50, 100, 150)


@claim(
    said="Somebody must label which words belong together.",
    verdict="wrong",
    instead="The loss of the translation alone trains the weights: everything between them can be differentiated.",
    sources=("bahdanau2015",),
)
def supervised(translator: TrainedTranslator, text: str, seed: int) -> Finding:
    """Nouns and adjectives whose largest weight is right, in a toy that is told translations and nothing else."""
    snapshots = trained("grammar", "additive", seed).snapshots
    found = {updates: snapshots[updates].hits for updates in _WATCHED}
    numbers = tuple(Number(f"after {updates} updates", share, ".2f") for updates, share in found.items())
    return Finding(
        numbers,
        holds=found[0] <= 0.4 and found[150] >= 0.95,
        says=f"Nobody told this toy where to look: its largest weights are right for {found[0]:.0%} of nouns and adjectives at "
        f"the start, and for {found[150]:.0%} after 150 updates; the translators above were shown counted links, too.",
    )


@claim(
    said="How it learns the grammar is a mystery.",
    verdict="wrong",
    instead="The gradient of the loss goes through the softmax into the score's own matrices. No step is hidden.",
    sources=("bahdanau2015",),
)
def mystery(translator: TrainedTranslator, text: str, seed: int) -> Finding:
    """The gradient that one batch of sentences sends into the matrices of the score, before any training."""
    toy = ToyTraining(Settings("grammar", "additive", seed))
    score = (toy.model.w_key.weight, toy.model.w_query.weight, toy.model.v)
    with torch.enable_grad():
        keys, query, v = (each.norm().item() for each in torch.autograd.grad(toy.loss(sentences(2)), score))
    numbers = (
        Number("gradient of U_a", keys, ".2e"),
        Number("gradient of W_a", query, ".2e"),
        Number("gradient of v_a", v, ".2e"),
    )
    return Finding(
        numbers,
        holds=min(keys, query, v) > 0,
        says="The score of a word whose state is h is tanh(q W_a + h U_a) v_a, where q is the state so far beside the word "
        "before; before any update the loss of one batch of a toy's "
        f"sentences already has a gradient for each of its three matrices (sizes {numbers[1].text}, {numbers[0].text} and "
        f"{numbers[2].text}), so every update knows how to change where it looks.",
    )


@claim(
    said="With attention there is no bottleneck, and sentences may be of any length.",
    verdict="imprecise",
    instead="No fixed one. But what was never trained is hard, and with more words each weight gets smaller.",
    sources=("bahdanau2015", "velickovic2024"),
)
def any_length(translator: TrainedTranslator, text: str, seed: int) -> Finding:
    """Sentences of a toy with more adjectives than it ever saw, and how a softmax thins out over more words."""
    looking, fixed = (trained("grammar", look, seed).toy for look in ("additive", "none"))
    within, beyond = sentences(grammar.LONGEST_TRAINED), sentences(grammar.LONGEST)
    right = {
        "3 adjectives, attention": looking.measure(within)[0],
        "5 adjectives, attention": looking.measure(beyond)[0],
        "5 adjectives, one vector": fixed.measure(beyond)[0],
    }
    lead = 5.0
    few, many = (math.exp(lead) / (math.exp(lead) + n - 1) for n in (10, 1000))
    numbers = (
        *(Number(name, share, ".2f") for name, share in right.items()),
        Number("a score 5 above all others, among 10 words", few),
        Number("the same among 1000 words", many),
    )
    trained_for, longer, without = right.values()
    return Finding(
        numbers,
        holds=trained_for >= 0.95 and without < longer < trained_for,
        says=f"Trained with up to 3 adjectives, the toy has {trained_for:.0%} of the words right with 3 of them and "
        f"{longer:.0%} with 5; with one vector {without:.0%}; a lead of 5 is worth {few:.2f} among 10 words and {many:.2f} "
        "among 1000.",
    )


@claim(
    said="Every target word looks at the word that it translates.",
    verdict="imprecise",
    instead="Nouns and adjectives do. A determiner must agree with its noun, and may look there or elsewhere.",
    sources=("bahdanau2015",),
)
def every_word(translator: TrainedTranslator, text: str, seed: int) -> Finding:
    """The share of largest weights on the translated word: nouns and adjectives against determiners, in the toy."""
    toy = trained("grammar", "additive", seed).toy
    tested = sentences(2)
    _, weights = toy.read_with_attention(tested)
    forms = {form for both in grammar.DETERMINERS.values() for form in both}
    hits: dict[bool, list[bool]] = {True: [], False: []}
    at_noun = []
    for sentence, rows in zip(tested, weights, strict=True):
        for place, word in enumerate(sentence.target):
            if word in forms or place in sentence.content:
                top = int(rows[place].argmax())
                hits[word in forms].append(top == sentence.gold[place])
                if word in forms:
                    at_noun.append(top == sentence.gold[place + 1])
    content, determiners, noun = (sum(each) / len(each) for each in (hits[False], hits[True], at_noun))
    numbers = (
        Number("nouns and adjectives", content, ".2f"),
        Number("determiners", determiners, ".2f"),
        Number("determiners that look at their noun", noun, ".2f"),
    )
    fewer = determiners < content - 0.05
    reason = "" if fewer else " (in this toy all do: another seed may differ)"
    return Finding(
        numbers,
        holds=content >= 0.95 and fewer,
        says=f"In a toy that nobody told where to look, {content:.0%} of nouns and adjectives look at the word they translate, "
        f"and {determiners:.0%} of determiners{reason}; {noun:.0%} of determiners look at their noun, whose gender they need; "
        "the translators above were shown links, so theirs may look at the word itself.",
    )
