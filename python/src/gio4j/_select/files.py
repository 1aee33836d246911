"""Files of a selection: itself, to be loaded again, and the records that it picked."""

from __future__ import annotations

import io
import json
import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from gio4j._checks import brief, cause
from gio4j._rows.kinds.holder import Frame
from gio4j._rows.kinds.holders import holder_of
from gio4j._rows.take import take_rows
from gio4j._shared.open_file import require_regular
from gio4j._shared.whole_file import whole_file
from gio4j._version import __version__
from gio4j.errors import InvalidInputError

#: What marks a saved selection, and holds all of it but its columns.
_METADATA = b"gio4j.selection"
#: What has a value for each pick, and the column that it is in; weights are not always there.
COLUMNS = {"indices": "row", "gains": "gain", "trace": "objective", "weights": "weight"}
_OF_A_PICK = ("order", "row", "gain", "objective")


def save(path: Path, table: pa.Table, facts: Mapping[str, Any]) -> None:
    """Write the table of a selection as Parquet, with the facts in its metadata."""
    _require_suffix(path, {".parquet": None}, "; save_records writes .csv and .jsonl")
    _write(path, _parquet(_marked(table, facts)))


def load(path: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """What `save` and `save_records` wrote: the arrays of the picks, and the facts."""
    import pyarrow.parquet

    require_regular(path, "path")
    try:
        table = pyarrow.parquet.read_table(path)
    except FileNotFoundError:
        raise InvalidInputError(f"path={brief(str(path))}: there is no such file") from None
    except (OSError, pa.ArrowInvalid) as problem:
        raise InvalidInputError(
            f"path={brief(str(path))}: is no Parquet file ({cause(problem)})"
        ) from problem
    metadata = table.schema.metadata or {}
    if _METADATA not in metadata:
        raise InvalidInputError(
            f"path={brief(str(path))}: is no saved selection; write it with selection.save"
        )
    facts: dict[str, Any] = json.loads(metadata[_METADATA])
    facts.pop("version", None)
    has_weights = facts.pop("weighted", False)
    columns = {
        name: table.column(column).to_numpy()
        for name, column in COLUMNS.items()
        if name != "weights" or has_weights
    }
    return columns, facts


def save_records(
    path: Path, table: pa.Table, facts: Mapping[str, Any], frame: Frame | None, pool_rows: int
) -> None:
    """Write the picked records of a frame, each after its place, row, gain and objective."""
    _require_suffix(path, _WRITERS, "")
    order = pa.array(np.arange(1, len(table) + 1, dtype=np.int32))
    records = table.add_column(0, "order", order)
    if frame is not None:
        require_no_clash(frame, "pool_like", tuple(records.column_names))
        taken = holder_of(take_rows(frame.value, table["row"].to_numpy(), pool_rows, "pool_like"))
        assert isinstance(taken, Frame), "rows of a frame are a frame"
        for name in taken.columns():
            records = records.append_column(name, taken.column(name))
    _write(path, _WRITERS[path.suffix](_marked(records, facts)))


def require_no_clash(frame: Frame, given: str, columns: tuple[str, ...] = _OF_A_PICK) -> None:
    """InvalidInputError if a frame has a column that the picks need for themselves."""
    for name in frame.columns():
        if name in columns:
            raise InvalidInputError(
                f"{given}: has a column {name!r}, as the picks have; rename it to have both written"
            )


def _marked(table: pa.Table, facts: Mapping[str, Any]) -> pa.Table:
    whole = json.dumps({"version": __version__, **facts})
    return table.replace_schema_metadata({_METADATA: whole.encode()})


def _require_suffix(path: Path, known: Mapping[str, Any], more: str) -> None:
    if path.suffix not in known:
        *first, last = known
        listed = f"{', '.join(first)} or {last}" if first else last
        raise InvalidInputError(f"path={brief(str(path))}: needs a name in {listed}{more}")


def _write(path: Path, content: bytes | memoryview) -> None:
    with whole_file(path) as descriptor, open(descriptor, "wb", closefd=False) as out:
        out.write(content)


# --- formats --------------------------------------------------------------------------------------


def _parquet(table: pa.Table) -> memoryview:
    import pyarrow.parquet

    sink = pa.BufferOutputStream()
    pyarrow.parquet.write_table(table, sink)
    return memoryview(sink.getvalue())


def _csv(table: pa.Table) -> memoryview:
    """Numbers that are not finite as empty cells, lists and structs as JSON."""
    import pyarrow.csv

    columns = [
        column
        if _is_plain(column.type)
        else pa.chunked_array([[_text_of(value) for value in column.to_pylist()]], pa.string())
        for column in (_with_gaps(column) for column in table.columns)
    ]
    sink = pa.BufferOutputStream()
    pyarrow.csv.write_csv(pa.table(columns, names=table.column_names), sink)
    return memoryview(sink.getvalue())


def _jsonl(table: pa.Table) -> bytes:
    """One object a line, numbers that are not finite as null."""
    lines = io.StringIO()
    for record in table.to_pylist():
        lines.write(json.dumps(_finite(record), ensure_ascii=False, default=str))
        lines.write("\n")
    return lines.getvalue().encode()


_WRITERS: dict[str, Callable[[pa.Table], bytes | memoryview]] = {
    ".parquet": _parquet,
    ".csv": _csv,
    ".jsonl": _jsonl,
}
#: What `save_records` writes.
RECORD_SUFFIXES = tuple(_WRITERS)


def _is_plain(kind: pa.DataType) -> bool:
    return not (
        pa.types.is_nested(kind)
        or pa.types.is_dictionary(kind)
        or pa.types.is_binary(kind)
        or pa.types.is_large_binary(kind)
        or isinstance(kind, pa.BaseExtensionType)
    )


def _with_gaps(column: pa.ChunkedArray) -> pa.ChunkedArray:
    if not pa.types.is_floating(column.type):
        return column
    import pyarrow.compute as pc

    return pc.if_else(pc.is_finite(column), column, pa.scalar(None, column.type))


def _text_of(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return json.dumps(_finite(value), ensure_ascii=False, default=str)


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _finite(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_finite(inner) for inner in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
