"""Pictures out of uploaded files: PNG, JPEG, WebP, GIF and HEIC are read, everything else is refused in words.

Nothing is decoded before its size is known, nothing is written to disk, and of a file's own data only the pixels stay.
"""

import base64
import io
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any, Final

import numpy as np
import pillow_heif
from jaxtyping import UInt8
from PIL import Image, UnidentifiedImageError

from core import host, settings
from core.memory import MEMORY
from core.picture_colours import as_srgb

pillow_heif.register_heif_opener()

FORMATS: Final = ("PNG", "JPEG", "WEBP", "GIF", "HEIF")
ENDINGS: Final = ("png", "jpg", "jpeg", "webp", "gif", "heic", "heif")
LARGEST_SIDE: Final = 640  # pixels that are kept: what is shown, and more than any model reads
_ACCEPTED: Final = "PNG, JPEG, WebP, GIF and HEIC are accepted"
_ORIENTATION: Final = 0x0112
_PLACE: Final = 0x8825  # where EXIF keeps what a GPS said
_UPRIGHT: Final = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_UPSIDE: Final = (_UPRIGHT[2], _UPRIGHT[3], _UPRIGHT[4])  # these leave width and height as they are
_DEPTH_OF_PNG: Final = 24  # where a PNG says how many bits a channel has
_SEEN_ON_PAPER: Final = 16  # of 255
_SIDE: Final = 0x3FFF  # bits of a side of a WebP
_AT_WORK: Final = 20  # bytes for each pixel, while a picture is decoded
_JPEG, _SCAN = b"\xff\xd8\xff", b"\xff\xda"
_SCANS: Final = 100  # of a small JPEG; programs write about ten
_SCANS_OF_LARGEST: Final = 24  # of one that has all pixels that are accepted
# other methods unpack a whole block at once, however large it is
_METHODS: Final = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_RATIO: Final = 200  # times a file of an archive may grow; pictures are packed already


@dataclass(frozen=True, eq=False)
class OpenedPicture:
    """The pixels of a picture file, at most LARGEST_SIDE a side.

    notes   what was done to it, each a sentence for its owner.
    """

    pixels: UInt8[np.ndarray, "height width 3"]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Entry:
    """One file of an archive: the picture, or why there is none."""

    name: str
    picture: OpenedPicture | None
    refused: str = ""

    @property
    def taken(self) -> OpenedPicture:
        """The picture. Raises ValueError saying why there is none."""
        if self.picture is None:
            raise ValueError(self.refused)
        return self.picture


def read_picture(content: bytes) -> OpenedPicture:
    """The picture in a file. Raises ValueError saying what was got, what is accepted and what to do."""
    if not content:
        raise ValueError("the file is empty (0 bytes): choose another one")
    if len(content) > settings.MAX_PICTURE_BYTES:
        raise ValueError(
            f"the file has {len(content):,} bytes: at most {settings.MAX_PICTURE_BYTES:,} are accepted; make it smaller"
        )
    if _is_svg(content):
        raise ValueError("the file is an SVG, which is drawn by a program, not made of pixels: save it as PNG")
    with _told():
        width, height = _size_of_webp(content) or Image.open(io.BytesIO(content), formats=FORMATS).size
    if width * height > settings.MAX_PIXELS:
        raise ValueError(
            f"the picture has {width:,} x {height:,} pixels: at most {settings.MAX_PIXELS:,} are read; make it smaller"
        )
    _refuse_scans(content, width * height)
    with MEMORY.lend(_AT_WORK * width * height), _told():
        return _decoded(Image.open(io.BytesIO(content), formats=FORMATS), content)


def _size_of_webp(content: bytes) -> tuple[int, int] | None:
    """Width and height as a WebP says them at its beginning: its decoder takes room for all pixels as soon as it is opened.

    None for another file.
    """
    if content[8:12] != b"WEBP":
        return None
    match content[12:16]:
        case b"VP8X":
            return 1 + int.from_bytes(content[24:27], "little"), 1 + int.from_bytes(content[27:30], "little")
        case b"VP8L":
            bits = int.from_bytes(content[21:25], "little")
            return 1 + (bits & _SIDE), 1 + (bits >> 14 & _SIDE)
        case b"VP8 ":
            return int.from_bytes(content[26:28], "little") & _SIDE, int.from_bytes(content[28:30], "little") & _SIDE
    return None


