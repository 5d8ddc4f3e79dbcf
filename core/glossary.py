"""Words of the field that lessons use without stopping to explain them: what each means, and how it is found in a text.

`tests/test_glossary.py` holds every page to it: a page that says a word offers what it means.
"""

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache


@dataclass(frozen=True)
class Word:
    """A word, what it means, and the regular expression by which a text is searched for it, if not the word itself."""

    word: str
    means: str
    found: str = ""

    @property
    def told(self) -> str:
        """The word and what it means."""
        return f"{self.word}: {self.means}"

    @property
    def pattern(self) -> str:
        """What finds it in a text."""
        return rf"\b(?:{self.found or re.escape(self.word)})\b"

    def stands_in(self, text: str) -> bool:
        """Whether a text says it."""
        return bool(re.search(self.pattern, text, re.IGNORECASE))


WORDS = (
    Word(
        "AUC",
        "How well a map finds an object: the probability that a pixel of it, drawn at random, gets more than one beside it. 0.5 "
        "is chance, 1 is perfect.",
    ),
    Word(
        "Bayes' rule",
        "How probable a cause is once its effect is seen: the probability before, times how well it explains the effect, over "
        "the sum of the same for all causes.",
        "Bayes",
    ),
    Word("bias", "In a formula: learned numbers that are added. Of a model (inductive bias): see there.", "biases"),
    Word(
        "BatchNorm",
        "Each number is shifted to a mean of 0 and scaled to a spread of 1 over all tokens of a batch, then scaled and shifted "
        "as was learned.",
        "BatchNorm|batch normalisation",
    ),
    Word("BLEU", "Runs of one to four words that a translation shares with a human one, from 0 to 100."),
    Word(
        "cache",
        "Keys and values of all tokens so far, kept while a text is written, so that they need not be made again.",
        "caches?",
    ),
    Word(
        "convolution",
        "One small table of weights that slides over a picture: the same at every place.",
        r"convolution\w*",
    ),
    Word(
        "cosine", "How alike two vectors point, whatever their lengths: 1 the same way, 0 at right angles, −1 opposite."
    ),
    Word(
        "dot product",
        "Two rows of numbers, multiplied number by number and added up: large where they agree.",
        "dot products?|dot",
    ),
    Word(
        "embedding",
        "A row of numbers that stands for a word, a place or a patch, looked up or computed.",
        r"embeddings?|embedded",
    ),
    Word(
        "entropy", "How spread out shares are: 0 where one has all, the logarithm of their number where all are alike."
    ),
    Word("FLOP", "One multiplication or one addition of two numbers.", "FLOPs?"),
    Word(
        "GELU",
        "A bend: leaves large numbers as they are and takes those below 0 to nearly 0. ReLU takes them to 0 exactly.",
    ),
    Word("gradient", "How far a number moves for a small change of another one. Training follows it.", "gradients?"),
    Word(
        "inductive bias",
        "What a model takes for granted before it has seen any example, such as that neighbours belong together.",
    ),
    Word(
        "kernel",
        "In regression: a function that says how much a point counts by how near it is. Of a convolution: its small "
        "table of weights.",
        "kernels?",
    ),
    Word(
        "Jacobian",
        "How far every number of an output moves for a small change of every number of the input: a table of slopes.",
    ),
    Word("library", "Code of others that a program uses; here mostly torch and transformers.", "library|libraries"),
    Word(
        "LayerNorm",
        "Each token's numbers are shifted to a mean of 0, scaled to a spread of 1, then scaled and shifted as was "
        "learned.",
        "LayerNorm|LN",
    ),
    Word("logarithmic scale", "Each step on it multiplies by the same number in place of adding it.", "logarithmic"),
    Word("loss", "How wrong a model is on its examples, as one number that training makes smaller.", "loss|losses"),
    Word("mean squared error", "The differences from what is right, squared and averaged.", "mean squared error"),
    Word(
        "MLP",
        "A network of two maps with a bend between them (multi-layer perceptron, feed-forward network): it widens each token, "
        "bends, and narrows again.",
        "MLPs?",
    ),
    Word("operator", "Something that makes tensors of tensors by a fixed rule."),
    Word("pooled", "Made one vector of many, by their mean or by taking one of them.", r"pool(?:ed|ing)"),
    Word("seed", "Where random numbers begin: the same one gives the same numbers again.", "seeds?"),
    Word(
        "softmax",
        "Makes shares of scores: e to the power of each, over the sum of all of these. They are above 0 and add up to 1.",
    ),
    Word(
        "standard deviation",
        "How far numbers lie from their mean: the root of the mean squared distance.",
        "deviations?",
    ),
    Word(
        "token",
        "One of the pieces that a text or a picture is cut into: a word, a part of one, a patch.",
        "tokens?",
    ),
    Word(
        "skip",
        "What comes in is added to what a part makes of it, so that it passes by the part unchanged (skip connection, residual).",
        "skips?|skip connections?",
    ),
    Word(
        "singular value",
        "A matrix makes some directions longer and others shorter: by how much, the largest first. As many as are not 0 are "
        "its rank.",
        "singular values?",
    ),
    Word(
        "rank", "In how many directions a matrix answers at all: how many of its singular values are not 0.", "ranks?"
    ),
    Word(
        "GRU",
        "A cell that reads one word after the other and keeps a state: two gates, numbers between 0 and 1, say how much of the "
        "state before stays (Cho et al. 2014).",
    ),
    Word("variance", "The mean squared distance of numbers from their mean.", "variances?"),
    Word("vector", "A row of numbers.", "vectors?"),
    Word(
        "view, transpose, reshape",
        "A tensor's numbers under other axes: a view reads them where they lie with other lengths, a transpose exchanges two "
        "axes, a reshape gives other lengths and copies where it must.",
        r"transposes?|reshap\w+",
    ),
    Word(
        "filter",
        "Another name for W_K and W_V, for what they let through of each input.",
        "filters?|W_K",
    ),
    Word(
        "teacher forcing",
        "In training a writer is asked for each word after the right ones before it, whatever it would have written itself.",
        "teacher forcing",
    ),
    Word(
        "memory",
        "What is kept to be looked at again: the states of an encoder, or the keys and values; of an LSTM "
        "its own row C; of a computer, where numbers lie.",
        "memory",
    ),
    Word(
        "encoder",
        "The part of a model that reads: it makes a row of numbers of each piece that goes in.",
        "encoders?",
    ),
    Word(
        "decoder",
        "The part of a model that writes, one piece after the other; what it wrote goes in again.",
        "decoders?",
    ),
    Word(
        "tanh",
        "Squeezes each number to between −1 and 1: small ones stay nearly as they are, large ones end near ±1.",
    ),
    Word(
        "RMSNorm",
        "Each token's numbers are divided by the root of their mean square, then scaled as was learned. Unlike LayerNorm it "
        "does not shift them.",
    ),
    Word(
        "SiLU",
        "A bend: each number times a share between 0 and 1 that grows with it (its sigmoid). Large numbers stay, those far "
        "below 0 go to nearly 0.",
    ),
    Word(
        "SwiGLU",
        "A network behind attention with a gate: of a token two rows are made, SiLU of the one is multiplied number by number "
        "with the other, and a third map leads back.",
    ),
    Word(
        "MHA, GQA, MQA",
        "Who has keys and values of its own: every head (multi-head attention), every group of heads (grouped-query), or all "
        "heads the same ones (multi-query). Fewer of them take less cache.",
        "MHA|GQA|MQA",
    ),
    Word(
        "bit",
        "A unit of surprise: what was expected with probability ½ costs 1 bit, with ¼ 2 bits. Bits per byte share it out over "
        "the bytes of a text, so that models with other tokens can be compared. Of a computer: a 0 or a 1.",
        "bits?",
    ),
    Word(
        "nat",
        "A unit of surprise like the bit, counted by e: what was expected with probability 1/e, about 0.37, costs 1 nat. 1 nat "
        "is 1.44 bits.",
        "nats?",
    ),
    Word(
        "layer",
        "One of the stages of a model: each works on what the one before it made. They are counted from 0.",
        "layers?",
    ),
    Word(
        "head",
        "One attention with queries, keys and values of its own; a layer has several, side by side (lesson 8). Of a model that "
        "names something: its last map, from which the answer is read.",
        "heads?",
    ),
    Word("top-k", "Only the k likeliest tokens can be drawn.", "top[- ]k"),
    Word("top-p", "Only the likeliest tokens that together have the share p can be drawn.", "top[- ]p"),
)


