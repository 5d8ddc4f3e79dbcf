"""Photographs to learn from: two collections in one, split, and changed at random so that no picture comes twice."""

import hashlib
import io
import tarfile
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import torch
from jaxtyping import Bool, Float, Int, UInt8
from PIL import Image
from torch import Tensor

from core.vision.classifier import HALF_OF_A_COLOUR

CLASSES: Final = (
    "airplane", "bird", "car", "cat", "deer", "dog", "horse", "ship", "truck", "frog", "monkey",
)  # fmt: skip
# the classes that both collections know
SHARED: Final = 9
_ALSO: Final = {"automobile": "car"}
CIFAR, STL, MASKS = "cifar10.tar", "stl10_8000.tar", "stl10_8000_masks16.npz"
ORIGIN: Final = (
    "a folder with cifar10.tar (CIFAR-10, Krizhevsky 2009, https://www.cs.toronto.edu/~kriz/cifar.html, as "
    "train/CLASS/NAME.jpg and test/CLASS/NAME.jpg) and stl10_8000.tar (the test split of STL-10, Coates, Ng and Lee 2011, "
    "https://cs.stanford.edu/~acoates/stl10/, as CLASS/NUMBER.jpg); and, to measure where attention looks, "
    "stl10_8000_masks16.npz (Yagli 2024, MIT)"
)
SHA256: Final = {
    CIFAR: "69b58c3bffc71cd81c011e12b5c5e2ca396542d00938226af203197d0b874cef",
    STL: "0a5eecceb0df0be1102582cfd4cb83e472d0759b648442a287fd64e37ca73581",
    MASKS: "8b1461ae8a2821b497c102fb304579c7b2b06ab6ad3f628fdb350817ad0813ed",
}


class PhotosError(ValueError):
    """A folder cannot be used as photographs: one sentence that says why and what to do."""


@dataclass(frozen=True)
class Photos:
    """Photographs of one size with their classes.

    numbers   the number in each file's name.
    """

    pixels: UInt8[Tensor, "photos channels height width"]
    labels: Int[Tensor, "photos"]
    numbers: Int[Tensor, "photos"]

    def where(self, chosen: Tensor) -> "Photos":
        return Photos(self.pixels[chosen], self.labels[chosen], self.numbers[chosen])

    def __len__(self) -> int:
        return len(self.labels)


@dataclass(frozen=True)
class Collections:
    """What is learned from, what settings are chosen by (dev), and what is held out (test).

    masks   by the number of a large photograph: where its object is, if the masks are there; nothing learns from them.
    """

    small: Photos
    large: Photos
    dev: Photos
    test: Photos
    small_test: Photos
    sha256: dict[str, str]
    masks: dict[int, Bool[np.ndarray, "rows columns"]] | None


def read(folder: Path) -> Collections:
    """Read both collections and split the large photographs by the number in their names: of each 20 numbers the first
    two are held out, the third chooses settings.

    Raises   PhotosError if a file is missing, damaged or holds no picture.
    """
    cifar, digest_cifar = _opened(folder / CIFAR)
    stl, digest_stl = _opened(folder / STL)
    small = _stacked([each for each in cifar if each[0].parts[0] == "train"], 32, folder / CIFAR)
    small_test = _stacked([each for each in cifar if each[0].parts[0] == "test"], 32, folder / CIFAR)
    large = _stacked(stl, 96, folder / STL)
    side = large.numbers % 20
    return Collections(
        small,
        large.where(side > 2),
        large.where(side == 2),
        large.where(side < 2),
        small_test,
        {CIFAR: digest_cifar, STL: digest_stl},
        _masks(folder / MASKS),
    )


def _masks(path: Path) -> dict[int, Bool[np.ndarray, "rows columns"]] | None:
    if not path.exists():
        return None
    try:
        with np.load(path, allow_pickle=False) as kept:
            drawn, has = kept["mask"].astype(bool), kept["has_mask"]
    except (OSError, KeyError, ValueError, zipfile.BadZipFile):
        raise PhotosError(f"{path} holds no masks: name {ORIGIN}") from None
    return {int(number): drawn[number] for number in np.flatnonzero(has)}


