"""Each kind of rows in each function that takes rows: the answer is that of the array."""

from __future__ import annotations

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


def parted(value: Any) -> tuple[Any, Any]:
    """A frame or path, and the columns named beside it."""
    return value if isinstance(value, tuple) else (value, None)


def texts_of(frame: Any, column: str) -> list[Any]:
    collected = frame.collect() if hasattr(frame, "collect") else frame
    table = collected.to_table() if hasattr(collected, "to_table") else collected
    return np.asarray(table[column]).tolist()


@pytest.mark.parametrize("kind", KINDS)
def test_every_function(kind: str, tmp_path: Path) -> None:
    value = KINDS[kind](tmp_path)
    plain = gio4j.select(ROWS, TARGET, 5)
    found = gio4j.select(value, TARGET, 5)
    assert found.indices.tolist() == plain.indices.tolist()
    assert found.trace.tolist() == pytest.approx(plain.trace.tolist(), rel=1e-12)
    assert (
        gio4j.select(ROWS, value, 5).indices.tolist()
        == gio4j.select(ROWS, ROWS, 5).indices.tolist()
    )
    assert found.report(target=TARGET).picked.rows == 5

    distances, indices = gio4j.nearest(value, TARGET, 2)
    expected = gio4j.nearest(ROWS, TARGET, 2)
    assert np.array_equal(indices, expected[1])
    assert np.array_equal(distances, expected[0])
    assert gio4j.divergence(TARGET, value) == gio4j.divergence(TARGET, ROWS)

    model, known = gio4j.kmeans(value, 3, seed=1), gio4j.kmeans(ROWS, 3, seed=1)
    assert np.array_equal(model.assignments, known.assignments)
    assert np.array_equal(model.predict(value), known.assignments)
    taken_in_kind(value, found)
    exploded_in_kind(value, model)


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
