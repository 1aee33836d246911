"""Files under any name, in any locale, wherever this process goes afterwards."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from harness import run_python, sample

import gio4j
from gio4j._measure.averaged import averaged_divergence
from gio4j.errors import InvalidInputError

POOL, TARGET = sample(60, 4), sample(9, 4, seed=1)
NAMES = {
    "accents": "réservé 模型".encode(),
    "Latin-1": b"r\xe9serv\xe9",
    "longest": b"x" * 255,
    "spaces": b"  two  words ",
    "quotes": b'it\'s "quoted" \\ `so`',
    "line ends": b"one\ntwo\r\tthree",
    "an escape": rb"one\012two",
    "deleted": b"rows (deleted)",
}
SUFFIXES = (b".npy", b".arrow", b".parquet", b".csv")
SCRIPT = """
import json, os, sys
import gio4j, numpy as np
target = np.array(json.loads(sys.stdin.readline()), "f4")
for path in [bytes.fromhex(line) for line in sys.stdin.read().split()]:
    given = os.fsdecode(path)
    found = gio4j.select(given, target, 5)
    print(*found.indices)
    if given.endswith(".npy"):
        mapped = gio4j.select(np.load(given, mmap_mode="r"), target, 5)
        assert list(mapped.indices) == list(found.indices)
"""


def write_all(folder: bytes, name: bytes) -> list[bytes]:
    """The pool under this name in every kind of file."""
    whole = [os.path.join(folder, name[: 255 - len(suffix)] + suffix) for suffix in SUFFIXES]
    npy, arrow, parquet, text = whole
    with open(npy, "wb") as file:
        np.save(file, POOL)
    lists = pa.FixedSizeListArray.from_arrays(pa.array(POOL.ravel()), POOL.shape[1])
    table = pa.table({"features": lists})
    with open(arrow, "wb") as file, pa.ipc.new_file(file, table.schema) as out:
        out.write_table(table)
    with open(parquet, "wb") as file:
        pq.write_table(table, file)
    with open(text, "w") as file:
        file.writelines(f'"{json.dumps(row)}"\n' for row in POOL.tolist())
    return whole


@pytest.mark.parametrize("locale", ["C", "C.UTF-8"])
def test_names(locale: str, tmp_path: Path) -> None:
    paths = []
    for name in NAMES.values():
        folder = os.path.join(os.fsencode(tmp_path), name)
        os.mkdir(folder)
        paths += write_all(folder, name)
    # Names as bytes do not survive a locale that Python does not know; so in UTF-8 mode.
    done = subprocess.run(
        [sys.executable, "-X", "utf8", "-c", SCRIPT],
        input="\n".join([json.dumps(TARGET.tolist()), *(path.hex() for path in paths)]),
        env={**os.environ, "LC_ALL": locale},
        capture_output=True,
        text=True,
    )
    found = gio4j.select(POOL, TARGET, 5)
    assert done.stderr == ""
    assert done.stdout.splitlines() == [" ".join(map(str, found))] * len(paths)


@pytest.mark.parametrize("suffix", [b".npy", b".arrow", b".parquet"])
def test_messages_show_a_name_in_one_line(suffix: bytes, tmp_path: Path) -> None:
    path = os.fsdecode(os.path.join(os.fsencode(tmp_path), b"r\xe9\n" + suffix))
    Path(path).write_bytes(b"nonsense" * 9)
    with pytest.raises(InvalidInputError, match=r"r\\udce9\\n") as caught:
        averaged_divergence(path, TARGET)
    assert "\n" not in str(caught.value)
    assert "/proc/" not in str(caught.value)
    str(caught.value).encode("ascii")


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_later_change_of_the_folder_changes_nothing(
    suffix: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_all(os.fsencode(tmp_path), b"pool")
    monkeypatch.chdir(tmp_path)
    found = gio4j.select(f"pool{suffix.decode()}", TARGET, 5)
    monkeypatch.chdir("/")
    report = found.report()
    assert report.to_dict() == gio4j.select(POOL, TARGET, 5).report().to_dict()


def test_a_working_folder_that_is_gone(tmp_path: Path) -> None:
    (npy, *_) = write_all(os.fsencode(tmp_path), b"pool")
    script = (
        "import gio4j, numpy, os, tempfile\n"
        "folder = tempfile.mkdtemp(); os.chdir(folder); os.rmdir(folder)\n"
        f"print(len(gio4j.select({os.fsdecode(npy)!r}, numpy.eye(4, dtype='f4'), 5)))\n"
        "try: gio4j.select('pool.npy', numpy.eye(4, dtype='f4'), 5)\n"
        "except gio4j.errors.InvalidInputError as refused: print(refused)\n"
    )
    said = run_python(script, tmp_path).stdout.splitlines()
    assert said[0] == "5"
    assert "the working folder has been deleted; pass the whole path" in said[1]
