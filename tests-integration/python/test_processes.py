"""One engine per Python process, which lives and dies with it: kills, forks, restarts."""

from __future__ import annotations

import os
import signal
import threading
import time
from pathlib import Path

import pytest
from harness import Child, endless_search, runs, sample, wait_for_end, wait_until, when_the_job_runs

import gio4j
from gio4j._measure.averaged import averaged_divergence
from gio4j.errors import GatewayDied, GioError

# What every script below begins with.
BEGIN = """
import json, os, signal, sys
import numpy as np, gio4j
rows = np.random.default_rng(0).normal(size=(40, 3)).astype("f4")
def tell(**facts): os.write(1, (json.dumps(facts) + "\\n").encode())
def value(): return gio4j._measure.averaged.averaged_divergence(rows, rows[:30] + 1)
def work(): return dict(value=value(), engine=gio4j.info()["pid"])
"""
FORK = """
tell(**work())
child = os.fork()
if child == 0:
    tell(**work(), running=gio4j.info()["running"], me=os.getpid())
    sys.stdin.readline()
    sys.exit(0)
"""


def value() -> float:
    rows = sample()
    return averaged_divergence(rows, rows[:30] + 1)


def test_one_engine_serves_every_call() -> None:
    value()
    engine = gio4j.info()["pid"]
    endings = [threading.Thread(target=value) for _ in range(4)]
    for thread in endings:
        thread.start()
    for thread in endings:
        thread.join()
    value()
    assert gio4j.info()["pid"] == engine


