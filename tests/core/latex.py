"""What a declared formula says, worked out from the tensors that it names: the LaTeX that traces are written in, and no more.

Letters that stand side by side are a matrix product, a sum sign in front of one is that product, and a letter has the name
under which the test gives it: W_Q, h_t-1, E[x_i].
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor

TOKEN = re.compile(r"<\w+>|\\(?:left|right)\s*|\\[a-zA-Z]+|\\\\|\\,|\d+(?:\.\d+)?|[A-Za-z]|[-+/()\[\]{}_^;,]")
SPACE = re.compile(r"\\(?:left|right)\s*|\\,")
ELEMENTWISE: dict[str, Callable[[Tensor], Tensor]] = {
    r"\tanh": torch.tanh,
    r"\sigma": torch.sigmoid,
    r"\sin": torch.sin,
    r"\cos": torch.cos,
}
ENDS = {None, "+", "-", ")", "]", "}", ";", ",", r"\odot", r"\rvert", r"\rVert", "/", r"\\", r"\end"}


def evaluate(formula: str, names: Mapping[str, Any]) -> Tensor:
    """The value of a formula. names: tensors and functions, and the tensors of earlier steps as <name>."""
    left_out = TOKEN.sub("", formula).strip()
    if left_out:
        raise ValueError(f"{left_out!r} in {formula!r} is no LaTeX that formulas are written in")
    reading = _Reading([token for token in TOKEN.findall(formula) if not SPACE.fullmatch(token)], names)
    value = reading.sum()
    if reading.tokens:
        raise ValueError(f"{formula!r} was read up to {reading.tokens[:3]}")
    return value


class _Reading:
    """A formula that is being read from left to right."""

    def __init__(self, tokens: list[str], names: Mapping[str, Any]):
        self.tokens, self.names = tokens, names

    @property
    def next(self) -> str | None:
        return self.tokens[0] if self.tokens else None

    def take(self, *wanted: str) -> str:
        token = self.tokens.pop(0)
        if wanted and token not in wanted:
            raise ValueError(f"{token!r} stands where {wanted} was expected")
        return token

    def sum(self) -> Any:
        value = -self.products() if self.next == "-" and self.take() else self.products()
        while self.next in ("+", "-"):
            value = value + self.products() if self.take() == "+" else value - self.products()
        return value

    def products(self) -> Any:
        value = self.product()
        while self.next in (r"\odot", "/"):
            value = value * self.product() if self.take() == r"\odot" else value / self.product()
        return value

    def product(self) -> Any:
        value = self.factor()
        while self.next not in ENDS:
            value = times(value, self.factor())
        return value

    def factor(self) -> Any:
        value = self.atom()
        while self.next == "^":
            self.take()
            if self.next == r"\top":
                self.take()
                value = value.mT
            else:
                value = value ** self.braced()
        return value

    def braced(self) -> Any:
        self.take("{")
        value = self.sum()
        self.take("}")
        return value

    def atom(self) -> Any:
        token = self.take()
        if token.startswith("<"):
            return self.names[token]
        if token[0].isdigit():
            return float(token)
        if token == "(":
            (value,) = self.listed(")")
            return value
        if token == "[":
            return self.bracket()
        if token == "{":
            value = self.sum()
            self.take("}")
            return value
        if token in ELEMENTWISE:
            return ELEMENTWISE[token](self.factor())
        if token == r"\frac":
            return self.braced() / self.braced()
        if token == r"\sqrt":
            return self.braced() ** 0.5
        if token == r"\sum":
            self.subscript()
            return self.product()
        if token == r"\lvert":
            value = self.sum()
            self.take(r"\rvert")
            return value.abs()
        if token == r"\lVert":
            value = self.sum()
            self.take(r"\rVert")
            return value.norm(dim=-1, keepdim=True)
        if token == r"\begin":
            return self.rows()
        if token == r"\operatorname":
            return self.called()
        if token == r"\text":
            return self.names[self.raw()]
        return self.letter(token)

    def listed(self, end: str) -> list[Any]:
        values = [self.sum()]
        while self.next in (";", ","):
            self.take()
            values.append(self.sum())
        self.take(end)
        return values

    def bracket(self) -> Tensor:
        """Side by side, or below each other where there is another number of rows; sine and cosine hand by hand."""
        separator = ""
        values = [self.sum()]
        while self.next in (";", ","):
            separator = self.take()
            values.append(self.sum())
        self.take("]")
        if separator == ",":
            return torch.stack(values, dim=-1).flatten(-2)
        wide = all(value.shape[:-1] == values[0].shape[:-1] for value in values)
        return torch.cat(values, dim=-1 if wide else -2)

    def rows(self) -> Tensor:
        """A matrix of blocks below each other."""
        self.raw()
        values = [self.sum()]
        while self.next == r"\\":
            self.take()
            values.append(self.sum())
        self.take(r"\end")
        self.raw()
        return torch.cat(values, dim=-2)

    def called(self) -> Any:
        name = self.raw()
        self.subscript()
        self.take("(")
        value = self.names[name](*self.listed(")"))
        chosen = self.subscript()
        return self.names[chosen](value) if chosen in self.names else value

    def letter(self, token: str) -> Any:
        """A letter with its index, and what is looked up in it: E[x_i]."""
        name = token.lstrip("\\")
        if token.startswith("\\") and self.next == "{":
            name += self.raw()
        if below := self.subscript():
            name += f"_{below}"
        if self.next == "[" and name == "E":
            self.take()
            looked_up = ""
            while self.next != "]":
                looked_up += self.plain()
            self.take("]")
            name += f"[{looked_up}]"
        return self.names[name]

    def subscript(self) -> str:
        if self.next != "_":
            return ""
        self.take()
        return self.raw() if self.next == "{" else self.take()

    def plain(self) -> str:
        return self.raw() if self.next == "{" else self.take()

    def raw(self) -> str:
        """The text between braces, without the braces in it and without commands for its face."""
        self.take("{")
        text = ""
        while self.next != "}":
            text += self.plain() if self.next != r"\mathrm" else self.take()[:0]
        self.take("}")
        return text


def times(one: Any, other: Any) -> Any:
    """The product of what stands side by side: of matrices where they fit, of columns every pair, else number by number."""
    if not (torch.is_tensor(one) and torch.is_tensor(other)) or not one.dim() or not other.dim():
        return one * other
    if other.dim() == 1 or one.shape[-1] == other.shape[-2]:
        return one @ other
    if one.shape[-1] == other.shape[-1] == 1 and one.dim() == other.dim():
        return one @ other.mT
    return one * other
