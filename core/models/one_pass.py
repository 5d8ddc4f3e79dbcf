"""A long text in one pass through a model of Llama's format: head by head, so that no table of all pairs is ever made."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn.functional import scaled_dot_product_attention
from transformers import LlamaForCausalLM
from transformers.models.llama.modeling_llama import LlamaAttention, LlamaDecoderLayer

from core.attention import Projections, project_heads
from core.host import still_wanted
from core.models.errors import ModelError
from core.models.loaded import LoadedModel
from core.transformer.positions import rotate

ROWS = 2048  # tokens whose numbers inside a block are in memory at once, beside those of one head
Head = tuple[
    Float[Tensor, "1 1 tokens head_dim"], Float[Tensor, "1 1 tokens head_dim"], Float[Tensor, "1 1 tokens head_dim"]
]


@torch.inference_mode()
def read(loaded: LoadedModel, ids: Sequence[int], layer: int, head: int) -> Iterator[tuple[float, Head]]:
    """The queries, keys and values of one head, no layer read that is not needed for them, with what share is done.

    Queries and keys are turned by their places. Until all is done they are zeros.
    Raises   ModelError for a model of another family or with heads that share keys, ValueError for a layer or a head that is
             not there.
    """
    blocks, n_heads, base = _opened(loaded)
    if not (0 <= layer < len(blocks) and 0 <= head < n_heads):
        raise ValueError(
            f"there is no head {head} in a layer {layer}: {loaded.name} has {len(blocks)} layers of {n_heads} heads, counted "
            "from 0"
        )
    x = loaded.model.get_input_embeddings()(torch.tensor([ids], device=loaded.device))
    places = torch.arange(len(ids), device=loaded.device)
    made = x.new_zeros(3, 1, 1, len(ids), x.shape[2] // n_heads, device="cpu")
    normed, merged = torch.empty_like(x), torch.empty_like(x)
    for depth, block in enumerate(blocks[:layer]):
        by_rows(block.input_layernorm, x, normed)
        for each in range(n_heads):
            still_wanted()
            queries, keys, values = _turned(normed, block.self_attn, each, n_heads, places, base)
            own = slice(each * keys.shape[3], (each + 1) * keys.shape[3])
            merged[..., own] = scaled_dot_product_attention(queries, keys, values, is_causal=True)[:, 0]
            yield (depth * n_heads + each + 1) / (layer * n_heads + 1), made.unbind()
        by_rows(block.self_attn.o_proj, merged, normed)
        x += normed
        by_rows(block.post_attention_layernorm, x, normed)
        by_rows(block.mlp, normed, normed)
        x += normed
    by_rows(blocks[layer].input_layernorm, x, normed)
    for whole, part in zip(made, _turned(normed, blocks[layer].self_attn, head, n_heads, places, base), strict=True):
        whole[...] = part
    yield 1.0, made.unbind()


def by_rows(
    function: Callable[[Tensor], Tensor], x: Float[Tensor, "1 tokens d_model"], into: Float[Tensor, "1 tokens d_model"]
) -> None:
    """What a function makes of each token, some of them at a time: what it needs in between is small."""
    for rows, made in zip(x.split(ROWS, dim=1), into.split(ROWS, dim=1), strict=True):
        made[...] = function(rows)


def _turned(
    normed: Float[Tensor, "1 tokens d_model"],
    attention: LlamaAttention,
    head: int,
    n_heads: int,
    places: Int[Tensor, "tokens"],
    base: float,
) -> Head:
    """Queries, keys and values of one head, queries and keys turned by their places as Llama pairs their numbers."""
    weights = (each.weight.T for each in (attention.q_proj, attention.k_proj, attention.v_proj))
    queries, keys, values = project_heads(normed, normed, Projections.without_bias(*weights).head(head, n_heads), 1)
    return rotate(queries, places, base, "halves"), rotate(keys, places, base, "halves"), values


def _opened(loaded: LoadedModel) -> tuple[list[LlamaDecoderLayer], int, float]:
    """The blocks of a Llama, how many heads each has, and the base of its angles."""
    model = loaded.model
    if not isinstance(model, LlamaForCausalLM):
        raise ModelError(f"{loaded.name} is not in Llama's format: its blocks cannot be opened; choose story-gpt")
    config: Any = model.config
    turns = config.rope_parameters
    plain = turns["rope_type"] == "default" and not config.attention_bias
    if not plain or config.num_key_value_heads != config.num_attention_heads:
        raise ModelError(
            f"{loaded.name} shares keys among its heads, has biases or scales its angles: choose a plain Llama as story-gpt is"
        )
    blocks = [block for block in model.model.layers if isinstance(block, LlamaDecoderLayer)]
    return blocks, config.num_attention_heads, turns["rope_theta"]
