"""Threads of gio4j's own, and which threads wait for them.

A signal handler or a finalizer may call gio4j in the middle of gio4j, in any thread. What such a
call waits for must not be what it interrupts: `waiters` tells.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

from gio4j.errors import GioMemoryError


class _Thread(threading.Thread):
    def __init__(self, work: Callable[[], None], name: str) -> None:
        super().__init__(target=work, name=name, daemon=True)
        self.awaited_by = waiters()


def waiters() -> frozenset[int]:
    """The threads that go on only after this one: itself, and those whose work it does."""
    awaited_by: frozenset[int] = getattr(threading.current_thread(), "awaited_by", frozenset())
    return awaited_by | {threading.get_ident()}


def start(work: Callable[[], None], name: str) -> threading.Thread:
    """Begin work, which this thread and its waiters wait for, on a thread of its own.

    Raises
    ------
    GioMemoryError
        Where the system allows no further thread.
    """
    thread = _Thread(work, name)
    try:
        thread.start()
    except RuntimeError as problem:
        raise GioMemoryError(
            f"{name}: no further thread can be started ({problem}); this user or container has too "
            "many threads (ulimit -u), or this process too little address space (ulimit -v): end "
            "some, or raise the limit"
        ) from problem
    return thread
