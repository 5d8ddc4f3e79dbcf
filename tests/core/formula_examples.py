"""A trace of every kind, and what the letters of its formulas stand for in it."""

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from core.attention import (
    MultiHeadAttention,
    Projections,
    attend,
    cross_attend,
    masks,
    merge_heads,
    self_attend,
    split_heads,
)
from core.experiments.masks import attend_mask_after_softmax
from core.experiments.since_2017 import memory
from core.experiments.since_2017.gates import relu_directions
from core.lessons import material, since_2017
from core.lessons.positions import by_hand, real
from core.models import checkpoints, loading, offline
from core.models.embedding import embed, hidden_states
from core.models.recording import RealTrace
from core.sequence.cells import READ, untrained
from core.sequence.decoder import Decoder
from core.sequence.decoding import Interventions
from core.sequence.trained import FixedContextTrace
from core.training import order
from core.transformer.positions import relative_buckets, rotate, sinusoidal
from core.vision import scenes
from core.vision.trained import MeanContextTrace
from tests.core import cost_examples
from tests.core.shapes import normal

Names = dict[str, Any]
Example = tuple[Any, Names]
SENTENCE = "The cat sleeps."


def biased(d_model: int, width: int, seed: int) -> Projections:
    """Maps none of whose numbers is 0."""
    widths = [(d_model, width)] * 3 + [(width,)] * 3
    return Projections(*(normal(*shape, seed=seed + rank) for rank, shape in enumerate(widths)))


def of_maps(maps: Projections) -> Names:
    letters = {"W_Q": maps.w_query, "W_K": maps.w_key, "W_V": maps.w_value}
    return letters | {"b_Q": maps.b_query, "b_K": maps.b_key, "b_V": maps.b_value}


def of_linear(layer: nn.Linear, weight: str, bias: str) -> Names:
    return {weight: layer.weight.T, bias: layer.bias}


def of_operator(queries: Tensor, keys: Tensor, values: Tensor, allowed: Tensor | None = None) -> Names:
    """The letters of one attention call. M: 0 for a pair that may meet, minus infinity for others."""
    shown = torch.ones(queries.shape[-2], keys.shape[-2], dtype=torch.bool) if allowed is None else allowed
    mask = torch.zeros(shown.shape).masked_fill(~shown, -torch.inf)
    softmax = {"softmax": lambda scores: scores.softmax(-1)}
    return {"Q": queries, "K": keys, "V": values, "d": float(queries.shape[-1]), "M": mask} | softmax


def attention(**more: Any) -> Callable[[], Example]:
    """One attention call with a causal mask, and what else is told."""

    def made() -> Example:
        queries, keys, values = (normal(1, 2, 5, width, seed=width) for width in (3, 3, 4))
        allowed = masks.causal(5)
        names = of_operator(queries, keys, values, allowed)
        trace = attend(queries, keys, values, allowed, **more)
        return RealTrace(queries, keys, values, trace), names | {"B": more.get("bias"), "c_cap": more.get("softcap")}

    return made


def self_attention() -> Example:
    x, maps = normal(1, 5, 7, seed=1), biased(7, 3, seed=2)
    trace = self_attend(x, maps, masks.causal(5))
    operands = (trace.queries, trace.keys, trace.values)
    return trace, {"X": x} | of_maps(maps) | of_operator(*operands, masks.causal(5))


def cross_attention() -> Example:
    asking, asked, maps = normal(1, 3, 7, seed=1), normal(1, 5, 7, seed=9), biased(7, 3, seed=2)
    trace = cross_attend(asking, asked, maps)
    return trace, {"X_Q": asking, "X_D": asked} | of_maps(maps) | of_operator(trace.queries, trace.keys, trace.values)


def of_heads(layer: MultiHeadAttention) -> Names:
    """The letters of a layer of several heads."""
    split = {"split": lambda rows: split_heads(rows, layer.n_heads), "merge": merge_heads}
    return of_maps(layer.maps) | {"W_O": layer.w_output, "b_O": layer.b_output} | split


