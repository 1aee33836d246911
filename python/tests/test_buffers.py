"""Shared memory: leases, pool, sealing, files, sweeping."""

from __future__ import annotations

import errno
import fcntl
import os
import shutil
import sys
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pytest

import gio4j
from gio4j._shared import buffers, segments
from gio4j._shared.buffers import BufferPool, Lease, pool, round_up
from gio4j.errors import GioMemoryError


@pytest.fixture(params=["memfd", "file"])
def kind(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    if request.param == "file":
        monkeypatch.setenv("GIO4J_SHARED", "file")
    return str(request.param)


@pytest.fixture
def fresh_pool() -> BufferPool:
    return BufferPool()


def read(lease: Lease, count: int) -> bytes:
    with open(lease.segment.path, "rb") as file:
        return file.read(count)


def test_both_sides_see_the_bytes(kind: str, fresh_pool: BufferPool) -> None:
    with fresh_pool.lease(100_000, "x") as lease:
        lease.bytes[:4] = (1, 2, 3, 4)
        assert read(lease, 4) == b"\x01\x02\x03\x04"
        with open(lease.segment.path, "r+b") as file:
            file.write(b"\x09")
        assert lease.bytes[0] == 9
        assert os.stat(lease.segment.path).st_mode & 0o777 in (0o600, 0o777)


@pytest.mark.skipif(sys.platform != "linux", reason="memfd is Linux's")
def test_a_memfd_cannot_shrink(fresh_pool: BufferPool) -> None:
    with fresh_pool.lease(10, "x") as lease:
        descriptor = os.open(lease.segment.path, os.O_RDWR)
        seals = fcntl.fcntl(descriptor, fcntl.F_GET_SEALS)
        assert seals & fcntl.F_SEAL_SHRINK
        with pytest.raises(PermissionError):
            os.ftruncate(descriptor, 1)
        os.close(descriptor)


def test_reused_when_the_array_dies(kind: str, fresh_pool: BufferPool) -> None:
    lease = fresh_pool.lease(70_000, "x")
    address, view = lease.segment.address, lease.bytes[10:20].view(np.uint8)
    del lease
    assert fresh_pool.counts()["buffers"] == 1, "a view keeps it"
    del view
    assert fresh_pool.counts() == {
        "buffers": 0,
        "buffer_bytes": 0,
        "idle_buffers": 1,
        "idle_buffer_bytes": round_up(70_000),
    }
    assert fresh_pool.lease(70_000, "x").segment.address == address


def test_two_leases_are_two_places(fresh_pool: BufferPool) -> None:
    with ExitStack() as leases:
        first = leases.enter_context(fresh_pool.lease(10, "x"))
        assert leases.enter_context(fresh_pool.lease(10, "y")).segment is not first.segment
    assert fresh_pool.counts()["idle_buffers"] == 2


def test_idle_memory_is_capped(fresh_pool: BufferPool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(buffers, "IDLE_BYTES", 3 << 16)
    leases = [fresh_pool.lease(1, "x") for _ in range(5)]
    descriptors = [lease.segment._descriptor for lease in leases]
    leases.clear()
    assert fresh_pool.counts()["idle_buffer_bytes"] == 3 << 16
    gone = [number for number in descriptors if not os.path.exists(f"/proc/self/fd/{number}")]
    assert gone == descriptors[-2:], "the oldest ones, given back first"
    fresh_pool.trim()
    assert fresh_pool.counts()["idle_buffers"] == 0


def test_size_classes_waste_little() -> None:
    for size in (1, 65_536, 65_537, 100_000, 2**30, 2**30 + 4160, 3 * 2**30 + 1):
        rounded = round_up(size)
        assert rounded >= size
        assert rounded % 4096 == 0
        assert rounded <= max(size * 9 // 8 + 4096, 65_536)


def test_idle_memory_is_capped_by_count(fresh_pool: BufferPool) -> None:
    leases = [fresh_pool.lease(1, "x") for _ in range(buffers.IDLE_BUFFERS + 8)]
    leases.clear()
    assert fresh_pool.counts()["idle_buffers"] == buffers.IDLE_BUFFERS


def test_a_segment_holds_one_descriptor_and_gives_it_back(
    kind: str, fresh_pool: BufferPool
) -> None:
    before = len(os.listdir("/proc/self/fd"))
    lease = fresh_pool.lease(10, "x")
    assert len(os.listdir("/proc/self/fd")) == before + 1
    view = lease.bytes[:5]
    view[:] = 7
    del lease
    fresh_pool.trim()
    assert (view == 7).all(), "the mapping lives as long as its arrays"
    del view
    fresh_pool.trim()
    assert len(os.listdir("/proc/self/fd")) == before


def test_a_closed_descriptor_is_neither_used_nor_closed(kind: str, tmp_path: Path) -> None:
    mine = BufferPool()
    idle = mine.lease(10, "x").segment
    os.close(idle._descriptor)
    taken = os.open(tmp_path / "database", os.O_RDWR | os.O_CREAT)
    assert taken == idle._descriptor, "the lowest number that is free"
    assert not idle.is_reachable
    assert mine.lease(10, "x").segment is not idle
    idle.close()
    os.fstat(taken)
    os.close(taken)


def test_idle_memory_gives_up_its_descriptors(monkeypatch: pytest.MonkeyPatch) -> None:
    gio4j.empty((2, 2))  # dies at once
    assert pool.counts()["idle_buffers"] == 1
    make, refusals = buffers.Segment, [errno.EMFILE]

    def refuse_once(size: int) -> segments.Segment:
        if refusals:
            raise OSError(refusals.pop(), "Too many open files")
        assert pool.counts()["idle_buffers"] == 0
        return make(size)

    monkeypatch.setattr(buffers, "Segment", refuse_once)
    assert gio4j.empty((200, 200)).shape == (200, 200)


def test_too_large_for_the_machine(fresh_pool: BufferPool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(buffers, "available_memory", lambda: 200 << 20)
    with pytest.raises(GioMemoryError) as caught:
        fresh_pool.lease(500 << 20, "train")
    for word in ("train: needs 512 MiB", "200 MiB are available", "mmap_mode='r'", "Arrow"):
        assert word in str(caught.value)
    assert isinstance(caught.value, MemoryError)


def test_unknown_kind_of_memory(fresh_pool: BufferPool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIO4J_SHARED", "disk")
    with pytest.raises(ValueError, match="GIO4J_SHARED='disk': needs 'file'"):
        fresh_pool.lease(10, "x")


def test_too_many_files(fresh_pool: BufferPool, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(size: int) -> None:
        raise OSError(errno.EMFILE, "Too many open files")

    monkeypatch.setattr(buffers, "Segment", refuse)
    with pytest.raises(GioMemoryError, match=r"x: too many open files \(the limit is .*ulimit -n"):
        fresh_pool.lease(10, "x")


def test_a_sandbox_without_memfd(
    fresh_pool: BufferPool, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def refuse(name: str, flags: int) -> int:
        raise OSError(errno.ENOSYS, "Function not implemented")

    monkeypatch.setattr(os, "memfd_create", refuse)
    monkeypatch.setattr(segments, "_bases", lambda: [tmp_path])
    with fresh_pool.lease(10, "x") as lease:
        assert str(tmp_path) in os.readlink(lease.segment.path)
        assert list(tmp_path.iterdir()) == []


def test_a_full_disk(
    fresh_pool: BufferPool, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("GIO4J_SHARED", "file")
    monkeypatch.setattr(segments, "_bases", lambda: [tmp_path])

    def refuse(descriptor: int, start: int, size: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "posix_fallocate", refuse)
    before = set(os.listdir("/proc/self/fd"))
    with pytest.raises(GioMemoryError, match=r"X: needs .* MiB.*no space is left"):
        fresh_pool.lease(1 << 20, "X")
    assert set(os.listdir("/proc/self/fd")) == before
    assert list(tmp_path.iterdir()) == []


def test_a_full_folder_names_its_own_room(
    fresh_pool: BufferPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    shared = segments._SHARED_MEMORY
    monkeypatch.setenv("GIO4J_SHARED", "file")
    monkeypatch.setattr(segments, "_bases", lambda: [shared])
    usage = shutil.disk_usage(shared)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=17 << 20))
    with fresh_pool.lease(1 << 20, "X"):
        pass
    words = r"X: needs 2 MiB .*/dev/shm has 17 MiB, of which 16 stay free for other programs"
    with pytest.raises(GioMemoryError, match=words) as caught:
        fresh_pool.lease(2 << 20, "X")
    assert "are available" not in str(caught.value)


def test_files_have_no_name(
    fresh_pool: BufferPool, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Also where the system makes none without: there it is taken away at once."""
    monkeypatch.setenv("GIO4J_SHARED", "file")
    monkeypatch.setattr(segments, "_bases", lambda: [tmp_path])
    for number in range(2):
        with fresh_pool.lease(10, "x") as lease:
            assert lease.segment.path.startswith("/proc/")
            assert list(tmp_path.iterdir()) == []
        fresh_pool.trim()
        if number == 0:
            monkeypatch.delattr(os, "O_TMPFILE")


def test_files_with_a_name_go_when_released(
    fresh_pool: BufferPool, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """As on macOS and Windows, where nothing else names an open file."""
    monkeypatch.setattr(segments, "uses_files", lambda: True)
    monkeypatch.setattr(segments.sys, "platform", "darwin")
    monkeypatch.setattr(segments, "_bases", lambda: [tmp_path])
    monkeypatch.delattr(os, "posix_fallocate")
    lease = fresh_pool.lease(3 << 20, "x")
    path = Path(lease.segment.path)
    assert path.parent.parent == tmp_path
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.stat().st_size == lease.segment.size
    segments.sweep()
    assert path.exists(), "its owner lives"
    del lease
    fresh_pool.trim()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_a_fork_retires_what_is_leased() -> None:
    idle = gio4j.empty((2, 2)).ctypes.data
    array = gio4j.empty((2, 2))
    assert array.ctypes.data == idle, "warm memory is used again"
    child = os.fork()
    if child == 0:
        os._exit(0 if pool.counts()["buffers"] == 1 else 1)
    assert os.waitpid(child, 0)[1] == 0
    del array
    assert pool.counts()["buffers"] == 0
    assert pool.counts()["idle_buffers"] == 0, "the child may still look at it"
