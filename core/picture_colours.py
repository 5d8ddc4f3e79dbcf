"""The colours of a picture as a viewer shows them: what its file says of them is followed, and sRGB comes out.

A file says it by a colour profile (Display P3, Adobe RGB, a press, a scanner's grey), by the numbers of a video standard
(HEIC, PNG), or by a gamma and primaries (older PNG).
"""

import io
from collections.abc import Mapping
from typing import Any, Final

import numpy as np
from jaxtyping import Float
from PIL import Image, ImageCms

_SRGB: Final = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
# x and y of white, red, green and blue
_OF_SRGB: Final = (0.3127, 0.3290, 0.640, 0.330, 0.300, 0.600, 0.150, 0.060)
# ITU-T H.273, table 2; sRGB's own number is 1, and those of old television are near it
_PRIMARIES: Final = {
    9: (0.3127, 0.3290, 0.708, 0.292, 0.170, 0.797, 0.131, 0.046),  # BT.2020
    11: (0.314, 0.351, 0.680, 0.320, 0.265, 0.690, 0.150, 0.060),  # a cinema's P3
    12: (0.3127, 0.3290, 0.680, 0.320, 0.265, 0.690, 0.150, 0.060),  # Display P3
}
_LINEAR, _PQ, _HLG = 8, 16, 18  # table 3: those that no screen for sRGB shows as they stand
_USUAL_GAMMA: Final = 0.45455  # what sRGB's own curve comes to
_BRADFORD: Final = np.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]])
_WHITE_OF_PQ: Final = 10_000 / 203  # of its brightest; BT.2408: 203 candela a square metre are a sheet of paper
_SEEN: Final = 2  # of 255: what nobody sees is not worth a sentence

FOLLOWED: Final = (
    "Its file says by what colours it was made (a profile); they are shown as those of sRGB, as a viewer does."
)
BRIGHTER: Final = "It was made for a screen that is brighter than white; what is brighter is shown white."
NOT_FOLLOWED: Final = "Its colour profile does not fit or is damaged; its numbers are taken for sRGB."


def as_srgb(image: Image.Image, info: Mapping[Any, Any]) -> tuple[Image.Image, list[str]]:
    """A picture of mode L, RGB or CMYK in sRGB, and a sentence for its owner where that changed what is seen.

    info   what the file says beside its pixels, as Pillow has it; "cicp" are the four bytes of a PNG's chunk of that name.
    """
    plain, notes = image.convert("RGB"), []
    if (numbers := _numbers_of_video(info)) is not None:
        found, brighter = _of_video(plain, *numbers)
        notes = [BRIGHTER] if brighter else []
    elif profile := info.get("icc_profile"):
        found = _by_profile(image, profile)
        if found is None:
            return plain, [NOT_FOLLOWED]
    elif "srgb" not in info and ("gamma" in info or "chromaticity" in info):
        found = _by_gamma(plain, info.get("gamma") or _USUAL_GAMMA, info.get("chromaticity", _OF_SRGB))
    else:
        return plain, []
    changed = np.abs(np.asarray(found, np.int16) - np.asarray(plain, np.int16)).max(initial=0) > _SEEN
    return found, [*([FOLLOWED] if changed else []), *notes]


def _by_profile(image: Image.Image, profile: bytes) -> Image.Image | None:
    """None where the profile is no profile, or is of other channels than the picture."""
    try:
        return ImageCms.profileToProfile(image, ImageCms.ImageCmsProfile(io.BytesIO(profile)), _SRGB, outputMode="RGB")
    except (ImageCms.PyCMSError, OSError, ValueError):
        return None


def _numbers_of_video(info: Mapping[Any, Any]) -> tuple[int, int] | None:
    """Which primaries and which curve, by the numbers of H.273; None where nothing is said, or a profile says it better."""
    if "cicp" in info:
        return info["cicp"][0], info["cicp"][1]
    nclx = info.get("nclx_profile")
    if nclx and "icc_profile" not in info:
        return nclx["color_primaries"], nclx["transfer_characteristics"]
    return None


