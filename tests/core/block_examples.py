"""Traces of blocks of every kind and of their parts, and what the letters of their formulas stand for."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from core.analysis.stream import drawn_direction
from core.attention import merge_heads, split_heads
from core.experiments.block import untrained
from core.lessons.block import Settings, run
from core.lessons.block.given import Given, on_numbers
from core.lessons.block.norms import in_a_batch
from core.lessons.block.stack import TOYS, VARIANTS, through
from core.seeded import seeded
from core.transformer.block import Block, NormPlace
from core.transformer.experts import Experts
from core.transformer.feed_forward import FeedForward
from core.transformer.norms import batch_norm, layer_norm, rms_norm
from core.transformer.positions import rotate
from core.vision.classifier import TrainedClassifier
from core.vision.vit import VisionTransformer, ViTConfig
from tests.core.formula_examples import Example, Names, of_linear, of_maps, of_operator
from tests.core.shapes import normal


def block(**more: Any) -> Callable[[], Example]:
    """A block of some kind, none of whose numbers is 0."""

    def made() -> Example:
        with torch.random.fork_rng():
            torch.manual_seed(0)
            of = Block(8, 4, d_ff=10, **more).eval()
        for rank, parameter in enumerate(of.parameters()):
            parameter.data = normal(*parameter.shape, seed=rank)
        trace = of(normal(1, 5, 8, seed=1))
        return trace, of_block(of, trace)

    return made


def of_block(made: Block, trace: Any) -> Names:
    """The letters of a block. Each norm is known by what it is given."""
    inside, layer = trace.attention, made.attention
    head_dim, shares = trace.resid_pre.shape[-1] // layer.n_heads, layer.n_heads // layer.n_kv_heads
    names = of_maps(layer.maps) | {"W_O": layer.out_proj.weight.T, "b_O": layer.out_proj.bias}
    names |= of_operator(inside.queries, inside.keys, inside.values)
    first, last = (trace.resid_pre, trace.resid_mid), (trace.resid_mid, trace.resid_sum)
    tokens = first if made.norm_place == "pre" else last
    norms = dict(zip(map(id, tokens), (made.norm_attention, made.norm_mlp), strict=True))
    norm = {name: lambda x: norms[id(x)](x) for name in ("LN", "RMSNorm", "BN")}
    return (
        names
        | norm
        | (of_experts(made.feed_forward) if isinstance(made.feed_forward, Experts) else of_network(made.feed_forward))
        | {
            "Z": trace.resid_pre,
            "X": trace.normed,
            "B": None if layer.buckets is None else layer.buckets(5, 5),
            "split": lambda rows: split_heads(rows, rows.shape[-1] // head_dim),
            "merge": merge_heads,
            "turn": lambda rows: rotate(rows, torch.arange(rows.shape[-2])),
            "share": lambda heads: heads.repeat_interleave(shares, dim=1),
        }
    )


def of_network(made: FeedForward) -> Names:
    """The letters of the network behind attention."""
    maps = {"1": made.expand, "2": made.contract} | ({"3": made.up} if made.up is not None else {})
    names = {f"W_{number}": layer.weight.T for number, layer in maps.items()}
    names |= {f"b_{number}": layer.bias for number, layer in maps.items()}
    bends = {"GELU": nn.functional.gelu, "ReLU": nn.functional.relu, "SiLU": nn.functional.silu}
    return names | bends


def of_experts(made: Experts) -> Names:
    """The letters of routed experts: the numbers of what each says come first, so that a gate meets all of them."""
    return {
        "W_R": made.router.weight.T,
        "softmax": lambda scores: scores.softmax(-1),
        "top": made.top,
        "experts": lambda x: torch.stack([expert(x).ff_out for expert in made.experts], dim=-1).movedim(-2, 0),
        "sum": lambda said: said.sum(-1).movedim(0, -1),
    }


def network(kind: Any, bias: bool) -> Callable[[], Example]:
    """The network behind attention by itself."""

    def made() -> Example:
        with torch.random.fork_rng():
            torch.manual_seed(0)
            of = FeedForward(6, 8, kind, bias)
        x = normal(1, 5, 6, seed=1)
        return of(x), of_network(of) | {"X": x}

    return made


def norm(of: Any) -> Callable[[], Example]:
    """A norm by itself, far from mean 0 and size 1."""

    def made() -> Example:
        x, gain, shift = 3 + 2 * normal(1, 5, 7, seed=1), normal(7, seed=2), normal(7, seed=3)
        trace = layer_norm(x, gain, shift, 0.1) if of is layer_norm else rms_norm(x, gain, 0.1)
        names = {"X": x, "gamma": gain, "beta": shift, "varepsilon": 0.1}
        return trace, names | {"mean": lambda rows: rows.mean(-1, keepdim=True)}

    return made


def hand(place: NormPlace) -> Given:
    """A few numbers, none of them 0, before three blocks."""
    sizes = ((3, 4), (2, 4), (4, 4), (4, 4), (4, 4), (4, 6), (6, 4))
    rows = (tuple(map(tuple, normal(*size, seed=seed).tolist())) for seed, size in enumerate(sizes))
    return on_numbers(("cat", "sat", "mat"), *rows, place=place, n_layers=3)


def lesson_9(made: Given, settings: Settings) -> Callable[[], Example]:
    """One block of lesson 9 and the whole stack."""

    def example() -> Example:
        result = run(made, settings)
        block = block_as_set(made, settings)
        names = of_block(block, result.trace.block)
        return result.trace, names | of_stack(made, settings, result)

    return example


def block_as_set(made: Given, settings: Settings) -> Block:
    """The block that is looked into, with the norms that are set, whose batch holds both texts."""
    x, other = (through(made.blocks, each)[settings.layer][None] for each in (made.x, made.other))
    return in_a_batch(made.blocks[settings.layer], settings.norm, x, other)


def of_stack(made: Given, settings: Settings, result: Any) -> Names:
    """What the letters of each formula of the stack stand for there."""
    block, hidden = made.blocks[settings.layer], through(made.blocks, made.x)
    x, other = (through(made.blocks, each)[settings.layer][None] for each in (made.x, made.other))
    into = [each if made.place == "pre" else block(each).resid_mid for each in (x, other)]
    n_tokens = x.shape[1]

    def without_itself(cosine: Tensor) -> Tensor:
        return (cosine.sum(-1, keepdim=True) - 1) / (n_tokens - 1)

    def slopes(part: Callable[[Tensor], Tensor], entering: Tensor) -> Tensor:
        with torch.inference_mode(False), torch.no_grad():
            found = torch.autograd.functional.jacobian(lambda rows: part(rows)[0], entering.clone())
            return found[:, :, 0].movedim(1, 2)

    def over(rows: Tensor) -> Tensor:
        tokens = rows.flatten(0, 1)
        return tokens.mean(0), (tokens.var(0, correction=0) + block.norm_attention.epsilon).sqrt()

    def batch_norm(rows: Tensor) -> Tensor:
        mean, deviation = over(rows)
        return ((rows - mean) / deviation * block.norm_attention.weight + block.norm_attention.bias)[:, :n_tokens]

    changed_block = block_as_set(made, settings)
    whole, first = changed_block(x), made.place == "pre"
    parts = {  # each with the norm that its formula names, where it names one
        "coupling_norm": (changed_block.norm_attention, None),
        "coupling_mlp": (
            lambda tokens: block.feed_forward(tokens).ff_out,
            changed_block.norm_mlp if first else changed_block.norm_attention,
        ),
        "coupling_attention": (lambda tokens: block.attention(tokens).mixed, changed_block.norm_attention),
    }
    size = {"size": lambda each: each.flatten(-2).norm(dim=-1), "mean": lambda each: each.mean(-2, keepdim=True)}
    layers = list(zip(made.blocks, hidden[:-1, None], strict=True))
    norms = [of.norm_mlp if made.place == "pre" else of.norm_attention for of, _ in layers]
    changed = [through(blocks, made.x, part) for blocks, part in ways(made, settings, result.names)]
    if settings.norm != "layer":
        changed[-1] = side_by_side(made, settings)
    changed = [each if len(each) > 3 else torch.cat([each[:2], each[1:]]) for each in changed]
    toy, toys = untrained(settings.seed)
    joined = {"Z" if first else "Z_mid": into[0], "Z_other": into[1]}
    names: Names = {
        "attention_adds": {
            "Z": [each for _, each in layers],
            "LN": lambda every: [of.norm_attention(rows) for (of, _), rows in zip(layers, every, strict=True)],
            "attention": lambda every: torch.cat(
                [of.attention(rows).mixed for (of, _), rows in zip(layers, every, strict=True)]
            ),
        },
        "mlp_adds": {
            "Z_mid": [of(each).resid_mid for of, each in layers],
            "LN": lambda every: [norm(rows) for norm, rows in zip(norms, every, strict=True)],
            "MLP": lambda every: torch.cat(
                [of.feed_forward(rows).ff_out for (of, _), rows in zip(layers, every, strict=True)]
            ),
        },
        "to_itself": {"Z": hidden, "Z_0": hidden[:1], "cosine": lambda a, b: torch.cosine_similarity(a, b, dim=-1)},
        "to_others": {"Z_i": hidden, "Z_j": hidden, "cosine": lambda a, b: cosine(a, b), "mean": without_itself},
        "alike": {"Z": hidden[settings.depth]},
        "spreads": {"Z": torch.stack(changed)} | size,
        "toy_spreads": {"Z": torch.stack([through(toys, toy, part) for part in TOYS.values()])} | size,
        "answers": {"Z": torch.stack(changed)[:, -1], "mean": lambda tokens: tokens.mean(-2)},
        "under_layer_norm": joined | {"LN": lambda rows: block.norm_attention(rows)[:, :n_tokens]},
        "under_batch_norm": joined | {"BN": batch_norm},
    }
    if made.classifier is not None:
        model = made.classifier.model
        names["lens"] = of_linear(model.head, "W_C", "b_C") | {"Z": hidden, "T": made.classifier.temperature}
        names["lens"] |= {
            "LN": model.norm,
            "class": lambda tokens: tokens[:, 0],
            "softmax": lambda scores: scores.softmax(-1).T,
        }
        names["answers"] = names["lens"] | {
            "Z": torch.stack(changed)[:, -1],
            "softmax": lambda scores: scores.softmax(-1),
            "largest": lambda shares: shares.sort(-1, descending=True).values[:, :4],
        }
    direction = drawn_direction(made.width, settings.seed).to(x)
    written = {"layer": "LN", "rms": "RMSNorm", "batch": "BN"}[settings.norm]
    for name, (part, norm) in parts.items():
        names[name] = {"Z": x, "Z_mid": whole.resid_mid, "u": direction, written: norm}
        names[name]["Jacobian"] = lambda entering, part=part: slopes(part, entering)
    return names


def cosine(one: Tensor, other: Tensor) -> Tensor:
    """Of every two tokens of each layer."""
    return torch.cosine_similarity(one[:, :, None], other[:, None], dim=-1)


def ways(made: Given, settings: Settings, names: tuple[str, ...]) -> list[tuple[Any, Any]]:
    """The blocks and what is taken out of each, of every variant."""
    left = [block for layer, block in enumerate(made.blocks) if layer != settings.layer]
    more = [(left, ()), (made.blocks, settings.without)]
    return ([(made.blocks, part) for part in VARIANTS.values()] + more)[: len(names)]


def side_by_side(made: Given, settings: Settings) -> Tensor:
    """The tokens through blocks of another norm, and those beside them, block by block."""
    x, other = made.x, made.other
    hidden = [x]
    for block in made.blocks:
        mine, theirs = (in_a_batch(block, settings.norm, *both) for both in ((x, other), (other, x)))
        x, other = mine(x).resid_post, theirs(other).resid_post
        hidden.append(x)
    return torch.cat(hidden)


def batch_norm_beside() -> Example:
    """BatchNorm by itself, where others stand in the batch."""
    x, others, gain, shift = 3 + normal(1, 5, 7, seed=1), normal(1, 4, 7, seed=4), normal(7, seed=2), normal(7, seed=3)
    names = {"X": x, "X_other": others, "gamma": gain, "beta": shift, "varepsilon": 0.1}
    return batch_norm(x, gain, shift, 0.1, others), names | {"mean": lambda rows: rows.mean((0, 1))}


def picture() -> Given:
    """Two small pictures of noise before a small Vision Transformer that nobody trained."""
    with seeded(0):
        model = VisionTransformer(ViTConfig(("a", "b", "c", "d", "e"), "class", 8, 4, 8, 2, 3)).requires_grad_(False)
    model.head.weight.mul_(9)
    x, other = (model(normal(1, 3, 8, 8, seed=seed)).tokens for seed in (1, 2))
    words = ("class", "a1", "b1", "a2", "b2")
    return Given(words, x, tuple(model.eval().blocks), other[:, :3], TrainedClassifier("small", model, 1.5))


BLOCKS: dict[str, Callable[[], Example]] = {
    "a block that normalises first": block(),
    "a block that normalises last": block(norm_place="post", feed_forward="relu", positions="T5"),
    "a block of 2017 with RMSNorm": block(norm_place="post", norm="rms"),
    "a block of today": block(norm="rms", feed_forward="swiglu", n_kv_heads=2, positions="RoPE"),
    "a block whose heads share": block(n_kv_heads=1),
    "a block whose queries turn": block(positions="RoPE"),
    "a block of experts": block(n_experts=3, n_active=2),
    "a gated network": network("swiglu", True),
    "a network without biases": network("relu", False),
    "LayerNorm": norm(layer_norm),
    "RMSNorm": norm(rms_norm),
    "lesson 9, norms last": lesson_9(hand("post"), Settings(1, 2)),
    "lesson 9, a picture": lesson_9(picture(), Settings(1, 2)),
    "lesson 9, norms first": lesson_9(hand("pre"), Settings(1, 2)),
    "lesson 9, RMSNorm": lesson_9(hand("post"), Settings(1, 2, norm="rms")),
    "lesson 9, BatchNorm last": lesson_9(hand("post"), Settings(1, 2, norm="batch")),
    "lesson 9, BatchNorm first": lesson_9(hand("pre"), Settings(1, 2, norm="batch")),
    "BatchNorm": batch_norm_beside,
}
