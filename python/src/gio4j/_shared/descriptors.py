"""Descriptors of gio4j's own, known by what they lead to and not by their numbers alone.

A program may close numbers that it never opened (`os.closerange`, a daemon's habit), and the next
file that it opens has one of them. So device and inode are compared before a number is read from,
written to, named to the engine or closed.
"""

from __future__ import annotations

import os
import weakref
from contextlib import suppress

Place = tuple[int, int]


def place_of(descriptor: int) -> Place:
    """The device and inode that a descriptor leads to now."""
    status = os.fstat(descriptor)
    return status.st_dev, status.st_ino


def leads_to(descriptor: int, place: Place) -> bool:
    """Whether a descriptor is still the one that led there."""
    try:
        return place_of(descriptor) == place
    except OSError:
        return False


def close(descriptor: int, place: Place) -> None:
    """Close a descriptor, unless its number means something else by now."""
    if leads_to(descriptor, place):
        with suppress(OSError):
            os.close(descriptor)


class PipeEnd:
    """One end of a pipe; closed when it dies."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor
        self._place = place_of(descriptor)
        self.close = weakref.finalize(self, close, descriptor, self._place)
        self.close.atexit = False

    @property
    def is_open(self) -> bool:
        """Whether the descriptor still leads to the pipe."""
        return self.close.alive and leads_to(self.descriptor, self._place)

    def read(self) -> bytes:
        """What has arrived, once there is anything; empty at the end."""
        return os.read(self.descriptor, 1 << 16) if self.is_open else b""

    def write(self, data: bytes) -> None:
        """Put into the pipe what fits into its buffer."""
        if self.is_open:
            os.write(self.descriptor, data)


def pipe() -> tuple[PipeEnd, PipeEnd]:
    """Where to read, and where to write."""
    reading, writing = os.pipe()
    return PipeEnd(reading), PipeEnd(writing)
