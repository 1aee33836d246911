"""What a selection answers: rows, gains, the way there, and what can be done with them."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from gio4j._checks import one_of
from gio4j._report.card import card_of
from gio4j._report.plot import plot_selection
from gio4j._report.report import Report, report_of
from gio4j._rows.choice import choice_of
from gio4j._rows.inputs import source_of
from gio4j._rows.sources import Source
from gio4j._rows.take import take_rows
from gio4j._shared.open_file import require_regular
from gio4j.errors import InvalidInputError

#: What marks a saved selection, and holds all of it but its columns.
_METADATA = b"gio4j.selection"


class FileRow(NamedTuple):
    """A row of a file, from 0."""

    file: str
    row: int


@dataclass(frozen=True, eq=False, repr=False)
class Selection:
    """Rows of a pool that `gio4j.select` picked, in the order picked.

    Its length is the number of picks, and it iterates over the row numbers.

    It keeps a reference to `pool` and `target` as they were passed, no copy, so that `report` and
    `plot` need no arguments; they live as long as it does. A pickled or saved selection has none.

    Attributes
    ----------
    indices : ndarray of shape (m,), int32
        Rows of the pool, each once.
    gains : ndarray of shape (m,), float64
        By how much each pick improved the objective; NaN where there is nothing to compare with, as
        for the first pick without existing rows.
    trace : ndarray of shape (m,), float64
        The objective after each pick.
    stop_reason : str
        "budget", "increase" (the next pick would have made the objective worse), "min_gain" (it
        would have gained too little), "covered" (every target row has its pick), "no_influence"
        (the kernel is as good as 0, or as 1, between the target and each row that was left, so that
        nothing tells them apart; a warning says what to pass), "exhausted" (no row was left) or
        "interrupted".
    starting_objective : float or None
        The objective of the existing rows alone; None without such rows.
    method : str
        The method that picked.
    options : mapping
        What was asked for, the budget in rows and the seed among it.
    facts : mapping
        What the method found out on its way, such as the scale of its kernel.
    timings : mapping
        Seconds of each stage.
    pool_rows, pool_columns : int
        Shape of the pool, with the rows that were left out.
    pool_files : tuple of (str, int)
        The files of a pool that was passed as a path, and how many rows each has.
    pool, target : object
        As they were passed; None once loaded.

    Examples
    --------
    >>> found = gio4j.select(pool, target, 20)
    >>> subset = pool[found.indices]
    >>> len(found), found.stop_reason
    (20, 'budget')
    """

    indices: npt.NDArray[np.int32]
    gains: npt.NDArray[np.float64]
    trace: npt.NDArray[np.float64]
    stop_reason: str
    starting_objective: float | None
    method: str
    options: Mapping[str, Any]
    facts: Mapping[str, Any]
    timings: Mapping[str, float]
    pool_rows: int
    pool_columns: int
    pool_files: tuple[tuple[str, int], ...] = ()
    pool: Any = field(default=None)
    target: Any = field(default=None)

    def __post_init__(self) -> None:
        for name in ("options", "facts", "timings"):
            object.__setattr__(self, name, MappingProxyType(dict(getattr(self, name))))

    def __len__(self) -> int:
        return len(self.indices)

    def __iter__(self) -> Iterator[int]:
        return iter(self.indices.tolist())

    def __repr__(self) -> str:
        end = f", objective {self.trace[-1]:.6g}" if len(self) else ""
        return (
            f"Selection({len(self):,} of {self.pool_rows:,} rows, method={self.method!r}, "
            f"stop_reason={self.stop_reason!r}{end})"
        )

    def __getstate__(self) -> dict[str, Any]:
        facts = {name: dict(getattr(self, name)) for name in ("options", "facts", "timings")}
        arrays = {name: np.array(getattr(self, name)) for name in ("indices", "gains", "trace")}
        return {**self.__dict__, **facts, **arrays, "pool": None, "target": None}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self.__post_init__()

    # --- rows -------------------------------------------------------------------------------------

    def take(self, pool_like: Any) -> Any:
        """Take the picked rows of anything that has the pool's rows in the pool's order.

        Parameters
        ----------
        pool_like : array, frame, dataset, list or tuple of N rows
            A NumPy array, torch tensor, pyarrow Table, RecordBatch, Array or Dataset (a Table comes
            back), pandas or polars DataFrame, Series or LazyFrame, Hugging Face Dataset, list or
            tuple.

        Returns
        -------
        array, frame, dataset, list or tuple of m rows
            The picked rows in the order picked, of the same kind as `pool_like`.

        Raises
        ------
        InvalidInputError
            If it has another number of rows than the pool. It is a ValueError.
        TypeError
            For other kinds.

        Examples
        --------
        >>> found = gio4j.select(pool, target, 5)
        >>> texts = [f"text {row}" for row in range(len(pool))]
        >>> found.take(texts) == [texts[row] for row in found]
        True
        """
        return take_rows(pool_like, self.indices, self.pool_rows)

    @property
    def files(self) -> list[FileRow]:
        """The file of each pick and its row there, in the order picked.

        Returns
        -------
        list of FileRow
            Pairs ``(file, row)``; empty for a pool that was not passed as a path.

        Examples
        --------
        >>> import numpy
        >>> numpy.save("first.npy", pool[:200])
        >>> numpy.save("second.npy", pool[200:])
        >>> found = gio4j.select(["first.npy", "second.npy"], target, 5)
        >>> file, row = found.files[0]
        >>> bool((numpy.load(file)[row] == pool[found.indices[0]]).all())
        True
        """
        if not self.pool_files:
            return []
        ends = np.cumsum([rows for _, rows in self.pool_files])
        places = np.searchsorted(ends, self.indices, side="right")
        return [
            FileRow(self.pool_files[place][0], int(row - ends[place] + self.pool_files[place][1]))
            for place, row in zip(places, self.indices, strict=True)
        ]

    def to_frame(self, library: Literal["pyarrow", "pandas", "polars"] = "pyarrow") -> Any:
        """Make a table with one line a pick.

        Parameters
        ----------
        library : {"pyarrow", "pandas", "polars"}, default="pyarrow"
            Whose table it is.

        Returns
        -------
        pyarrow.Table, pandas.DataFrame or polars.DataFrame
            Columns `row` (int32), `gain` and `objective` (float64).

        Examples
        --------
        >>> gio4j.select(pool, target, 5).to_frame().column_names
        ['row', 'gain', 'objective']
        """
        one_of(library, "library", ("pyarrow", "pandas", "polars"))
        columns = {"row": self.indices, "gain": self.gains, "objective": self.trace}
        # Copied: the arrays lie in shared memory, which a frame need not hold.
        columns = {name: np.array(values) for name, values in columns.items()}
        if library == "pandas":
            import pandas

            return pandas.DataFrame(columns)
        if library == "polars":
            import polars

            return polars.DataFrame(columns)
        return pa.table(columns)

    # --- what they are worth ----------------------------------------------------------------------

    def report(
        self, pool: Any = None, target: Any = None, *, sample: int = 5000, seed: int = 0
    ) -> Report:
        """Measure the picks against the target, beside as many random rows and the pool.

        Parameters
        ----------
        pool, target : matrix-like, default=None
            Needed only for a selection that was loaded; else those it was made from.
        sample : int, default=5000
            Most rows of pool, target and picks that are measured, at least 100. Of more a random
            sample is drawn, and the report says so.
        seed : int, default=0
            Seed of these samples and of the five draws of random rows.

        Returns
        -------
        Report
            Energy distance, Wang divergence, spread, modes covered, distances from target rows to
            their nearest, near duplicates. It prints as a table; `to_dict()` is for programs.

        Raises
        ------
        InvalidInputError
            If a loaded selection gets no data, or a pool of another number of rows. It is a
            ValueError.

        Notes
        -----
        For "balanced" the energy distance is that of the selection's own kernel and scale, so that
        it ends where the trace does (apart from `existing` rows, weights and clusters, which the
        report does not look at); for the other methods it is that of the default kernel.

        The cost is at most ``(8*sample)**2 * d`` multiplications.

        Examples
        --------
        >>> report = gio4j.select(pool, target, 50).report()
        >>> report.picked.energy < report.random.energy
        True
        """
        return report_of(*self._data(pool, target), sample, seed)

    def plot(
        self, pool: Any = None, target: Any = None, *, sample: int = 2000, seed: int = 0
    ) -> Any:
        """Draw the objective after each pick, the gains, and pool, target and picks as a map.

        Parameters
        ----------
        pool, target : matrix-like, default=None
            Needed only for a selection that was loaded; else those it was made from.
        sample : int, default=2000
            Most rows of each on the map, at least 100.
        seed : int, default=0
            Seed of the rows drawn.

        Returns
        -------
        matplotlib.figure.Figure
            A figure with three axes.

        Raises
        ------
        ImportError
            Without matplotlib, with the command that installs it.

        Examples
        --------
        >>> figure = gio4j.select(pool, target, 50).plot()
        >>> figure.savefig("picked.png")
        """
        return plot_selection(*self._data(pool, target), sample, seed)

    def _repr_html_(self) -> str:
        return card_of(self)

    def _data(self, pool: Any, target: Any) -> tuple[Selection, Source, Source]:
        """The rows it is from, without those left out, and itself by their numbers there."""
        given = self.pool if pool is None else pool, self.target if target is None else target
        for name, value in zip(("pool", "target"), given, strict=True):
            if value is None:
                raise InvalidInputError(
                    f"{name}=None: a selection that was loaded holds no data; pass {name}="
                )
        choice = choice_of(self.options.get("columns"), self.options.get("missing", "raise"))
        rows, wanted = (
            source_of(value, name, choice)
            for name, value in zip(("pool", "target"), given, strict=True)
        )
        if rows.passed() != self.pool_rows:
            raise InvalidInputError(
                f"pool: has {rows.passed()} rows, the selection is from one of {self.pool_rows}"
            )
        if rows.rows is None:
            return self, rows, wanted
        places = np.searchsorted(rows.rows, self.indices).astype(np.int32)
        return replace(self, indices=places), rows, wanted

    # --- files ------------------------------------------------------------------------------------

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write a Parquet file: the table of `to_frame`, and everything else in its metadata.

        Parameters
        ----------
        path : str or os.PathLike
            The file to write. Pool and target are not part of it.
        """
        import pyarrow.parquet

        facts = {
            name: dict(value) if isinstance(value, MappingProxyType) else value
            for name, value in self.__dict__.items()
            if name not in ("indices", "gains", "trace", "pool", "target")
        }
        table = self.to_frame().replace_schema_metadata({_METADATA: json.dumps(facts).encode()})
        pyarrow.parquet.write_table(table, Path(path))

    @staticmethod
    def load(path: str | os.PathLike[str]) -> Selection:
        """Read what `save` wrote.

        Parameters
        ----------
        path : str or os.PathLike
            A file written by `save`.

        Returns
        -------
        Selection
            The same selection, without pool and target.

        Raises
        ------
        InvalidInputError
            If the file is missing, or was not written by `save`. It is a ValueError.

        Examples
        --------
        >>> gio4j.select(pool, target, 5).save("picked.parquet")
        >>> gio4j.Selection.load("picked.parquet").stop_reason
        'budget'
        """
        import pyarrow.parquet

        require_regular(Path(path), "path")
        try:
            table = pyarrow.parquet.read_table(Path(path))
        except FileNotFoundError:
            raise InvalidInputError(f"path={os.fspath(path)!r}: there is no such file") from None
        except (OSError, pa.ArrowInvalid) as problem:
            raise InvalidInputError(
                f"path={os.fspath(path)!r}: is no Parquet file ({problem})"
            ) from problem
        metadata = table.schema.metadata or {}
        if _METADATA not in metadata:
            raise InvalidInputError(
                f"path={os.fspath(path)!r}: is no saved selection; write it with selection.save"
            )
        columns = [table.column(name).to_numpy() for name in ("row", "gain", "objective")]
        facts = json.loads(metadata[_METADATA])
        facts["pool_files"] = tuple((file, rows) for file, rows in facts.get("pool_files", ()))
        return Selection(*columns, **facts)

    def without_data(self) -> Selection:
        """Drop the references to pool and target, which may then be freed.

        Returns
        -------
        Selection
            The same selection with `pool` and `target` None.
        """
        return replace(self, pool=None, target=None)
