"""What `attend` computed inside a real model: records, kept per context, and heads that are ablated.

Every visitor's run is a thread of one process and the model is shared. So what is recorded and what is ablated lives
in context variables, which threads do not share, and the model itself is never changed.
"""

from collections import Counter
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from types import FrameType
from typing import Literal

from jaxtyping import Float
from torch import Tensor, nn

from core.attention.attend import AttentionTrace
from core.attention.masks import Allowed
from core.attention.projections import ablate as zeroed
from core.models.call_site import call_site
from core.models.errors import ModelError
from core.trace import part, step

FROM_THE_MODEL = ("queries", "keys", "values")
FROM_ATTEND = ("scores", "scaled", "masked", "weights", "output")
WHERE_ON = ("capped", "biased")  # kept beside the masked scores, where the model has a cap or a bias
MATRICES = ("scores", "scaled", *WHERE_ON, "masked", "weights")
TENSORS = FROM_THE_MODEL + FROM_ATTEND


@dataclass(frozen=True)
class RealTrace:
    """One attention call inside a real model: what the model handed over and every step of `attend`."""

    queries: Float[Tensor, "batch heads queries head_dim"] = step("Q", title="Queries", source="vaswani2017")
    keys: Float[Tensor, "batch heads keys head_dim"] = step("K", title="Keys", source="vaswani2017")
    values: Float[Tensor, "batch heads keys value_dim"] = step("V", title="Values", source="vaswani2017")
    attention: AttentionTrace = part()


@dataclass(frozen=True, eq=False)
class Way:
    """What stood between the product of a query and a key and its weight: the arguments of `attend` in one call.

    scale     what products were multiplied by; softcap: into which they were squeezed, None = none.
    bias      what was added, allowed: which keys a query may see, sinks: one more score per head; each None = none.
    """

    scale: float
    softcap: float | None = None
    bias: Float[Tensor, "#batch #heads #queries keys"] | None = None
    allowed: Allowed | None = None
    sinks: Float[Tensor, "heads"] | None = None

    def of_heads(self, heads: list[int]) -> "Way":
        """The same for some heads alone."""
        bias, allowed = (
            each if each is None or each.shape[1] == 1 else each[:, heads] for each in (self.bias, self.allowed)
        )
        return Way(self.scale, self.softcap, bias, allowed, None if self.sinks is None else self.sinks[heads])


@dataclass(frozen=True, eq=False)
class LayerRecord:
    """One attention call of a model. The tensors that were asked for are attributes: `record.weights`.

    index    which attention call of a run of the model it was, from 0; the same layer has the same in every run.
    module   the qualified name of the module in the model it ran in.
    kind     "self" or "cross": whether keys and values come from the same tokens as the queries or from others.
    tensors  name -> tensor, (batch, heads, queries, keys) or (batch, heads, tokens, head_dim).
    way      how a product of queries and keys became a weight, where both of these were asked for.
    """

    index: int
    module: str
    kind: Literal["self", "cross"]
    tensors: dict[str, Tensor]
    way: Way | None = None

    def __getattr__(self, name: str) -> Tensor:
        kept = self.__dict__.get("tensors", {})
        if name in kept:
            return kept[name]
        if name in TENSORS:
            raise AttributeError(f"{name} of layer {self.index} was not asked for: this record keeps {', '.join(kept)}")
        raise AttributeError(f"a layer record has no {name}")

    @property
    def trace(self) -> RealTrace:
        """Everything in the order it was computed, for `core.trace.steps`; nothing may be missing."""
        given = [getattr(self, name) for name in FROM_THE_MODEL]
        computed = {name: getattr(self, name) for name in FROM_ATTEND}
        computed["capped"] = self.tensors.get("capped", self.scaled)
        computed["biased"] = self.tensors.get("biased", computed["capped"])
        return RealTrace(*given, AttentionTrace(**computed))


@dataclass
class _Places:
    """Which attention call of a run each is, counted from 0 since a block began.

    A model that writes a text runs once for each token: there the same layers come again, and keep their places. A layer
    that is called several times in one run, as ALBERT's is, has a place for each time.
    """

    known: dict[tuple[nn.Module, int], int] = field(default_factory=dict)
    times: Counter[nn.Module] = field(default_factory=Counter)
    run: FrameType | None = None

    def of(self, module: nn.Module, run: FrameType) -> int:
        if run is not self.run:
            # kept, so that no later run can be mistaken for it
            self.run, self.times = run, Counter()
        self.times[module] += 1
        return self.known.setdefault((module, self.times[module]), len(self.known))

    def close(self, wishes: Collection[int]) -> None:
        """Let go of the model. Raises ModelError for a place that no call had."""
        calls = len(self.known)
        self.run, self.known, self.times = None, {}, Counter()
        for layer in wishes:
            if not 0 <= layer < calls:
                raise ModelError(f"there is no layer {layer}: {calls} attention calls were made, counted from 0")


