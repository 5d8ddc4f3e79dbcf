"""A trained captioner: a picture in, a caption and every number on the way out."""

from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

from core.sequence import decoding
from core.sequence.decoding import NO_INTERVENTIONS, Interventions
from core.trace import step
from core.vision import scenes
from core.vision.captioner import Captioner
from core.vision.scenes import WORDS

PAD, START, END = 0, 1, 2
# four words for each of three things and what stands between them, and the mark of the end
LONGEST = 4 * scenes.MOST + scenes.MOST
PLACED = "each cell carries a learned vector of its place, which the paper's cells do not"
READ_OUT = "a layer of tanh in place of maxout, and E again for the scores (Press, Wolf 2017)"


@dataclass(frozen=True)
class MeanContextTrace:
    """Every tensor of one caption that is made from the mean of all cells, in the order computed."""

    pixels: Float[Tensor, "batch channels height width"] = step("I", title="The picture", source="xu2015")
    grid: Float[Tensor, "batch source d_annotation"] = step(
        r"[\operatorname{CNN}(<pixels>)_{ij}\,;\,p_{ij}]",
        title="The grid",
        source="xu2015",
        also="annotations",
        ours=PLACED,
    )
    first_state: Float[Tensor, "batch d_hidden"] = step(
        r"\tanh\left(\operatorname{mean}_{ij}(<grid>)\,W_0 + b_0\right)", title="First state", source="xu2015"
    )
    contexts: Float[Tensor, "batch target d_annotation"] = step(
        r"\operatorname{mean}_{ij}(<grid>)",
        title="Context",
        source="xu2015",
        ours="the mean is all that each word gets; in the paper it makes the first state alone",
    )
    decoder_states: Float[Tensor, "batch target d_hidden"] = step(
        r"\operatorname{GRU}([E[y_{t-1}]; <contexts>], s_{t-1})", title="Decoder states", source="cho2014"
    )
    probabilities: Float[Tensor, "batch target vocab_size"] = step(
        r"\operatorname{softmax}(\tanh([s_t; c; E[y_{t-1}]]W_o + b_o)E^\top + b_y)",
        title="Next word",
        source="cho2014",
        ours=READ_OUT,
    )


@dataclass(frozen=True)
class CaptionTrace:
    """Every tensor of one caption with attention, in the order computed.

    weights   those that were used: where somebody forced a row, that row and not the softmax of the energies.
    """

    pixels: Float[Tensor, "batch channels height width"] = step("I", title="The picture", source="xu2015")
    grid: Float[Tensor, "batch source d_annotation"] = step(
        r"[\operatorname{CNN}(<pixels>)_{ij}\,;\,p_{ij}]",
        title="The grid",
        source="xu2015",
        also="annotations",
        ours=PLACED,
    )
    first_state: Float[Tensor, "batch d_hidden"] = step(
        r"\tanh\left(\operatorname{mean}_{ij}(<grid>)\,W_0 + b_0\right)", title="First state", source="xu2015"
    )
    energies: Float[Tensor, "batch target source"] = step(
        r"\tanh([s_{t-1}; E[y_{t-1}]]W_a + b_a + z_{ij} U_a)\,v_a",
        title="Scores",
        source="xu2015",
        also="energies",
        ours="the word before asks beside the state; in the paper the state asks alone",
    )
    weights: Float[Tensor, "batch target source"] = step(
        r"\operatorname{softmax}_{ij}(<energies>)", title="Weights", source="xu2015", also="soft attention"
    )
    contexts: Float[Tensor, "batch target d_annotation"] = step(
        r"\sum_{ij} <weights>\,z_{ij}", title="Contexts", source="xu2015"
    )
    decoder_states: Float[Tensor, "batch target d_hidden"] = step(
        r"\operatorname{GRU}([E[y_{t-1}]; c_t], s_{t-1})",
        title="Decoder states",
        source="xu2015",
        ours="a GRU in place of an LSTM",
    )
    probabilities: Float[Tensor, "batch target vocab_size"] = step(
        r"\operatorname{softmax}(\tanh([s_t; c_t; E[y_{t-1}]]W_o + b_o)E^\top + b_y)",
        title="Next word",
        source="xu2015",
        ours="a layer of tanh, and E again for the scores (Press, Wolf 2017)",
    )


@dataclass(frozen=True, eq=False)
class Worded:
    """The words of a caption, with the mark of the end, unless the limit came first."""

    words: tuple[str, ...]

    @property
    def text(self) -> str:
        """The words without the mark of the end."""
        return " ".join(word for word in self.words if word != WORDS[END])

    @property
    def ended(self) -> bool:
        """Whether it came to its end, and not to the limit."""
        return self.words[-1:] == (WORDS[END],)


