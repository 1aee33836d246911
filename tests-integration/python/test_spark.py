"""Spark DataFrames through the drop-in, in a classic session.

One process holds one kind of session, so test_spark_connect.py runs this file anew with the other.
"""

from __future__ import annotations

import itertools
import json
import os
import random
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from harness import sample

import gio4j
from GIO.GIOKL import GIOKL
from gio4j._rows.readers import csv_parts
from gio4j.errors import GIOWarning, InvalidInputError

#: Not run again in the other kind of session, whose part is the same.
ONCE = pytest.mark.skipif("GIO4J_TEST_SPARK" in os.environ, reason="the same in either session")
CONNECT = os.environ.get("GIO4J_TEST_SPARK") == "connect"
#: Spark 4.0 has none.
HAS_ARROW_UDF = hasattr(import_module("pyspark.sql.functions"), "arrow_udf")
ROWS = np.concatenate([sample(60, 3, seed=seed) + 4 * seed for seed in range(5)])
#: A session starts in ten seconds here, and in forty where other work runs beside it.
pytestmark = [
    pytest.mark.timeout(300),
    # PySpark 4.0 leaves the sockets of its answers to the garbage collector.
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


@pytest.fixture
def gio_kl(spark: Any) -> GIOKL:
    return GIOKL(uniform_start_size=5, dim=3, verbose=False)


def written(path: Path, rows: np.ndarray = ROWS) -> str:
    lines = (f"source {n}\ttarget {n}\t{json.dumps(row)}\n" for n, row in enumerate(rows.tolist()))
    path.write_text("".join(lines))
    return str(path)


def column(frame: Any, name: str) -> list[Any]:
    return frame.select(name).toArrow().column(0).to_pylist()


def test_the_session_is_of_the_kind_meant(gio_kl: GIOKL, spark: Any) -> None:
    assert ("connect" in type(gio_kl.spark).__module__) == CONNECT
    assert gio_kl.spark is spark


def test_csv(gio_kl: GIOKL, tmp_path: Path) -> None:
    train, x = gio_kl.read_data_from_csv(
        written(tmp_path / "train.tsv"), written(tmp_path / "x.tsv", ROWS[:7])
    )
    assert train.columns == ["_c0", "_c1", "_c2", "features"]
    assert train.schema["features"].dataType.simpleString() == "array<double>"
    assert not train.schema["features"].dataType.containsNull
    table = gio4j.read_csv(tmp_path / "train.tsv")
    assert column(train, "_c2") == table["_c2"].to_pylist()
    assert np.array_equal(
        np.array(column(train, "features"), np.float32), np.array(table["features"].to_pylist())
    )
    assert x.count() == 7


@ONCE
def test_bad_rows_of_a_csv_file(gio_kl: GIOKL, tmp_path: Path) -> None:
    path = written(tmp_path / "rows.tsv")
    with open(path, "a") as file:
        file.write("a\tb\tno vector\n")
    train, _ = gio_kl.read_data_from_csv(path, path)
    with pytest.raises(InvalidInputError, match=r"^features: a row is null, .* on_error='skip'$"):
        gio_kl.quantize(train, ROWS, k=3)
    with pytest.warns(GIOWarning, match=r"rows\.tsv: skipped 1 rows") as told:
        train, _ = gio_kl.read_data_from_csv(path, path, on_error="skip")
    assert len(told) == 2
    assert train.count() == len(ROWS)
    with pytest.raises(InvalidInputError, match="has 1 columns where delim=';'"):
        gio_kl.read_data_from_csv(path, path, ";")


def test_nulls_and_nan_are_refused_with_their_row(gio_kl: GIOKL, tmp_path: Path) -> None:
    for text in ("[1, null, 2]", "[1, NaN, 2]"):
        rows = [f"a\tb\t{json.dumps(row)}" for row in ROWS[:4].tolist()]
        (tmp_path / "rows.tsv").write_text("\n".join([*rows, f"a\tb\t{text}"]))
        train, _ = gio_kl.read_data_from_csv(str(tmp_path / "rows.tsv"), str(tmp_path / "rows.tsv"))
        with pytest.raises(InvalidInputError, match=r"df_train\.features: .*row 4"):
            gio_kl.quantize(train, ROWS, k=3)


def test_parquet(gio_kl: GIOKL, tmp_path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pa.table({"text": [f"text {n}" for n in range(300)], "features": ROWS.tolist()})
    pq.write_table(table, tmp_path / "rows.parquet")
    pq.write_table(table.drop_columns(["features"]), tmp_path / "none.parquet")
    train, x = gio_kl.read_data_from_parquet(*[str(tmp_path / "rows.parquet")] * 2)
    assert train.columns == ["text", "features"]
    model, _, transformed, _ = gio_kl.quantize(train, x, 6, "manual", 3, 4)
    expected = gio4j.kmeans(ROWS, 6, seed=3, stop="absolute_shift")
    assert model.centers.tobytes() == expected.centers.tobytes()
    assert column(transformed, "prediction") == expected.assignments.tolist()
    with pytest.raises(InvalidInputError, match="has no column 'features', only 'text'"):
        gio_kl.read_data_from_parquet(*[str(tmp_path / "none.parquet")] * 2)


def test_quantize_in_any_order(gio_kl: GIOKL, spark: Any) -> None:
    """Predictions follow their rows through partitions and shuffles: nothing is joined."""
    rows = [(n, row) for n, row in enumerate(ROWS.tolist())]
    frame = spark.createDataFrame(rows, "n int, features array<float>").repartition(5)
    model, _, transformed, predictions = gio_kl.quantize(frame, ROWS, k=9)
    assert transformed.columns == ["n", "features", "prediction"]
    assert transformed.schema["prediction"].dataType.simpleString() == "int"
    # Of one answer: each column alone may come in an order of its own.
    found = dict(tuple(row) for row in transformed.select("n", "prediction").collect())
    assert [found[n] for n in range(len(ROWS))] == model.predict(ROWS).tolist()
    assert isinstance(predictions, np.ndarray)
    again = transformed.orderBy("n", ascending=False).limit(20)
    assert column(again, "prediction") == model.predict(ROWS)[:-21:-1].tolist()


@ONCE
def test_spark_without_functions_of_arrow_columns(
    gio_kl: GIOKL, spark: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Spark 4.0 has none."""
    from pyspark.sql import functions

    monkeypatch.delattr(functions, "arrow_udf", raising=False)
    test_quantize_in_any_order(gio_kl, spark)


def plan_of(frame: Any, capsys: pytest.CaptureFixture[str]) -> str:
    capsys.readouterr()
    frame.explain()
    return capsys.readouterr().out


@ONCE
def test_only_what_is_asked_for_is_read(
    gio_kl: GIOKL, spark: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = str(tmp_path / "rows")
    rows = [(n, f"text {n}", row) for n, row in enumerate(ROWS.tolist())]
    spark.createDataFrame(rows, "n int, text string, features array<float>").write.parquet(path)
    _, _, transformed, _ = gio_kl.quantize(spark.read.parquet(path), ROWS, k=4)
    if HAS_ARROW_UDF:
        plan = plan_of(transformed.select("text"), capsys)
        assert "ReadSchema: struct<text:string>" in plan
        assert "Python" not in plan
    exploded = gio_kl.explode([1, 0], transformed, columns=["text"])
    plan = plan_of(exploded, capsys)
    if HAS_ARROW_UDF:
        assert "ReadSchema: struct<text:string,features:array<float>>" in plan
        # Once, and over the vectors alone: the text goes by.
        assert plan.count("ArrowEvalPython [predict(features") == 1
    assert "BroadcastHashJoin" in plan
    assert "Exchange hashpartitioning" not in plan


@pytest.mark.parametrize("library", ["ml", pytest.param("mllib", marks=ONCE)])
def test_vectors_of_spark_ml(library: str, gio_kl: GIOKL, spark: Any, tmp_path: Path) -> None:
    vectors = import_module(f"pyspark.{library}.linalg").Vectors
    rows = [
        (n, vectors.dense(row) if n % 2 else vectors.sparse(3, [0, 1, 2], row))
        for n, row in enumerate(ROWS.tolist())
    ]
    frame = spark.createDataFrame(rows, ["n", "features"])
    model, _, transformed, _ = gio_kl.quantize(frame, ROWS, 6, "manual", 3, 4)
    expected = gio4j.kmeans(ROWS, 6, seed=3, stop="absolute_shift")
    assert model.centers.tobytes() == expected.centers.tobytes()
    if HAS_ARROW_UDF:
        assert transformed.schema["features"].dataType == frame.schema["features"].dataType
    assert column(transformed, "prediction") == expected.assignments.tolist()
    centers = [(i, vectors.dense(center)) for i, center in enumerate(model.clusterCenters())]
    centroids = spark.createDataFrame(centers, ["id", "centroid"])
    found = gio_kl.explode(model.centers[[2]], transformed, centroids, columns=["n"])
    assert sorted(column(found, "n")) == np.flatnonzero(expected.assignments == 2).tolist()
    frame.write.parquet(str(tmp_path / "rows"))
    train, _ = gio_kl.read_data_from_parquet(*[str(tmp_path / "rows")] * 2)
    assert train.schema["features"].dataType.simpleString() == "array<double>"
    assert np.array_equal(
        gio4j.kmeans(train, 6, seed=3, stop="absolute_shift").centers, expected.centers
    )
    none = spark.createDataFrame([(1, None)], frame.schema)
    with pytest.raises(InvalidInputError, match="features: a row is null"):
        gio_kl.quantize(frame.union(none), ROWS, k=2)


@ONCE
def test_near_ties_are_settled_as_the_engine_settles_them(gio_kl: GIOKL, spark: Any) -> None:
    grid = np.random.default_rng(3).integers(0, 3, (400, 3)).astype(np.float32) + 100
    frame = spark.createDataFrame([(row,) for row in grid.tolist()], "features array<double>")
    model, _, transformed, _ = gio_kl.quantize(frame, ROWS, 8, "manual")
    assert model.assignments is not None
    assert column(transformed, "prediction") == model.assignments.tolist()
    assert model.predict(frame).tolist() == model.assignments.tolist()


def test_explode(gio_kl: GIOKL, spark: Any, capsys: pytest.CaptureFixture[str]) -> None:
    rows = [(f"text {n}", row) for n, row in enumerate(ROWS.tolist())]
    frame = spark.createDataFrame(rows, "text string, features array<double>")
    model, _, transformed, _ = gio_kl.quantize(frame, ROWS, k=9)
    centers = [(i, center.tolist()) for i, center in enumerate(model.clusterCenters())]
    centroids = spark.createDataFrame(data=centers, schema=["id", "centroid"])
    chosen = [4, 0, 4]
    answer = gio_kl.explode(model.centers[chosen], transformed, centroids)
    assert answer.columns == ["i", "id", "text", "features", "prediction"]
    local = gio4j.explode(chosen, model.transform(frame_of(rows)), columns=["text"])
    expected = sorted(tuple(row.values()) for row in local.to_pylist())
    for found in (
        answer.select("i", "id", "text"),
        gio_kl.explode(chosen, transformed, columns=["text"]),
        gio_kl.explode(
            model.centers[chosen], transformed, model.clusterCenters(), columns=["text"]
        ),
    ):
        assert sorted(map(tuple, found.collect())) == expected
    with pytest.warns(GIOWarning, match="1 of 1 rows are no centroid"):
        empty = gio_kl.explode(model.centers[:1] + 1, transformed, centroids)
    assert empty.count() == 0
    assert empty.columns == answer.columns
    assert capsys.readouterr().out.splitlines() == [
        *["Found 3 centroids out of 3 selected centroids"] * 3,
        "Found 0 centroids out of 1 selected centroids",
    ]


def frame_of(rows: list[tuple[str, list[float]]]) -> Any:
    import pyarrow as pa

    return pa.table({"text": [row[0] for row in rows], "features": [row[1] for row in rows]})


@ONCE
def test_columns_that_hold_no_arrays(gio_kl: GIOKL, spark: Any) -> None:
    texts = spark.createDataFrame([("[1, 2]",)], "features string")
    with pytest.raises(TypeError, match="features: is a column of string; needs array"):
        gio_kl.quantize(texts, ROWS, k=1)
    with pytest.raises(
        InvalidInputError,
        match="df_train: has no column of vectors and none of numbers, only 'text'; pass a matrix",
    ):
        gio_kl.quantize(texts.withColumnRenamed("features", "text"), ROWS, k=1)
    none = spark.createDataFrame([], "features array<double>")
    with pytest.raises(InvalidInputError, match="features: has no rows"):
        gio_kl.quantize(none, ROWS, k=1)
    ragged = spark.createDataFrame([([1.0],)], "features array<double>").union(
        spark.createDataFrame([([1.0, 2.0],)], "features array<double>")
    )
    with pytest.raises(InvalidInputError, match="all need the same"):
        gio_kl.quantize(ragged, ROWS, k=1)
    twice = spark.createDataFrame([([1.0], 2)], "features array<double>, prediction int")
    with pytest.raises(InvalidInputError, match="prediction: the frame has such a column"):
        gio_kl.quantize(twice, ROWS, k=1)


def awkward_lines() -> list[str]:
    """Short lines of everything that means something to a reader, each kind of them once."""
    shortest = (
        "".join(line) for size in (1, 2, 3) for line in itertools.product('a"\\,', repeat=size)
    )
    draw = random.Random(5)
    longer = (
        "".join(draw.choice('ab"""\\,,, ') for _ in range(draw.randint(4, 12))) for _ in range(1500)
    )
    return [line for line in (*shortest, *longer) if line.strip() and is_sane(line)]


def is_sane(line: str) -> bool:
    """Whether anyone can have meant it: no backslash, and no two quotes, behind a closing quote."""
    behind_an_opening_quote = int(line.startswith('"\\'))
    fields = line.replace("\\\\", "").replace('\\"', "").split(",")
    return line.count('"\\') == behind_an_opening_quote and all(
        field.count('"') <= 2 for field in fields
    )


@ONCE
def test_columns_are_cut_as_spark_cuts_them(spark: Any, tmp_path: Path) -> None:
    lines = ["x,y,z,w", *awkward_lines()]
    assert len(lines) > 700
    path = tmp_path / "lines.csv"
    # A vector in front, as ours are read for it.
    path.write_text("\r\n".join(f"[1],{line}" for line in lines), encoding="utf-8-sig")
    theirs = [tuple(row) for row in spark.read.csv(str(path)).collect()]
    ours = [
        tuple(row.values())
        for part in csv_parts(path, ",", 0, "raise")
        for row in part.columns.to_pylist()
    ]
    assert len(theirs) == len(ours) == len(lines)
    differ = [case for case in zip(lines, theirs, ours, strict=True) if case[1] != case[2]]
    assert differ == []


# --- columns of numbers ---------------------------------------------------------------------------


def wide(spark: Any) -> Any:
    """A column for each number, one an integer, beside texts."""
    rows = [(f"text {n}", n % 7, *map(float, row)) for n, row in enumerate(ROWS)]
    return spark.createDataFrame(rows, "text string, n int, a double, b double, c double")


def test_columns_of_numbers_are_rows(spark: Any) -> None:
    frame, target = wide(spark), ROWS[:5] + 0.5
    names = ["a", "b", "c"]
    expected = gio4j.select(ROWS, target, 7).indices.tolist()
    assert gio4j.select(frame, target, 7, columns=names).indices.tolist() == expected
    assert gio4j.select((frame, names), target, 7).indices.tolist() == expected
    whole = np.column_stack([np.arange(len(ROWS)) % 7, ROWS]).astype(np.float64)
    with pytest.warns(GIOWarning, match="'n', 'a', 'b', 'c', and leaves out 'text'"):
        found = gio4j.select(frame, whole[:5], 7)
    assert found.indices.tolist() == gio4j.select(whole, whole[:5], 7).indices.tolist()


def test_predictions_of_columns_of_numbers(spark: Any) -> None:
    frame = wide(spark)
    model = gio4j.kmeans(frame, 4, columns=["a", "b", "c"], seed=1)
    known = gio4j.kmeans(ROWS, 4, seed=1)
    assert np.array_equal(model.assignments, known.assignments)
    transformed = model.transform(frame)
    assert transformed.columns == ["text", "n", "a", "b", "c", "prediction"]
    assert column(transformed, "prediction") == known.assignments.tolist()
    exploded = gio4j.explode([1], transformed, columns=["text"])
    assert sorted(column(exploded, "text")) == sorted(
        f"text {row}" for row in np.flatnonzero(known.assignments == 1)
    )


def test_a_field_of_a_struct(spark: Any) -> None:
    from pyspark.sql import functions

    plain = spark.createDataFrame([(row.tolist(),) for row in ROWS], "vector array<float>")
    frame = plain.select(functions.struct("vector").alias("model"))
    expected = gio4j.select(ROWS, ROWS[:5] + 0.5, 7).indices.tolist()
    assert gio4j.select((frame, "model.vector"), ROWS[:5] + 0.5, 7).indices.tolist() == expected


def test_rows_without_numbers_cannot_be_skipped(spark: Any) -> None:
    with pytest.raises(InvalidInputError, match=r"drop such rows first, with frame\.dropna"):
        gio4j.select(wide(spark), ROWS[:5], 3, columns=["a", "b", "c"], missing="skip")
