"""The Transformer of 2017: blocks that read a source, and blocks that write, looking back at what was read."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Final, Literal

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from core.attention import AttentionTrace, MultiHeadTrace, attend, masks, merge_heads, split_heads
from core.attention.masks import Allowed
from core.attention.projections import ablate
from core.trace import part, step
from core.transformer.block import Block, BlockTrace, NormPlace
from core.transformer.feed_forward import FeedForwardTrace, GatedTrace
from core.transformer.norms import LayerNorm
from core.transformer.positions import as_pairs, from_pairs, sinusoidal
from core.transformer.self_attention import KeysValues, Way

# where a head sits: in the encoder, or in one of the two attentions of the decoder
Where = Literal["encoder", "own", "cross"]
Head = tuple[Where, int, int]
WHERE: Final[tuple[Where, ...]] = ("encoder", "own", "cross")


@dataclass(frozen=True)
class CrossTrace:
    """Every tensor of cross-attention, in the order it was computed: one sequence asks, another is asked."""

    asking: Float[Tensor, "batch queries d_model"] = step("X_Q", title="The tokens that ask", source="vaswani2017")
    memory: Float[Tensor, "batch keys d_model"] = step(
        "X_D", title="What the encoder left", source="vaswani2017", also="encoder output, memory"
    )
    cross_queries: Float[Tensor, "batch heads queries head_dim"] = step(
        r"\operatorname{split}\left(<asking>W_Q + b_Q\right)", title="Queries of what was written", source="vaswani2017"
    )
    cross_keys: Float[Tensor, "batch heads keys head_dim"] = step(
        r"\operatorname{split}\left(<memory>W_K + b_K\right)", title="Keys of the source", source="vaswani2017"
    )
    cross_values: Float[Tensor, "batch heads keys head_dim"] = step(
        r"\operatorname{split}\left(<memory>W_V + b_V\right)", title="Values of the source", source="vaswani2017"
    )
    cross_scores: Float[Tensor, "batch heads queries keys"] = step(
        r"\frac{<cross_queries><cross_keys>^\top}{\sqrt{d}}", title="Scores over the source", source="vaswani2017"
    )
    cross_weights: Float[Tensor, "batch heads queries keys"] = step(
        r"\operatorname{softmax}\left(<cross_scores>\right)",
        title="Cross-attention",
        source="vaswani2017",
        also="encoder-decoder attention, alignment",
    )
    cross_output: Float[Tensor, "batch heads queries head_dim"] = step(
        "<cross_weights><cross_values>", title="What each head brings", source="vaswani2017"
    )
    cross_mixed: Float[Tensor, "batch queries d_model"] = step(
        r"\operatorname{merge}\left(<cross_output>\right)W_O + b_O", title="Mixed by W_O", source="vaswani2017"
    )


class CrossAttention(nn.Module):
    """Multi-head attention whose queries come from one sequence and whose keys and values come from another.

    Source   Vaswani et al. 2017, section 3.2.3.
    """

    def __init__(self, d_model: int, n_heads: int):
        super().__init__()
        self.n_heads = n_heads
        self.q_proj, self.k_proj, self.v_proj, self.out_proj = (nn.Linear(d_model, d_model) for _ in range(4))
        for each in (self.q_proj, self.k_proj, self.v_proj):
            nn.init.xavier_uniform_(each.weight)
            nn.init.zeros_(each.bias)
        nn.init.zeros_(self.out_proj.bias)

    def read(self, memory: Float[Tensor, "batch keys d_model"]) -> KeysValues:
        """Keys and values of what is looked back at: the same at every step, so they are made once."""
        return split_heads(self.k_proj(memory), self.n_heads), split_heads(self.v_proj(memory), self.n_heads)

    def forward(
        self,
        x: Float[Tensor, "batch queries d_model"],
        memory: Float[Tensor, "batch keys d_model"],
        read: KeysValues,
        allowed: Allowed | None = None,
        *,
        way: Way | None = None,
    ) -> CrossTrace:
        """Let the tokens of x look back at the memory. way: what takes the place of attention and of the mask."""
        queries, (keys, values) = split_heads(self.q_proj(x), self.n_heads), read
        found = attend(queries, keys, values, allowed) if way is None else way(queries, keys, values)
        mixed = self.out_proj(merge_heads(found.output))
        return CrossTrace(x, memory, queries, keys, values, found.masked, found.weights, found.output, mixed)


@dataclass(frozen=True)
class DecoderBlockTrace:
    """Every tensor of a block that writes, in the order it was computed."""

    resid_pre: Float[Tensor, "batch tokens d_model"] = step("Z", title="What comes in", source="vaswani2017")
    attention: MultiHeadTrace = part(x="resid_pre")
    resid_mid: Float[Tensor, "batch tokens d_model"] = step(
        "<resid_pre> + <mixed>", title="Masked self-attention added", source="vaswani2017"
    )
    normed_mid: Float[Tensor, "batch tokens d_model"] = step(
        r"\operatorname{LN}\left(<resid_mid>\right)", title="Normalised before looking back", source="ba2016"
    )
    cross: CrossTrace = part(asking="normed_mid")
    resid_cross: Float[Tensor, "batch tokens d_model"] = step(
        "<normed_mid> + <cross_mixed>", title="Cross-attention added", source="vaswani2017"
    )
    normed_cross: Float[Tensor, "batch tokens d_model"] = step(
        r"\operatorname{LN}\left(<resid_cross>\right)", title="Normalised before the network", source="ba2016"
    )
    feed_forward: FeedForwardTrace | GatedTrace = part(ff_in="normed_cross")
    resid_sum: Float[Tensor, "batch tokens d_model"] = step(
        "<normed_cross> + <ff_out>", title="The network added", source="vaswani2017"
    )
    resid_post: Float[Tensor, "batch tokens d_model"] = step(
        r"\operatorname{LN}\left(<resid_sum>\right)", title="What goes out", source="vaswani2017"
    )


class DecoderBlock(Block):
    """A block of an encoder, with one part more between its two: cross-attention, and a norm behind its sum.

    Source   Vaswani et al. 2017, section 3.1.
    """

    def __init__(self, d_model: int, n_heads: int, *, d_ff: int, dropout: float = 0.0):
        super().__init__(d_model, n_heads, d_ff=d_ff, norm_place="post", feed_forward="relu", dropout=dropout)
        self.cross = CrossAttention(d_model, n_heads)
        self.norm_cross = LayerNorm(d_model)

    def write(
        self,
        x: Float[Tensor, "batch tokens d_model"],
        memory: "Memory",
        layer: int,
        allowed: Allowed | None,
        past: KeysValues | None = None,
        changes: "Changes | None" = None,
    ) -> DecoderBlockTrace:
        """Take what was written through the block. layer: which one it is, and so whose keys of the memory it reads."""
        changes = changes or UNCHANGED
        attention = self.attention(x, allowed, way=changes.way("own", layer, allowed), past=past)
        resid_mid = self._added(x, attention.mixed, ())
        normed_mid = self.norm_attention(resid_mid)
        way = changes.way("cross", layer, memory.allowed)
        cross = self.cross(normed_mid, memory.states, memory.read[layer], memory.allowed, way=way)
        resid_cross = normed_mid if changes.cut_cross else self._added(normed_mid, cross.cross_mixed, ())
        normed_cross = self.norm_cross(resid_cross)
        feed_forward = self.feed_forward(normed_cross)
        resid_sum = self._added(normed_cross, feed_forward.ff_out, ())
        return DecoderBlockTrace(
            x,
            attention,
            resid_mid,
            normed_mid,
            cross,
            resid_cross,
            normed_cross,
            feed_forward,
            resid_sum,
            self.norm_mlp(resid_sum),
        )


@dataclass(frozen=True, eq=False)
class Changes:
    """What somebody takes out of a model or puts into it, to see what it is for.

    ablated     heads that bring zeros.
    cut_cross   whether nothing is added by cross-attention: what is written then knows nothing of the source.
    forced      heads whose weights others take the place of, (batch, queries, keys) or what broadcasts to that; a row of what
                is no number leaves a query its own.
    """

    ablated: frozenset[Head] = frozenset()
    cut_cross: bool = False
    forced: tuple[tuple[Head, Tensor], ...] = ()

    def forcing(self, heads: Iterable[Head], rows: Float[Tensor, "queries keys"]) -> "Changes":
        """These changes, and rows that each of some heads is forced to, where there are some."""
        if rows.isnan().all():
            return self
        return replace(self, forced=(*self.forced, *((head, rows) for head in heads)))

    def way(self, where: Where, layer: int, allowed: Allowed | None) -> Way | None:
        """What takes the place of attention in a layer; None where nothing is changed there."""
        muted = tuple(head for place, at, head in self.ablated if (place, at) == (where, layer))
        forced = {head: rows for (place, at, head), rows in self.forced if (place, at) == (where, layer)}
        return partial(_changed, muted=muted, forced=forced, allowed=allowed) if muted or forced else None


UNCHANGED: Final = Changes()


def _changed(
    queries: Tensor,
    keys: Tensor,
    values: Tensor,
    muted: tuple[int, ...],
    forced: Mapping[int, Tensor],
    allowed: Allowed | None,
) -> AttentionTrace:
    """`attend`, and after it what somebody wants otherwise."""
    found = attend(queries, keys, values, allowed)
    weights = found.weights.clone()
    for head, rows in forced.items():
        weights[:, head] = torch.where(rows.isnan(), weights[:, head], rows)
    return replace(found, weights=weights, output=ablate(weights @ values, muted))


@dataclass(frozen=True)
class Memory:
    """What was read, as the decoder meets it; made once for a source.

    read      keys and values of it for each layer of the decoder.
    allowed   which of its tokens are real; None = all.
    """

    states: Float[Tensor, "batch source d_model"]
    read: tuple[KeysValues, ...]
    allowed: Allowed | None = None

    def rows(self, times: int) -> "Memory":
        """One source as often as there are lines that look at it."""
        read = tuple((_rows(keys, times), _rows(values, times)) for keys, values in self.read)
        return Memory(_rows(self.states, times), read, None if self.allowed is None else _rows(self.allowed, times))


def _rows(tensor: Tensor, times: int) -> Tensor:
    return tensor.expand(times, *[-1] * (tensor.dim() - 1))


@dataclass(frozen=True)
class Read:
    """What went through the encoder: what entered it, and the trace of every block."""

    entered: Float[Tensor, "batch source d_model"]
    blocks: tuple[BlockTrace, ...]
    memory: Memory


@dataclass(frozen=True)
class Wrote:
    """What went through the decoder: the trace of every block, and the scores of each next token."""

    entered: Float[Tensor, "batch tokens d_model"]
    blocks: tuple[DecoderBlockTrace, ...]
    logits: Float[Tensor, "batch tokens vocab_size"]

    @property
    def cache(self) -> tuple[KeysValues, ...]:
        """Keys and values of all tokens so far, layer by layer: what the next token needs of them, and all it needs."""
        return tuple((each.attention.keys, each.attention.values) for each in self.blocks)


@dataclass(frozen=True)
class EncoderDecoderConfig:
    """The sizes of an encoder-decoder.

    context        places that have a vector.
    encoder_norm   "post": each sum of the encoder is normalised, as in 2017; "pre": its blocks normalise what they read, and
                   what they leave once more at the end, with a GELU network, as those of a Vision Transformer do.
    biased         whether a learned number is added to the score of each token.
    """

    vocab_size: int
    d_model: int = 224
    n_heads: int = 4
    n_encoder: int = 3
    n_decoder: int = 2
    d_ff: int = 512
    dropout: float = 0.1
    context: int = 512
    encoder_norm: NormPlace = "post"
    biased: bool = True


class EncoderDecoder(nn.Module):
    """Source tokens in, scores of each next target token out.

    One table makes vectors of what is read and of what was written, and scores of what comes next (tied).

    Source   Vaswani et al. 2017, section 3; the layout of the sinusoids, all sines first, as Marian has it.
    """

    places: Tensor
    bias: Tensor

    def __init__(self, config: EncoderDecoderConfig):
        super().__init__()
        self.config = config
        self.embedding = nn.Embedding(config.vocab_size, config.d_model)
        nn.init.normal_(self.embedding.weight, std=config.d_model**-0.5)
        pre = config.encoder_norm == "pre"
        self.encoder = nn.ModuleList(
            Block(
                config.d_model,
                config.n_heads,
                d_ff=config.d_ff,
                norm_place=config.encoder_norm,
                feed_forward="gelu" if pre else "relu",
                dropout=config.dropout,
            )
            for _ in range(config.n_encoder)
        )
        self.norm_encoder = LayerNorm(config.d_model) if pre else nn.Identity()
        self.decoder = nn.ModuleList(
            DecoderBlock(config.d_model, config.n_heads, d_ff=config.d_ff, dropout=config.dropout)
            for _ in range(config.n_decoder)
        )
        if config.biased:
            self.bias = nn.Parameter(torch.zeros(config.vocab_size))
        else:
            self.register_buffer("bias", torch.zeros(config.vocab_size), persistent=False)
        self.drop = nn.Dropout(config.dropout)
        places = sinusoidal(torch.arange(config.context), config.d_model).float()
        self.register_buffer("places", from_pairs(as_pairs(places), "halves"), persistent=False)

    @property
    def writers(self) -> list[DecoderBlock]:
        """The blocks of the decoder."""
        return [block for block in self.decoder if isinstance(block, DecoderBlock)]

    def embed(self, ids: Int[Tensor, "batch tokens"], first: int = 0) -> Float[Tensor, "batch tokens d_model"]:
        """Tokens as vectors, each with its place. first: the place of the first of them.

        Raises   ValueError for places behind the last that has a vector.
        """
        last = first + ids.shape[1]
        if last > self.config.context:
            raise ValueError(
                f"there are {last} tokens, and at most {self.config.context} have a place: shorten the text"
            )
        return self.drop(self.embedding(ids) * self.config.d_model**0.5 + self.places[first:last])

    def read(
        self, ids: Int[Tensor, "batch source"], allowed: Allowed | None = None, changes: Changes = UNCHANGED
    ) -> Read:
        """Read whole sources. allowed: which of their tokens are real, as `masks.padding` says it; None = all."""
        return self.read_vectors(self.embed(ids), allowed, changes)

    def read_vectors(
        self,
        entered: Float[Tensor, "batch source d_model"],
        allowed: Allowed | None = None,
        changes: Changes = UNCHANGED,
    ) -> Read:
        """Read what is vectors already: cells of a picture, or tokens with their places."""
        stream, blocks = entered, []
        for layer, block in enumerate(self.encoder):
            blocks.append(block(stream, allowed, way=changes.way("encoder", layer, allowed)))
            stream = blocks[-1].resid_post
        stream = self.norm_encoder(stream)
        read = tuple(block.cross.read(stream) for block in self.writers)
        return Read(entered, tuple(blocks), Memory(stream, read, allowed))

    def write(
        self,
        ids: Int[Tensor, "batch tokens"],
        memory: Memory,
        past: Sequence[KeysValues] | None = None,
        changes: Changes = UNCHANGED,
    ) -> Wrote:
        """Scores of the token after each of these, read from it, those before it and the source.

        past   the cache of the tokens before these: then only these go through the decoder.
        """
        n_past = past[0][0].shape[-2] if past else 0
        n_all = n_past + ids.shape[1]
        allowed = masks.causal(n_all)[..., n_past:, :].to(ids.device) if ids.shape[1] > 1 else None
        entered = stream = self.embed(ids, n_past)
        blocks = []
        for layer, block in enumerate(self.writers):
            blocks.append(block.write(stream, memory, layer, allowed, past[layer] if past else None, changes))
            stream = blocks[-1].resid_post
        return Wrote(entered, tuple(blocks), nn.functional.linear(stream, self.embedding.weight, self.bias))

    def forward(
        self,
        source: Int[Tensor, "batch source"],
        lengths: Int[Tensor, "batch"],
        target: Int[Tensor, "batch target"],
    ) -> Wrote:
        """Teacher forcing: all of the target in one pass. lengths: how many tokens of each source are real."""
        allowed = masks.padding(lengths.cpu(), source.shape[1]).to(source.device)
        return self.write(target, self.read(source, allowed).memory)


def heads_of(config: EncoderDecoderConfig, where: Collection[Where] = WHERE) -> list[Head]:
    """All heads of such a model, layer by layer."""
    n_layers = {"encoder": config.n_encoder, "own": config.n_decoder, "cross": config.n_decoder}
    return [
        (place, layer, head) for place in where for layer in range(n_layers[place]) for head in range(config.n_heads)
    ]
