"""Rows given as matrices beside each other: gradients at several checkpoints, with weights."""

from __future__ import annotations

import numbers
from collections.abc import Sequence
from contextlib import ExitStack
from functools import cached_property
from typing import Any

import numpy as np

from gio4j._checks import check_real
from gio4j._rows.float32 import Numbers, Offset, as_float32, sample_size
from gio4j._rows.matrix import Matrix
from gio4j._rows.sources import Indices, Source, are_zeros
from gio4j._rows.unit import UnitSource, require_directions
from gio4j.errors import InvalidInputError


def are_checkpoints(value: Any) -> bool:
    """Whether a value is ``[(matrix, weight), ...]``; a list of pairs of numbers is a matrix."""
    return isinstance(value, list) and bool(value) and all(map(_is_weighed, value))


def _is_weighed(value: Any) -> bool:
    if not isinstance(value, tuple) or len(value) != 2:
        return False
    return isinstance(value[1], numbers.Real) and not isinstance(value[0], numbers.Real)


class CheckpointSource(Source):
    """The columns of several sources of the same rows, each times the root of its weight.

    So an inner product of two rows is the weighted sum of the checkpoints' products, and with
    ``metric="cosine"`` that of their cosines: each checkpoint's part of a row has length 1 before,
    or is zeros. The engine multiplies while it reads. Rows are never moved by an offset.
    """

    is_movable = False

    def __init__(self, parts: Sequence[Source], weights: Sequence[float], name: str) -> None:
        """Of parts that hold the same rows, with weights above 0, which need not sum to 1."""
        super().__init__(name)
        self.parts = parts
        self.weights = [
            check_real(weight, f"{name}: weight {place}", least=0, above=True)
            for place, weight in enumerate(weights)
        ]
        shares = np.array(self.weights) / max(self.weights)  # their sum may be beyond a double
        self.shares = shares / shares.sum()
        if not self.shares.all():
            place = int(self.shares.argmin())
            raise InvalidInputError(
                f"{name}: weight {place} is {self.weights[place]:g}, nothing beside the largest, "
                f"{max(self.weights):g}; leave its checkpoint out"
            )
        self.metric = parts[0].metric
        self._factors = np.sqrt(self.shares)

    def share(self, leases: ExitStack) -> Matrix:
        """Each where it lies."""
        shared = [part.share(leases) for part in self.parts]
        rows = {part.rows for part in shared} - {None}
        if len(rows) > 1:
            self._require_same_rows()
        columns = [part.columns for part in shared]
        request = {
            "kind": "beside",
            "name": self.name,
            "parts": [part.request for part in shared],
            "factors": self._factors.tolist(),
        }
        total = None if None in columns else sum(count for count in columns if count is not None)
        return Matrix(request, rows.pop() if rows else None, total)

    def materialised(self, offset: Offset | None = None) -> CheckpointSource:
        """Each of them; none has an offset, since it would change the products."""
        assert offset is None, "rows at checkpoints are never moved"
        parts = [part.materialised() for part in self.parts]
        return CheckpointSource(parts, self.weights, self.name)

    @cached_property
    def widths(self) -> list[int]:
        """Columns of each; InvalidInputError where they have other numbers of rows."""
        return [columns for _, columns in self._shapes]

    @cached_property
    def _shapes(self) -> list[tuple[int, int]]:
        return [part.shape for part in self.parts]

    @property
    def shape(self) -> tuple[int, int]:
        """The rows of each, and the columns of all."""
        self._require_same_rows()
        return self._shapes[0][0], sum(self.widths)

    def _require_same_rows(self) -> None:
        for place, (rows, _) in enumerate(self._shapes):
            if rows != self._shapes[0][0]:
                raise InvalidInputError(
                    f"{self.name}: checkpoint {place} has {rows} rows, checkpoint 0 has "
                    f"{self._shapes[0][0]}; each needs a gradient of every row"
                )

    def require_same(self, other: Source) -> None:
        """InvalidInputError for rows that are not of these checkpoints with these weights."""
        ours = f"{self.name} has {len(self.parts)} checkpoints"
        if not isinstance(other, CheckpointSource):
            raise InvalidInputError(
                f"{other.name}: is one matrix, {ours}; pass [(matrix, weight), ...] of the same "
                "checkpoints for both"
            )
        if len(other.parts) != len(self.parts):
            raise InvalidInputError(
                f"{other.name}: has {len(other.parts)} checkpoints, {ours}; pass the same for both"
            )
        for place, (ours_share, share) in enumerate(zip(self.shares, other.shares, strict=True)):
            if abs(share - ours_share) > 1e-9 * ours_share:
                raise InvalidInputError(
                    f"{other.name}: checkpoint {place} has weight {share:.6g} of a sum of 1, in "
                    f"{self.name} {ours_share:.6g}; pass the same weights for both"
                )
        for place, (wide, width) in enumerate(zip(self.widths, other.widths, strict=True)):
            if wide != width:
                raise InvalidInputError(
                    f"{other.name}: checkpoint {place} has {width} columns, in {self.name} {wide}; "
                    "both must come from the same model and projection"
                )

    def files(self) -> list[tuple[str, int]]:
        """Those of the first checkpoint."""
        return self.parts[0].files()

    def take(self, indices: Indices) -> Numbers:
        """As the engine has them; InvalidInputError for a direction of zeros alone."""
        taken = [
            self._scaled(part, factor, indices)
            for part, factor in zip(self.parts, self._factors, strict=True)
        ]
        rows: Numbers = np.concatenate(taken, axis=1)
        if self.metric == "cosine":
            require_directions(np.asarray(indices)[are_zeros(rows)], len(rows), self.name)
        return rows

    def _scaled(self, part: Source, factor: float, indices: Indices) -> Numbers:
        if not isinstance(part, UnitSource):
            rows = part.take(indices).astype(np.float64) * factor
            return rows.astype(np.float32) if part.is_held else rows
        doubles = as_float32(part.stored.take(indices), self.name).astype(np.float64)
        lengths = np.sqrt(np.einsum("ij,ij->i", doubles, doubles))
        lengths[lengths == 0] = 1
        scaled: Numbers = (doubles * (factor / lengths)[:, None]).astype(np.float32)
        return scaled

    def sample(self) -> Numbers:
        """The same rows of each, as they are stored."""
        rows, columns = self.shape
        size = min(rows, sample_size(columns))
        chosen = np.sort(np.random.default_rng(0).choice(rows, size, replace=False))
        stored = [part.stored if isinstance(part, UnitSource) else part for part in self.parts]
        together: Numbers = np.concatenate([part.take(chosen) for part in stored], axis=1)
        return together

    @property
    def is_held(self) -> bool:
        """Where all of them are."""
        return all(part.is_held for part in self.parts)