def multi_head() -> Example:
    x, layer = (
        normal(1, 5, 6, seed=1),
        MultiHeadAttention(biased(6, 6, 3), normal(6, 6, seed=11), normal(6, seed=12), 3),
    )
    trace = layer(x)
    return trace, {"X": x} | of_heads(layer) | of_operator(trace.queries, trace.keys, trace.values)


def mask_after_softmax() -> Example:
    queries, keys, values = (normal(1, 1, 5, 3, seed=seed) for seed in (1, 2, 3))
    allowed = masks.causal(5)
    trace = attend_mask_after_softmax(queries, keys, values, allowed)
    return trace, of_operator(queries, keys, values) | {"allowed": allowed.float()}


def cell(kind: Any) -> Callable[[], Example]:
    """A recurrent cell with its own maps. A gate's bias is the sum of torch's two, but for a candidate's under a gate."""

    def made() -> Example:
        inputs, maps = normal(1, 6, 3, seed=1), untrained(kind, 3, 4, seed=2)
        trace = READ[kind](inputs, maps)
        names = {"x_t": inputs, "h_t-1": before(trace.states)}
        gates = {"RNN": "x", "GRU": "rug", "LSTM": "ifgo"}[kind]
        weights, states, biases, others = (
            tensor.chunk(len(gates), dim=-1) for tensor in (maps.w_input, maps.w_state, maps.b_input, maps.b_state)
        )
        if kind == "RNN":
            letters = {"W_x": weights[0], "b_x": biases[0], "W_h": states[0], "b_h": others[0]}
            return trace, names | letters
        for at, gate in enumerate(gates):
            names |= {f"W_{gate}": weights[at], f"U_{gate}": states[at], f"b_{gate}": biases[at] + others[at]}
        if kind == "GRU":
            return trace, names | {"b_g": biases[2], "b_h": others[2]}
        return trace, names | {"C_t-1": before(trace.memory)}

    return made


def before(states: Tensor, first: Tensor | None = None) -> Tensor:
    """At every step the state of the one before."""
    start = torch.zeros_like(states[:, :1]) if first is None else first[:, None]
    return torch.cat([start, states[:, :-1]], dim=1)


def of_decoder(model: Decoder, ids: list[int], start: int) -> Names:
    """What both recurrent decoders have; `together` is one step after the other side by side."""
    previous = model.embedding(torch.tensor([[start, *ids[:-1]]]))
    softmax = {"softmax": lambda scores: scores.softmax(-1)}
    read = of_linear(model.readout, "W_o", "b_o") | {"E": model.embedding.weight, "b_y": model.bias}
    return {"E[y_t-1]": previous, "GRU": lambda x, state: stepped(model.cell, x, state)} | softmax | read


def stepped(cell: nn.GRUCell, inputs: Tensor, states: Tensor) -> Tensor:
    """The cell at every step, each from the state before it."""
    return cell(inputs.flatten(0, -2), states.flatten(0, -2)).reshape(states.shape)


def upright(names: Names) -> Names:
    """A column of steps, so that a step meets every place: (steps, 1, numbers)."""
    return {name: value.transpose(0, 1) for name, value in names.items()}


def of_score(model: Decoder) -> Names:
    score = of_linear(model.w_query, "W_a", "b_a") | {"U_a": model.w_key.weight.T, "d": float(model.config.d_score)}
    return score | ({"v_a": model.v} if model.config.attention == "additive" else {})


