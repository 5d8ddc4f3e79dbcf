"""A figure as one HTML file that opens by a double click: its numbers, its colours and what draws it all lie in the file."""

import base64
from collections.abc import Callable
from dataclasses import dataclass
from html import escape

from pages.parts import bundle

LARGEST = 5_000_000  # bytes of a file
AROUND = 450_000  # bytes of what draws the figure and of the page around it, at most


def room_beside(around: int) -> int:
    """How many bytes of a payload a file can hold, in letters, beside so many of all else."""
    return (LARGEST - around) * 3 // 4


ROOM = room_beside(AROUND)

# it may run what is written in it and ask nobody for anything
_POLICY = (
    "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data: blob:; font-src data:"
)
_STYLE = """
body { margin: 0 auto; max-width: 1280px; padding: 20px; background: var(--st-background-color, Canvas);
  color: var(--st-text-color, CanvasText); font: 400 15px/1.45 "Source Sans", system-ui, sans-serif; }
h1 { font: 600 26px/1.2 "Source Serif", Georgia, serif; margin: 0 0 4px; }
p { margin: 0 0 12px; }
header { display: flex; gap: 8px 16px; align-items: flex-start; justify-content: space-between; }
#theme { font: inherit; color: inherit; background: none; border: 1px solid currentColor; border-radius: 6px;
  padding: 0 12px; min-width: 44px; min-height: 44px; cursor: pointer; white-space: nowrap; }
#theme:focus-visible { outline: 2px solid currentColor; outline-offset: 2px; }
footer { margin-top: 12px; font-size: 13.5px; }
@media print { #theme { display: none; } }
"""


@dataclass(frozen=True)
class Alone:
    """A figure that can leave the page.

    part      the component that draws it; make: its payload, or ValueError in words where no file can hold it.
    works     what one can do with it in the file.
    library   gives the script by others that it is drawn with; room: bytes of a payload for which that leaves room.
    or_npz    whether its numbers can be taken away as NPZ, too.
    """

    part: str
    make: Callable[[], bytes]
    works: str = "pointing, steps and heads"
    library: Callable[[], str] = str
    room: int = ROOM
    or_npz: bool = True


def too_large(size: int, room: int = ROOM, or_npz: bool = True) -> str:
    """What is said of a payload of so many bytes that no file is made of; "" where there is room."""
    if size <= room:
        return ""
    told = f"its numbers take {size / 1e6:.1f} MB, and one file holds at most {room / 1e6:.1f} MB of them"
    other = ", or take the numbers as NPZ" if or_npz else ""
    return f"No file of this figure: {told}. Make the input shorter{other}"


def _script(code: str) -> str:
    """As it may stand in a page: a script ends where its text says so, also within a string."""
    return code.replace("</script", r"<\/script")


def figure_file(alone: Alone, payload: bytes, title: str, question: str, origin: str) -> bytes:
    """The file. payload: what the figure made; title, question and origin: words around it.

    Raises   ValueError in words where the file would be too large.
    """
    if said := too_large(len(payload), alone.room, alone.or_npz):
        raise ValueError(said)
    library = alone.library()
    drawn_with = f"<script>{_script(library)}</script>\n" if library else ""
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{_POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(title)} · Attention Lab</title>
<style>{_STYLE}</style>
</head>
<body>
<header>
<div><h1>{escape(title)}</h1><p>{escape(question)}</p></div>
<button id="theme" type="button">Light or dark</button>
</header>
<main id="figure"><noscript>This figure is drawn by a script in this file, which this browser does not run.</noscript></main>
<footer>{escape(origin)}. Taken from Attention Lab with all its numbers; this file asks no other computer for anything.</footer>
<script id="payload" type="text/plain">{base64.b64encode(payload).decode()}</script>
{drawn_with}<script>
{{
{_script(bundle.script(alone.part, "file"))}}}
</script>
</body>
</html>
""".encode()
