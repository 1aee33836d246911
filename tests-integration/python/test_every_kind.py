"""Each kind of rows in each function that takes rows: the answer is that of the array."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from row_kinds import KINDS, ROWS

import gio4j
from gio4j._rows.files import is_path
from gio4j._rows.kinds.holders import holder_of

TARGET = np.random.default_rng(1).normal(size=(9, 3)).astype(np.float32) + 0.5

#: What reads rows in a way of its own. A report asks for them again, in fifty jobs.
ONE_OF_EACH = (
    *("float32", "float64", "objects", "CSR", "dict of arrays", "mapped", "chunks"),
    *("named column", "dataset", "pandas", "polars lazy", "Hugging Face on disk", "wide pandas"),
    *("path of .npy", "path of Arrow in parts", "path of Parquet", "wide CSV", "JSON lines"),
    *("npz", "safetensors", "folder of Parquet", "shards by a list"),
)


def parted(value: Any) -> tuple[Any, Any]:
    """A frame or path, and the columns named beside it."""
    return value if isinstance(value, tuple) else (value, None)


def texts_of(frame: Any, column: str) -> list[Any]:
    collected = frame.collect() if hasattr(frame, "collect") else frame
    table = collected.to_table() if hasattr(collected, "to_table") else collected
    return np.asarray(table[column]).tolist()


@cache
def answers_of_the_array() -> tuple[Any, ...]:
    """What each kind shall answer, asked for once."""
    model = gio4j.kmeans(ROWS, 3, seed=1)
    return (
        gio4j.select(ROWS, TARGET, 5),
        gio4j.select(TARGET, ROWS, 5, existing=ROWS),
        gio4j.select(ROWS, ROWS, 7, "exact", k=2, quantize=4),
        gio4j.nearest(ROWS, TARGET, 2),
        float(gio4j.divergence(TARGET, ROWS)),
        model.assignments,
    )


@pytest.mark.parametrize("kind", KINDS)
def test_every_function(kind: str, tmp_path: Path) -> None:
    value = KINDS[kind](tmp_path)
    plain, as_target, clustered, neighbors, divergence, assignments = answers_of_the_array()
    found = gio4j.select(value, TARGET, 5)
    assert found.indices.tolist() == plain.indices.tolist()
    assert found.trace.tolist() == plain.trace.tolist()
    assert (found.pool_rows, found.pool_columns) == ROWS.shape
    other = gio4j.select(TARGET, value, 5, existing=value)
    assert other.trace.tolist() == as_target.trace.tolist()
    quantized = gio4j.select(value, value, 7, "exact", k=2, quantize=4)
    assert quantized.indices.tolist() == clustered.indices.tolist()

    distances, indices = gio4j.nearest(value, TARGET, 2)
    assert np.array_equal(indices, neighbors[1])
    assert np.array_equal(distances, neighbors[0])
    assert gio4j.divergence(TARGET, value) == divergence

    model = gio4j.kmeans(value, 3, seed=1)
    assert np.array_equal(model.assignments, assignments)
    assert np.array_equal(model.predict(value), assignments)
    taken_in_kind(value, found)
    exploded_in_kind(value, model)


@pytest.mark.parametrize("kind", [*ONE_OF_EACH])
def test_report(kind: str, tmp_path: Path) -> None:
    found = gio4j.select(KINDS[kind](tmp_path), TARGET, 5)
    assert found.report() == answers_of_the_array()[0].report()


def taken_in_kind(value: Any, found: gio4j.Selection) -> None:
    first, _ = parted(value)
    if is_path(first):
        with pytest.raises(TypeError, match="whose rows have no numbers"):
            found.take("rows.csv")
        return
    taken = found.take(first)
    holder, whole = holder_of(taken), holder_of(first)
    assert type(holder) is type(whole) or isinstance(taken, pa.Table | list)
    _, named = parted(value)
    columns = (named,) if named is not None else ()
    again = gio4j.nearest((taken, *columns) if columns else taken, ROWS)[1]
    assert again.ravel().tolist() == found.indices.tolist()


def exploded_in_kind(value: Any, model: gio4j.KMeansModel) -> None:
    assert model.assignments is not None
    first, _ = parted(value)
    clusters = [2, 0]
    expected = [
        row for cluster in clusters for row in np.flatnonzero(model.assignments == cluster).tolist()
    ]
    if is_path(first) or not holder_of(first).is_frame:
        assert np.array_equal(model.transform(value), model.assignments)
        assert gio4j.explode(clusters, model.assignments).tolist() == expected
        return
    transformed = model.transform(value)
    assert texts_of(transformed, "prediction") == model.assignments.tolist()
    exploded = gio4j.explode(clusters, transformed)
    assert texts_of(exploded, "id") == model.assignments[expected].tolist()
    assert texts_of(exploded, "prediction") == model.assignments[expected].tolist()
