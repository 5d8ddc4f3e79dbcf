"""A picture becomes a sequence: it is cut into squares, row by row, and each square becomes one row of numbers."""

from jaxtyping import Num
from torch import Tensor


def cut_into_patches(
    images: Num[Tensor, "batch channels height width"], patch_size: int
) -> Num[Tensor, "batch patches d_patch"]:
    """Cut pictures into squares of patch_size pixels a side, from the top left, row by row.

    Within a square, red comes first, then green, then blue, each row by row, as torch's unfold has it: so the matrix that
    embeds patches is, reshaped, the kernel of a convolution.

    Raises   ValueError if the squares do not fill the picture.
    Source   Dosovitskiy et al. 2021, section 3.1.
    """
    batch, channels, height, width = images.shape
    if height % patch_size or width % patch_size:
        raise ValueError(
            f"squares of {patch_size} pixels do not fill a picture of {height} x {width}: choose a divisor of both"
        )
    rows, columns = height // patch_size, width // patch_size
    squares = images.reshape(batch, channels, rows, patch_size, columns, patch_size)
    return squares.permute(0, 2, 4, 1, 3, 5).reshape(batch, rows * columns, channels * patch_size**2)


def joined(
    patches: Num[Tensor, "batch patches d_patch"], patch_size: int, columns: int
) -> Num[Tensor, "batch channels height width"]:
    """The way back: the pictures that these patches were cut from, `columns` patches wide."""
    batch, n_patches, width = patches.shape
    rows, channels = n_patches // columns, width // patch_size**2
    squares = patches.reshape(batch, rows, columns, channels, patch_size, patch_size)
    return squares.permute(0, 3, 1, 4, 2, 5).reshape(batch, channels, rows * patch_size, columns * patch_size)
