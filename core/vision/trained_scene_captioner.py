"""A trained encoder-decoder for pictures: a scene in, a caption and every number on the way out."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import torch
from jaxtyping import Float, Int
from torch import Tensor

from core.sequence import cached
from core.sequence.decoding import NO_INTERVENTIONS, Interventions
from core.trace import step, unshown
from core.transformer.encoder_decoder import UNCHANGED, Changes, Head, Read, Wrote
from core.vision import scenes
from core.vision.scene_captioner import SceneCaptioner
from core.vision.scenes import WORDS
from core.vision.trained import END, LONGEST, START, Worded, check_size


@dataclass(frozen=True)
class SceneTrace:
    """The tensors of one caption that stand for the whole, in the order computed; of the layers of the decoder one.

    weights   those that were used: where somebody forced a row, that row and not the softmax of the energies.
    """

    pixels: Float[Tensor, "batch channels height width"] = step("I", title="The picture", source="liu2021")
    embedded: Float[Tensor, "batch source d_model"] = step(
        {
            "CNN grid": r"\operatorname{CNN}(<pixels>)_{ij}",
            "raw patches": r"\operatorname{cut}(<pixels>)_{ij}\,W_E + b_E + p_{ij}",
        },
        title="What the encoder is given",
        source="liu2021",
        by="eyes",
    )
    encoder_states: Float[Tensor, "batch source d_model"] = step(
        r"\operatorname{encoder}\left(<embedded>\right)", title="Encoder output", source="vaswani2017", also="memory"
    )
    energies: Float[Tensor, "batch heads target source"] = step(
        r"\frac{QK^\top}{\sqrt{d}}", title="Scores over the picture", source="vaswani2017", also="energies"
    )
    weights: Float[Tensor, "batch heads target source"] = step(
        r"\operatorname{softmax}\left(<energies>\right)", title="Cross-attention", source="vaswani2017"
    )
    decoder_states: Float[Tensor, "batch target d_model"] = step(
        r"\operatorname{decoder}\left(y, X_D\right)", title="Decoder output", source="vaswani2017"
    )
    probabilities: Float[Tensor, "batch target vocab_size"] = step(
        r"\operatorname{softmax}(<decoder_states>E^\top)", title="Next word", source="vaswani2017"
    )
    eyes: str = unshown()


@dataclass(frozen=True, eq=False)
class SceneCaption(Worded):
    """What such a captioner made of a picture.

    pixels    of the picture as it was read.
    read      all that went through the encoder.
    wrote     all that went through the decoder, in one pass over what was written.
    columns   cells or patches side by side.
    eyes      what the encoder was given.
    """

    pixels: Float[Tensor, "batch channels height width"]
    read: Read
    wrote: Wrote
    columns: int
    eyes: str

    @cached_property
    def trace(self) -> SceneTrace:
        """What stands for the whole, with the last layer of the decoder."""
        return self.through(len(self.wrote.blocks) - 1)

    def through(self, layer: int) -> SceneTrace:
        """What stands for the whole, with one layer of the decoder."""
        cross = self.wrote.blocks[layer].cross
        found = (
            self.pixels,
            self.read.entered,
            self.read.memory.states,
            cross.cross_scores,
            cross.cross_weights,
            self.wrote.blocks[-1].resid_post,
            self.wrote.logits.softmax(-1),
        )
        return SceneTrace(*(each.cpu() for each in found), self.eyes)

    @property
    def weights(self) -> Float[Tensor, "target rows columns"]:
        """Where each word looked, as a map over the picture: the mean of all heads of the last layer."""
        return self.trace.weights[0].mean(0).unflatten(-1, (self.columns, self.columns))


class TrainedSceneCaptioner:
    """An encoder-decoder that captions scenes, in `eval()` mode. It is shared: never change it.

    figures   what was measured of it after training, as the model card tells it.
    """

    has_attention = True

    def __init__(self, name: str, model: SceneCaptioner, figures: dict | None = None):
        self.name = name
        self.model = model.eval()
        self.figures = figures or {}

    @property
    def device(self) -> torch.device:
        return self.model.bias.device

    def heads(self, layer: int) -> list[Head]:
        """All heads of cross-attention of one layer."""
        return [("cross", layer, head) for head in range(self.model.config.n_heads)]

    @torch.inference_mode()
    def caption(
        self,
        picture: Float[Tensor, "channels height width"],
        *,
        covered: int | None = None,
        interventions: Interventions = NO_INTERVENTIONS,
        heads: Sequence[Head] | None = None,
        changes: Changes = UNCHANGED,
    ) -> SceneCaption:
        """Caption a picture of scenes.SIDE pixels a side, from 0 to 1, greedily, word by word with a cache.

        covered         the cell of 4 x 4, counted row by row, whose square is painted over with the ground; None = none.
        interventions   what is forced on the decoder: words, and rows of weights over the cells or patches.
        heads           of cross-attention, that are forced to those rows; None = all of the last layer, whose mean stands
                        for where a word looks.
        changes         what is taken out of the model.
        Raises          ValueError if the picture has another size, a row does not fit it, or a temperature is asked for.
        """
        check_size(picture)
        if interventions.temperature != 1:
            raise ValueError(f"{self.name} divides its scores by no temperature: leave it at 1")
        config = self.model.config
        rows = interventions.row_for_each(LONGEST, config.columns**2).to(self.device)
        forced = self.heads(config.n_decoder - 1) if heads is None else heads

        def at(first: int, last: int) -> Changes:
            return changes.forcing(forced, rows[first:last])

        shown = (scenes.covered(picture, covered) if covered is not None else picture)[None]
        transformer = self.model.transformer
        read = self.model.look(shown.to(self.device), changes)
        tokens = dict(interventions.tokens)
        walked = cached.walk(transformer, read.memory, START, END, LONGEST, tokens, lambda step: at(step, step + 1))
        ids = [id_ for id_, _ in walked]
        given = torch.tensor([[START, *ids[:-1]]], device=self.device)
        wrote = transformer.write(given, read.memory, changes=at(0, len(ids)))
        return SceneCaption(tuple(WORDS[id_] for id_ in ids), shown, read, wrote, config.columns, config.eyes)

    @torch.inference_mode()
    def caption_many(self, pictures: Float[Tensor, "batch channels height width"]) -> list[tuple[str, ...]]:
        """Caption many pictures side by side, without any trace; the marks of the end are left out."""
        memory = self.model.look(pictures.to(self.device)).memory
        lines = cached.many(self.model.transformer, memory, START, END, LONGEST)
        return [tuple(WORDS[id_] for id_ in line) for line in lines]

    @torch.inference_mode()
    def looks(
        self, pictures: Float[Tensor, "batch channels height width"], given: Int[Tensor, "batch target"]
    ) -> Float[Tensor, "maps batch target cells"]:
        """Where each word of given captions looks, as weights of scenes.CELLS x scenes.CELLS cells: every head of every
        layer, layer by layer, and behind them the mean of those of the last."""
        _, weights = self.model(pictures.to(self.device), given.to(self.device))
        maps = torch.cat([weights.transpose(1, 2).flatten(0, 1), weights[-1].mean(1)[None]]).cpu()
        side = self.model.config.columns // scenes.CELLS
        grid = maps.unflatten(-1, (scenes.CELLS, side, scenes.CELLS, side))
        return grid.sum(dim=(-3, -1)).flatten(-2)
