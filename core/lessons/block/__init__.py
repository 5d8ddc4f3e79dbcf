"""Lesson 9: the block. What attention, skips, norms and the MLP do to tokens, and what becomes of them without."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import torch
from jaxtyping import Float
from torch import Tensor

from core.analysis.stream import cosines, spread, to_itself, to_others
from core.experiments.block import Given as Evidence
from core.lessons.block.given import Given, transformer_of
from core.lessons.block.norms import in_a_batch, layer_norms, two_texts, with_norms
from core.lessons.block.result import EQUAL, SEED, Lesson, Settings, behind_layers, depth_of, layer_of
from core.lessons.block.stack import (
    AS_IT_IS,
    NO_MLPS,
    NO_NORMS,
    NO_SKIPS,
    TOYS,
    VARIANTS,
    Stack,
    coupled,
    stack_of,
    through,
    toy_spreads,
)
from core.lessons.block.traces import PictureTrace, StackTrace, Trace
from core.lessons.shown import Matrices, Shown
from core.numerals import written
from core.trace import matrices, steps
from core.transformer.block import Block, Part
from core.transformer.norms import LayerNorm, LayerNormTrace, RMSNormTrace, batch_norm

__all__ = ["EQUAL", "SEED", "Lesson", "Settings", "behind_layers"]

YOURS: Final = "yours"  # the variant that the learner set
LIKELIEST: Final = 4  # classes that are shown of each variant
INDISTINCT: Final = 0.99  # the cosine of two different texts from which on they look the same


def stacks(given: Given) -> tuple[Stack, Stack]:
    """All blocks on the learner's tokens, and on what stands beside them in the batch."""
    return stack_of(given.blocks, given.x), stack_of(given.blocks, given.other)


def run(given: Given, settings: Settings, kept: tuple[Stack, Stack] | None = None) -> Lesson:
    """Look into one block, and at the whole stack. kept: the `stacks` of it, where somebody has them."""
    stack, other = stacks(given) if kept is None else kept
    layer = layer_of(given, settings)
    block, x, others = given.blocks[layer], stack.hidden[layer][None], other.hidden[layer][None]
    parts = coupled(in_a_batch(block, settings.norm, x, others), x, settings.seed)
    with torch.inference_mode():
        chosen = in_a_batch(block, settings.norm, x, others, settings.without)
        trace = chosen(x, without=settings.without)
        into_norm, other_into_norm = (each if given.place == "pre" else block(each).resid_mid for each in (x, others))
        names, spreads, ends, other_ends = variants(given, settings, stack, other)
        answers, answered, likeliest = answers_of(given, settings, names, ends, other_ends)
        found = (
            stack.attention_added.norm(dim=-1),
            stack.mlp_added.norm(dim=-1),
            to_itself(stack.hidden),
            to_others(stack.hidden),
            cosines(stack.hidden[depth_of(given, settings)]),
            spreads,
            toy_spreads(settings.seed).float(),
            answers,
            parts.norm,
            parts.mlp,
            parts.attention,
            *normed_beside(layer_norms(block)[0], into_norm, other_into_norm),
        )
        made = [each[None] for each in found]
        lens = () if given.classifier is None else (probabilities(given, stack.hidden).T[None],)
        how = given.place, settings.norm
        stacked = PictureTrace(*how, *made, *lens) if lens else StackTrace(*how, *made)
        inside = chosen.norm_attention.trace(x if given.place == "pre" else trace.resid_mid)
        return Lesson(
            given,
            settings,
            Trace(trace, stacked),
            inside,
            stack,
            names,
            answered,
            likeliest,
        )


def at_depth(result: Lesson, depth: int | None) -> Lesson:
    """The same with the tokens compared behind so many blocks; None = all."""
    settings = replace(result.settings, depth=depth)
    alike = cosines(result.stack.hidden[depth_of(result.given, settings)])[None]
    trace = replace(result.trace, stack=replace(result.trace.stack, alike=alike))
    return replace(result, settings=settings, trace=trace)


