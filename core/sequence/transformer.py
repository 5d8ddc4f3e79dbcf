"""A trained encoder-decoder Transformer with its vocabulary: text in, text and every number on the way out."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import torch
from jaxtyping import Float
from torch import Tensor

from core import settings
from core.attention import masks
from core.sequence import cached
from core.sequence.decoding import NO_INTERVENTIONS, Interventions, Tree
from core.sequence.piece_translator import PieceTranslator, longest, mean_probability, of_words
from core.sequence.vocabulary import Pieces, Vocabulary
from core.trace import step
from core.transformer.encoder_decoder import UNCHANGED, Changes, EncoderDecoder, Head, Memory, Read, Wrote

_MOST: Final = settings.MAX_TOKENS - 1  # the mark of the end, or of the beginning, has a place too
GUIDED: Final = 0  # the head of the last layer's cross-attention that was held to a word aligner in training


@dataclass(frozen=True)
class TransformerTrace:
    """The tensors of one translation by a Transformer that stand for the whole, in the order computed; of the layers of the
    encoder and of the decoder one each."""

    embedded: Float[Tensor, "batch source d_model"] = step(
        r"\sqrt{D}\,E[x] + P", title="Word vectors with their places", source="vaswani2017"
    )
    encoder_weights: Float[Tensor, "batch heads source source"] = step(
        r"\operatorname{softmax}\left(\frac{QK^\top}{\sqrt{d}}\right)",
        title="Self-attention of the encoder",
        source="vaswani2017",
    )
    encoder_states: Float[Tensor, "batch source d_model"] = step(
        r"\operatorname{encoder}\left(<embedded>\right)", title="Encoder output", source="vaswani2017", also="memory"
    )
    own_weights: Float[Tensor, "batch heads target target"] = step(
        r"\operatorname{softmax}\left(\frac{QK^\top}{\sqrt{d}} + M\right)",
        title="Masked self-attention",
        source="vaswani2017",
        also="causal self-attention",
    )
    cached_keys: Float[Tensor, "batch heads target head_dim"] = step(
        r"\operatorname{split}\left(XW_K + b_K\right)",
        title="Keys of what was written",
        source="vaswani2017",
        also="cache",
    )
    energies: Float[Tensor, "batch heads target source"] = step(
        r"\frac{QK^\top}{\sqrt{d}}", title="Scores over the source", source="vaswani2017", also="energies"
    )
    weights: Float[Tensor, "batch heads target source"] = step(
        r"\operatorname{softmax}\left(<energies>\right)",
        title="Cross-attention",
        source="vaswani2017",
        also="encoder-decoder attention, alignment",
    )
    decoder_states: Float[Tensor, "batch target d_model"] = step(
        r"\operatorname{decoder}\left(y, X_D\right)", title="Decoder output", source="vaswani2017"
    )
    probabilities: Float[Tensor, "batch target vocab_size"] = step(
        r"\operatorname{softmax}(<decoder_states>E^\top + b_y)", title="Next piece", source="vaswani2017"
    )


@dataclass(frozen=True, eq=False)
class TransformerTranslation:
    """What a Transformer made of a text.

    source   the pieces it read; the last one is the mark of the end.
    target   the pieces it wrote; the last one is the mark of the end, unless the limit came first.
    read     all that went through the encoder.
    wrote    all that went through the decoder, in one pass over what was written.
    tree     what the beam looked at; None where one line was followed.
    """

    text: str
    source: Pieces
    target: Pieces
    source_tokens: tuple[str, ...]
    tokens: tuple[str, ...]
    read: Read
    wrote: Wrote
    tree: Tree | None

    @cached_property
    def trace(self) -> TransformerTrace:
        """What stands for the whole, with the last layer of the encoder and of the decoder."""
        return self.through(-1)

    def through(self, layer: int, reading: int = -1) -> TransformerTrace:
        """What stands for the whole, with one layer of the decoder and one, `reading`, of the encoder."""
        block, last = self.wrote.blocks[layer], self.wrote.blocks[-1]
        found = (
            self.read.entered,
            self.read.blocks[reading].attention.attention.weights,
            self.read.memory.states,
            block.attention.attention.weights,
            block.attention.keys,
            block.cross.cross_scores,
            block.cross.cross_weights,
            last.resid_post,
            self.wrote.logits.softmax(-1),
        )
        return TransformerTrace(*(each.cpu() for each in found))

    @property
    def weights(self) -> Float[Tensor, "target source"]:
        """How each written piece's attention is spread over the pieces that were read, by the head that was guided."""
        return self.trace.weights[0, GUIDED]

    @property
    def own(self) -> Float[Tensor, "target source"]:
        """The weights that this head wanted, also where somebody forced others."""
        return self.trace.energies[0, GUIDED].softmax(-1)

    @property
    def mean_probability(self) -> float:
        """Of the written pieces, each given those before it: the geometric mean."""
        return mean_probability(self.trace.probabilities[0], self.target)


