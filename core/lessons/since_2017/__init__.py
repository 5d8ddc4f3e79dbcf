"""Lesson 13: what changed since 2017. Norms, their place, gates and experts on a few numbers; what replaces attention."""

from dataclasses import dataclass
from functools import lru_cache

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn.functional import silu

from core.experiments.measure import largest
from core.experiments.since_2017 import memory
from core.experiments.since_2017.gates import by_two_units, drawn_gate, growth, relu_directions
from core.experiments.since_2017.given import Given
from core.experiments.since_2017.norms import layered, rooted
from core.lessons.material import Rows
from core.lessons.shown import Matrices, Shown
from core.lessons.since_2017 import plans
from core.lessons.since_2017.traces import GateTrace, MemoryTrace, NormsTrace, ProductTrace, SkipsTrace
from core.numerals import rounded, written
from core.seeded import seeded
from core.trace import matrices, part, steps
from core.transformer.design import NOW, THEN, Cost, Design, counted, hidden_width
from core.transformer.experts import Experts, ExpertsTrace
from core.transformer.feed_forward import FeedForward

REACH = 2.0  # products are shown of numbers from -REACH to REACH
ROUNDING = 1e-3  # what moves by less has not moved: the norms add a small number below their roots

PAIRS = memory.Settings()
WORDS = ("the", "cat", "sat", "down")
NUMBERS: Rows = ((1, 0, 2, 0, 1, -1), (0, 1, 0, 2, -1, 1), (1, 1, 0, 0, 2, 0), (2, -1, 1, 0, 0, 1))


@dataclass(frozen=True)
class Settings:
    """What the learner may change.

    scale, shift   what all numbers are multiplied by, and what is added to each.
    strength       what F is multiplied by; with 0 it is nothing.
    units          of the ReLU network that makes products.
    experts        how many there are; active: how many each token asks.
    seed           of the weights of F, of the gate and of the experts, which nobody trained.
    pairs          how pairs are written and kept.
    design         the block that stands beside that of 2017; d_model, n_tokens: for which its parts are counted.
    """

    scale: float = 2.0
    shift: float = 1.0
    strength: float = 0.0
    units: int = 8
    experts: int = 8
    active: int = 2
    seed: int = 0
    pairs: memory.Settings = PAIRS
    design: Design = NOW
    d_model: int = 768
    n_tokens: int = 512


@dataclass(frozen=True)
class Trace:
    """The whole lesson on a few numbers."""

    norms: NormsTrace = part()
    skips: SkipsTrace = part()
    gates: GateTrace = part()
    products: ProductTrace = part()
    experts: ExpertsTrace = part(ff_in="x")
    memory: MemoryTrace = part()


