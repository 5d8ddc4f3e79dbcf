"""Functions that are known by their name, which an address, a program or a message has from them."""

from typing import ParamSpec, Protocol, TypeVar, runtime_checkable

P = ParamSpec("P")
R_co = TypeVar("R_co", covariant=True)


@runtime_checkable
class Named(Protocol[P, R_co]):
    """What is called with P and returns R_co, and has a name: a function or a class, never a partial call."""

    __name__: str

    def __call__(self, *given: P.args, **named: P.kwargs) -> R_co: ...
