"""Nothing waits for ever: a stopped engine, calls inside of calls, Ctrl-C in a start, FIFOs."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet
import pytest
from harness import PATIENCE_SECONDS, Child, interrupt, run_python, sample, wait_until

import gio4j
from gio4j._engine.gateway import GIVEN_UP_SECONDS, WARNED_SECONDS
from gio4j._measure.averaged import averaged_divergence
from gio4j.errors import GatewayError, GIOWarning, InvalidInputError

PACKAGE = str(Path(gio4j.__file__).parent)
ROWS = sample()


def value() -> float:
    return averaged_divergence(ROWS, ROWS[:30] + 1)


# --- a stopped engine -----------------------------------------------------------------------------


def test_a_stopped_engine_is_told_and_given_up(own_engine: None) -> None:
    """Also for calls that need a new connection, as the second of two at once does."""
    expected, engine = value(), gio4j.info()["pid"]
    errors: list[tuple[GatewayError, float]] = []

    def call() -> None:
        began = time.monotonic()
        with pytest.raises(GatewayError) as caught:
            value()
        errors.append((caught.value, time.monotonic() - began))

    threads = [threading.Thread(target=call) for _ in range(2)]
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        os.kill(engine, signal.SIGSTOP)
        try:
            for thread in threads:
                thread.start()
            wait_until(lambda: len(told) == 2)
            assert {warning.category for warning in told} == {GIOWarning}
            assert f"not answered for {WARNED_SECONDS:g} s" in str(told[0].message)
            for thread in threads:
                thread.join(PATIENCE_SECONDS)
        finally:
            os.kill(engine, signal.SIGCONT)
    for problem, seconds in errors:
        assert f"kill -CONT {engine}" in str(problem)
        assert GIVEN_UP_SECONDS <= seconds < GIVEN_UP_SECONDS + 5
    assert len(errors) == 2
    assert value() == expected
    wait_until(lambda: gio4j.info()["jobs"] == 0)
    assert gio4j.info()["pid"] == engine


def test_a_call_goes_on_when_the_engine_does(own_engine: None) -> None:
    expected, engine = value(), gio4j.info()["pid"]
    os.kill(engine, signal.SIGSTOP)
    helper = threading.Timer(1.5, os.kill, (engine, signal.SIGCONT))
    helper.start()
    assert value() == expected
    helper.join()


# --- calls inside of calls ------------------------------------------------------------------------


class At:
    """Does something at one of the lines that gio4j runs in threads of one name."""

    def __init__(self, thread: str, line: int, action: Callable[[], object]) -> None:
        self._thread, self._left, self._action = thread, line, action
        self.done = False

    def __call__(self, frame: Any, event: str, _: object) -> At | None:
        if not frame.f_code.co_filename.startswith(PACKAGE) or self.done:
            return None
        if event == "line" and threading.current_thread().name == self._thread:
            self._left -= 1
            if self._left == 0:
                self.done = True
                self._action()
        return self


def swept(thread: str, action: Callable[[], object], answers: list[float], step: int) -> int:
    """At how many lines a call was interrupted by another one, and both were answered."""
    expected, before, line, count = value(), sys.gettrace(), 1, 0
    while True:
        answers.clear()
        at = At(thread, line, action)
        threading.settrace(at)
        sys.settrace(at)
        try:
            answer = value()
        finally:
            sys.settrace(before)
            threading.settrace(before)  # type: ignore[arg-type]
        assert answer == expected
        if not at.done:
            return count
        wait_until(lambda: answers == [expected])
        line, count = line + step, count + 1


def test_a_signal_handler_may_call_anywhere() -> None:
    answers: list[float] = []
    old = signal.signal(signal.SIGUSR1, lambda *_: answers.append(value()))
    try:
        count = swept("MainThread", lambda: signal.raise_signal(signal.SIGUSR1), answers, 17)
    finally:
        signal.signal(signal.SIGUSR1, old)
    assert count > 10
    wait_until(lambda: gio4j.info()["jobs"] == 0)


@pytest.mark.parametrize("thread", ["MainThread", "gio4j-job"])
def test_a_finalizer_may_call_anywhere(thread: str) -> None:
    """The collector runs in any thread that makes an object."""
    answers: list[float] = []

    class Dying:
        def __del__(self) -> None:
            answers.append(value())

    assert swept(thread, Dying, answers, 17) > 10


# --- Ctrl-C in a start ----------------------------------------------------------------------------


def test_an_interrupt_in_a_start_leaves_nothing(tmp_path: Path) -> None:
    script = """
import json, os, signal, sys, threading, time
from pathlib import Path
import numpy as np, gio4j
signal.signal(signal.SIGINT, signal.default_int_handler)
rows = np.random.default_rng(0).normal(size=(40, 3)).astype("f4")
def value(): return gio4j._measure.averaged.averaged_divergence(rows, rows[:30] + 1)
def children():  # zombies too
    found = []
    for task in Path(f"/proc/{os.getpid()}/task").glob("*/children"):
        try: found += task.read_text().split()
        except (FileNotFoundError, ProcessLookupError): pass  # a thread that has just ended
    return found
