"""Shared memory that Python and the engine map: a sealed memfd on Linux, else a private file."""

from __future__ import annotations

import ctypes
import errno
import functools
import mmap
import os
import shutil
import sys
import tempfile
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from gio4j._shared import descriptors
from gio4j._shared.private import discard, goes_with, unnamed_file, user_folder
from gio4j.errors import InvalidInputError

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

# Room that must stay free in /dev/shm: other programs live there too.
_SPARE_BYTES = 16 << 20


class Framed(NamedTuple):
    """Shape and type of the matrix in a segment, and the byte at which its Arrow stream begins."""

    shape: tuple[int, ...]
    dtype: np.dtype[Any]
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
        self._descriptor = descriptor
        self._place = descriptors.place_of(descriptor)
        # The mapping goes with the last array over it, and may live longer than the descriptor.
        self.close = weakref.finalize(self, descriptors.close, descriptor, self._place)
        self.close.atexit = False
        self.bytes = _mapped(descriptor, size)
        self.address: int = self.bytes.ctypes.data
        #: The Arrow stream written into it, if any; set by whoever leases it.
        self.framed: Framed | None = None

    @property
    def is_reachable(self) -> bool:
        """Whether `path` leads here: this program may have closed the descriptor."""
        return self._file is not None or descriptors.leads_to(self._descriptor, self._place)

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
        raise InvalidInputError(f"GIO4J_SHARED={wanted!r}: needs 'file', or 'auto' as without it")
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
    full = []
    for base in _bases():
        free = shutil.disk_usage(base).free
        if base == _SHARED_MEMORY and free < size + _SPARE_BYTES:
            spare = f", of which {_SPARE_BYTES >> 20} stay free for other programs"
            full.append(f"{base} has {free / 2**20:,.0f} MiB{spare}")
            continue
        descriptor, path = unnamed_file(base)
        try:
            _allocate(descriptor, size)
        except BaseException as problem:
            os.close(descriptor)
            if path is not None:
                discard(path)
            if getattr(problem, "errno", None) != errno.ENOSPC:
                raise
            full.append(f"{base} has {free / 2**20:,.0f} MiB")
            continue
        return descriptor, path
    raise OSError(errno.ENOSPC, f"no space is left: {'; '.join(full)}")


def _allocate(descriptor: int, size: int) -> None:
    if hasattr(os, "posix_fallocate"):
        os.posix_fallocate(descriptor, 0, size)
        return
    # macOS, Windows: written zeros are the portable way to own the blocks.
    zeros = bytes(min(size, 1 << 20))
    for start in range(0, size, len(zeros)):
        os.write(descriptor, zeros[: min(len(zeros), size - start)])


class _Mapping:
    """Memory that is unmapped when the last array over it has died.

    Not Python's mmap, which holds a second descriptor, and closes its number whatever that means
    by then.
    """

    def __init__(self, descriptor: int, size: int) -> None:
        libc: Any = _libc()
        access = mmap.PROT_READ | mmap.PROT_WRITE
        address = libc.mmap(None, size, access, mmap.MAP_SHARED, descriptor, 0)
        if address == ctypes.c_void_p(-1).value:
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
        unmap: Callable[..., object] = libc.munmap
        weakref.finalize(self, unmap, address, size).atexit = False
        self.__array_interface__ = {
            "data": (address, False),
            "shape": (size,),
            "typestr": "|u1",
            "version": 3,
        }


def _mapped(descriptor: int, size: int) -> npt.NDArray[np.uint8]:
    if sys.platform == "win32":
        return np.frombuffer(mmap.mmap(descriptor, size), np.uint8)
    return np.asarray(_Mapping(descriptor, size))


@functools.cache
def _libc() -> Any:
    library = ctypes.CDLL(None, use_errno=True)
    size, number = ctypes.c_size_t, ctypes.c_int
    library.mmap.argtypes = (ctypes.c_void_p, size, number, number, number, ctypes.c_long)
    library.mmap.restype = ctypes.c_void_p
    library.munmap.argtypes = (ctypes.c_void_p, size)
    return library


_SHARED_MEMORY = Path("/dev/shm")


def _bases() -> list[Path]:
    temporary = Path(tempfile.gettempdir())
    if temporary == _SHARED_MEMORY or not os.access(_SHARED_MEMORY, os.W_OK):
        return [temporary]
    return [_SHARED_MEMORY, temporary]
