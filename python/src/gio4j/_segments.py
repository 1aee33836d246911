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

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

_PREFIX = "gio4j-"
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
        self.owner = os.getpid()
        descriptor, self._file = _memfd(size), None
        if descriptor is None:
            descriptor, self._file = _private_file(size)
        self.close = weakref.finalize(self, _discard, descriptor, self._file, self.owner)
        self.close.atexit = False
        self._descriptor = descriptor
        self.bytes = np.frombuffer(mmap.mmap(descriptor, size), np.uint8)
        self.address: int = self.bytes.ctypes.data
        #: The Arrow stream written into it, if any; set by whoever leases it.
        self.framed: Framed | None = None

    @property
    def path(self) -> str:
        """Where the engine opens it; through the descriptor where there is one to name."""
        return self._file or f"/proc/{os.getpid()}/fd/{self._descriptor}"


def uses_files() -> bool:
    """Whether segments are files: asked for by GIO4J_SHARED=file, or for want of memfd."""
    wanted = os.environ.get("GIO4J_SHARED") or "auto"
    if wanted not in ("auto", "file"):
        raise ValueError(f"GIO4J_SHARED={wanted!r}: needs 'file', or 'auto' as without it")
    return wanted == "file" or not hasattr(os, "memfd_create")


def sweep() -> None:
    """Remove the folders of processes that were killed before they could do it themselves."""
    for base in _bases():
        with contextlib.suppress(OSError):
            for entry in os.scandir(base):
                if entry.name.startswith(_PREFIX) and entry.is_dir(follow_symlinks=False):
                    _remove_if_stale(Path(entry.path))


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


def _private_file(size: int) -> tuple[int, str | None]:
    """An open 0600 file and its path, or None for the path once it is unlinked (Linux)."""
    for base in _bases():
        if base == _SHARED_MEMORY and shutil.disk_usage(base).free < size + _SPARE_BYTES:
            continue
        descriptor, name = tempfile.mkstemp(dir=_folder(base))
        try:
            if sys.platform == "linux":
                os.unlink(name)
            _allocate(descriptor, size)
        except BaseException:
            os.close(descriptor)
            with contextlib.suppress(OSError):
                os.unlink(name)
            raise
        return descriptor, None if sys.platform == "linux" else name
    raise OSError(errno.ENOSPC, "no folder has room")


def _allocate(descriptor: int, size: int) -> None:
    if hasattr(os, "posix_fallocate"):
        os.posix_fallocate(descriptor, 0, size)
        return
    # macOS, Windows: written zeros are the portable way to own the blocks.
    zeros = bytes(min(size, 1 << 20))
    for start in range(0, size, len(zeros)):
        os.write(descriptor, zeros[: min(len(zeros), size - start)])


def _discard(descriptor: int, file: str | None, owner: int) -> None:
    # The mapping goes with the last array over it; closing it here would fail while one is dying.
    with contextlib.suppress(OSError):
        os.close(descriptor)
    if file is not None and os.getpid() == owner:
        with contextlib.suppress(OSError):
            os.unlink(file)


# --- folders -------------------------------------------------------------------------------------

_SHARED_MEMORY = Path("/dev/shm")
#: This process's folder in each base, with the descriptor whose lock says that the owner lives.
_folders: dict[Path, tuple[Path, int | None]] = {}


def _bases() -> list[Path]:
    temporary = Path(tempfile.gettempdir())
    return [_SHARED_MEMORY, temporary] if os.access(_SHARED_MEMORY, os.W_OK) else [temporary]


def _folder(base: Path) -> Path:
    known = _folders.get(base)
    if known is not None and known[0].is_dir():
        return known[0]
    while True:
        folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=base))  # 0700
        lock = _lock(folder)
        if folder.is_dir():  # else a sweep came between the two lines above
            _folders[base] = folder, lock
            return folder


def _lock(folder: Path) -> int | None:
    """A descriptor that holds the folder's lock, or None when another holds it (or Windows).

    A lock, not a process id in the name: it ends with its owner whatever happens, ids come again,
    and two containers that share a folder have different ids for one process.
    """
    if fcntl is None:
        return None
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        return None
    return descriptor


def _remove_if_stale(folder: Path) -> None:
    with contextlib.suppress(OSError):
        lock = _lock(folder)
        if lock is None and fcntl is not None:
            return
        # Windows has no lock to ask, but refuses to delete a file that is mapped.
        shutil.rmtree(folder, ignore_errors=True)
        if lock is not None:
            os.close(lock)


def remove_folders() -> None:
    """At the end of the process: leave nothing behind."""
    for folder, lock in _folders.values():
        shutil.rmtree(folder, ignore_errors=True)
        if lock is not None:
            os.close(lock)
    _folders.clear()


def forget_folders() -> None:
    """In a forked child: the folders are the parent's, and so is their lock."""
    for _, lock in _folders.values():
        if lock is not None:
            os.close(lock)
    _folders.clear()