@dataclass(frozen=True, eq=False)
class Lesson:
    """What the parts do.

    load           (experts,): the share of all choices that fell on each.
    costs          of the block of 2017 and of the one beside it.
    recall         what is kept of pairs, and what is still found of them.
    hidden         hidden numbers of the gate.
    swiglu_ratio   how many times longer what SwiGLU makes of twice the input is; relu_ratio: of a ReLU network.
    """

    settings: Settings
    trace: Trace
    load: Float[Tensor, "experts"]
    recall: memory.Recall
    costs: tuple[Cost, Cost]
    hidden: int
    swiglu_ratio: float
    relu_ratio: float

    @property
    def scale(self) -> float:
        """What all numbers are multiplied by."""
        return self.settings.scale

    @property
    def shift(self) -> float:
        """What is added to all numbers."""
        return self.settings.shift

    @property
    def layer_says(self) -> str:
        """What LayerNorm says to scale and shift."""
        return said_moved(largest(self.trace.norms.layered - self.trace.norms.layered_before))

    @property
    def root_says(self) -> str:
        """What RMSNorm says to them."""
        return said_moved(largest(self.trace.norms.rooted - self.trace.norms.rooted_before))

    @property
    def pre_says(self) -> str:
        """What a pre-norm block makes of its input."""
        return said_passed(largest(self.trace.skips.pre - self.trace.norms.x), self.settings.strength)

    @property
    def post_says(self) -> str:
        """What a post-norm block makes of it."""
        return said_passed(largest(self.trace.skips.post - self.trace.norms.x), self.settings.strength)

    @property
    def again_says(self) -> str:
        """What a second post-norm block makes of what the first one made."""
        post = self.trace.skips.post
        moved = largest(self.trace.skips.again - post)
        if self.settings.strength:
            return f"moves what it reads by up to {rounded(moved)}"
        if moved > ROUNDING:
            return (
                f"with F = 0 still moves it by up to {rounded(moved)}: numbers this close to each other do not come to deviation "
                "1 at once, since a norm adds a little below its root"
            )
        passed = f"with F = 0 passes that through, to within {written(moved, '.0e')}"
        return passed + (": what is normalised stays so when it is normalised again" if post.any(-1).all() else "")

    @property
    def doubled_says(self) -> str:
        """What SwiGLU, and what a ReLU network without biases, makes of twice the input."""
        gated, plain = (said_longer(ratio) for ratio in (self.swiglu_ratio, self.relu_ratio))
        return f"Double the input, and what comes out {gated}; of a ReLU network without biases it {plain}"

    @property
    def gate_error(self) -> float:
        """How far two units of SwiGLU are from the product, at most."""
        return largest(self.trace.products.by_gate - self.trace.products.product)

    @property
    def relu_error(self) -> float:
        """The mean squared error of the ReLU network."""
        return (self.trace.products.by_relu - self.trace.products.product).square().mean().item()

    @property
    def units(self) -> int:
        """Of the ReLU network."""
        return self.settings.units

    @property
    def changes(self) -> int:
        """How many of five choices differ from those of 2017."""
        return len(THEN.unlike(self.settings.design))

    @property
    def then(self) -> Cost:
        """What the block of 2017 costs."""
        return self.costs[0]

    @property
    def now(self) -> Cost:
        """What the one beside it costs."""
        return self.costs[1]

    @property
    def width(self) -> int:
        """Numbers in a key."""
        return self.settings.pairs.width

    @property
    def kept(self) -> int:
        """Pairs that were written."""
        return memory.MOST * (2 if self.settings.pairs.rewritten else 1)

    @property
    def newest_says(self) -> str:
        """What is found of the newest pairs alone, and why."""
        _, linear, delta = self.recall.newest.tolist()
        why = ": what it writes for one key spoils what older ones left, where a sum treats all alike"
        return (
            f"Of the newest {memory.EVERY} alone, at the end, the delta rule finds {delta:.2f}, linear attention {linear:.2f}"
            f"{why if delta > linear else ''}."
        )

    @property
    def all_kept(self) -> int:
        """Numbers that softmax keeps at the end."""
        return 2 * self.kept * self.width

    @property
    def fixed(self) -> int:
        """Numbers in a table of fixed size."""
        return self.width**2

    @property
    def idle(self) -> int:
        """Experts that no token asks."""
        return int((self.load == 0).sum())


def said_moved(by: float) -> str:
    """Whether a norm took notice, in words."""
    return "it does not notice" if by <= ROUNDING else f"its rows move by up to {rounded(by)}"


def said_longer(ratio: float) -> str:
    """How much longer something became that was doubled where it went in, in words; 0 where nothing comes out."""
    return f"has {ratio:.2f} times its length" if ratio else "is 0 as before"


def said_passed(by: float, strength: float) -> str:
    """Whether a block passed its input through, in words."""
    if by == 0:
        return "with F = 0 what comes out is X itself, to the last digit" if not strength else "it is X itself"
    if by <= ROUNDING:
        return f"{'what comes out' if strength else 'with F = 0 what comes out'} is X, to within {written(by, '.0e')}"
    return f"what comes out differs from X by up to {rounded(by)}" + (", although F = 0" if not strength else "")


def norms(x: Float[Tensor, "batch tokens d_model"], scale: float, shift: float) -> NormsTrace:
    """Scale and shift, then normalise in both ways."""
    moved = scale * x + shift
    before = layered(x), rooted(x)
    layered_rows = layered(moved)
    rooted_rows = rooted(moved)
    return NormsTrace(x, moved, before[0], layered_rows, before[1], rooted_rows)


def moved_by(x: Float[Tensor, "batch tokens d_model"], shift: float) -> tuple[float, float]:
    """How far LayerNorm's rows move, and RMSNorm's, when this is added to every number."""
    return largest(layered(x + shift) - layered(x)), largest(rooted(x + shift) - rooted(x))


def skips(x: Float[Tensor, "batch tokens d_model"], network: FeedForward, strength: float) -> SkipsTrace:
    """The same F in a pre-norm block and in two post-norm blocks."""

    def f(rows: Float[Tensor, "batch tokens d_model"]) -> Float[Tensor, "batch tokens d_model"]:
        return strength * network(rows).ff_out

    pre = x + f(layered(x))
    post = layered(x + f(x))
    again = layered(post + f(post))
    return SkipsTrace(pre, post, again)


