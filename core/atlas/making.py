"""What the figures of the notes are drawn from: each is a call of what a lesson computes, on a sentence where it takes one."""

from collections.abc import Callable
from functools import partial
from typing import Final

import numpy as np
from jaxtyping import UInt8

from core.experiments.attention.statistics import dot_product_statistics
from core.lessons import (
    attention,
    bottleneck,
    encoder_decoder,
    looking_back,
    masks,
    material,
    multi_head,
    self_attention,
    since_2017,
    vision_transformer,
)
from core.lessons.block import given, normed_beside
from core.lessons.block.stack import stack_of
from core.lessons.cost import bill, paths
from core.lessons.model_family import writing
from core.lessons.shown import Box, Shown
from core.trace import matrices, steps
from core.transformer.norms import LayerNorm
from core.vision.classifier import fitted
from core.vision.samples import sample

Picture = UInt8[np.ndarray, "height width 3"]
LAYER: Final = 3  # of the offline model, and its head: those with which the lessons begin
HEAD: Final = 1
AT_MOST: Final = 24  # tokens: the figures are small
BESIDE: Final = "She poured water from the jug into the cup until it was full"  # stands in the batch with the sentence
BEGUN: Final = "Once upon a time"
PARTS: Final = (
    ("self-attention", "attention"),
    ("LayerNorm", "norm_attention"),
    ("looks back", "cross"),
    ("LayerNorm", "norm_cross"),
    ("network", "feed_forward"),
    ("LayerNorm", "norm_mlp"),
)  # of a block of 2017: what it is called, and the module that it is
PLANS: Final = ("a block that reads", "a block that writes")


# of a sentence, by a head and a layer of the offline model ----------------------------------------------------------------


def one_head(text: str) -> Shown:
    """One head of self-attention, and beside its weights the correlation of the tokens."""
    head = material.head_on_sentence(text, LAYER, HEAD, 0, AT_MOST)
    return self_attention.shown(head, self_attention.Settings(beside="correlation"))


def shuffled(text: str) -> Shown:
    """The same head with two words in each other's places."""
    head = material.head_on_sentence(text, LAYER, HEAD, 0, AT_MOST)
    return self_attention.shown(head, self_attention.Settings(self_attention.swapped(len(head.words))))


def fused(text: str) -> Shown:
    """The same head by one product for queries, keys and values, and by three."""
    head = material.head_on_sentence(text, LAYER, HEAD, 0, AT_MOST)
    one, three = (self_attention.shown(head, self_attention.Settings(fused=each)) for each in (True, False))
    return Shown(one.tensors | {"separate": three.tensors["projected"]}, one.tokens)


def causal(text: str) -> Shown:
    """The same head where no token sees a later one."""
    return masks.shown(material.head_on_sentence(text, LAYER, HEAD, 0, AT_MOST), masks.Settings())


def window(text: str) -> Shown:
    """The same head where each token sees two neighbours on either side."""
    return masks.shown(material.head_on_sentence(text, LAYER, HEAD, 0, AT_MOST), masks.Settings("band"))


def all_heads(text: str) -> Shown:
    """All heads of the layer; two of them once more by themselves."""
    made = multi_head.shown(material.layer_on_sentence(text, LAYER, 0, AT_MOST), multi_head.Settings())
    return Shown(made.tensors | {"two_heads": made.tensors["weights"][:2]}, made.tokens)


def one_block(text: str) -> Shown:
    """The block around that layer, and how far its norm, or BatchNorm, moves when another sentence joins the batch."""
    found = given.on_sentence(text, 0, BESIDE, 0, AT_MOST)
    block, x = found.blocks[LAYER], material.encode(text, 0, AT_MOST).x(LAYER)
    other = material.encode(BESIDE, 0, AT_MOST).x(LAYER)
    trace, norm = block(x), block.norm_attention
    if not isinstance(norm, LayerNorm):
        raise ValueError("this block has another norm")
    by_layer, by_batch = normed_beside(norm, trace.resid_mid, block(other).resid_mid)
    beside = {"under_layer_norm": by_layer.numpy(), "under_batch_norm": by_batch.numpy()}
    return Shown(matrices(steps(trace)) | beside, {"queries": found.words, "keys": found.words})


