"""Leases on shared memory: pooled, found by address, given back when their array dies."""

from __future__ import annotations

import errno
import os
import weakref
from collections.abc import Callable
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from gio4j._shared.memory import available_memory
from gio4j._shared.segments import Segment
from gio4j.errors import GioMemoryError

try:
    import resource
except ImportError:  # Windows
    resource = None  # type: ignore[assignment]

_T = TypeVar("_T")

# Idle memory kept for the next call: writing into a fresh mapping costs ten times a warm one (page
# faults: 0.55 s against 0.06 s a GiB). Enough for one matrix of a GiB, its header and its rounding.
IDLE_BYTES = 5 << 28
# At most this many of any size: each holds a descriptor, and 256 is the least limit that systems
# come with. A call has about five.
IDLE_BUFFERS = 32
# Left free when memory is checked, so that Python and the engine can still say what went wrong.
_SPARE_BYTES = 64 << 20
_SMALLEST_BYTES = 1 << 16
_NO_DESCRIPTOR = (errno.EMFILE, errno.ENFILE)


class Lease:
    """A segment in use, until `bytes` and every array over it have died, or by a `with` block."""

    def __init__(self, pool: BufferPool, segment: Segment) -> None:
        self.segment = segment
        # An array of its own, the base of every view: its death is the end of the lease.
        self.bytes: npt.NDArray[np.uint8] = np.frombuffer(segment.bytes.data, np.uint8)
        self.release = weakref.finalize(self.bytes, pool.give_back, segment, pool.generation)
        self.release.atexit = False
        pool.hold(segment)

    def __enter__(self) -> Lease:
        return self

    def __exit__(self, *_: object) -> None:
        self.release()


class BufferPool:
    """Segments by size class, for any thread.

    No lock: each step is one operation of a dict, and `pop` decides whose a segment is. So a
    finalizer or a signal handler may come between any two of them and call the pool again, or wait
    for a thread that does.
    """

    def __init__(self) -> None:
        self.generation = 0
        # Those given back longest ago first, each with True.
        self._idle: dict[Segment, bool] = {}
        self._leased: dict[int, Segment] = {}

    def lease(self, size: int, name: str) -> Lease:
        """A segment of at least `size` bytes; `name` says in an error what it was for."""
        size_class = round_up(size)
        segment = self._take(size_class) or self._allocate(size_class, name)
        segment.framed = None
        return Lease(self, segment)

    def hold(self, segment: Segment) -> None:
        """Begin a lease."""
        self._leased[segment.address] = segment

    def find(self, address: int, size: int) -> Segment | None:
        """The leased segment that holds these bytes, if any."""
        for segment in list(self._leased.values()):
            start = segment.address
            if start <= address and address + size <= start + segment.size:
                return segment
        return None

    def give_back(self, segment: Segment, generation: int) -> None:
        """End a lease."""
        self._leased.pop(segment.address, None)
        if generation == self.generation:
            self._idle[segment] = True
            self._settle(IDLE_BYTES, IDLE_BUFFERS)
        else:
            segment.close()

    def trim(self) -> None:
        """Hand all idle memory back to the system."""
        self._settle(0, 0)

    def counts(self) -> dict[str, int]:
        """How many segments and bytes are in use and idle."""
        leased, idle = list(self._leased.values()), list(self._idle)
        return {
            "buffers": len(leased),
            "buffer_bytes": sum(segment.size for segment in leased),
            "idle_buffers": len(idle),
            "idle_buffer_bytes": sum(segment.size for segment in idle),
        }

    def before_fork(self) -> None:
        """Retire what is leased now: the child sees it too, so it must never hold other data."""
        self.generation += 1

    def after_fork_in_child(self) -> None:
        """The idle segments are the parent's; what is leased stays readable."""
        self.trim()

    def _settle(self, keep_bytes: int, keep_buffers: int) -> None:
        idle = list(self._idle)
        buffers, size = len(idle), sum(segment.size for segment in idle)
        for segment in idle:
            if size <= keep_bytes and buffers <= keep_buffers:
                return
            buffers, size = buffers - 1, size - segment.size
            if self._idle.pop(segment, False):
                segment.close()

    def _take(self, size: int) -> Segment | None:
        for segment in reversed(list(self._idle)):
            # Not one whose descriptor this program has closed: the engine would write elsewhere.
            if segment.size == size and self._idle.pop(segment, False) and segment.is_reachable:
                return segment
        return None

    def _allocate(self, size: int, name: str) -> Segment:
        free = available_memory()
        if free is not None and size > free - _SPARE_BYTES:
            self.trim()
            free = available_memory()
        if free is not None and size > free - _SPARE_BYTES:
            raise GioMemoryError(_too_large(name, size, _available(free)))
        try:
            return opened(name, lambda: Segment(size))
        except (OSError, OverflowError) as problem:
            if isinstance(problem, OSError) and problem.errno == errno.ENOSPC:
                left = f", but {problem.strerror}"
                raise GioMemoryError(_too_large(name, size, left)) from problem
            left = "" if free is None else _available(free)
            raise GioMemoryError(f"{_too_large(name, size, left)} ({problem})") from problem


def opened(name: str, opening: Callable[[], _T]) -> _T:
    """What `opening` answers; where descriptors are short, idle memory gives up its own first.

    Raises
    ------
    GioMemoryError
        If that does not help; `name` says what the descriptor was for.
    """
    try:
        return opening()
    except OSError as problem:
        if problem.errno not in _NO_DESCRIPTOR:
            raise
    pool.trim()
    try:
        return opening()
    except OSError as problem:
        if problem.errno not in _NO_DESCRIPTOR:
            raise
        raise GioMemoryError(
            f"{name}: too many open files{_limit_of_files()}; close some, let go of arrays of "
            "gio4j.empty and of large results (each holds one), or raise the limit: ulimit -n 4096"
        ) from problem


def round_up(size: int) -> int:
    """The size class of `size`: eight per power of two, so at most an eighth is wasted."""
    if size <= _SMALLEST_BYTES:
        return _SMALLEST_BYTES
    step = 1 << ((size - 1).bit_length() - 4)
    return -(-size // step) * step


def _too_large(name: str, size: int, left: str) -> str:
    return (
        f"{name}: needs {size / 2**20:,.0f} MiB of shared memory{left}; free some, or save it and "
        "pass numpy.load(path, mmap_mode='r') or the path of an Arrow file: read where they lie"
    )


def _available(free: int) -> str:
    return f" and {free / 2**20:,.0f} MiB are available"


def _limit_of_files() -> str:
    if resource is None:
        return ""
    return f" (the limit is {resource.getrlimit(resource.RLIMIT_NOFILE)[0]:,})"


pool = BufferPool()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=pool.before_fork, after_in_child=pool.after_fork_in_child)
