"""A picture is seen as a viewer shows it: what its file says of its colours is followed, and what was changed is said."""

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image, ImageCms

from core import picture_colours
from core.picture_files import read_picture

SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
COLOUR = (60, 140, 200)


def saved(image: Image.Image, kind: str, **more) -> bytes:
    stream = io.BytesIO()
    image.save(stream, kind, **more)
    return stream.getvalue()


def flat(colour=COLOUR, mode: str = "RGB", size=(13, 11)) -> Image.Image:
    return Image.new(mode, size, colour)


def seen(content: bytes) -> tuple[np.ndarray, str]:
    found = read_picture(content)
    return found.pixels[5, 6].astype(int), " ".join(found.notes)


def fixed(*numbers: float) -> bytes:
    return b"".join(struct.pack(">i", round(number * 65536)) for number in numbers)


def profile(kind: bytes, channels: bytes, between: bytes, tags: dict[bytes, bytes]) -> bytes:
    """An ICC profile of version 2 with nothing in it but what the tags say."""
    start, table, body = 132 + 12 * len(tags), b"", b""
    for name, content in tags.items():
        content += b"\0" * (-len(content) % 4)
        table += struct.pack(">4sII", name, start + len(body), len(content))
        body += content
    size = start + len(body)
    head = struct.pack(">I4sI4s4s4s", size, b"", 0x02400000, kind, channels, between)
    head += bytes(12) + b"acsp" + bytes(28) + fixed(0.9642, 1, 0.8249)
    return head.ljust(128, b"\0") + struct.pack(">I", len(tags)) + table + body


def adobe() -> bytes:
    """The primaries of Adobe RGB (1998) and a gamma of 2.2."""
    curve = b"curv" + bytes(4) + struct.pack(">IH", 1, round(2.19921875 * 256))
    columns = {
        b"rXYZ": fixed(0.60974, 0.31111, 0.01947),
        b"gXYZ": fixed(0.20528, 0.62567, 0.06087),
        b"bXYZ": fixed(0.14919, 0.06322, 0.74457),
    }
    tags = {b"wtpt": b"XYZ " + bytes(4) + fixed(0.9642, 1, 0.8249)}
    tags |= {name: b"XYZ " + bytes(4) + numbers for name, numbers in columns.items()}
    return profile(b"mntr", b"RGB ", b"XYZ ", tags | dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), curve))


def grey(gamma: float) -> bytes:
    curve = b"curv" + bytes(4) + struct.pack(">IH", 1, round(gamma * 256))
    white = b"XYZ " + bytes(4) + fixed(0.9642, 1, 0.8249)
    return profile(b"mntr", b"GRAY", b"XYZ ", {b"wtpt": white, b"kTRC": curve})


def press() -> bytes:
    """A press whose cyan is grey and whose other inks leave paper white, all by two grid points an ink."""
    straight = bytes(range(256))
    clut = b"".join(bytes([136 if cyan else 255, 128, 128]) for cyan in (0, 1) for _ in range(8))
    lut = (
        b"mft1" + bytes(4) + bytes([4, 3, 2, 0]) + fixed(1, 0, 0, 0, 1, 0, 0, 0, 1) + straight * 4 + clut + straight * 3
    )
    return profile(b"prtr", b"CMYK", b"Lab ", {b"wtpt": b"XYZ " + bytes(4) + fixed(0.9642, 1, 0.8249), b"A2B0": lut})


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "HEIF"])
def test_a_colour_profile_is_followed_and_said(kind):
    pixel, notes = seen(saved(flat(), kind, icc_profile=adobe(), quality=100))
    assert np.abs(pixel - (0, 140, 202)).max() <= 6
    assert picture_colours.FOLLOWED in notes


def test_a_profile_counts_for_a_palette_and_under_what_is_transparent():
    two_colours = flat().quantize(2)
    pixel, notes = seen(saved(two_colours, "PNG", icc_profile=adobe()))
    assert np.abs(pixel - (0, 140, 202)).max() <= 3
    half = flat((*COLOUR, 128), "RGBA")
    pixel, notes = seen(saved(half, "PNG", icc_profile=adobe()))
    assert np.abs(pixel - (127, 197, 228)).max() <= 3  # halfway to white, after the profile
    assert picture_colours.FOLLOWED in notes
    assert "transparent is shown white" in notes


