"""Files of vectors beside other columns: CSV with JSON vectors, Parquet with lists."""

from __future__ import annotations

import os
import re
import weakref
from collections.abc import Generator, Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from queue import SimpleQueue
from typing import Any, Literal

import numpy as np
import pyarrow as pa

from gio4j._checks import brief, one_of
from gio4j._engine.jobs import Answer, run_job
from gio4j._rows.arrow_file import vector_array
from gio4j._rows.float32 import Numbers, Reservoir, Rows, as_float32
from gio4j._rows.kinds.arrow import ArrowDataset
from gio4j._rows.kinds.holder import FEATURES
from gio4j._rows.text import Block, check_delimiter, read_blocks, readable
from gio4j._rows.vectors import rows_of_array
from gio4j._shared import threads
from gio4j._shared.open_file import path_of, plain_name, require_regular, shown
from gio4j.errors import InvalidInputError, warn

#: Where the reference's CSV files hold their vectors.
TEXT_COLUMN = 2
# Blocks in the engine at a time: while one is written out on one core, another is parsed.
_JOBS = 2
# Text of each block that is parsed here, with all digits: 1 ms of some 20.
_SAMPLE_BYTES = 1 << 18
_LINE_END = re.compile(rb"[\r\n]+")
_IN_BRACKETS = re.compile(rb"\[([^\[\]\r\n]*)\]")
# Two quotes that are neither an empty field nor an end of one: quotes within a text, doubled.
_DOUBLED_QUOTES = re.compile(rb'[^",;\t\r\n]""|""[^",;\t\r\n]')
_QUOTES_CURE = (
    "; quotes within its texts are doubled, as pandas writes them, and fields are cut as Spark "
    "cuts them: write it with to_csv(doublequote=False, escapechar='\\\\'), or pass its path as a "
    "matrix"
)
OnError = Literal["raise", "skip"]
#: A block of text, some vectors of it as they stand there, and what the engine read.
Answered = tuple[Block, list[bytes], Answer]


@dataclass(frozen=True)
class Part:
    """Rows of a text file.

    columns : the texts
    vectors : those that a column holds
    column : the place of that one
    sample : some of the vectors with all their digits
    """

    columns: pa.Table
    vectors: Rows
    column: int
    sample: Numbers


def read_csv(
    path: str | os.PathLike[str], delim: str = "\t", *, on_error: OnError = "raise"
) -> pa.Table:
    r"""Read a CSV file whose third column holds vectors as JSON, such as ``[0.1, 2e-3]``.

    Parameters
    ----------
    path : str or os.PathLike
        UTF-8 text, or a folder of such files; compressed if its name says so (.gz, .bz2, .zst).
    delim : str, default="\\t"
        The one character between fields.
    on_error : {"raise", "skip"}, default="raise"
        "raise" at the first bad vector, with file, line and reason, or "skip" its row and warn with
        the count. A vector that is not as long as the first is bad too.

    Returns
    -------
    pyarrow.Table
        String columns `_c0`, `_c1`, `_c2` ... and `features`, fixed-size lists of float32.

    Raises
    ------
    InvalidInputError
        For a file that is missing or cannot be read, and for a bad vector. It is a ValueError.

    Warns
    -----
    GIOWarning
        If rows were skipped, or float32 loses differences between rows; the path itself, passed as
        a matrix, keeps them.

    Notes
    -----
    Columns are cut as Spark's reader cuts them: no header, a line is a record, quotes ``"`` with
    the escape ``\``, blank lines left out. The engine parses the vectors on all cores, a few
    megabytes at a time; only what is returned lies in memory.

    Examples
    --------
    >>> with open("train.tsv", "w") as file:
    ...     _ = file.write("first\ta\t[0.5, 1]\nsecond\tb\t[2, 3e-1]\n")
    >>> table = gio4j.read_csv("train.tsv")
    >>> table.column_names, table["features"].to_pylist()[0]
    (['_c0', '_c1', '_c2', 'features'], [0.5, 1.0])
    """
    passing, tables = Reservoir(), []
    with named_as("path"):
        for part in csv_parts(path_of(path), delim, TEXT_COLUMN, on_error):
            passing.add(part.sample)
            tables.append(part.columns.append_column(FEATURES, vector_array(part.vectors)))
    _warn_of_loss(passing, f"path={brief(os.fspath(path))}")
    return pa.concat_tables(tables)


