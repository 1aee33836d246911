"""Keywords of a call, checked before it: aliases, and the nearest known one for a slip."""

from __future__ import annotations

import functools
import inspect
import warnings
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from gio4j._checks import did_you_mean
from gio4j.errors import InvalidTypeError

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")


def checked_keywords(
    **aliases: str,
) -> Callable[[Callable[Parameters, Result]], Callable[Parameters, Result]]:
    """Accept each alias with a DeprecationWarning, and name the nearest keyword for a slip."""

    def decorate(function: Callable[Parameters, Result]) -> Callable[Parameters, Result]:
        known = [name for name in inspect.signature(function).parameters if name != "self"]

        @functools.wraps(function)
        def checked(*args: Parameters.args, **keywords: Parameters.kwargs) -> Result:
            for name in [name for name in keywords if name not in known]:
                if name not in aliases:
                    raise InvalidTypeError(
                        f"{function.__name__}() has no keyword {name!r}; "
                        f"{did_you_mean(name, known)}all are {', '.join(known)}"
                    )
                meant = aliases[name]
                if meant in keywords:
                    raise InvalidTypeError(
                        f"{function.__name__}() got both {name!r} and {meant!r}, which are one; "
                        f"leave out {name!r}"
                    )
                warnings.warn(
                    f"{name!r} is an old name of {meant!r}; write {meant}=",
                    DeprecationWarning,
                    stacklevel=2,
                )
                keywords[meant] = keywords.pop(name)
            return function(*args, **keywords)

        return checked

    return decorate
