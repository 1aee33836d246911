"""Files cut into blocks of whole lines; what a line holds is the engine's business."""

from __future__ import annotations

import gzip
from itertools import pairwise
from pathlib import Path

import pytest

from gio4j._rows import text as text_module
from gio4j._rows.text import check_delimiter, read_blocks
from gio4j._shared.buffers import pool
from gio4j.errors import InvalidInputError


def blocks(path: Path) -> list[bytes]:
    return [block.lease.bytes[: block.size].tobytes() for block in read_blocks(path)]


def written(folder: Path, text: bytes, name: str = "rows.csv") -> Path:
    (folder / name).write_bytes(text)
    return folder / name


TEXTS = {
    "line feeds": b"a,b\nc,d\n",
    "no last line end": b"a,b\nc,d",
    "Windows": b"a,b\r\n\r\nc,d\r\n",
    "old Mac": b"a,b\rc,d\r",
    "mixed": b"\r\r\n\n\n\ra,b\r\n",
    "one long line": b"a\n" + b"x" * 200_000 + b"\na\n",
    "nothing": b"",
}


@pytest.mark.parametrize("block_bytes", [1, 3, 1 << 20])
@pytest.mark.parametrize("case", TEXTS)
def test_blocks_are_whole_lines(
    case: str, block_bytes: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(text_module, "BLOCK_BYTES", block_bytes)
    text = TEXTS[case]
    found = blocks(written(tmp_path, text))
    assert b"".join(found) == text
    for before, after in pairwise(found):
        assert before.endswith((b"\n", b"\r")), "a line is cut"
        assert not (before.endswith(b"\r") and after.startswith(b"\n")), "a line end is cut"
    if block_bytes <= 3 and case != "nothing":
        assert len(found) > 1, "blocks are not small"


def test_a_byte_order_mark_is_no_text(tmp_path: Path) -> None:
    assert blocks(written(tmp_path, b"\xef\xbb\xbfa\n")) == [b"a\n"]
    assert blocks(written(tmp_path, b"\xef\xbb\xbf")) == []


def test_a_file_without_line_ends_is_not_read_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(text_module, "BLOCK_BYTES", 100)
    monkeypatch.setattr(text_module, "_LONGEST_LINE", 1000)
    assert len(blocks(written(tmp_path, b"x" * 900 + b"\n"))) == 1
    with pytest.raises(InvalidInputError, match=r"rows\.csv': has a line of more than 1,000 bytes"):
        blocks(written(tmp_path, b"x" * 5000))


def test_memory_goes_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text_module, "BLOCK_BYTES", 1 << 16)
    for block in read_blocks(written(tmp_path, b"a text\n" * 100_000)):
        assert pool.counts()["buffers"] <= 3
        del block
    assert pool.counts()["buffers"] == 0


def test_compressed_files_and_folders(tmp_path: Path) -> None:
    written(tmp_path, gzip.compress(b"a,b\n"), "part-0.csv.gz")
    written(tmp_path, b"c,d\n", "part-1.csv")
    written(tmp_path, b"not, rows\n", "_SUCCESS")
    written(tmp_path, b"not, rows\n", ".part-1.csv.crc")
    assert blocks(tmp_path) == [b"a,b\n", b"c,d\n"]


@pytest.mark.parametrize("delimiter", ["", "ab", '"', "\\", "\n", "\u00e4"])
def test_delimiters_that_cannot_cut(delimiter: str) -> None:
    with pytest.raises(InvalidInputError, match="one ASCII character"):
        check_delimiter(delimiter)


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match="there is no such file"):
        blocks(tmp_path / "none.csv")
    (tmp_path / "empty").mkdir()
    with pytest.raises(InvalidInputError, match="holds no files"):
        blocks(tmp_path / "empty")
    damaged = written(tmp_path, gzip.compress(b"a,b\n" * 1000)[:-20], "rows.csv.gz")
    with pytest.raises(InvalidInputError, match=r"rows\.csv\.gz': cannot be read"):
        blocks(damaged)
