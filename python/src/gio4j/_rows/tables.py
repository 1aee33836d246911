"""Files as tables, whose rows are read some at a time: one function for each format.

Each answers a holder with the columns of one file, of which that file's vectors are then chosen as
those of any frame. A new format is a function here and its line in `TABLES`.
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pyarrow as pa

from gio4j._checks import brief, cause
from gio4j._rows.choice import Choice
from gio4j._rows.kinds.arrow import Batches, FileTable
from gio4j._rows.kinds.holder import FEATURES, column_of
from gio4j._rows.readers import open_parquet
from gio4j._rows.sources import NoRowsError, arrow_reader
from gio4j._rows.text import BLOCK_BYTES, readable, uncompressed
from gio4j._rows.text_table import text_table
from gio4j._rows.vectors import is_vectors
from gio4j._shared.open_file import open_file, shown
from gio4j.errors import InvalidInputError


def parquet_table(path: Path, name: str, choice: Choice) -> FileTable:
    """A Parquet file, or a folder of them."""
    return FileTable(open_parquet(path))


def arrow_table(path: Path, name: str, choice: Choice) -> FileTable:
    """An Arrow file or stream, compressed or not."""
    file = open_file(path, name)
    with arrow_reader(file, name) as (schema, _):
        _ = schema.names  # of which a damaged file has some that are no text

    def read(columns: list[str]) -> Iterator[pa.RecordBatch]:
        with arrow_reader(file, name) as (found, batches):
            yield from batches([found.get_field_index(column) for column in columns])

    return FileTable(Batches(schema, read))


def json_table(path: Path, name: str, choice: Choice) -> FileTable:
    """JSON objects, one a line. The first lines decide which fields there are, and their types."""
    import pyarrow.json

    def parsed(lines: bytes, schema: pa.Schema | None) -> pa.Table:
        options = pyarrow.json.ParseOptions(
            explicit_schema=schema,
            unexpected_field_behavior="infer" if schema is None else "ignore",
        )
        return pyarrow.json.read_json(
            io.BytesIO(lines), pyarrow.json.ReadOptions(block_size=len(lines)), options
        )

    with readable(path):
        first = next(_lines(path), None)
        if first is None:
            raise NoRowsError(f"{name}: has no rows; needs at least one")
        inferred = parsed(first, None).schema
    fields = [pa.field(each.name, _of_doubles(each.type)) for each in inferred]
    integers = frozenset(each.name for each in inferred if pa.types.is_integer(each.type))

    def read(columns: list[str]) -> Iterator[pa.RecordBatch]:
        wanted = pa.schema([field for field in fields if field.name in columns])
        with readable(path):
            for lines in _lines(path):
                yield from parsed(lines, wanted).select(columns).to_batches()

    return FileTable(Batches(pa.schema(fields), read, integers))


def json_document(path: Path, name: str, choice: Choice) -> FileTable:
    """One JSON array of rows, or of objects, read whole; or lines, as Spark names them as well."""
    with readable(path), uncompressed(path) as source:
        head = source.read(BLOCK_BYTES)
        if not head.lstrip().startswith(b"["):
            return json_table(path, name, choice)
        text = head + source.read()
    try:
        records = json.loads(text)
    except (ValueError, RecursionError) as problem:
        raise InvalidInputError(
            f"{name}: {shown(path)} is no JSON array ({cause(problem)}); of one array a line, make "
            "one array, or pass a .jsonl file of objects"
        ) from problem
    if not records:
        raise NoRowsError(f"{name}: has no rows; needs at least one")
    column = column_of(records, name).combine_chunks()
    is_records = pa.types.is_struct(column.type)
    if not is_records and not is_vectors(column.type):
        raise InvalidInputError(
            f"{name}: {shown(path)} holds an array of {brief(str(column.type))}; needs an array of "
            "rows, [[...], [...]], or of objects"
        )
    table = pa.Table.from_struct_array(column) if is_records else pa.table({FEATURES: column})
    return FileTable(Batches(table.schema, lambda columns: table.select(columns).to_batches()))


#: What reads each kind of file, by the end of its name.
TABLES: dict[str, Callable[[Path, str, Choice], FileTable]] = {
    ".csv": text_table,
    ".tsv": text_table,
    ".txt": text_table,
    ".parquet": parquet_table,
    ".arrow": arrow_table,
    ".feather": arrow_table,
    ".ipc": arrow_table,
    ".json": json_document,
    ".jsonl": json_table,
    ".ndjson": json_table,
}


def _lines(path: Path) -> Iterator[bytes]:
    """Whole lines, some megabytes at a time."""
    rest = b""
    with uncompressed(path) as source:
        while block := source.read(BLOCK_BYTES):
            whole, end, begun = block.rpartition(b"\n")
            if end:
                yield rest + whole + end
                rest = begun
            else:
                rest += block
    if rest.strip():
        yield rest


def _of_doubles(kind: pa.DataType) -> pa.DataType:
    """The type with doubles for integers: later lines may have fractions."""
    if pa.types.is_integer(kind):
        return pa.float64()
    if pa.types.is_list(kind):
        return pa.list_(_of_doubles(kind.value_type))
    if pa.types.is_struct(kind):
        return pa.struct([pa.field(each.name, _of_doubles(each.type)) for each in kind])
    return kind
