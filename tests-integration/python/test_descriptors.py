"""Descriptors that are short, or that the program itself closed: its files stay as they are."""

from __future__ import annotations

from pathlib import Path

import pytest
from harness import run_python

# What every script below begins with.
BEGIN = """
import errno, gc, os, re, resource, socket, threading
import numpy as np, gio4j
from gio4j.errors import GioError, GioMemoryError
rows = np.random.default_rng(0).normal(size=(40, 3)).astype("f4")
big = np.random.default_rng(0).normal(size=(400, 16)).astype("f4")
def value(x=rows): return gio4j._measure.averaged.averaged_divergence(x, rows[:30] + 1)
def used(): return [int(number) for number in os.listdir("/proc/self/fd")]
def target(number):
    try: return os.readlink(f"/proc/self/fd/{number}")
    except OSError: return ""
def limit(count): resource.setrlimit(resource.RLIMIT_NOFILE, (count, 4096))
def wait_until(condition, pause=threading.Event()):
    for _ in range(3000):
        if condition(): return
        pause.wait(0.01)
    raise AssertionError("waited in vain")
expected = value()
"""


@pytest.mark.parametrize("kind", ["auto", "file"])
def test_the_next_call_works_when_all_were_closed(kind: str, tmp_path: Path) -> None:
    script = f"""{BEGIN}
kept = gio4j.empty((40, 3)); kept[:] = rows
distances = gio4j._measure.averaged.distances
large = distances(big, big)
first = gio4j.info()["pid"]
assert value(kept) == expected
os.closerange(3, 512)
content = bytes(range(256)) * 100
with open("database", "wb") as file: file.write(content)
files = [os.open("database", os.O_RDWR) for _ in range(200)]
pairs = [socket.socketpair() for _ in range(20)]
assert value(kept) == expected and value() == expected
assert gio4j.info()["pid"] != first
assert distances(large[:5].astype("f4"), large[:9].astype("f4")).shape == (5, 9)
del kept, large
gc.collect()
gio4j.shutdown()
assert value() == expected
gio4j.shutdown()
assert [os.lseek(number, 0, os.SEEK_CUR) for number in files] == [0] * 200
with open("database", "rb") as file: assert file.read() == content
for one, other in pairs:
    one.setblocking(False)
    try: raise AssertionError(one.recv(10))
    except BlockingIOError: pass
    other.send(b"x"); assert one.recv(10) == b"x"
"""
    run_python(script, tmp_path, GIO4J_SHARED=kind)


def test_a_result_goes_into_no_file_of_the_users(tmp_path: Path) -> None:
    script = f"""{BEGIN}
gio4j.select(rows, rows[:30], 5)
gc.collect()
ours = [number for number in used() if target(number).startswith("/memfd:gio4j")]
assert len(ours) == gio4j.info()["idle_buffers"] > 0
for number in ours: os.close(number)
content = bytes(range(256)) * 4000
with open("database", "wb") as file: file.write(content)
files = [os.open("database", os.O_RDWR) for _ in ours]
assert set(ours) & set(files)
assert len(gio4j.select(rows, rows[:30], 5)) == 5
with open("database", "rb") as file: assert file.read() == content
for number in files: os.fstat(number)
"""
    run_python(script, tmp_path)


def test_an_open_file_closed_in_a_call_is_an_error(tmp_path: Path) -> None:
    script = f"""{BEGIN}
from gio4j._rows import inputs
np.save("rows.npy", rows)
source = inputs.source_of("rows.npy", "x")
(mine,) = [number for number in used() if target(number).endswith("rows.npy")]
os.close(mine)
np.save("other.npy", rows + 9)
taken = os.open("other.npy", os.O_RDWR)
assert taken == mine
try: value(source)
except GioError as problem: said = str(problem)
assert re.search("x: this program closed the descriptor .*rows.npy", said), said
del source
os.fstat(taken)
"""
    run_python(script, tmp_path)


def test_without_descriptors_only_that_call_fails(tmp_path: Path) -> None:
    script = f"""{BEGIN}
x = gio4j.empty((40, 3)); x[:] = rows
engine, ended = gio4j.info()["pid"], []
def search():
    try: gio4j.gradient_search(big, big, big, steps=5 * 10**8)
    except BaseException as problem: ended.append(problem)
threading.Thread(target=search, daemon=True).start()
wait_until(lambda: gio4j.info()["jobs"] == 1)
limit(max(used()) + 3)
taken = []
try:
    while True: taken.append(os.dup(0))
except OSError: pass
for matrix in (big[:, :3], x, rows):
    try: value(matrix)
    except GioMemoryError as problem:
        assert re.search("too many open files.*ulimit -n", str(problem)), problem
        assert "\\n" not in str(problem)
    else: raise AssertionError("answered")
for number in taken: os.close(number)
limit(1024)
assert value() == expected and gio4j.info()["pid"] == engine
assert not ended, ended
wait_until(lambda: gio4j.info()["jobs"] == 1)
os._exit(0)
"""
    run_python(script, tmp_path)


def test_no_descriptors_at_the_start(tmp_path: Path) -> None:
    script = f"""{BEGIN}
gio4j.shutdown()
limit(max(used()) + 3)
try: value()
except GioMemoryError as problem: said = str(problem)
assert "the engine: too many open files" in said, said
limit(1024)
assert value() == expected
"""
    run_python(script, tmp_path)


def test_thousands_of_small_results_hold_no_descriptors(tmp_path: Path) -> None:
    script = f"""{BEGIN}
limit(64)
kept = [gio4j._measure.averaged.distances(rows[:4], rows[:5]) for _ in range(200)]
assert gio4j.info()["buffers"] == 0
assert len(used()) < 30, len(used())
arrays = [gio4j.empty((1 + 2000 * size, 20)) for size in range(20)]
arrays.clear()
limit(len(used()) + 4)
assert value(gio4j.empty((300, 300))[:, :3] * 0 + 1) is not None, "idle memory makes room"
"""
    run_python(script, tmp_path)