def read_parquet(path: str | os.PathLike[str]) -> pa.Table:
    """Read a Parquet file, or a folder of them, whose column `features` holds lists of numbers.

    Parameters
    ----------
    path : str or os.PathLike
        The file or folder.

    Returns
    -------
    pyarrow.Table
        All columns, `features` as fixed-size lists of float32.

    Raises
    ------
    InvalidInputError
        For a file that is missing or cannot be read, with the first row that is null or of another
        length. It is a ValueError.
    TypeError
        If `features` holds something else.

    Warns
    -----
    GIOWarning
        If float32 loses differences between rows; the path itself, passed as a matrix, keeps them.

    Examples
    --------
    >>> import pyarrow, pyarrow.parquet
    >>> written = pyarrow.table({"text": ["a", "b"], "features": [[0.5, 1.0], [2.0, 3.0]]})
    >>> pyarrow.parquet.write_table(written, "rows.parquet")
    >>> gio4j.read_parquet("rows.parquet").schema.field("features").type
    FixedSizeListType(fixed_size_list<item: float not null>[2])
    """
    path = path_of(path)
    dataset = open_parquet(path)
    holder = ArrowDataset(dataset)
    holder.require_column(FEATURES, f"path={brief(os.fspath(path))}")
    place = dataset.schema.get_field_index(FEATURES)
    name, passing, tables, row, columns = f"{path}: {FEATURES}", Reservoir(), [], 0, None
    with readable(path):
        for batch in holder.scan(dataset.schema.names):
            if batch.num_rows:
                rows = rows_of_array(batch.column(place), name, row, columns)
                passing.add(rows)
                vectors = vector_array(as_float32(rows, name, first_row=row))
                row, columns = row + len(rows), rows.shape[1]
                table = pa.Table.from_batches([batch])
                tables.append(table.set_column(place, FEATURES, vectors))
    if not tables:
        raise InvalidInputError(f"path={brief(os.fspath(path))}: holds no rows; needs at least one")
    _warn_of_loss(passing, f"path={brief(os.fspath(path))}")
    return pa.concat_tables(tables)


@contextmanager
def named_as(name: str) -> Iterator[None]:
    """Errors begin with the name of the argument."""
    try:
        yield
    except InvalidInputError as problem:
        if str(problem).startswith(name):
            raise
        raise type(problem)(f"{name}: {problem}") from problem


def open_parquet(path: Path) -> Any:
    """The dataset of a Parquet file or folder, nothing of its rows read yet."""
    import pyarrow.dataset  # which imports pandas, if there is one: 0.4 s

    with readable(path):
        if not path.exists():
            raise InvalidInputError(f"path={brief(str(path))}: there is no such file")
        for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
            require_regular(file, "path")
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
    # A thread cannot be interrupted while it waits for a FIFO's writer.
    with readable(path):
        in_turn = path.is_fifo()
    with closing(_answers(read_blocks(path), layout, texts, in_turn)) as answers:
        for block, some, answer in answers:
            if block.path != file:
                file, line = block.path, 1
            bad = answer.values["first_bad"]
            if bad is not None:
                said = f"{shown(file)}: line {line + bad['line']}: {bad['reason']}"
                if on_error == "raise":
                    raise InvalidInputError(said)
                first_bad = first_bad or f", the first: {said}"
            line += answer.values["lines"]
            skipped += answer.values["skipped"]
            if answer.arrays:
                found = True
                yield Part(
                    columns=pa.table(answer.texts),
                    vectors=answer.arrays["vectors"],
                    column=answer.values["layout"]["column"],
                    sample=_parsed(some, answer.arrays["vectors"].shape[1]),
                )
    if not found:
        raise InvalidInputError(
            f"path={brief(str(path))}: holds no vectors{first_bad}; needs at least one"
        )
    if skipped:
        warn(f"{path}: skipped {skipped} rows{first_bad}")