def translation(name: str, temperature: float = 1.0) -> Callable[[], Example]:
    """A trained translator on a short sentence."""

    def made() -> Example:
        translator = checkpoints.load_translator(name)
        model = translator.model
        found = translator.translate(SENTENCE, interventions=Interventions(temperature=temperature))
        ids = torch.tensor([found.source.ids])
        source = model.encode(ids, torch.tensor([ids.shape[1]]))
        embedded, trace = model.embedding(ids), found.trace
        names = of_decoder(model, list(found.target.ids), translator.vocabulary.start)
        states, last = model.encoder(embedded)
        steps_before = {"s_t-1": before(trace.decoder_states, source.first_state), "s_t": trace.decoder_states}

        def gru(*given: Tensor) -> Tensor:
            return states if len(given) == 1 else stepped(model.cell, *given)

        names |= {"GRU": gru, "E[x]": embedded, "E[x_i]": embedded}
        if isinstance(trace, FixedContextTrace):
            names |= of_linear(model.summarise, "W_c", "b_c")
            ends = {"overrightarrowh_N-1": last[0][:, None], "overleftarrowh_0": last[1][:, None]}
            return trace, names | ends | steps_before | {"c": trace.contexts}
        asked = {"E[y_t-1]": names["E[y_t-1]"], **steps_before, "c_t": trace.contexts}
        return trace, names | upright(asked) | of_score(model) | {"h_i": trace.encoder_states}

    return made


def caption(name: str, temperature: float = 1.0) -> Callable[[], Example]:
    """A captioner on the course's own scene."""

    def made() -> Example:
        captioner = checkpoints.load_captioner(name)
        model = captioner.model
        picture = scenes.painted(
            [(scenes.Thing("red", "circle", 11.0, 5.0), scenes.Thing("blue", "square", 21.0, 27.0))]
        )
        trace = captioner.caption(picture[0], interventions=Interventions(temperature=temperature)).trace
        ids = trace.probabilities[0].argmax(-1).tolist()
        names = of_decoder(model, ids, 1) | of_linear(model.bridge, "W_0", "b_0")
        features = model.features(picture)
        names |= {"I": picture, "CNN": lambda pixels: model.features(pixels), "p_ij": model.positions[None]}
        names |= {"mean": lambda cells: cells.mean(dim=1, keepdim=True)}
        assert features.shape[1] == 16
        states = {"s_t-1": before(trace.decoder_states, trace.first_state), "s_t": trace.decoder_states}
        if isinstance(trace, MeanContextTrace):
            return trace, names | states | {"c": trace.contexts}
        asked = upright({"E[y_t-1]": names["E[y_t-1]"], **states, "c_t": trace.contexts})
        return trace, names | asked | of_score(model) | {"z_ij": trace.grid}

    return made


def picture_model(name: str) -> Callable[[], Example]:
    """A Vision Transformer on noise."""

    def made() -> Example:
        model = checkpoints.load_classifier(name, "cpu").model
        images = normal(1, 3, 64, 64, seed=1)
        trace = model(images)
        names = of_linear(model.embed, "W_E", "b_E") | of_linear(model.head, "W_C", "b_C")
        names |= {"I": images, "P": model.positions, "Z": trace.blocks[-1].resid_post, "LN": model.norm}
        names |= {"cut": squares, "mean": lambda tokens: tokens.mean(dim=1), "class": lambda tokens: tokens[:, 0]}
        return trace, names | ({"x_class": model.class_token[None, None]} if model.config.pooling == "class" else {})

    return made


def squares(images: Tensor) -> Tensor:
    """Squares of 8 pixels, row by row; each channel by channel."""
    rows = [images[:, :, y : y + 8, x : x + 8].flatten(1) for y in range(0, 64, 8) for x in range(0, 64, 8)]
    return torch.stack(rows, dim=1)


def order_toy(scheme: Any) -> Callable[[], Example]:
    """The toy that says which of two letters comes first, without any training."""

    def made() -> Example:
        model = order.untrained(scheme, False, seed=1).eval()
        trace = model(order.parse("CABD"))
        heads = {"split": lambda rows: split_heads(rows, 2), "merge": merge_heads}
        names = of_maps(Projections.from_linear(model.query, model.key, model.value)) | heads
        for layer, weight, bias in (
            (model.mix, "W_O", "b_O"),
            (model.expand, "W_1", "b_1"),
            (model.contract, "W_2", "b_2"),
        ):
            names |= of_linear(layer, weight, bias)
        values = split_heads(model.value(model.norm_attention(trace.x)), 2)
        names |= of_operator(trace.queries, trace.keys, values) | of_linear(model.answer, "W_C", "b_C")
        norms = {id(trace.x): model.norm_attention, id(trace.mixed): model.norm_mlp}
        names |= {"LN": lambda x: norms[id(x)](x), "GELU": nn.functional.gelu, "mean": lambda x: x.mean(1)}
        biases = model._bias(4)
        return trace, names | {"X": trace.x, "turn": lambda rows: rotate(rows, torch.arange(4)), "B": biases}

    return made