def test_the_profiles_of_a_grey_scanner_and_of_a_press_are_followed():
    pixel, notes = seen(saved(flat(128, "L"), "PNG", icc_profile=grey(1.0)))
    assert np.abs(pixel - 188).max() <= 2  # half the light is 188 of 255 on a screen
    assert picture_colours.FOLLOWED in notes
    inked = saved(flat((255, 0, 0, 0), "CMYK"), "JPEG", icc_profile=press(), quality=100)
    pixel, notes = seen(inked)
    assert np.ptp(pixel) <= 4  # by the numbers alone it would be cyan: 0, 255, 255
    assert 0 < pixel[0] < 150
    assert "CMYK" in notes


def test_sixteen_bits_of_grey_have_a_profile_too():
    deep = Image.fromarray(np.full((11, 13), 128 * 257, np.uint16))
    pixel, notes = seen(saved(deep, "PNG", icc_profile=grey(1.0)))
    assert np.abs(pixel - 188).max() <= 2
    assert "Of 16 bits" in notes


def test_a_profile_that_changes_nothing_is_not_spoken_of():
    assert seen(saved(flat(), "PNG", icc_profile=SRGB))[1] == ""


@pytest.mark.parametrize(
    ("mode", "colour", "bytes_"),
    [("RGB", COLOUR, b"no profile"), ("RGB", COLOUR, grey(1.0)), ("L", 90, adobe()), ("RGB", COLOUR, adobe()[:200])],
    ids=["no profile", "of grey on colours", "of colours on grey", "cut off"],
)
def test_a_profile_that_is_damaged_or_of_other_channels_is_left_out_and_said(mode, colour, bytes_):
    pixel, notes = seen(saved(flat(colour, mode), "PNG", icc_profile=bytes_))
    assert (pixel == colour).all()
    assert notes == picture_colours.NOT_FOLLOWED


def with_chunks(content: bytes, **chunks: bytes) -> bytes:
    """A PNG with more chunks behind its header."""
    more = b""
    for name, body in chunks.items():
        named = name.encode() + body
        more += struct.pack(">I", len(body)) + named + struct.pack(">I", zlib.crc32(named))
    return content[:33] + more + content[33:]


WIDE = struct.pack(">8I", 31270, 32900, 64000, 33000, 21000, 71000, 15000, 6000)  # the primaries of Adobe RGB


def test_gamma_and_primaries_of_an_older_png_are_followed_unless_it_says_srgb():
    plain = saved(flat(), "PNG")
    pixel, notes = seen(with_chunks(plain, gAMA=struct.pack(">I", 45455), cHRM=WIDE))
    assert np.abs(pixel - (0, 140, 202)).max() <= 4
    assert notes == picture_colours.FOLLOWED
    pixel, _ = seen(with_chunks(saved(flat(128, "L"), "PNG"), gAMA=struct.pack(">I", 100000)))
    assert np.abs(pixel - 188).max() <= 1
    for said in ({"gAMA": struct.pack(">I", 45455)}, {"sRGB": b"\0", "gAMA": struct.pack(">I", 100000)}):
        pixel, notes = seen(with_chunks(plain, **said))
        assert (pixel == COLOUR).all()
        assert notes == ""


@pytest.mark.parametrize("damaged", [struct.pack(">8I", *[0] * 8), struct.pack(">8I", *[33333] * 8)])
def test_primaries_that_span_no_colours_change_nothing(damaged):
    pixel, _ = seen(with_chunks(saved(flat(), "PNG"), cHRM=damaged))
    assert np.abs(pixel - COLOUR).max() <= 1


def test_the_numbers_of_a_video_standard_are_followed():
    """Display P3's red is beyond sRGB's: it is the nearest that sRGB has; a bright screen's white paper stays white."""
    pixel, notes = seen(with_chunks(saved(flat((200, 100, 100)), "PNG"), cICP=bytes([12, 13, 0, 1])))
    assert np.abs(pixel - (215, 93, 95)).max() <= 4
    assert notes == picture_colours.FOLLOWED
    for curve, paper, more in ((16, 148, 190), (18, 191, 230)):
        pixel, _ = seen(with_chunks(saved(flat((paper,) * 3), "PNG"), cICP=bytes([9, curve, 0, 1])))
        assert np.abs(pixel - 255).max() <= 3
        _, notes = seen(with_chunks(saved(flat((more,) * 3), "PNG"), cICP=bytes([9, curve, 0, 1])))
        assert picture_colours.BRIGHTER in notes
    heic = saved(flat((200, 100, 100)), "HEIF", quality=100, color_primaries=12, transfer_characteristics=13)
    assert np.abs(seen(heic)[0] - (215, 93, 95)).max() <= 6


