"""Threads of gio4j's own, and which threads wait for them.

A signal handler or a finalizer may call gio4j in the middle of gio4j, in any thread. What such a
call waits for must not be what it interrupts: `waiters` tells.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable

from gio4j.errors import GioMemoryError

_waiters: dict[int, frozenset[int]] = {}


def waiters() -> frozenset[int]:
    """The threads that go on only after this one: itself, and those whose job it does."""
    me = threading.get_ident()
    return _waiters.get(me, frozenset()) | {me}


def start(work: Callable[[], None], name: str, awaited_by: frozenset[int]) -> threading.Thread:
    """Begin work on a thread of its own.

    Raises
    ------
    GioMemoryError
        Where the system allows no further thread.
    """

    def run() -> None:
        me = threading.get_ident()
        _waiters[me] = awaited_by
        try:
            work()
        finally:
            _waiters.pop(me, None)

    thread = threading.Thread(target=run, name=name, daemon=True)
    try:
        thread.start()
    except RuntimeError as problem:
        raise GioMemoryError(
            f"{name}: no further thread can be started ({problem}); this user or container has too "
            "many threads (ulimit -u), or this process too little address space (ulimit -v): end "
            "some, or raise the limit"
        ) from problem
    return thread


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_waiters.clear)
