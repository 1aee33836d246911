"""The door of the package: what is public ends the traceback of gio4j's own errors.

An error about an argument is raised deep inside, and a notebook shows every frame on the way; the
line that matters is the caller's, above them. A bug shows all frames, as it should.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Callable
from typing import Any, TypeVar, cast

from gio4j.errors import GioError

_T = TypeVar("_T", bound=Callable[..., Any])


def public(declared: _T) -> _T:
    """Declare a function, or a class with its public methods, as one that users call."""
    if not isinstance(declared, type):
        return cast(_T, _door(declared))
    for name, member in list(vars(declared).items()):
        if name.startswith("_") and name not in _CALLED:
            continue
        if isinstance(member, staticmethod):
            setattr(declared, name, staticmethod(_door(member.__func__)))
        elif callable(member):
            setattr(declared, name, _door(member))
    return declared


#: What Python calls on a user's behalf.
_CALLED = ("__init__",)


def _door(function: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(function)
    def door(*arguments: Any, **options: Any) -> Any:
        __tracebackhide__ = True  # IPython and pytest leave this frame out
        try:
            return function(*arguments, **options)
        except GioError as problem:
            if os.environ.get("GIO4J_TRACEBACK") == "full":
                raise
            raise _ended(problem) from None

    return door


def _ended(problem: GioError) -> GioError:
    """The error without the frames so far, and without those of what it was made from."""
    return problem.with_traceback(None)
