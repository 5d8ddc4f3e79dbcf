"""What a Vision Transformer lacks where there are few pictures."""

from core.experiments.claim import Finding, Number, claim
from core.experiments.vision_transformer.cutting import Pixels
from core.host import trained_once
from core.training import shapes
from core.training.shapes import Kind, Learned


@trained_once(32)
def learned(kind: Kind, n: int, seed: int) -> Learned:
    """One net that has learned from so many pictures."""
    return shapes.learn(kind, n, seed)


@claim(
    said="With few pictures a Vision Transformer learns less than a convolutional net.",
    verdict="right",
    instead="It must learn what is near and that a shape stays a shape anywhere. With many pictures the gap closes.",
    sources=("dosovitskiy2021",),
)
def few_pictures(pixels: Pixels, seed: int) -> Finding:
    """Train a convolutional net and a Vision Transformer of about its size on 100 drawn shapes, and test them on 500."""
    few = shapes.SIZES[0]
    net, token = (learned(kind, few, seed) for kind in ("CNN", "ViT, class token"))
    return Finding(
        (
            Number(f"convolutional net, {few} pictures", net.accuracy, ".2f"),
            Number(f"Vision Transformer, {few} pictures", token.accuracy, ".2f"),
            Number("numbers in the net", net.parameters, ",d"),
            Number("numbers in the Transformer", token.parameters, ",d"),
        ),
        holds=net.accuracy >= token.accuracy + 0.1,
        says=f"Taught by {few} pictures of four shapes, the convolutional net names {net.accuracy:.0%} of new ones and the "
        f"Vision Transformer {token.accuracy:.0%}.",
    )
