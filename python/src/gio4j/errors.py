"""What gio4j raises and warns with.

Every error is a `GioError`; those that a caller may want to treat as a builtin
(`ValueError`, `TypeError`, `MemoryError`) are that as well. Messages are one line that names the
argument, its value, the bound and the cure; lines of Java's log, where they help, follow. They
are worded where an argument is checked: numbers in `_checks`, matrices in `_rows`, and Java's
options in their constructors.

In a notebook the traceback of a `GioError` ends at your own line and not in the functions of
gio4j, where there is nothing to be seen; with the environment variable ``GIO4J_TRACEBACK=full`` it
has all of them. Scripts, `%debug` and other exceptions, which are bugs, always do.
"""

from __future__ import annotations

import os
import sys
import warnings
from types import FrameType, TracebackType

# With the frames of our own `with` blocks.
_OURS = ("gio4j", "GIO", "contextlib")


class GioError(Exception):
    """Base of every error that gio4j raises on its own account."""

    def _render_traceback_(self) -> list[str]:
        """The traceback, which IPython asks for by this name, up to the frame that called us."""
        shown = type(self)(*self.args)
        shown.__dict__.update(self.__dict__)
        shown.__traceback__ = _callers(self.__traceback__)
        if shown.__traceback__ is None or os.environ.get("GIO4J_TRACEBACK") == "full":
            shown = self
        lines: list[str] = (
            sys.modules["IPython"]
            .get_ipython()
            .InteractiveTB.structured_traceback(type(shown), shown, shown.__traceback__)
        )
        return lines


class InvalidInputError(GioError, ValueError):
    """An argument or an input file that the engine refuses."""


class InvalidTypeError(GioError, TypeError):
    """An argument of a kind that cannot be, or an option that does not exist."""


class NotFittedError(GioError, ValueError, AttributeError):
    """A method of an estimator was called before `fit`."""


class GioMemoryError(GioError, MemoryError):
    """The engine's heap, the machine's memory or a limit of it is too small for the request."""


class StorageError(GioError, OSError):
    """A disk is full, or a file that gio4j writes cannot be written."""


class MissingPackageError(GioError, ImportError):
    """Something needs a package that is not installed; the message has the command."""


class GatewayError(GioError):
    """The engine's process could not be started, reached or understood."""


class JavaNotFoundError(GatewayError):
    """No Java runtime on this machine is new enough; the message lists every candidate."""


class GatewayStartError(GatewayError):
    """The engine's process ended, or said nothing, before it was ready."""


class GatewayRunningError(GatewayError, RuntimeError):
    """The engine runs already, so it cannot be configured."""


class GatewayDied(GatewayError):  # noqa: N818 - the name users see in the documentation
    """The engine's process ended while it was needed; the next call starts a new one."""


class VersionMismatch(GatewayError):  # noqa: N818 - the name users see in the documentation
    """The Python package and the engine's jar are of different versions."""


class Cancelled(GioError):  # noqa: N818 - a state, not a fault
    """The job was cancelled before it ended."""


class GIOWarning(UserWarning):
    """A result that is as the reference package gives it, but perhaps not as you meant it."""


def _callers(frames: TracebackType | None) -> TracebackType | None:
    """The frames of a traceback before the first of ours."""
    if frames is None or _is_ours(frames.tb_frame):
        return None
    return TracebackType(
        _callers(frames.tb_next), frames.tb_frame, frames.tb_lasti, frames.tb_lineno
    )


def _is_ours(frame: FrameType) -> bool:
    return frame.f_globals.get("__name__", "").split(".")[0] in _OURS


def warn(message: str) -> None:
    """Give a GIOWarning at the line outside this package that led here, however deep it is."""
    level, frame = 2, sys._getframe(1)
    while frame.f_back is not None and _is_ours(frame):
        level, frame = level + 1, frame.f_back
    warnings.warn(message, GIOWarning, stacklevel=level)
