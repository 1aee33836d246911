"""Answers a few requests as the engine would, by NumPy, and remembers them."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

import numpy as np
import pyarrow as pa

from gio4j._engine.jobs import Answer
from gio4j._rows.float32 import STORED, plain

DTYPES = {name: dtype for dtype, name in STORED.items()}


def read(request: dict[str, Any]) -> np.ndarray[Any, Any]:
    """The rows of a matrix, found as the engine finds them."""
    if request["kind"] == "joined":
        return np.concatenate([read(part) for part in request["parts"]])
    if request["kind"] == "unit":
        rows = read(request["rows"]).astype(float)
        return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
    if request["kind"] == "raw":
        columns, dtype = request["columns"], DTYPES[request["type"]]
        parts = [
            np.fromfile(request["path"], dtype, part["rows"] * columns, offset=part["offset"])
            for part in request["parts"]
        ]
        return plain(np.concatenate(parts).reshape(-1, columns))
    if request["kind"] == "arrow_file":
        column = column_of(pa.ipc.open_file(request["path"]).read_all(), request)
    else:
        with open(request["path"], "rb") as file:
            file.seek(request["offset"])
            column = column_of(pa.ipc.open_stream(file).read_all(), request)
    numbers = np.concatenate([chunk.flatten().to_numpy() for chunk in column.chunks])
    return numbers.reshape(len(column), -1)


def column_of(table: pa.Table, request: dict[str, Any]) -> pa.ChunkedArray:
    """The one that is meant."""
    (column,) = (
        column
        for field, column in zip(table.schema, table.columns, strict=True)
        if (pa.types.is_fixed_size_list(field.type) or pa.types.is_list(field.type))
        and request.get("column") in (None, field.name)
    )
    return column


def distances(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """All of them, in double."""
    return np.linalg.norm(x[:, None].astype(float) - y[None].astype(float), axis=2)


class NumpyEngine:
    """Runs requests in place of the engine; where files have their rows it answers unrecorded."""

    def __init__(self) -> None:
        self.requests: list[dict[str, Any]] = []
        self.kept: list[bool] = []

    def __call__(
        self,
        request: dict[str, Any],
        leases: ExitStack,
        on_status: Callable[..., None] | None = None,
        keep_on_interrupt: bool = False,
    ) -> Answer:
        if request["kind"] != "layout":
            self.requests.append(request)
            self.kept.append(keep_on_interrupt)
        answer: Answer = getattr(self, request["kind"].replace("-", "_"))(request)
        leases.close()
        if on_status is not None:
            on_status({"stage": "select", "done": 1, "total": 3, "objective": 4.0})
        return Answer({"timings": {"select": 0.25}, **answer.values}, answer.arrays)

    def select(self, request: dict[str, Any]) -> Answer:
        """The rows nearest to the target's middle, whatever the method."""
        pool, target = read(request["pool"]), read(request["target"])
        weights = np.ones(len(pool))
        if request["weights"] is not None:
            weights = read(request["weights"]).ravel()
        means = distances(pool, target).mean(axis=1)
        order = np.argsort(means, kind="stable")
        budget = request["budget"]
        if budget is not None:
            order = order[: np.searchsorted(np.cumsum(weights[order]), budget) + 1]
        values = {
            "stop_reason": "exhausted" if budget is None else "budget",
            "starting_objective": None,
            "picked": len(order),
            "facts": {"some_scale": 1.5, "other": "Infinity"},
        }
        gains = -means[order]
        return Answer(
            values,
            {"indices": order.astype(np.int32), "gains": gains, "trace": np.cumsum(gains)},
        )

    def layout(self, request: dict[str, Any]) -> Answer:
        """Where an Arrow file has its rows: each batch's numbers are looked for."""
        path = request["data"]["path"]
        with open(path, "rb") as file:
            is_stream = request["data"]["kind"] == "arrow_stream"
            opened = (pa.ipc.open_stream if is_stream else pa.ipc.open_file)(path)
            column = column_of(opened.read_all(), request["data"])
            whole = file.read()
        parts, columns, kind = [], 0, ""
        for chunk in column.chunks:
            numbers = chunk.flatten().to_numpy()
            columns, kind = len(numbers) // len(chunk), STORED[numbers.dtype]
            parts.append({"offset": whole.index(numbers.tobytes()), "rows": len(chunk)})
        return Answer({"columns": columns, "type": kind, "parts": parts}, {})

    def kmeans(self, request: dict[str, Any]) -> Answer:
        """Clusters of neighbouring rows."""
        data, clusters = read(request["data"]), request["options"]["clusters"]
        assignments = np.sort(np.arange(len(data)) % clusters).astype(np.int32)
        centers = np.array([data[assignments == place].mean(axis=0) for place in range(clusters)])
        values = {
            "iterations": 1,
            "stop_reason": "converged",
            "inertia": 0.0,
            "trace": [],
            "moved": [],
            "computed": [],
        }
        sizes = np.bincount(assignments).astype(np.int32)
        arrays = {"centers": centers, "assignments": assignments, "sizes": sizes}
        if request["distances"]:
            arrays["distances"] = np.linalg.norm(data - centers[assignments], axis=1)
        return Answer(values, arrays)

    def nearest_centers(self, request: dict[str, Any]) -> Answer:
        """The nearest centre."""
        table = distances(read(request["data"]), read(request["centers"]))
        found = table.argmin(axis=1)
        arrays = {"assignments": found.astype(np.int32), "distances": table.min(axis=1)}
        return Answer({}, arrays)

    def nearest_rows(self, request: dict[str, Any]) -> Answer:
        """The nearest rows."""
        x, y, k = read(request["x"]), read(request["y"]), request["k"]
        table = distances(x, y)
        if request["exclude_self"]:
            np.fill_diagonal(table, np.inf)
        found = np.argsort(table, axis=1, kind="stable")[:, :k]
        near = np.take_along_axis(table, found, axis=1)
        return Answer(
            {"rows": len(x), "k": k, "unit": 1.0},
            {"indices": found.ravel().astype(np.int32), "distances": near.ravel()},
        )

    def energy(self, request: dict[str, Any]) -> Answer:
        """By two of the kernels."""
        x, y = read(request["x"]), read(request["y"])
        xy, xx, yy = distances(x, y), distances(x, x), distances(y, y)
        scale = request["scale"] or 10.0
        if request["kernel"] == "laplace":
            xy, xx, yy = (-np.exp(-table / scale) for table in (xy, xx, yy))
        elif request["kernel"] == "rational":
            xy, xx, yy = (-1 / (1 + table**2 / (2 * scale**2)) for table in (xy, xx, yy))
        else:
            assert request["kernel"] == "euclidean"
        arrays = {
            "xy_of_x": xy.mean(axis=1),
            "xx_of_x": xx.mean(axis=1),
            "xy_of_y": xy.mean(axis=0),
            "yy_of_y": yy.mean(axis=1),
        }
        value = 2 * xy.mean() - xx.mean() - yy.mean()
        return Answer({"value": value, "scale": scale}, arrays)

    def divergence_terms(self, request: dict[str, Any]) -> Answer:
        """Without the constants that Python never sees."""
        x, y, k = read(request["x"]), read(request["y"]), request["k"]
        within = distances(x, x)
        np.fill_diagonal(within, np.inf)
        kth = np.sort(within, axis=1)[:, k - 1] + request["eps"]
        across = np.log(distances(x, y) + request["eps"]).mean(axis=1)
        terms = x.shape[1] * (across - np.log(kth))
        return Answer({"value": float(terms.mean())}, {"terms": terms})
