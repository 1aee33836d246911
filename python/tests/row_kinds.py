"""The same twelve rows in every kind that is taken as a matrix."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import datasets
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq

ROWS = np.random.default_rng(0).normal(size=(12, 3)).astype(np.float32)


def lists(rows: np.ndarray = ROWS) -> pa.Array:
    return pa.FixedSizeListArray.from_arrays(pa.array(rows.ravel()), rows.shape[1])


def tensors() -> pa.Array:
    return pa.FixedShapeTensorArray.from_numpy_ndarray(ROWS)


def table(column: str = "vector") -> pa.Table:
    return pa.table({"text": list("abcdefghijkl"), column: lists()})


def chunked() -> pa.ChunkedArray:
    return pa.chunked_array([lists(ROWS[:5]), lists(ROWS[:0]), lists(ROWS[5:])])


def lists_of_any_length() -> pa.Table:
    """As programs write vectors that know no length beforehand; all have one all the same."""
    return table().set_column(1, "vector", pa.array(ROWS.tolist(), pa.list_(pa.float32())))


def arrow_file(
    folder: Path, parts: int = 1, stream: bool = False, rows: pa.Table | None = None
) -> Path:
    path = folder / ("rows.arrows" if stream else "rows.arrow")
    new = pa.ipc.new_stream if stream else pa.ipc.new_file
    rows = table() if rows is None else rows
    with pa.OSFile(str(path), "wb") as file, new(file, rows.schema) as out:
        for part in np.array_split(np.arange(12), parts):
            out.write_batch(rows.slice(part[0], len(part)).combine_chunks().to_batches()[0])
    return path


def mapped(
    folder: Path, parts: int = 1, stream: bool = False, rows: pa.Table | None = None
) -> pa.Table:
    """A table that pyarrow maps."""
    source = pa.memory_map(str(arrow_file(folder, parts, stream, rows)))
    return (pa.ipc.open_stream if stream else pa.ipc.open_file)(source).read_all()


def parquet(folder: Path) -> Path:
    pq.write_table(table(), folder / "rows.parquet")
    return folder / "rows.parquet"


def npy(folder: Path) -> Path:
    np.save(folder / "rows.npy", ROWS.astype(np.float64))
    return folder / "rows.npy"


def faces(**more: Any) -> Any:
    """A Hugging Face dataset in memory."""
    return datasets.Dataset(pa.table({**{"text": list("abcdefghijkl"), "vector": lists()}, **more}))


def faces_on_disk(folder: Path, rows: pa.Table | None = None) -> Any:
    datasets.Dataset(table() if rows is None else rows).save_to_disk(folder / "faces", num_shards=1)
    return datasets.load_from_disk(str(folder / "faces"))


def faces_mapped(folder: Path) -> Any:
    """As `map` leaves it: vectors that a function answered, in batches, in a file of the cache."""
    plain = datasets.Dataset(pa.table({"row": range(12)}))
    return plain.map(
        lambda batch: {"vector": ROWS[batch["row"]]},
        batched=True,
        batch_size=5,
        writer_batch_size=5,
        cache_file_name=str(folder / "mapped.arrow"),
    )


KINDS: dict[str, Callable[[Path], Any]] = {
    "float32": lambda _: ROWS,
    "float64": lambda _: ROWS.astype(np.float64),
    "Table": lambda _: table(),
    "Table of features": lambda _: table("features").append_column("other", lists(ROWS + 1)),
    "record batch": lambda _: table().to_batches()[0],
    "FixedSizeList": lambda _: lists(),
    "FixedShapeTensor": lambda _: tensors(),
    "List": lambda _: pa.array(ROWS.tolist(), pa.list_(pa.float32())),
    "LargeList of doubles": lambda _: pa.array(ROWS.tolist(), pa.large_list(pa.float64())),
    "chunks": lambda _: chunked(),
    "column of a Table": lambda _: table()["vector"],
    "named column": lambda _: (table().append_column("other", lists(ROWS + 1)), "vector"),
    "sliced": lambda _: pa.concat_arrays([lists(ROWS + 1), lists()])[12:],
    "mapped": lambda folder: mapped(folder),
    "mapped in parts": lambda folder: mapped(folder, 3),
    "mapped stream": lambda folder: mapped(folder, 3, stream=True),
    "mapped lists": lambda folder: mapped(folder, rows=lists_of_any_length()),
    "mapped lists in parts": lambda folder: mapped(folder, 3, rows=lists_of_any_length()),
    "mapped stream of lists": lambda folder: mapped(folder, 3, True, lists_of_any_length()),
    "dataset": lambda _: ds.dataset(table()),
    "pandas": lambda _: pd.DataFrame({"text": "a", "vector": list(ROWS)}),
    "pandas Series": lambda _: pd.Series(list(ROWS), index=range(5, 17)),
    "pandas of Arrow": lambda _: table().to_pandas(types_mapper=pd.ArrowDtype)["vector"],
    "polars": lambda _: pl.from_arrow(table()),
    "polars Series": lambda _: pl.Series(ROWS.tolist()),
    "polars Array": lambda _: pl.Series(ROWS),
    "polars lazy": lambda _: pl.from_arrow(table()).lazy().with_columns(pl.col("text") + "x"),
    "Hugging Face": lambda _: faces(),
    "Hugging Face column": lambda _: faces()["vector"],
    "Hugging Face, named": lambda _: (faces(other=lists(ROWS + 1)), "vector"),
    "Hugging Face on disk": faces_on_disk,
    "Hugging Face lists on disk": lambda folder: faces_on_disk(folder, lists_of_any_length()),
    "Hugging Face, map": faces_mapped,
    "Hugging Face, shuffled": lambda _: datasets.Dataset(
        pa.table({"vector": lists(ROWS[::-1].copy())})
    ).select(range(11, -1, -1)),
    "Hugging Face, formatted": lambda _: faces().with_format("numpy"),
    "path of .npy": npy,
    "path of Arrow": arrow_file,
    "path of Arrow in parts": lambda folder: arrow_file(folder, 3),
    "path of Arrow lists": lambda folder: arrow_file(folder, 3, rows=lists_of_any_length()),
    "path of Arrow, named": lambda folder: (arrow_file(folder, 3), "vector"),
    "path of Parquet": parquet,
    "path of Parquet, named": lambda folder: (str(parquet(folder)), "vector"),
}
