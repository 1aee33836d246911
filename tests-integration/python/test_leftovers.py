"""However a process ends, it leaves no file: none in /dev/shm, none in the temporary directory."""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from harness import Child, run_python, runs, sample, wait_for_end, wait_until

# Tells the engine's process, its own folders, and waits in the middle of its work.
WORK = """
import json, os, sys, threading
import numpy as np, gio4j
rows = np.random.default_rng(0).normal(size=(40, 3)).astype("f4")
shared = gio4j.empty((2000, 3)); shared[:] = 1
found = gio4j.gradient_search(rows, rows + 1, rows[:4], max_picks=3)
maps = open("/proc/self/maps").read()
kinds = [kind for kind in ("/memfd:gio4j", "/dev/shm/#") if kind in maps]
def tell(**facts): print(json.dumps(facts), flush=True)
tell(engine=gio4j.info()["pid"], picked=len(found.indices))
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
    return [*map(str, folder.iterdir()), *map(str, statistics), *shared_memory()]


def shared_memory() -> list[str]:
    """Files of this user's in shared memory whose process has ended: nobody has them locked.

    Those of processes that live belong to the tests that run beside this one.
    """
    return [str(path) for path in Path("/dev/shm").glob(f"gio4j-{os.getuid()}/*") if is_left(path)]


def is_left(path: Path) -> bool:
    with suppress(FileNotFoundError), path.open() as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        # Its owner may have deleted it, and the folder's marker goes with the last file.
        return os.fstat(file.fileno()).st_nlink > 0 and path.name.startswith("new-")
    return False


@KINDS
def test_normal_end(kind: str, tmp_path: Path) -> None:
    temporary = tmp_path / "tmp"
    with Child(WORK, tmp_path, **environment(kind, temporary)) as child:
        told = child.hear()
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


@KINDS
def test_python_killed(kind: str, tmp_path: Path) -> None:
    temporary = tmp_path / "tmp"
    script = WORK + SEARCH.format(then="None")
    with Child(script, tmp_path, **environment(kind, temporary)) as child:
        told = child.hear()
        child.process.kill()
        child.process.wait()
        wait_for_end(told["engine"])
        assert left_in(temporary, told) == []


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
    assert file == ["/dev/shm/#"]


# --- in the middle of a conversion, a spill, a job ------------------------------------------------

CONVERSION = "import gio4j; gio4j._measure.averaged.averaged_divergence({path!r}, [[0.0] * 16] * 9)"
SPILL = """
import gio4j, pyarrow.dataset
rows = pyarrow.dataset.dataset({path!r})
gio4j.select(rows, rows, 19_000)
"""
#: Before the rest: the system makes no file without a name.
NAMED_FIRST = "import os; del os.O_TMPFILE\n"


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A text and a Parquet file that take a second or more."""
    folder = tmp_path_factory.mktemp("data")
    rows = sample(20_000, 16)
    lines = [f"a\tb\t[{','.join(map(str, row))}]\n" for row in rows.tolist()]
    (folder / "rows.tsv").write_text("".join(lines * 5))
    pq.write_table(pa.table({"features": rows.tolist()}), folder / "rows.parquet")
    return folder


def holds_a_file_in(pid: int, *folders: Path) -> bool:
    """Whether the process has a file without a name open that once began to lie there."""
    for descriptor in Path(f"/proc/{pid}/fd").glob("*"):
        try:
            opened = os.readlink(descriptor)
        except OSError:
            continue
        if opened.endswith(" (deleted)") and any(opened.startswith(f"{each}/") for each in folders):
            return True
    return False


