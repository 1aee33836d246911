"""Text cut into columns; that Spark cuts it the same is a test beside Spark itself."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from gio4j import _text
from gio4j._text import check_delimiter, fields, first_line, read_blocks
from gio4j.errors import InvalidInputError

FIELDS = {
    "plain": (b"a,b,c", [b"a", b"b", b"c"]),
    "nothing is null": (b",,b,", [None, None, b"b", None]),
    "quoted": (b'"a,b",c', [b"a,b", b"c"]),
    "quoted vector": (b'1,x,"[0.1, 2]"', [b"1", b"x", b"[0.1, 2]"]),
    "escaped quote": (rb'"a\"b",c', [b'a"b', b"c"]),
    "escaped backslash": (rb'"a\\",c', [b"a\\", b"c"]),
    "backslash of nothing": (rb'"a\n",c\n', [rb"a\n", rb"c\n"]),
    "quote within a plain field": (b'a"b,"c"', [b'a"b', b"c"]),
    "empty quotes": (b'"",a', [None, b"a"]),
    "doubled quote at the end": (b'"a"",b', [b'a"', b"b"]),
    "blanks behind a quote": (b'"a" ,b', [b"a", b"b"]),
    "text behind a quote": (b'"a"b,c', [b'"a"b', b"c"]),
    "never closed": (b'a,"b,c', [b"a", b"b,c"]),
    "a lone quote": (b'a,"', [b"a", b'"']),
}


@pytest.mark.parametrize("case", FIELDS)
def test_fields(case: str) -> None:
    line, expected = FIELDS[case]
    assert fields(line, b",") == expected


def rows(path: Path, delimiter: str = ",") -> list[list[str | None]]:
    return [
        list(row.values())
        for block in read_blocks(path, delimiter)
        for row in block.columns.to_pylist()
    ]


def written(folder: Path, text: bytes, name: str = "rows.csv") -> Path:
    (folder / name).write_bytes(text)
    return folder / name


FILES = {
    "line feeds": b"a,b\nc,d\n",
    "no last line end": b"a,b\nc,d",
    "Windows": b"a,b\r\nc,d\r\n",
    "old Mac": b"a,b\rc,d\r",
    "byte order mark": b"\xef\xbb\xbfa,b\nc,d\n",
    "blank lines": b"\n \na,b\n\r\n\t\nc,d\n\n",
    "quotes": b'"a",b\nc,"d"\n',
    "more fields than the first line": b"a,b\nc,d,e\n",
}


@pytest.mark.parametrize("block_bytes", [1, 3, 1 << 20])
@pytest.mark.parametrize("case", FILES)
def test_files(
    case: str, block_bytes: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_text, "BLOCK_BYTES", block_bytes)
    assert rows(written(tmp_path, FILES[case])) == [["a", "b"], ["c", "d"]]


def test_a_short_line_has_nulls(tmp_path: Path) -> None:
    assert rows(written(tmp_path, b"a,b,c\nd\n,e\n")) == [
        ["a", "b", "c"],
        ["d", None, None],
        [None, "e", None],
    ]


def test_a_quote_ends_with_its_line(tmp_path: Path) -> None:
    assert rows(written(tmp_path, b'a,"b\nc",d\n')) == [["a", "b"], ['c"', "d"]]


def test_the_fast_way_and_the_slow_way_agree(tmp_path: Path) -> None:
    lines = b'1,"x, y","[1, 2]"\n2,,[3]\n"3","",""\n'
    slow = b'4,"\\"","[5]"\n'
    fast_rows, slow_rows = (
        next(read_blocks(written(tmp_path, text), ",")).columns.to_pylist()
        for text in (lines, lines + slow)
    )
    assert slow_rows == [*fast_rows, {"_c0": "4", "_c1": '"', "_c2": "[5]"}]


def test_lines_of_white_delimiters_are_blank(tmp_path: Path) -> None:
    assert rows(written(tmp_path, b"a\tb\n\t\nc\td\n"), "\t") == [["a", "b"], ["c", "d"]]


def test_a_line_longer_than_pieces_and_blocks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_text, "BLOCK_BYTES", 64)
    monkeypatch.setattr(_text, "_PIECE_BYTES", 32)
    long = "x" * 1000
    assert rows(written(tmp_path, f"a,b\n{long},c\n".encode())) == [["a", "b"], [long, "c"]]


def test_bytes_that_are_no_text_are_replaced(tmp_path: Path) -> None:
    assert rows(written(tmp_path, b"a,\xff\n")) == [["a", "\ufffd"]]


@pytest.mark.parametrize("block_bytes", [4, 1 << 20])
def test_lines_keep_their_numbers(
    block_bytes: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_text, "BLOCK_BYTES", block_bytes)
    path = written(tmp_path, b"\r\nrow 2\r\n\r\n \r\nrow 5\r\nrow 6")
    for block in read_blocks(path, ","):
        for row, text in enumerate(block.columns["_c0"].to_pylist()):
            assert text == f"row {block.line_of(row)}"


def test_compressed_files_and_folders(tmp_path: Path) -> None:
    written(tmp_path, gzip.compress(b"a,b\n"), "part-0.csv.gz")
    written(tmp_path, b"c,d\n", "part-1.csv")
    written(tmp_path, b"not, rows\n", "_SUCCESS")
    written(tmp_path, b"not, rows\n", ".part-1.csv.crc")
    assert rows(tmp_path) == [["a", "b"], ["c", "d"]]


def test_first_line(tmp_path: Path) -> None:
    assert first_line(written(tmp_path, b"\xef\xbb\xbf\n\r\na,b\r\nc")) == b"a,b"
    assert first_line(written(tmp_path, b"")) == b""


@pytest.mark.parametrize("delimiter", ["", "ab", '"', "\\", "\n", "\u00e4"])
def test_delimiters_that_cannot_cut(delimiter: str) -> None:
    with pytest.raises(InvalidInputError, match="one ASCII character"):
        check_delimiter(delimiter)


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match="there is no such file"):
        rows(tmp_path / "none.csv")
    (tmp_path / "empty").mkdir()
    with pytest.raises(InvalidInputError, match="holds no files"):
        rows(tmp_path / "empty")
    damaged = written(tmp_path, gzip.compress(b"a,b\n" * 1000)[:-20], "rows.csv.gz")
    with pytest.raises(InvalidInputError, match=r"rows\.csv\.gz': cannot be read"):
        rows(damaged)
