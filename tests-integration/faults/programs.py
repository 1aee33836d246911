"""Programs that do something to themselves in the middle of calls; each runs as a process.

    python -m faults.programs NAME SEED REPORT

The report gets a line of JSON per fact. What a program finds wrong it raises.
"""

from __future__ import annotations

import asyncio
import faulthandler
import gc
import json
import multiprocessing
import os
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.dataset as ds

import gio4j
from gio4j._measure.averaged import averaged_divergence
from gio4j.errors import GatewayDied, GioError

from .samples import vectors
from .signals import children

#: After this a program that hangs writes where, and ends.
HANG_SECONDS = 50
# Programs that fork, or close descriptors that they don't know.
_UNWATCHED = ("daemon", "forks_beside_threads", "worker_processes", "killed", "descriptors_closed")
QUICK, PICK = "QUICK", "PICK"  # variables of the environment with the right answers
_NUMBERS = np.random.default_rng(5)
POOL = _NUMBERS.normal(size=(4000, 16)).astype("f4")
TARGET = _NUMBERS.normal(size=(200, 16)).astype("f4")
FEW = _NUMBERS.normal(size=(60, 3)).astype("f4")
LONG = _NUMBERS.normal(size=(400, 16)).astype("f4")

Program = Callable[["Run"], None]
PROGRAMS: dict[str, Program] = {}


def program(run: Program) -> Program:
    """Keep a function under its name."""
    PROGRAMS[run.__name__] = run
    return run


class Run:
    """One run of a program: its random choices, its report, calls with known answers."""

    def __init__(self, seed: int, report: Path) -> None:
        self.random = Random(seed)
        self.seed = seed
        self._report = report

    def say(self, **facts: Any) -> None:
        """Facts for the report."""
        with self._report.open("a") as file:
            file.write(json.dumps(facts) + "\n")

    def pause(self, most_seconds: float) -> None:
        """Wait for a random time, so that the fault comes at a random moment."""
        threading.Event().wait(most_seconds * self.random.random())

    def check(self) -> None:
        """Fail unless calls give what they gave in a process where nothing went wrong."""
        assert is_right(quick), "quick"
        assert is_right(pick), "pick"

    def settle(self) -> None:
        """Fail unless jobs and buffers go once nobody needs them."""
        end = time.monotonic() + 5
        while True:
            gc.collect()
            facts = gio4j.info()
            left = {name: facts.get(name, 0) for name in ("jobs", "buffers", "mapped_bytes")}
            if not any(left.values()):
                return
            assert time.monotonic() < end, f"left {left}"
            threading.Event().wait(0.02)


def quick() -> Any:
    """A call of a millisecond."""
    return averaged_divergence(FEW, FEW[:30] + 1)


def pick() -> Any:
    """A call of some 50 ms."""
    return gio4j.select(POOL, TARGET, 200, seed=1, progress=False).indices.tolist()


def endless() -> Any:
    """A call that ends when it is interrupted."""
    return gio4j.gradient_search(LONG, LONG + 1, LONG, steps=5 * 10**8)


def is_right(call: Callable[[], Any]) -> bool:
    """Whether `quick` or `pick` answers what it has to."""
    return bool(call() == json.loads(os.environ[QUICK if call is quick else PICK]))


class Interrupts:
    """Ctrl-C at random times: from a timer, as a thread that sends it may not be started whole."""

    def __init__(self, run: Run, first_seconds: float, then_seconds: float, count: int) -> None:
        self.left = count
        self._run = run
        self._then = then_seconds
        signal.signal(signal.SIGALRM, self._strike)
        self._wait(first_seconds)

    def _wait(self, most_seconds: float) -> None:
        signal.setitimer(signal.ITIMER_REAL, 1e-3 + most_seconds * self._run.random.random())

    def _strike(self, *_: Any) -> None:
        self.left -= 1
        if self.left:
            self._wait(self._then)
        raise KeyboardInterrupt


@program
def expect(run: Run) -> None:
    """No fault: the answers of all others."""
    run.say(quick=quick(), pick=pick())


