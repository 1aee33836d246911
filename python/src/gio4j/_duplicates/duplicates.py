"""What `gio4j.deduplicate` answers: rows kept, rows dropped and why."""

from __future__ import annotations

import os
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from gio4j._checks import brief, check_real
from gio4j._duplicates.resolve import Doubles, Ints, NearPairs, limit_of
from gio4j._report.frames import Library, table_of
from gio4j._rows.choice import Metric
from gio4j._rows.take import take_rows
from gio4j._shared.open_file import path_of
from gio4j._shared.whole_file import whole_file
from gio4j.errors import InvalidInputError


@dataclass(frozen=True, eq=False, repr=False)
class Duplicates:
    """Rows of a pool that `gio4j.deduplicate` kept, and for each other row why it was dropped.

    Attributes
    ----------
    kept : ndarray of shape (m,), int32
        Rows of the pool that are kept, ascending.
    dropped : ndarray of shape (n,), int32
        Rows that are dropped, ascending.
    near : ndarray of shape (n,), int32
        For each dropped row the kept row nearest to it. With ``chains=True`` the nearest row before
        it, which may be dropped too; with `against` the nearest row of that.
    distances : ndarray of shape (n,), float64
        Euclidean distances of `dropped` from `near`, of rows divided by their lengths for
        ``metric="cosine"``.
    threshold : float
        A row at this cosine or more, or at this distance or less, was near another.
    metric : {"cosine", "euclidean"}
        How rows were compared.
    keep : str
        Which rows came first.
    chains : bool
        Whether rows were dropped for the sake of dropped ones.
    has_against : bool
        Whether rows were compared with a second set, and not with each other.
    pool_rows : int
        Rows of the pool, with those that lack a number, which are neither kept nor dropped.

    Examples
    --------
    >>> rows = [[1.0, 0.0], [1.0, 0.1], [0.0, 1.0], [2.0, 0.0]]
    >>> found = gio4j.deduplicate(rows, 0.9)
    >>> found
    Duplicates(2 of 4 rows kept, threshold=0.9, metric='cosine')
    >>> found.kept.tolist(), found.dropped.tolist(), found.near.tolist()
    ([0, 2], [1, 3], [0, 0])
    """

    kept: Ints
    dropped: Ints
    near: Ints
    distances: Doubles
    threshold: float
    metric: Metric
    keep: str
    chains: bool
    has_against: bool
    pool_rows: int
    _pairs: NearPairs | None = field(default=None, repr=False)
    # Row numbers of the engine's rows, where some were left out.
    _rows: npt.NDArray[np.int32] | None = field(default=None, repr=False)

    def __repr__(self) -> str:
        return (
            f"Duplicates({len(self.kept):,} of {self.pool_rows:,} rows kept, "
            f"threshold={self.threshold:.6g}, metric={self.metric!r})"
        )

    @property
    def similarities(self) -> Doubles:
        """Cosines of `dropped` and `near`, for ``metric="cosine"``.

        Returns
        -------
        ndarray of shape (n,), float64
            They err by up to 1e-7, as rows are divided by their lengths in float32.
        """
        if self.metric != "cosine":
            raise InvalidInputError("similarities: are for metric='cosine'; read distances")
        return 1.0 - self.distances**2 / 2

    @property
    def counts(self) -> Ints:
        """How many rows each kept row stands for: itself, and those dropped for its sake.

        Returns
        -------
        ndarray of shape (m,), int32
            In the order of `kept`, such as for the `weights` of `gio4j.select`. They add up to the
            rows of the pool that lack no number; against a second set all are 1.
        """
        counts = np.ones(len(self.kept), np.int32)
        if not self.has_against:
            np.add.at(counts, np.searchsorted(self.kept, self._roots()), 1)
        return counts

    @property
    def groups(self) -> dict[int, list[int]]:
        """The rows dropped for the sake of each kept row, or of each row of `against`.

        Returns
        -------
        dict of int to list of int
            Only rows for whose sake some were dropped, ascending, as are the lists.
        """
        roots = self._roots()
        order = np.argsort(roots, kind="stable")
        names, starts = np.unique(roots[order], return_index=True)
        parts = np.split(self.dropped[order], starts[1:]) if len(names) else []
        return {int(name): part.tolist() for name, part in zip(names.tolist(), parts, strict=True)}

    def _roots(self) -> Ints:
        """For each dropped row the kept row at the end of its chain."""
        roots = self.near
        if self.chains and not self.has_against:
            target = np.arange(self.pool_rows, dtype=np.int32)
            target[self.dropped] = self.near
            while not np.array_equal(target, further := target[target]):  # half as long each time
                target = further
            roots = target[self.dropped]
        return roots

    def rethreshold(self, threshold: float) -> Duplicates:
        """Answer a stricter threshold, without another search.

        Parameters
        ----------
        threshold : float
            A cosine of at least that of the search, or a distance of at most that.

        Returns
        -------
        Duplicates
            What `gio4j.deduplicate` answers with this threshold.

        Raises
        ------
        InvalidInputError
            For a looser threshold, or where there were more near pairs than memory holds. It is a
            ValueError.

        Examples
        --------
        >>> found = gio4j.deduplicate([[1.0, 0.0], [1.0, 0.1], [0.0, 1.0]], 0.9)
        >>> len(found.kept), len(found.rethreshold(0.999).kept)
        (2, 3)
        """
        if self.metric == "cosine":
            value = check_real(threshold, "threshold", least=-1, most=1)
            looser = value < self.threshold
        else:
            value = check_real(threshold, "threshold", least=0)
            looser = value > self.threshold
        if looser:
            raise InvalidInputError(
                f"threshold={brief(threshold)}: rows were compared at {self.threshold:g}, and "
                "pairs farther apart are not known; call gio4j.deduplicate with it"
            )
        limit = limit_of(value, self.metric)
        if self.has_against:
            near = self.distances**2 <= limit
            back = self.dropped[~near]
            return replace(
                self,
                kept=np.sort(np.concatenate([self.kept, back])),
                dropped=self.dropped[near],
                near=self.near[near],
                distances=self.distances[near],
                threshold=value,
            )
        pairs = self._known_pairs().within(limit)
        return replace(self, **answer(*pairs.near(), self._rows), threshold=value, _pairs=pairs)

    def _known_pairs(self) -> NearPairs:
        """The pairs of the search; InvalidInputError where there were too many to be kept."""
        if self._pairs is None:
            raise InvalidInputError(
                f"threshold={self.threshold:g}: there are more near pairs than the engine has "
                "memory for, so no other threshold or budget can be answered from them; pass a "
                "stricter threshold to gio4j.deduplicate"
            )
        return self._pairs

    def take(self, pool_like: Any) -> Any:
        """Take the kept rows of anything that has the pool's rows in the pool's order.

        Parameters
        ----------
        pool_like : array, frame, dataset, list, tuple or dict of columns, of N rows
            Anything that `gio4j.Selection.take` takes.

        Returns
        -------
        array, frame, dataset, list, tuple or dict of columns, of m rows
            The kept rows in the pool's order, of the same kind as `pool_like`.

        Raises
        ------
        InvalidInputError
            If it has another number of rows than the pool. It is a ValueError.
        TypeError
            For other kinds.

        Examples
        --------
        >>> gio4j.deduplicate([[1.0, 0.0], [1.0, 0.1], [0.0, 1.0]]).take(["a", "b", "c"])
        ['a', 'c']
        """
        return take_rows(pool_like, self.kept, self.pool_rows)

    def to_frame(self, library: Library = "pyarrow") -> Any:
        """Make a table with one line a dropped row.

        Parameters
        ----------
        library : {"pyarrow", "pandas", "polars"}, default="pyarrow"
            Whose table it is.

        Returns
        -------
        pyarrow.Table, pandas.DataFrame or polars.DataFrame
            Columns `id`, the dropped row, `max_id`, the row that it was dropped for, and
            `cosine_sim_score`, as NeMo Curator calls them; for ``metric="euclidean"`` `distance` in
            its place.

        Examples
        --------
        >>> found = gio4j.deduplicate([[1.0, 0.0], [1.0, 0.1], [0.0, 1.0]])
        >>> found.to_frame().to_pylist()
        [{'id': 1, 'max_id': 0, 'cosine_sim_score': 0.995...}]
        """
        is_cosine = self.metric == "cosine"
        table = {
            "id": self.dropped,
            "max_id": self.near,
            "cosine_sim_score" if is_cosine else "distance": (
                self.similarities if is_cosine else self.distances
            ),
        }
        return table_of(pa.table(table), library)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the table of `to_frame` as Parquet.

        Parameters
        ----------
        path : str or os.PathLike
            A file whose name ends in .parquet.
        """
        import pyarrow.parquet

        file = path_of(path)
        if Path(file).suffix != ".parquet":
            raise InvalidInputError(f"path={brief(os.fspath(path))}: needs a name in .parquet")
        table = self.to_frame()
        with whole_file(file) as descriptor, open(descriptor, "wb", closefd=False) as out:
            pyarrow.parquet.write_table(table, out)


def answer(
    near: Ints,
    squared: Doubles,
    rows: npt.NDArray[np.int32] | None,
    others: npt.NDArray[np.integer[Any]] | None = None,
) -> dict[str, Any]:
    """The arrays of the answer, from the engine's; `rows` and `others` are the numbers of rows."""
    dropped = np.flatnonzero(near >= 0).astype(np.int32)
    kept = np.flatnonzero(near < 0).astype(np.int32)
    to = near[dropped]
    others = rows if others is None else others
    return {
        "kept": kept if rows is None else rows[kept],
        "dropped": dropped if rows is None else rows[dropped],
        "near": to if others is None else others[to].astype(np.int32),
        "distances": np.sqrt(squared[dropped]),
    }