def _of_video(image: Image.Image, primaries: int, curve: int) -> tuple[Image.Image, bool]:
    """The picture, and whether anything of it is brighter than a screen's white."""
    if primaries not in _PRIMARIES and curve not in (_LINEAR, _PQ, _HLG):
        return image, False
    coded = np.asarray(image) / 255
    linear = _PQ_OR_HLG[curve](coded) if curve in _PQ_OR_HLG else coded if curve == _LINEAR else _decoded(coded)
    return _painted(linear, _PRIMARIES.get(primaries, _OF_SRGB)), bool(linear.max(initial=0) > 1.01)


def _by_gamma(image: Image.Image, gamma: float, chromaticity: tuple[float, ...]) -> Image.Image:
    coded = np.asarray(image) / 255
    usual = abs(gamma / _USUAL_GAMMA - 1) < 0.05
    # a gamma of nearly nothing is a damaged file's
    linear = _decoded(coded) if usual else coded ** (1 / max(gamma, 0.05))
    return _painted(linear, chromaticity if len(chromaticity) == 8 and min(chromaticity[1::2]) > 0 else _OF_SRGB)


def _painted(linear: Float[np.ndarray, "height width 3"], primaries: tuple[float, ...]) -> Image.Image:
    """Light of those primaries, 1 = white, as a picture of sRGB."""
    to_srgb = _to_srgb(primaries)
    within = np.clip(linear if to_srgb is None else linear @ to_srgb.T, 0, 1)
    coded = np.where(within <= 0.0031308, 12.92 * within, 1.055 * within ** (1 / 2.4) - 0.055)
    return Image.fromarray(np.round(255 * coded).astype(np.uint8))


def _decoded(coded: Float[np.ndarray, "..."]) -> Float[np.ndarray, "..."]:
    """Light out of sRGB's numbers (IEC 61966-2-1)."""
    return np.where(coded <= 0.04045, coded / 12.92, ((coded + 0.055) / 1.055) ** 2.4)


def _decoded_pq(coded: Float[np.ndarray, "..."]) -> Float[np.ndarray, "..."]:
    """SMPTE ST 2084, so that white paper is 1."""
    root = coded ** (1 / 78.84375)
    return _WHITE_OF_PQ * (np.maximum(root - 0.8359375, 0) / (18.8515625 - 18.6875 * root)) ** (1 / 0.1593017578125)


def _decoded_hlg(coded: Float[np.ndarray, "..."]) -> Float[np.ndarray, "..."]:
    """BT.2100, without the screen's own part; white paper stands at 0.75 and is 1."""

    def light(signal):
        return np.where(signal <= 0.5, signal**2 / 3, (np.exp((signal - 0.55991073) / 0.17883277) + 0.28466892) / 12)

    return light(coded) / light(np.array(0.75))


_PQ_OR_HLG: Final = {_PQ: _decoded_pq, _HLG: _decoded_hlg}


def _to_srgb(primaries: tuple[float, ...]) -> Float[np.ndarray, "3 3"] | None:
    """From light of some primaries to light of sRGB's, white staying white; None where they span no colours."""
    try:
        source, target = _to_xyz(primaries), _to_xyz(_OF_SRGB)
        cones = _BRADFORD @ target.sum(axis=1) / (_BRADFORD @ source.sum(axis=1))
        found = np.linalg.inv(target) @ np.linalg.inv(_BRADFORD) @ np.diag(cones) @ _BRADFORD @ source
    except np.linalg.LinAlgError:
        return None
    return found if np.isfinite(found).all() else None


def _to_xyz(primaries: tuple[float, ...]) -> Float[np.ndarray, "3 3"]:
    """XYZ of red, green and blue as columns; all three together are the white."""
    white, *colours = (
        np.array([x / y, 1, (1 - x - y) / y]) for x, y in zip(primaries[::2], primaries[1::2], strict=True)
    )
    columns = np.stack(colours, axis=1)
    return columns * np.linalg.solve(columns, white)