def all_blocks(text: str) -> Shown:
    """How far each block moves each token, by its attention and by its network."""
    found = given.on_sentence(text, 0, BESIDE, 0, AT_MOST)
    stack = stack_of(found.blocks, found.x)
    added = {"attention_adds": stack.attention_added, "mlp_adds": stack.mlp_added}
    tensors = {name: each.norm(dim=-1).numpy() for name, each in added.items()}
    layers = [f"layer {layer}" for layer in range(found.n_layers)]
    return Shown(tensors, {"queries": found.words, "keys": found.words, "layers": layers})


# of a sentence, by the translators ----------------------------------------------------------------------------------------


def lstm(text: str) -> Shown:
    """An untrained LSTM on the word vectors of a sentence."""
    return bottleneck.cell_on_sentence("LSTM", text, 32, 0, 0.0)


def one_vector(text: str) -> Shown:
    """The translator with one vector between encoder and decoder."""
    return bottleneck.shown(text)


def looking(text: str) -> Shown:
    """The translator that looks back, and its first two steps by themselves."""
    made = looking_back.shown(looking_back.Settings(text))
    tensors, tokens = dict(made.tensors), dict(made.tokens)
    for at, name in enumerate(("first", "second")):
        at = min(at, len(tokens["queries"]) - 1)
        tokens[name] = [tokens["queries"][at]]
        for part in ("energies", "weights", "contexts", "decoder_states"):
            tensors[f"{name}_{part}"] = tensors[part][at : at + 1]
    return Shown(tensors, tokens, words=made.words)


def decoder_asks(text: str) -> Shown:
    """What the decoder of the translator with dot products asks of all that was read, taken out of it."""
    found = attention.translated(text, "scaled dot")
    trace = attention.run(found.operands, attention.Settings()).trace
    return Shown(matrices(steps(trace)), {"queries": found.asking, "keys": found.asked})


def transformer(text: str) -> Shown:
    """The Transformer that translates, and one layer of its decoder."""
    made = encoder_decoder.translate(text, encoder_decoder.How())
    vocabulary = encoder_decoder.transformer().vocabulary
    seen = np.tril(np.ones((len(made.target.ids), len(made.target.ids)), bool))
    tensors = matrices(steps(made.through(encoder_decoder.N_LAYERS - 1, encoder_decoder.N_READING - 1))) | {
        "seen": seen
    }
    written = vocabulary.shown(made.target)
    before = [vocabulary.piece(vocabulary.start), *written[:-1]]
    tokens = {"queries": written, "keys": vocabulary.shown(made.source), "given": before}
    return Shown({name: np.asarray(each) for name, each in tensors.items()}, tokens)


# of no sentence -----------------------------------------------------------------------------------------------------------


def plans() -> Shown:
    """How many numbers each part of a block of that Transformer has learned: of one that reads, and of one that writes."""
    model = encoder_decoder.transformer().model
    sizes = [[_size(block, module) for block in (model.encoder[0], model.decoder[0])] for _, module in PARTS]
    names = [f"{word}, {number + 1}" for number, (word, _) in enumerate(PARTS)]
    return Shown({"sizes": np.array(sizes, np.float32)}, {"parts": names, "queries": names, "keys": PLANS})


def _size(block: object, module: str) -> int:
    """How many numbers a part of a block has learned; 0 where the block has no such part."""
    part = getattr(block, module, None)
    return 0 if part is None else sum(each.numel() for each in part.parameters())


def boxes(sizes: np.ndarray) -> list[Box]:
    """The parts that each plan has, from top to bottom; a sum stands before every norm."""
    found: list[Box] = []
    for plan in range(sizes.shape[1]):
        row = 0
        for place, (word, _) in enumerate(PARTS):
            if not sizes[place, plan]:
                continue
            summed = word == "LayerNorm"
            if summed:
                found.append(
                    Box(plan=plan, row=row, word="+", told="what came in is added", differs=False, skips=row - 1)
                )
                row += 1
            told, alone = f"{sizes[place, plan]:,.0f} numbers", bool(plan and not sizes[place, 0])
            found.append(Box(plan=plan, row=row, word=word, told=told, differs=alone, skips=None))
            row += 1
    return found


