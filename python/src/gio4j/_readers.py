"""Files of vectors beside other columns: CSV with JSON vectors, Parquet with lists."""

from __future__ import annotations

import os
import warnings
import weakref
from collections import deque
from collections.abc import Generator, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import pyarrow as pa

from gio4j._arrow_file import Rows, vector_array
from gio4j._checks import one_of
from gio4j._frames import FEATURES, require_column, scan
from gio4j._jobs import Answer, run_job
from gio4j._open_file import plain_name, shown
from gio4j._text import Block, check_delimiter, read_blocks, readable
from gio4j._vectors import rows_of_array
from gio4j.errors import GIOWarning, InvalidInputError

#: Where the reference's CSV files hold their vectors.
TEXT_COLUMN = 2
# Blocks in the engine at a time: while one is written out on one core, another is parsed.
_JOBS = 2
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
    with readable(path), ExitStack() as opened:
        dataset = pyarrow.dataset.dataset(
            opened.enter_context(plain_name(path.absolute())), format="parquet"
        )
        # It opens the file again when it is read.
        weakref.finalize(dataset, opened.pop_all().close)
        return dataset


def csv_parts(
    path: Path, delim: str | None, column: int | None, on_error: OnError, *, texts: bool = True
) -> Iterator[Part]:
    """The rows of a text file and the vectors that one of their columns holds, block by block.

    Without `delim` and `column` they are found out: tabs if the first line has any, else commas;
    the first column that begins with a bracket. Without `texts` the vectors come alone.
    """
    one_of(on_error, "on_error", ("raise", "skip"))
    layout = {
        "delimiter": None if delim is None else check_delimiter(delim),
        "column": column,
        "fields": None,
        "length": None,
    }
    file, line = None, 1
    found, skipped, first_bad = False, 0, ""
    with closing(_answers(read_blocks(path), layout, texts)) as answers:
        for block, answer in answers:
            if block.path != file:
                file, line = block.path, 1
            bad = answer.values["firstBad"]
            if bad is not None:
                told = f"{shown(file)}: line {line + bad['line']}: {bad['reason']}"
                if on_error == "raise":
                    raise InvalidInputError(told)
                first_bad = first_bad or f", the first: {told}"
            line += answer.values["lines"]
            skipped += answer.values["skipped"]
            if answer.arrays:
                found = True
                yield Part(pa.table(answer.texts), answer.arrays["vectors"])
    if not found:
        raise InvalidInputError(
            f"path={str(path)!r}: holds no vectors{first_bad}; needs at least one"
        )
    if skipped:
        warnings.warn(f"{path}: skipped {skipped} rows{first_bad}", GIOWarning, stacklevel=4)


def _answers(
    blocks: Iterator[Block], layout: dict[str, Any], texts: bool
) -> Generator[tuple[Block, Answer]]:
    """What the engine reads in each block, in order.

    One after another until the layout of the file is known whole. From then on several are in the
    engine while the next one is read, so that no core waits for another.
    """
    for block in blocks:
        answer = _ask(block, layout, texts)
        yield block, answer
        layout = answer.values["layout"]
        if None not in layout.values():
            break
    with ThreadPoolExecutor(1, "gio4j-reader") as reader, ThreadPoolExecutor(_JOBS) as jobs:

        def begin() -> Future[tuple[Block, Answer] | None]:
            following = reader.submit(next, blocks, None)

            def finish() -> tuple[Block, Answer] | None:
                block = following.result()
                return None if block is None else (block, _ask(block, layout, texts))

            return jobs.submit(finish)

        begun = deque(begin() for _ in range(_JOBS))
        while (done := begun.popleft().result()) is not None:
            begun.append(begin())
            yield done


def _ask(block: Block, layout: dict[str, Any], texts: bool) -> Answer:
    with ExitStack() as leases:
        leases.enter_context(block.lease)
        request = {
            "kind": "read-csv",
            "text": {
                "name": shown(block.path),
                "path": block.lease.segment.path,
                "offset": 0,
                "bytes": block.size,
            },
            "layout": layout,
            "texts": texts,
        }
        return run_job(request, leases)
