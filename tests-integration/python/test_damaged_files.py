"""Arrow files with one damaged word: refused, or the rows that pyarrow finds in them."""

from __future__ import annotations

import io
import random
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

import gio4j
from gio4j._measure.averaged import averaged_divergence

ROWS = np.random.default_rng(7).normal(size=(60, 5)).astype(np.float32)
OTHERS = np.random.default_rng(2).normal(size=(30, 5)).astype(np.float32)
EXTREMES = [0, 1, 2**32 - 1, 2**31 - 1, 2**31, 0xFFFF, 8, 64, 1 << 20, 0x7FFFFFF8]


def vectors(rows: np.ndarray) -> pa.Array:
    return pa.FixedSizeListArray.from_arrays(pa.array(rows.ravel()), rows.shape[1])


def written(columns: dict[str, pa.Array], rows: int, **options: str) -> bytes:
    table = pa.table(columns)
    file = io.BytesIO()
    with pa.ipc.new_file(file, table.schema, options=pa.ipc.IpcWriteOptions(**options)) as writer:
        writer.write_table(table, max_chunksize=rows)
    return file.getvalue()


LISTS = pa.array(ROWS.tolist(), pa.list_(pa.float32()))
BESIDE = {
    "text": pa.array([f"t{i}" for i in range(60)]),
    "kind": pa.array([f"c{i % 3}" for i in range(60)]).dictionary_encode(),
    "view": pa.array([f"a view of more than 12 bytes {i}" for i in range(60)], pa.string_view()),
}
FILES = {
    "one batch": written({"v": vectors(ROWS)}, 60),
    "batches": written({"v": vectors(ROWS)}, 17),
    "lists": written({"v": LISTS}, 60),
    "a dictionary beside": written({**BESIDE, "v": vectors(ROWS)}, 60),
}


def words(data: bytes) -> list[int]:
    """Where the words lie that are no numbers of the rows."""
    rows = [data.find(row.tobytes()) for row in ROWS]
    numbers = {place for row in rows for place in range(row, row + 4 * ROWS.shape[1])}
    return [place for place in range(0, len(data) - 3, 4) if place not in numbers]


def by_pyarrow(data: bytes) -> np.ndarray | None:
    try:
        table = pa.ipc.open_file(data).read_all()
        table.validate(full=True)
        return np.array(table["v"].to_pylist(), np.float32)
    except Exception:
        return None


@pytest.mark.parametrize("name", FILES)
def test_a_damaged_word(name: str, tmp_path: Path) -> None:
    path = tmp_path / "damaged.arrow"
    data = FILES[name]
    path.write_bytes(data)
    whole = averaged_divergence(path, OTHERS)
    engine = gio4j.info()["pid"]
    dice = random.Random(name)
    for place in words(data):
        value = dice.choice(EXTREMES)
        damaged = data[:place] + value.to_bytes(4, "little") + data[place + 4 :]
        with path.open("r+b") as file:  # in place: truncated files are slow to come to the disk
            file.write(damaged)
        try:
            answer = averaged_divergence(path, OTHERS)
        except gio4j.errors.InvalidInputError:
            continue
        if answer != whole:
            rows = by_pyarrow(damaged)
            assert rows is not None, (place, value)
            assert answer == averaged_divergence(rows, OTHERS), (place, value)
    facts = gio4j.info()
    assert (facts["pid"], facts["mapped_bytes"]) == (engine, 0)


def with_fewer_blocks(data: bytes) -> bytes:
    """The file with the one word damaged that says how many batches the footer names."""
    for place in range(0, len(data) - 3, 4):
        damaged = data[:place] + (1).to_bytes(4, "little") + data[place + 4 :]
        try:
            if pa.ipc.open_file(damaged).num_record_batches == 1:
                return damaged
        except (pa.ArrowInvalid, OSError):
            continue
    raise AssertionError("no such word")


def test_a_batch_is_never_left_out(tmp_path: Path) -> None:
    """Not even where pyarrow leaves out three of four."""
    path = tmp_path / "fewer.arrow"
    path.write_bytes(with_fewer_blocks(FILES["batches"]))
    with pytest.raises(gio4j.errors.InvalidInputError, match="leaves out the message"):
        averaged_divergence(path, OTHERS)


def test_a_damaged_dictionary_leaves_no_memory(tmp_path: Path) -> None:
    """Unneeded, it is not even read."""
    data = FILES["a dictionary beside"]
    path = tmp_path / "dictionary.arrow"
    path.write_bytes(data)
    whole = averaged_divergence(path, OTHERS)
    texts = data.index(b"c0c1c2")
    path.write_bytes(data[:texts] + b"\xff" * 6 + data[texts + 6 :])
    assert averaged_divergence(path, OTHERS) == whole
    assert gio4j.info()["mapped_bytes"] == 0
