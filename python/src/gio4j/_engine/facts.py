"""What `gio4j.info()` answers: a dict that prints as a few lines."""

from __future__ import annotations

import platform
from collections.abc import Iterator
from typing import Any

import numpy as np
import pyarrow as pa


class Facts(dict[str, Any]):
    """Facts by name; printed, or at the end of a notebook's cell, the few that people look for."""

    def __repr__(self) -> str:
        return "\n".join(f"{label:<9}{value}" for label, value in self._lines())

    def _lines(self) -> Iterator[tuple[str, str]]:
        yield (
            "gio4j",
            f"{self['version']} on Python {self['python']}, NumPy {self['numpy']}, "
            f"pyarrow {self['pyarrow']}",
        )
        if self["running"]:
            yield "engine", f"process {self['pid']}, {self['jobs']} jobs"
            yield "Java", f"{self['java']} ({self['java_executable']})"
            yield "simd", f"{self['simd']}, {self['threads']} threads"
            used, most = self.get("heap_used_bytes"), self.get("max_heap_bytes")
            if used is not None and most is not None:
                yield "heap", f"{_mebibytes(used)} used of {_mebibytes(most)} ({self['heap']})"
        else:
            yield "engine", "not running; the first call starts it"
        yield (
            "buffers",
            f"{self['buffers']} held, {_mebibytes(self['buffer_bytes'])}; "
            f"{self['idle_buffers']} idle, {_mebibytes(self['idle_buffer_bytes'])}",
        )


def versions() -> dict[str, str]:
    """Of Python and of the packages whose version matters."""
    return {
        "python": platform.python_version(),
        "numpy": np.__version__,
        "pyarrow": pa.__version__,
    }


def _mebibytes(size: int) -> str:
    return f"{size / 2**20:,.1f} MiB"
