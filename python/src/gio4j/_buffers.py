"""Leases on shared memory: pooled, found by address, given back when their array dies."""

from __future__ import annotations

import errno
import os
import threading
import weakref
from collections import deque

import numpy as np
import numpy.typing as npt

from gio4j._memory import available_memory
from gio4j._segments import Segment
from gio4j.errors import GioError, GioMemoryError

# Idle memory kept for the next call: writing into a fresh mapping costs ten times a warm one (page
# faults: 0.55 s against 0.06 s a GiB). Enough for one matrix of a GiB, its header and its rounding.
IDLE_BYTES = 5 << 28
# Left free when memory is checked, so that Python and the engine can still say what went wrong.
_SPARE_BYTES = 64 << 20
_SMALLEST_BYTES = 1 << 16


class Lease:
    """A segment in use, until `bytes` and every array over it have died, or by a `with` block."""

    def __init__(self, pool: BufferPool, segment: Segment) -> None:
        self.segment = segment
        # An array of its own, the base of every view: its death is the end of the lease.
        self.bytes: npt.NDArray[np.uint8] = np.frombuffer(segment.bytes.data, np.uint8)
        self.release = weakref.finalize(self.bytes, pool.give_back, segment, pool.generation)
        self.release.atexit = False

    def __enter__(self) -> Lease:
        return self

    def __exit__(self, *_: object) -> None:
        self.release()


class BufferPool:
    """Segments by size class, for any thread."""

    def __init__(self) -> None:
        self.generation = 0
        self._lock = threading.Lock()
        self._idle: list[Segment] = []  # oldest first
        self._leased: dict[int, Segment] = {}
        self._returned: deque[tuple[Segment, int]] = deque()

    def lease(self, size: int, name: str) -> Lease:
        """A segment of at least `size` bytes; `name` says in an error what it was for."""
        size_class = round_up(size)
        with self._lock:
            self._settle()
            segment = next((idle for idle in reversed(self._idle) if idle.size == size_class), None)
            if segment is not None:
                self._idle.remove(segment)
        if segment is None:
            segment = self._allocate(size_class, name)
        segment.framed = None
        self._leased[segment.address] = segment
        return Lease(self, segment)

    def find(self, address: int, size: int) -> Segment | None:
        """The leased segment that holds these bytes, if any."""
        for start, segment in list(self._leased.items()):
            if start <= address and address + size <= start + segment.size:
                return segment
        return None

    def give_back(self, segment: Segment, generation: int) -> None:
        """End a lease.

        Called by finalizers, which may run in the middle of any method of this thread: so it never
        waits for the lock, and whoever holds it settles what has come in meanwhile.
        """
        self._returned.append((segment, generation))
        while self._returned and self._lock.acquire(blocking=False):
            try:
                self._settle()
            finally:
                self._lock.release()

    def trim(self, keep_bytes: int = 0) -> None:
        """Hand idle memory back to the system, oldest first, until `keep_bytes` are left."""
        with self._lock:
            self._settle(keep_bytes)

    def counts(self) -> dict[str, int]:
        """How many segments and bytes are in use and idle."""
        leased, idle = list(self._leased.values()), list(self._idle)
        return {
            "buffers": len(leased),
            "bufferBytes": sum(segment.size for segment in leased),
            "idleBuffers": len(idle),
            "idleBufferBytes": sum(segment.size for segment in idle),
        }

    def before_fork(self) -> None:
        """Retire what is leased now: the child sees it too, so it must never hold other data."""
        self.generation += 1

    def after_fork_in_child(self) -> None:
        """The idle segments are the parent's; what is leased stays readable."""
        self._lock = threading.Lock()
        for segment in self._idle:
            segment.close()
        self._idle.clear()

    def _settle(self, keep_bytes: int = IDLE_BYTES) -> None:
        while self._returned:
            segment, generation = self._returned.popleft()
            self._leased.pop(segment.address, None)
            if generation == self.generation:
                self._idle.append(segment)
            else:
                segment.close()
        while self._idle and sum(segment.size for segment in self._idle) > keep_bytes:
            self._idle.pop(0).close()

    def _allocate(self, size: int, name: str) -> Segment:
        free = available_memory()
        if free is not None and size > free - _SPARE_BYTES:
            self.trim()
            free = available_memory()
        if free is not None and size > free - _SPARE_BYTES:
            raise GioMemoryError(_too_large(name, size, free))
        try:
            return Segment(size)
        except (OSError, OverflowError) as problem:
            if getattr(problem, "errno", None) == errno.EMFILE:
                raise GioError(
                    f"{name}: too many open files; let go of arrays of gio4j.empty and of results "
                    "(each holds two), or raise the limit: ulimit -n 4096"
                ) from problem
            raise GioMemoryError(f"{_too_large(name, size, free)} ({problem})") from problem


def round_up(size: int) -> int:
    """The size class of `size`: eight per power of two, so at most an eighth is wasted."""
    if size <= _SMALLEST_BYTES:
        return _SMALLEST_BYTES
    step = 1 << ((size - 1).bit_length() - 4)
    return -(-size // step) * step


def _too_large(name: str, size: int, free: int | None) -> str:
    left = "" if free is None else f" and {free / 2**20:,.0f} MiB are available"
    return (
        f"{name}: needs {size / 2**20:,.0f} MiB of shared memory{left}; free some, or save it and "
        "pass numpy.load(path, mmap_mode='r') or the path of an Arrow file: read where they lie"
    )


pool = BufferPool()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=pool.before_fork, after_in_child=pool.after_fork_in_child)
