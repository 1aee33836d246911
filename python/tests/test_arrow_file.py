"""Files of vectors: whole or not at all, whatever goes wrong on the way."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from gio4j import _arrow_file, _convert
from gio4j._arrow_file import read_vectors, write_vectors
from gio4j._convert import cache_folder, converted
from gio4j._sources import StreamSource
from gio4j.errors import InvalidInputError, StorageError

ROWS = np.arange(12, dtype=np.float32).reshape(6, 2)


class FullDisk:
    """A file that takes the first writes and then no more."""

    closed = False

    def __init__(self, path: str, mode: str) -> None:
        self._file = open(path, mode)  # noqa: SIM115 - closed by whoever closes this
        self._left = 2

    def write(self, data: Any) -> int:
        self._left -= 1
        if self._left < 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return self._file.write(data)

    def tell(self) -> int:
        return self._file.tell()

    def flush(self) -> None:
        self._file.flush()

    def close(self) -> None:
        self._file.close()


@pytest.fixture
def full_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    real = pa.OSFile

    def opened(path: str, mode: str = "rb") -> Any:
        return pa.PythonFile(FullDisk(path, mode), "w") if mode == "wb" else real(path, mode)

    monkeypatch.setattr(_arrow_file.pa, "OSFile", opened)


def breaks_midway() -> Iterator[np.ndarray]:
    yield ROWS
    raise InvalidInputError("row 6 is bad")


def test_batches_come_back_as_one(tmp_path: Path) -> None:
    path = tmp_path / "rows.arrow"
    write_vectors(path, iter([ROWS[:4], ROWS[4:]]), {b"key": b"value"})
    rows, metadata = read_vectors(path)
    assert np.array_equal(rows, ROWS)
    assert metadata[b"key"] == b"value"
    assert os.listdir(tmp_path) == ["rows.arrow"]
    assert stat.S_IMODE(path.stat().st_mode) == 0o666 & ~_umask()


def _umask() -> int:
    os.umask(mask := os.umask(0))
    return mask


def test_an_error_of_the_source_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match="row 6 is bad"):
        write_vectors(tmp_path / "rows.arrow", breaks_midway())
    assert os.listdir(tmp_path) == []


@pytest.mark.usefixtures("full_disk")
def test_a_full_disk_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "rows.arrow").write_text("older")
    with pytest.raises(StorageError, match=r"the disk is full, .* MiB are left; .*GIO4J_CACHE"):
        write_vectors(tmp_path / "rows.arrow", iter([ROWS] * 9))
    assert os.listdir(tmp_path) == ["rows.arrow"]
    assert (tmp_path / "rows.arrow").read_text() == "older"


def test_a_full_device_is_a_full_disk() -> None:
    with pytest.raises(StorageError, match="the disk is full"):
        _arrow_file._write(Path("/dev/full"), iter([ROWS] * 10000))


def test_a_folder_that_is_none(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="cannot be written"):
        write_vectors(tmp_path / "none" / "rows.arrow", iter([ROWS]))


def test_a_spill_goes_with_its_leases(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_arrow_file.tempfile, "tempdir", str(tmp_path))
    with ExitStack() as leases:
        matrix = StreamSource(lambda: iter([ROWS, ROWS]), "x").share(leases)
        assert (matrix.rows, matrix.columns) == (12, 2)
        path = Path(matrix.request["path"])
        assert path.parent == tmp_path
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert np.array_equal(read_vectors(path)[0], np.concatenate([ROWS, ROWS]))
    assert os.listdir(tmp_path) == []
    with ExitStack() as leases, pytest.raises(InvalidInputError):
        StreamSource(breaks_midway, "x").share(leases)
    assert os.listdir(tmp_path) == []


def test_a_settled_stream_goes_with_its_object(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_arrow_file.tempfile, "tempdir", str(tmp_path))
    settled = StreamSource(lambda: iter([ROWS, ROWS + 1]), "x").settled()
    assert settled.count() == 12
    assert np.array_equal(settled.take(np.array([7, 0])), [ROWS[1] + 1, ROWS[0]])
    with ExitStack() as leases:
        path = settled.share(leases).request["path"]
        del settled
        assert os.path.exists(path), "the job still reads it"
    assert os.listdir(tmp_path) == []


def test_files_that_hold_no_vectors(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match="there is no such file"):
        read_vectors(tmp_path / "none.arrow")
    (tmp_path / "text.arrow").write_text("text")
    with pytest.raises(InvalidInputError, match="is no Arrow file"):
        read_vectors(tmp_path / "text.arrow")


# --- conversion -----------------------------------------------------------------------------------


@pytest.fixture
def parquet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("GIO4J_CACHE", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "home"))
    folder = tmp_path / "data"
    folder.mkdir()
    pq.write_table(pa.table({"id": range(6), "vector": ROWS.tolist()}), folder / "rows.parquet")
    return folder / "rows.parquet"


def rows_of(path: Path) -> np.ndarray:
    return read_vectors(path)[0]


def test_parquet_is_converted_beside_itself(parquet: Path) -> None:
    made = converted(parquet, "x")
    assert made == parquet.with_name("rows.parquet.gio4j.arrow")
    assert np.array_equal(rows_of(made), ROWS)
    written = made.stat().st_mtime_ns
    assert converted(parquet, "x") == made
    assert made.stat().st_mtime_ns == written


def test_a_source_that_changed_is_converted_anew(parquet: Path) -> None:
    made = converted(parquet, "x")
    pq.write_table(pa.table({"vector": ROWS[:3].tolist()}), parquet)
    assert converted(parquet, "x") == made
    assert np.array_equal(rows_of(made), ROWS[:3])
    os.utime(parquet, ns=(0, 0))
    before = made.stat().st_ino
    assert converted(parquet, "x").stat().st_ino != before


def test_a_damaged_copy_is_made_anew(parquet: Path) -> None:
    made = converted(parquet, "x")
    made.write_bytes(made.read_bytes()[:-30])
    assert np.array_equal(rows_of(converted(parquet, "x")), ROWS)


def test_the_cache_is_used_where_the_folder_is_not_writable(
    parquet: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_convert.os, "access", lambda path, mode: False)
    made = converted(parquet, "x")
    assert made.parent == tmp_path / "home" / "gio4j" == cache_folder()
    assert np.array_equal(rows_of(made), ROWS)
    assert os.listdir(parquet.parent) == ["rows.parquet"]
    assert converted(parquet, "x") == made


def test_the_cache_that_was_asked_for(
    parquet: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIO4J_CACHE", str(tmp_path / "chosen"))
    assert converted(parquet, "x").parent == tmp_path / "chosen"
    (tmp_path / "file").touch()
    monkeypatch.setenv("GIO4J_CACHE", str(tmp_path / "file"))
    parquet.touch()
    with pytest.raises(StorageError, match="cannot be written"):
        converted(parquet, "x")


@pytest.mark.usefixtures("full_disk")
def test_a_full_disk_leaves_the_source_alone(parquet: Path) -> None:
    before = parquet.read_bytes()
    with pytest.raises(StorageError, match="the disk is full"):
        converted(parquet, "x")
    assert os.listdir(parquet.parent) == ["rows.parquet"]
    assert parquet.read_bytes() == before


def test_a_folder_of_parquet_files(parquet: Path) -> None:
    folder = parquet.with_name("all.parquet")
    folder.mkdir()
    for part in (0, 1):
        pq.write_table(
            pa.table({"features": ROWS[part::2].tolist(), "other": ROWS[part::2].tolist()}),
            folder / f"part-{part}.parquet",
        )
    made = converted(folder, "x")
    assert np.array_equal(rows_of(made), np.concatenate([ROWS[::2], ROWS[1::2]]))


REFUSED = {
    "no column": (pa.table({"a": [1]}), "has no column 'features' and no other of lists"),
    "two columns": (
        pa.table({"a": [[1]], "b": [[1]]}),
        r"has 2 columns of vectors, 'a', 'b'; pass one: \(frame, 'a'\)",
    ),
    "a null": (pa.table({"a": [[1], None]}), r"x: .*: a: row 1 is null"),
    "no rows": (pa.table({"a": pa.array([], pa.list_(pa.float32()))}), "has no rows"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refused_parquet(case: str, parquet: Path) -> None:
    table, message = REFUSED[case]
    pq.write_table(table, parquet)
    with pytest.raises(InvalidInputError, match=message):
        converted(parquet, "x")
    assert os.listdir(parquet.parent) == ["rows.parquet"]


def test_a_parquet_file_that_is_none(parquet: Path) -> None:
    parquet.write_bytes(b"PAR1 and no more")
    with pytest.raises(InvalidInputError, match="cannot be read"):
        converted(parquet, "x")
    with pytest.raises(InvalidInputError, match="x: there is no file"):
        converted(parquet.with_name("none.parquet"), "x")