class TrainedTransformer(PieceTranslator):
    """A translator in `eval()` mode. It is shared: never change it.

    figures   what was measured of it after training, as the model card tells it.
    """

    has_attention = True

    def __init__(self, name: str, model: EncoderDecoder, vocabulary: Vocabulary, figures: dict | None = None):
        super().__init__(name, vocabulary, figures)
        self.model = model.eval()

    @property
    def device(self) -> torch.device:
        return self.model.bias.device

    @property
    def guided(self) -> Head:
        """The head of cross-attention that was held to a word aligner in training: it stands for what belongs together."""
        return "cross", self.model.config.n_decoder - 1, GUIDED

    def translate(
        self,
        text: str,
        *,
        beam: int = 1,
        given: str | None = None,
        interventions: Interventions = NO_INTERVENTIONS,
        changes: Changes = UNCHANGED,
    ) -> TransformerTranslation:
        """Translate a text, greedily or with a beam, token by token with a cache.

        given           teacher forcing: a translation whose pieces it is given, whatever it would write itself; they are the
                        target, in one pass.
        interventions   what is forced on the decoder: tokens, and rows of the head that was guided.
        changes         what is taken out of the model.
        Raises          ValueError if a text cannot be read, a forced row does not fit the source, or a temperature is asked
                        for.
        """
        if interventions.temperature != 1:
            raise ValueError(f"{self.name} divides its scores by no temperature: leave it at 1")
        source = self.read(text)
        follows = None if given is None else self.read(given).ids
        n_source = len(source.ids)
        n_rows = longest(n_source) if follows is None else len(follows)
        forced = interventions.row_for_each(n_rows, n_source).to(self.device)
        with torch.inference_mode():
            read = self.model.read(self._rows([source.ids])[0], changes=changes)
            marks, tokens = (self.vocabulary.start, self.vocabulary.end), dict(interventions.tokens)

            def at(step: int) -> Changes:
                return changes.forcing([self.guided], forced[step : step + 1])

            tree = None
            if follows is not None:
                ids = list(follows)
            elif beam > 1:
                tree = cached.beam(self.model, read.memory, *marks, n_rows, beam, tokens, at)
                ids = tree.line(tree.best)
            else:
                ids = [id_ for id_, _ in cached.walk(self.model, read.memory, *marks, n_rows, tokens, at)]
            late = torch.tensor([[self.vocabulary.start, *ids[:-1]]], device=self.device)
            wrote = self.model.write(late, read.memory, changes=changes.forcing([self.guided], forced[: len(ids)]))
        return self._told(source, ids, read, wrote, tree)

    def align(
        self, source: str | Sequence[str], target: str | Sequence[str], *, knowing: bool = True
    ) -> Float[Tensor, "target_words source_words"]:
        """Which words of two given sentences belong together, by the head that was guided.

        source, target   words, or a text whose words stand between spaces, as in files of alignments.
        knowing          False: the head's own weights, which are made before the word they lead to is known. True: the
                         same weights after they have seen it, by Bayes' rule: weight times the probability of the word
                         if the cross-attention of the last layer looked at that place alone.
        Returns          weights (target words, source words); every row sums to 1.
        Raises           ValueError if a sentence has no words or too many.
        """
        read, written = self._given(source, target, _MOST)
        return of_words(self._looked(read, written, knowing), read, written)

    def aligned_by(
        self, source: str | Sequence[str], target: str | Sequence[str]
    ) -> Float[Tensor, "layers heads target_words source_words"]:
        """The same by the weights of every head of cross-attention, before the word is known."""
        read, written = self._given(source, target, _MOST)
        wrote = self._forced(read, written)[1]
        return torch.stack(
            [
                torch.stack([of_words(head, read, written) for head in block.cross.cross_weights[0]])
                for block in wrote.blocks
            ]
        )

    def words_of(self, made: TransformerTranslation, *, knowing: bool) -> Float[Tensor, "target_words source_words"]:
        """The alignment of the words of one of its own translations, without the marks of the end, as `align`."""
        read, written = self.bare(made.source), self.bare(made.target)
        return of_words(self._looked(read, written, knowing), read, written)

    @torch.inference_mode()
    def translate_many(self, texts: Sequence[str]) -> list[str]:
        """Translate greedily, many texts side by side, without any trace."""
        sources = [(*self.vocabulary.read(text).ids, self.vocabulary.end) for text in texts]
        ids, lengths = self._rows(sources)
        memory = self.model.read(ids, masks.padding(lengths, ids.shape[1]).to(self.device)).memory
        start, end = self.vocabulary.start, self.vocabulary.end
        lines = cached.many(self.model, memory, start, end, longest(ids.shape[1]))
        return list(map(self.vocabulary.text, lines))

    @torch.inference_mode()
    def _forced(self, read: Pieces, written: Pieces) -> tuple[Memory, Wrote]:
        memory = self.model.read(self._rows([(*read.ids, self.vocabulary.end)])[0]).memory
        return memory, self.model.write(self._shifted(written), memory)

    def _shifted(self, written: Pieces) -> Tensor:
        return torch.tensor([[self.vocabulary.start, *written.ids[:-1]]], device=self.device)

    @torch.inference_mode()
    def _looked(self, read: Pieces, written: Pieces, knowing: bool) -> Float[Tensor, "target source"]:
        """Weights of the guided head for each piece of the target, or those after the piece is known."""
        memory, wrote = self._forced(read, written)
        _, layer, head = self.guided
        cross = wrote.blocks[layer].cross
        if not knowing:
            return cross.cross_weights[0, head]
        # the last layer's cross-attention moves the scores of its own step alone, so that all steps are asked at once
        n_source = memory.states.shape[1]
        alone = torch.eye(n_source, device=self.device)[:, None]
        heads = range(self.model.config.n_heads)
        looking = Changes(forced=tuple((("cross", layer, each), alone) for each in heads))
        there = self.model.write(self._shifted(written).expand(n_source, -1), memory.rows(n_source), changes=looking)
        wanted = torch.tensor(written.ids, device=self.device)
        likely = there.logits.log_softmax(-1)[:, torch.arange(len(wanted)), wanted].T
        return (cross.cross_scores[0, head].log_softmax(-1) + likely).softmax(-1)

    def _rows(self, sources: Sequence[Sequence[int]]) -> tuple[Tensor, Tensor]:
        padded, lengths = self._padded(sources)
        return padded.to(self.device), lengths

    def _told(
        self, source: Pieces, ids: Sequence[int], read: Read, wrote: Wrote, tree: Tree | None
    ) -> TransformerTranslation:
        vocabulary = self.vocabulary
        return TransformerTranslation(
            vocabulary.text(ids),
            source,
            self._wrote(ids),
            tuple(map(vocabulary.piece, source.ids)),
            tuple(map(vocabulary.piece, ids)),
            read,
            wrote,
            tree,
        )
