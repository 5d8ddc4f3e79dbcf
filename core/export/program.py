"""A call as a program that runs by itself and prints the numbers that the call made."""

from functools import partial
from typing import Final

from core.export.cells import FUTURE, Cells, cells_of

_NAMED: Final = "NAMED = sys.argv[1] if len(sys.argv) > 1 else None  # the folder that holds the model"
_PRINTED: Final = """\
sys.stdout.reconfigure(errors="replace")  # a terminal may lack a sign of yours
torch.set_printoptions(precision=4, sci_mode=False, linewidth=160, threshold=20_000)
for axis, words in shown.tokens.items():
    print(f"{axis}:", *words)
for row in shown.words:
    print(*row)
for name, numbers in shown.tensors.items():
    print(name)
    print(torch.tensor(numbers))"""


def program(title: str, origin: str, again: partial) -> str:
    """The program. title: what it shows; origin: where its numbers come from."""
    cells = cells_of(again, printed=True)
    named = f"\n\n{_NAMED}" if cells.models else ""
    parts = (
        f'"""{in_docstring(title)}\n\n{in_docstring(_told(origin, cells))}\n"""\n\n{FUTURE}\n\n{cells.imports}{named}',
        cells.needed,
        f"# what went in\n{cells.given}",
        f"# what ran\n{cells.computed}",
        f"# what came out\n{_PRINTED}",
    )
    return "\n\n\n".join(parts[:2]) + "\n\n\n" + "\n\n".join(parts[2:]) + "\n"


def _told(origin: str, cells: Cells) -> str:
    """Where the numbers come from, what must be there, and how to read on."""
    lines = [
        f"{origin}." if origin else "",
        "Made by Attention Lab. It runs by itself and prints what was on the screen: every function is the source that ran,",
        'and what opens models does so by the libraries alone. Begin at the end, at "what went in".',
        "",
        f"Needed: {', '.join(cells.packages)}.",
    ]
    if cells.models:
        lines.append(f"{cells.models}\nName it on the command line.")
    return "\n".join(lines).strip()


def in_docstring(text: str) -> str:
    """A text for between the quotes of a docstring, which it cannot end: a folder may have any name."""
    return text.replace("\\", "\\\\").replace('"""', '\\"\\"\\"')
