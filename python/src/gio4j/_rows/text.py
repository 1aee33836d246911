"""Text files as blocks of whole lines in shared memory, which the engine cuts into columns."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from gio4j._checks import brief, cause
from gio4j._shared.buffers import Lease, pool
from gio4j._shared.open_file import require_regular, shown
from gio4j.errors import InvalidInputError, InvalidTypeError

# Text read at a time: enough that a job's fixed cost (1 ms) does not count, little beside any heap.
BLOCK_BYTES = 8 << 20
# No line of vectors is longer; a file without line ends is not read into memory whole.
_LONGEST_LINE = 1 << 30
COMPRESSIONS = {".gz": "gzip", ".bz2": "bz2", ".zst": "zstd", ".lz4": "lz4"}
TEXT_SUFFIXES = (".csv", ".tsv", ".txt")
_LINES_SUFFIXES = (*TEXT_SUFFIXES, ".json", ".jsonl", ".ndjson")
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_TAIL_BYTES = 1 << 16


@dataclass(frozen=True)
class Block:
    """Whole lines of one file: the first `size` bytes of shared memory."""

    path: Path
    lease: Lease
    size: int


def read_blocks(path: Path) -> Iterator[Block]:
    """The lines of a text file, or of a folder's files in order of their names.

    A name that ends in .gz, .bz2, .zst or .lz4 is decompressed; a byte order mark is left out.
    """
    for file in _files(path):
        with readable(file), uncompressed(file) as source:
            rest = source.read(len(_BYTE_ORDER_MARK)).removeprefix(_BYTE_ORDER_MARK)
            read = -1
            while read or rest:
                if len(rest) > _LONGEST_LINE:
                    raise InvalidInputError(
                        f"path={brief(str(file))}: has a line of more than {_LONGEST_LINE:,} "
                        "bytes; vectors stand in lines of their own"
                    )
                # A line longer than a block: twice as much each time.
                lease = pool.lease(len(rest) + max(BLOCK_BYTES, len(rest)), str(file))
                text = memoryview(lease.bytes.data)
                filled = len(rest)
                text[:filled] = rest
                read = source.readinto(text[filled : filled + max(BLOCK_BYTES, filled)])
                text = text[: filled + read]
                size = _whole_lines(text) if read else len(text)
                rest = bytes(text[size:])
                if size:
                    yield Block(file, lease, size)


@contextmanager
def uncompressed(path: Path) -> Iterator[pa.NativeFile]:
    """What a file holds, by the end of its name."""
    with (
        open(path, "rb") as opened,  # Python's: Ctrl-C ends a wait for a FIFO's writer
        pa.input_stream(opened, compression=COMPRESSIONS.get(path.suffix)) as source,
    ):
        yield source


def suffix_of(path: Path) -> str:
    """The end of a name that says what a file is: before that of its compression."""
    inner = Path(path.stem).suffix
    return inner if path.suffix in COMPRESSIONS and inner in _LINES_SUFFIXES else path.suffix


def check_delimiter(delimiter: str) -> str:
    """The delimiter, if it is one that lines can be cut at."""
    if not isinstance(delimiter, str):
        raise InvalidTypeError(f"delim={brief(delimiter)}: needs a text of one character")
    if len(delimiter.encode()) != 1 or delimiter in '"\\\r\n':
        raise InvalidInputError(
            f"delim={brief(delimiter)}: needs one ASCII character, no quote, backslash or line end"
        )
    return delimiter


@contextmanager
def readable(path: Path) -> Iterator[None]:
    """What the system refuses about reading this path, as one error of ours."""
    try:
        yield
    except (OSError, pa.ArrowInvalid) as problem:
        # The name that pyarrow was given; a function, as a name of any kind is no template.
        reason = re.sub(r"/proc/self/fd/\d+", lambda _: shown(path), cause(problem))
        raise InvalidInputError(f"path={brief(str(path))}: cannot be read ({reason})") from problem


def _files(path: Path) -> list[Path]:
    with readable(path):
        if not path.is_dir():
            if not path.exists():
                raise InvalidInputError(f"path={brief(str(path))}: there is no such file")
            return [path]
    files = sorted(entry for entry in path.iterdir() if entry.name[0] not in "._")
    for file in files:
        require_regular(file, "path")
    if not files:
        raise InvalidInputError(f"path={brief(str(path))}: the folder holds no files")
    return files


def _whole_lines(text: memoryview) -> int:
    """Bytes up to the end of the last line that is whole."""
    end = len(text)
    while end:
        start = max(0, end - _TAIL_BYTES)
        tail = bytes(text[start:end])
        # A carriage return may end a line alone, but not while its line feed may follow.
        last = -1 if end == len(text) else len(tail)
        found = max(tail.rfind(b"\n"), tail.rfind(b"\r", 0, last))
        if found >= 0:
            return start + found + 1
        end = start
    return 0