def _opened(path: Path) -> tuple[list[tuple[Path, bytes]], str]:
    try:
        content = path.read_bytes()
        with tarfile.open(fileobj=io.BytesIO(content)) as tar:
            files = [
                (Path(member.name), file.read())
                for member in tar
                if member.isfile() and member.name.endswith(".jpg") and (file := tar.extractfile(member))
            ]
    except OSError as error:
        raise PhotosError(f"{path} cannot be read ({error.strerror}): name {ORIGIN}") from None
    except tarfile.TarError:
        raise PhotosError(f"{path} is no tar file: name {ORIGIN}") from None
    return files, hashlib.sha256(content).hexdigest()


def _stacked(files: list[tuple[Path, bytes]], side: int, origin: Path) -> Photos:
    if not files:
        raise PhotosError(f"{origin} holds no picture where they are expected: name {ORIGIN}")
    pixels = np.empty((len(files), side, side, 3), np.uint8)
    labels, numbers = [], []
    for at, (path, content) in enumerate(files):
        try:
            pixels[at] = Image.open(io.BytesIO(content)).convert("RGB").resize((side, side))
            labels.append(CLASSES.index(_ALSO.get(path.parts[-2], path.parts[-2])))
            numbers.append(int(path.stem))
        except (OSError, SyntaxError, ValueError, IndexError):
            raise PhotosError(f"{path} in {origin} is no picture of one of the classes: name {ORIGIN}") from None
    return Photos(
        torch.from_numpy(pixels).permute(0, 3, 1, 2).contiguous(), torch.tensor(labels), torch.tensor(numbers)
    )


def seen(pixels: UInt8[Tensor, "batch channels height width"], side: int) -> Float[Tensor, "batch channels side side"]:
    """Photographs as a model sees them: `side` pixels wide, from -1 to 1."""
    values = pixels.float() / HALF_OF_A_COLOUR - 1
    return torch.nn.functional.interpolate(
        values, size=(side, side), mode="bilinear", antialias=True, align_corners=False
    )


def varied(
    pixels: UInt8[Tensor, "batch channels height width"], side: int, rng: torch.Generator
) -> Float[Tensor, "batch channels side side"]:
    """Photographs as `seen`, but each a random part of the picture, mirrored or not, in other light and colours."""
    batch = len(pixels)

    def between(low: float, high: float) -> Tensor:
        return low + (high - low) * torch.rand(batch, 1, 1, 1, generator=rng)

    # the part: its area, its shape and where it lies
    area, shape = between(0.25, 1.0), torch.exp(between(-0.3, 0.3))
    width, height = (area * shape).sqrt().clamp(max=1), (area / shape).sqrt().clamp(max=1)
    across, down = between(-1.0, 1.0) * (1 - width), between(-1.0, 1.0) * (1 - height)
    width = width * torch.where(between(0.0, 1.0) < 0.5, -1.0, 1.0)
    maps = torch.zeros(batch, 2, 3)
    maps[:, 0, 0], maps[:, 0, 2] = width.flatten(), across.flatten()
    maps[:, 1, 1], maps[:, 1, 2] = height.flatten(), down.flatten()
    values = pixels.float() / 255
    if values.shape[-1] > side and torch.rand((), generator=rng) < 0.3:
        # the two collections should not be told apart by how sharp they are
        values = torch.nn.functional.avg_pool2d(values, 3)
    grid = torch.nn.functional.affine_grid(maps, [batch, 3, side, side], align_corners=False)
    values = torch.nn.functional.grid_sample(values, grid, align_corners=False, padding_mode="reflection")

    values = values * between(0.6, 1.4)
    mean = values.mean(dim=(1, 2, 3), keepdim=True)
    values = mean + (values - mean) * between(0.6, 1.4)
    grey = values.mean(dim=1, keepdim=True)
    values = grey + (values - grey) * torch.where(between(0.0, 1.0) < 0.1, 0.0, 1.0) * between(0.6, 1.4)
    return values.clamp(0, 1) * 2 - 1