def gated_network(x: Float[Tensor, "batch tokens d_model"], network: FeedForward) -> GateTrace:
    """SwiGLU, panel by panel."""
    w_1, w_2 = network.expand.weight.T, network.contract.weight.T
    w_3 = x.new_zeros(w_1.shape) if network.up is None else network.up.weight.T
    gate = silu(x @ w_1)
    up = x @ w_3
    gated = gate * up
    down = gated @ w_2
    return GateTrace(gate, up, gated, down)


def products(n_units: int) -> ProductTrace:
    """The product of two numbers by two units of SwiGLU and by ReLU units."""
    numbers = torch.linspace(-REACH, REACH, 9, dtype=torch.float64)
    a, b = torch.meshgrid(numbers, numbers, indexing="ij")
    product = a * b
    by_gate = by_two_units(a, b)
    w_1, w_2 = relu_directions(n_units, a, b)
    by_relu = (torch.stack([a, b], dim=-1) @ w_1).relu() @ w_2
    return ProductTrace(product[None], by_gate[None], by_relu[None, ..., 0])


@lru_cache(maxsize=64)
def untrained(width: int, n_experts: int, active: int, seed: int) -> tuple[FeedForward, FeedForward, Experts]:
    """F, the gate and the experts, with weights drawn from a seed."""
    hidden = hidden_width("SwiGLU", width)
    with seeded(seed):
        network = FeedForward(width, 4 * width, "relu")
        experts = Experts(width, hidden, n_experts, active, "swiglu")
    return network, drawn_gate(width, seed), experts


@lru_cache(maxsize=256)
def cost(design: Design, d_model: int, n_tokens: int) -> Cost:
    """What a block costs, counted once."""
    return counted(design, d_model, n_tokens)


def costs(settings: Settings) -> tuple[Cost, Cost]:
    """What the block of 2017 and the one beside it cost."""
    then, now = (cost(design, settings.d_model, settings.n_tokens) for design in (THEN, settings.design))
    return then, now


@lru_cache(maxsize=128)
def remembered(settings: memory.Settings) -> memory.Recall:
    """What is still found of pairs drawn from a seed."""
    return memory.recall(settings)


@torch.no_grad()
def run(rows: Rows, settings: Settings) -> Lesson:
    """Take a few tokens through all parts. Raises ValueError where more experts are to be asked than there are."""
    x = torch.tensor(rows, dtype=torch.float32)[None]
    network, gate, experts = untrained(x.shape[-1], settings.experts, settings.active, settings.seed)
    recalled = remembered(settings.pairs)
    routed = experts(x)
    trace = Trace(
        norms(x, settings.scale, settings.shift),
        skips(x, network, settings.strength),
        gated_network(x, gate),
        products(settings.units),
        routed,
        MemoryTrace(recalled.state[None], recalled.corrected[None]),
    )
    with torch.device("meta"):  # its weights are those of F, none are drawn
        relu = FeedForward(x.shape[-1], 4 * x.shape[-1], "relu", bias=False)
    kept = {name: weight for name, weight in network.state_dict().items() if "weight" in name}
    relu.load_state_dict(kept, assign=True)
    return Lesson(
        settings,
        trace,
        routed.load,
        recalled,
        costs(settings),
        gate.expand.out_features,
        growth(gate, x),
        growth(relu, x),
    )


def beside(result: Lesson) -> Matrices:
    """What figures show beside the trace."""
    return {
        "load": result.load[None].numpy(),
        "found": result.recall.found.numpy(),
        "sizes": plans.sizes(result.costs),
    }


def axes(words: tuple[str, ...], settings: Settings) -> dict[str, list[str]]:
    """The words of all axes."""
    tokens = list(words)
    across = [written(-REACH + at * REACH / 4, "g") for at in range(9)]
    return {
        "queries": tokens,
        "keys": tokens,
        "tokens": tokens,
        "first": [f"a = {number}" for number in across],
        "second": [f"b = {number}" for number in across],
        "experts": [f"expert {number}" for number in range(settings.experts)],
        "all": ["all tokens"],
        "kinds": list(memory.KINDS),
        "parts": list(plans.PARTS),
        "head_dim": [str(at) for at in range(settings.pairs.width)],
    }


def shown(words: tuple[str, ...], rows: Rows, settings: Settings) -> Shown:
    """All that the figures show."""
    result = run(rows, settings)
    return Shown(matrices(steps(result.trace)) | beside(result), dict(axes(words, settings)))


def given(result: Lesson) -> Given:
    """What the experiments are given."""
    chosen = result.settings
    x, pairs = result.trace.norms.x[0], chosen.pairs
    return Given(x, chosen.experts, chosen.active, pairs.rate, pairs.width, seed=chosen.seed)
