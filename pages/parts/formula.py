"""Formulas on the screen: declared once in LaTeX by a trace, shown as MathML, each symbol knowing its step."""

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from types import MappingProxyType

from latex2mathml.converter import convert

from core.letters import letters_in, meaning, signs_in
from core.trace import Step, references

ROLES = {"Q": "query", "K": "key", "V": "value", "O": "output"}
KEPT = 1024  # formulas: all that the pages show as they open are some 300
_LETTER = re.compile(r"(?<!</mi>)<mi>([QKVO])</mi>")  # not where it is the index of another letter
_HOLE = re.compile(r"<mtext>@(\w+)@</mtext>")


def whole_formula(
    steps: list[Step], last: str, symbols: Mapping[str, str], changed: Mapping[str, str] = MappingProxyType({})
) -> str:
    """The formula of the last step with every earlier one inside it marked by its step, and what its letters stand for.

    symbols   {step: letter} for steps that stand in it as a letter: a line below says how each is made. The last
              step's own stands before its formula.
    changed   {step: LaTeX} in place of what the trace declares.
    """
    declared = tuple((step.name, changed.get(step.name, step.formula)) for step in steps)
    return _whole(declared, last, tuple(symbols.items()))


@lru_cache(maxsize=KEPT)
def _whole(declared: tuple[tuple[str, str], ...], last: str, symbols: tuple[tuple[str, str], ...]) -> str:
    formulas, named = dict(declared), dict(symbols)
    own = f"{_letters(named[last])}<mo>=</mo>" if last in named else ""
    lines = [f"<div>{_math(_group(last, own + _marked(last, formulas, named)))}</div>"]
    others = [(name, letter) for name, letter in symbols if name != last]
    if others:
        parts = [
            f"{_group(name, _letters(letter))}<mo>=</mo>{_marked(name, formulas, named)}" for name, letter in others
        ]
        parts[0] = f"<mtext>with&#160;</mtext>{parts[0]}"
        lines.append(f"<div>{' '.join(map(_math, parts))}</div>")
    return "".join(lines)


def latex(
    steps: list[Step], name: str, symbols: Mapping[str, str], changed: Mapping[str, str] = MappingProxyType({})
) -> str:
    """The formula of one step in LaTeX. An earlier step inside it is its letter, or else its own formula."""
    formulas = {step.name: changed.get(step.name, step.formula) for step in steps}
    found = formulas[name]
    for earlier in references(found):
        inner = symbols.get(earlier) or latex(steps, earlier, symbols, changed)
        found = found.replace(f"<{earlier}>", f"{{{inner}}}")
    return found


def letters(
    steps: list[Step],
    shown: Sequence[str],
    symbols: Mapping[str, str],
    changed: Mapping[str, str] = MappingProxyType({}),
) -> list[tuple[str, str]]:
    """The letters and signs in the formulas of some steps, of all that stand inside them and of the symbols, explained."""
    formulas = {step.name: changed.get(step.name, step.formula) for step in steps}
    found = list(dict.fromkeys((*shown, *symbols)))
    for name in found:  # grows by what stands inside
        found += [earlier for earlier in references(formulas[name]) if earlier not in found]
    return _explained(" ".join([*symbols.values(), *(formulas[name] for name in found)]))


@lru_cache(maxsize=KEPT)
def _explained(latex: str) -> list[tuple[str, str]]:
    by_meaning: dict[str, list[str]] = {}
    for letter in letters_in(latex):
        by_meaning.setdefault(meaning(letter), []).append(letter)
    return [(", ".join(same), says) for says, same in by_meaning.items()] + signs_in(latex)


def _math(content: str) -> str:
    return f'<math xmlns="http://www.w3.org/1998/Math/MathML" displaystyle="true"><mrow>{content}</mrow></math>'


def _group(name: str, content: str) -> str:
    return f'<mrow class="symbol" data-step="{name}">{content}</mrow>'


def _marked(name: str, formulas: dict[str, str], named: dict[str, str]) -> str:
    """MathML of one formula; each `<step>` in it becomes a marked group: its letter, or else its own formula."""
    latex = formulas[name]
    for reference in references(latex):
        latex = latex.replace(f"<{reference}>", rf"\text{{@{reference}@}}")

    def inner(hole: re.Match) -> str:
        step = hole[1]
        return _group(step, _letters(named[step]) if step in named else _marked(step, formulas, named))

    return _HOLE.sub(inner, _letters(latex))


def _letters(latex: str) -> str:
    content = re.sub(r"^<math[^>]*><mrow>|</mrow></math>$", "", convert(latex))
    return _LETTER.sub(lambda letter: f'<mi class="{ROLES[letter[1]]}">{letter[1]}</mi>', content)
