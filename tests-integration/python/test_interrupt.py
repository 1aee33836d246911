"""Ctrl-C in a long call: KeyboardInterrupt soon, the job gone, nothing drawn, and life goes on."""

from __future__ import annotations

import gc
import random
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from harness import (
    ENDLESS_ROWS,
    ENDLESS_STEPS,
    Child,
    endless_search,
    interrupt,
    sample,
    wait_until,
    when_the_job_runs,
)

import gio4j
from GIO.GIOKL import GIOKL
from gio4j._measure.averaged import averaged_divergence

#: Far above what it takes (a poll of the engine at most), far below what the job would take.
SOON_SECONDS = 5.0
ROWS, TARGET, START = (sample(*ENDLESS_ROWS, seed=seed) for seed in range(3))


def endless_fit() -> Any:
    return GIOKL(dim=ROWS.shape[1]).fit(
        ROWS, TARGET, v_init="jump", grad_desc_iter=ENDLESS_STEPS, normalize=False
    )


def endless_descent() -> Any:
    return GIOKL().gradient_descend(TARGET, START, ROWS[0], 1.0, ENDLESS_STEPS)


def endless_select() -> Any:
    return gio4j.select(ROWS, TARGET, 50, "gradient", steps=ENDLESS_STEPS)


def interrupted(call: Callable[[], Any]) -> float:
    """Seconds from the interrupt to the exception."""
    pressed: list[float] = []

    def press() -> None:
        pressed.append(time.monotonic())
        interrupt()

    presser = when_the_job_runs(press)
    with pytest.raises(KeyboardInterrupt):
        call()
    seconds = time.monotonic() - pressed[0]
    presser.join()
    return seconds


CALLS = pytest.mark.parametrize(
    "call", [endless_search, endless_fit, endless_descent, endless_select]
)


@CALLS
def test_raises_soon_and_the_job_goes(call: Callable[[], Any]) -> None:
    expected, engine = averaged_divergence(ROWS, TARGET), gio4j.info()["pid"]
    assert interrupted(call) < SOON_SECONDS
    wait_until(lambda: gio4j.info()["jobs"] == 0, SOON_SECONDS)
    assert averaged_divergence(ROWS, TARGET) == expected
    assert gio4j.info()["pid"] == engine


def test_random_states_are_untouched() -> None:
    random.seed(8)
    np.random.seed(8)
    before, numpy_before = random.getstate(), np.random.get_state()[1].tolist()
    interrupted(endless_fit)
    assert random.getstate() == before
    assert np.random.get_state()[1].tolist() == numpy_before


def test_shared_memory_goes_back_when_the_job_has_ended() -> None:
    gc.collect()
    before = gio4j.info()["buffers"]  # other tests' arrays
    interrupted(endless_search)
    wait_until(lambda: gio4j.info()["jobs"] == 0, SOON_SECONDS)
    wait_until(lambda: gio4j.info()["buffers"] <= before, SOON_SECONDS)
    assert gio4j.info()["mapped_bytes"] == 0


def test_again_and_again() -> None:
    for _ in range(5):
        interrupted(endless_search)
    wait_until(lambda: gio4j.info()["jobs"] == 0, SOON_SECONDS)
    assert averaged_divergence(ROWS, TARGET) > 0


def test_other_threads_go_on_while_one_is_interrupted() -> None:
    samples = [sample(50, 4, seed=seed) for seed in range(4)]
    expected = [averaged_divergence(rows, rows[:20]) for rows in samples]
    picks = [search(rows) for rows in samples]
    stop = threading.Event()
    answers: list[tuple[list[float], list[list[int]]]] = []

    def work(which: int) -> None:
        seen: tuple[list[float], list[list[int]]] = ([], [])
        answers.append(seen)
        while not (stop.is_set() and len(seen[0]) > 20):
            seen[0].append(averaged_divergence(samples[which], samples[which][:20]))
            seen[1].append(search(samples[which]))
        assert set(seen[0]) == {expected[which]}
        assert all(found == picks[which] for found in seen[1])
        done.append(which)

    done: list[int] = []
    threads = [threading.Thread(target=work, args=(which,)) for which in range(len(samples))]
    for thread in threads:
        thread.start()
    try:
        for _ in range(3):
            interrupted(endless_search)
    finally:
        stop.set()
        for thread in threads:
            thread.join(60)
    assert sorted(done) == [0, 1, 2, 3]


def search(rows: np.ndarray) -> list[int]:
    return gio4j.gradient_search(rows, rows[:30], rows[:6], max_picks=4, steps=10).indices.tolist()


def test_an_interrupt_of_the_terminal_reaches_python_alone(tmp_path: Path) -> None:
    """Ctrl-C goes to the whole process group; the engine must not die of it."""
    script = """
import json, os, threading, sys
import numpy as np, gio4j
rows = np.random.default_rng(0).normal(size=(40, 3)).astype("f4")
def tell(**facts): print(json.dumps(facts), flush=True)
gio4j._measure.averaged.averaged_divergence(rows, rows)
tell(engine=gio4j.info()["pid"])
def report():
    sys.stdin.readline()
    while not gio4j.info()["jobs"]: threading.Event().wait(0.01)
    tell(running=True)
threading.Thread(target=report, daemon=True).start()
try:
    gio4j.gradient_search(rows, rows, rows, steps=5 * 10**8)
except KeyboardInterrupt:
    gio4j._measure.averaged.averaged_divergence(rows, rows)
    tell(engine=gio4j.info()["pid"])
"""
    with Child(script, tmp_path) as child:
        engine = child.hear()["engine"]
        child.go_on()
        assert child.hear()["running"]
        child.signal_group(signal.SIGINT)
        assert child.hear()["engine"] == engine
        assert child.end() == 0