def positions() -> Example:
    maps = (((1.0, 2.0), (0.0, 1.0)), ((2.0, 1.0), (1.0, -1.0)))
    written = by_hand.Written(("the", "cat"), ((1.0, 2.0), (0.5, -1.0)), *maps, ((1.0, 0.5),), ((0.5, 2.0),))
    settings = by_hand.Settings(width=8, n_places=6, shift=3)
    trace = by_hand.run(written, settings).trace
    x, w_x, w_p = (torch.tensor(rows, dtype=torch.float64) for rows in (written.x, written.w_x, written.w_p))
    places, eye = torch.arange(6, dtype=torch.float64)[:, None], torch.eye(2, dtype=torch.float64)
    m, n = (torch.tensor([place + 3]) for place in (settings.query_place, settings.key_place))
    names = {"t": places, "base": settings.base, "i": torch.arange(4, dtype=torch.float64)[None], "D": 8.0}
    names |= {"X": x, "P": sinusoidal(torch.arange(2), 2), "W_x": w_x, "W_p": w_p}
    names |= {"q": trace.rotary.queries, "k": trace.rotary.keys, "p_i": sinusoidal(m, 2), "p_j": sinusoidal(n, 2)}
    # a row of the unit matrix, turned, is a row of the matrix that turns
    names |= {"R_i": rotate(eye, m.expand(2)), "R_j": rotate(eye, n.expand(2))}
    names |= {"j": places.T, "head": torch.arange(8.0)[:, None, None], "bucket": relative_buckets}
    codes = {"P": sinusoidal(torch.arange(6), 8), "R_n": moving(settings.offset)}
    return trace, names | {
        "similarity": codes,
        "shifted": codes,
        "penalty": {"i": places},
        "buckets": {"i": places.long(), "j": places.T.long()},
    }


def places() -> Example:
    """How alike the places of a sentence of six tokens are, and all places by distance."""
    table = real.learned_table()
    rows = nn.functional.normalize(table, dim=-1)
    apart = torch.stack([(rows @ rows.mT).diagonal(far).mean() for far in range(len(rows))])
    whole = {"P_t": table, "P_t+n": table, "cosine": lambda one, _: one, "mean": lambda _: apart}
    names = {"P_i": table[:6], "P_j": table[:6], "by_distance": whole}
    return real.run(material.encode("who bit the dog"), real.Settings()).trace.table, names


def answer(change: real.Change) -> Callable[[], Example]:
    """What the whole model makes of a sentence of six tokens whose places are changed."""

    def made() -> Example:
        read, order = material.encode("who bit the dog"), [0, 1, 4, 3, 2, 5]
        result = real.run(read, real.Settings(change, (2, 4)))
        after = hidden_states(loading.load(offline.NAME), result.trace.embedding.normed)

        def heads(hidden: Tensor, layer: int) -> Any:
            return self_attend(hidden[layer][None], real.layer_of(layer).maps, n_heads=12).attention

        def before(hidden: Tensor) -> Tensor:
            return torch.cat([heads(hidden, layer).weights.diagonal(-1, dim1=-2, dim2=-1) for layer in range(6)])

        names = {"A_t,t-1": before(read.hidden), "mean": lambda shares: shares.mean(-1)}
        names |= {"looks_back_now": {"A_t,t-1": before(after)}, "Z": read.hidden, "Z_now": after}
        ways = (merge_heads(heads(hidden, real.ONE_LAYER).output) for hidden in (read.hidden, read.hidden[:, order]))
        return result.trace.answer, names | {"Y": next(ways), "Y_now": next(ways)[:, order]}

    return made


