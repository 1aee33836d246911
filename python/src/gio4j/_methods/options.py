"""Options of a method: each declared once, with its kind, default, bounds and a sentence."""

from __future__ import annotations

import math
from dataclasses import Field, dataclass, field
from typing import Any, Protocol

from gio4j._checks import check_bool, check_int, check_real, one_of


class Kind(Protocol):
    """What an option may be."""

    @property
    def type(self) -> str:
        """As a docstring names it."""

    @property
    def bound(self) -> str:
        """As a sentence says it; empty without one."""

    @property
    def choices(self) -> tuple[str, ...] | None:
        """The texts that there are, if it is one of a few."""

    def check(self, value: Any, name: str, more: str) -> Any:
        """The value, made exact; an error of ours for another. `more` is what else may be."""


@dataclass(frozen=True)
class Integer:
    """An integer of at least so much."""

    least: int = 0
    type = "int"
    choices = None

    @property
    def bound(self) -> str:
        """Of all integers."""
        return f"at least {self.least}"

    def check(self, value: Any, name: str, more: str) -> int:
        """3.0 passes as 3."""
        return check_int(value, name, least=self.least, needs=f"an integer{more}")


@dataclass(frozen=True)
class Neighbor(Integer):
    """Which neighbour of a target row: at least 1, and fewer than the target has rows."""

    least: int = 1


@dataclass(frozen=True)
class Real:
    """A finite number, perhaps above a bound, or from a least to a most."""

    above: float = -math.inf
    least: float = -math.inf
    most: float = math.inf
    type = "float"
    choices = None

    @property
    def bound(self) -> str:
        """Of a number with one."""
        if self.most != math.inf:
            return f"{self.least:g} to {self.most:g}"
        if self.least != -math.inf:
            return f"at least {self.least:g}"
        return "" if self.above == -math.inf else f"above {self.above:g}"

    def check(self, value: Any, name: str, more: str) -> float:
        """Integers pass as floats."""
        is_above = self.above != -math.inf
        least = self.above if is_above else self.least
        needs = f"a number{more}"
        return check_real(value, name, least, self.most, above=is_above, needs=needs)


@dataclass(frozen=True)
class Choice:
    """One of a few texts."""

    choices: tuple[str, ...]
    bound = ""

    @property
    def type(self) -> str:
        """All of them."""
        return "{" + ", ".join(f'"{choice}"' for choice in self.choices) + "}"

    def check(self, value: Any, name: str, more: str) -> str:
        """Letters count as they stand."""
        found: str = one_of(value, name, self.choices)
        return found


@dataclass(frozen=True)
class Truth:
    """True or False."""

    type = "bool"
    bound = ""
    choices = None

    def check(self, value: Any, name: str, more: str) -> bool:
        """Numbers and texts are neither."""
        return check_bool(value, name)


@dataclass(frozen=True)
class Option:
    """A declaration."""

    name: str
    default: Any
    kind: Kind
    sentence: str

    @property
    def is_optional(self) -> bool:
        """Whether None is a value: of those whose default it is."""
        return self.default is None

    def check(self, value: Any) -> Any:
        """The value as the method keeps it."""
        if not self.is_optional:
            return self.kind.check(value, self.name, "")
        return None if value is None else self.kind.check(value, self.name, " or None")

    @property
    def shown_default(self) -> str:
        """As code has it."""
        return f'"{self.default}"' if isinstance(self.default, str) else repr(self.default)

    @property
    def type(self) -> str:
        """As numpydoc has it."""
        return f"{self.kind.type}{' or None' if self.is_optional else ''}"

    @property
    def text(self) -> str:
        """The sentence, and the bound."""
        bound = self.kind.bound
        return f"{self.sentence} {bound[0].upper()}{bound[1:]}." if bound else self.sentence


def option(default: Any, kind: Kind, sentence: str) -> Any:
    """Declare a field of a method; a default of None makes None a value of its own."""
    return field(default=default, metadata={"kind": kind, "sentence": sentence})


def declared(declaration: Field[Any]) -> Option:
    """What `option` was given."""
    metadata = declaration.metadata
    return Option(declaration.name, declaration.default, metadata["kind"], metadata["sentence"])