def test_white_on_nothing_is_shown_on_black():
    logo = np.zeros((11, 13, 4), np.uint8)
    logo[3:8, 3:10] = 255
    pixel, notes = seen(saved(Image.fromarray(logo), "PNG"))
    assert (pixel == 255).all()
    assert (read_picture(saved(Image.fromarray(logo), "PNG")).pixels[0, 0] == 0).all()
    assert "transparent is shown black" in notes
    whole = flat((*COLOUR, 255), "RGBA")
    assert seen(saved(whole, "PNG"))[1] == ""  # nothing of it is transparent


def test_one_grey_of_a_picture_can_be_what_is_transparent():
    for dtype in (np.uint8, np.uint16):
        steps = np.full((11, 13), 40 * (257 if dtype == np.uint16 else 1), dtype)
        clear = int(steps[0, 0]) + 1
        steps[:, 6:] = clear
        content = with_chunks(saved(Image.fromarray(steps), "PNG"), tRNS=struct.pack(">H", clear))
        found = read_picture(content)
        assert (found.pixels[5, 2] == 40).all()
        assert (found.pixels[5, 9] == 255).all()


def test_more_bits_than_eight_are_said_of_colours_too():
    header = struct.pack(">IIBBBBB", 2, 1, 16, 2, 0, 0, 0)
    row = zlib.compress(b"\0" + struct.pack(">6H", 0x1234, 0x5678, 0x9ABC, 0, 0, 0))
    start = with_chunks(b"\x89PNG\r\n\x1a\n".ljust(33, b"\0"), IHDR=header, IDAT=row, IEND=b"")
    found = read_picture(b"\x89PNG\r\n\x1a\n" + start[33:])
    assert found.pixels[0, 0].tolist() == [0x12, 0x56, 0x9A]
    assert found.notes == ("Of 16 bits per channel the upper 8 are shown.",)


@pytest.mark.parametrize("orientation", range(10))
def test_however_a_camera_was_held_the_picture_stands_upright(orientation):
    """The eight orientations of EXIF undo each other; a ninth is none."""
    upright = np.zeros((16, 32, 3), np.uint8)
    upright[:8, :8], upright[8:, :8] = (255, 0, 0), (0, 0, 255)
    stored = {
        2: upright[:, ::-1],
        3: upright[::-1, ::-1],
        4: upright[::-1],
        5: upright.swapaxes(0, 1),
        6: np.rot90(upright),
        7: np.rot90(upright, 2).swapaxes(0, 1),
        8: np.rot90(upright, -1),
    }.get(orientation, upright)
    exif = Image.Exif()
    exif[0x0112] = orientation
    found = read_picture(saved(Image.fromarray(np.ascontiguousarray(stored)), "PNG", exif=exif))
    np.testing.assert_array_equal(found.pixels, upright)
    assert bool(found.notes) == (2 <= orientation <= 8)


def test_damaged_exif_does_not_hide_the_picture():
    pixel, notes = seen(saved(flat(), "PNG", exif=b"Exif\0\0II*\0\xff\xff\xff\xff"))
    assert (pixel == COLOUR).all()
    assert notes == ""


def test_a_picture_that_is_made_smaller_says_so():
    exif = Image.Exif()
    exif[0x0112] = 6
    found = read_picture(saved(flat(size=(1601, 803)), "PNG", exif=exif))
    assert found.notes[-1] == "Of its 803 x 1,601 pixels 321 x 640 are kept."


def test_a_jpeg_of_very_many_scans_is_refused_before_it_is_decoded():
    """Each scan is as much work as the picture: 2 KB could hold a processor for minutes."""
    content = saved(flat(size=(800, 600)), "JPEG", progressive=True)
    last = content[content.rindex(b"\xff\xda") : -2]
    assert read_picture(content).pixels.shape[2] == 3
    assert read_picture(content[:-2] + 60 * last + content[-2:]).pixels.shape[2] == 3
    with pytest.raises(ValueError, match=r"210 scans: at most 100 of a picture of that size are read"):
        read_picture(content[:-2] + 200 * last + content[-2:])
    large = saved(Image.new("L", (6000, 6000)), "JPEG", progressive=True)
    with pytest.raises(ValueError, match=r"at most 26 of a picture of that size"):
        read_picture(large[:-2] + 40 * large[large.rindex(b"\xff\xda") : -2] + large[-2:])
