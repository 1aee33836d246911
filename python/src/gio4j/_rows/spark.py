"""Spark DataFrames, classic and Connect: vectors out, predictions in, never a shuffle.

Only calls that both kinds of session know are used. Workers run `gio4j._rows.spark_worker`, which
is sent to them as it stands, so they need NumPy and pyarrow but not this package.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from typing import Any

import numpy as np

from gio4j._rows import spark_worker
from gio4j._rows.choice import Metric
from gio4j._rows.float32 import Numbers, Offset, Rows
from gio4j.errors import InvalidInputError, InvalidTypeError, MissingPackageError, warn


def is_installed() -> bool:
    """Whether `import pyspark` would find something."""
    from importlib.util import find_spec

    return find_spec("pyspark") is not None


def session() -> Any:
    """The session there is, else a new one; ImportError with the cure without pyspark."""
    try:
        from pyspark.sql import SparkSession
    except ImportError as problem:
        raise MissingPackageError(
            "GIOKL.spark needs pyspark: pip install 'gio4j[spark]'"
        ) from problem
    return SparkSession.builder.getOrCreate()


def read_csv(spark: Any, path: str, delimiter: str, skip_bad: bool) -> Any:
    """A CSV file as the reference reads it: strings `_c0`, `_c1`, ... and `features`."""
    from pyspark.sql import functions

    frame = spark.read.option("delimiter", delimiter).csv(path)
    if "_c2" not in frame.columns:
        raise InvalidInputError(
            f"{path}: has {len(frame.columns)} columns where delim={delimiter!r} cuts its first "
            "line, no _c2; perhaps another delim is meant"
        )
    read = _with_features(frame, functions.from_json(functions.col("_c2"), "array<double>"))
    if not skip_bad:
        return read
    kept = functions.col("features").isNotNull()
    skipped = read.filter(~kept).count()
    if skipped:
        warn(f"{path}: skipped {skipped} rows whose _c2 is no list of numbers")
    return read.filter(kept)


def read_parquet(spark: Any, path: str) -> Any:
    """A Parquet file whose column `features` holds lists of numbers."""
    frame = spark.read.parquet(path)
    if "features" not in frame.columns:
        raise InvalidInputError(
            f"{path}: has no column 'features', only {', '.join(map(repr, frame.columns))}; rename "
            "the one that holds the vectors"
        )
    return _with_features(frame, _arrays(frame, "features").cast("array<double>"))


def vectors(frame: Any, column: str | list[str]) -> Iterator[Numbers]:
    """The vectors of a column, or the numbers of several, in batches in the frame's order.

    One partition after another, so neither the driver's memory nor spark.driver.maxResultSize
    bounds them; a megabyte each, as Connect limits a message.
    """
    name = column if isinstance(column, str) else "features"
    arrays = frame.select(_arrays(frame, column))
    packed = arrays.mapInArrow(_shipped(frame).pack, spark_worker.PACKED)
    rows, columns = 0, None
    for part in _in_one_line(packed.toLocalIterator(prefetchPartitions=True)):
        if columns is not None and part.columns != columns:
            raise InvalidInputError(
                f"{name}: row {rows} has {part.columns} numbers, those before it {columns}; all "
                "need the same"
            )
        columns = part.columns
        batch = np.frombuffer(part.vectors, part.dtype).reshape(-1, columns)
        rows += len(batch)
        yield batch
    if rows == 0:
        raise InvalidInputError(f"{name}: has no rows; needs at least one")


def with_prediction(
    frame: Any,
    column: str | list[str],
    centers: Rows,
    offset: Offset | None,
    metric: Metric = "euclidean",
) -> Any:
    """The frame with the int32 nearest centre of each row less the offset, computed where it is.

    A function of the one column, so the others never go through Python, and an answer without
    `prediction` leaves the vectors unread.
    """
    from pyspark.sql import functions
    from pyspark.sql.types import IntegerType, StructType

    worker, ends = _shipped(frame), np.array(centers)
    if hasattr(functions, "arrow_udf"):
        predict = functions.arrow_udf(worker.predictor(ends, offset, metric), "int")
        return frame.withColumn("prediction", predict(_arrays(frame, column)))
    # Spark 4.0 has no function of Arrow's columns: there all of them go through Python, and vectors
    # of Spark ML come back as arrays.
    name = column if isinstance(column, str) else "features of gio4j"
    whole = frame.withColumn(name, _arrays(frame, column))
    schema = StructType(list(whole.schema.fields)).add("prediction", IntegerType())
    predicted = whole.mapInArrow(worker.append_prediction(name, ends, offset, metric), schema)
    return predicted if name == column else predicted.drop(name)


def explode(frame: Any, ids: list[int], columns: list[str] | None) -> Any:
    """The rows of the chosen clusters, by a broadcast of the few pairs (i, id).

    The comparison lets nulls be equal, though there are none: for a plain one Spark first looks for
    nulls, and computes all predictions twice.
    """
    from pyspark.sql import functions

    chosen = frame.sparkSession.createDataFrame(list(enumerate(ids)), "i long, id long")
    joined = functions.broadcast(chosen).join(
        frame, functions.col("id").eqNullSafe(functions.col("prediction"))
    )
    return joined if columns is None else joined.select("i", "id", *columns)


def _in_one_line(rows: Iterator[Any]) -> Iterator[Any]:
    """The rows; what our worker refused becomes one line, without Spark's two traces around it."""
    try:
        yield from rows
    except Exception as problem:
        refused = re.search(r"ValueError: (features: .*)", str(problem))
        if refused is None:
            raise
        raise InvalidInputError(refused[1]) from problem


