"""Hostile inputs, kept as data: what each is, and the input itself or, where it would be large, how it is made.

A line of a file in this folder is one entry: its name, a line saying what it is, and its input. An input is a text, or
a recipe: a table with one key of `RECIPES`, whose value is what it takes. Bytes that stand in the data are base64.

`make test` takes the entries that are marked as the sample: one of each kind of trouble (an encoding, a markup, a
format, a way to lie about a size, an end of a range), and whatever meets a limit that keeps the server alive.
`make test-all` takes them all.
"""

import base64
import codecs
import io
import json
import struct
import warnings
import zipfile
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
import pillow_heif
import pytest
from PIL import Image

pillow_heif.register_heif_opener()

FOLDER: Final = Path(__file__).parent
KINDS: Final = ("texts", "text_files", "pictures", "archives", "links", "models", "checkpoints")
SAMPLE_OR_WHOLE: Final = pytest.mark.parametrize(
    "whole", [False, pytest.param(True, marks=pytest.mark.long)], ids=["sample", "whole"]
)
Made = str | bytes


@dataclass(frozen=True)
class Entry:
    """One hostile input.

    more   what else its line says: for which page or file it is meant.
    """

    kind: str
    name: str
    what: str
    input: Any
    sample: bool
    more: Mapping[str, Any] = field(default_factory=dict)

    def made(self, folder: Path = FOLDER) -> Made:
        """The input itself. folder: where the files lie that a recipe damages."""
        return make(self.input, folder)

    def content(self, folder: Path = FOLDER) -> bytes:
        """The input as the bytes of a file."""
        return _bytes(self.made(folder))


def entries(kind: str, whole: bool = True) -> list[Entry]:
    """All entries of a kind, or those of the sample."""
    lines = (FOLDER / f"{kind}.jsonl").read_text("utf-8").splitlines()
    found = []
    for told in map(json.loads, lines):
        sample = told.pop("sample", False)
        found.append(Entry(kind, told.pop("name"), told.pop("what"), told.pop("input"), sample, told))
    return [entry for entry in found if whole or entry.sample]


def make(recipe: Any, folder: Path) -> Made:
    """What a recipe makes: a text is itself."""
    if isinstance(recipe, str):
        return recipe
    name = next(iter(recipe))
    return RECIPES[name](recipe, folder)


def _bytes(made: Made) -> bytes:
    return made.encode("utf-8", "surrogatepass") if isinstance(made, str) else made


def _join(recipe: dict, folder: Path) -> Made:
    parts = [make(part, folder) for part in recipe["join"]]
    return "".join(parts) if all(isinstance(part, str) for part in parts) else b"".join(map(_bytes, parts))


def _encode(recipe: dict, folder: Path) -> bytes:
    return codecs.encode(make(recipe["encode"], folder), recipe["as"], "surrogatepass")


def _cut(recipe: dict, folder: Path) -> bytes:
    return _bytes(make(recipe["cut"], folder))[: recipe["at"]]


def _overwrite(recipe: dict, folder: Path) -> bytes:
    """Bytes in place of others: `at` so many behind the last `behind`, or from the start."""
    content = bytearray(_bytes(make(recipe["overwrite"], folder)))
    start = content.rindex(_bytes(make(recipe["behind"], folder))) if "behind" in recipe else 0
    new = _bytes(make(recipe["with"], folder))
    content[start + recipe["at"] : start + recipe["at"] + len(new)] = new
    return bytes(content)


def _replace(recipe: dict, folder: Path) -> bytes:
    whole, old, new = (_bytes(make(recipe[name], folder)) for name in ("replace", "this", "by"))
    assert old in whole, "what should be replaced is not there"
    return whole.replace(old, new)