@program
def interrupts(run: Run) -> None:
    """Ctrl-C again and again, in calls, between them and during shutdown()."""
    run.check()

    def step() -> None:
        draw = run.random.random()
        if draw < 0.4:
            assert is_right(pick)
        elif draw < 0.6:
            assert is_right(quick)
        elif draw < 0.8:
            endless()
        elif draw < 0.9:
            gio4j.shutdown()
        else:
            gio4j.gradient_search(FEW, FEW[:20] + 1, FEW[:5], max_picks=3, steps=20)

    storm = Interrupts(run, 1, 0.2, run.random.randint(5, 25))
    while storm.left:
        with suppress(KeyboardInterrupt):
            while storm.left:
                step()
    run.check()
    run.settle()


@program
def interrupts_of_the_start(run: Run) -> None:
    """Ctrl-C while an engine starts: none is left behind."""
    for _ in range(5):
        gio4j.shutdown()
        storm = Interrupts(run, 0.8, 0.1, run.random.randint(1, 5))
        while storm.left:
            with suppress(KeyboardInterrupt):
                while storm.left:
                    assert is_right(quick)
    run.check()
    assert len(children()) == 1, children()
    run.settle()


@program
def daemon(run: Run) -> None:
    """Two forks, a session of its own, no standard descriptors."""
    run.check()
    kept = gio4j.empty(FEW.shape)
    kept[:] = FEW
    end, held_open = os.pipe()
    if os.fork():
        os.close(held_open)
        os.read(end, 1)  # until the daemon has ended
        os._exit(0)
    os.setsid()
    if os.fork():
        os._exit(0)
    null = os.open(os.devnull, os.O_RDWR)
    for number in range(3):
        if run.random.random() < 0.5:
            os.close(number)
        else:
            os.dup2(null, number)
    run.check()
    assert averaged_divergence(kept, FEW[:30] + 1) == quick()
    run.say(end=True)


@program
def forks_beside_threads(run: Run) -> None:
    """Children of a process whose threads are in calls."""
    run.check()
    over, answers = threading.Event(), []

    def work() -> None:
        while not over.is_set():
            answers.append(is_right(pick))

    def fork() -> None:
        for _ in range(4):
            run.pause(0.2)
            pid = os.fork()
            if pid == 0:
                code = 7
                try:
                    run.check()
                    gio4j.shutdown()
                    code = 0
                finally:
                    os._exit(code)
            children.append(pid)

    children: list[int] = []
    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    forker = threading.Thread(target=fork)
    forker.start()
    forker.join()
    codes = [os.waitpid(pid, 0)[1] for pid in children]
    over.set()
    for thread in threads:
        thread.join()
    assert codes == [0] * 4, codes
    assert all(answers)
    run.check()
    run.settle()


@program
def hard_exit(run: Run) -> None:
    """os._exit in the middle of a call."""
    run.check()
    threading.Thread(target=endless, daemon=True).start()
    run.pause(0.5)
    os._exit(0)


@program
def exit_beside_daemon_threads(run: Run) -> None:
    """The interpreter ends while threads are in calls."""
    run.check()
    for _ in range(run.random.randint(1, 4)):
        threading.Thread(target=run.random.choice([endless, pick]), daemon=True).start()
    run.pause(0.5)


@program
def exit_while_starting(run: Run) -> None:
    """The interpreter ends while an engine starts."""
    threading.Thread(target=quick, daemon=True).start()
    run.pause(0.8)


@program
def progress_bar_raises(run: Run) -> None:
    """A progress bar that raises anything."""
    from gio4j._engine import progress

    class Bar:
        n = start_t = last_print_t = 0
        total = None
        desc = unit = ""

        def __init__(self, *_: Any, **__: Any) -> None:
            pass

        def update(self, _: Any) -> None:
            kinds = [OSError, KeyboardInterrupt, SystemExit, MemoryError, RecursionError]
            raise run.random.choice([*kinds, GeneratorExit])

        def set_postfix(self, *_: Any, **__: Any) -> None:
            pass

        def reset(self, _: Any) -> None:
            pass

        def close(self) -> None:
            if run.random.random() < 0.3:
                raise OSError

    run.check()
    engine = gio4j.info()["pid"]
    progress._bar_class = lambda: Bar  # type: ignore[assignment]
    seen = []
    for _ in range(6):
        try:
            gio4j.select(POOL, TARGET, 200, seed=1, progress=True)
            seen.append("answered")
        except BaseException as problem:
            seen.append(type(problem).__name__)
    run.check()
    run.settle()
    assert gio4j.info()["pid"] == engine
    run.say(seen=seen)


