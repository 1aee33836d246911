"""How much memory there is and how much is free: the machine's or the container's, the smaller."""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

try:
    import resource
except ImportError:  # Windows
    resource = None  # type: ignore[assignment]

_ROOT = Path("/")
# cgroup v1 says "no limit" with a number near 2**63; no machine has an exabyte.
_UNLIMITED_BYTES = 1 << 60


def memory_limit(root: Path = _ROOT) -> int | None:
    """Bytes this process may use at most, or None where the system does not tell."""
    bounds = [limit for limit, _ in _cgroups(root)]
    if (space := address_space_limit()) is not None:
        bounds.append(space)
    total = _total_bytes(root)
    if total is not None:
        bounds.append(total)
    return min(bounds, default=None)


def available_memory(root: Path = _ROOT) -> int | None:
    """Bytes this process may still take, page cache included, or None where nobody tells."""
    bounds = [max(limit - used, 0) for limit, used in _cgroups(root)]
    if (space := address_space_limit()) is not None:
        bounds.append(max(space - _address_space_in_use(root), 0))
    free = _meminfo(root).get("MemAvailable")
    if free is not None:
        bounds.append(free)
    return min(bounds, default=None)


def address_space_limit() -> int | None:
    """Bytes of addresses that this process and the engine may have each (`ulimit -v`), or None."""
    if resource is None or not hasattr(resource, "RLIMIT_AS"):
        return None
    limit, _ = resource.getrlimit(resource.RLIMIT_AS)
    return None if limit == resource.RLIM_INFINITY else limit


def _address_space_in_use(root: Path) -> int:
    pages = _text(root / "proc/self/statm").split(maxsplit=1)
    return int(pages[0]) * os.sysconf("SC_PAGE_SIZE") if pages else 0


def _total_bytes(root: Path) -> int | None:
    total = _meminfo(root).get("MemTotal")
    if total is not None:
        return total
    if sys.platform == "win32":
        return _windows_total_bytes()
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (ValueError, OSError):
        return None


def _windows_total_bytes() -> int | None:
    kilobytes = ctypes.c_ulonglong()
    kernel: Any = getattr(ctypes, "windll").kernel32  # noqa: B009 - other systems lack the attribute
    known = kernel.GetPhysicallyInstalledSystemMemory(ctypes.byref(kilobytes))
    return kilobytes.value * 1024 if known else None


def _meminfo(root: Path) -> dict[str, int]:
    sizes = {}
    for line in _text(root / "proc/meminfo").splitlines():
        name, _, rest = line.partition(":")
        if name in ("MemTotal", "MemAvailable"):
            sizes[name] = int(rest.split()[0]) * 1024
    return sizes


def _cgroups(root: Path) -> Iterator[tuple[int, int]]:
    """(limit, bytes in use less inactive page cache) of this cgroup and of those above it."""
    for line in _text(root / "proc/self/cgroup").splitlines():
        _, controllers, path = line.split(":", 2)
        if controllers == "":
            mount, limit, usage, cache = (
                "sys/fs/cgroup",
                "memory.max",
                "memory.current",
                "inactive_file",
            )
        elif "memory" in controllers.split(","):
            mount, limit, usage, cache = (
                "sys/fs/cgroup/memory",
                "memory.limit_in_bytes",
                "memory.usage_in_bytes",
                "total_inactive_file",
            )
        else:
            continue
        # Inside a container the path may be the host's: the mount's own root is then the group.
        inner = Path(path.lstrip("/"))
        for group in (inner, *inner.parents):
            folder = root / mount / group
            bound = _number(folder / limit)
            if bound is None or bound >= _UNLIMITED_BYTES:
                continue
            used = (_number(folder / usage) or 0) - _statistic(folder / "memory.stat", cache)
            yield bound, max(used, 0)


def _number(path: Path) -> int | None:
    text = _text(path).strip()
    return int(text) if text.isdigit() else None


def _statistic(path: Path, name: str) -> int:
    for line in _text(path).splitlines():
        key, _, value = line.partition(" ")
        if key == name:
            return int(value)
    return 0


def _text(path: Path) -> str:
    try:
        return path.read_text()
    except (OSError, ValueError):
        return ""
