"""Signals to the engine at random moments of jobs: the right answer or an error, then calls."""

from __future__ import annotations

import gc
import os
import random
import resource
import signal
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from random import Random

import numpy as np

import gio4j
from gio4j._engine import gateway
from gio4j.errors import GatewayDied, GatewayStartError, GioError, GioMemoryError

from .records import Plan, Records

Job = Callable[[], bytes]
_ENGINE_ENDS = (GatewayDied, GatewayStartError, GioMemoryError)
#: Beside five times what the job takes: an engine's end and start on a busy machine.
_PATIENCE_SECONDS = 25.0
_START_SECONDS = 0.6
_FROZEN_SECONDS = 0.7
_SIGNALS: list[signal.Signals | str] = [
    *(signal.SIGKILL, signal.SIGTERM, signal.SIGSEGV, signal.SIGABRT, signal.SIGHUP),
    *(signal.SIGINT, signal.SIGQUIT, signal.SIGBUS, signal.SIGILL, signal.SIGFPE, signal.SIGPIPE),
    *(signal.SIGUSR1, signal.SIGUSR2, signal.SIGCHLD, signal.SIGXFSZ, signal.SIGALRM),
    *("freeze", "limit memory"),
]


def signals_to_the_engine(plan: Plan, records: Records) -> None:
    """Each signal in turn, while an engine starts or works."""
    jobs = _jobs()
    answers = {name: job() for name, job in jobs.items()}
    seconds = {name: _timed(job) for name, job in jobs.items()}
    threads, descriptors = threading.active_count(), _descriptors()
    for number in plan.numbers():
        if records.is_time_up():
            break
        dice = Random(plan.seed * 31 + number)
        name, sent = dice.choice(sorted(jobs)), _SIGNALS[number % len(_SIGNALS)]
        at_start = dice.random() < 0.2
        most = _START_SECONDS + seconds[name] if at_start else 1.1 * seconds[name]
        delay = most * dice.random()
        when = f"{'of a start and ' if at_start else ''}{name}, {delay:.3f} s"
        case = f"{getattr(sent, 'name', sent)} in {when}, seed {plan.seed}, {number}"
        records.begin(number, case)
        _prepare(at_start, jobs)
        fault = threading.Thread(target=_strike, args=(sent, delay))
        fault.start()
        lost, what = _outcome(jobs[name], answers[name], 5 * seconds[name])
        fault.join()
        other = dice.choice(sorted(jobs))
        late, _ = _outcome(jobs[other], answers[other], 5 * seconds[other], is_next=True)
        records.end(case, lost or late, what)
    gio4j.shutdown()
    gc.collect()
    left = {
        "children": len(children()),
        "descriptors": _descriptors() - descriptors,
        "threads": threading.active_count() - threads,
        "buffers": gio4j.info()["buffers"],
    }
    # The engine that ran before the first case had two pipes and connections, and two readers.
    lost = f"left {left}" if any(count > 0 for count in left.values()) else None
    records.end(f"the end of seed {plan.seed}", lost, str(left))


def _jobs() -> dict[str, Job]:
    """Jobs that take a while; every answer depends on all rows."""
    numbers = np.random.default_rng(5)
    pool = numbers.normal(size=(6000, 32)).astype("f4")
    target = numbers.normal(size=(300, 32)).astype("f4")
    small = numbers.normal(size=(150, 8)).astype("f4")

    def drop_in() -> bytes:
        from GIO.GIOKL import GIOKL

        random.seed(0)
        np.random.seed(0)
        found = GIOKL(dim=8).fit(small, small[:60] + 1, v_init="jump", max_iter=25, normalize=False)
        return np.asarray(found[0]).tobytes()

    def search() -> bytes:
        found = gio4j.gradient_search(small, small[:40] + 1, small[:6], max_picks=8, steps=60)
        return found.indices.tobytes()

    return {
        "balanced": lambda: gio4j.select(pool, target, 300).indices.tobytes(),
        "coverage": lambda: gio4j.select(pool, target, 300, "coverage").indices.tobytes(),
        "deduplicate": lambda: gio4j.deduplicate(pool, 0.6).kept.tobytes(),
        "kmeans": lambda: (
            gio4j.KMeans(100, max_iter=8, random_state=0).fit(pool).cluster_centers_.tobytes()
        ),
        "search": search,
        "drop-in": drop_in,
    }


def _timed(job: Job) -> float:
    begin = time.monotonic()
    job()
    return time.monotonic() - begin


def _prepare(at_start: bool, jobs: dict[str, Job]) -> None:
    if at_start:
        gio4j.shutdown()
        return
    for _ in range(3):
        try:
            jobs["search"]()
            return
        except GatewayDied:  # a signal that ends slowly reaches from the last case into this one
            continue


def _strike(sent: signal.Signals | str, delay: float) -> None:
    threading.Event().wait(delay)
    pid = _engine()
    if pid is None:
        return
    try:
        if isinstance(sent, signal.Signals):
            os.kill(pid, sent)
        elif sent == "freeze":
            os.kill(pid, signal.SIGSTOP)
            threading.Event().wait(_FROZEN_SECONDS)
            os.kill(pid, signal.SIGCONT)
        else:
            resource.prlimit(pid, resource.RLIMIT_AS, (1 << 30, 1 << 30))
    except ProcessLookupError:
        return


def _outcome(
    job: Job, expected: bytes, usual_seconds: float, is_next: bool = False
) -> tuple[str | None, str]:
    """Why a call with a fault in it, or the next one, is lost, if it is; and what it said."""
    which = "the next call" if is_next else "the call"
    begin = time.monotonic()
    try:
        lost = None if job() == expected else f"{which} gave another answer"
        what = "answered"
    except GioError as problem:
        what = f"{type(problem).__name__}: {problem}".splitlines()[0]
        # The fault may have come after the answer: then it is the next call that meets it.
        usual = isinstance(problem, GatewayDied if is_next else _ENGINE_ENDS)
        lost = None if usual else f"{which}: {what}"
    except Exception as problem:
        what = f"{type(problem).__name__}: {problem}"
        lost = f"{which}: {what}"
    spent = time.monotonic() - begin
    if spent > _PATIENCE_SECONDS + usual_seconds:
        lost = lost or f"{which} took {spent:.1f} s"
    return lost, what


def _engine() -> int | None:
    """The engine's process, also while it starts."""
    current = gateway._current
    if current is not None:
        return current.process.pid
    return next(iter(children()), None)


def children() -> list[int]:
    """Processes that any thread of this one started, zombies too."""
    found = []
    for task in Path(f"/proc/{os.getpid()}/task").iterdir():
        with suppress(FileNotFoundError, ProcessLookupError):  # a thread that has just ended
            found += [int(pid) for pid in (task / "children").read_text().split()]
    return found


def _descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))
