"""Writes the Arrow files of this directory, with pyarrow and polars; run as `python3 record.py`."""

import polars as pl
import pyarrow as pa
import pyarrow.ipc

DIMENSIONS = 4


def batch(first_row, rows):
    numbers = [100.0 * (first_row + i // DIMENSIONS) + i % DIMENSIONS for i in range(rows * DIMENSIONS)]
    vectors = pa.FixedSizeListArray.from_arrays(pa.array(numbers, pa.float32()), DIMENSIONS)
    names = pa.array([f"row {first_row + i}" if i % 2 else None for i in range(rows)], pa.string())
    nested = pa.array([{"tags": ["a", "b"], "score": 1.5}] * rows)
    return pa.record_batch([names, vectors, nested], names=["name", "embedding", "more"])


batches = [batch(0, 5), batch(5, 1), batch(6, 4)]
schema = batches[0].schema
with pa.ipc.new_file("pyarrow.arrow", schema) as writer:
    for part in batches:
        writer.write_batch(part)
with pa.ipc.new_stream("pyarrow.stream", schema) as writer:
    for part in batches:
        writer.write_batch(part)
for codec in ("lz4", "zstd"):
    options = pa.ipc.IpcWriteOptions(compression=codec)
    with pa.ipc.new_file(f"{codec}.arrow", schema, options=options) as writer:
        writer.write_batch(batch(0, 200))

# Columns that other libraries write and that have to be stepped over: a dictionary, views with
# buffers of their own, nulls without any. Vectors as text are null in row 3.
ROWS = 10
texts = [None if row == 3 else f"[{row}.5, {row}e-1]" for row in range(ROWS)]
mixed = pa.table(
    {
        "kind": pa.array(["a", "b"] * 5).dictionary_encode(),
        "view": pa.array([f"a text too long for the view itself {row}" for row in range(ROWS)], pa.string_view()),
        "nothing": pa.nulls(ROWS),
        "embedding": batch(0, ROWS)["embedding"],
        "text": pa.array(texts, pa.string()),
        "large": pa.array(texts, pa.large_string()),
    }
)
for name, open_writer in (("mixed.arrow", pa.ipc.new_file), ("mixed.stream", pa.ipc.new_stream)):
    with open_writer(name, mixed.schema) as writer:
        writer.write_table(mixed, max_chunksize=6)

# Lists that all have one length, and vectors of halves, and of doubles, which it does not read.
lists = pa.table({"tags": pa.array([["a"], []] * 5), "embedding": batch(0, ROWS)["embedding"].to_pylist()})
lists = lists.cast(pa.schema({"tags": lists.schema.field("tags").type, "embedding": pa.list_(pa.float32())}))
for name, open_writer in (("lists.arrow", pa.ipc.new_file), ("lists.stream", pa.ipc.new_stream)):
    with open_writer(name, lists.schema) as writer:
        writer.write_table(lists, max_chunksize=6)
for name, number, open_writer in (
    ("half.arrow", pa.float16(), pa.ipc.new_file),
    ("double.stream", pa.float64(), pa.ipc.new_stream),
):
    vectors = pa.table({"embedding": batch(0, ROWS)["embedding"].cast(pa.list_(number, DIMENSIONS))})
    with open_writer(name, vectors.schema) as writer:
        writer.write_table(vectors)

# No length before the first schema, and batches of its own layout.
frame = pl.DataFrame(
    {
        "kind": pl.Series(["a", "b"] * 5, dtype=pl.Categorical),
        "embedding": pl.Series(batch(0, ROWS)["embedding"].to_pylist(), dtype=pl.Array(pl.Float32, DIMENSIONS)),
    }
)
pl.concat([frame[:6], frame[6:]], rechunk=False).write_ipc("polars.arrow")
