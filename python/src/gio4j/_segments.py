"""Shared memory that Python and the engine map: a sealed memfd on Linux, else a private file."""

from __future__ import annotations

import contextlib
import errno
import mmap
import os
import shutil
import sys
import tempfile
import weakref
from pathlib import Path
from typing import NamedTuple

import numpy as np

from gio4j._private import discard, goes_with, unnamed_file, user_folder

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

# Room that must stay free in /dev/shm: other programs live there too.
_SPARE_BYTES = 16 << 20


class Framed(NamedTuple):
    """Shape of the matrix in a segment, and the byte at which its Arrow stream begins."""

    rows: int
    columns: int
    stream_offset: int


class Segment:
    """One mapping of `size` bytes, with a path under which the engine finds the same bytes.

    The pages are allocated when it is made, so that a full disk or memory shows as an error here
    and not as a bus error later; a memfd is sealed against shrinking for the same reason. Owner of
    the descriptor.
    """

    def __init__(self, size: int) -> None:
        self.size = size
        descriptor = _memfd(size)
        self._file: Path | None = None
        if descriptor is None:
            descriptor, self._file = _private_file(size)
        if self._file is not None:
            goes_with(self, self._file)
        self.close = weakref.finalize(self, _discard, descriptor)
        self.close.atexit = False
        self._descriptor = descriptor
        self.bytes = np.frombuffer(mmap.mmap(descriptor, size), np.uint8)
        self.address: int = self.bytes.ctypes.data
        #: The Arrow stream written into it, if any; set by whoever leases it.
        self.framed: Framed | None = None

    @property
    def path(self) -> str:
        """Where the engine opens it; through the descriptor where there is one to name."""
        if self._file is not None:
            return str(self._file)
        return f"/proc/{os.getpid()}/fd/{self._descriptor}"


def uses_files() -> bool:
    """Whether segments are files: asked for by GIO4J_SHARED=file, or for want of memfd."""
    wanted = os.environ.get("GIO4J_SHARED") or "auto"
    if wanted not in ("auto", "file"):
        raise ValueError(f"GIO4J_SHARED={wanted!r}: needs 'file', or 'auto' as without it")
    return wanted == "file" or not hasattr(os, "memfd_create")


def sweep() -> None:
    """Remove the files of processes that were killed before they could do it themselves."""
    for base in _bases():
        user_folder(base).sweep()


def _memfd(size: int) -> int | None:
    if uses_files() or sys.platform != "linux":
        return None
    try:
        descriptor = os.memfd_create("gio4j", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    except OSError as problem:
        if problem.errno in (errno.ENOSYS, errno.EPERM):  # a sandbox that does not know it
            return None
        raise
    try:
        os.posix_fallocate(descriptor, 0, size)
        fcntl.fcntl(
            descriptor,
            fcntl.F_ADD_SEALS,
            fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_SEAL,
        )
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def _private_file(size: int) -> tuple[int, Path | None]:
    """An open 0600 file, and its path where it needs one."""
    for base in _bases():
        if base == _SHARED_MEMORY and shutil.disk_usage(base).free < size + _SPARE_BYTES:
            continue
        descriptor, path = unnamed_file(base)
        try:
            _allocate(descriptor, size)
        except BaseException:
            _discard(descriptor)
            if path is not None:
                discard(path)
            raise
        return descriptor, path
    raise OSError(errno.ENOSPC, "no folder has room")


def _allocate(descriptor: int, size: int) -> None:
    if hasattr(os, "posix_fallocate"):
        os.posix_fallocate(descriptor, 0, size)
        return
    # macOS, Windows: written zeros are the portable way to own the blocks.
    zeros = bytes(min(size, 1 << 20))
    for start in range(0, size, len(zeros)):
        os.write(descriptor, zeros[: min(len(zeros), size - start)])


def _discard(descriptor: int) -> None:
    # The mapping goes with the last array over it; closing it here would fail while one is dying.
    with contextlib.suppress(OSError):
        os.close(descriptor)


_SHARED_MEMORY = Path("/dev/shm")


def _bases() -> list[Path]:
    temporary = Path(tempfile.gettempdir())
    return [_SHARED_MEMORY, temporary] if os.access(_SHARED_MEMORY, os.W_OK) else [temporary]
