"""What a vision model reads: how many pixels, in which patches, and how their values are made ready for it."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from transformers import AutoImageProcessor

from core.models.errors import ModelError
from core.models.folder import LOCAL
from core.models.library_folder import PREPROCESSOR

PROCESSOR: Final = "processor_config.json"  # of a model that also reads texts; the part for pictures is nested in it
_HALF: Final = 0.5  # what processors take where neither the model nor its family names a mean and deviation


@dataclass(frozen=True)
class Preprocessing:
    """What a vision model reads.

    side         pixels a side; patch: pixels of a patch; channels: 3, or 1 for a model of grey pictures.
    factor       what a pixel from 0 to 255 is multiplied by, before mean and std normalise it, one for each channel.
    known        whether the model's own files say how.
    """

    side: int
    patch: int
    channels: int
    factor: float
    mean: tuple[float, ...]
    std: tuple[float, ...]
    known: bool

    @property
    def across(self) -> int:
        """Patches a side. Pixels beyond the last whole one are never looked at."""
        return self.side // self.patch

    @property
    def covered(self) -> int:
        """Pixels a side that lie in patches."""
        return self.across * self.patch


@dataclass(frozen=True)
class Values:
    """What happens to the values of pixels, as in `Preprocessing`."""

    factor: float
    mean: tuple[float, ...]
    std: tuple[float, ...]
    known: bool


def values_of(name: str, folder: Path, channels: int) -> Values:
    """How a model's folder says that pixels are made ready, wherever the library may have written it.

    Raises   ModelError for files that cannot be read, or that do not fit so many channels.
    """
    file, said = _said(name, folder)
    try:
        normalised = bool(said.get("do_normalize", True))
        usual = _usual(folder) if file and normalised and not {"image_mean", "image_std"} <= said.keys() else None
        found = [said.get(key, getattr(usual, key, None)) for key in ("image_mean", "image_std")]
        mean, std = (_each(_HALF if value is None else value, channels) for value in found)
        factor = float(said.get("rescale_factor", 1 / 255)) if said.get("do_rescale", True) else 1.0
        if not min(std) > 0:
            raise ValueError
    except (ValueError, TypeError):
        raise ModelError(f"{name}: its {file} cannot be read; fetch the file again") from None
    if not normalised:
        return Values(factor, (0.0,) * channels, (1.0,) * channels, True)
    return Values(factor, mean, std, None not in found)


def _said(name: str, folder: Path) -> tuple[str, dict[str, Any]]:
    """The file that speaks of pictures, and what it says; empty where there is none."""
    for file in (PROCESSOR, PREPROCESSOR):
        if not (folder / file).is_file():
            continue
        try:
            said = json.loads((folder / file).read_text("utf-8"))
            said = said.get("image_processor") if file == PROCESSOR else said
            if said is not None:
                return file, dict(said)
        except (ValueError, TypeError, AttributeError):
            raise ModelError(f"{name}: its {file} cannot be read; fetch the file again") from None
    return "", {}


def _usual(folder: Path) -> Any:
    """The library's own processor of this family, which knows what is taken where the file does not say it."""
    try:
        return AutoImageProcessor.from_pretrained(folder, **LOCAL)
    except (ImportError, OSError, ValueError, TypeError, KeyError, AttributeError):
        return None


def _each(value: Any, channels: int) -> tuple[float, ...]:
    """One number for each channel; those of colours make one for grey."""
    numbers = [float(value)] if isinstance(value, int | float) else [float(each) for each in value]
    if len(numbers) == 1:
        return tuple(numbers * channels)
    if channels == 1:
        return (sum(numbers) / len(numbers),)
    if len(numbers) != channels:
        raise ValueError
    return tuple(numbers)
