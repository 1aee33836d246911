"""Long work as jobs: submitted, watched, cancelled, collected.

The calls, and the engine's start if there is none, run on a thread of their own, and the caller
waits on a queue. So Ctrl-C finds the main thread in Python and is answered at once, no call or
start is ever cut in two, and shared memory goes back only when the job has really ended: of an
engine that does not answer, the thread waits on when its caller has given up.
"""

from __future__ import annotations

import json
import queue
import sys
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Protocol

import numpy.typing as npt
import pyarrow as pa

from gio4j._engine.gateway import WARNED_SECONDS, Call, Gateway, gateway
from gio4j._shared import threads
from gio4j._shared.buffers import pool
from gio4j._shared.framing import read_arrays
from gio4j.errors import Cancelled, GioError, warn

# How long a poll waits in the engine, and so how late it hears of a Ctrl-C at most; ten polls a
# second cost 0.1 % of a core.
_POLL_MILLIS = 100
# Results below this are copied out, in 5 us, so that thousands of them hold no descriptors.
_SMALL_BYTES = 64 << 10
# And all past this many live buffers, as each holds a descriptor and 1,024 is the usual limit.
_LIVE_BUFFERS = 128

Status = dict[str, Any]
# What is to be said in the caller's thread: warnings, the error that gives up.
Notice = Callable[[], object]
OnStatus = Callable[[Status], None]


@dataclass(frozen=True)
class Answer:
    """What a job ended with: numbers, arrays and columns of texts, each by name."""

    values: dict[str, Any]
    arrays: dict[str, npt.NDArray[Any]]
    texts: dict[str, pa.Array] = field(default_factory=dict)


class Runner(Protocol):
    """What runs requests: the engine's process, or what tests put in its place."""

    def __call__(
        self,
        request: dict[str, Any],
        leases: ExitStack,
        on_status: OnStatus | None = None,
        keep_on_interrupt: bool = False,
    ) -> Answer:
        """As `run_job`."""


def run_job(
    request: dict[str, Any],
    leases: ExitStack,
    on_status: OnStatus | None = None,
    keep_on_interrupt: bool = False,
) -> Answer:
    """Run a request to its end; `on_status` hears of it in this thread, at least every 0.1 s.

    Takes over `leases` and closes them when the engine is done with the memory. If this call is
    interrupted, or `on_status` raises, the job is cancelled and the exception goes on at once. With
    `keep_on_interrupt` the first Ctrl-C asks the engine for what it has so far, which is answered
    as if the job had ended; a second one cancels.
    """
    if _stand_in is not None:
        return _stand_in(request, leases, on_status, keep_on_interrupt)
    job = _Job(request, leases.pop_all())
    try:
        try:
            job.start()  # in here, since the job may run, and Ctrl-C come, before it returns
        except KeyboardInterrupt:
            if not keep_on_interrupt:
                raise
            job.wish = "finish"
            job.start()  # the first may not have come as far as the thread
        while not job.is_over():
            try:
                update = job.next_news()
                if callable(update):
                    update()
                elif update is not None and on_status is not None:
                    on_status(update)
            except KeyboardInterrupt:
                if not keep_on_interrupt or job.wish is not None:
                    raise
                job.wish = "finish"
        return job.answer()
    except BaseException:
        job.wish = "cancel"
        raise


_stand_in: Runner | None = None


@contextmanager
def run_by(runner: Runner | None) -> Iterator[None]:
    """Requests go to `runner` instead of the engine's process, or with None to that again."""
    global _stand_in
    before, _stand_in = _stand_in, runner
    try:
        yield
    finally:
        _stand_in = before


def number(value: Any) -> float:
    """A number of a result; those that are not finite travel as text."""
    return float(value)


class _Job:
    """One request on its way, and the thread that makes its calls."""

    def __init__(self, request: dict[str, Any], leases: ExitStack) -> None:
        #: "finish" or "cancel", once the caller wants it to end early.
        self.wish: str | None = None
        self._outcome: list[Answer | BaseException] = []  # one entry when all is over
        self._begun = threading.Lock()
        self._request = request
        self._leases = leases
        self._updates: queue.SimpleQueue[Status | Notice | None] = queue.SimpleQueue()

    def start(self) -> None:
        """Begin, on a thread of its own, unless that has begun."""
        threads.start(self._work, "gio4j-job")

    def is_over(self) -> bool:
        """Whether it has ended and all its news has been read.

        Asked before each wait: an interrupt may come between the queue's answer and its use, and
        what the queue said, the end for one, is then lost.
        """
        return bool(self._outcome) and self._updates.empty()

    def next_news(self) -> Status | Notice | None:
        """Wait for news; None at the end."""
        if sys.platform != "win32":
            return self._updates.get()
        while True:  # Windows does not interrupt a wait without an end
            with suppress(queue.Empty):
                return self._updates.get(timeout=0.05)

    def answer(self) -> Answer:
        """What it ended with."""
        outcome = self._outcome.pop()
        try:
            if isinstance(outcome, BaseException):
                raise outcome
            return outcome
        finally:
            del outcome  # an exception that knows its own frame would keep what that holds alive

    def _work(self) -> None:
        if not self._begun.acquire(blocking=False):
            return
        try:
            # At the end the engine has ended the job, never began it, or has died. What the
            # leases say of their files goes before what the engine made of them.
            with self._leases:
                outcome: Answer | BaseException = self._run(gateway(self._is_cancelled))
        except BaseException as problem:
            outcome = problem
        self._outcome.append(outcome)
        del outcome  # an exception knows this frame
        self._updates.put(None)

    def _is_cancelled(self) -> bool:
        return self.wish == "cancel"

    def _run(self, engine: Gateway) -> Answer:
        def note(seconds: float) -> bool:
            self._updates.put(partial(engine.say_silence, seconds))
            return False

        if self._is_cancelled():
            raise Cancelled("The job was cancelled.")
        if (warning := engine.take_warning()) is not None:
            self._updates.put(partial(warn, warning))
        job = uuid.uuid4().hex
        with engine.line(note) as call:
            try:
                status = call("submit", job, json.dumps(self._request, allow_nan=False))
                while status["state"] in ("QUEUED", "RUNNING"):
                    self._updates.put(status)
                    if self.wish is not None:
                        call(self.wish, job)
                    status = call("poll", job, _POLL_MILLIS, status["event_count"])
                self._updates.put(status)
                return self._collect(engine, call, job, status)
            finally:
                with suppress(GioError):
                    call("release", job)

    def _collect(self, engine: Gateway, call: Call, job: str, status: Status) -> Answer:
        if status["state"] == "CANCELLED":
            raise Cancelled("The job was cancelled.")
        if status["state"] == "FAILED":
            raise engine.error(status["error"])
        if status["state"] != "DONE":
            raise GioError(f"The engine left the job in state {status['state']!r}")
        values = status["result"] or {}
        size = values.get("bytes", 0)
        if not size:
            return Answer(values, {})

        def note(seconds: float) -> bool:
            # Gigabytes into a file may take longer than that: an engine that answers another call
            # is at work.
            if seconds == WARNED_SECONDS and engine.is_answering():
                return True
            self._updates.put(partial(engine.say_silence, seconds))
            return False

        lease = pool.lease(size, "the result")
        call("collect", job, lease.segment.path, 0, on_silence=note)
        memory = lease.bytes[:size]
        if size < _SMALL_BYTES or pool.counts()["buffers"] > _LIVE_BUFFERS:
            memory = memory.copy()
        return Answer(values, *read_arrays(memory))