@program
def calls_in_signal_handlers(run: Run) -> None:
    """A timer whose handler calls, at any point of other calls."""
    run.check()
    inside, depth = [], [0]

    def handler(*_: Any) -> None:
        if depth[0] > 2:
            return
        depth[0] += 1
        try:
            inside.append(is_right(quick))
        finally:
            depth[0] -= 1

    signal.signal(signal.SIGALRM, handler)
    first, then = 0.01 + 0.05 * run.random.random(), 0.003 + 0.02 * run.random.random()
    signal.setitimer(signal.ITIMER_REAL, first, then)
    end = time.monotonic() + 4
    while time.monotonic() < end:
        assert is_right(quick)
        if run.random.random() < 0.2:
            assert is_right(pick)
    signal.setitimer(signal.ITIMER_REAL, 0)
    assert all(inside)
    run.check()
    run.settle()
    run.say(inside=len(inside))


@program
def calls_in_finalizers(run: Run) -> None:
    """Objects that call when they are collected, at any point of other calls."""
    inside: list[Any] = []

    class Late:
        def __init__(self) -> None:
            self.me = self

        def __del__(self) -> None:
            try:
                inside.append(is_right(quick))
            except BaseException as problem:
                inside.append(repr(problem))

    run.check()
    gc.set_threshold(50)
    for number in range(60):
        Late()
        rows = gio4j.empty((50, 3))
        rows[:] = FEW[:50]
        del rows
        assert is_right(quick)
        if number % 10 == 0:
            assert is_right(pick)
    run.settle()
    assert all(answer is True for answer in inside), inside
    run.say(inside=len(inside))
    PROGRAMS["kept until the end"] = Late()  # type: ignore[assignment]


@program
def cancelled_calls(run: Run) -> None:
    """32 threads that call and are cancelled."""
    from contextlib import ExitStack

    from gio4j._engine.jobs import run_job
    from gio4j._rows.inputs import share

    class Cut(BaseException):
        pass

    def cut(random: Random) -> None:
        def on_status(_: Any) -> None:
            if random.random() < 0.7:
                raise Cut

        with ExitStack() as leases:
            named = (("selected", LONG), ("target", TARGET), ("start", LONG[:1]))
            sources = {name: share(rows, name, leases).request for name, rows in named}
            numbers = {"steps": 5 * 10**8, "scale_factor": 1.0, "learning_rate": 0.01}
            options = {"eps": 1e-8, "discard_nearest": False}
            run_job({"kind": "descent", **sources, **numbers, **options}, leases, on_status)

    run.check()
    engine = gio4j.info()["pid"]
    dice = [Random(run.seed + number) for number in range(32)]

    def step(number: int) -> None:
        draw = dice[number].random()
        if draw < 0.7:
            assert is_right(quick if draw < 0.5 else pick)
        else:
            cut(dice[number])

    cancelled = _in_threads(len(dice), 6, step, Cut)
    run.check()
    run.settle()
    assert gio4j.info()["pid"] == engine
    run.say(cancelled=cancelled)


@program
def shutdown_beside_calls(run: Run) -> None:
    """shutdown() while eight threads call: a right answer or GatewayDied."""
    run.check()

    def step(number: int) -> None:
        if number == 0:
            run.pause(0.8)
            gio4j.shutdown()
        else:
            assert is_right(quick if number % 2 else pick)

    died = _in_threads(9, 5, step, GatewayDied)
    run.check()
    run.settle()
    run.say(died=died)


@program
def worker_processes(run: Run) -> None:
    """A pool of forked processes, each with an engine of its own."""
    run.check()
    with multiprocessing.get_context("fork").Pool(3) as workers:
        assert all(workers.map(_both, range(6)))
    run.check()
    run.settle()