def _with_features(frame: Any, features: Any) -> Any:
    """The column `features` without nulls inside: NaN instead, which the engine refuses."""
    from pyspark.sql import functions

    whole = functions.transform(
        features, lambda number: functions.coalesce(number, functions.lit(float("nan")))
    )
    return frame.withColumn("features", whole)


def _arrays(frame: Any, column: str | list[str]) -> Any:
    """The column as arrays, under its name; TypeError if it holds no arrays or vectors.

    Several are columns of numbers, put into arrays of float only if each of them is of it.
    """
    from pyspark.sql import functions

    if not isinstance(column, str):
        kinds = {frame.schema[name].dataType.simpleString() for name in column}
        number = "float" if kinds == {"float"} else "double"
        numbers = [functions.col(_quoted(name)).cast(number) for name in column]
        return functions.array(*numbers).alias("features")
    is_whole = column in frame.columns
    field = frame.schema[column] if is_whole else frame.select(column).schema[0]
    kind = field.dataType.simpleString()
    if kind == "vector":
        from pyspark.ml.functions import vector_to_array

        vectors = functions.col(column)  # of a null Spark makes no array, but a trace
        return functions.when(vectors.isNotNull(), vector_to_array(vectors)).alias(column)
    if kind.startswith("array<"):
        return functions.col(column)
    raise InvalidTypeError(
        f"{column}: is a column of {kind}; needs array<double>, or vector of Spark ML"
    )


def _quoted(name: str) -> str:
    """A column's name as it stands, dots and all."""
    return "`" + name.replace("`", "``") + "`"


def _shipped(frame: Any) -> Any:
    """The worker's module, to be sent whole to the workers of the frame's session.

    On a local master they run this very interpreter, unless PYSPARK_PYTHON names another: Spark's
    own choice, the first python3 on the path, lacks the packages of a virtual environment.
    """
    from pyspark import cloudpickle

    register: Any = cloudpickle.register_pickle_by_value
    register(spark_worker)
    context = getattr(frame.sparkSession, "_sc", None)  # Connect has none, and decides by itself
    if (
        context is not None
        and context.master.startswith("local")
        and "PYSPARK_PYTHON" not in os.environ
    ):
        context.pythonExec = sys.executable
    return spark_worker
