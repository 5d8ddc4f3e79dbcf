"""Lesson 10: a Transformer that reads one sentence and writes another, and what becomes of it if parts are taken away."""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

import torch
from jaxtyping import Float
from torch import Tensor

from core.analysis.alignment import agreement
from core.lessons import looking_back
from core.lessons.looking_back import GREEDY
from core.lessons.shown import Matrices, Shown
from core.models import checkpoints
from core.models import device as devices
from core.sequence.decoding import NO_INTERVENTIONS, Interventions
from core.sequence.passes import Passes, of_text
from core.sequence.trained import Translation
from core.sequence.transformer import TrainedTransformer, TransformerTrace, TransformerTranslation
from core.trace import matrices, steps
from core.transformer.encoder_decoder import UNCHANGED, Changes, Where

MODEL: Final = "translator-transformer"
RECURRENT: Final = "translator-attention"
LONGEST: Final = 16  # pieces of a target whose passes are counted
NOTHING, ALL_CROSS = "nothing", "all cross-attention"
KINDS: Final[dict[str, Where]] = {"cross-attention": "cross", "self-attention": "own"}
N_LAYERS, N_HEADS = 2, 4  # of its decoder
N_READING = 3  # layers of its encoder
FREE, FORCED = "free run", "teacher forcing"
AWAY: Final = (
    NOTHING,
    ALL_CROSS,
    *(f"{kind} of head {head}" for kind in KINDS for head in range(N_HEADS)),
)


@dataclass(frozen=True)
class Settings:
    """What a learner chooses.

    layer     of the decoder, whose weights are looked at; reading: of the encoder.
    away      what is taken out of the model, of this layer where it is a head; one of AWAY.
    length    pieces of the target whose passes are counted.
    beam      how many unfinished lines are followed at once.
    written   FREE, where each piece is written after its own; or FORCED, where each is asked for after those of `teacher`.
    teacher   French that it is given; "" = what the recurrent translator writes.
    """

    text: str
    layer: int = N_LAYERS - 1
    away: str = NOTHING
    length: int = LONGEST
    interventions: Interventions = NO_INTERVENTIONS
    reading: int = N_READING - 1
    beam: int = GREEDY
    written: str = FREE
    teacher: str = ""

    @property
    def changes(self) -> Changes:
        """What is taken out, as the model understands it."""
        if self.away == ALL_CROSS:
            return Changes(cut_cross=True)
        if self.away != NOTHING:
            kind, head = self.away.split(" of head ")
            return Changes(frozenset({(KINDS[kind], self.layer, int(head))}))
        return UNCHANGED


@dataclass(frozen=True)
class How:
    """How a text is translated: what is forced and taken out, how many lines are followed, and what it is given, if anything."""

    interventions: Interventions = NO_INTERVENTIONS
    changes: Changes = UNCHANGED
    beam: int = GREEDY
    given: str | None = None

    @property
    def forces(self) -> bool:
        """Whether a word, a row of weights or a head is forced, or what it is given."""
        return self.interventions.forces or bool(self.changes.forced) or self.given is not None


@dataclass(frozen=True, eq=False)
class Lesson:
    """The translation as the learner wants it, as the model writes it by itself, and that of the recurrent translator.

    like_recurrent   for each head of cross-attention, in what share of the words that the Transformer writes by itself its
                     largest weight lies where the recurrent translator has its own, both reading the same two sentences.
    """

    settings: Settings
    now: TransformerTranslation
    free: TransformerTranslation
    recurrent: Translation
    passes: Passes
    like_recurrent: Float[Tensor, "layers heads"]

    @property
    def intervened(self) -> bool:
        """Whether the learner changed anything."""
        return self.now is not self.free

    @property
    def given(self) -> bool:
        """Whether the pieces are those of a teacher."""
        return self.settings.written == FORCED

    @property
    def missed(self) -> list[int]:
        """The steps at which it would have written another piece than the one that it is given."""
        likeliest = self.now.trace.probabilities[0].argmax(-1).tolist()
        return [step for step, id_ in enumerate(self.now.target.ids) if likeliest[step] != id_]

    @property
    def nats(self) -> float:
        """Of a given piece, on average, the loss: minus the logarithm of its probability, after those before it."""
        return -math.log(self.now.mean_probability)

    @property
    def changed(self) -> list[int]:
        """The steps at which another piece is written than by the model itself."""
        mine, own = self.now.target.ids, self.free.target.ids
        return [step for step, id_ in enumerate(mine) if step >= len(own) or own[step] != id_]

    @cached_property
    def trace(self) -> TransformerTrace:
        """What stands for the whole, with the chosen layers."""
        return self.now.through(self.settings.layer, self.settings.reading)


def transformer() -> TrainedTransformer:
    """The translator of this lesson. Raises ModelError if its files cannot be read."""
    return checkpoints.load_transformer(MODEL)


def device() -> str:
    """On what it runs, for a person."""
    return devices.describe(transformer().device)


def translate(text: str, how: How) -> TransformerTranslation:
    """What it makes of a text. Raises ValueError in words."""
    return transformer().translate(
        text, beam=how.beam, given=how.given, interventions=how.interventions, changes=how.changes
    )


