"""However a process ends, it leaves no file: none in /dev/shm, none in the temporary directory."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Any

import pytest
from harness import Child, run_python, runs, wait_for_end, wait_until

# Tells the engine's process, its own folders, and waits in the middle of its work.
WORK = """
import json, os, sys, threading
import numpy as np, gio4j
from gio4j import _segments
rows = np.random.default_rng(0).normal(size=(40, 3)).astype("f4")
shared = gio4j.empty((2000, 3)); shared[:] = 1
found = gio4j.gradient_search(rows, rows + 1, rows[:4], max_picks=3)
maps = open("/proc/self/maps").read()
kinds = [kind for kind in ("/memfd:gio4j", "/gio4j-") if kind in maps]
folders = [str(folder) for folder, _ in _segments._folders.values()]
def tell(**facts): print(json.dumps(facts), flush=True)
tell(engine=gio4j.info()["pid"], folders=folders, picked=len(found.indices))
"""
SEARCH = """
threading.Thread(target=lambda: (sys.stdin.readline(), {then}), daemon=True).start()
gio4j.gradient_search(rows, rows + 1, rows[:4], steps=5 * 10**8)
"""
KINDS = pytest.mark.parametrize("kind", ["auto", "file"])


def environment(kind: str, folder: Path) -> dict[str, str]:
    """A temporary directory of the test's own, and the kind of shared memory."""
    folder.mkdir(exist_ok=True)
    return {"TMPDIR": str(folder), "GIO4J_SHARED": kind}


def left_in(folder: Path, told: dict[str, Any]) -> list[str]:
    """What lies in the temporary directory, and what else of both processes is there."""
    statistics = Path("/tmp").glob(f"hsperfdata_*/{told['engine']}")
    return [
        *map(str, folder.iterdir()),
        *filter(os.path.exists, told["folders"]),
        *map(str, statistics),
    ]


@KINDS
def test_normal_end(kind: str, tmp_path: Path) -> None:
    temporary = tmp_path / "tmp"
    with Child(WORK, tmp_path, **environment(kind, temporary)) as child:
        told = child.hear()
        assert bool(told["folders"]) == (kind == "file")
        assert child.end() == 0
    wait_for_end(told["engine"])
    assert left_in(temporary, told) == []
    assert [path.name for path in tmp_path.iterdir()] == ["tmp"]  # no crash report of the JVM


@KINDS
def test_interrupted(kind: str, tmp_path: Path) -> None:
    temporary = tmp_path / "tmp"
    script = WORK + SEARCH.format(then="os.kill(os.getpid(), 2)")
    with Child(script, tmp_path, **environment(kind, temporary)) as child:
        told = child.hear()
        child.go_on()
        assert child.process.wait(60) == -signal.SIGINT
    wait_for_end(told["engine"])
    assert left_in(temporary, told) == []


@KINDS
def test_engine_killed(kind: str, tmp_path: Path) -> None:
    temporary = tmp_path / "tmp"
    script = WORK + SEARCH.format(then=f"os.kill(gio4j.info()['pid'], {signal.SIGKILL:d})")
    with Child(script, tmp_path, **environment(kind, temporary)) as child:
        told = child.hear()
        child.go_on()
        assert child.process.wait(60) == 1  # GatewayDied, uncaught
    assert not runs(told["engine"])
    assert left_in(temporary, told) == []
    assert [path.name for path in tmp_path.iterdir()] == ["tmp"]


def test_python_killed_with_memfd_leaves_nothing_at_once(tmp_path: Path) -> None:
    temporary = tmp_path / "tmp"
    with Child(
        WORK + SEARCH.format(then="None"), tmp_path, **environment("auto", temporary)
    ) as child:
        told = child.hear()
        child.process.kill()
        child.process.wait()
        wait_for_end(told["engine"])
        assert left_in(temporary, told) == []


def test_python_killed_with_files_is_swept_at_the_next_start(tmp_path: Path) -> None:
    temporary = tmp_path / "tmp"
    with Child(
        WORK + SEARCH.format(then="None"), tmp_path, **environment("file", temporary)
    ) as child:
        told = child.hear()
        child.process.kill()
        child.process.wait()
        wait_for_end(told["engine"])
    for folder in filter(os.path.exists, told["folders"]):
        assert os.listdir(folder) == []  # the memory itself went with the processes
    run_python(WORK, tmp_path, **environment("auto", temporary))
    assert left_in(temporary, told) == []


def test_a_sweep_spares_the_living(tmp_path: Path) -> None:
    temporary = tmp_path / "tmp"
    with Child(WORK + "sys.stdin.read()", tmp_path, **environment("file", temporary)) as child:
        told = child.hear()
        run_python(WORK, tmp_path, **environment("file", temporary))
        assert all(map(os.path.isdir, told["folders"]))
        assert child.end() == 0
    wait_until(lambda: left_in(temporary, told) == [])


def test_both_kinds_of_memory_give_the_same(tmp_path: Path) -> None:
    script = WORK + "tell(indices=found.indices.tolist(), point=found.point.tolist(), kinds=kinds)"
    answers = []
    for kind in ("auto", "file"):
        with Child(script, tmp_path, **environment(kind, tmp_path / kind)) as child:
            child.hear()
            answers.append(child.hear())
            assert child.end() == 0
    memory, file = (answer.pop("kinds") for answer in answers)
    assert answers[0] == answers[1]
    assert memory == ["/memfd:gio4j"]
    assert file == ["/gio4j-"]
