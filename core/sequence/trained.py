"""A trained translator with its vocabulary: text in, text and every number on the way out."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from jaxtyping import Float
from torch import Tensor

from core import settings
from core.sequence import decoding
from core.sequence.decoder import Source
from core.sequence.decoding import NO_INTERVENTIONS, Interventions, Tree
from core.sequence.piece_translator import PieceTranslator, mean_probability, of_words
from core.sequence.translator import Translator
from core.sequence.vocabulary import Pieces, Vocabulary
from core.trace import step

BESIDE = "the word vector stands beside the states of both directions, which in the paper stand alone"
READ_OUT = "a layer of tanh in place of maxout, and E again for the scores (Press, Wolf 2017)"


@dataclass(frozen=True)
class FixedContextTrace:
    """Every tensor of one translation without attention, in the order computed."""

    embedded: Float[Tensor, "batch source d_embedded"] = step("E[x]", title="Word vectors", source="cho2014")
    encoder_states: Float[Tensor, "batch source d_annotation"] = step(
        r"[\operatorname{GRU}(<embedded>)_i\,;\,E[x_i]]", title="Encoder states", source="bahdanau2015", ours=BESIDE
    )
    contexts: Float[Tensor, "batch target d_annotation"] = step(
        r"[\overrightarrow{h}_{N-1};\overleftarrow{h}_0]W_c + b_c",
        title="Context",
        source="cho2014",
        also="summary, thought vector",
        ours="from the last states of both directions, without a tanh",
    )
    decoder_states: Float[Tensor, "batch target d_hidden"] = step(
        r"\operatorname{GRU}([E[y_{t-1}]; <contexts>], s_{t-1})", title="Decoder states", source="cho2014"
    )
    probabilities: Float[Tensor, "batch target vocab_size"] = step(
        r"\operatorname{softmax}(\tanh([s_t; c; E[y_{t-1}]]W_o + b_o)E^\top + b_y)",
        title="Next piece",
        source="cho2014",
        ours=READ_OUT,
    )


@dataclass(frozen=True)
class LookingBackTrace:
    """Every tensor of one translation with additive attention, in the order computed.

    weights   those that were used: where somebody forced a row, that row and not the softmax of the energies.
    """

    embedded: Float[Tensor, "batch source d_embedded"] = step("E[x]", title="Word vectors", source="bahdanau2015")
    encoder_states: Float[Tensor, "batch source d_annotation"] = step(
        r"[\operatorname{GRU}(<embedded>)_i\,;\,E[x_i]]",
        title="Encoder states",
        source="bahdanau2015",
        also="annotations, memory",
        ours=BESIDE,
    )
    energies: Float[Tensor, "batch target source"] = step(
        r"\tanh([s_{t-1}; E[y_{t-1}]]W_a + b_a + h_i U_a)\,v_a",
        title="Scores",
        source="bahdanau2015",
        also="energies",
        ours="the piece before asks beside the state, and there is a bias; in the paper the state asks alone",
    )
    weights: Float[Tensor, "batch target source"] = step(
        r"\operatorname{softmax}(<energies>)", title="Weights", source="bahdanau2015", also="alignment"
    )
    contexts: Float[Tensor, "batch target d_annotation"] = step(
        r"\sum_i <weights>\,h_i", title="Contexts", source="bahdanau2015"
    )
    decoder_states: Float[Tensor, "batch target d_hidden"] = step(
        r"\operatorname{GRU}([E[y_{t-1}]; c_t], s_{t-1})", title="Decoder states", source="bahdanau2015"
    )
    probabilities: Float[Tensor, "batch target vocab_size"] = step(
        r"\operatorname{softmax}(\tanh([s_t; c_t; E[y_{t-1}]]W_o + b_o)E^\top + b_y)",
        title="Next piece",
        source="bahdanau2015",
        ours=READ_OUT,
    )


@dataclass(frozen=True)
class DotLookingBackTrace(LookingBackTrace):
    """The same with scaled dot products in place of the small network."""

    energies: Float[Tensor, "batch target source"] = step(
        r"\frac{([s_{t-1}; E[y_{t-1}]]W_a + b_a)(h_i U_a)^\top}{\sqrt{d}}",
        title="Scores",
        source="vaswani2017",
        also="energies",
        ours="in a recurrent decoder, as Luong, Pham, Manning 2015; d is the width of the score",
    )


@dataclass(frozen=True, eq=False)
class Translation:
    """What a translator made of a text.

    source    the pieces it read; the last one is the mark of the end.
    target    the pieces it wrote; the last one is the mark of the end, unless the limit came first.
    own       the weights the model wanted, also where somebody forced others; None without attention.
    tree      what the beam looked at; None where one line was followed.
    """

    text: str
    source: Pieces
    target: Pieces
    source_tokens: tuple[str, ...]
    tokens: tuple[str, ...]
    trace: LookingBackTrace | FixedContextTrace
    own: Float[Tensor, "target source"] | None
    tree: Tree | None

    @property
    def with_attention(self) -> LookingBackTrace:
        """The trace of a translator with attention. Raises ValueError for one without."""
        if isinstance(self.trace, FixedContextTrace):
            raise ValueError("this translator has no attention, so it looks back at nothing: choose one that does")
        return self.trace

    @property
    def weights(self) -> Float[Tensor, "target source"] | None:
        """How each written piece's attention is spread over the pieces that were read."""
        return self.trace.weights[0] if isinstance(self.trace, LookingBackTrace) else None

    @property
    def mean_probability(self) -> float:
        """Of the written pieces, each given those before it: the geometric mean."""
        return mean_probability(self.trace.probabilities[0], self.target)


