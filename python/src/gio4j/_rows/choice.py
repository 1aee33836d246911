"""Which columns of a table are its rows' numbers, and what becomes of rows that lack one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal, get_args

from gio4j._checks import brief, one_of
from gio4j.errors import InvalidInputError, InvalidTypeError

Missing = Literal["raise", "skip"]
Metric = Literal["euclidean", "cosine"]
METRICS: tuple[Metric, ...] = get_args(Metric)
#: Names of columns, text as a rule; pandas has others as well.
Names = tuple[Any, ...]
#: How messages call a list that is longer than this.
_MOST_NAMES = 5


@dataclass(frozen=True)
class Choice:
    """What is asked of rows.

    columns : the column of vectors, or the columns of numbers; None for those that are meant
    missing : whether a row that lacks a number is an error, or is left out
    metric : whether rows are compared as they are, or divided by their lengths
    """

    columns: str | Names | None = None
    missing: Missing = "raise"
    metric: Metric = "euclidean"

    @property
    def skips(self) -> bool:
        """Whether rows that lack a number are left out."""
        return self.missing == "skip"


#: What is meant without any word about it.
PLAIN = Choice()


def choice_of(columns: Any = None, missing: Any = "raise", metric: Any = "euclidean") -> Choice:
    """What the arguments `columns`, `missing` and `metric` of a function say."""
    one_of(missing, "missing", ("raise", "skip"))
    one_of(metric, "metric", METRICS)
    return Choice(columns_of(columns), missing, metric)


def columns_of(columns: Any) -> str | Names | None:
    """One name, or a tuple of several."""
    if columns is None or isinstance(columns, str):
        return columns
    if not isinstance(columns, Iterable) or isinstance(columns, bytes):
        raise InvalidTypeError(f"columns={brief(columns)}: needs a name, or a list of names")
    try:
        names = tuple(columns)
        distinct = len(set(names))
    except TypeError:  # an array of no dimension, or names that no table can have
        raise InvalidTypeError(
            f"columns={brief(columns)}: needs a name, or a list of names"
        ) from None
    if not names:
        raise InvalidInputError("columns=[]: needs at least one name; None takes those meant")
    if distinct < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise InvalidInputError(f"columns: names {brief(twice)} twice; each column counts once")
    return names


def listed(names: Iterable[Any]) -> str:
    """Names in one line: the first few, and how many more there are."""
    every = list(names)
    text = ", ".join(map(_short, every[:_MOST_NAMES])) or "none"
    more = len(every) - _MOST_NAMES
    return f"{text} and {more:,} more" if more > 0 else text


def _short(name: Any) -> str:
    text = repr(name)
    return text if len(text) <= 40 else f"{text[:37]}..."
