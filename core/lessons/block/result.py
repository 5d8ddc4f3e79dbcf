"""What lesson 9 is set to, and what it shows: one block, and all of them."""

from dataclasses import dataclass
from typing import Final

import torch

from core.experiments.block import DEEP, EQUAL, UNTRAINED_TOKENS, UNTRAINED_WIDTH
from core.lessons.block.given import Given
from core.lessons.block.stack import ALONE, AS_IT_IS, ATTENTION_AND_SKIPS, NO_MLPS, NO_SKIPS, TOYS, Stack
from core.lessons.block.traces import PictureTrace, Trace
from core.numerals import how_many, listed, rounded
from core.transformer.block import Block, Part
from core.transformer.feed_forward import FeedForwardTrace
from core.transformer.norms import AnyNorm, BatchNormTrace, LayerNormTrace, RMSNormTrace

SEED: Final = 9


@dataclass(frozen=True)
class Settings:
    """What the learner may change.

    layer     which block is looked into.
    depth     behind how many blocks tokens are compared; None = all.
    without   the parts that are taken out of the block, and of every block where answers are compared.
    norm      the kind of its norms, and of those of every block where answers are compared.
    seed      of the direction in which tokens are pushed, and of the toy.
    """

    layer: int = 3
    depth: int | None = None
    without: tuple[Part, ...] = ()
    norm: AnyNorm = "layer"
    seed: int = SEED


def depth_of(given: Given, settings: Settings) -> int:
    """Behind how many blocks tokens are compared: never more than there are."""
    return given.n_layers if settings.depth is None else min(settings.depth, given.n_layers)


def layer_of(given: Given, settings: Settings) -> int:
    """Which block is looked into: the last one where there are fewer."""
    return min(settings.layer, given.n_layers - 1)


def behind_layers(n_layers: int) -> str:
    """A depth in words."""
    return f"behind {how_many(n_layers, 'layer')}"


