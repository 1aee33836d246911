"""What runs in Spark's workers, without Spark."""

from __future__ import annotations

from typing import Any, get_type_hints

import numpy as np
import pyarrow as pa
import pytest

from gio4j._rows import spark_worker
from gio4j._rows.spark_worker import append_prediction, nearest, pack, predictor, rows_of


def by_definition(rows: np.ndarray, centers: np.ndarray) -> np.ndarray:
    differences = rows[:, None, :].astype(np.float64) - centers[None]
    return (differences**2).sum(axis=2).argmin(axis=1)


@pytest.mark.parametrize("offset", [0, 1000])
@pytest.mark.parametrize("columns", [1, 3, 64])
def test_nearest_is_the_first_of_the_nearest(columns: int, offset: int) -> None:
    random = np.random.default_rng(columns)
    # Few values in few columns: ties and equal centres abound.
    rows = (random.integers(0, 3, (500, columns)) + offset).astype(np.float32)
    centers = np.concatenate([rows[:40], rows[:10], rows[40:50] + np.float32(0.5)])
    found = nearest(rows, centers)
    assert found.dtype == np.int32
    assert np.array_equal(found, by_definition(rows, centers))


def test_rows_between_two_centres_apart_by_a_rounding() -> None:
    centers = np.float32([[1, 0], [1 + 2**-23, 0]])
    rows = np.float32([[1, 7], [1 + 2**-23, 7], [0, 0], [9, 0]])
    assert nearest(rows, centers).tolist() == [0, 1, 0, 1]


@pytest.mark.parametrize("factor", [1e-30, 1e-6, 1e11, 1e30])
def test_nearest_at_any_scale_beside_an_outlier(factor: float) -> None:
    random = np.random.default_rng(1)
    rows = (random.normal(size=(300, 20)) * factor).astype(np.float32)
    centers = rows[:40].copy()
    centers[7, 3] = 1e8
    rows[9, 4] = 3e38
    assert np.array_equal(nearest(rows, centers), by_definition(rows, centers))


def test_nearest_refuses_what_is_no_number() -> None:
    assert len(nearest(np.empty((0, 2), np.float32), np.zeros((1, 2), np.float32))) == 0
    with pytest.raises(ValueError, match="NaN or infinity"):
        nearest(np.float32([[np.nan]]), np.zeros((1, 1), np.float32))


def batch(rows: list[Any]) -> pa.RecordBatch:
    column = pa.array(rows, pa.list_(pa.float64()))
    return pa.RecordBatch.from_arrays(
        [pa.array(range(len(rows))), column], names=["id", "features"]
    )


def test_pack_makes_blocks_of_whole_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spark_worker, "_PACK_BYTES", 16)
    rows = [[float(row), 0.5 if row < 3 else 0.1] for row in range(5)]
    batches = [batch(rows).select(["features"]), batch([]).select(["features"])]
    packed = list(pack(batches))
    assert {part["columns"][0].as_py() for part in packed} == {2}
    blocks = [(part["dtype"][0].as_py(), part["vectors"][0].as_py()) for part in packed]
    assert [dtype for dtype, _ in blocks] == ["<f4"] * 3 + ["<f8"] * 2, "digits are kept"
    assert [np.frombuffer(block, dtype).tolist() for dtype, block in blocks] == rows


def test_predictor_of_a_column_and_of_batches() -> None:
    centers = np.float32([[0], [10]])
    predict = predictor(centers)
    rows, none = batch([[1.0], [9.0]]), batch([])
    assert predict(rows["features"]).equals(pa.array([0, 1], pa.int32()))
    assert predict(none["features"]).equals(pa.array([], pa.int32()))
    # Spark tells kinds of functions apart by these.
    assert get_type_hints(predict) == {"vectors": pa.Array, "return": pa.Array}
    answer, empty = append_prediction("features", centers)([rows, none])
    assert answer.schema.names == ["id", "features", "prediction"]
    assert answer["prediction"].equals(predict(rows["features"]))
    assert empty.num_rows == 0


@pytest.mark.parametrize("kind", [pa.float64(), pa.int64()])
def test_predictor_of_rows_less_an_offset(kind: pa.DataType) -> None:
    far = 2**53 if kind == pa.int64() else 2.0**53
    rows = pa.array([[far], [far + 2], [far + 4]], pa.list_(kind))
    predict = predictor(np.float32([[0], [4]]), np.array([2.0**53]))
    assert predict(rows).to_pylist() == [0, 0, 1]


@pytest.mark.parametrize(
    "rows", [[[1.0], None], [[1.0], [1.0, 2.0]], [[]], [[1.0, None]]], ids=repr
)
def test_refused_rows(rows: list[Any]) -> None:
    with pytest.raises(ValueError, match="features: "):
        rows_of(batch(rows).column(1))


def test_directions_are_compared_by_the_cosine() -> None:
    centers = np.array([[1, 0], [0, 1]], np.float32)
    rows = pa.array([[1e-30, 2e-30], [5e30, 1e30], [0.3, 0.2]], pa.list_(pa.float32()))
    predict = spark_worker.predictor(centers, None, "cosine")
    assert predict(rows).to_pylist() == [1, 0, 0]
    # As they are, the first lies nearer to another centre, or as near.
    assert spark_worker.predictor(centers)(rows).to_pylist() == [0, 0, 0]
    with pytest.raises(ValueError, match="features: a row is all zeros and has no direction"):
        predict(pa.array([[0.0, 0.0]], pa.list_(pa.float32())))
