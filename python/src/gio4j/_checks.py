"""Checks of numbers at the border: each names argument, value, bound and cure in one line."""

from __future__ import annotations

import difflib
import math
import operator
import reprlib
import secrets
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from gio4j.errors import InvalidInputError, InvalidTypeError

#: What error messages call each argument; those left out go by their own name.
Names = Mapping[str, str]

#: What a seed may be; None draws one from the system.
Seed = int | np.random.Generator | np.random.RandomState | None

#: How other libraries call what a method or any call takes.
_SYNONYMS = {
    "random_state": "seed",
    "rng": "seed",
    "sample_weight": "weights",
    "n_samples": "budget",
    "size": "budget",
    "frac": "budget",
    "verbose": "progress",
    "bandwidth": "scale",
    "length_scale": "scale",
    "n_neighbors": "k",
}
# Below this likeness a word is another one, and not a slip: "weight" for "weights" has 0.92,
# "gama" for "gamma" 0.89, "verbose" for "kernel" 0.46.
_LIKENESS = 0.7

# The engine counts in 31 bits, and a first descent takes three times its steps.
_MOST_COUNT = 700_000_000


def brief(value: Any) -> str:
    """A value in a few words of one line, for a message: as Python writes it, if that is short."""
    kind = type(value)
    named = kind.__qualname__ if kind.__module__ == "builtins" else _full_name(kind)
    if isinstance(value, type):
        return f"the class {_full_name(value)}"
    if (shape := getattr(value, "shape", None)) not in (None, ()):
        return f"{named} of shape {shape}"
    try:
        text = _brief.repr(value)
    except Exception:  # of the caller's own class, or of an integer too long to be written
        return named
    if not text.isprintable() or " at 0x" in text:
        return named
    return text if len(text) <= _MOST_SHOWN else f"{text[: _MOST_SHOWN // 2]}...{text[-20:]}"


def _full_name(kind: type) -> str:
    return f"{kind.__module__}.{kind.__qualname__}"


# A message has 400 characters at most, of which a value, or a path, is a part.
_MOST_SHOWN = 120
_brief = reprlib.Repr()
_brief.maxlist = _brief.maxtuple = _brief.maxdict = _brief.maxset = 3
_brief.maxlevel, _brief.maxstring, _brief.maxother = 2, _MOST_SHOWN, _MOST_SHOWN


def cause(problem: BaseException) -> str:
    """What an exception of somebody else's says, in a few words of one line."""
    reason = getattr(problem, "strerror", None) or str(problem)
    said = (reason.strip().splitlines() or [type(problem).__name__])[0]
    said = said if said.isprintable() else ascii(said)[1:-1]
    return said if len(said) <= _MOST_SHOWN else f"{said[:_MOST_SHOWN]}..."


def check_int(
    value: Any,
    name: str,
    least: int = 0,
    most: int | None = None,
    cure: str = "",
    needs: str = "an integer",
) -> int:
    """The value as an integer within bounds; 100.0 passes as 100."""
    try:
        if isinstance(value, bool | np.bool_):
            raise TypeError
        count = (
            int(value) if isinstance(value, float) and value.is_integer() else operator.index(value)
        )
    except TypeError:
        raise InvalidTypeError(f"{name}={brief(value)}: needs {needs}") from None
    if count < least or count > (_MOST_COUNT if most is None else most):
        if most is None:
            bound = f"at least {least}" if count < least else f"at most {_MOST_COUNT}"
        else:
            bound = f"{least} to {most}"
        raise InvalidInputError(f"{name}={brief(value)}: needs {bound}{_also(cure)}")
    return count


def seed_of(seed: Seed, name: str = "seed") -> int:
    """A seed of 64 bits: as given, drawn from the generator given, or from the system for None."""
    if seed is None:
        return secrets.randbits(63)
    if isinstance(seed, np.random.Generator):
        return int(seed.integers(2**63))
    if isinstance(seed, np.random.RandomState):
        return int(seed.randint(2**63, dtype=np.uint64))
    needs = "an integer, a Generator or RandomState of NumPy, or None"
    return check_int(seed, name, -(2**63), 2**63 - 1, needs=needs)


def check_real(
    value: Any,
    name: str,
    least: float = -math.inf,
    most: float = math.inf,
    above: bool = False,
    below: bool = False,
    needs: str = "a number",
) -> float:
    """The value as a finite number from `least` to `most`.

    With `above` the first is left out, with `below` the last.
    """
    try:
        is_other = isinstance(value, str | bytes | bytearray | bool | np.bool_)
        if is_other or getattr(value, "shape", ()) != ():
            raise TypeError
        result = float(value)
    except (TypeError, ValueError):
        raise InvalidTypeError(f"{name}={brief(value)}: needs {needs}") from None
    except OverflowError:
        result = math.inf
    if not math.isfinite(result):
        raise InvalidInputError(f"{name}={brief(value)}: needs a finite number")
    if not least <= result <= most or (above and result == least) or (below and result == most):
        lower = f"above {least:g}" if above else f"at least {least:g}"
        if most == math.inf:
            bound = lower
        elif below:
            bound = f"{lower} and below {most:g}"
        else:
            bound = f"{lower} up to {most:g}" if above else f"{least:g} to {most:g}"
        raise InvalidInputError(f"{name}={brief(value)}: needs {bound}")
    return result


def one_of(value: Any, name: str, valid: Iterable[str | bool | None]) -> Any:
    """The value, if it is one of the valid ones."""
    listed = tuple(valid)
    for each in listed:
        # Types first: 1 is equal to True, and of an array nobody can say whether it is equal.
        if isinstance(value, type(each)) and value == each:
            return each
    raise InvalidInputError(f"{name}={brief(value)}: needs one of {', '.join(map(repr, listed))}")


def did_you_mean(word: Any, known: Iterable[str]) -> str:
    """The known name that a word is a slip of, or another library's name for; empty for neither."""
    names = list(known)
    if not isinstance(word, str):
        return ""
    meant = _SYNONYMS.get(word)
    near = difflib.get_close_matches(word, names, n=1, cutoff=_LIKENESS)
    if meant in names:
        near = [meant]
    return f"the nearest is {near[0]!r}; " if near else ""


def check_bool(value: Any, name: str) -> bool:
    """The value, if it is True or False."""
    if not isinstance(value, bool | np.bool_):
        raise InvalidTypeError(f"{name}={brief(value)}: needs True or False")
    return bool(value)


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
