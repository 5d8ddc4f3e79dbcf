"""Numbers as a reader expects them."""

_SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def written(value: int | float, format_spec: str = "") -> str:
    """A number in a format of Python, with a true minus sign, and its power of ten as one: −1.5 × 10⁻⁷, not -1.5e-07."""
    mantissa, _, exponent = format(value, format_spec).partition("e")
    if not any(digit in mantissa for digit in "123456789"):
        mantissa = mantissa.replace("-", "")  # what is rounded to 0 has no sign
    if exponent and value == 0:
        return "0"
    power = f" × 10{str(int(exponent)).translate(_SUPERSCRIPT)}" if exponent and int(exponent) else ""
    return mantissa.replace("-", "−") + power


def short(number: int | float) -> str:
    """A large number in three digits: 124 million."""
    for size, name in ((1e12, "trillion"), (1e9, "billion"), (1e6, "million"), (1e3, "thousand")):
        if 1e15 > number >= size:
            return f"{number / size:.3g} {name}"
    return written(number, ".2e" if number >= 1e15 else ",.0f")


def how_many(number: int, noun: str) -> str:
    """So many of something: 1 layer, 12 layers."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
