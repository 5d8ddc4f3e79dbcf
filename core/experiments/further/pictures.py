"""What a Vision Transformer reads, and what it costs beside a convolutional net."""

from core.experiments.claim import Finding, Number, claim
from core.experiments.measure import largest
from core.experiments.vision_transformer.cutting import Pixels, vit
from core.experiments.vision_transformer.small_data import learned
from core.operations import operations
from core.training import shapes
from core.vision.classifier import as_input
from core.vision.patches import cut_into_patches


@claim(
    said="A Vision Transformer takes patches for tokens, and each looks at all of them.",
    verdict="right",
    instead="A picture of 224 × 224 pixels in patches of 16 × 16 is 14 × 14 tokens, and one more for the class. The first layer "
    "sees them all.",
    sources=("dosovitskiy2021",),
)
def patches_are_tokens(pixels: Pixels, seed: int) -> Finding:
    """Count the tokens of your picture, and the pairs of them that have a weight in the first layer; change the last patch."""
    model, images = vit(), as_input(pixels)
    trace = model(images)
    side, size = images.shape[-1], model.config.patch_size
    wanted = (side // size) ** 2 + 1
    weights = trace.blocks[0].attention.attention.weights[0]
    alone = int((weights <= 0).all(0).sum())
    other = images.clone()
    other[..., -size:, -size:] *= -1
    moved = largest((model(other).blocks[0].resid_post - trace.blocks[0].resid_post)[:, :-1])
    numbers = (
        Number("tokens", len(trace.tokens[0]), "d"),
        Number(f"{side} × {side} / {size}² + 1", wanted, "d"),
        Number("pairs without a weight", alone, "d"),
        Number("the last patch changed: others move in one layer by", moved, ".2g"),
    )
    patches = cut_into_patches(images, size).shape[1]
    return Finding(
        numbers,
        holds=len(trace.tokens[0]) == wanted == patches + 1 and alone == 0 and moved > 1e-4,
        says=f"Your picture is {len(trace.tokens[0])} tokens, {patches} of them patches of {size} × {size}; {alone} pairs have "
        f"no weight in the first layer, and negating the last patch moves the others by {numbers[3].text}.",
    )


@claim(
    said="Transformers are faster and better, and may replace convolutions.",
    verdict="imprecise",
    instead="An opinion of 2022, and the same year made a convolutional net as good. Taught by few pictures, one of the same "
    "size names more; which takes more operations hangs on both.",
    sources=("liu2022convnext", "dosovitskiy2021"),
)
def replaces_convolutions(pixels: Pixels, seed: int) -> Finding:
    """A convolutional net and a Transformer of about its size: operations for one picture, counted, and what 100 teach them."""
    few = shapes.SIZES[0]
    net, token = (learned(kind, few, seed) for kind in ("CNN", "ViT, class token"))
    work = [taken(kind) for kind in ("CNN", "ViT, class token")]
    numbers = (
        Number(f"convolutional net, right after {few} pictures", net.accuracy, ".2f"),
        Number("Vision Transformer", token.accuracy, ".2f"),
        Number("operations for one picture, net", work[0], ",d"),
        Number("operations, Transformer", work[1], ",d"),
    )
    return Finding(
        numbers,
        holds=net.accuracy > token.accuracy and min(work) > 0,
        says=f"Taught by {few} pictures the convolutional net names {net.accuracy:.0%} of new ones and the Transformer "
        f"{token.accuracy:.0%}, with {numbers[2].text} and {numbers[3].text} operations for one picture.",
    )


def taken(kind: shapes.Kind) -> int:
    """How many operations a picture takes, counted."""
    images, _ = shapes.draw(1, 0)
    net = shapes.net(kind, 0).eval()
    return operations(lambda: net(images))
