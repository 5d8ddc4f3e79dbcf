"""The writing lab: a model goes on with a text, or writes behind a source, and every number of every step is kept."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Final, Literal, get_args

import torch
from jaxtyping import Float
from torch import Tensor

from core.analysis.sampling import Ranked, Sampling, draws, ranked
from core.export import doors
from core.lessons.shown import Shown, call
from core.models import lens
from core.models.among import picture_token
from core.models.halves import halves_of
from core.models.languages import Languages
from core.models.loaded import Group, LoadedModel
from core.models.picture_source import PictureSource
from core.models.source import Source, read_source
from core.models.spelled import Spelled, spelled
from core.models.tokens import tokenize
from core.models.writer import Writer, among_of, limit
from core.numerals import how_many

ROOM: Final = 64  # tokens that can be written behind a text that is too long for the model
LISTED: Final = 64  # of the likeliest tokens that are named
SEEN_THROUGH: Final = 3  # guesses of each layer that the lens shows
Part = Literal["the end", "the start"]
PARTS: Final = get_args(Part)  # of a beginning that is too long


@dataclass(frozen=True)
class Beginning:
    """What is written on from.

    ids        its tokens, the mark of the beginning among them; marked: whether it is.
    total      tokens of the text that was typed; used: so many of them are read.
    broken     how many of them are parts of a letter, or stand for what the vocabulary has nothing for.
    """

    ids: tuple[int, ...]
    marked: bool
    total: int
    used: int
    broken: int


@dataclass(frozen=True)
class Asked:
    """How it is written on.

    count    tokens at most; forced: those that the learner chose, by their place behind the beginning.
    seed     of the draws.
    """

    count: int = 0
    sampling: Sampling = field(default_factory=Sampling)
    seed: int = 0
    forced: Mapping[int, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Written:
    """A text. begun: tokens of the beginning; ended: whether the model ended it; full: whether it can hold no more."""

    ids: tuple[int, ...]
    begun: int
    ended: bool
    full: bool


def start_mark(loaded: LoadedModel) -> int | None:
    """The token with which texts of this model begin; None where its tokenizer names none."""
    number = loaded.text_tokenizer.bos_token_id
    return number if isinstance(number, int) else None


def begin(loaded: LoadedModel, text: str, *, marked: bool = True, part: Part = "the end") -> Beginning:
    """The tokens of a beginning. Of a text that is too long a part is read, so that something can be written behind it.

    marked   whether the token that begins a text stands before it, where there is one.
    Raises   ValueError for a text without tokens where no mark stands before it, or one that is far too long.
    """
    mark, most = start_mark(loaded) if marked else None, limit(loaded)
    if not text and mark is not None:
        return Beginning((mark,), True, 0, 0, 0)
    room = most - (mark is not None)
    tokens = tokenize(loaded, text)
    if tokens.total >= room:
        keep = max(1, room - min(ROOM, most // 2))
        added = len(tokens.ids) - tokens.used
        start = max(0, tokens.total - keep) if part == "the end" else 0
        tokens = tokenize(loaded, text, start=start, at_most=keep + added)
    ids = tokens.ids[: len(tokens.ids) - _closing(loaded)]
    first = start_mark(loaded)
    if first is not None and ids[:1] == (first,):
        ids = ids[1:]
    read = spelled(loaded, ids)
    ids = (*(() if mark is None else (mark,)), *ids)
    return Beginning(ids, mark is not None, tokens.total, tokens.used, sum(each.broken for each in read))


def look_back(
    loaded: LoadedModel, text: str, *, part: Part = "the end", languages: Languages | None = None
) -> tuple[Source, Beginning]:
    """The source of an encoder-decoder, and what it begins to write with. Raises as `read_source`."""
    source = read_source(loaded, text, languages)
    tokens = source.tokens
    if tokens.used < tokens.total and part == "the end":
        source = read_source(loaded, text, languages, start=tokens.total - tokens.used)
    broken = sum(each.broken for each in spelled(loaded, source.tokens.ids))
    return source, Beginning(source.start, False, tokens.total, tokens.used, broken)


def written_as(loaded: LoadedModel, ids: Sequence[int]) -> list[Spelled]:
    """What each of the tokens that a model writes says."""
    return spelled(loaded, ids, source=loaded.kind != "encoder-decoder")


def calls(loaded: LoadedModel, group: Group) -> list[int]:
    """Where the layers of a part stand among all that attend while a text is written: a source was read or seen before."""
    writing = [each for each in loaded.groups if each != "encoder"]
    group = group if group in writing else "decoder"  # a picture among the tokens is looked at where these are
    return [place for place, each in enumerate(writing) if each == group]


def heads(writer: Writer, group: Group) -> int:
    """Heads in the first layer of a part of a model that has read a token."""
    return len((writer.cross if group == "cross" else writer.weights)(0)[0])


def _closing(loaded: LoadedModel) -> int:
    """How many tokens the tokenizer sets behind every text: who goes on with a text must not read its end."""
    tokenizer = loaded.text_tokenizer
    alone, closed = (list(tokenizer("a", add_special_tokens=each)["input_ids"]) for each in (False, True))
    begins = next((at for at in range(len(closed)) if closed[at : at + len(alone)] == alone), 0)
    return len(closed) - begins - len(alone)


def ends(loaded: LoadedModel) -> frozenset[int]:
    """The tokens with which this model ends a text."""
    if (halves := halves_of(loaded.model)) is not None:
        return halves.ends
    places = (getattr(loaded.model, "generation_config", None), loaded.model.config, loaded.text_tokenizer)
    found: set[int] = set()
    for place in places:
        told = getattr(place, "eos_token_id", None)
        found |= {told} if isinstance(told, int) else set(told or ())
    return frozenset(found)


def write(writer: Writer, begun: tuple[int, ...], asked: Asked) -> Written:
    """Go on token by token; a forced one takes the place of one that is drawn. Before one of a second picture the text ends."""
    ids, most, final = list(begun), limit(writer.loaded, writer.source), ends(writer.loaded)
    shares, ended, of_picture = draws(asked.seed), False, picture_token(writer.loaded)
    for place in range(asked.count):
        if len(ids) >= most or ended:
            break
        if place in asked.forced:
            ids.append(asked.forced[place])
        else:
            if not writer.has_read(ids):
                writer.read(ids)
            read, share = len(ids) - 1, shares[place % len(shares)]
            draw = partial(_drawn, writer, read, asked.sampling, share)
            ids.append(writer.drawn(read, (asked.sampling, share), draw))
        ended = ids[-1] in final
        if ids[-1] == of_picture:
            ids, ended = ids[:-1], True
    writer.read(ids)
    return Written(tuple(ids), len(begun), ended, len(ids) >= most)


def _drawn(writer: Writer, read: int, sampling: Sampling, share: float) -> int:
    return ranked(writer.scores(read), sampling).drawn(share)


@dataclass(frozen=True, eq=False)
class Moment:
    """What stood behind the choice of one token: what the model computed when it had read those before it.

    place       of the token: 0 is the first one of the text, of which nothing was expected.
    ranked      all tokens, the likeliest first.
    weights     of every head, for the last token that was read: what it spent on each token so far.
    cross       the same on each token of the source, where there is one.
    through     the scores that the lens finds before each layer and behind the last; None where it does not fit.
    """

    place: int
    ranked: Ranked
    weights: tuple[Float[Tensor, "heads keys"], ...]
    cross: tuple[Float[Tensor, "heads source"], ...]
    through: Float[Tensor, "depth vocab_size"] | None


def moment(writer: Writer, place: int, sampling: Sampling) -> Moment:
    """What stood behind the choice of the token at a place; the place behind the last token is that of the next one."""
    read = place - 1
    scores = writer.scores(read)
    return Moment(
        place,
        ranked(scores, sampling),
        tuple(each.cpu() for each in writer.weights(read)),
        tuple(each.cpu() for each in writer.cross(read)),
        lens.lens(writer.loaded, writer.states(read), scores),
    )


@dataclass(frozen=True)
class Layer:
    """What the lens sees before a layer or behind the last: (name of a token, probability), and the same of one token."""

    guesses: tuple[tuple[str, float], ...]
    chosen: float | None


def layers(loaded: LoadedModel, seen: Moment, chosen: int | None) -> list[Layer]:
    """The lens as it is shown. chosen: the token that stands there, if one does."""
    if seen.through is None:
        return []
    shares = seen.through.softmax(-1).cpu()
    best = shares.topk(min(SEEN_THROUGH, shares.shape[-1]))
    return [
        Layer(
            tuple(zip((each.name for each in written_as(loaded, ids)), values, strict=True)),
            None if chosen is None else float(shares[row, chosen]),
        )
        for row, (ids, values) in enumerate(zip(best.indices.tolist(), best.values.tolist(), strict=True))
    ]


def shown(
    run: tuple[Float[Tensor, "tokens vocab_size"], Float[Tensor, "layers heads queries keys"]],
    ids: tuple[int, ...],
    place: int,
    sampling: Sampling,
    names: tuple[str, ...],
    words: tuple[str, ...],
    source: tuple[str, ...] = (),
) -> Shown:
    """All that the figures show, from a whole run over a text.

    run     the scores after each token, and the weights of all heads.
    place   the token whose choice is looked at; names: of the likeliest tokens there; words: of the text.
    source  the words that are looked back at, where the weights are of that.
    """
    scores, weights = run
    surprise = -scores.log_softmax(-1)[:-1].gather(1, torch.tensor(ids)[1:, None])[:, 0] / torch.tensor(2.0).log()
    best = ranked(scores[place - 1], sampling)
    keys = source or words[:place]
    heads = weights[:, :, place - 1, : len(keys)].flatten(0, 1)
    tensors = {
        "weights": heads.numpy(),
        "bits": torch.cat([torch.full((1,), torch.nan), surprise])[:, None].numpy(),
        "probabilities": best.probabilities[: len(names), None].float().numpy(),
    }
    n_heads = weights.shape[1]
    rows = [f"{each // n_heads}.{each % n_heads}" for each in range(len(heads))]
    return Shown(tensors, {"queries": rows, "keys": keys, "tokens": words, "next": names})


def again(
    writer: Writer,
    written: Written,
    seen: Moment,
    sampling: Sampling,
    names: tuple[str, ...],
    words: tuple[str, ...],
    source: tuple[str, ...] = (),
) -> partial[Shown]:
    """The call of `shown` by the library alone. source: the words that the heads look back at, where these are shown."""
    loaded = writer.loaded
    model, ids = (loaded.name, type(loaded.model).__name__), list(written.ids)
    if isinstance(writer.source, PictureSource):
        raise ValueError(f"{loaded.name} looked at a picture: writing_lab.pictures.again makes that once more")
    if writer.source is None:
        run = call(doors.run_of_text, *model, ids)
    else:
        inputs = {name: rows.tolist() for name, rows in writer.source.inputs.items()}
        run = call(doors.run_of_source, *model, inputs, ids, "cross_attentions" if source else "decoder_attentions")
    return call(shown, run, written.ids, seen.place, sampling, names, words, *([source] if source else []))


def size(loaded: LoadedModel) -> int:
    """Tokens that the model can choose from."""
    return int(loaded.writes.get_output_embeddings().weight.shape[0])


def prompted(source: Source | PictureSource) -> bool:
    """Whether a picture stands in a prompt, which was read with it."""
    return isinstance(source, PictureSource) and source.prompted


def read_once(source: Source | PictureSource) -> str:
    """What of a source was read once, for all that is written behind it."""
    if isinstance(source, PictureSource):
        return f"{how_many(source.columns**2, *source.parts)} of the picture"
    return f"{how_many(len(source.tokens.ids), 'token')} of the source"


def rank(seen: Moment, chosen: int) -> int:
    """The place of a token among all, the likeliest first, from 0."""
    return int((seen.ranked.ids == chosen).nonzero()[0, 0])


def draw(asked: Asked, place: int) -> float | None:
    """The number by which the token at a place behind the beginning is drawn; None for one of the beginning."""
    shares = draws(asked.seed)
    return shares[place % len(shares)] if place >= 0 else None


@dataclass(frozen=True)
class Told:
    """What is said of a text, and of what was kept to go on from it."""

    said: str
    cache: str


def mean_bits(bits: list[float]) -> float:
    """The mean of what is known; NaN where nothing is."""
    known = [each for each in bits if not math.isnan(each)]
    return sum(known) / len(known) if known else math.nan


def summary(writer: Writer, written: Written) -> Told:
    """How long a text is, how surprising the model found it, and what is kept for its next token."""
    count, own = len(written.ids), mean_bits(writer.bits[written.begun :])
    source = writer.source
    among = among_of(source)
    given = mean_bits(writer.bits[: written.begun])
    parts = [f"{how_many(count, 'token')}: {written.begun} of the beginning"]
    parts[0] += "" if math.isnan(given) else f", {given:.1f} bits each on average"
    if source is not None:
        parts = [f"Read once: {read_once(source)}"]
        # in a prompt, one token stands for the picture, and all others were asked
        typed, what = (
            (written.begun - 1, "prompt") if prompted(source) else (written.begun - len(source.start), "beginning")
        )
        if typed:
            parts.append(f"{how_many(typed, 'token')} of the {what}")
            parts[-1] += "" if math.isnan(given) else f", {given:.1f} bits each"
    if count > written.begun:
        parts.append(f"{count - written.begun} {'behind it' if source is None else 'written'}, {own:.1f} bits each")
    said = "; ".join(parts) + "."
    if written.ended:
        said += " The model ended its text here."
    elif written.full:
        said += f" The text is full: {writer.loaded.name} reads {count} tokens at once here."
    if not writer.cached:
        cache = f"{writer.loaded.name} goes on from no cache: for each token it reads the whole text again."
    else:
        # the beginning at once, then the whole text again behind each token that was written
        more = 0 if among is None else among.more
        again = sum(range(written.begun + more, count + more + 1))
        of_these = "" if among is None else f" ({among.count} of them are the picture)"
        cache = (
            f"The cache holds the keys and values of {how_many(count + more, 'token')}{of_these}, {writer.cache_numbers:,} "
            f"numbers: so each was read once, {count + more} in all."
        )
        cache += f" Without it {again:,} would have been read." if count > written.begun else ""
    return Told(said, cache)


def differing(first: Writer, one: Written, second: Writer, other: Written) -> str:
    """Where two texts part, and how surprising each is; of a model with a silenced head, what the first text costs it."""
    ones, others = one.ids[one.begun :], other.ids[other.begun :]
    same = next((i for i, (a, b) in enumerate(zip(ones, others, strict=False)) if a != b), min(len(ones), len(others)))
    if not ones and not others:
        parts = ["Nothing is written behind them yet."]
    elif same == 0 and ones and others:
        parts = ["They part at the first token."]
    elif same == len(ones) == len(others):
        parts = [f"Both go on alike, {how_many(same, 'token')} long."]
    elif same == min(len(ones), len(others)):
        parts = [f"Both go on alike until one of them ends, after {how_many(same, 'token')}."]
    else:
        parts = [f"Both go on alike for {how_many(same, 'token')}, then they part."]
    bits = mean_bits(second.bits[other.begun :])
    if not math.isnan(bits):
        parts.append(f"This one has {bits:.2f} bits a token, the first {mean_bits(first.bits[one.begun :]):.2f}.")
    if second.silent:
        cost = mean_bits(reading(second, one.ids)) - mean_bits(first.bits)
        parts.append(f"On the first text the silenced head costs {cost:+.3f} bits a token.")
        second.read(other.ids)
    return " ".join(parts)


def reading(writer: Writer, ids: tuple[int, ...]) -> list[float]:
    """How surprising each token of a text is to a writer."""
    writer.read(ids)
    return list(writer.bits)


def beside(writer: Writer, place: int, sampling: Sampling, ids: list[int]) -> Float[Tensor, "listed"]:
    """The probabilities that another writer has at a place for some tokens."""
    return ranked(writer.scores(place - 1), sampling).by_id[torch.tensor(ids)].float()
