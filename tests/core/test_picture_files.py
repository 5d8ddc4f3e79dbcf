"""What strangers send as pictures: each kind is read as it is meant, or refused in words before it is decoded."""

import io
import struct
import subprocess
import sys
import zipfile
import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as how
from hypothesis import strategies as st
from PIL import Image

from core import picture_files, settings
from core.memory import Memory
from core.picture_files import read_archive, read_picture

WIDTH, HEIGHT = 53, 31
LEFT, RIGHT = (200, 30, 30), (20, 40, 180)


def picture(mode: str = "RGB") -> Image.Image:
    """Red on the left, blue on the right."""
    pixels = np.empty((HEIGHT, WIDTH, 3), np.uint8)
    pixels[:, : WIDTH // 2], pixels[:, WIDTH // 2 :] = LEFT, RIGHT
    return Image.fromarray(pixels).convert(mode)


def saved(image: Image.Image, kind: str, **more) -> bytes:
    stream = io.BytesIO()
    image.save(stream, kind, **more)
    return stream.getvalue()


def near(pixel, colour, slack: int = 30) -> bool:
    return all(abs(int(a) - b) <= slack for a, b in zip(pixel, colour, strict=True))


@pytest.mark.parametrize(
    ("kind", "mode"),
    [("PNG", "RGB"), ("JPEG", "RGB"), ("WEBP", "RGB"), ("GIF", "P"), ("HEIF", "RGB"), ("PNG", "P"), ("JPEG", "CMYK")],
)
def test_a_picture_is_read_whatever_its_kind(kind, mode):
    found = read_picture(saved(picture(mode), kind))
    assert found.pixels.shape == (HEIGHT, WIDTH, 3)
    assert near(found.pixels[HEIGHT // 2, 5], LEFT, 60)
    assert near(found.pixels[HEIGHT // 2, -5], RIGHT, 60)
    assert ("CMYK" in " ".join(found.notes)) == (mode == "CMYK")


def test_of_an_animation_the_first_frame_is_read_and_said():
    frames = [picture(), Image.new("RGB", (WIDTH, HEIGHT), "green")]
    for kind in ("GIF", "WEBP", "PNG"):
        found = read_picture(saved(frames[0], kind, save_all=True, append_images=frames[1:]))
        assert near(found.pixels[3, 3], LEFT, 60)
        assert found.notes == ("Of its 2 frames the first is shown.",)


def test_what_is_transparent_is_white_and_said():
    image = picture("RGBA")
    image.putalpha(Image.fromarray(np.full((HEIGHT, WIDTH), 0, np.uint8)))
    found = read_picture(saved(image, "PNG"))
    assert (found.pixels == 255).all()
    assert found.notes == ("What is transparent is shown white.",)


def test_sixteen_bits_keep_their_upper_half():
    steps = np.arange(WIDTH * HEIGHT, dtype=np.uint16).reshape(HEIGHT, WIDTH) * 39
    found = read_picture(saved(Image.fromarray(steps), "PNG"))
    np.testing.assert_array_equal(found.pixels[..., 0], (steps >> 8).astype(np.uint8))


def test_a_turned_picture_stands_upright_and_its_place_is_dropped():
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by a quarter
    exif.get_ifd(0x8825)[1] = "N"
    found = read_picture(saved(picture(), "JPEG", exif=exif))
    assert found.pixels.shape == (WIDTH, HEIGHT, 3)
    assert near(found.pixels[2, HEIGHT // 2], LEFT, 60)
    assert len(found.notes) == 2
    assert "upright" in found.notes[1]
    assert "dropped" in found.notes[0]


def test_a_turned_picture_of_sixteen_bits_stands_upright_too():
    exif = Image.Exif()
    exif[0x0112] = 6
    steps = np.arange(WIDTH * HEIGHT, dtype=np.uint16).reshape(HEIGHT, WIDTH) * 39
    found = read_picture(saved(Image.fromarray(steps), "PNG", exif=exif))
    np.testing.assert_array_equal(found.pixels[..., 0], np.rot90(steps >> 8, -1).astype(np.uint8))


def test_a_large_picture_is_kept_small():
    found = read_picture(saved(Image.new("RGB", (3001, 701)), "PNG"))
    assert max(found.pixels.shape) == picture_files.LARGEST_SIDE


def bomb(width: int = 20_000, height: int = 20_000) -> bytes:
    """A small PNG of very many pixels."""

    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    packer = zlib.compressobj(9)
    rows = b"".join(packer.compress(b"\0" * (1 + 3 * width)) for _ in range(height)) + packer.flush()
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b"not a picture at all", "no picture"),
        (b"%PDF-1.7\n", "no picture"),
        (b'<svg xmlns="http://www.w3.org/2000/svg"/>', "SVG"),
        (b'\xef\xbb\xbf<?xml version="1.0"?><svg/>', "SVG"),
        (saved(picture(), "PNG")[:90], "damaged or cut off"),
        (saved(picture(), "JPEG")[:400], "damaged or cut off"),
        (saved(picture(), "WEBP")[:60], ""),
        (saved(picture(), "BMP"), "no picture that can be read"),
        (saved(picture(), "TIFF"), "no picture that can be read"),
        (bomb(9_000, 9_000), "at most 40,000,000 are read"),
        (b"\x89PNG\r\n\x1a\n" + b"\0" * 50, ""),
        (b"GIF89a", ""),
        (b"\xff\xd8\xff\xe0", ""),
    ],
    ids=range(14),
)
def test_what_is_no_picture_is_refused_in_words(content, words):
    with pytest.raises(ValueError, match=r"[:;]") as refused:
        read_picture(content)
    assert words in str(refused.value)


def test_a_file_that_is_too_long_is_refused(monkeypatch):
    monkeypatch.setattr(settings, "MAX_PICTURE_BYTES", 1009)
    with pytest.raises(ValueError, match="at most 1,009 are accepted"):
        read_picture(b"x" * 1010)
    with pytest.raises(ValueError, match="at most 1,009 are accepted"):
        read_archive(b"x" * 1010)


MEMORY = """
import resource, sys
from core.picture_files import read_picture, read_archive
def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
content = open(sys.argv[1], "rb").read()
before = peak()
try:
    print([entry.refused for entry in read_archive(content)] if sys.argv[2] == "zip" else read_picture(content))
except ValueError as error:
    print(error)
print((peak() - before) // 1024)
"""


@pytest.mark.parametrize(
    ("kind", "method", "words"),
    [
        ("png", None, "more than"),
        ("zip", zipfile.ZIP_DEFLATED, "more than"),
        ("zip", zipfile.ZIP_BZIP2, "a method that is not read"),
        ("zip", zipfile.ZIP_LZMA, "a method that is not read"),
    ],
)
def test_a_bomb_is_refused_before_it_is_decoded(kind, method, words, tmp_path):
    """400 million pixels, or a hundred megabytes of zeros, in a file of a few kilobytes: memory stays where it was."""
    path = tmp_path / f"bomb.{kind}"
    if kind == "png":
        path.write_bytes(bomb())
        assert path.stat().st_size < 2_000_000
    else:
        with zipfile.ZipFile(path, "w", method) as archive:
            archive.writestr("zeros.png", b"\0" * 120_000_000)
    ran = subprocess.run([sys.executable, "-c", MEMORY, path, kind], capture_output=True, text=True, check=True)
    *_, said, grown = ran.stdout.strip().splitlines()
    assert words in said
    assert int(grown) < 80  # megabytes; decoded it would be 110 and more


def packed(files: dict[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return stream.getvalue()


def test_the_pictures_of_a_zip_are_read_and_what_is_none_is_told():
    good = saved(picture(), "PNG")
    found = read_archive(
        packed(
            {"a/one.png": good, "notes.txt": b"words", "../../climbs.png": good, "/root.png": good, "__MACOSX/x": b""}
        )
    )
    assert [entry.name for entry in found] == ["one.png", "notes.txt", "climbs.png", "root.png"]
    assert [entry.picture is not None for entry in found] == [True, False, False, False]
    assert "no picture" in found[1].refused
    assert all("leads out of the zip" in entry.refused for entry in found[2:])


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (packed({}), "holds no file"),
        (packed({str(n): b"" for n in range(settings.MAX_PICTURES + 1)}), "at most 24 pictures"),
        (packed({"a.png": b"x"})[:-9], "damaged"),
        (b"PK\x03\x04", "damaged"),
    ],
    ids=["empty", "too many", "cut off", "head only"],
)
def test_a_zip_that_cannot_be_read_is_refused_in_words(content, words):
    with pytest.raises(ValueError, match=words):
        read_archive(content)


def test_a_name_that_is_only_a_dot_and_a_zip_of_the_future_are_told():
    (entry,) = read_archive(packed({".": b"x"}))
    assert entry.refused
    future = bytearray(packed({"a.png": b"x"}))
    future[future.index(b"PK\x01\x02") + 6] = 99
    with pytest.raises(ValueError, match="damaged"):
        read_archive(bytes(future))


def test_a_zip_in_a_zip_and_a_locked_file_are_told():
    inner = packed({"one.png": saved(picture(), "PNG")})
    (entry,) = read_archive(packed({"inner.zip": inner}))
    assert "no picture" in entry.refused
    locked = bytearray(packed({"one.png": b"x"}))
    for at in (locked.index(b"PK\x03\x04") + 6, locked.index(b"PK\x01\x02") + 8):
        locked[at] |= 1
    (entry,) = read_archive(bytes(locked))
    assert "password" in entry.refused


@how(max_examples=300, deadline=None)
@given(kind=st.sampled_from(["PNG", "JPEG", "WEBP", "GIF", "HEIF"]), data=st.data())
def test_damage_anywhere_gives_a_picture_or_words(kind, data):
    """Bytes that are changed or cut off never raise anything but a ValueError."""
    content = bytearray(KINDS[kind])
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    content = content[: data.draw(st.integers(0, len(content)))]
    try:
        found = read_picture(bytes(content))
    except ValueError as error:
        said = str(error)
    else:
        assert found.pixels.dtype == np.uint8
        return
    assert ":" in said


KINDS = {kind: saved(picture(), kind) for kind in ("PNG", "JPEG", "WEBP", "GIF", "HEIF")}


ANIMATED = {"save_all": True, "append_images": [Image.new("RGB", (7, 11))]}


@pytest.mark.parametrize("how", [{"lossless": True}, {"quality": 50}, ANIMATED])
def test_the_size_of_a_webp_is_known_before_it_is_opened(how):
    file = io.BytesIO()
    Image.new("RGB", (7, 11), "red").save(file, "WEBP", **how)
    assert picture_files._size_of_webp(file.getvalue()) == (7, 11)
    assert picture_files._size_of_webp(b"") is None


def test_a_picture_that_is_decoded_has_room_lent_to_it_and_one_that_is_too_large_is_never_opened(monkeypatch):
    file, lent = io.BytesIO(), []
    Image.new("RGB", (7, 11), "red").save(file, "WEBP", lossless=True)
    memory, decoded = Memory(10**9), picture_files._decoded
    monkeypatch.setattr(picture_files, "MEMORY", memory)
    monkeypatch.setattr(picture_files, "_decoded", lambda *of: lent.append(memory.report().lent) or decoded(*of))
    read_picture(file.getvalue())
    assert lent == [picture_files._AT_WORK * 7 * 11]
    assert memory.report().lent == 0
    monkeypatch.setattr(settings, "MAX_PIXELS", 7 * 11 - 1)
    monkeypatch.setattr(Image, "open", None)
    with pytest.raises(ValueError, match="7 x 11 pixels"):
        read_picture(file.getvalue())