def _refuse_scans(content: bytes, n_pixels: int) -> None:
    """A JPEG may be sent in many scans, each of which is as much work as the whole picture."""
    n_scans, most = content.count(_SCAN), min(_SCANS, _SCANS_OF_LARGEST * settings.MAX_PIXELS // max(1, n_pixels))
    if content.startswith(_JPEG) and n_scans > most:
        raise ValueError(
            f"the JPEG comes in {n_scans:,} scans: at most {most} of a picture of that size are read; save it again"
        )


def _decoded(image: Image.Image, content: bytes) -> OpenedPicture:
    """The picture as a viewer shows it: upright, in its own colours, on white paper; what was done to it is told."""
    notes = []
    if (n_frames := getattr(image, "n_frames", 1)) > 1:
        notes.append(f"Of its {n_frames} frames the first is shown.")
    size = image.size
    image.draft("RGB", (LARGEST_SIDE, LARGEST_SIDE))  # a JPEG can be decoded at a fraction of its size
    image.load()
    upright, placed = _said_by_camera(image)
    if placed:
        notes.append("The place where it was taken stood in the file; it was dropped.")
    info: dict[Any, Any] = dict(image.info)
    if image.format == "PNG":
        depth = content[_DEPTH_OF_PNG]
        if (at := content.find(b"\0\0\0\4cICP", 0, content.find(b"IDAT"))) >= 0:
            info["cicp"] = content[at + 8 : at + 12]
    else:
        depth = info.get("bit_depth", 8)  # HEIC
    if depth > 8:
        notes.append(f"Of {depth} bits per channel the upper 8 are shown.")
    if image.mode == "CMYK":
        notes.append("It was made for a press (CMYK); it is shown in RGB.")
    image = _of_channels(image)
    image.thumbnail((LARGEST_SIDE, LARGEST_SIDE))
    alpha = image.getchannel("A") if image.mode in ("LA", "RGBA") else None
    image, said = as_srgb(image.convert({"LA": "L", "RGBA": "RGB"}.get(image.mode, image.mode)), info)
    notes += said
    if alpha is not None and alpha.getextrema() != (255, 255):
        image, ground = _on_paper(image, alpha)
        notes.append(f"What is transparent is shown {ground}.")
    if upright is not None:
        notes.append("It was turned upright, as its camera said.")
        image = image.transpose(upright)
        size = size if upright in _UPSIDE else size[::-1]
    if image.size != size:
        notes.append(f"Of its {size[0]:,} x {size[1]:,} pixels {image.width:,} x {image.height:,} are kept.")
    return OpenedPicture(np.array(image), tuple(notes))


def _said_by_camera(image: Image.Image) -> tuple[Image.Transpose | None, bool]:
    """How the picture must be turned, and whether the file knows where it was taken. What is unreadable says nothing."""
    try:
        exif = image.getexif()
        return _UPRIGHT.get(exif.get(_ORIENTATION)), bool(exif.get_ifd(_PLACE))
    except Exception:  # viewers show a picture whose EXIF is damaged
        return None, False


def _of_channels(image: Image.Image) -> Image.Image:
    """The picture in one of the modes L, LA, RGB, RGBA and CMYK, 8 bits a channel."""
    if image.mode.startswith("I"):
        deep = np.asarray(image)
        grey = Image.fromarray((deep >> 8).astype(np.uint8))
        clear = image.info.get("transparency")
        if clear is None:
            return grey
        return Image.merge("LA", (grey, Image.fromarray(np.where(deep == clear, 0, 255).astype(np.uint8))))
    grey = image.mode in ("1", "L", "LA", "La")
    if image.has_transparency_data:
        return image.convert("LA" if grey else "RGBA")
    return image.convert("L" if grey else image.mode if image.mode == "CMYK" else "RGB")


def _on_paper(image: Image.Image, alpha: Image.Image) -> tuple[Image.Image, str]:
    """A picture on white; on black, where white would leave nothing to be seen of it."""
    painted = {name: Image.composite(image, Image.new("RGB", image.size, name), alpha) for name in ("white", "black")}
    for name in ("white", "black"):
        if np.ptp(np.asarray(painted[name]), axis=(0, 1)).max() >= _SEEN_ON_PAPER:
            return painted[name], name
    return painted["white"], "white"


@contextmanager
def _told() -> Iterator[None]:
    """What a decoder says of a bad file, in words."""
    try:
        yield
    except UnidentifiedImageError:
        raise ValueError(f"the file is no picture that can be read: {_ACCEPTED}; save it as one of them") from None
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise ValueError(
            f"the picture has more than the {settings.MAX_PIXELS:,} pixels that are read: make it smaller"
        ) from None
    except MemoryError:
        raise ValueError("the picture is too large to be decoded here: make it smaller") from None
    except Exception as error:  # decoders raise whatever damaged bytes lead them to
        raise ValueError(f"the picture is damaged or cut off{_short(error)}: save or send it again") from None


def _short(error: Exception) -> str:
    """What a library says of a file, in brackets, if it says it in words."""
    said = str(error).partition("\n")[0][:80]
    return f" ({said})" if " " in said else ""


def _is_svg(content: bytes) -> bool:
    head = content[:1000].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    return head.startswith((b"<svg", b"<?xml", b"<!doctype svg")) and b"<svg" in content[:10_000].lower()


def is_archive(content: bytes) -> bool:
    """Whether a file is a zip."""
    return content[:4] in (b"PK\x03\x04", b"PK\x05\x06")


def read_archive(content: bytes) -> list[Entry]:
    """The pictures of a zip, in its order, read in memory; a file that is none is told, the others are still read.

    Raises   ValueError where the archive itself cannot be read, holds nothing or too much.
    """
    if len(content) > settings.MAX_PICTURE_BYTES:
        raise ValueError(
            f"the zip has {len(content):,} bytes: at most {settings.MAX_PICTURE_BYTES:,} are accepted; make it smaller"
        )
    try:
        archive = zipfile.ZipFile(io.BytesIO(content))
    except (zipfile.BadZipFile, OSError, ValueError, LookupError, RuntimeError, struct.error):
        raise ValueError("the zip is damaged or cut off: pack it again") from None
    with archive:
        # macOS packs its own files beside those of the visitor
        files = [each for each in archive.infolist() if not each.is_dir() and not each.filename.startswith("__MACOSX/")]
        if not files:
            raise ValueError("the zip holds no file: pack pictures into it")
        if len(files) > settings.MAX_PICTURES:
            raise ValueError(
                f"the zip holds {len(files):,} files: at most {settings.MAX_PICTURES} pictures are read; pack fewer"
            )
        return [_entry(archive, file) for file in files]


def _entry(archive: zipfile.ZipFile, file: zipfile.ZipInfo) -> Entry:
    host.still_wanted()
    path = PurePosixPath(file.filename.replace("\\", "/"))
    name = path.name[:80] or "?"
    try:
        if path.is_absolute() or ".." in path.parts or ":" in str(path):
            raise ValueError("its path leads out of the zip: pack it without folders above")
        if file.flag_bits & 1:
            raise ValueError("it is locked by a password: pack it without one")
        if file.compress_type not in _METHODS:
            raise ValueError("it is packed by a method that is not read here: pack it as an ordinary zip")
        return Entry(name, read_picture(_unpacked(archive, file)))
    except ValueError as error:
        return Entry(name, None, str(error))


def _unpacked(archive: zipfile.ZipFile, file: zipfile.ZipInfo) -> bytes:
    """The bytes of a file, no more than is accepted, whatever its header says."""
    most = min(settings.MAX_PICTURE_BYTES, _RATIO * max(file.compress_size, 1000))
    try:
        with archive.open(file) as stream:
            content = stream.read(most + 1)
    except (zipfile.BadZipFile, RuntimeError, OSError, EOFError, ValueError, zlib.error) as error:
        raise ValueError(f"it cannot be unpacked{_short(error)}: pack it again") from None
    if len(content) > most:
        raise ValueError(f"it unpacks to more than {most:,} bytes: so large a file is not read; make it smaller")
    return content


def jpeg(pixels: UInt8[np.ndarray, "height width 3"]) -> bytes:
    """A picture as a small file for the screen: a JPEG file."""
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "JPEG", quality=90)
    return file.getvalue()


def png(pixels: UInt8[np.ndarray, "height width 3"]) -> str:
    """A picture as a PNG in letters, to be written down in a program."""
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "PNG")
    return base64.b64encode(stream.getvalue()).decode()


def opened_png(letters: str) -> UInt8[np.ndarray, "height width 3"]:
    """The picture that `png` wrote down."""
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(letters))).convert("RGB"))
