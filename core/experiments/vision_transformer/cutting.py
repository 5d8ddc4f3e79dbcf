"""What cutting a picture into patches keeps, and what it takes away."""

import torch
from jaxtyping import Float, UInt8
from numpy import ndarray
from torch import Tensor

from core.experiments.claim import Finding, Number, claim
from core.experiments.measure import largest, rows_differ
from core.models import checkpoints
from core.models.errors import ModelError
from core.numerals import written
from core.vision.classifier import as_input
from core.vision.cnn import ConvNet
from core.vision.patches import cut_into_patches, joined
from core.vision.vit import VisionTransformer

Pixels = UInt8[ndarray, "side side 3"]
FAR = 5  # patches from one to another that is not near
ROUNDING = 1e-4  # of logits of size 1 to 10, over six layers in single precision


def vit() -> VisionTransformer:
    """The Vision Transformer with a class token."""
    model = checkpoints.load_classifier("vit", "cpu").model
    if isinstance(model, ConvNet):
        raise ModelError("vit is a convolutional net and no Vision Transformer: choose another model")
    return model


def mixed_up(images: Float[Tensor, "1 channels height width"], seed: int) -> Float[Tensor, "1 channels height width"]:
    """The picture with its patches in another order."""
    size = vit().config.patch_size
    patches = cut_into_patches(images, size)
    order = torch.randperm(patches.shape[1], generator=torch.Generator().manual_seed(seed))
    return joined(patches[:, order], size, images.shape[-1] // size)


def differ(pixels: Pixels) -> bool:
    """Whether any patch of the picture is unlike the first."""
    patches = cut_into_patches(as_input(pixels), vit().config.patch_size)[0]
    return rows_differ(patches)


def moved(model: torch.nn.Module, pixels: Pixels, seed: int, **how: bool) -> float:
    """How far shuffling the patches moves the scores of the classes."""
    images = as_input(pixels)
    return largest(model(mixed_up(images, seed), **how).logits - model(images, **how).logits)


@claim(
    said="Cutting a picture into patches destroys where everything was.",
    verdict="imprecise",
    instead="The cut keeps every pixel and the order of the patches. It is attention that does not look at the order.",
    sources=("dosovitskiy2021", "lee2019"),
)
def destroys_position(pixels: Pixels, seed: int) -> Finding:
    """Put the patches of your picture together again; shuffle them with and without the vectors of their places."""
    images, model = as_input(pixels), vit()
    size = model.config.patch_size
    back = largest(joined(cut_into_patches(images, size), size, model.config.columns) - images)
    told, untold = (moved(model, pixels, seed, positions=positions) for positions in (True, False))
    alike = "" if differ(pixels) else "; but the patches of your picture are all alike, so it shows no order"
    return Finding(
        (
            Number("picture put together again differs by", back, ".1e"),
            Number("shuffling moves the scores, places told", told),
            Number("shuffling moves the scores, places not told", untold, ".1e"),
        ),
        holds=back == 0 and untold <= ROUNDING and told > 1e-3,
        says=f"Put together again, your picture differs by {back:g}; shuffling its patches moves the scores by {told:.2f} where "
        f"patches are told their places and by {written(untold, '.1e')}, which is rounding, where they are not{alike}.",
    )


@claim(
    said="A convolutional net knows neighbours by itself, a Transformer only by positions.",
    verdict="imprecise",
    instead="Positions give each patch a vector, not neighbours. Which patches are near is learned from pictures; then their "
    "vectors are alike.",
    sources=("dosovitskiy2021",),
)
def order_needs_positions(pixels: Pixels, seed: int) -> Finding:
    """Shuffle the patches of your picture for a convolutional net and a Transformer without positions; compare positions."""
    net = checkpoints.load_classifier("cnn", "cpu").model
    convolution, attention = moved(net, pixels, seed), moved(vit(), pixels, seed, positions=False)
    near, far = (likeness(vit(), apart) for apart in (1, FAR))
    alike = "" if differ(pixels) else "; but the patches of your picture are all alike, so it shows no order"
    return Finding(
        (
            Number("shuffling moves the convolutional net's scores", convolution),
            Number("and those of a Transformer without positions", attention, ".1e"),
            Number("cosine of the positions of neighbours", near, ".2f"),
            Number(f"cosine of positions {FAR} apart", far, ".2f"),
        ),
        holds=convolution > 1e-2 and attention <= ROUNDING and near > far + 0.2,
        says=f"Shuffled patches move the scores of the convolutional net, which is told no places, by {convolution:.2f}, and "
        f"those of the Transformer without positions by {written(attention, '.1e')}; its learned positions have a cosine of "
        f"{near:.2f} for neighbours and of {written(far, '.2f')} for patches {FAR} apart{alike}.",
    )


def likeness(model: VisionTransformer, apart: int) -> float:
    """The mean cosine of the learned positions of patches that lie so far apart in a row or in a column."""
    columns = model.config.columns
    table = torch.nn.functional.normalize(model.positions[-model.config.n_patches :], dim=-1)
    grid = table.unflatten(0, (columns, columns))
    across, down = (grid[:, apart:] * grid[:, :-apart]).sum(-1), (grid[apart:] * grid[:-apart]).sum(-1)
    return torch.cat([across.flatten(), down.flatten()]).mean().item()


@claim(
    said="A Vision Transformer does without convolutions.",
    verdict="imprecise",
    instead="Its first step is one: cutting and multiplying by a matrix is a convolution whose stride is the patch.",
    sources=("dosovitskiy2021",),
    identity=True,
)
def is_a_convolution(pixels: Pixels, seed: int) -> Finding:
    """Embed the patches of your picture by the matrix, and by a strided convolution with the same numbers."""
    images, model = as_input(pixels).double(), vit()
    size, weight = model.config.patch_size, model.embed.weight.double()
    bias = model.embed.bias.double()
    by_matrix = cut_into_patches(images, size) @ weight.T + bias
    kernel = weight.reshape(-1, 3, size, size)
    by_convolution = torch.nn.functional.conv2d(images, kernel, bias, stride=size).flatten(2).mT
    apart = largest(by_matrix - by_convolution)
    return Finding(
        (Number("the two differ by", apart, ".1e"), Number("numbers compared", by_matrix.numel(), ",d")),
        holds=apart <= 1e-10 and largest(by_matrix) > 1e-3,
        says=f"Over all {by_matrix.numel():,} numbers of the embeddings of your picture the product with E and a convolution of "
        f"stride {size} differ by {written(apart, '.1e')}.",
    )


@claim(
    said="A Vision Transformer has no inductive bias at all.",
    verdict="imprecise",
    instead="An inductive bias is what a model takes for granted before it learns. It has little: squares, one projection and "
    "one network for all of them. The rest is learned.",
    sources=("dosovitskiy2021",),
)
def free_of_bias(pixels: Pixels, seed: int) -> Finding:
    """Embed one square of your picture at every place: before positions are added, and after."""
    images, model = as_input(pixels), vit()
    size, columns = model.config.patch_size, model.config.columns
    square = images[:, :, :size, :size]
    everywhere = model(square.repeat(1, 1, columns, columns))
    before = largest(everywhere.patch_embeddings - everywhere.patch_embeddings[:, :1])
    placed = everywhere.tokens[:, -model.config.n_patches :]
    after = largest(placed - placed[:, :1])
    return Finding(
        (
            Number("one square at two places, embeddings differ by", before, ".1e"),
            Number("and with positions by", after),
        ),
        holds=before <= 1e-5 < after,
        says=f"The same square is embedded alike wherever it lies (up to {before:.0e}): that is built in; only the positions, "
        f"which are learned, tell places apart (by {after:.2f}).",
    )


@claim(
    said="A Vision Transformer needs no mask because pixels have no order.",
    verdict="wrong",
    instead="Patches have an order, and positions tell it. A mask would hide what comes next, and nothing is to be guessed.",
    sources=("dosovitskiy2021",),
)
def no_order(pixels: Pixels, seed: int) -> Finding:
    """How much of the attention goes to patches that come later, and what a causal mask would do to the scores."""
    model, images = vit(), as_input(pixels)
    trace = model(images)
    n = len(trace.tokens[0])
    later = torch.ones(n, n, dtype=torch.bool).triu(1)
    weights = torch.cat([block.attention.attention.weights for block in trace.blocks])
    share = weights[..., later].sum().item() / weights.sum().item()
    here = trace.tokens
    for block in model.blocks:
        here = block(here, ~later[None, None]).resid_post
    masked = model.head(model.norm(here)[:, 0])
    apart = largest(masked - trace.logits)
    return Finding(
        (
            Number("share of the attention that goes to later tokens", share, ".2f"),
            Number("a causal mask moves the scores by", apart),
        ),
        holds=share > 0.2 and apart > 1e-2,
        says=f"On your picture {share:.0%} of all attention goes to tokens that come later in the order, which is there; a "
        f"causal mask would take it away, and leave the class token, which stands first, alone: the scores move by {apart:.2f}.",
    )
