"""A file held open: read by position, and handed to the engine by its descriptor.

A name may be anything, in any encoding, may be gone, or lead to another file by now; the descriptor
leads to the very file that was opened. And a file that another program cuts short kills whoever has
it mapped, so Python maps none of the user's.
"""

from __future__ import annotations

import os
import stat
import sys
import threading
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from gio4j._checks import brief
from gio4j._shared import descriptors
from gio4j._shared.buffers import opened
from gio4j._shared.private import goes_with
from gio4j.errors import GioError, InvalidInputError, InvalidTypeError

# Characters of a path in a message; of a longer one the ends, which tell most.
_MOST_SHOWN = 200
# Linux reads at most 2 GiB at a time; others fail above that.
_MOST_BYTES = 1 << 30
# Not to wait for a FIFO's writer; what is no regular file is refused.
_FLAGS = (
    os.O_RDONLY
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_NONBLOCK", 0)
    | getattr(os, "O_BINARY", 0)
)
# One that a signal handler may take again; it reads another file.
_seek_lock = threading.RLock()


class Identity(NamedTuple):
    """What stays the same as long as a file has not been replaced or written to."""

    device: int
    inode: int
    size: int
    modified_ns: int
    changed_ns: int

    @staticmethod
    def of(status: os.stat_result) -> Identity:
        """The identity of a file whose status this is."""
        return Identity(
            status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns
        )


class OpenFile:
    """A descriptor and what it was opened from.

    path : the file's name; None for one without
    watched : whether any change is an error, not only that it is cut short
    own : whether the file goes with this object, name and all
    """

    def __init__(
        self, descriptor: int, path: Path | None, *, watched: bool = False, own: bool = False
    ) -> None:
        self.descriptor = descriptor
        self.path = path
        self.identity = Identity.of(os.fstat(descriptor))
        self._watched = watched
        self._place = (self.identity.device, self.identity.inode)
        if own and path is not None:
            goes_with(self, path)  # after the next, as Windows deletes no open file: newest first
        self.close = weakref.finalize(self, descriptors.close, descriptor, self._place)

    @property
    def shown(self) -> str:
        """What messages call it."""
        return "a temporary file" if self.path is None else shown(self.path)

    @property
    def engine_path(self) -> str:
        """Where the engine opens it: through the descriptor where the system has that."""
        if sys.platform == "linux":
            return f"/proc/{os.getpid()}/fd/{self.descriptor}"
        return str(self.path)

    def read_into(self, rows: npt.NDArray[Any], offset: int, name: str) -> None:
        """Fill an array in C order with the bytes from `offset` on."""
        self.require_open(name)
        left = rows.reshape(-1).view(np.uint8).data
        while len(left):
            count = _read_at(self.descriptor, left[:_MOST_BYTES], offset)
            if count == 0:
                raise InvalidInputError(f"{name}: {self.shown} was cut short while it was read")
            left, offset = left[count:], offset + count

    def require_open(self, name: str) -> None:
        """GioError if this program has closed the descriptor, which may mean another file now."""
        if not descriptors.leads_to(self.descriptor, self._place):
            raise GioError(
                f"{name}: this program closed the descriptor through which {self.shown} is read "
                "(os.closerange, os.close); leave open what gio4j opened, and call again"
            )

    def require_unchanged(self, name: str) -> None:
        """InvalidInputError if the file has been cut short or, when watched, changed in any way."""
        self.require_open(name)
        now = Identity.of(os.fstat(self.descriptor))
        if now == self.identity or (not self._watched and now.size >= self.identity.size):
            return
        raise InvalidInputError(
            f"{name}: {self.shown} was changed, cut short or replaced while it was used; call "
            "again when it is whole"
        )

    @contextmanager
    def lent(self, name: str) -> Iterator[str]:
        """The path for the engine; at the end a change is an error, which names the file.

        A file cut short may have ended the engine, so the change goes before any other error.
        """
        self.require_open(name)
        path = self.engine_path
        try:
            yield path
        except GioError as problem:
            self.require_unchanged(name)
            if path in str(problem):
                raise type(problem)(str(problem).replace(path, self.shown)) from problem
            raise
        self.require_unchanged(name)


def open_file(path: Path, name: str, *, watched: bool = True) -> OpenFile:
    """A file of the user's, for reading; InvalidInputError if it is not to be had."""
    try:
        descriptor = opened(name, lambda: os.open(path, _FLAGS))
    except GioError:
        raise
    except (FileNotFoundError, NotADirectoryError):
        raise InvalidInputError(f"{name}: there is no file {shown(path)}") from None
    except (OSError, ValueError) as problem:
        reason = getattr(problem, "strerror", None) or problem
        raise InvalidInputError(f"{name}: {shown(path)} cannot be read ({reason})") from problem
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise InvalidInputError(f"{name}: {shown(path)} is no regular file")
    return OpenFile(descriptor, path, watched=watched)


def require_regular(path: Path, name: str) -> None:
    """InvalidInputError if it is there, but no file or folder: a FIFO would be waited for."""
    try:
        mode = os.stat(path).st_mode
    except (OSError, ValueError):
        return  # whoever opens it says why that fails
    if not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):
        raise InvalidInputError(f"{name}: {shown(path)} is no regular file")


def path_of(value: Any, name: str = "path") -> Path:
    """An argument as a path; an error of ours for what is none, or none on any system."""
    try:
        text = os.fsdecode(value)
    except TypeError:
        raise InvalidTypeError(
            f"{name}={brief(value)}: needs a path, as a text or pathlib.Path"
        ) from None
    if not text or "\0" in text:
        raise InvalidInputError(f"{name}={brief(value)}: needs a path; no file has this name")
    return Path(text)


@contextmanager
def refusals(path: Path, name: str) -> Iterator[None]:
    """What the system refuses about a path, as one error of ours."""
    try:
        yield
    except (FileNotFoundError, NotADirectoryError):
        raise InvalidInputError(f"{name}: there is no file {shown(path)}") from None
    except OSError as problem:
        raise InvalidInputError(
            f"{name}: {shown(path)} cannot be read ({problem.strerror})"
        ) from problem


def absolute(path: str | bytes | os.PathLike[Any]) -> Path:
    """The path from the root: a later change of the working folder is none of it."""
    try:
        return Path(os.path.abspath(os.fsdecode(path)))
    except FileNotFoundError as problem:
        raise InvalidInputError(
            f"path={brief(os.fspath(path))}: the working folder has been deleted; pass the "
            "whole path"
        ) from problem


@contextmanager
def plain_name(path: Path) -> Iterator[str]:
    """A name that pyarrow can open, which takes those in UTF-8 alone."""
    try:
        str(path).encode()
    except UnicodeEncodeError:
        descriptor = os.open(path, _FLAGS)
        try:
            yield f"/proc/self/fd/{descriptor}"
        finally:
            os.close(descriptor)
    else:
        yield str(path)


def shown(path: str | os.PathLike[str]) -> str:
    """The path in one line of text that every encoding has: as it stands, or quoted."""
    text = os.fsdecode(path)
    if len(text) > _MOST_SHOWN:
        text = f"{text[:40]}...{text[40 - _MOST_SHOWN :]}"
    return text if text.isprintable() else ascii(text)


def _read_at(descriptor: int, buffer: memoryview, offset: int) -> int:
    if hasattr(os, "preadv"):
        return os.preadv(descriptor, [buffer], offset)
    with _seek_lock:  # Windows
        os.lseek(descriptor, offset, os.SEEK_SET)
        data = os.read(descriptor, len(buffer))
    buffer[: len(data)] = data
    return len(data)
