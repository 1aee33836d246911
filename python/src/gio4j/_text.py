"""Text files cut into columns as Spark's CSV reader cuts them, a block of lines at a time.

Spark's rules, held by a test beside Spark itself: a line is a record, whatever its quotes; blank
lines are none; a field that begins with a quote ends with the next one that no backslash escapes,
and delimiters inside it are text; a field of nothing is null; a line with fewer fields than the
first has nulls, one with more loses them.

pyarrow's reader is several times faster than a loop over lines, but differs where quotes and
backslashes meet or a line has another number of fields. So a block goes to it only when it has none
of that, and line by line otherwise.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv

from gio4j.errors import InvalidInputError

# Text cut at a time. From 32 MiB on malloc maps each block anew, and reading takes five times as
# long (0.83 s against 0.16 s for 478 MB).
BLOCK_BYTES = 8 << 20
# Pieces that pyarrow's threads take. A longer line fails there, and goes the slow way.
_PIECE_BYTES = 4 << 20
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_SPACE = ord(" ")
_BLANKS = bytes(range(_SPACE + 1))


@dataclass(frozen=True)
class Block:
    """Whole lines of one file.

    text : their bytes, each line ended by a line feed
    columns : string columns `_c0`, `_c1` ..., one row for each line that is not blank
    first_line : the number of its first line in the file, from 1
    """

    path: Path
    text: bytes
    columns: pa.Table
    first_line: int

    def line_of(self, row: int) -> int:
        """The number in the file of a row's line."""
        for number, line in enumerate(self.text.split(b"\n"), self.first_line):
            if line.strip(_BLANKS):
                if row == 0:
                    return number
                row -= 1
        raise IndexError(f"row {row} is past the block")


def read_blocks(path: Path, delimiter: str) -> Iterator[Block]:
    """The lines of a text file, or of a folder's files in order of their names.

    A name that ends in .gz, .bz2, .zst or .lz4 is decompressed. As many columns as the first line
    has.
    """
    names: list[str] = []
    for file in _files(path):
        first_line = 1
        for text in _lines(file):
            if not names and (record := _first_record(text)):
                width = len(fields(record, delimiter.encode()))
                names = [f"_c{column}" for column in range(width)]
            if names:
                yield Block(file, text, _columns(text, delimiter, names), first_line)
            first_line += text.count(b"\n")


def first_line(path: Path) -> bytes:
    """The first line that is not blank, or nothing."""
    records = (_first_record(text) for file in _files(path) for text in _lines(file))
    return next(filter(None, records), b"")


def fields(line: bytes, delimiter: bytes) -> list[bytes | None]:
    """The fields of one line; see the head of this module."""
    if b'"' not in line:
        return [field or None for field in line.split(delimiter)]
    found: list[bytes | None] = []
    start = 0
    while True:
        field, end = (_quoted_field if line.startswith(b'"', start) else _plain_field)(
            line, start, delimiter
        )
        found.append(field or None)
        if end == len(line):
            return found
        start = end + len(delimiter)


def check_delimiter(delimiter: str) -> bytes:
    """The delimiter's byte, if it is one that lines can be cut at."""
    if not isinstance(delimiter, str):
        raise TypeError(f"delim={delimiter!r}: needs a text of one character")
    encoded = delimiter.encode()
    if len(encoded) != 1 or delimiter in '"\\\r\n':
        raise InvalidInputError(
            f"delim={delimiter!r}: needs one ASCII character, no quote, backslash or line end"
        )
    return encoded


@contextmanager
def readable(path: Path) -> Iterator[None]:
    """What the system refuses about reading this path, as one error of ours."""
    try:
        yield
    except (OSError, pa.ArrowInvalid) as problem:
        raise InvalidInputError(
            f"path={str(path)!r}: cannot be read ({str(problem).splitlines()[0]})"
        ) from problem


# --- lines ----------------------------------------------------------------------------------------


def _files(path: Path) -> list[Path]:
    if not path.is_dir():
        if not path.exists():
            raise InvalidInputError(f"path={str(path)!r}: there is no such file")
        return [path]
    files = sorted(entry for entry in path.iterdir() if entry.name[0] not in "._")
    if not files:
        raise InvalidInputError(f"path={str(path)!r}: the folder holds no files")
    return files