@dataclass(frozen=True, eq=False)
class Lesson:
    """One block and the whole stack.

    trace     every tensor.
    norm      the norm of the attention half, from inside.
    names     of the variants: parts taken out of the real model.
    answered  what there is to see in what is read from the last layer; likeliest: of a picture the classes in it, by variant.
    """

    given: Given
    settings: Settings
    trace: Trace
    norm: LayerNormTrace | RMSNormTrace | BatchNormTrace
    stack: Stack
    names: tuple[str, ...]
    answered: str
    likeliest: tuple[tuple[str, ...], ...]

    @property
    def wide(self) -> int:
        """Numbers of a token."""
        return self.given.width

    @property
    def hidden_units(self) -> int:
        """Hidden units of the MLP."""
        return self.network.ff_post.shape[-1]

    @property
    def network(self) -> FeedForwardTrace:
        """The MLP of the block. Raises ValueError for a block that has another kind of network."""
        found = self.trace.block.feed_forward
        if not isinstance(found, FeedForwardTrace):
            raise ValueError("this block has another network: lesson 13 compares them")
        return found

    @property
    def learned(self) -> int:
        """Numbers that the block has learned."""
        return sum(each.numel() for each in self._block.parameters())

    @property
    def network_share(self) -> float:
        """The share of them that is the MLP's."""
        return sum(each.numel() for each in self._block.feed_forward.parameters()) / self.learned

    @property
    def _block(self) -> Block:
        return self.given.blocks[layer_of(self.given, self.settings)]

    @property
    def n_layers(self) -> int:
        return self.given.n_layers

    @property
    def all_layers(self) -> str:
        """How many layers there are, in words."""
        return how_many(self.n_layers, "layer")

    @property
    def depth(self) -> int:
        """Behind how many blocks tokens are compared."""
        return depth_of(self.given, self.settings)

    @property
    def attention_mean(self) -> float:
        """The length of what attention adds, on average."""
        return self.trace.stack.attention_adds.mean().item()

    @property
    def mlp_mean(self) -> float:
        """The length of what the MLP adds, on average."""
        return self.trace.stack.mlp_adds.mean().item()

    @property
    def longest(self) -> str:
        """The longest vector that is added anywhere: how long, to whom, where and by what."""
        both = {"attention": self.trace.stack.attention_adds[0], "the MLP": self.trace.stack.mlp_adds[0]}
        by = max(both, key=lambda part: both[part].max().item())
        layer, token = divmod(int(both[by].argmax()), both[by].shape[1])
        return f"{both[by].max().item():.1f}, to “{self.given.words[token]}” in layer {layer} by {by}"

    @property
    def length_mean(self) -> float:
        """The length of what enters a layer, on average."""
        return self.stack.hidden[:-1].norm(dim=-1).mean().item()

    @property
    def itself_last(self) -> float:
        """How like itself a token is behind the last layer, on average."""
        return self.trace.stack.to_itself[0, -1].mean().item()

    @property
    def others_first(self) -> float:
        """How like the others tokens are before the first layer, on average."""
        return self.trace.stack.to_others[0, 0].mean().item()

    @property
    def others_last(self) -> float:
        """The same behind the last."""
        return self.trace.stack.to_others[0, -1].mean().item()

    @property
    def as_it_is(self) -> str:
        """How far tokens are from being the same behind the last layer, as it is read."""
        return self._left(AS_IT_IS)

    @property
    def no_skips(self) -> str:
        """The same without skips."""
        return self._left(NO_SKIPS)

    @property
    def no_mlps(self) -> str:
        """The same without MLPs."""
        return self._left(NO_MLPS)

    def _left(self, variant: str) -> str:
        return rounded(self.trace.stack.spreads[0, self.names.index(variant), -1].item())

    @property
    def toy_tokens(self) -> int:
        """Tokens of the toy."""
        return UNTRAINED_TOKENS

    @property
    def toy_width(self) -> int:
        """Numbers of each."""
        return UNTRAINED_WIDTH

    @property
    def toy_equal(self) -> int | None:
        """Behind how many layers attention alone has made the toy's tokens equal; None for never."""
        equal = (self.trace.stack.toy_spreads[0, list(TOYS).index(ALONE)] < EQUAL).nonzero()
        return int(equal[0]) if len(equal) else None

    @property
    def toy_told(self) -> str:
        """The same in words, beside what skips keep."""
        alone, skips = (
            self.trace.stack.toy_spreads[0, list(TOYS).index(toy), -1] for toy in (ALONE, ATTENTION_AND_SKIPS)
        )
        equal = self.toy_equal
        left, behind = (f"{alone:.1g}", DEEP) if equal is None else ("less than a millionth", equal)
        with_skips = f"with skips, {skips:.2f} {behind_layers(DEEP)}"
        return f"With attention alone {left} of their length tells them apart {behind_layers(behind)}; {with_skips}."

    @property
    def beside(self) -> str:
        """What joins the batch, in words."""
        return (
            "The same picture mirrored"
            if self.given.classifier
            else f"Another text of {self.given.other.shape[1]} tokens"
        )

    @property
    def whole(self) -> str:
        """That a step looks at blocks with all their parts, where the learner took some out."""
        return " Here nothing is taken out." if self.settings.without else ""

    @property
    def edit_it(self) -> str:
        """What to try, where what joins the batch can be edited."""
        return (
            ""
            if self.given.classifier
            else " Edit the other text: the right table changes with every edit, the left one never."
        )

    @property
    def moved_between(self) -> dict[str, float]:
        """How far a token moves at most in each part for a push of another one; 0 for one alone."""
        found = self.trace.stack
        apart = 1 - torch.eye(self.given.x.shape[1])
        names = {"norm": found.coupling_norm, "MLP": found.coupling_mlp, "attention": found.coupling_attention}
        return {name: (moved[0] * apart).max().item() for name, moved in names.items()}

    @property
    def heard_in(self) -> tuple[str, ...]:
        """The parts in which tokens meet."""
        return tuple(name for name, most in self.moved_between.items() if most)

    @property
    def between(self) -> str:
        """Which parts let tokens meet, in words."""
        if self.given.x.shape[1] == 1:
            return "There is one token alone, which nothing can meet."
        silent = [name for name in self.moved_between if name not in self.heard_in]
        if not silent:
            return "In all three tokens meet."
        return f"Between two tokens it is exactly 0 in {listed(silent)}."

    def hears(self, query: int) -> int:
        """Which other token is heard most by one in attention; itself where there is no other."""
        moved = self.trace.stack.coupling_attention[0, query].clone()
        moved[query] = 0.0
        return int(moved.argmax())

    @property
    def layer_moved(self) -> float:
        """How far a number moves under LayerNorm when another text joins the batch, at most."""
        return self.trace.stack.under_layer_norm.abs().max().item()

    @property
    def batch_moved(self) -> float:
        """How far a number moves under BatchNorm when another text joins the batch, at most."""
        return self.trace.stack.under_batch_norm.abs().max().item()

    @property
    def batch_told(self) -> str:
        """What BatchNorm does then, in words."""
        if self.batch_moved <= EQUAL:
            return "moves none here either, since the mean and the deviation over all tokens of the batch stay as they were."
        moved = rounded(self.batch_moved)
        return f"moves some by {moved}, because it takes a mean and a deviation over all tokens of the batch."

    @property
    def lens_first(self) -> str:
        """The likeliest class before the first block, of a picture."""
        return self._read_at(0)

    @property
    def lens_last(self) -> str:
        """The likeliest class behind the last block."""
        return self._read_at(-1)

    def _read_at(self, depth: int) -> str:
        if not isinstance(self.trace.stack, PictureTrace) or self.given.classifier is None:
            raise ValueError("no class is read from a text: look at a picture")
        share, which = self.trace.stack.lens[0, :, depth].max(-1)
        return f"{self.given.classifier.classes[int(which)]} ({share.item():.0%})"
