"""Files of vectors beside other columns: CSV with JSON vectors, Parquet with lists."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, NoReturn

import pyarrow as pa

from gio4j._arrow_file import Rows, vector_array
from gio4j._buffers import pool
from gio4j._checks import one_of
from gio4j._frames import FEATURES, require_column, scan
from gio4j._jobs import Answer, run_job
from gio4j._text import Block, check_delimiter, read_blocks, readable
from gio4j._vectors import rows_of_array
from gio4j.errors import GIOWarning, InvalidInputError

#: Where the reference's CSV files hold their vectors.
TEXT_COLUMN = "_c2"
OnError = Literal["raise", "skip"]


@dataclass(frozen=True)
class Part:
    """Rows of a text file: their columns, and their vectors."""

    columns: pa.Table
    vectors: Rows


def read_csv(
    path: str | os.PathLike[str], delim: str = "\t", *, on_error: OnError = "raise"
) -> pa.Table:
    r"""Read a CSV file whose third column holds vectors as JSON, such as ``[0.1, 2e-3]``.

    Columns are cut as Spark's reader cuts them: no header, a line is a record, quotes ``"`` with
    the escape ``\``, blank lines left out. The vectors are parsed by the engine on all cores, a few
    megabytes at a time; in memory lies what is returned.

    Parameters
    ----------
    path : UTF-8 text, or a folder of such files; compressed if its name says so (.gz, .bz2, .zst)
    delim : one character
    on_error : "raise" at the first bad vector, with file, line and reason, or "skip" its row and
        warn with the count; bad is also one that is not as long as the first

    Returns
    -------
    pyarrow.Table with string columns `_c0`, `_c1`, `_c2` ... and `features`, fixed-size lists of
    float32.

    Raises
    ------
    InvalidInputError (a ValueError).

    Examples
    --------
    >>> with open("train.tsv", "w") as file:
    ...     _ = file.write("first\ta\t[0.5, 1]\nsecond\tb\t[2, 3e-1]\n")
    >>> table = gio4j.read_csv("train.tsv")
    >>> table.column_names, table["features"].to_pylist()[0]
    (['_c0', '_c1', '_c2', 'features'], [0.5, 1.0])
    """
    tables = [
        part.columns.append_column(FEATURES, vector_array(part.vectors))
        for part in csv_parts(Path(path), delim, TEXT_COLUMN, on_error)
    ]
    return pa.concat_tables(tables)


def read_parquet(path: str | os.PathLike[str]) -> pa.Table:
    """Read a Parquet file, or a folder of them, whose column `features` holds lists of numbers.

    Returns
    -------
    pyarrow.Table with all columns, `features` as fixed-size lists of float32.

    Raises
    ------
    InvalidInputError (a ValueError) with the first row that is null or of another length; TypeError
    if `features` holds something else.

    Examples
    --------
    >>> import pyarrow, pyarrow.parquet
    >>> written = pyarrow.table({"text": ["a", "b"], "features": [[0.5, 1.0], [2.0, 3.0]]})
    >>> pyarrow.parquet.write_table(written, "rows.parquet")
    >>> gio4j.read_parquet("rows.parquet").schema.field("features").type
    FixedSizeListType(fixed_size_list<item: float not null>[2])
    """
    dataset = open_parquet(Path(path))
    require_column(dataset, FEATURES, f"path={os.fspath(path)!r}")
    place = dataset.schema.get_field_index(FEATURES)
    tables, row, columns = [], 0, None
    with readable(Path(path)):
        for batch in scan(dataset, dataset.schema.names):
            if batch.num_rows:
                rows = rows_of_array(batch.column(place), f"{path}: {FEATURES}", row, columns)
                row, columns = row + len(rows), rows.shape[1]
                table = pa.Table.from_batches([batch])
                tables.append(table.set_column(place, FEATURES, vector_array(rows)))
    if not tables:
        raise InvalidInputError(f"path={os.fspath(path)!r}: holds no rows; needs at least one")
    return pa.concat_tables(tables)


def open_parquet(path: Path) -> Any:
    """The dataset of a Parquet file or folder, nothing of its rows read yet."""
    import pyarrow.dataset  # which imports pandas, if there is one: 0.4 s

    if not path.exists():
        raise InvalidInputError(f"path={str(path)!r}: there is no such file")
    with readable(path):
        return pyarrow.dataset.dataset(path, format="parquet")


def csv_parts(path: Path, delim: str, column: str, on_error: OnError) -> Iterator[Part]:
    """The rows of a text file and the vectors that one of their columns holds, block by block."""
    check_delimiter(delim)
    one_of(on_error, "on_error", ("raise", "skip"))
    reader = _VectorReader(column, skip=on_error == "skip")
    parts = 0
    for block in _read_ahead(read_blocks(path, delim)):
        if column not in block.columns.column_names:
            raise InvalidInputError(
                f"path={str(path)!r}: has {block.columns.num_columns} columns where "
                f"delim={delim!r} cuts its first line, no {column}; perhaps another delim is meant"
            )
        part = reader.read(block) if block.columns.num_rows else None
        if part is not None:
            parts += 1
            yield part
    if parts == 0:
        raise InvalidInputError(
            f"path={str(path)!r}: holds no vectors{reader.first_bad}; needs at least one"
        )
    if reader.skipped:
        warnings.warn(
            f"{path}: skipped {reader.skipped} rows{reader.first_bad}", GIOWarning, stacklevel=4
        )


def _read_ahead(blocks: Iterator[Block]) -> Iterator[Block]:
    """The same, the next one read and cut while the engine has this one."""
    with ThreadPoolExecutor(1, thread_name_prefix="gio4j-reader") as reader:
        following = reader.submit(next, blocks, None)
        while (block := following.result()) is not None:
            following = reader.submit(next, blocks, None)
            yield block


class _VectorReader:
    """Asks the engine for the vectors of one block after another; all have the first one's length.

    The engine takes the length from the first good row it is given. So each block but the first is
    preceded by a row that was good before.
    """

    def __init__(self, column: str, skip: bool) -> None:
        self.skip = skip
        self.skipped = 0
        self.first_bad = ""
        self._column = column
        self._good: pa.Array | None = None

    def read(self, block: Block) -> Part | None:
        """The good rows of a block, or None when it has none."""
        text = block.columns.column(self._column)
        before = 0 if self._good is None else 1
        try:
            answer = self._parse(text.chunks, str(block.path), 1, "skip")
        except InvalidInputError:
            if before or not self.skip:
                self._raise(block, 0)
            self._count(block, 0, len(text))
            return None
        kept = answer.arrays["kept"][before:] - before
        if len(kept) < len(text):
            # The first position that is not where it would be with none left out before it.
            bad = next((row for row, place in enumerate(kept) if row != place), len(kept))
            self._good = self._good if before else text.slice(int(kept[0]), 1).chunk(0)
            if not self.skip:
                self._raise(block, bad)
            self._count(block, bad, len(text) - len(kept))
        if len(kept) == 0:
            return None
        self._good = text.slice(int(kept[0]), 1).chunk(0)
        columns = block.columns if len(kept) == len(text) else block.columns.take(pa.array(kept))
        return Part(columns, answer.arrays["vectors"][before:])

    def _raise(self, block: Block, row: int) -> NoReturn:
        """The engine's own words for one row, with its line in the file."""
        text = block.columns.column(self._column).slice(row, 1)
        first_line = block.line_of(row) - (0 if self._good is None else 1)
        self._parse(text.chunks, str(block.path), first_line, "raise")
        raise AssertionError(f"row {row} of {block.path} was bad before")

    def _count(self, block: Block, row: int, rows: int) -> None:
        if self.skipped == 0:
            try:
                self._raise(block, row)
            except InvalidInputError as problem:
                self.first_bad = f", the first: {problem}"
        self.skipped += rows

    def _parse(self, texts: list[pa.Array], name: str, first_line: int, on_error: str) -> Answer:
        schema = pa.schema([(self._column, pa.string())])
        arrays = texts if self._good is None else [self._good, *texts]
        batches = [pa.record_batch([array], schema=schema) for array in arrays if len(array)]
        counted = pa.MockOutputStream()
        _write(batches, schema, counted)
        with ExitStack() as leases:
            lease = leases.enter_context(pool.lease(counted.size(), name))
            _write(batches, schema, pa.FixedSizeBufferWriter(pa.py_buffer(lease.bytes)))
            request = {
                "kind": "parse-vectors",
                "text": {
                    "name": name,
                    "kind": "arrow-stream",
                    "path": lease.segment.path,
                    "offset": 0,
                    "column": self._column,
                },
                "firstLine": first_line,
                "onError": on_error,
            }
            return run_job(request, leases)


def _write(batches: list[pa.RecordBatch], schema: pa.Schema, sink: pa.NativeFile) -> None:
    with pa.ipc.new_stream(sink, schema) as out:
        for batch in batches:
            out.write_batch(batch)
