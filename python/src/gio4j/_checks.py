"""Checks of numbers at the border: each names argument, value, bound and cure in one line."""

from __future__ import annotations

import math
import operator
import secrets
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from gio4j.errors import InvalidInputError

#: What error messages call each argument; those left out go by their own name.
Names = Mapping[str, str]

#: What a seed may be; None draws one from the system.
Seed = int | np.random.Generator | np.random.RandomState | None

# The engine counts in 31 bits, and a first descent takes three times its steps.
_MOST_COUNT = 700_000_000


def check_int(
    value: Any, name: str, least: int = 0, most: int | None = None, cure: str = ""
) -> int:
    """The value as an integer within bounds; 100.0 passes as 100."""
    try:
        count = (
            int(value) if isinstance(value, float) and value.is_integer() else operator.index(value)
        )
    except TypeError:
        raise TypeError(f"{name}={value!r}: needs an integer") from None
    if count < least or count > (_MOST_COUNT if most is None else most):
        if most is None:
            bound = f"at least {least}" if count < least else f"at most {_MOST_COUNT}"
        else:
            bound = f"{least} to {most}"
        raise InvalidInputError(f"{name}={value!r}: needs {bound}{_also(cure)}")
    return count


def seed_of(seed: Seed, name: str = "seed") -> int:
    """A seed of 64 bits: as given, drawn from the generator given, or from the system for None."""
    if seed is None:
        return secrets.randbits(63)
    if isinstance(seed, np.random.Generator):
        return int(seed.integers(2**63))
    if isinstance(seed, np.random.RandomState):
        return int(seed.randint(2**63, dtype=np.uint64))
    return check_int(seed, name, -(2**63), 2**63 - 1)


def check_real(
    value: Any, name: str, least: float = -math.inf, most: float = math.inf, above: bool = False
) -> float:
    """The value as a finite number from `least` (itself left out with `above`) to `most`."""
    try:
        result = float(value)
    except (TypeError, ValueError):
        raise TypeError(f"{name}={value!r}: needs a number") from None
    if not math.isfinite(result):
        raise InvalidInputError(f"{name}={value!r}: needs a finite number")
    if result < least or result > most or (above and result == least):
        lower = f"above {least:g}" if above else f"at least {least:g}"
        bound = lower if most == math.inf else f"{least:g} to {most:g}"
        raise InvalidInputError(f"{name}={value!r}: needs {bound}")
    return result


def one_of(value: Any, name: str, valid: Iterable[str]) -> str:
    """The value, if it is one of the valid texts."""
    listed = tuple(valid)
    if value not in listed:
        raise InvalidInputError(f"{name}={value!r}: needs one of {', '.join(map(repr, listed))}")
    return str(value)


def neighbor(value: Any, name: str, rows: int | None, rows_name: str) -> int:
    """The neighbour k of an estimate over `rows` rows: 1 to rows - 1."""
    most = None if rows is None else rows - 1
    if most == 0:
        raise InvalidInputError(
            f"{rows_name}: has 1 row; needs at least 2, since a row is no neighbour of its own"
        )
    cure = (
        "" if most is None else f"{rows_name} has {rows} rows, and a row is no neighbour of its own"
    )
    return check_int(value, name, least=1, most=most, cure=cure)


def same_columns(first: int | None, first_name: str, second: int | None, second_name: str) -> None:
    """Both matrices need the same number of columns, as far as it is known here."""
    if first is not None and second is not None and first != second:
        raise InvalidInputError(
            f"{first_name} has {first} columns, {second_name} {second}: both need the same; embed "
            "them with one model"
        )


def _also(cure: str) -> str:
    return f"; {cure}" if cure else ""