def moving(offset: int) -> Tensor:
    """The matrix that moves codes of 8 numbers: a block for each hand."""
    blocks = []
    for pair in range(4):
        angle = offset * 10_000 ** (-pair / 4)
        blocks.append(
            torch.tensor([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]], dtype=torch.float64)
        )
    return torch.block_diag(*blocks)


def embedding() -> Example:
    model = loading.load(offline.NAME, "cpu")
    ids, layer = [101, 4937, 102], model.model.embeddings
    trace = embed(model, ids, [0, 5, None])
    places = torch.stack([layer.position_embeddings.weight[0], layer.position_embeddings.weight[5], torch.zeros(384)])
    names = {"E[x_t]": layer.word_embeddings.weight[ids], "P_t": places, "E_A": layer.token_type_embeddings.weight[0]}
    return trace, names | {"LN": layer.LayerNorm}


def newer_parts() -> Example:
    """The parts of lesson 13 on three tokens, with numbers that nobody trained."""
    settings = since_2017.Settings(strength=0.5, experts=3, pairs=memory.Settings(width=3))
    rows = tuple(tuple(row) for row in normal(3, 6, seed=1).tolist())
    trace = since_2017.run(rows, settings).trace
    network, gate, experts = since_2017.untrained(6, 3, 2, 0)
    b, kept = torch.linspace(-2, 2, 9).double(), since_2017.remembered(settings.pairs)
    pairs = memory.drawn(settings.pairs)
    keys, values = pairs.keys, pairs.values
    w_1, w_2 = relu_directions(settings.units, *torch.meshgrid(b, b, indexing="ij"))
    of_gate = {"W_1": gate.expand.weight.T, "W_2": gate.contract.weight.T, "W_3": gate.up.weight.T}
    plane = {"a": b[:, None, None].expand(9, 9, 1), "b": b[None, :, None].expand(9, 9, 1), "W_1": w_1, "W_2": w_2}
    names = of_gate | {"X": trace.norms.x, "scale": 2.0, "shift": 1.0, "W_R": experts.router.weight.T}
    names |= {"LN": nn.LayerNorm(6), "RMS": nn.RMSNorm(6, eps=1e-5), "F": lambda x: 0.5 * network(x).ff_out}
    names |= {"SiLU": nn.functional.silu, "ReLU": torch.relu, "softmax": lambda scores: scores.softmax(-1)}
    names |= {"a": b[:, None], "b": b[None], "by_relu": plane, "top": experts.top}
    names |= {"experts": lambda x: torch.stack([each(x).ff_out for each in experts.experts], -1)}
    names |= {"ff_out": {"<gates>": trace.experts.gates[..., None, :], "sum": lambda said: said.sum(-1)}}
    names |= {"K": keys, "V": values, "k": keys[-1:], "v": values[-1:], "state": kept.before, "rate": 0.5}
    return trace, names


EXAMPLES: dict[str, Callable[[], Example]] = {
    "attention": attention(),
    "attention with a bias": attention(bias=normal(1, 2, 5, 5, seed=9)),
    "attention with a cap and a bias": attention(bias=normal(1, 2, 5, 5, seed=9), softcap=1.5),
    "self-attention": self_attention,
    "cross-attention": cross_attention,
    "several heads": multi_head,
    "a mask too late": mask_after_softmax,
    "a plain cell": cell("RNN"),
    "a GRU": cell("GRU"),
    "an LSTM": cell("LSTM"),
    "one vector": translation("translator-fixed-context"),
    "looking back": translation("translator-attention"),
    "looking back by dot products": translation("translator-attention-dot"),
    "a captioner": caption("captioner"),
    "a captioner with one context": caption("captioner-mean-context"),
    "patches and a class token": picture_model("vit"),
    "patches and their mean": picture_model("vit-mean-pool"),
    "a toy without codes": order_toy("none"),
    "a toy with RoPE": order_toy("RoPE"),
    "a toy with ALiBi": order_toy("ALiBi"),
    "clock hands": positions,
    "newer parts": newer_parts,
    "words and places": embedding,
    "how alike places are": places,
    "a sentence without places": answer("zeroed"),
    "a sentence with two places exchanged": answer("swapped"),
} | cost_examples.EXAMPLES
