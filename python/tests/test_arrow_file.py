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

from gio4j._rows import arrow_file
from gio4j._rows.arrow_file import read_vectors, write_batches, write_vectors
from gio4j._rows.choice import Choice
from gio4j._rows.convert import clear_copies, converted, copies, copies_folder
from gio4j._rows.sources import StreamSource
from gio4j._shared.open_file import OpenFile
from gio4j._shared.private import MARKER
from gio4j.errors import InvalidInputError, StorageError

ROWS = np.arange(12, dtype=np.float32).reshape(6, 2)


class FullDisk:
    """A file that takes the first writes and then no more."""

    closed = False

    def __init__(self, descriptor: int, mode: str) -> None:
        self._file = open(descriptor, mode)  # noqa: SIM115 - closed by whoever closes this
        self._left = 2

    def __enter__(self) -> FullDisk:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

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
    def opened(descriptor: int, mode: str, closefd: bool) -> Any:
        return FullDisk(os.dup(descriptor), mode)

    monkeypatch.setattr(arrow_file, "open", opened, raising=False)


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
    with open("/dev/full", "wb") as full, pytest.raises(StorageError, match="the disk is full"):
        write_batches(full.fileno(), Path("/dev/full"), iter([ROWS] * 10000))


def test_a_folder_that_is_none(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="cannot be written"):
        write_vectors(tmp_path / "none" / "rows.arrow", iter([ROWS]))


def test_a_spill_goes_with_its_leases(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arrow_file.tempfile, "tempdir", str(tmp_path))
    with ExitStack() as leases:
        matrix = StreamSource(lambda: iter([ROWS, ROWS]), "x").share(leases)
        assert (matrix.rows, matrix.columns) == (12, 2)
        path = Path(matrix.request["path"])
        assert os.listdir(tmp_path) == []
        assert str(tmp_path) in os.readlink(path)
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert np.array_equal(read_vectors(path)[0], np.concatenate([ROWS, ROWS]))
    assert not path.exists()
    with ExitStack() as leases, pytest.raises(InvalidInputError):
        StreamSource(breaks_midway, "x").share(leases)
    assert os.listdir(tmp_path) == []