@pytest.mark.parametrize("work", ["conversion", "spill"])
@pytest.mark.parametrize(
    ("first", "end"),
    [
        ("", signal.SIGKILL),
        ("", signal.SIGTERM),
        ("", signal.SIGHUP),
        (NAMED_FIRST, signal.SIGKILL),
    ],
)
def test_terminated_at_work(
    first: str, work: str, end: signal.Signals, data: Path, tmp_path: Path
) -> None:
    temporary, cache = tmp_path / "tmp", tmp_path / "cache"
    temporary.mkdir()
    before = sorted(data.iterdir())
    script, name = {"conversion": (CONVERSION, "rows.tsv"), "spill": (SPILL, "rows.parquet")}[work]
    around = {"TMPDIR": str(temporary), "GIO4J_CACHE": str(cache)}
    with Child(first + script.format(path=str(data / name)), tmp_path, **around) as child:
        pid = child.process.pid
        if first and work == "conversion":
            wait_until(lambda: any(cache.glob("converted/new-*")))
        else:
            wait_until(lambda: holds_a_file_in(pid, temporary, cache / "converted"))
        child.process.send_signal(end)
        assert child.process.wait() == -end
    if first:  # what has a name goes at the next conversion, and the next start
        (tmp_path / "small.csv").write_text("[1]\n[2]\n")
        run_python("import gio4j; gio4j.kmeans('small.csv', 1)", tmp_path, **around)
    assert list(temporary.iterdir()) == []
    assert [path.name for path in cache.glob("converted/new-*")] == []
    assert sorted(data.iterdir()) == before


# --- what is not ours -----------------------------------------------------------------------------


def test_nothing_of_others_is_touched(tmp_path: Path) -> None:
    temporary = tmp_path / "tmp"
    strangers = [
        temporary / "gio4j-results" / "table",
        temporary / f"gio4j-{os.getuid()}" / "table",
        temporary / f"gio4j-{os.getuid()}" / "new-table",
        temporary / "gio4j" / ".gio4j-owned",
    ]
    for stranger in strangers:
        stranger.parent.mkdir(parents=True, exist_ok=True)
        stranger.parent.chmod(0o700)
        stranger.write_text("mine")
    for kind in ("auto", "file"):
        run_python(WORK, tmp_path, **environment(kind, temporary))
    assert [stranger.read_text() for stranger in strangers] == ["mine"] * 4


def test_a_stranger_in_shared_memory_stays(tmp_path: Path) -> None:
    folder = Path(tempfile.mkdtemp(prefix="gio4j-", dir="/dev/shm"))
    try:
        (folder / "table").write_text("mine")
        run_python(WORK, tmp_path, **environment("file", tmp_path / "tmp"))
        assert (folder / "table").read_text() == "mine"
    finally:
        shutil.rmtree(folder)


@pytest.mark.parametrize("way", ["a link", "wide open", "without the marker"])
def test_a_folder_made_by_somebody_else_is_refused(way: str, tmp_path: Path) -> None:
    """Before gio4j makes its own, in a temporary directory that all users share."""
    temporary, elsewhere = tmp_path / "tmp", tmp_path / "elsewhere"
    temporary.mkdir()
    elsewhere.mkdir(mode=0o700)
    (elsewhere / ".gio4j-owned").touch(mode=0o600)
    (elsewhere / "new-file").write_text("mine")
    ours = temporary / f"gio4j-{os.getuid()}"
    if way == "a link":
        ours.symlink_to(elsewhere)
    else:
        ours.mkdir(mode=0o700)
        (ours / "new-file").write_text("mine")
        if way == "wide open":
            (ours / ".gio4j-owned").touch(mode=0o600)
            ours.chmod(0o777)
    script = NAMED_FIRST + (
        "import gio4j, numpy, pyarrow.dataset\n"
        "rows = pyarrow.dataset.dataset(pyarrow.table({'features': [[1.0], [2.0], [3.0]]}))\n"
        "try: gio4j.select(rows, rows, 1)\n"
        "except gio4j.errors.StorageError as refused: print(refused)\n"
    )
    said = run_python(script, tmp_path, TMPDIR=str(temporary)).stdout
    assert f"{ours}: is not gio4j's own" in said
    assert "TMPDIR" in said
    assert (ours / "new-file").read_text() == "mine"
    assert [path.name for path in temporary.iterdir()] == [ours.name]