def variants(
    given: Given, settings: Settings, stack: Stack, other: Stack
) -> tuple[tuple[str, ...], Tensor, Tensor, Tensor]:
    """The names of all variants, how far tokens are from being the same, and the last tokens of both texts.

    Beside those of VARIANTS, the model without the layer that is looked into, and as the learner set it.
    """
    layer = layer_of(given, settings)
    more = {f"−L{layer}": ((*given.blocks[:layer], *given.blocks[layer + 1 :]), ())}
    if settings.norm != "layer" or (settings.without and set(settings.without) not in map(set, VARIANTS.values())):
        more[YOURS] = (tuple(with_norms(block, settings.norm) for block in given.blocks), settings.without)
    spreads, ends, other_ends = [stack.spreads], [stack.ends], [other.ends]
    for blocks, parts in more.values():
        hidden, other_hidden = through_both(given, blocks, parts)
        if len(hidden) < len(stack.hidden):  # where the layer was, tokens stay as they are
            hidden = torch.cat([hidden[: layer + 1], hidden[layer:]])
        spreads.append(spread(hidden)[None])
        ends.append(hidden[-1:])
        other_ends.append(other_hidden[-1:])
    return (*VARIANTS, *more), torch.cat(spreads), torch.cat(ends), torch.cat(other_ends)


def through_both(given: Given, blocks: Sequence[Block], parts: tuple[Part, ...]) -> tuple[Tensor, Tensor]:
    """The learner's tokens and those beside them, through blocks: together where their norms take the whole batch."""
    if all(block.norm != "batch" for block in blocks):
        return through(blocks, given.x, parts), through(blocks, given.other, parts)
    n_tokens, n_others = given.x.shape[1], given.other.shape[1]
    both = through(blocks, torch.cat([given.x, given.other], dim=1), parts, two_texts(n_tokens, n_others))
    return both[:, :n_tokens], both[:, n_tokens:]


Answers = tuple[Float[Tensor, "variants answer"], str, tuple[tuple[str, ...], ...]]


def answers_of(given: Given, settings: Settings, names: tuple[str, ...], ends: Tensor, other_ends: Tensor) -> Answers:
    """What is read from the last tokens of each variant, what there is to see in it, and of a picture the classes."""
    if given.classifier:
        return of_a_picture(given, names, ends)
    vectors, told, none = of_a_text(names, ends, other_ends)
    return vectors, told + (as_set(given, settings, vectors, other_ends[-1]) if names[-1] == YOURS else ""), none


def as_set(given: Given, settings: Settings, vectors: Tensor, others: Float[Tensor, "others d_model"]) -> str:
    """What becomes of the vector of the text, which is the last, in the model as the learner set it, in words."""
    whole, yours = vectors[0], vectors[-1]
    same, between = (torch.cosine_similarity(yours, each, dim=-1).item() for each in (whole, others.mean(0)))
    told = f" As you set it, these are {written(same, '.2f')} and {written(between, '.2f')}."
    if settings.norm != "batch":
        return told
    blocks = [with_norms(block, settings.norm) for block in given.blocks]
    alone = through(blocks, given.x, settings.without)[-1].mean(0)
    return (
        f"{told} BatchNorm counts the other text, too: without it in the batch, the same words get a vector whose cosine "
        f"with this one is {written(torch.cosine_similarity(yours, alone, dim=-1).item(), '.2f')}."
    )


def of_a_picture(given: Given, names: tuple[str, ...], ends: Float[Tensor, "variants tokens d_model"]) -> Answers:
    """The likeliest classes. Raises ValueError where there is nothing that knows any."""
    shares, order = probabilities(given, ends).sort(-1, descending=True)
    classes = given.classifier.classes if given.classifier else []
    likeliest = tuple(tuple(classes[at] for at in row[:LIKELIEST]) for row in order.tolist())
    said = {name: row[0] for name, row in zip(names, likeliest, strict=True)}
    other = "; ".join(f"{name}: {label}" for name, label in said.items() if label != said[AS_IT_IS])
    largest = shares[:, :LIKELIEST]
    return (
        largest,
        f"What is read from the class token: {said[AS_IT_IS]}, as the model is. With parts taken out or changed, "
        f"{other or 'no other answer'}.",
        likeliest,
    )


def of_a_text(
    names: tuple[str, ...],
    ends: Float[Tensor, "variants tokens d_model"],
    other_ends: Float[Tensor, "variants others d_model"],
) -> Answers:
    """The vector of the text, beside that of the other one."""
    vectors, others = (torch.nn.functional.normalize(each.mean(-2), dim=-1) for each in (ends, other_ends))
    likeness, between = (vectors @ vectors[0]).tolist(), (vectors * others).sum(-1).tolist()
    at = {name: place for place, name in enumerate(names)}
    alike = (NO_SKIPS, "without skips"), (NO_NORMS, "without norms")
    lost = " and ".join(words for name, words in alike if between[at[name]] > INDISTINCT)
    return (
        vectors,
        f"The mean of the last tokens, by which texts are compared. Without skips its cosine with what it was is "
        f"{written(likeness[at[NO_SKIPS]], '.2f')}, without MLPs {written(likeness[at[NO_MLPS]], '.2f')}. With that of the "
        f"other text it has {written(between[0], '.2f')} as the model is, without skips "
        f"{written(between[at[NO_SKIPS]], '.2f')}, without norms {written(between[at[NO_NORMS]], '.2f')}"
        + (f": {lost}, both point the same way and can hardly be told apart." if lost else "."),
        (),
    )


