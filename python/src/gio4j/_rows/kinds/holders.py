"""Which kind a thing is of: the one list of all kinds."""

from __future__ import annotations

from typing import Any

from gio4j._rows.kinds.arrow import ArrowColumn, ArrowDataset, ArrowTable
from gio4j._rows.kinds.holder import Array, Holder
from gio4j._rows.kinds.huggingface import FaceColumn, FaceDataset, FaceOther
from gio4j._rows.kinds.mapping import ColumnDict
from gio4j._rows.kinds.pandas import PandasFrame, PandasSeries
from gio4j._rows.kinds.polars import PolarsFrame, PolarsLazyFrame, PolarsSeries
from gio4j._rows.kinds.pyspark import SparkFrame
from gio4j._rows.kinds.sparse import SparseMatrix

KINDS: tuple[type[Holder], ...] = (
    *(ArrowTable, ArrowDataset, ArrowColumn),
    *(PandasFrame, PandasSeries),
    *(PolarsFrame, PolarsLazyFrame, PolarsSeries),
    *(FaceDataset, FaceColumn, FaceOther),
    *(SparkFrame, ColumnDict, SparseMatrix, Array),
)


def holder_of(value: Any) -> Holder:
    """A thing as the kind that it is of; an array, if it is of no other."""
    for ancestor in type(value).__mro__:
        package = ancestor.__module__.partition(".")[0]
        for kind in KINDS:
            if kind.matches(package, ancestor):
                return kind(value)
    raise AssertionError("every class inherits from object")