class TrainedTranslator(PieceTranslator):
    """A translator in `eval()` mode. It is shared: never change it.

    figures   what was measured of it after training, as the model card tells it.
    """

    def __init__(self, name: str, model: Translator, vocabulary: Vocabulary, figures: dict | None = None):
        super().__init__(name, vocabulary, figures)
        self.model = model.eval()

    @property
    def device(self) -> torch.device:
        return self.model.bias.device

    @property
    def has_attention(self) -> bool:
        """Whether it has attention."""
        return self.model.config.attention != "none"

    def translate(self, text: str, *, beam: int = 1, interventions: Interventions = NO_INTERVENTIONS) -> Translation:
        """Translate a text, greedily or with a beam.

        beam      how many lines are followed at once.
        interventions   what is forced on the decoder.
        Raises    ValueError if the text cannot be read, or a forced row does not fit the source.
        """
        source = self.read(text)
        self._check(interventions, len(source.ids))
        table = self._encoded([source.ids])
        marks = (self.vocabulary.start, self.vocabulary.end, self.longest(len(source.ids)))
        tree = None
        if beam > 1:
            tree = decoding.beam(self.model, table, *marks, beam, interventions)
            line = tree.line(tree.best)
            interventions = replace(interventions, tokens=tuple(enumerate(line)))
        return self._told(source, table, decoding.greedy(self.model, table, *marks, interventions), tree)

    @torch.inference_mode()
    def asking(self, made: Translation) -> Float[Tensor, "batch target d_asking"]:
        """What asks at each step: the state before it, and beside that the vector of the piece written before it."""
        written = torch.tensor([[self.vocabulary.start, *made.target.ids[:-1]]], device=self.device)
        first = self._encoded([made.source.ids]).first_state[:, None].cpu()
        states = torch.cat([first, made.trace.decoder_states[:, :-1]], dim=1)
        return torch.cat([states, self.model.embedding(written).cpu()], dim=-1)

    def align(
        self, source: str | Sequence[str], target: str | Sequence[str], *, knowing: bool = True
    ) -> Float[Tensor, "target_words source_words"]:
        """Which words of two given sentences belong together, by teacher forcing.

        source, target   words, or a text whose words stand between spaces, as in files of alignments.
        knowing          False: the decoder's own weights, which are made before the word they lead to is known. True:
                         the same weights after they have seen it, by Bayes' rule: weight times the probability of the
                         word if the decoder looked at that place alone.
        Returns          weights (target words, source words); every row sums to 1.
        Raises           ValueError if the model has no attention, or a sentence has no words or too many.
        Source           Shankar and Sarawagi 2019, the posterior attention.
        """
        if not self.has_attention:
            raise ValueError(f"{self.name} has no attention, so it aligns nothing: choose a model that looks back")
        read, written = self._given(source, target, settings.MAX_TOKENS)
        return self._aligned(read, written, knowing)

    def words_of(self, translation: Translation, *, knowing: bool) -> Float[Tensor, "target_words source_words"]:
        """The alignment of the words of one of its own translations, without the marks of the end, as `align`."""
        read, written = self.bare(translation.source), self.bare(translation.target)
        return self._aligned(read, written, knowing)

    def _aligned(self, read: Pieces, written: Pieces, knowing: bool) -> Float[Tensor, "target_words source_words"]:
        table = self._encoded([(*read.ids, self.vocabulary.end)])
        weights = decoding.weights_of(self.model, table, self.vocabulary.start, written.ids, knowing=knowing)
        return of_words(weights, read, written)

    @torch.inference_mode()
    def translate_many(self, texts: Sequence[str]) -> list[str]:
        """Translate greedily, many texts side by side, without any trace."""
        sources = [(*self.vocabulary.read(text).ids, self.vocabulary.end) for text in texts]
        table = self._encoded(sources)
        ids = decoding.greedy_many(
            self.model, table, self.vocabulary.start, self.vocabulary.end, self.longest(max(map(len, sources)))
        )
        return [self.vocabulary.text(line) for line in ids]

    def _encoded(self, sources: Sequence[Sequence[int]]) -> Source:
        padded, lengths = self._padded(sources)
        with torch.inference_mode():
            return self.model.encode(padded.to(self.device), lengths)

    def _check(self, interventions: Interventions, n_source: int) -> None:
        if interventions.rows and not self.has_attention:
            raise ValueError(f"{self.name} has no attention to force: choose a model that looks back")
        interventions.check(n_source)

    def _told(self, source: Pieces, table: Source, written: decoding.Written, tree: Tree | None) -> Translation:
        vocabulary = self.vocabulary
        embedded = table.encoder_states[..., -self.model.config.d_embedded :]
        contexts, states = (
            torch.stack([getattr(one, name) for one in written.steps], dim=1) for name in ("context", "decoder_state")
        )
        read = [tensor.cpu() for tensor in (embedded, table.encoder_states)]
        made = [tensor.cpu() for tensor in (contexts, states, written.logits.softmax(-1)[None])]
        own = None
        if self.has_attention:
            energies, weights = (
                torch.stack([getattr(one.attention, name)[:, 0, 0] for one in written.steps], dim=1).cpu()
                for name in ("scaled", "weights")
            )
            own, used = weights[0], weights.clone()
            for place, row in written.forced:
                used[0, place] = used.new_tensor(row)
            looking = DotLookingBackTrace if self.model.config.attention == "dot" else LookingBackTrace
            trace = looking(*read, energies, used, *made)
        else:
            trace = FixedContextTrace(*read, *made)
        return Translation(
            vocabulary.text(written.ids),
            source,
            self._wrote(written.ids),
            tuple(map(vocabulary.piece, source.ids)),
            tuple(map(vocabulary.piece, written.ids)),
            trace,
            own,
            tree,
        )