def test_first_calls_at_once_start_one_engine(own_engine: None) -> None:
    seen: list[tuple[float, int]] = []
    barrier = threading.Barrier(4)

    def call() -> None:
        barrier.wait()
        seen.append((value(), gio4j.info()["pid"]))

    threads = [threading.Thread(target=call) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(seen) == 4
    assert len(set(seen)) == 1


def test_shutdown_ends_it_and_the_next_call_starts_another(own_engine: None) -> None:
    before, first = value(), gio4j.info()["pid"]
    gio4j.shutdown()
    wait_for_end(first)
    assert not gio4j.info()["running"]
    assert value() == before
    assert gio4j.info()["pid"] != first


def test_two_processes_at_once(tmp_path: Path) -> None:
    script = BEGIN + "for _ in sys.stdin: tell(**work())"
    with Child(script, tmp_path) as one, Child(script, tmp_path) as other:
        told = []
        for _ in range(3):
            one.go_on()
            other.go_on()
            told.append((one.hear(), other.hear()))
        assert {answer["value"] for pair in told for answer in pair} == {value()}
        engines = {pair[0]["engine"] for pair in told}, {pair[1]["engine"] for pair in told}
        assert [len(pids) for pids in engines] == [1, 1]
        assert engines[0] != engines[1]
        assert one.end() == other.end() == 0
    for pid in engines[0] | engines[1]:
        wait_for_end(pid)


def test_killed_in_a_call(own_engine: None) -> None:
    gio4j.configure(jvm_flags=["-Xlog:gc+init:stderr"])  # so that it has last words
    expected, killed = value(), [gio4j.info()["pid"], 0.0]

    def kill() -> None:
        killed[1] = time.monotonic()
        os.kill(killed[0], signal.SIGKILL)

    killer = when_the_job_runs(kill)
    with pytest.raises(GatewayDied) as caught:
        endless_search()
    waited = time.monotonic() - killed[1]
    killer.join()
    assert waited < 5
    first, *others = str(caught.value).splitlines()
    assert "ended with exit code -9" in first
    assert "the next call starts a new one" in first
    assert "last lines" in others[0].lower()
    assert any("gc,init" in line for line in others[1:])
    assert value() == expected
    assert gio4j.info()["pid"] != killed[0]


def test_killed_in_calls_of_several_threads(own_engine: None) -> None:
    value()
    engine, errors = gio4j.info()["pid"], []

    def search() -> None:
        try:
            endless_search()
        except GioError as problem:
            errors.append(type(problem))

    threads = [threading.Thread(target=search) for _ in range(3)]
    for thread in threads:
        thread.start()
    wait_until(lambda: gio4j.info().get("jobs", 0) == len(threads))
    os.kill(engine, signal.SIGKILL)
    for thread in threads:
        thread.join(30)
    assert errors == [GatewayDied] * 3


def test_ends_when_python_is_killed(tmp_path: Path) -> None:
    with Child(BEGIN + "tell(**work()); sys.stdin.read()", tmp_path) as child:
        engine = child.hear()["engine"]
        child.process.kill()
        child.process.wait()
        wait_for_end(engine)


def test_ends_in_the_middle_of_a_job_when_python_is_killed(tmp_path: Path) -> None:
    script = BEGIN + "tell(**work()); gio4j.gradient_search(rows, rows, rows, steps=5 * 10**8)"
    with Child(script, tmp_path) as child:
        engine = child.hear()["engine"]
        child.process.kill()
        child.process.wait()
        wait_for_end(engine)


def test_ends_when_python_is_killed_though_a_forked_child_lives(tmp_path: Path) -> None:
    with Child(BEGIN + FORK + "sys.stdin.read()", tmp_path) as child:
        engine, forked = child.hear()["engine"], child.hear()
        child.process.kill()
        child.process.wait()
        wait_for_end(engine)
        assert runs(forked["me"])
        assert runs(forked["engine"])
        child.end()
        wait_for_end(forked["me"])
        wait_for_end(forked["engine"])


def test_ends_when_python_is_killed_though_another_process_holds_its_pipe(tmp_path: Path) -> None:
    """A fork without Python's hooks: nobody closes the copy of the engine's standard input."""
    script = f"""{BEGIN}
import ctypes
told, libc = work(), ctypes.PyDLL(None)
child = libc.fork()
if child == 0:
    libc.pause()
tell(**told, holder=child)
sys.stdin.read()
"""
    with Child(script, tmp_path) as child:
        told = child.hear()
        child.process.kill()
        child.process.wait()
        wait_for_end(told["engine"])
        assert runs(told["holder"])
        os.kill(told["holder"], signal.SIGKILL)


def test_a_forked_child_has_its_own_and_leaves_the_parents(tmp_path: Path) -> None:
    with Child(
        BEGIN + FORK + "os.waitpid(child, 0); tell(**work()); sys.stdin.read()", tmp_path
    ) as child:
        parent, forked = child.hear(), child.hear()
        child.go_on()
        afterwards = child.hear()
        assert parent["value"] == forked["value"] == afterwards["value"] == value()
        assert forked["engine"] != parent["engine"] == afterwards["engine"]
        wait_for_end(forked["engine"])
        assert child.end() == 0
        wait_for_end(parent["engine"])


def test_parent_and_forked_child_at_once(tmp_path: Path) -> None:
    many = "[(tell(**work())) for _ in range(20)]"
    script = f"""{BEGIN}
tell(**work())
child = os.fork()
{many}
if child: os.waitpid(child, 0)
"""
    with Child(script, tmp_path) as child:
        told = [child.hear() for _ in range(41)]
        assert child.end() == 0
    assert {answer["value"] for answer in told} == {value()}
    assert sorted(
        sum(answer["engine"] == engine for answer in told)
        for engine in {answer["engine"] for answer in told}
    ) == [20, 21]


def test_a_forked_child_sees_a_shared_array_and_leaves_it(tmp_path: Path) -> None:
    script = f"""{BEGIN}
shared = gio4j.empty((40, 3)); shared[:] = rows
def ask(): tell(value=gio4j._measure.averaged.averaged_divergence(shared, rows[:30] + 1))
ask()
child = os.fork()
if child: os.waitpid(child, 0)
ask()
"""
    with Child(script, tmp_path) as child:
        told = [child.hear()["value"] for _ in range(3)]
        assert child.end() == 0
    assert told == [value()] * 3
