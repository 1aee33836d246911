"""What the tests share: rows, waits with a deadline, Python processes that do as they are told.

Linux: /proc tells what runs.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import gio4j
from gio4j._engine import java, jobs
from gio4j._measure.averaged import averaged_divergence

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"
#: Far more than anything waited for here takes, so that a busy machine is no failure.
PATIENCE_SECONDS = 30.0
#: Steps of a descent that takes a quarter of an hour from rows such as those below.
ENDLESS_STEPS = 5 * 10**8
ENDLESS_ROWS = (400, 16)


def wait_until(condition: Callable[[], bool], seconds: float = PATIENCE_SECONDS) -> None:
    """Return as soon as the condition holds; fail when it does not in time."""
    end = time.monotonic() + seconds
    pause = threading.Event()
    while not condition():
        assert time.monotonic() < end, f"still not so after {seconds:g} s"
        pause.wait(0.01)


def runs(pid: int) -> bool:
    """Whether a process is there and no zombie: an orphan's may lie about where nobody reaps."""
    try:
        status = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False
    return status.rpartition(")")[2].split()[0] not in "ZX"


def wait_for_end(pid: int, seconds: float = PATIENCE_SECONDS) -> None:
    """Return as soon as the process is gone."""
    wait_until(lambda: not runs(pid), seconds)


def sample(rows: int = 40, columns: int = 3, seed: int = 0) -> np.ndarray:
    """Rows of a normal distribution, float32."""
    return np.random.default_rng(seed).normal(size=(rows, columns)).astype(np.float32)


def example_names() -> dict[str, Any]:
    """What the examples of docstrings and of the methods' pages may use without an import."""
    random = np.random.default_rng(0)
    return {
        "gio4j": gio4j,
        "np": np,
        "pool": random.normal(size=(500, 8)).astype(np.float32),
        "target": random.normal(0.5, size=(60, 8)).astype(np.float32),
    }


def endless_search() -> gio4j.GradientSearch:
    """A job that ends when it is stopped."""
    pool, target, start = (sample(*ENDLESS_ROWS, seed=seed) for seed in range(3))
    return gio4j.gradient_search(pool, target, start, steps=ENDLESS_STEPS)


def when_the_job_runs(action: Callable[[], Any]) -> threading.Thread:
    """Do something on another thread as soon as the engine works on the main thread's next job."""

    def watch() -> None:
        wait_until(lambda: _waits_for_a_job() and gio4j.info().get("jobs", 0) > 0)
        action()

    thread = threading.Thread(target=watch)
    thread.start()
    return thread


def _waits_for_a_job() -> bool:
    # Jobs of the engine may be those of other threads, or of a call that was interrupted just now.
    frame = sys._current_frames().get(threading.main_thread().ident or 0)
    while frame is not None and frame.f_code is not jobs.run_job.__code__:
        frame = frame.f_back
    return frame is not None


def interrupt() -> None:
    """What Ctrl-C does."""
    os.kill(os.getpid(), signal.SIGINT)


def run_python(script: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """A Python process run to its end, which must be a good one."""
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=cwd,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=90,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done


class Child:
    """A Python process that prints JSON lines, and goes on when it reads a line.

    For `with`: it is killed at the end of the block, if it still runs.
    """

    def __init__(self, script: str, cwd: Path, **environment: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", script],
            cwd=cwd,
            env={**os.environ, **environment},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self._stdin, self._stdout = self.process.stdin, self.process.stdout

    def __enter__(self) -> Child:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait()
        self._stdin.close()
        self._stdout.close()

    def hear(self) -> Any:
        """The next line that it prints; the suite's time limit bounds the wait."""
        line = self._stdout.readline()
        assert line, f"ended with exit code {self.process.wait()} instead of a word"
        return json.loads(line)

    def go_on(self) -> None:
        """Let it read a line."""
        self._stdin.write("\n")
        self._stdin.flush()

    def signal_group(self, number: int) -> None:
        """A signal to every process of its group, as a terminal sends it."""
        os.killpg(self.process.pid, number)

    def end(self) -> int:
        """Its exit code; its standard input ends now."""
        self._stdin.close()
        return self.process.wait(PATIENCE_SECONDS)


@contextmanager
def engine_unharmed() -> Iterator[None]:
    """Whatever the block does, the same engine runs after it, and answers the same."""
    x, y = sample(), sample(30, seed=1)
    before, engine = averaged_divergence(x, y), gio4j.info()["pid"]
    yield
    assert averaged_divergence(x, y) == before
    assert gio4j.info()["pid"] == engine


@contextmanager
def refused(kind: type[BaseException], *words: str) -> Iterator[None]:
    """The block raises one line with all these words, and the engine is unharmed."""
    with engine_unharmed():
        with pytest.raises(kind) as caught:
            yield
        message = str(caught.value)
        assert "\n" not in message
        assert [word for word in words if word not in message] == [], message


def full_jdk() -> Path:
    """The home of a JDK that has the module of the Vector API: the build's."""
    for candidate in java.candidates(None, os.environ):
        found = java.examine(candidate)
        if isinstance(found, java.Java) and "--add-modules" in found.vector_arguments:
            return found.executable.parents[1]
    raise AssertionError("no JDK with the module; the build needs one")
