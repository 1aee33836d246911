"""Files that others cut short or replace, during a job and after it: an error with the path."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from harness import ENDLESS_ROWS, ENDLESS_STEPS, run_python, sample, when_the_job_runs

import gio4j
from gio4j._measure.averaged import averaged_divergence
from gio4j.errors import InvalidInputError

ROWS = sample(*ENDLESS_ROWS)


def npy(path: Path, rows: np.ndarray = ROWS) -> Path:
    with path.open("wb") as file:  # in place, unlike numpy.save with a name that ends otherwise
        np.save(file, rows)
    return path


def arrow(path: Path, rows: np.ndarray = ROWS) -> Path:
    vectors = pa.FixedSizeListArray.from_arrays(pa.array(rows.ravel()), rows.shape[1])
    batch = pa.record_batch({"vector": vectors})
    with pa.OSFile(str(path), "wb") as file, pa.ipc.new_file(file, batch.schema) as out:
        for start in range(0, len(batch), 100):
            out.write_batch(batch.slice(start, 100))
    return path


def parquet(path: Path, rows: np.ndarray = ROWS) -> Path:
    pq.write_table(pa.table({"features": rows.tolist()}), path)
    return path


WRITERS: dict[str, Callable[..., Path]] = {".npy": npy, ".arrow": arrow, ".parquet": parquet}
IN_PLACE = pytest.mark.parametrize("suffix", [".npy", ".arrow"])
SUFFIXES = pytest.mark.parametrize("suffix", list(WRITERS))


def cut(path: Path) -> None:
    os.truncate(path, 0)


def cut_a_little(path: Path) -> None:
    os.truncate(path, path.stat().st_size - 5000)


def replace(path: Path) -> None:
    """By another file of the same size and times, as `cp -p` and `rsync -t` do."""
    status, other = path.stat(), path.with_name(f"other{path.suffix}")
    WRITERS[path.suffix](other, -ROWS)
    os.utime(other, ns=(status.st_atime_ns, status.st_mtime_ns))
    os.replace(other, path)


def write_over(path: Path) -> None:
    status = path.stat()
    WRITERS[path.suffix](path, -ROWS)
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


CHANGES = pytest.mark.parametrize("change", [cut, cut_a_little, replace, write_over])


@CHANGES
@IN_PLACE
def test_during_a_job(suffix: str, change: Callable[[Path], None], tmp_path: Path) -> None:
    path = WRITERS[suffix](tmp_path / f"rows{suffix}")

    def meddle() -> None:
        change(path)
        gio4j.shutdown()  # a job that reads no more of the file would go on for ever

    watcher = when_the_job_runs(meddle)
    with pytest.raises(InvalidInputError, match=r"^pool: .*rows\..* changed, cut short or repl"):
        gio4j.gradient_search(path, ROWS[:300], ROWS[:4], steps=ENDLESS_STEPS)
    watcher.join()
    assert averaged_divergence(ROWS, ROWS[:9]) == averaged_divergence(ROWS, ROWS[:9])


@CHANGES
@SUFFIXES
def test_after_a_job(suffix: str, change: Callable[[Path], None], tmp_path: Path) -> None:
    path = WRITERS[suffix](tmp_path / f"rows{suffix}")
    found = gio4j.select(path, ROWS[:50], 20)
    expected = found.report().to_dict()
    assert expected == gio4j.select(ROWS, ROWS[:50], 20, seed=0).report().to_dict()
    change(path)
    for look in (found.report, found.plot):
        with pytest.raises(InvalidInputError, match=r"^pool: .*rows\..* changed or replaced"):
            look()


@IN_PLACE
def test_cut_between_job_and_rows(
    suffix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An answer that is whole is given; rows that are read afterwards are an error."""
    from gio4j._select.pick import Picking

    path, run = WRITERS[suffix](tmp_path / f"rows{suffix}"), Picking.run

    def then_cut(*arguments: Any) -> Any:
        answer = run(*arguments)
        cut(path)
        return answer

    expected = gio4j.select(ROWS, ROWS[:50], 20)
    monkeypatch.setattr(Picking, "run", then_cut)
    found = gio4j.select(path, ROWS[:50], 20)
    assert found.indices.tolist() == expected.indices.tolist()
    assert (found.pool_rows, found.pool_columns) == ROWS.shape
    with pytest.raises(InvalidInputError, match=r"^pool: .*rows\..* changed or replaced"):
        found.report()
    expected = gio4j.select(ROWS, ROWS[:50], 20, quantize=30)
    WRITERS[suffix](path)
    found = gio4j.select(path, ROWS[:50], 20, quantize=30)
    assert found.indices.tolist() == expected.indices.tolist()


def test_a_mapped_array_that_is_cut_does_not_end_python(tmp_path: Path) -> None:
    """Its owner may die of it; gio4j does not look at it."""
    npy(tmp_path / "rows.npy")
    script = (
        "import gio4j, numpy, os\n"
        "rows = numpy.load('rows.npy', mmap_mode='r')\n"
        "os.truncate('rows.npy', 5000)\n"
        "try: gio4j.select(rows, numpy.ones((9, 16), 'f4'), 5)\n"
        "except gio4j.errors.InvalidInputError as refused: print(refused)\n"
    )
    assert "rows.npy" in run_python(script, tmp_path).stdout


@pytest.mark.parametrize("suffix", [".npy", ".arrow", ".csv", ".parquet"])
def test_a_fifo_is_no_file(suffix: str, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / f"rows{suffix}")
    with pytest.raises(InvalidInputError, match=r"x: .*rows\..* is no regular file"):
        averaged_divergence(tmp_path / f"rows{suffix}", ROWS)


def test_rows_are_taken_in_any_order_and_from_any_batch(tmp_path: Path) -> None:
    random = np.random.default_rng(3)
    wanted = random.integers(len(ROWS), size=1000)
    for suffix in (".npy", ".arrow"):
        from gio4j._rows.inputs import source_of

        source = source_of(WRITERS[suffix](tmp_path / f"rows{suffix}"), "x")
        assert source.count() == len(ROWS)
        assert np.array_equal(source.take(wanted), ROWS[wanted])