def _answers(
    blocks: Iterator[Block], layout: dict[str, Any], texts: bool, in_turn: bool
) -> Generator[Answered]:
    """What the engine reads in each block, in order.

    One after another until the layout of the file is known whole, or to the end if `in_turn`. From
    then on several are in the engine while the next one is read, so that no core waits for another.
    """
    for block in blocks:
        answered = _ask(block, layout, texts)
        yield answered
        layout = answered[2].values["layout"]
        if None not in layout.values() and not in_turn:
            break
    # Threads and queues of our own, as an executor takes a lock that all executors share, and a
    # signal handler may come while it is held.
    wanted: SimpleQueue[bool] = SimpleQueue()
    begun: SimpleQueue[SimpleQueue[Answered | BaseException | None]] = SimpleQueue()
    ended: SimpleQueue[None] = SimpleQueue()

    def read() -> None:
        while wanted.get():
            answer: SimpleQueue[Answered | BaseException | None] = SimpleQueue()
            begun.put(answer)
            try:
                block = next(blocks, None)
                if block is None:
                    answer.put(None)
                else:
                    work = partial(_ask_into, answer, block, layout, texts)
                    threads.start(work, "gio4j-block")
                    del block, work  # which keep memory
            except BaseException as problem:
                answer.put(problem)
        ended.put(None)

    threads.start(read, "gio4j-reader")
    try:
        for _ in range(_JOBS):
            wanted.put(True)
        while (found := begun.get().get()) is not None:
            if isinstance(found, BaseException):
                raise found
            wanted.put(True)
            yield found
    finally:
        wanted.put(False)
        ended.get()  # it is in pyarrow, where a process must not end


def _ask_into(
    answer: SimpleQueue[Answered | BaseException | None],
    block: Block,
    layout: dict[str, Any],
    texts: bool,
) -> None:
    try:
        answer.put(_ask(block, layout, texts))
    except BaseException as problem:
        answer.put(problem)


def _ask(block: Block, layout: dict[str, Any], texts: bool) -> Answered:
    text = block.lease.bytes[: block.size].tobytes()
    some = _some_vectors(text)
    has_doubled_quotes = b'""' in text and _DOUBLED_QUOTES.search(text) is not None
    del text  # which keeps memory
    with ExitStack() as leases:
        leases.enter_context(block.lease)
        request = {
            "kind": "read_csv",
            "text": {
                "name": shown(block.path),
                "path": block.lease.segment.path,
                "offset": 0,
                "bytes": block.size,
            },
            "layout": layout,
            "texts": texts,
        }
        answer = run_job(request, leases)
    bad = answer.values["first_bad"]
    if bad is not None and has_doubled_quotes:
        bad["reason"] += _QUOTES_CURE
    return block, some, answer


def _some_vectors(text: bytes) -> list[bytes]:
    """What stands in brackets in some lines of a block: most of it vectors."""
    first = len(re.split(rb"[\r\n]", text[:_SAMPLE_BYTES], maxsplit=1)[0]) + 1
    lines = max(16, min(1024, _SAMPLE_BYTES // first))
    places = {0}
    for place in range(0, len(text), max(1, len(text) // lines)):
        end = _LINE_END.search(text, place)
        if end is not None:
            places.add(end.end())
    found = (_IN_BRACKETS.search(text, place) for place in sorted(places))
    return [match[1] for match in found if match is not None]


def _parsed(texts: list[bytes], columns: int) -> Numbers:
    rows = []
    for text in texts:
        with suppress(ValueError):  # a text of another column, or a bad row
            row = [float(number) for number in text.split(b",")]
            if len(row) == columns:
                rows.append(row)
    return np.array(rows, np.float64).reshape(-1, columns)


def _warn_of_loss(passed: Reservoir, name: str) -> None:
    if passed.loses():
        warn(
            f"{name}: float32, in which the vectors come, loses differences between rows; pass the "
            "path itself to select, kmeans or divergence, which look at all digits"
        )
