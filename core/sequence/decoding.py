"""Turning a decoder's scores into text: greedily or with a beam, freely or with steps that somebody forces."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import torch
from jaxtyping import Float
from torch import Tensor

from core.sequence.decoder import Decoder, DecoderStep, Source
from core.trace import steps


@dataclass(frozen=True)
class Room:
    """What can be forced on a decoder.

    n_source   places that it looks at; longest: tokens that it writes at most.
    never      marks among the tokens that nobody writes.
    """

    n_source: int
    longest: int
    vocab_size: int
    never: tuple[int, ...] = ()

    def writes(self, step: int, id_: int) -> bool:
        """Whether this token can be written at this step."""
        return step < self.longest and id_ < self.vocab_size and id_ not in self.never

    def looks(self, step: int, place: int) -> bool:
        """Whether there is this place to be looked at, at this step."""
        return step < self.longest and place < self.n_source


@dataclass(frozen=True)
class Interventions:
    """What somebody forces on the decoder; everything before the first forced step stays as it was.

    tokens   (step, id): this token is written at that step.
    rows     (step, weights): at that step these weights over the source take the place of the model's own.
    temperature   what scores are divided by at every step.
    """

    tokens: tuple[tuple[int, int], ...] = ()
    rows: tuple[tuple[int, tuple[float, ...]], ...] = ()
    temperature: float = 1.0

    @property
    def forces(self) -> bool:
        """Whether a word or a row of weights is forced."""
        return bool(self.tokens or self.rows)

    def fitting(self, room: Room) -> "Interventions":
        """What of the wishes can be: a link may name steps and tokens that there are not, or marks that nobody writes."""
        return Interventions(
            tuple((at, id_) for at, id_ in self.tokens if room.writes(at, id_)),
            tuple((at, row) for at, row in self.rows if at < room.longest and len(row) == room.n_source),
            self.temperature,
        )

    def row_for_each(self, n_steps: int, n_source: int) -> Float[Tensor, "target source"]:
        """The forced rows under each other; that of a step at which none is forced is no number. Raises as `check`."""
        self.check(n_source)
        rows = torch.full((n_steps, n_source), torch.nan)
        for place, row in self.rows:
            if place < n_steps:
                rows[place] = rows.new_tensor(row)
        return rows

    def check(self, n_source: int) -> None:
        """Raise ValueError in words where a forced row does not fit the source."""
        for place, row in self.rows:
            if len(row) != n_source:
                raise ValueError(
                    f"the row forced at step {place} has {len(row)} weights and what is read has {n_source} places: "
                    "give one weight for each"
                )


NO_INTERVENTIONS = Interventions()


def tempered(trace: object, temperature: float) -> dict[str, str]:
    """The formulas that a temperature other than 1 changes, by the name of their step; none where nothing is scored."""
    energies = [each for each in steps(trace) if each.name == "energies" and temperature != 1]
    return {each.name: rf"\frac{{1}}{{T}}\,{each.formula}" for each in energies}


def all_weight_on(place: int, n_source: int) -> tuple[float, ...]:
    """A row that gives one source piece everything."""
    return tuple(float(other == place) for other in range(n_source))


@dataclass(frozen=True)
class Written:
    """What the decoder wrote for one sentence: the tokens, its mark of the end among them, and every step.

    logits   for each step, before the token was chosen.
    forced   the rows of weights that were forced, with their steps.
    """

    ids: tuple[int, ...]
    steps: tuple[DecoderStep, ...]
    logits: Float[Tensor, "target vocab_size"]
    forced: tuple[tuple[int, tuple[float, ...]], ...] = ()


@dataclass(frozen=True)
class Node:
    """One token of a beam's tree.

    parent   the place of the node before it in the tree; None at the first step.
    score    log probability of the whole line up to here, in nats.
    kept     whether the beam followed it further, or it ended a line.
    """

    parent: int | None
    step: int
    id: int
    score: float
    kept: bool


@dataclass(frozen=True)
class Tree:
    """All that a beam looked at, in the order it did.

    ended   the places of the last tokens of the lines it chose from: those with the mark of the end, and those that were
            followed when the limit came.
    best    that of the line that won.
    """

    nodes: tuple[Node, ...]
    ended: tuple[int, ...]
    best: int

    def line(self, place: int) -> list[int]:
        """The ids from the first step to a node."""
        ids = []
        at: int | None = place
        while at is not None:
            ids.append(self.nodes[at].id)
            at = self.nodes[at].parent
        return ids[::-1]


@torch.inference_mode()
def greedy(
    model: Decoder,
    source: Source,
    start: int,
    end: int,
    max_tokens: int,
    interventions: Interventions = NO_INTERVENTIONS,
) -> Written:
    """Write one sentence, at each step the likeliest token, until the end mark or max_tokens."""
    tokens, rows = dict(interventions.tokens), dict(interventions.rows)
    state, previous, ids, steps, logits = source.first_state, start, [], [], []
    while len(ids) < max_tokens and (not ids or ids[-1] != end):
        embedded = model.embedding.weight[previous][None]
        row = rows.get(len(ids))
        forced = None if row is None else torch.tensor([row], dtype=state.dtype, device=state.device)
        steps.append(model.step(source, embedded, state, forced, interventions.temperature))
        state = steps[-1].decoder_state
        logits.append(model.logits(state, steps[-1].context, embedded)[0])
        previous = tokens.get(len(ids), int(logits[-1].argmax()))
        ids.append(previous)
    forced_rows = tuple((place, row) for place, row in rows.items() if place < len(ids))
    return Written(tuple(ids), tuple(steps), torch.stack(logits), forced_rows)


@torch.inference_mode()
def greedy_many(model: Decoder, source: Source, start: int, end: int, max_tokens: int) -> list[list[int]]:
    """Write many sentences side by side, at each step the likeliest token; what follows an end mark is left out."""
    state = source.first_state
    previous = torch.full((len(state),), start, device=state.device)
    columns: list[Tensor] = []
    ended = torch.zeros_like(previous, dtype=torch.bool)
    while len(columns) < max_tokens and not ended.all():
        embedded = model.embedding(previous)
        step = model.step(source, embedded, state)
        state = step.decoder_state
        previous = model.logits(state, step.context, embedded).argmax(-1)
        columns.append(previous)
        ended = ended | (previous == end)
    lines = torch.stack(columns, dim=1).tolist()
    return [line[: line.index(end)] if end in line else line for line in lines]


@torch.inference_mode()
def beam(
    model: Decoder,
    source: Source,
    start: int,
    end: int,
    max_tokens: int,
    width: int,
    interventions: Interventions = NO_INTERVENTIONS,
) -> Tree:
    """Follow the `width` likeliest lines at once; the line with the highest log probability per token wins.

    Source: Sutskever, Vinyals and Le 2014, section 3.2; the division by the length as Bahdanau et al. 2015 leave it out
    and Wu et al. 2016, section 7, put it in.
    """
    rows = dict(interventions.rows)
    states = source.first_state

    def scores(step: int, ids: list[int], follows: list[int]) -> Tensor:
        nonlocal states
        embedded = model.embedding(torch.tensor(ids, device=states.device))
        row = rows.get(step)
        forced = None if row is None else states.new_tensor([row]).expand(len(ids), -1)
        lines = _repeated(source, len(ids))
        taken = model.step(lines, embedded, states[follows], forced, interventions.temperature)
        states = taken.decoder_state
        return model.logits(states, taken.context, embedded)

    return search(scores, start, end, max_tokens, width, dict(interventions.tokens))


def search(
    scores: Callable[[int, list[int], list[int]], Tensor],
    start: int,
    end: int,
    max_tokens: int,
    width: int,
    tokens: Mapping[int, int],
) -> Tree:
    """The beam itself, whatever makes the scores.

    scores   of the step, the last token of every line, and which line of the step before each goes on from: scores of what
             comes next, (lines, vocab_size).
    tokens   what is written at a step, whatever is likely.
    """
    nodes: list[Node] = []
    alive: list[int | None] = [None]
    follows = [0]
    ended: list[int] = []
    for step in range(max_tokens):
        steps = scores(step, [start if at is None else nodes[at].id for at in alive], follows).log_softmax(-1)
        before = [0.0 if at is None else nodes[at].score for at in alive]
        chosen = (
            [[tokens[step]]] * len(alive) if step in tokens else steps.topk(min(width, steps.shape[1])).indices.tolist()
        )
        found = [
            (place, Node(at, step, id_, before[place] + float(steps[place, id_]), kept=False))
            for place, at in enumerate(alive)
            for id_ in chosen[place]
        ]
        found.sort(key=lambda one: -one[1].score)
        follow = []
        for rank, (place, node) in enumerate(found):
            if rank < width:
                node = replace(node, kept=True)
                if node.id == end or step == max_tokens - 1:
                    ended.append(len(nodes))
                else:
                    follow.append((len(nodes), place))
            nodes.append(node)
        if not follow or len(ended) >= width:
            for at, _ in follow:
                nodes[at] = replace(nodes[at], kept=False)  # the search stops here
            break
        alive = [at for at, _ in follow]
        follows = [place for _, place in follow]
    return Tree(tuple(nodes), tuple(ended), max(ended, key=lambda at: nodes[at].score / (nodes[at].step + 1)))


def _repeated(source: Source, times: int) -> Source:
    return Source(
        _rows(source.encoder_states, times),
        None if source.keys is None else _rows(source.keys, times),
        _rows(source.allowed, times),
        None if source.summary is None else _rows(source.summary, times),
        _rows(source.first_state, times),
    )


def _rows(tensor: Tensor, times: int) -> Tensor:
    return tensor.expand(times, *[-1] * (tensor.dim() - 1))


@torch.inference_mode()
def weights_of(
    model: Decoder, source: Source, start: int, target: tuple[int, ...], *, knowing: bool
) -> Float[Tensor, "target source"]:
    """The attention weights for one target sentence that is given, token by token.

    knowing   False: the decoder's own weights, made before the token is known. True: after it is known, by Bayes' rule:
              weight times the probability of the token if the context were that source position alone.
    Raises    ValueError for a decoder without attention.
    """
    n_source = source.encoder_states.shape[1]
    state, previous, rows = source.first_state, start, []
    for token in target:
        embedded = model.embedding.weight[previous][None]
        attention = model.look_back(source, embedded, state)
        log_weights = attention.masked[0, 0, 0].log_softmax(-1)
        if knowing:
            repeated = embedded.expand(n_source, -1)
            there = model.advance(repeated, source.encoder_states[0], state.expand(n_source, -1))
            likely = model.logits(there, source.encoder_states[0], repeated).log_softmax(-1)[:, token]
            log_weights = (log_weights + likely).log_softmax(-1)
        rows.append(log_weights.exp())
        state, previous = model.advance(embedded, attention.output[:, 0, 0], state), token
    return torch.stack(rows)
