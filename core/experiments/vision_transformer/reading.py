"""How a Vision Transformer reads a picture and what it answers from."""

from functools import lru_cache

import torch
from jaxtyping import Float
from torch import Tensor

from core.experiments.claim import Finding, Number, claim
from core.experiments.vision_transformer.cutting import Pixels, vit
from core.models import checkpoints
from core.seeded import seeded
from core.vision.classifier import as_input
from core.vision.vit import VisionTransformer

_TOLD = "STL-10, nine classes"
CONVOLUTION = 2**0.5  # patches from the middle of a square of 3 x 3 to its corner


@claim(
    said="A Vision Transformer needs a class token.",
    verdict="wrong",
    instead="The mean of all patches serves, too. Here the model changed to it late in training, and stays a little behind.",
    sources=("dosovitskiy2021", "devlin2019"),
)
def class_token_required(pixels: Pixels, seed: int) -> Finding:
    """Both models on your picture, and how often each was right on held-out photographs when it was measured."""
    token, mean = (checkpoints.load_classifier(name, "cpu") for name in ("vit", "vit-mean-pool"))
    images = as_input(pixels)
    said = [model.read(images) for model in (token, mean)]
    right = [model.figures["quality"][_TOLD] for model in (token, mean)]
    return Finding(
        (
            Number("right with a class token", right[0]),
            Number("right with the mean", right[1]),
        ),
        holds=right[1] >= right[0] - 0.05,
        says=f"On photographs that neither learned from {right[0]:.1%} are named right with a class token and {right[1]:.1%} "
        f"with the mean, which was switched to after most of the learning; of your picture they say "
        f"{said[0].label} and {said[1].label}.",
    )


@claim(
    said="The pooled vector goes straight into the softmax.",
    verdict="wrong",
    instead="A linear layer stands between: it makes one score per class of the pooled numbers.",
    sources=("dosovitskiy2021",),
    identity=True,
)
def straight_to_softmax(pixels: Pixels, seed: int) -> Finding:
    """The softmax of the pooled numbers themselves, beside what the model answers."""
    model, images = vit(), as_input(pixels)
    straight = model(images).pooled[0].softmax(-1)
    answer = checkpoints.load_classifier("vit", "cpu").read(images).probabilities
    label, largest_share = next(iter(answer.items()))
    other = straight[: len(answer)].argmax().item()
    return Finding(
        (
            Number("shares that a softmax of the pooled numbers has", len(straight), "d"),
            Number("classes", len(answer), "d"),
            Number("largest of the former", straight.max().item()),
            Number("largest probability of a class", largest_share),
        ),
        holds=len(straight) != len(answer),
        says=f"A softmax of the pooled vector, the one read on for the whole picture, would share 1 among {len(straight)} "
        f"numbers that stand for no class; the layer between makes {len(answer)} scores of them, and the largest is that of "
        f"{label}" + (", the same place by chance." if model.config.classes[other] == label else "."),
    )


def distance(weights: Float[Tensor, "heads queries keys"], columns: int) -> Float[Tensor, "heads"]:
    """How far the patches of each head look, in patches: the mean over queries of the weighted distance."""
    place = torch.arange(columns**2)
    points = torch.stack([place // columns, place % columns], dim=1).float()
    apart = torch.cdist(points, points)
    among = weights[:, -(columns**2) :, -(columns**2) :]
    return (among * apart).sum(-1).div(among.sum(-1)).mean(-1)


@claim(
    said="Like a convolutional net, a Vision Transformer looks at neighbours first and at the whole picture later.",
    verdict="imprecise",
    instead="Its first layer looks across the whole picture already, as an untrained model does. What training adds is that it "
    "looks a little nearer than the later ones.",
    sources=("dosovitskiy2021",),
)
def global_from_the_start(pixels: Pixels, seed: int) -> Finding:
    """How far the heads look on your picture, beside an even look at everything and an untrained model of the same shape."""
    model = vit()
    trace = model(as_input(pixels))
    columns = model.config.columns
    far = [distance(block.attention.attention.weights[0], columns) for block in trace.blocks]
    even = distance(torch.ones(1, columns**2, columns**2) / columns**2, columns).item()
    first, last = far[0], far[-1]
    fresh = distance(untrained(seed)(as_input(pixels)).blocks[0].attention.attention.weights[0], columns).mean().item()
    nearer = first.mean().item() < min(fresh, last.mean().item()) - 0.1
    reason = "" if nearer else "; on this picture its first layer is no nearer"
    return Finding(
        (
            Number("nearest head of layer 0", first.min().item(), ".1f"),
            Number("farthest head of layer 0", first.max().item(), ".1f"),
            Number("mean of layer 0", first.mean().item(), ".1f"),
            Number(f"mean of layer {len(far) - 1}", last.mean().item(), ".1f"),
            Number("mean of layer 0, untrained", fresh, ".1f"),
            Number("an even look at everything", even, ".1f"),
        ),
        holds=first.min().item() > CONVOLUTION and nearer,
        says=f"In the first layer heads look {first.min():.1f} to {first.max():.1f} patches far on your picture, "
        f"{first.mean():.1f} on average, where a 3 x 3 convolution reaches {CONVOLUTION:.1f} at most; in the last it is "
        f"{last.mean():.1f}, in the first of an untrained model {fresh:.1f}, and an even look at everything would be "
        f"{even:.1f}{reason}.",
    )


@lru_cache(maxsize=4)
def untrained(seed: int) -> VisionTransformer:
    """A model of the same shape that has learned nothing."""
    with seeded(seed):
        return VisionTransformer(vit().config).eval()


@claim(
    said="The attention map shows the object.",
    verdict="imprecise",
    instead="It shows what was mixed. On these photographs a blob in the middle finds the object better.",
    sources=("jain2019", "chefer2021"),
)
def shows_the_object(pixels: Pixels, seed: int) -> Finding:
    """How well its map finds the object on held-out photographs with masks, as measured with the training command."""
    model = checkpoints.load_classifier("vit", "cpu")
    found = model.figures["quality"]["objects"]["all"]
    ours, other, blob = (found[f"AUC, {name}"] for name in ("saliency", "untrained", "Gaussian"))
    middle = model.read(as_input(pixels)).saliency
    half = middle.shape[0] // 4
    share = middle[half:-half, half:-half].sum().item()
    return Finding(
        (
            Number("AUC of its map", ours, ".2f"),
            Number("of an untrained model's", other, ".2f"),
            Number("of a blob in the middle", blob, ".2f"),
            Number("share of your picture's map in the middle quarter", share, ".2f"),
        ),
        holds=blob > ours,
        says=f"On {found['pictures']} photographs that it never learned from a square of the object stands above one beside it "
        f"with probability {ours:.2f} in its map (the AUC; chance is 0.50), {other:.2f} in an untrained "
        f"model's, {blob:.2f} in a blob in the middle.",
    )