def test_a_settled_stream_goes_with_its_object(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(arrow_file.tempfile, "tempdir", str(tmp_path))
    held = StreamSource(lambda: iter([ROWS, ROWS + 1]), "x").materialised()
    assert held.count() == 12
    assert np.array_equal(held.take(np.array([7, 0])), [ROWS[1] + 1, ROWS[0]])
    with ExitStack() as leases:
        path = held.share(leases).request["path"]
        del held
        assert os.path.exists(path), "the job still reads it"
    assert not os.path.exists(path)


def test_files_that_hold_no_vectors(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match="there is no such file"):
        read_vectors(tmp_path / "none.arrow")
    (tmp_path / "text.arrow").write_text("text")
    with pytest.raises(InvalidInputError, match="is no Arrow file"):
        read_vectors(tmp_path / "text.arrow")


# --- conversion -----------------------------------------------------------------------------------


@pytest.fixture
def parquet(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    folder.mkdir()
    pq.write_table(pa.table({"id": range(6), "vector": ROWS.tolist()}), folder / "rows.parquet")
    return folder / "rows.parquet"


def rows_of(file: OpenFile) -> np.ndarray:
    with open(file.descriptor, "rb", closefd=False) as source:
        table = pa.ipc.open_file(source).read_all()
    return np.array(table.column(0).to_pylist(), np.float32)


def kept() -> list[str]:
    return sorted(os.listdir(copies_folder().path)) if copies_folder().path.exists() else []


def test_a_copy_is_kept_for_the_next_time(parquet: Path) -> None:
    made = converted(parquet, "x").file
    assert np.array_equal(rows_of(made), ROWS)
    assert made.path is not None
    assert kept() == [MARKER, made.path.name]
    assert converted(parquet, "x").file.identity.inode == made.identity.inode
    assert converted(parquet, "x", Choice("vector")).file.identity.inode != made.identity.inode
    assert os.listdir(parquet.parent) == ["rows.parquet"]


@pytest.mark.parametrize("way", ["written to", "touched", "replaced", "another mode"])
def test_a_source_that_changed_is_converted_again(way: str, parquet: Path) -> None:
    made, status = converted(parquet, "x").file, parquet.stat()
    if way == "written to":
        pq.write_table(pa.table({"vector": ROWS[:3].tolist()}), parquet)
    elif way == "touched":
        os.utime(parquet, ns=(0, 0))
    elif way == "another mode":
        parquet.chmod(0o600)
    else:
        other = parquet.with_name("other")
        other.write_bytes(parquet.read_bytes())
        os.utime(other, ns=(status.st_atime_ns, status.st_mtime_ns))
        os.replace(other, parquet)
    again = converted(parquet, "x").file
    assert again.identity.inode != made.identity.inode
    assert len(rows_of(again)) == (3 if way == "written to" else 6)
    assert len(kept()) == 2


@pytest.mark.parametrize("way", ["cut short", "another mode", "a link", "another file"])
def test_a_copy_that_is_not_as_it_was_made(way: str, parquet: Path, tmp_path: Path) -> None:
    path = converted(parquet, "x").file.path
    assert path is not None
    if way == "cut short":
        path.write_bytes(path.read_bytes()[:-30])
    elif way == "another mode":
        path.chmod(0o644)
    elif way == "a link":
        path.rename(tmp_path / "elsewhere")
        path.symlink_to(tmp_path / "elsewhere")
    else:
        path.unlink()
        write_vectors(path, iter([ROWS + 1]))
    assert np.array_equal(rows_of(converted(parquet, "x").file), ROWS)
    status = path.lstat()
    assert stat.S_IMODE(status.st_mode) == 0o600
    if way == "a link":
        assert (tmp_path / "elsewhere").exists()


@pytest.mark.parametrize("mode", [0o600, 0o400, 0o644, 0o777])
def test_the_mode_of_a_copy(mode: int, parquet: Path) -> None:
    parquet.chmod(mode)
    os.umask(before := os.umask(0))
    try:
        path = converted(parquet, "x").file.path
    finally:
        os.umask(before)
    assert path is not None
    assert stat.S_IMODE(path.stat().st_mode) == mode & 0o600


def test_a_cache_that_is_not_ours(parquet: Path) -> None:
    folder = copies_folder().path
    folder.mkdir(mode=0o700)
    (folder / "notes").write_text("mine")
    with pytest.raises(StorageError, match=r"converted: is not gio4j's own: .*GIO4J_CACHE"):
        converted(parquet, "x")
    assert clear_copies() == []
    assert os.listdir(folder) == ["notes"]
    (folder / "notes").unlink()
    folder.chmod(0o755)
    with pytest.raises(StorageError, match="is not gio4j's own"):
        converted(parquet, "x")
    folder.rmdir()
    folder.symlink_to(parquet.parent)
    with pytest.raises(StorageError, match="is not gio4j's own"):
        converted(parquet, "x")
    assert os.listdir(parquet.parent) == ["rows.parquet"]


def test_the_cache_is_bounded(parquet: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    paths = [parquet.with_name(f"{number}.parquet") for number in range(4)]
    for path in paths:
        path.write_bytes(parquet.read_bytes())
    made = [converted(path, "x").file for path in paths[:3]]
    size = made[0].identity.size
    for age, file in enumerate(made):
        os.utime(file.descriptor, (1e9 + age, 1e9 + age))
    converted(paths[0], "x")  # used now
    monkeypatch.setenv("GIO4J_CACHE_SIZE", str(3 * size + size // 2))
    converted(paths[3], "x")
    assert [Path(copy.source).name for copy in copies()] == ["2.parquet", "0.parquet", "3.parquet"]
    assert np.array_equal(rows_of(made[1]), ROWS), "a copy that is in use stays"
    monkeypatch.setenv("GIO4J_CACHE_SIZE", "1k")
    made[1] = converted(paths[1], "x").file
    assert np.array_equal(rows_of(made[1]), ROWS), "too large to be kept"
    assert len(copies()) == 3
    assert len(clear_copies()) == 3
    assert kept() == []
    monkeypatch.setenv("GIO4J_CACHE_SIZE", "much")
    with pytest.raises(ValueError, match="GIO4J_CACHE_SIZE='much': needs an integer with k"):
        converted(paths[1], "x")


def test_a_system_without_files_that_have_no_name(
    parquet: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(os, "O_TMPFILE")
    for _ in range(2):
        made = converted(parquet, "x").file
        assert np.array_equal(rows_of(made), ROWS)
        assert len(kept()) == 2
    pq.write_table(pa.table({"vector": [[1], [1, 2]]}), parquet)
    before = kept()
    with pytest.raises(InvalidInputError):
        converted(parquet, "x")
    assert kept() == before


def test_a_cache_that_cannot_be_made(
    parquet: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("GIO4J_CACHE", str(tmp_path / "file"))
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
    made = converted(folder, "x").file
    assert np.array_equal(rows_of(made), np.concatenate([ROWS[::2], ROWS[1::2]]))


REFUSED = {
    "no column": (pa.table({"a": ["text"]}), "has no column of vectors and none of numbers"),
    "two columns": (
        pa.table({"a": [[1]], "b": [[1]]}),
        r"has 2 columns of vectors, 'a', 'b'; pass one: columns='a', or .*, \(path, 'a'\)",
    ),
    "a null": (pa.table({"a": [[1], None]}), r"x: .*\.a: row 1 is null"),
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
