"""What the claims of every lesson are tried on: a sentence, a picture and a scene that somebody brought, or the seed drew."""

import ast
import inspect
import random
import textwrap
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache, cached_property
from typing import Any, Final

from jaxtyping import Float, UInt8
from numpy import ndarray
from torch import Tensor

from core.attention import MultiHeadAttention, Projections, project_heads, self_attend
from core.cost.sizes import Sizes
from core.experiments import block, cost, model_family, positions, since_2017
from core.experiments.bottleneck import GradientFlow
from core.experiments.claim import Claim, Finding
from core.experiments.sentence_lab import SENTENCES
from core.models import checkpoints, loading, offline
from core.models.embedding import embed, position_table
from core.models.reading import Tokens, hidden_states
from core.transformer.block import Block
from core.transformer.mirror import FIRST, HALF, LETTERS
from core.vision import scenes
from core.vision.classifier import fitted
from core.vision.pairs import SCENE
from core.vision.samples import SAMPLES, sample
from core.vision.scenes import Scene

LAYER, HEAD, AT_MOST = 3, 1, 64
Read = tuple[Tokens, Float[Tensor, "depth tokens d_model"]]


@dataclass(frozen=True, eq=False)
class Material:
    """What somebody brought, as the models at hand read it; each part is made when the first claim asks for it.

    text, second   sentences; picture: any; scene: drawn things; half: the first half of a row of letters.
    seed           of all that experiments draw themselves.
    layer, head    of the model that reads the sentence, where a claim is about one.
    known          the sentence as it was read already.
    """

    text: str = SENTENCES[0]
    second: str = SENTENCES[1]
    picture: UInt8[ndarray, "height width 3"] = field(default_factory=lambda: sample("a cat"))
    scene: Scene = SCENE
    half: str = FIRST
    seed: int = 0
    layer: int = LAYER
    head: int = HEAD
    known: Read | None = None

    @cached_property
    def read(self) -> Read:
        """The sentence in the offline model: its tokens, and what enters each of its layers."""
        return self.known or _read(self.text)

    @property
    def x(self) -> Float[Tensor, "1 tokens d_model"]:
        """What enters the layer."""
        return self.read[1][self.layer][None]

    @property
    def one_head(self) -> Projections:
        """The maps of the head."""
        whole = layer_of(self.layer)
        return whole.maps.head(self.head, whole.n_heads)

    @cached_property
    def pixels(self) -> UInt8[ndarray, "side side 3"]:
        """The picture as the Vision Transformer sees it."""
        return fitted(self.picture, checkpoints.load_classifier("vit", "cpu").side)


def of_seed(seed: int) -> Material:
    """What the seed chooses and draws: two sentences, a picture, a scene, a row of letters."""
    rng = random.Random(f"claims {seed}")
    scene: Scene = ()
    while not scene:  # a claim about a scene needs something in it
        scene = scenes.draw(rng)
    at = seed % len(SENTENCES)
    half = "".join(rng.choice(LETTERS) for _ in range(HALF))
    names = list(SAMPLES)
    return Material(SENTENCES[at], SENTENCES[at - 1], sample(names[seed % len(names)]), scene, half, seed)


def layer_of(index: int) -> MultiHeadAttention:
    """One attention layer of the offline model, with all its heads, on the processor."""
    return offline.attention_layer(loading.load(offline.NAME), index)


@cache
def _blocks() -> tuple[Block, ...]:
    """The layers of the offline model, as blocks of this project."""
    loaded = loading.load(offline.NAME)
    return tuple(offline.block(loaded, layer) for layer in range(loaded.n_layers))


def _read(text: str) -> Read:
    tokens, hidden = hidden_states(loading.load(offline.NAME), text, at_most=AT_MOST)
    return tokens, hidden.cpu()


def _operands(given: Material) -> tuple:
    trace = self_attend(given.x, given.one_head)
    return trace.queries, trace.keys, trace.values, given.seed