def _picture(recipe: dict, folder: Path) -> bytes:
    """A picture as a program saves it. Its pixels climb from corner to corner."""
    told = recipe["picture"]
    width, height = told["size"]
    mode = told.get("mode", "RGB")
    slope = (np.add.outer(np.arange(height), np.arange(width)) * 255 // max(1, width + height)).astype(np.uint8)
    image = Image.fromarray(slope)
    if mode == "I;16":
        image = Image.fromarray(slope.astype(np.uint16) * 257)
    elif mode != "L":
        image = image.convert("RGB").convert(mode)
    more = dict(told.get("save", {}))
    if frames := told.get("frames"):
        turned = [image.rotate(90 * n) for n in range(1, frames)]
        more |= {"save_all": True, "append_images": turned}
    if exif := told.get("exif"):
        kept = Image.Exif()
        for tag, value in exif.items():
            kept[int(tag)] = value if isinstance(value, int) else make(value, folder)
        more["exif"] = kept
    if "icc" in told:
        more["icc_profile"] = _bytes(make(told["icc"], folder))
    out = io.BytesIO()
    image.save(out, told["as"], **more)
    return out.getvalue()


def _png(recipe: dict, folder: Path) -> bytes:
    """A PNG chunk by chunk; the sums are right unless one is given."""
    out = [b"\x89PNG\r\n\x1a\n"]
    for chunk in recipe["png"]:
        name, body = chunk["chunk"].encode(), _bytes(make(chunk.get("holds", ""), folder))
        total = chunk.get("sum", zlib.crc32(name + body))
        one = [struct.pack(">I", chunk.get("length", len(body))), name, body, struct.pack(">I", total)]
        out += one * chunk.get("times", 1)
    return b"".join(out)


METHODS: Final = {
    "stored": zipfile.ZIP_STORED,
    "deflated": zipfile.ZIP_DEFLATED,
    "bzip2": zipfile.ZIP_BZIP2,
    "lzma": zipfile.ZIP_LZMA,
}


def _zip(recipe: dict, folder: Path) -> bytes:
    """An archive: files by name, each packed by a method; `times` writes one again and again, with its number."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", allowZip64=True) as archive:
        archive.comment = _bytes(make(recipe.get("comment", ""), folder))
        for file in recipe["zip"]:
            content = _bytes(make(file.get("holds", ""), folder))
            for number in range(file.get("times", 1)):
                info = zipfile.ZipInfo(file["name"].replace("{n}", str(number)))
                info.compress_type = METHODS[file.get("method", "stored")]
                info.external_attr = file.get("attributes", 0o644 << 16)
                info.extra = _bytes(make(file.get("extra", ""), folder))
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")  # that two files have one name
                    archive.writestr(info, content)
    return out.getvalue()


def _header(recipe: dict, folder: Path) -> bytes:
    """A safetensors file with another header: entries changed, taken away, or the length that it claims."""
    content = _bytes(make(recipe["header"], folder))
    (size,) = struct.unpack("<Q", content[:8])
    told = json.loads(content[8 : 8 + size])
    for name in recipe.get("without", ()):
        del told[name]
    for name, change in recipe.get("set", {}).items():
        told[name] = told.get(name, {}) | change
    header = json.dumps(told).encode()
    return struct.pack("<Q", recipe.get("length", len(header))) + header + content[8 + size :]


def _safetensors(recipe: dict, folder: Path) -> bytes:
    """A safetensors file from nothing: a header as it stands, the length that it claims, so many bytes behind it."""
    header = _bytes(make(recipe["safetensors"], folder))
    return struct.pack("<Q", recipe.get("length", len(header))) + header + bytes(recipe.get("bytes", 0))


def _filled(recipe: dict, folder: Path) -> bytes:
    """A safetensors file whose numbers are all made of the same bytes: 0xff is not a number."""
    content = _bytes(make(recipe["filled"], folder))
    (size,) = struct.unpack("<Q", content[:8])
    start = 8 + size
    return content[:start] + bytes([recipe["with"]]) * (len(content) - start)


def _merged(recipe: dict, folder: Path) -> str:
    """A JSON table with other values."""
    return json.dumps(json.loads(make(recipe["merged"], folder)) | recipe["with"])


RECIPES: Final[Mapping[str, Callable[[dict, Path], Made]]] = {
    "base64": lambda recipe, _: base64.b64decode(recipe["base64"]),
    "repeat": lambda recipe, folder: make(recipe["repeat"], folder) * recipe["times"],
    "join": _join,
    "range": lambda recipe, _: "".join(map(chr, range(*recipe["range"]))),
    "shift": lambda recipe, _: "".join(chr(ord(letter) + recipe["by"]) for letter in recipe["shift"]),
    "encode": _encode,
    "pack": lambda recipe, _: struct.pack(recipe["pack"], *recipe["numbers"]),
    "deflate": lambda recipe, folder: zlib.compress(_bytes(make(recipe["deflate"], folder)), 9),
    "cut": _cut,
    "overwrite": _overwrite,
    "replace": _replace,
    "picture": _picture,
    "png": _png,
    "zip": _zip,
    "file": lambda recipe, folder: (folder / recipe["file"]).read_bytes(),
    "header": _header,
    "safetensors": _safetensors,
    "filled": _filled,
    "merged": _merged,
}