@program
def killed(run: Run) -> None:
    """kill -9 in the middle of something."""
    doing = run.random.choice(["endless", "pick", "start", "text", "fork"])
    run.say(doing=doing)
    _kill_later(run, 1.2)
    if doing == "start":
        quick()
    kept = gio4j.empty((200_000, 16))
    kept[:] = 1
    if doing == "fork" and os.fork() == 0:
        threading.Event().wait(6)
        os._exit(0)
    text = Path(tempfile.gettempdir()).parent / "rows.tsv"
    if doing == "text":
        lines = [f"a\tb\t{json.dumps(POOL[row % 4000].tolist())}\n" for row in range(20_000)]
    while True:
        if doing == "endless":
            endless()
        elif doing == "text":
            text.write_text("".join(lines))
            gio4j.select(text, TARGET, 3)
        else:
            pick()


@program
def killed_spilling(run: Run) -> None:
    """kill -9 while a dataset is written to a temporary file."""
    table = pa.table({"v": vectors(np.tile(POOL, (20, 1)))})
    run.check()
    _kill_later(run, 0.5)
    while True:
        gio4j.select(ds.dataset(table), TARGET, 200)


@program
def descriptors_closed(run: Run) -> None:
    """All descriptors closed, as programs do it that make daemons of themselves."""
    run.check()
    os.closerange(3, 200)
    failed = []
    for _ in range(3):
        try:
            assert is_right(quick)
        except GioError as problem:
            failed.append(f"{type(problem).__name__}: {problem}")
    run.say(failed=failed)
    run.check()
    assert len(failed) <= 1, failed


@program
def standard_descriptors_closed(run: Run) -> None:
    """Descriptors 0 to 2 closed before the first call: files then get these numbers."""
    for number in range(3):
        if run.seed >> number & 1:
            os.close(number)
    rows = gio4j.empty(FEW.shape)
    rows[:] = FEW
    run.check()
    assert averaged_divergence(rows, FEW[:30] + 1) == quick()


@program
def deep_recursion(run: Run) -> None:
    """Calls near the limit of recursion: an answer or a RecursionError."""

    def down(depth: int) -> bool:
        return is_right(quick) if depth == 0 else down(depth - 1)

    run.check()
    for depth in range(900, 1000, 7):
        with suppress(RecursionError):
            assert down(depth)
    run.check()
    run.settle()


@program
def cancelled_tasks(run: Run) -> None:
    """asyncio tasks cancelled while their thread is in a call."""

    async def main() -> list[bool]:
        for _ in range(6):
            task = asyncio.ensure_future(asyncio.to_thread(pick))
            await asyncio.sleep(0.3 * run.random.random())
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
        return await asyncio.gather(*[asyncio.to_thread(is_right, pick) for _ in range(4)])

    run.check()
    assert all(asyncio.run(main()))
    run.check()
    run.settle()


def _both(_: int) -> bool:
    return is_right(quick) and is_right(pick)


def _in_threads(
    count: int, seconds: float, step: Callable[[int], None], expected: type[BaseException]
) -> int:
    """Steps in threads until the time is over; how many ended as expected. No other may fail."""
    end = time.monotonic() + seconds
    wrong: list[str] = []
    ended: list[int] = []

    def work(number: int) -> None:
        while time.monotonic() < end:
            try:
                step(number)
            except expected:
                ended.append(number)
            except BaseException as problem:
                wrong.append(f"{type(problem).__name__}: {problem}")

    threads = [threading.Thread(target=work, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong, wrong[:3]
    return len(ended)


def _kill_later(run: Run, most_seconds: float) -> None:
    def kill() -> None:
        run.pause(most_seconds)
        os.kill(os.getpid(), signal.SIGKILL)

    threading.Thread(target=kill, daemon=True).start()


def main() -> None:
    """One program, watched for a hang where it leaves threads and descriptors alone."""
    name, seed, report = sys.argv[1], int(sys.argv[2]), Path(sys.argv[3])
    if name in _UNWATCHED:
        PROGRAMS[name](Run(seed, report))
        return
    with Path(f"{report}.trace").open("w") as trace:
        faulthandler.dump_traceback_later(HANG_SECONDS, exit=True, file=trace)
        PROGRAMS[name](Run(seed, report))


if __name__ == "__main__":
    main()
