"""The same twelve rows in every kind that is taken as a matrix."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import datasets
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.feather
import pyarrow.parquet as pq
import scipy.sparse

TEXTS = list("abcdefghijkl")
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


def json_texts() -> list[str]:
    return [json.dumps(row) for row in ROWS.tolist()]


def structs() -> pa.Table:
    """The vectors in a field of a field."""
    inner = pa.StructArray.from_arrays([lists()], names=["vector"])
    return pa.table({"text": TEXTS, "model": pa.StructArray.from_arrays([inner], names=["out"])})


def wide(rows: np.ndarray = ROWS) -> pd.DataFrame:
    """A column for each number, as PCA gives it; one with an index of its own."""
    return pd.DataFrame(rows, columns=list("abc")[: rows.shape[1]], index=range(5, 5 + len(rows)))


def wide_table() -> pa.Table:
    return pa.Table.from_pandas(wide(), preserve_index=False)


def written(folder: Path, name: str, **options: Any) -> Path:
    """As pandas writes it, all digits of the doubles that the numbers are."""
    text = wide(ROWS.astype(np.float64)).to_csv(**options)
    with pa.output_stream(folder / name, compression="detect") as file:
        file.write(text.encode())
    return folder / name


def saved_text(folder: Path, name: str, **options: Any) -> Path:
    np.savetxt(folder / name, ROWS, **options)
    return folder / name


def with_vectors(folder: Path, name: str, **options: Any) -> Path:
    """JSON arrays under a header, beside texts that pandas quotes."""
    frame = pd.DataFrame({"text": 'say "a, b"', "vector": json_texts()})
    frame.to_csv(folder / name, index=False, **options)
    return folder / name


def json_lines(folder: Path, name: str, is_wide: bool = False) -> Path:
    rows = [
        dict(zip("abc", row, strict=True)) if is_wide else {"text": "a", "vector": row}
        for row in ROWS.tolist()
    ]
    text = "".join(json.dumps(row) + "\n" for row in rows).encode()
    with pa.output_stream(folder / name, compression="detect") as file:
        file.write(text)
    return folder / name


def json_document(folder: Path, name: str, rows: list[Any], **options: Any) -> Path:
    with pa.output_stream(folder / name, compression="detect") as file:
        file.write(json.dumps(rows, **options).encode())
    return folder / name


def safetensors(folder: Path) -> Path:
    """As the format is described; two tensors, one of them no matrix."""
    header = json.dumps(
        {
            "__metadata__": {"made": "here"},
            "bias": {"dtype": "F32", "shape": [3], "data_offsets": [0, 12]},
            "rows": {"dtype": "F32", "shape": [12, 3], "data_offsets": [12, 156]},
        }
    ).encode()
    header += b" " * (-len(header) % 8)
    body = ROWS[0].tobytes() + ROWS.tobytes()
    (folder / "rows.safetensors").write_bytes(struct.pack("<Q", len(header)) + header + body)
    return folder / "rows.safetensors"


def npz(folder: Path, save: Callable[..., None] = np.savez) -> Path:
    save(folder / "rows.npz", rows=ROWS, ids=np.arange(12))
    return folder / "rows.npz"


def shards(folder: Path, suffix: str = ".parquet") -> Path:
    """Three files of a folder, beside what programs leave there."""
    inside = folder / "shards"
    inside.mkdir()
    (inside / "_SUCCESS").touch()
    (inside / "README.md").touch()
    for place, part in enumerate(np.array_split(np.arange(12), 3)):
        rows = table().slice(part[0], len(part))
        path = inside / f"part-{place}{suffix}"
        if suffix == ".npy":
            np.save(path, ROWS[part])
        elif suffix == ".csv":
            wide(ROWS[part].astype(np.float64)).to_csv(path, index=False)
        else:
            pq.write_table(rows, path)
    pq.write_table(table().slice(0, 0), inside / "part-3.parquet") if suffix == ".parquet" else None
    return inside


def saved_faces(folder: Path, num_shards: int = 3) -> Path:
    """What `datasets` saves: streams named .arrow, and facts in JSON."""
    rows = datasets.Dataset(table().append_column("ids", pa.array([[1, 2]] * 12)))
    rows = rows.remove_columns("ids")
    rows.save_to_disk(folder / "saved", num_shards=num_shards)
    return folder / "saved"


def feather(folder: Path, rows: pa.Table) -> Path:
    """Compressed, as pandas and pyarrow write it by default."""
    pyarrow.feather.write_feather(rows, folder / "rows.feather")
    return folder / "rows.feather"


WIDE: dict[str, Callable[[Path], Any]] = {
    "wide pandas": lambda _: wide(),
    "wide pandas without names": lambda _: pd.DataFrame(ROWS),
    "wide pandas, doubles among": lambda _: wide().astype({"a": "float64"}),
    "wide pandas, nullable": lambda _: wide().astype("Float32"),
    "wide pandas of Arrow": lambda _: wide().astype("float[pyarrow]"),
    "wide pandas, sparse": lambda _: wide().astype(pd.SparseDtype("float32", 0.0)),
    "wide pandas, named": lambda _: (wide().assign(d=1.0), ["a", "b", "c"]),
    "wide polars": lambda _: pl.from_pandas(wide()),
    "wide polars lazy": lambda _: pl.from_pandas(wide()).lazy(),
    "wide Table": lambda _: wide_table(),
    "wide record batch": lambda _: wide_table().to_batches()[0],
    "wide dataset": lambda _: ds.dataset(wide_table()),
    "wide Hugging Face": lambda _: datasets.Dataset(wide_table()),
    "wide Hugging Face on disk": lambda folder: faces_on_disk(folder, wide_table()),
}
WIDE_FILES: dict[str, Callable[[Path], Any]] = {
    "wide CSV": lambda folder: written(folder, "rows.csv", index=False),
    "wide CSV without header": lambda folder: written(
        folder, "rows.csv", index=False, header=False
    ),
    "wide CSV, semicolons": lambda folder: written(folder, "rows.csv", index=False, sep=";"),
    "wide CSV, named": lambda folder: (written(folder, "rows.csv"), ["a", "b", "c"]),
    "wide TSV": lambda folder: written(folder, "rows.tsv", index=False, sep="\t"),
    "wide CSV, gz": lambda folder: written(folder, "rows.csv.gz", index=False),
    "wide CSV, zst": lambda folder: written(folder, "rows.csv.zst", index=False),
    "savetxt": lambda folder: saved_text(folder, "rows.txt"),
    "savetxt, padded": lambda folder: saved_text(folder, "rows.txt", fmt="%25.17g"),
    "savetxt, commas": lambda folder: saved_text(folder, "rows.csv", delimiter=","),
    "savetxt, header": lambda folder: saved_text(
        folder, "rows.csv", delimiter=",", header="rows\nof three"
    ),
    "wide Parquet": lambda folder: written_parquet(folder, wide_table()),
    "wide Feather": lambda folder: feather(folder, wide_table()),
    "wide Arrow": lambda folder: arrow_file(folder, 3, rows=wide_table()),
    "wide Arrow stream": lambda folder: arrow_file(folder, 3, True, wide_table()).rename(
        folder / "stream.arrow"
    ),
    "wide JSON lines": lambda folder: json_lines(folder, "rows.jsonl", is_wide=True),
}
FILES: dict[str, Callable[[Path], Any]] = {
    "CSV of JSON": lambda folder: with_vectors(folder, "rows.csv"),
    "CSV of JSON without header": lambda folder: with_vectors(folder, "rows.csv", header=False),
    "CSV of JSON, named": lambda folder: (with_vectors(folder, "rows.csv"), "vector"),
    "TSV of JSON, gz": lambda folder: with_vectors(folder, "rows.tsv.gz", sep="\t"),
    "path of Arrow list views": lambda folder: arrow_file(
        folder,
        rows=pa.table({"vector": pa.array(ROWS.tolist(), pa.list_view(pa.float32()))}),
    ),
    "Feather": lambda folder: feather(folder, table()),
    "JSON lines": lambda folder: json_lines(folder, "rows.jsonl"),
    "JSON lines, gz": lambda folder: json_lines(folder, "rows.jsonl.gz"),
    "JSON lines, zst": lambda folder: json_lines(folder, "rows.ndjson.zst"),
    "JSON of arrays": lambda folder: json_document(folder, "rows.json", ROWS.tolist(), indent=1),
    "JSON of objects, gz": lambda folder: json_document(
        folder, "rows.json.gz", [{"text": "a", "vector": row} for row in ROWS.tolist()]
    ),
    "JSON of numbers": lambda folder: json_document(
        folder, "rows.json", [dict(zip("abc", row, strict=True)) for row in ROWS.tolist()]
    ),
    "lines in .json": lambda folder: json_lines(folder, "rows.json"),
    "npz": npz,
    "npz, compressed": lambda folder: npz(folder, np.savez_compressed),
    "npz, named": lambda folder: (str(npz(folder)), "rows"),
    "safetensors": safetensors,
    "sparse npz": lambda folder: sparse_npz(folder),
    "folder of Parquet": shards,
    "folder of .npy": lambda folder: shards(folder, ".npy"),
    "folder of CSV": lambda folder: shards(folder, ".csv"),
    "folder of Hugging Face": saved_faces,
    "shard of Hugging Face": lambda folder: next(saved_faces(folder, 1).glob("*.arrow")),
    "shards by a pattern": lambda folder: str(shards(folder) / "part-*.parquet"),
    "shards by a list": lambda folder: sorted(map(str, shards(folder, ".npy").glob("*.npy"))),
    "Parquet of a struct": lambda folder: (written_parquet(folder, structs()), "model.out.vector"),
    "Arrow of a struct": lambda folder: (
        arrow_file(folder, 3, rows=structs()),
        "model.out.vector",
    ),
}
ANY_LISTS: dict[str, Callable[[Path], Any]] = {
    "ListView": lambda _: pa.array(ROWS.tolist(), pa.list_view(pa.float32())),
    "LargeListView": lambda _: pa.array(ROWS.tolist(), pa.large_list_view(pa.float64())),
    "Table of ListView": lambda _: table().set_column(
        1, "vector", pa.array(ROWS.tolist(), pa.list_view(pa.float32()))
    ),
    "objects": lambda _: pd.Series(list(ROWS)).to_numpy(),
    "objects that are lists": lambda _: pd.Series(ROWS.tolist()).to_numpy(),
    "JSON texts": lambda _: pa.array(json_texts()),
    "JSON texts in pandas": lambda _: pd.DataFrame({"text": "[INST]", "vector": json_texts()}),
    "JSON texts in polars": lambda _: pl.DataFrame({"text": TEXTS, "vector": json_texts()}),
    "JSON texts in polars, lazy": lambda _: pl.LazyFrame({"vector": json_texts()}),
    "JSON texts in a Table": lambda _: pa.table({"text": TEXTS, "vector": json_texts()}),
    "JSON texts in a dataset": lambda _: ds.dataset(pa.table({"vector": json_texts()})),
    "JSON texts in Hugging Face": lambda _: datasets.Dataset.from_dict({"vector": json_texts()}),
    "struct in a Table": lambda _: (structs(), "model.out.vector"),
    "struct in a dataset": lambda _: (ds.dataset(structs()), "model.out.vector"),
    "struct in polars": lambda _: (pl.from_arrow(structs()), "model.out.vector"),
    "struct in polars, lazy": lambda _: (pl.from_arrow(structs()).lazy(), "model.out.vector"),
    "struct in pandas": lambda _: (
        pd.DataFrame({"model": [{"vector": row} for row in ROWS.tolist()]}),
        "model.vector",
    ),
    "struct in Hugging Face": lambda _: (datasets.Dataset(structs()), "model.out.vector"),
    "struct of Hugging Face": lambda _: datasets.Dataset(structs())["model"]["out"]["vector"],
    "dict of arrays": lambda _: {"text": TEXTS, "vector": ROWS, "place": np.arange(12)},
    "dict of lists": lambda _: {"text": TEXTS, "vector": ROWS.tolist()},
    "dict of numbers": lambda _: {"a": ROWS[:, 0], "b": ROWS[:, 1].tolist(), "c": ROWS[:, 2]},
    "dict of series": lambda _: {"text": pd.Series(TEXTS), "vector": pl.Series(ROWS)},
    "dict, named": lambda _: ({"vector": ROWS, "other": ROWS + 1}, "vector"),
    "CSR": lambda _: scipy.sparse.csr_matrix(ROWS),
    "COO array of doubles": lambda _: scipy.sparse.coo_array(ROWS.astype(np.float64)),
}


def written_parquet(folder: Path, rows: pa.Table) -> Path:
    pq.write_table(rows, folder / "rows.parquet", row_group_size=5)
    return folder / "rows.parquet"


def sparse_npz(folder: Path) -> Path:
    scipy.sparse.save_npz(folder / "rows.npz", scipy.sparse.csr_matrix(ROWS))
    return folder / "rows.npz"


KINDS: dict[str, Callable[[Path], Any]] = {
    **ANY_LISTS,
    **WIDE,
    **WIDE_FILES,
    **FILES,
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
    "path with a column": lambda folder: f"{parquet(folder)}:vector",
    "path with columns": lambda folder: f"{written(folder, 'rows.csv')}:a,b,c",
    "path of Parquet, named": lambda folder: (str(parquet(folder)), "vector"),
}