@dataclass
class _Recorder:
    """One `record()` block: what it wants and what it has."""

    layers: Collection[int] | None
    heads: list[int] | None
    names: Collection[str]
    records: list[LayerRecord] = field(default_factory=list)
    places: _Places = field(default_factory=_Places)

    def take(self, module: nn.Module, tensors: dict[str, Tensor], way: Way) -> None:
        run, name, kind = call_site(module)
        index = self.places.of(module, run)
        if self.layers is None or index in self.layers:
            wanted = (*self.names, *(WHERE_ON if "masked" in self.names else ()))
            kept = {key: self._own(key, tensor) for key, tensor in tensors.items() if key in wanted}
            way = way if self.heads is None else way.of_heads(self.heads)
            explained = {"queries", "keys"} <= set(self.names)
            self.records.append(LayerRecord(index, name, kind, kept, way if explained else None))

    def _own(self, name: str, tensor: Tensor) -> Tensor:
        """A tensor that keeps nothing else in memory and that the model will not write into."""
        if self.heads is not None:
            _check_heads(self.heads, tensor.shape[1])
            return tensor[:, self.heads]
        return tensor if name in MATRICES else tensor.clone()


@dataclass
class _Ablation:
    """One `ablate()` block: the heads to ablate in each call."""

    heads: dict[int, tuple[int, ...]]
    places: _Places = field(default_factory=_Places)

    def apply(self, module: nn.Module, output: Tensor) -> Tensor:
        heads = self.heads.get(self.places.of(module, call_site(module).run), ())
        _check_heads(heads, output.shape[1])
        return zeroed(output, heads) if heads else output


_recorders: ContextVar[tuple[_Recorder, ...]] = ContextVar("recorders", default=())
_ablations: ContextVar[tuple[_Ablation, ...]] = ContextVar("ablations", default=())


@contextmanager
def record(
    layers: Collection[int] | None = None,
    heads: Collection[int] | None = None,
    tensors: Collection[str] | None = None,
) -> Iterator[list[LayerRecord]]:
    """Record the attention calls that models make in this block and this context; blocks may be nested.

    layers    which attention calls of a run to keep, counted from 0; None = all. A model that writes a text runs once for
              each token, and each run is kept.
    heads     which heads to keep, in this order; None = all.
    tensors   which of TENSORS to keep; None = all. Only what is asked for stays in memory.
    Yields    the list that fills up, in call order.
    Raises    ValueError for a tensor, ModelError for a head or a layer that does not exist (a layer: at the end).
    """
    names = TENSORS if tensors is None else tuple(tensors)
    if unknown := set(names) - set(TENSORS):
        raise ValueError(f"there is no tensor {', '.join(sorted(unknown))}: choose from {', '.join(TENSORS)}")
    recorder = _Recorder(layers, None if heads is None else list(heads), names)
    token = _recorders.set((*_recorders.get(), recorder))
    try:
        yield recorder.records
    finally:
        _recorders.reset(token)
    recorder.places.close(layers or ())


@contextmanager
def ablate(pairs: Collection[tuple[int, int]]) -> Iterator[None]:
    """Silence heads in this block and this context: their output is 0. The shared model is not touched.

    pairs    (layer, head), the layer being the attention call of a run, counted from 0, as in `record`. A model that
             writes a text is silenced at every token.
    Raises   ModelError for a head or a layer that does not exist (a layer: at the end).
    """
    heads: dict[int, tuple[int, ...]] = {}
    for layer, head in pairs:
        heads[layer] = (*heads.get(layer, ()), head)
    ablation = _Ablation(heads)
    token = _ablations.set((*_ablations.get(), ablation))
    try:
        yield
    finally:
        _ablations.reset(token)
    ablation.places.close(heads)


def pass_on(
    module: nn.Module, queries: Tensor, keys: Tensor, values: Tensor, trace: AttentionTrace, way: Way
) -> Tensor:
    """Hand a finished attention call to the blocks that are open in this context.

    Returns   (batch, heads, queries, value_dim), the output with which the model goes on: ablated heads deliver 0.
    """
    output = trace.output
    for ablation in _ablations.get():
        output = ablation.apply(module, output)
    for recorder in _recorders.get():
        recorder.take(
            module,
            {
                "queries": queries,
                "keys": keys,
                "values": values,
                "scores": trace.scores,
                "scaled": trace.scaled,
                **({} if trace.capped is trace.scaled else {"capped": trace.capped}),
                **({} if trace.biased is trace.capped else {"biased": trace.biased}),
                "masked": trace.masked,
                "weights": trace.weights,
                "output": output,
            },
            way,
        )
    return output


def _check_heads(heads: Collection[int], n_heads: int) -> None:
    for head in heads:
        if not 0 <= head < n_heads:
            raise ModelError(f"there is no head {head}: this layer has {n_heads}, counted from 0")