def counted(text: str) -> Passes:
    """LONGEST pieces in three ways: those that it writes by itself, and beyond their end what it would write on."""
    return of_text(transformer(), text, LONGEST)


def compared(text: str) -> Float[Tensor, "layers heads"]:
    """How often each head of cross-attention looks where the recurrent translator looks, as of a Lesson."""
    model, recurrent = transformer(), checkpoints.load_translator(RECURRENT)
    made = model.translate(text)
    read, written = (model.bare(each).words for each in (made.source, made.target))
    if not written:
        return torch.zeros(N_LAYERS, N_HEADS)
    return agreement(model.aligned_by(read, written), recurrent.align(read, written, knowing=False))


@dataclass(frozen=True)
class Means:
    """The functions that a lesson is made by, or those that remember for them."""

    translate: Callable[[str, How], TransformerTranslation] = translate
    recurrent: looking_back.Translate = looking_back.translate
    counted: Callable[[str], Passes] = counted
    compared: Callable[[str], Tensor] = compared


def run(settings: Settings, by: Means = Means()) -> Lesson:
    """Translate with and without the learner's changes, and count. Raises ValueError in words."""
    recurrent = by.recurrent(RECURRENT, settings.text, GREEDY, NO_INTERVENTIONS)
    free = by.translate(settings.text, How(beam=settings.beam))
    wanted = settings.interventions.fitting(looking_back.room(len(free.source.ids), transformer()))
    if settings.written == FORCED:  # every piece is given
        wanted = NO_INTERVENTIONS
    settings = replace(settings, interventions=replace(wanted, temperature=1.0))
    given = (settings.teacher.strip() or recurrent.text) if settings.written == FORCED else None
    how = How(settings.interventions, settings.changes, GREEDY if given else settings.beam, given)
    untouched = how == How(beam=settings.beam)
    return Lesson(
        settings,
        free if untouched else by.translate(settings.text, how),
        free,
        recurrent,
        by.counted(settings.text).upto(settings.length),
        by.compared(settings.text),
    )


@dataclass(frozen=True)
class Measured:
    """What was measured after training, of this translator and of the recurrent one: BLEU, greedy, on sentences that neither
    saw, and how far the weights of heads are from alignments that people drew, before the word is known.

    guided, best, worst   of the head that was guided, and of the best and the worst of all others.
    """

    sentences: int
    bleu: float
    recurrent_bleu: float
    aligned: int
    guided: float
    best: float
    worst: float
    recurrent: float
    diagonal: float


def measured(name: str = "NAACL 2003") -> Measured | None:
    """The figures of the model cards; None where they were not measured. name: of the aligned sentences."""
    own, other = transformer().figures, checkpoints.load_translator(RECURRENT).figures
    if "quality" not in own or name not in own.get("errors of heads", {}) or name not in other.get("alignment", {}):
        return None
    errors = {
        (layer, head): error
        for layer, heads in enumerate(own["errors of heads"][name])
        for head, error in enumerate(heads)
    }
    guided = errors.pop(transformer().guided[1:])
    alignment = own["alignment"][name]
    return Measured(
        own["quality"]["sentences"],
        own["quality"]["BLEU"],
        other["quality"]["BLEU"],
        alignment["sentences"],
        guided,
        min(errors.values()),
        max(errors.values()),
        other["alignment"][name]["error before the word is known"],
        alignment["error of the diagonal"],
    )


def beside(result: Lesson) -> Matrices:
    """What figures show beside the trace."""
    n_target = len(result.now.target.ids)
    seen = torch.ones(n_target, n_target, dtype=torch.bool).tril()
    best = result.now.trace.probabilities[0].topk(looking_back.CHOICES).values
    tensors = {"seen": seen, "choices": best, "recurrent": result.recurrent.with_attention.weights[0]}
    ways = ("one_pass", "passes_without", "passes_with")
    tensors |= {way: each.float() for way, each in zip(ways, result.passes.went, strict=True)}
    return {name: tensor.detach().cpu().numpy() for name, tensor in tensors.items()}


def given(result: Lesson) -> list[str]:
    """What the decoder was given at each step: the mark of the beginning, then each piece that was written before."""
    model = transformer()
    return [model.vocabulary.piece(model.vocabulary.start), *model.vocabulary.shown(result.now.target)[:-1]]


def named_passes(length: int) -> dict[str, list[str]]:
    """The names of passes of the decoder, of those piece by piece and of the one in training, and of the pieces."""
    passes, pieces = ([f"{what} {number}" for number in range(1, length + 1)] for what in ("pass", "piece"))
    return {"passes": passes, "pieces": pieces, "one": ["1 pass"]}


def shown(settings: Settings) -> Shown:
    """All that the figures show."""
    result = run(settings)
    vocabulary = transformer().vocabulary
    words, _ = looking_back.choices(transformer(), result.now)
    read, tree = vocabulary.shown(result.now.source), result.now.tree
    tokens = {
        "queries": vocabulary.shown(result.now.target),
        "keys": read,
        "read": read,
        "recurrent": vocabulary.shown(result.recurrent.target),
        "given": given(result),
    } | named_passes(settings.length)
    nodes = looking_back.nodes(tree, vocabulary) if tree else ()
    return Shown(matrices(steps(result.trace)) | beside(result), tokens, words=words, nodes=nodes)
