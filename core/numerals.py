"""Numbers, and lists of words, as a reader expects them."""

from collections.abc import Sequence

_SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_SIZES = ((1e12, "trillion", "T"), (1e9, "billion", "B"), (1e6, "million", "M"), (1e3, "thousand", "k"))


def written(value: int | float, format_spec: str = "") -> str:
    """A number in a format of Python, with a true minus sign, and its power of ten as one: −1.5 × 10⁻⁷, not -1.5e-07."""
    mantissa, _, exponent = format(value, format_spec).partition("e")
    if not any(digit in mantissa for digit in "123456789"):
        mantissa = mantissa.replace("-", "")  # what is rounded to 0 has no sign
    if exponent and value == 0:
        return "0"
    power = f" × 10{str(int(exponent)).translate(_SUPERSCRIPT)}" if exponent and int(exponent) else ""
    return mantissa.replace("-", "−") + power


def rounded(size: float) -> str:
    """A size, from 0 on, in two decimals; one that is too small for them as a power of ten, not as 0.00: 5 × 10⁻⁸."""
    return f"{size:.2f}" if size >= 0.005 else written(size, ".0e")


def short(number: int | float, letters: bool = False) -> str:
    """A large number in three digits: 124 million; letters: where no word has room, 124 M."""
    for size, name, letter in _SIZES:
        if 1e15 > number >= size:
            return f"{number / size:.3g} {letter if letters else name}"
    return written(number, ".2e" if number >= 1e15 else ",.0f")


def how_many(number: int, one: str, more: str = "") -> str:
    """So many of something: 1 layer, 12 layers; more: of what is not told by an s."""
    return f"{number:,} {one if number == 1 else more or f'{one}s'}"


def layers_of_heads(n_layers: int, n_heads: int) -> str:
    """So many layers, each with so many heads: 6 layers × 12 heads."""
    return f"{how_many(n_layers, 'layer')} × {how_many(n_heads, 'head')}"


def listed(words: Sequence[str], by: str = "and") -> str:
    """Words as a sentence lists them: a, b and c. by: what stands before the last one."""
    *rest, last = words
    return f"{', '.join(rest)} {by} {last}" if rest else last
