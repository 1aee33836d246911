"""No copy where none is promised: requests name bytes as they lie, and results are views."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from harness import sample

import gio4j
from gio4j._measure.averaged import averaged_divergence
from gio4j._rows.inputs import share
from gio4j._shared import segments
from gio4j._shared.buffers import pool

ROWS, TARGET, START = sample(500, 8), sample(60, 8, seed=1), sample(6, 8, seed=2)
#: Results with these rows are above 64 KB, below which they are copied out.
LONG = sample(2100, 8, seed=2)


@pytest.fixture(autouse=True)
def no_buffers() -> Iterator[None]:
    """Nothing is pooled at the beginning, and nothing more is in use at the end."""
    gc.collect()
    pool.trim()
    others.update(buffers=0, idle_buffers=0)
    others.update(buffers=held()["buffers"])
    assert held() == {"buffers": 0, "idle_buffers": 0}
    yield
    gc.collect()
    assert held()["buffers"] == 0


#: What arrays of tests before these hold.
others = {"buffers": 0, "idle_buffers": 0}


def held() -> dict[str, int]:
    facts = gio4j.info()
    return {name: facts[name] - others[name] for name in ("buffers", "idle_buffers")}


def shared(rows: np.ndarray = ROWS) -> np.ndarray:
    matrix = gio4j.empty(rows.shape)
    matrix[:] = rows
    return matrix


def npy(folder: Path) -> Path:
    np.save(folder / "rows.npy", ROWS)
    return folder / "rows.npy"


def arrow(folder: Path) -> Path:
    vectors = pa.FixedSizeListArray.from_arrays(pa.array(ROWS.ravel()), ROWS.shape[1])
    batch = pa.record_batch({"vectors": vectors})
    with pa.ipc.new_file(str(folder / "rows.arrow"), batch.schema) as out:
        out.write_batch(batch)
    return folder / "rows.arrow"


def place(matrix: Any) -> tuple[int, int]:
    """Device and inode of the file that a request for this matrix names."""
    with ExitStack() as leases:
        status = os.stat(share(matrix, "x", leases).request["path"])
    return status.st_dev, status.st_ino


def mapped_at(array: np.ndarray) -> tuple[int, int]:
    """Device and inode of the file whose mapping holds the array."""
    address = array.ctypes.data
    for line in Path("/proc/self/maps").read_text().splitlines():
        bounds, _, _, device, inode, *_ = line.split()
        start, end = (int(bound, 16) for bound in bounds.split("-"))
        if start <= address < end:
            major, minor = (int(part, 16) for part in device.split(":"))
            return os.makedev(major, minor), int(inode)
    raise AssertionError("the array is nowhere")


def first_bytes(matrix: Any, count: int = 16) -> bytes:
    """The matrix' first bytes at the place that the request names."""
    with ExitStack() as leases:
        request = share(matrix, "x", leases).request
        assert request["kind"] == "raw"
        with open(request["path"], "rb") as file:
            file.seek(request["parts"][0]["offset"])
            return file.read(count)


def test_a_shared_array_takes_no_other_buffer() -> None:
    rows, target = shared(), shared(TARGET)
    assert held() == {"buffers": 2, "idle_buffers": 0}
    for given in (rows, rows[100:300], rows[7:8]):
        averaged_divergence(target, given)
        assert held() == {"buffers": 2, "idle_buffers": 0}
        assert place(given) == mapped_at(rows)


def test_files_take_no_buffer_at_all(tmp_path: Path) -> None:
    mapped = np.load(npy(tmp_path), mmap_mode="r")
    expected = averaged_divergence(ROWS, ROWS[:9])
    pool.trim()
    for given in (mapped, tmp_path / "rows.npy", arrow(tmp_path)):
        assert averaged_divergence(given, mapped[:9]) == expected
        assert held() == {"buffers": 0, "idle_buffers": 0}


def test_a_mapped_file_is_named_itself(tmp_path: Path) -> None:
    path = npy(tmp_path)
    mapped = np.load(path, mmap_mode="r")
    status = path.stat()
    assert place(mapped) == place(mapped[20:90]) == (status.st_dev, status.st_ino)
    assert first_bytes(mapped) == ROWS.tobytes()[:16]
    assert first_bytes(mapped[20:90]) == ROWS[20:].tobytes()[:16]


def test_rows_of_a_shared_array_are_named_where_they_lie() -> None:
    rows = shared()
    assert first_bytes(rows[123:]) == ROWS[123:].tobytes()[:16]


def test_the_engine_sees_what_is_written_later() -> None:
    rows = shared()
    before = averaged_divergence(TARGET, rows)
    rows += 1
    after = averaged_divergence(TARGET, rows)
    assert after == averaged_divergence(TARGET, ROWS + 1)
    assert after != before


def test_a_heap_array_takes_one_buffer_that_is_used_again() -> None:
    target = shared(TARGET)
    for _ in range(3):
        averaged_divergence(target, ROWS)
        assert held() == {"buffers": 1, "idle_buffers": 1}


def root(array: np.ndarray) -> object:
    """What owns the memory under a chain of views."""
    base: Any = array
    while isinstance(base, np.ndarray | memoryview):
        base = base.base if isinstance(base, np.ndarray) else base.obj
    return base


def test_results_are_views_of_one_buffer() -> None:
    found = gio4j.gradient_search(ROWS, TARGET, LONG, max_picks=12, start_vector="jump", seed=1)
    arrays = (found.indices, found.divergences, found.selected, found.point, found.removed)
    assert [array.flags.owndata for array in arrays] == [False] * 5
    assert type(root(found.indices)) is segments._Mapping
    assert len({id(root(array)) for array in arrays}) == 1
    assert len({mapped_at(array) for array in arrays}) == 1
    assert found.selected[len(LONG) :].tobytes() == ROWS[found.indices].tobytes()


def test_a_result_may_be_passed_on_without_a_copy() -> None:
    found = gio4j.gradient_search(ROWS, TARGET, LONG, max_picks=12, start_vector="jump", seed=1)
    assert place(found.selected) == mapped_at(found.selected)


def test_a_result_lives_as_long_as_any_of_its_arrays() -> None:
    found = gio4j.gradient_search(ROWS, TARGET, LONG, max_picks=12, start_vector="jump", seed=1)
    assert held()["buffers"] == 1
    indices, copy = found.indices[2:], found.indices[2:].copy()
    del found
    gc.collect()
    assert held()["buffers"] == 1
    averaged_divergence(TARGET, ROWS)  # would write over it if it were free
    assert np.array_equal(indices, copy)
    del indices
    gc.collect()
    assert held()["buffers"] == 0


def test_the_engine_lets_go_of_every_mapping() -> None:
    rows = shared()
    gio4j.gradient_search(rows, TARGET, START, max_picks=3)
    averaged_divergence(TARGET, rows)
    assert gio4j.info()["mapped_bytes"] == 0
    engine = Path(f"/proc/{gio4j.info()['pid']}/maps").read_text()
    assert "memfd:gio4j" not in engine