def _lines(path: Path) -> Iterator[bytes]:
    """Blocks of whole lines, each ended by a line feed, without a byte order mark."""
    with readable(path), pa.input_stream(str(path), compression="detect") as source:
        rest = source.read(len(_BYTE_ORDER_MARK)).removeprefix(_BYTE_ORDER_MARK)
        while read := source.read(BLOCK_BYTES):
            text = rest + read
            # A carriage return may end a line alone, but not while its line feed may follow.
            end = 1 + max(text.rfind(b"\n"), text.rfind(b"\r", 0, -1))
            rest = text[end:]
            if end:
                yield _with_line_feeds(text[:end])
        if rest:
            yield _with_line_feeds(rest if rest.endswith((b"\r", b"\n")) else rest + b"\n")


def _with_line_feeds(text: bytes) -> bytes:
    return text.replace(b"\r\n", b"\n").replace(b"\r", b"\n") if b"\r" in text else text


# --- columns --------------------------------------------------------------------------------------


def _first_record(text: bytes) -> bytes:
    return next((line for line in text.split(b"\n") if line.strip(_BLANKS)), b"")


def _columns(text: bytes, delimiter: str, names: list[str]) -> pa.Table:
    if _is_plain(text, delimiter.encode()):
        # Not so with another number of fields, text that is no UTF-8, a very long line.
        with suppress(pa.ArrowInvalid):
            return _by_pyarrow(text, delimiter, names)
    return _by_line(text, delimiter, names)


def _is_plain(text: bytes, delimiter: bytes) -> bool:
    """Whether no line may be white, and quotes stand in pairs around whole fields, none escaped."""
    if text[0] <= _SPACE or b"\n " in text or b"\n\t" in text:
        return False
    if b'"' not in text:
        return True
    if b"\\" in text:
        return False
    characters = np.frombuffer(text, np.uint8)
    quotes = np.flatnonzero(characters == ord('"'))
    opening, closing = quotes[::2], quotes[1::2]
    if len(opening) != len(closing):
        return False
    edges = np.frombuffer(delimiter + b"\n", np.uint8)
    # The byte before the first is a line's end: index -1 is the text's last, which is one.
    outside = np.isin(characters[opening - 1], edges) & np.isin(characters[closing + 1], edges)
    ends = np.flatnonzero(characters == ord("\n"))
    same_line = np.searchsorted(ends, opening) == np.searchsorted(ends, closing)
    return bool(outside.all() and same_line.all())


def _by_pyarrow(text: bytes, delimiter: str, names: list[str]) -> pa.Table:
    return pa.csv.read_csv(
        pa.BufferReader(text),
        pa.csv.ReadOptions(column_names=names, block_size=_PIECE_BYTES),
        pa.csv.ParseOptions(delimiter=delimiter, double_quote=False, escape_char=False),
        pa.csv.ConvertOptions(
            column_types=dict.fromkeys(names, pa.string()),
            null_values=[""],
            strings_can_be_null=True,
        ),
    )


def _by_line(text: bytes, delimiter: str, names: list[str]) -> pa.Table:
    width, cut = len(names), delimiter.encode()
    columns: list[list[str | None]] = [[] for _ in names]
    for line in text.split(b"\n"):
        if line.strip(_BLANKS):
            found = fields(line, cut)
            found += [None] * (width - len(found))
            for column, field in zip(columns, found, strict=False):
                column.append(None if field is None else field.decode(errors="replace"))
    return pa.Table.from_arrays([pa.array(column, pa.string()) for column in columns], names)


# --- fields ---------------------------------------------------------------------------------------

_QUOTED = re.compile(rb'"((?:[^"\\]|\\.|\\$)*)')
_ESCAPED = re.compile(rb'\\(["\\])|\\$')


def _plain_field(line: bytes, start: int, delimiter: bytes) -> tuple[bytes, int]:
    end = line.find(delimiter, start)
    end = len(line) if end < 0 else end
    return line[start:end], end


def _quoted_field(line: bytes, start: int, delimiter: bytes) -> tuple[bytes, int]:
    quoted = _QUOTED.match(line, start)
    assert quoted is not None, "the field begins with a quote"
    text, end = _unescaped(quoted[1]), quoted.end()
    if end == len(line):  # never closed: all the rest, even a lone quote
        return text if end > start + 1 else b'"', end
    quotes = len(line) - end - len(line[end:].lstrip(b'"'))
    after = end + quotes
    while after < len(line) and line[after] <= _SPACE and line[after : after + 1] != delimiter:
        after += 1
    if after == len(line) or line.startswith(delimiter, after):
        return text + b'"' * (quotes - 1), after
    # More text after the closing quote: then the quotes are text as well.
    rest, after = _plain_field(line, end, delimiter)
    return b'"' + text + rest, after


def _unescaped(text: bytes) -> bytes:
    return _ESCAPED.sub(lambda escape: escape[1] or b"", text) if b"\\" in text else text