def _table() -> Float[Tensor, "places d_model"]:
    return position_table(loading.load(offline.NAME))


def _positions(given: Material) -> tuple:
    ids = given.read[0].ids
    embedded = embed(loading.load(offline.NAME), ids, range(len(ids))).embedded[0].cpu()
    trace, w = self_attend(given.x, given.one_head), given.one_head.w_query
    found = positions.Given(embedded, _table()[: len(ids)], w, w, trace.queries[0, 0], trace.keys[0, 0], _table)
    return found, given.seed


def _block(given: Material) -> tuple:
    return block.Given(given.read[1][0][None], _blocks(), given.layer, _read(given.second)[1][0][None]), given.seed


def _cost(given: Material) -> tuple:
    whole = layer_of(given.layer)
    return cost.Given(*project_heads(given.x, given.x, whole.maps, whole.n_heads), Sizes(n_kv_heads=4)), given.seed


def _family(given: Material) -> tuple:
    return model_family.Given(half=given.half, scene=given.scene), given.seed


# what the experiments of each lesson take
TAKES: Final[dict[str, Callable[[Material], tuple[Any, ...]]]] = {
    "bottleneck": lambda given: (GradientFlow(seed=given.seed),),
    "looking_back": lambda given: (checkpoints.load_translator("translator-attention"), given.text, given.seed),
    "captioning": lambda given: (given.scene, given.seed),
    "attention": _operands,
    "self_attention": lambda given: (given.x, given.one_head, given.seed),
    "positions": _positions,
    "masks": lambda given: (given.x, given.one_head, given.seed),
    "multi_head": lambda given: (given.x, layer_of(given.layer), given.seed),
    "block": _block,
    "encoder_decoder": lambda given: (checkpoints.load_transformer(offline.TRANSFORMER), given.text, given.seed),
    "vision_transformer": lambda given: (given.pixels, given.seed),
    "cost": _cost,
    "since_2017": lambda given: (since_2017.Given(given.x[0], seed=given.seed), given.seed),
    "model_family": _family,
    "sentence_lab": lambda given: ((*SENTENCES, given.text),),
    "further.pictures": lambda given: (given.pixels, given.seed),
    "further.recall": lambda given: (given.seed,),
}
# what of these neither the seed draws nor somebody brings: a model, and settings
_SET: Final = frozenset({"translator", "layer", "maps"})
_SETTINGS: Final[dict[str, frozenset[str]]] = {
    "bottleneck": frozenset({"length", "gain", "d_hidden", "forget_bias"}),
    "positions": frozenset({"w_x", "w_p", "learned_table", "base", "width", "n_places", "shift"}),
    "cost": frozenset({"sizes"}),
    "since_2017": frozenset({"experts", "active", "rate", "width", "pairs"}),
    "model_family": frozenset({"unseen", "noise", "length", "updates"}),
}


def package_of(claim: Claim) -> str:
    """Whose inputs the experiment of a claim takes: a key of TAKES."""
    _, _, *parts = claim.experiment.__module__.split(".")
    return ".".join(parts[: 2 if parts[0] == "further" else 1])


def tried(claim: Claim, given: Material) -> Finding:
    """Run the experiment of a claim. Raises   ValueError or ModelError in words for what it cannot be tried on."""
    return claim(*TAKES[package_of(claim)](given))


def has_chance(claim: Claim) -> bool:
    """Whether an experiment reads anything that the seed draws, or that somebody brings: else it gives the same for all."""
    code = inspect.unwrap(claim.experiment)
    tree = ast.parse(textwrap.dedent(inspect.getsource(code)))
    settings = _SETTINGS.get(code.__module__.split(".")[2], frozenset())
    given = set(inspect.signature(code).parameters) - _SET
    owners = {id(node.value): node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    return any(
        isinstance(node, ast.Name) and node.id in given and owners.get(id(node)) not in settings
        for node in ast.walk(tree)
    )