expected, caught, pause = value(), 0, threading.Event()
for delay in (0, 0.005, 0.1, 0.25):
    gio4j.shutdown()
    assert children() == []
    helper = threading.Timer(delay, os.kill, (os.getpid(), signal.SIGINT))
    try:
        helper.start()
        value()
        helper.join()
    except KeyboardInterrupt:
        caught += 1
        end = time.monotonic() + 20
        while children() and not gio4j.info()["running"]:
            assert time.monotonic() < end, children()
            pause.wait(0.01)
    helper.join()
    assert value() == expected and len(children()) == 1
print(json.dumps(caught), flush=True)
"""
    with Child(script, tmp_path) as child:
        assert child.hear() >= 2
        assert child.end() == 0


# --- FIFOs ----------------------------------------------------------------------------------------


def test_a_fifo_without_a_writer_is_refused(tmp_path: Path) -> None:
    for name in ("x.npy", "x.arrow", "x.parquet", "x.csv"):
        os.mkfifo(tmp_path / name)
        with pytest.raises(InvalidInputError, match="is no regular file"):
            gio4j.select(tmp_path / name, ROWS, 5)
    for read in (gio4j.read_parquet, gio4j.Selection.load, gio4j.KMeansModel.load):
        with pytest.raises(InvalidInputError, match="is no regular file"):
            read(tmp_path / "x.parquet")


def test_a_fifo_in_a_folder_is_refused(tmp_path: Path) -> None:
    pa.parquet.write_table(pa.table({"features": ROWS.tolist()}), tmp_path / "a.parquet")
    os.mkfifo(tmp_path / "b.parquet")
    for read in (gio4j.read_parquet, gio4j.read_csv):
        with pytest.raises(InvalidInputError, match=r"b\.parquet is no regular file"):
            read(tmp_path)


def test_a_wait_for_the_writer_of_a_text_can_be_interrupted(tmp_path: Path) -> None:
    """Texts may come through a FIFO: from a decompressor, say."""
    fifo = tmp_path / "x.tsv"
    os.mkfifo(fifo)

    def press() -> None:
        wait_until(_opens_a_text)
        interrupt()

    presser = threading.Thread(target=press)
    presser.start()
    with pytest.raises(KeyboardInterrupt):
        gio4j.read_csv(fifo)
    presser.join()


def _opens_a_text() -> bool:
    frame = sys._current_frames()[threading.main_thread().ident or 0]
    return frame.f_code.co_name == "uncompressed"


def test_a_runtime_whose_release_is_a_fifo(own_engine: None, tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "java").write_text("#!/bin/sh\necho 'version \"1.8.0\"'\n")
    (tmp_path / "bin" / "java").chmod(0o755)
    os.mkfifo(tmp_path / "release")
    gio4j.configure(java_home=str(tmp_path))
    with pytest.raises(GatewayError, match=r"version 1\.8\.0, needs 25"):
        value()


# --- short of addresses ---------------------------------------------------------------------------


@pytest.mark.parametrize("gibibytes", [2, 4, 8])
def test_a_limit_of_addresses(gibibytes: int, tmp_path: Path) -> None:
    script = f"""
import resource
resource.setrlimit(resource.RLIMIT_AS, ({gibibytes} << 30, {gibibytes} << 30))
import numpy as np, gio4j
rows = np.random.default_rng(0).normal(size=(40, 3)).astype("f4")
assert gio4j._measure.averaged.averaged_divergence(rows, rows[:30] + 1) > 0
assert gio4j.info()["heap"] == "{gibibytes << 8}m", gio4j.info()["heap"]
"""
    run_python(script, tmp_path)


def test_too_few_addresses_name_the_heap(tmp_path: Path) -> None:
    script = """
import resource
resource.setrlimit(resource.RLIMIT_AS, (2 << 30, 2 << 30))
import numpy as np, gio4j
rows = np.random.default_rng(0).normal(size=(40, 3)).astype("f4")
try: gio4j._measure.averaged.averaged_divergence(rows, rows[:30] + 1)
except gio4j.errors.GatewayStartError as problem: told = str(problem)
assert "GIO4J_HEAP (now 3g)" in told, told
"""
    run_python(script, tmp_path, GIO4J_HEAP="3g")


def test_daemon_threads_in_calls_end_with_the_interpreter_and_say_nothing(tmp_path: Path) -> None:
    script = (
        "import threading, gio4j\n"
        "rows = [[0.0, 1.0], [1.0, 2.0], [3.0, 4.0]] * 20\n"
        "call = lambda: gio4j._measure.averaged.averaged_divergence(rows, rows)\n"
        "threading.Thread(target=call, daemon=True).start()\n"
        "while not any(t.name == 'gio4j-stdout' for t in threading.enumerate()):\n"
        "    threading.Event().wait(0.001)\n"
    )
    done = run_python(script, tmp_path)
    assert done.stdout + done.stderr == ""