def probabilities(given: Given, tokens: Float[Tensor, "*depth tokens d_model"]) -> Float[Tensor, "*depth classes"]:
    """What the head of a picture model reads from its class token."""
    if given.classifier is None:
        raise ValueError("no class is read from a text: look at a picture")
    model = transformer_of(given.classifier)
    return (model.head(model.norm(tokens[..., 0, :])) / given.classifier.temperature).softmax(-1)


def normed_beside(
    norm: LayerNorm, tokens: Float[Tensor, "1 tokens d_model"], others: Float[Tensor, "1 others d_model"]
) -> tuple[Float[Tensor, "tokens d_model"], Float[Tensor, "tokens d_model"]]:
    """How far tokens move under LayerNorm, and under BatchNorm with the same gain and shift, when others join the batch."""
    together = torch.cat([tokens, others], dim=1)
    n_tokens = tokens.shape[1]
    by_layer = norm(together)[:, :n_tokens] - norm(tokens)
    gain, shift = norm.weight, norm.bias if norm.bias is not None else torch.zeros_like(norm.weight)
    by_batch = batch_norm(tokens, gain, shift, norm.epsilon, others).scaled_norm
    by_batch = by_batch - batch_norm(tokens, gain, shift, norm.epsilon).scaled_norm
    return by_layer[0], by_batch[0]


def formulas(given: Given, settings: Settings) -> dict[str, str]:
    """The formulas of a block without the parts that are taken out, in place of what the trace declares."""
    found = {"masked": "<scaled>"}  # nothing is masked here
    gone, last = set(settings.without), "resid_post" if given.place == "pre" else "resid_sum"
    stream = "resid_mid" if given.place == "pre" else "normed_mid"
    if "attention" in gone:
        found["resid_mid"] = "<resid_pre>"
    elif "skip" in gone:
        found["resid_mid"] = "<mixed>"
    if "norm" in gone:
        found["normed_mid"] = "<resid_mid>"
        last = "resid_post"  # the sum is what goes out
    if "MLP" in gone:
        found[last] = f"<{stream}>"
    elif "skip" in gone:
        found[last] = "<ff_out>"
    elif "norm" in gone:
        found[last] = f"<{stream}> + <ff_out>"
    return found


def beside(result: Lesson) -> Matrices:
    """What figures show beside the trace: each token's mean, size and number of open hidden units, at every key.

    Mean and size are those that the norm takes out of the token; under BatchNorm, those that it leaves in it.
    """
    norm = {each.name: each.tensor[0].numpy() for each in steps(result.norm)}
    inside = result.norm
    told = {"opened": (result.network.ff_pre[0] > 0).sum(-1, keepdim=True).float()}
    if isinstance(inside, LayerNormTrace):
        told |= {"means": inside.mean[0], "deviations": inside.deviation[0]}
    elif isinstance(inside, RMSNormTrace):
        told |= {"means": inside.entering[0].mean(-1, keepdim=True), "sizes": inside.size[0]}
    else:
        left = inside.standard[0]
        told |= {"means": left.mean(-1, keepdim=True), "deviations": left.std(-1, correction=0, keepdim=True)}
    n_keys = len(result.given.words)
    return norm | {name: each.expand(-1, n_keys).contiguous().numpy() for name, each in told.items()}


def axes(result: Lesson) -> dict[str, list[str]]:
    """The words of all axes but those of the tokens."""
    layers = [f"layer {layer}" for layer in range(result.n_layers)]
    return {
        "layers": layers,
        "depth": ["before", *(f"behind {depth}" for depth in range(1, result.n_layers + 1))],
        "variants": list(result.names),
        "toys": list(TOYS),
        "classes": list(result.given.classifier.classes) if result.given.classifier else [],
    }


def shown(given: Given, settings: Settings) -> Shown:
    """All that the figures show."""
    result = run(given, settings)
    words = {"queries": given.words, "keys": given.words}
    return Shown(matrices(steps(result.trace)) | beside(result), words | axes(result), result.likeliest)


def evidence(given: Given, settings: Settings) -> Evidence:
    """What the experiments are given."""
    return Evidence(given.x, given.blocks, layer_of(given, settings), given.other)