def random_products() -> Shown:
    """Dot products of random vectors of 64 numbers, as they are and divided by √64."""
    random = dot_product_statistics(64, attention.N_KEYS, 0)
    spread = np.stack([random.raw.counts, random.scaled.counts])
    variances = np.array([[random.raw.variance, random.scaled.variance]], np.float32)
    tensors = {"spread": spread, "variances": variances}
    return Shown(tensors, {"queries": ["q · k", "÷ √d"], "keys": ["q · k"]}, series=attention.series(random))


def modern() -> Shown:
    """The parts that changed since 2017, on the few numbers of lesson 13."""
    rows = tuple(tuple(map(float, row)) for row in since_2017.NUMBERS)
    return since_2017.shown(since_2017.WORDS, rows, since_2017.Settings())


def costs() -> Shown:
    """The bill of a block by length."""
    return bill.shown(bill.Settings())


def three_ways() -> Shown:
    """Recurrence, convolution and attention side by side."""
    return paths.shown(paths.Settings())


def language_model() -> Shown:
    """A language model that goes on with a story: one of its heads, and the likeliest tokens behind each."""
    made = writing.run(writing.Settings(BEGUN))
    return writing.shown(made.run, made.settings, made.words, made.choices)


def language_model_by_itself() -> partial[Shown]:
    """The call of the same by the library alone."""
    return writing.again(writing.run(writing.Settings(BEGUN)))


def class_token(picture: Picture | None = None) -> Shown:
    """A picture, or a photograph, read by the Vision Transformer that answers from a token of its own."""
    return _seen(picture, vision_transformer.Settings())


def mean_of_all(picture: Picture | None = None) -> Shown:
    """The same read by the one that answers from the mean of all tokens."""
    return _seen(picture, vision_transformer.Settings("mean of all"))


def as_seen(picture: Picture) -> UInt8[np.ndarray, "side side 3"]:
    """The square of a picture that the Vision Transformer is given."""
    settings = vision_transformer.Settings()
    return fitted(picture, vision_transformer.model("vit").side, settings.fit)


def _seen(picture: Picture | None, settings: vision_transformer.Settings) -> Shown:
    return vision_transformer.shown(sample("a cat") if picture is None else picture, settings, LAYER, 0)


OF_A_PICTURE: Final = (class_token, mean_of_all)


_SENTENCE: Final = f"Real numbers of all-MiniLM-L6-v2, layer {LAYER}, of {AT_MOST} tokens at most"
_LESSON: Final = "Computed from sizes, as in lesson 12"
# where the numbers of each come from
ORIGINS: Final[dict[Callable[..., Shown], str]] = {
    **dict.fromkeys((one_head, shuffled, fused, causal, window), f"{_SENTENCE}, head {HEAD}"),
    **dict.fromkeys((all_heads, one_block), _SENTENCE),
    all_blocks: f"Real numbers of all-MiniLM-L6-v2, of {AT_MOST} tokens at most",
    lstm: "An untrained LSTM, its numbers drawn from seed 0, on the word vectors of a translator",
    one_vector: "Real numbers of translator-fixed-context",
    looking: "Real numbers of translator-attention",
    decoder_asks: "Real numbers of translator-attention-dot",
    **dict.fromkeys((transformer, plans), "Real numbers of translator-transformer"),
    random_products: "Random numbers, drawn from seed 0",
    modern: "A few numbers of ours, and untrained weights drawn from seed 0",
    **dict.fromkeys((costs, three_ways), _LESSON),
    language_model: "Real numbers of story-gpt, trained on short stories",
    class_token: "Real numbers of vit, trained on photographs",
    mean_of_all: "Real numbers of vit-mean-pool, trained on photographs",
}
