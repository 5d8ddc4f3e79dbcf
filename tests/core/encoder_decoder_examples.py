"""Traces of an encoder-decoder, and what the letters of their formulas stand for."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from core.attention import merge_heads, split_heads
from core.models import checkpoints
from core.seeded import seeded
from core.sequence.transformer import TrainedTransformer
from core.transformer.encoder_decoder import EncoderDecoder, EncoderDecoderConfig, Memory, Read, Wrote
from core.vision import scenes
from core.vision.patches import cut_into_patches
from core.vision.scene_captioner import COLUMNS, Eyes, SceneCaptioner, SceneCaptionerConfig
from core.vision.trained_scene_captioner import TrainedSceneCaptioner
from tests.core.formula_examples import SENTENCE, Example, Names, of_linear, of_operator


def untrained() -> TrainedTransformer:
    """A small one that has learned nothing, with the word pieces of the translators."""
    vocabulary = checkpoints.load_translator("translator-attention").vocabulary
    with seeded(0):
        model = EncoderDecoder(EncoderDecoderConfig(len(vocabulary), 12, 3, 2, 2, 10)).requires_grad_(False)
        for weight in model.parameters():
            if weight.dim() == 1:
                nn.init.normal_(weight, 0.5, 0.3)
    return TrainedTransformer("untrained", model, vocabulary)


def looks(read: Read, wrote: Wrote) -> list[Tensor]:
    """The weights of all its attentions, in the order in which they are computed."""
    found = [block.attention.attention.weights for block in read.blocks]
    for block in wrote.blocks:
        found += [block.attention.attention.weights, block.cross.cross_weights]
    return found


def translation() -> Example:
    """What stands for a whole translation."""
    translator = untrained()
    made = translator.translate(SENTENCE)
    model, memory = translator.model, made.read.memory
    ids = torch.tensor([made.source.ids])
    last = made.wrote.blocks[-1]
    own, cross = last.attention, last.cross
    names: Names = of_operator(cross.cross_queries, cross.cross_keys, cross.cross_values)
    maps, causal = model.writers[-1].attention.maps, torch.ones(own.queries.shape[-2], own.queries.shape[-2]).tril() > 0
    names |= {"own_weights": of_operator(own.queries, own.keys, own.values, causal)}
    reads = made.read.blocks[-1].attention
    names |= {"encoder_weights": of_operator(reads.queries, reads.keys, reads.values)}
    names |= {"X": own.x, "W_K": maps.w_key, "b_K": maps.b_key, "split": lambda rows: split_heads(rows, 3)}
    names |= {"D": float(model.config.d_model), "E[x]": model.embedding(ids), "P": model.places[: ids.shape[1]]}
    names |= {"E": model.embedding.weight, "b_y": model.bias, "y": made.wrote.entered, "X_D": memory.states}
    names |= {"encoder": lambda entered: model.read_vectors(entered).memory.states}

    return made.trace, names | {"decoder": decoder_of(model, memory)}


def decoder_of(model: EncoderDecoder, memory: Memory) -> Callable[[Tensor, Tensor], Tensor]:
    """The decoder that writes of this memory, as its formulas call it."""

    def decoder(entered: Tensor, states: Tensor) -> Tensor:
        assert torch.equal(states, memory.states)
        stream = entered
        for layer, block in enumerate(model.writers):
            allowed = torch.ones(1, 1, stream.shape[1], stream.shape[1], dtype=torch.bool).tril()
            stream = block.write(stream, memory, layer, allowed).resid_post
        return stream

    return decoder


def scene_caption(eyes: Eyes) -> Callable[[], Example]:
    """What stands for a whole caption, by a captioner that has learned nothing."""

    def made() -> Example:
        with seeded(0):
            model = SceneCaptioner(SceneCaptionerConfig(eyes, d_model=12, n_heads=3, d_ff=24)).requires_grad_(False)
        picture = scenes.painted([(scenes.Thing("red", "circle", 11.0, 5.0),)])
        found = TrainedSceneCaptioner("untrained", model).caption(picture[0])
        body, cross = model.transformer, found.wrote.blocks[-1].cross
        names: Names = of_operator(cross.cross_queries, cross.cross_keys, cross.cross_values)
        names |= {"I": picture, "E": body.embedding.weight}
        names |= {"y": found.wrote.entered, "decoder": decoder_of(body, found.read.memory)}
        names |= {"X_D": found.read.memory.states}
        names |= {"encoder": lambda entered: body.read_vectors(entered).memory.states}
        if isinstance(model.eyes, nn.Linear):
            names |= of_linear(model.eyes, "W_E", "b_E") | {"p_ij": model.cells[None]}
            return found.trace, names | {"cut": lambda pixels: cut_into_patches(2 * pixels - 1, model.side)}
        return found.trace, names | {"CNN": lambda pixels: model.eyes(2 * pixels - 1).flatten(2).transpose(1, 2)}

    return made


def writer() -> Example:
    """One block that writes. Its two attentions have maps of their own under the same letters."""
    translator = untrained()
    made = translator.translate(SENTENCE)
    block, trace = translator.model.writers[0], made.wrote.blocks[0]
    own, cross = trace.attention, trace.cross
    heads: Names = {
        "split": lambda rows: split_heads(rows, 3),
        "merge": merge_heads,
        "ReLU": torch.relu,
        "X_D": cross.memory,
        "Z": trace.resid_pre,
    }
    norms = {
        id(trace.resid_mid): block.norm_attention,
        id(trace.resid_cross): block.norm_cross,
        id(trace.resid_sum): block.norm_mlp,
    }
    heads["LN"] = lambda x: norms[id(x)](x)
    maps = block.attention.maps
    heads |= {"W_Q": maps.w_query, "W_K": maps.w_key, "W_V": maps.w_value}
    heads |= {"b_Q": maps.b_query, "b_K": maps.b_key, "b_V": maps.b_value}
    heads |= of_linear(block.attention.out_proj, "W_O", "b_O")
    allowed = torch.ones(own.queries.shape[-2], own.queries.shape[-2], dtype=torch.bool).tril()
    heads |= of_operator(own.queries, own.keys, own.values, allowed)
    heads |= of_linear(block.feed_forward.expand, "W_1", "b_1") | of_linear(block.feed_forward.contract, "W_2", "b_2")
    crossing: Names = of_linear(block.cross.q_proj, "W_Q", "b_Q") | of_linear(block.cross.out_proj, "W_O", "b_O")
    crossing |= of_linear(block.cross.k_proj, "W_K", "b_K") | of_linear(block.cross.v_proj, "W_V", "b_V")
    return trace, heads | {each: crossing for each in ("cross_queries", "cross_keys", "cross_values", "cross_mixed")}


TRANSFORMERS = {"encoder-decoder": translation, "block that writes": writer} | {
    f"encoder-decoder over {eyes}": scene_caption(eyes) for eyes in COLUMNS
}


def changed_transformer(change: Callable[[Any], None]) -> Callable[[Any], tuple]:
    """A Transformer that has learned nothing, with something in it changed."""

    def patched(patch: Any) -> tuple:
        translator = untrained()
        with torch.no_grad():
            change(translator.model)
        return translator, SENTENCE, 0

    return patched


def ends_at_once(model: Any) -> None:
    """The mark of the end is all that it ever writes."""
    model.bias[untrained().vocabulary.end] = 1e4


def same_blocks(model: Any) -> None:
    """All blocks of the encoder have the weights of the first."""
    for each in model.encoder:
        each.load_state_dict(model.encoder[0].state_dict())