@dataclass(frozen=True, eq=False)
class Caption(Worded):
    """What a captioner made of a picture, and how."""

    trace: CaptionTrace | MeanContextTrace

    @property
    def with_attention(self) -> CaptionTrace:
        """The trace of a captioner with attention. Raises ValueError for one without."""
        if isinstance(self.trace, MeanContextTrace):
            raise ValueError("this captioner has no attention, so it looks nowhere: choose the one with attention")
        return self.trace

    @property
    def weights(self) -> Float[Tensor, "target rows columns"] | None:
        """Where each word looked, as a map over the cells of the picture; None without attention."""
        if not isinstance(self.trace, CaptionTrace):
            return None
        return self.trace.weights[0].unflatten(-1, (scenes.CELLS, scenes.CELLS))


def check_size(picture: Tensor) -> None:
    """Raise ValueError in words for a picture of another size than is read."""
    wanted = (3, scenes.SIDE, scenes.SIDE)
    if tuple(picture.shape) != wanted:
        raise ValueError(
            f"the picture is {' x '.join(map(str, picture.shape))}: {' x '.join(map(str, wanted))} is read; resize it"
        )


class TrainedCaptioner:
    """A captioner in `eval()` mode. It is shared: never change it.

    figures   what was measured of it after training, as the model card tells it.
    """

    def __init__(self, name: str, model: Captioner, figures: dict | None = None):
        self.name = name
        self.model = model.eval()
        self.figures = figures or {}

    @property
    def device(self) -> torch.device:
        return self.model.bias.device

    @property
    def has_attention(self) -> bool:
        """Whether it has attention."""
        return self.model.config.attention != "none"

    @torch.inference_mode()
    def caption(
        self,
        picture: Float[Tensor, "channels height width"],
        *,
        covered: int | None = None,
        interventions: Interventions = NO_INTERVENTIONS,
    ) -> Caption:
        """Caption a picture of scenes.SIDE pixels a side, from 0 to 1, greedily.

        covered   the cell, counted row by row, whose square of pixels is painted over with the ground; None = none.
        interventions   what is forced on the decoder.
        Raises    ValueError if the picture has another size, or a forced row does not fit the grid.
        """
        check_size(picture)
        for at, row in interventions.rows:
            if not self.has_attention or len(row) != scenes.CELLS**2:
                raise ValueError(
                    f"the row forced at word {at} has {len(row)} weights: {self.name} "
                    + (f"has {scenes.CELLS**2} cells" if self.has_attention else "has no attention to force")
                )
        shown = scenes.covered(picture, covered) if covered is not None else picture
        table = self.model.encode(shown[None].to(self.device))
        written = decoding.greedy(self.model, table, START, END, LONGEST, interventions)

        def stacked(tensors: list[Tensor]) -> Tensor:
            return torch.stack(tensors, dim=1).cpu()

        read = (shown[None].cpu(), table.encoder_states.cpu(), table.first_state.cpu())
        made = (
            stacked([one.context for one in written.steps]),
            stacked([one.decoder_state for one in written.steps]),
            written.logits.softmax(-1)[None].cpu(),
        )
        words = tuple(WORDS[id_] for id_ in written.ids)
        if not self.has_attention:
            return Caption(words, MeanContextTrace(*read, *made))
        energies, weights = (
            stacked([getattr(one.attention, name)[:, 0, 0] for one in written.steps]) for name in ("scaled", "weights")
        )
        for at, row in written.forced:
            weights[0, at] = weights.new_tensor(row)
        return Caption(words, CaptionTrace(*read, energies, weights, *made))

    def looks(
        self, pictures: Float[Tensor, "batch channels height width"], given: Int[Tensor, "batch target"]
    ) -> Float[Tensor, "maps batch target cells"]:
        """Where each word of given captions looks, as weights of the cells: one map, and none without attention."""
        with torch.inference_mode():
            _, weights = self.model(pictures.to(self.device), given.to(self.device))
        return torch.empty(0, *given.shape, scenes.CELLS**2) if weights is None else weights[None].cpu()

    @torch.inference_mode()
    def caption_many(self, pictures: Float[Tensor, "batch channels height width"]) -> list[tuple[str, ...]]:
        """Caption many pictures side by side, without any trace; the marks of the end are left out."""
        table = self.model.encode(pictures.to(self.device))
        lines = decoding.greedy_many(self.model, table, START, END, LONGEST)
        return [tuple(WORDS[id_] for id_ in line) for line in lines]