def words_in(texts: Iterable[str]) -> list[Word]:
    """The words that some texts say, in the order of the alphabet."""
    whole = "\n".join(texts)
    return sorted((each for each in WORDS if each.stands_in(whole)), key=lambda each: each.word.lower())


_LONGER_FIRST = sorted(WORDS, key=lambda each: -len(each.word))
_ANY = re.compile("|".join(f"({each.pattern})" for each in _LONGER_FIRST), re.IGNORECASE)


@lru_cache(maxsize=2048)  # sentences of ours come again with every rerun of a page
def _said(text: str) -> tuple[tuple[int, int, Word], ...]:
    """Where a text says a word: from, to, which one. A letter with another one below it, as in W_K, is none."""
    every = ((found.span(), _LONGER_FIRST[(found.lastindex or 1) - 1]) for found in _ANY.finditer(text))
    return tuple((*span, word) for span, word in every if "_" not in text[slice(*span)])


def parted(text: str, known: Collection[Word]) -> Iterator[tuple[str, Word | None]]:
    """A text in pieces: each word that it says and that is not known yet, once, and all that stands between."""
    at, met = 0, set(known)
    for begins, ends, word in _said(text):
        if word in met:
            continue
        met.add(word)
        yield text[at:begins], None
        yield text[begins:ends], word
        at = ends
    yield text[at:], None
