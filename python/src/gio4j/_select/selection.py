"""What a selection answers: rows, gains, the way there, and what can be done with them."""

from __future__ import annotations

import operator
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, Literal, NamedTuple, overload

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from gio4j._checks import brief, same_columns
from gio4j._report.card import card_of
from gio4j._report.colours import labels_of
from gio4j._report.explanation import Explanation, explanation_of
from gio4j._report.frames import Library, check_library, table_of
from gio4j._report.groups import groups_table
from gio4j._report.page import page_of
from gio4j._report.plane import plane_of
from gio4j._report.plot import panels_of, plot_selection
from gio4j._report.report import Report, report_of
from gio4j._report.yardstick import REPORT_SAMPLE
from gio4j._rows.choice import choice_of
from gio4j._rows.inputs import source_of
from gio4j._rows.records import frame_of
from gio4j._rows.sources import Source
from gio4j._rows.take import take_rows
from gio4j._select import files
from gio4j._select.groups import Groups
from gio4j._shared.open_file import path_of
from gio4j._shared.whole_file import whole_file
from gio4j.errors import InvalidInputError


class FileRow(NamedTuple):
    """A row of a file, from 0."""

    file: str
    row: int


@dataclass(frozen=True, eq=False, repr=False)
class Selection(Sequence[int]):
    """Rows of a pool that `gio4j.select` picked, in the order picked.

    It is a sequence of the row numbers: ``pool[found]`` are the rows, ``found[0]`` is the first
    pick, ``row in found`` whether a row was picked. A slice is the selection of those picks, so
    ``found[:10]`` has the first ten, with their gains and trace; all else is that of the whole.

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
    weights : ndarray of shape (m,), float64, or None
        The factor of each pick, of methods that fit a weighted sum of their picks, such as "gtp";
        None of others. They have nothing to do with the `weights` that `select` takes.
    stop_reason : str
        "budget", "increase" (the next pick would have made the objective worse), "min_gain" (it
        would have gained too little), "covered" (every target row has its pick), "no_influence"
        (the kernel is as good as 0, or as 1, between the target and each row that was left, so that
        nothing tells them apart; a warning says what to pass), "saturated" (no row that is left
        gains anything, as copies of picks do), "max_iterations" ("gtp" had no rounds left),
        "limits" (rows are left, and the limits allow none of them), "exhausted" (no row was
        left) or "interrupted".
    starting_objective : float or None
        The objective of the existing rows alone; None without such rows.
    method : str
        The method that picked.
    options : mapping
        What was asked for, the budget in rows, or in costs, and the seed among it.
    facts : mapping
        What the method found out on its way, such as the scale of its kernel; with limits what the
        picks cost, and how many there are of each source.
    timings : mapping
        Seconds of each stage.
    pool_rows, pool_columns : int
        Shape of the pool, with the rows that were left out.
    pool_files : tuple of (str, int)
        The files of a pool that was passed as a path, and how many rows each has.
    pool, target : object
        As they were passed; None once loaded.
    target_groups : object or None
        The groups of the target's rows, for `groups` and `report`; None without any, or once
        loaded.

    Examples
    --------
    >>> found = gio4j.select(pool, target, 20)
    >>> subset = pool[found.indices]
    >>> len(found), found.stop_reason
    (20, 'budget')
    >>> found[:5].indices.tolist() == found.indices[:5].tolist()
    True
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
    weights: npt.NDArray[np.float64] | None = None
    pool: Any = field(default=None)
    target: Any = field(default=None)
    target_groups: Groups | None = field(default=None)

    def __post_init__(self) -> None:
        for name in ("options", "facts", "timings"):
            object.__setattr__(self, name, MappingProxyType(dict(getattr(self, name))))

    def __len__(self) -> int:
        return len(self.indices)

    def __iter__(self) -> Iterator[int]:
        return iter(self.indices.tolist())

    @overload
    def __getitem__(self, place: int) -> int: ...

    @overload
    def __getitem__(self, place: slice) -> Selection: ...

    def __getitem__(self, place: int | slice) -> int | Selection:
        if not isinstance(place, slice):
            return int(self.indices[operator.index(place)])
        start, _, step = place.indices(len(self))
        before = self.starting_objective
        if start > 0:  # the picks that come before are as existing rows
            known = step == 1 and not np.isnan(self.trace[start - 1])
            before = float(self.trace[start - 1]) if known else None
        arrays = {name: values[place] for name, values in self._arrays().items()}
        return replace(self, **arrays, starting_objective=before)

    def __contains__(self, row: object) -> bool:
        return bool((self.indices == row).any())

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> npt.NDArray[Any]:
        if copy is None:  # NumPy before 2 does not know the word
            return np.asarray(self.indices, dtype)
        return np.array(self.indices, dtype, copy=copy)

    def __repr__(self) -> str:
        known = len(self) and not np.isnan(self.trace[-1])  # "random" has no objective
        end = f", objective {self.trace[-1]:.6g}" if known else ""
        return (
            f"Selection({len(self):,} of {self.pool_rows:,} rows, method={self.method!r}, "
            f"stop_reason={self.stop_reason!r}{end})"
        )

    def __getstate__(self) -> dict[str, Any]:
        facts = {name: dict(getattr(self, name)) for name in ("options", "facts", "timings")}
        arrays = {name: np.array(values) for name, values in self._arrays().items()}
        gone = {"pool": None, "target": None, "target_groups": None}
        return {**self.__dict__, **facts, **arrays, **gone}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self.__post_init__()

    def _arrays(self) -> dict[str, Any]:
        """What has a value for each pick."""
        arrays = {"indices": self.indices, "gains": self.gains, "trace": self.trace}
        return arrays if self.weights is None else {**arrays, "weights": self.weights}

    # --- rows -------------------------------------------------------------------------------------

    def take(self, pool_like: Any) -> Any:
        """Take the picked rows of anything that has the pool's rows in the pool's order.

        Parameters
        ----------
        pool_like : array, frame, dataset, list, tuple or dict of columns, of N rows
            A NumPy array, torch tensor, pyarrow Table, RecordBatch, Array or Dataset (a Table comes
            back), pandas or polars DataFrame, Series or LazyFrame, Hugging Face Dataset, list or
            tuple; or a dict of such columns.

        Returns
        -------
        array, frame, dataset, list, tuple or dict of columns, of m rows
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

    def to_frame(self, library: Library = "pyarrow") -> Any:
        """Make a table with one line a pick.

        Parameters
        ----------
        library : {"pyarrow", "pandas", "polars"}, default="pyarrow"
            Whose table it is.

        Returns
        -------
        pyarrow.Table, pandas.DataFrame or polars.DataFrame
            Columns `row` (int32), `gain` and `objective` (float64), and `weight` (float64) where
            the picks have weights.

        Examples
        --------
        >>> gio4j.select(pool, target, 5).to_frame().column_names
        ['row', 'gain', 'objective']
        """
        # Copied: the arrays lie in shared memory, which a frame need not hold.
        names = files.COLUMNS
        copies = {names[name]: np.array(values) for name, values in self._arrays().items()}
        return table_of(pa.table(copies), library)

    # --- what they are worth ----------------------------------------------------------------------

    def report(
        self, pool: Any = None, target: Any = None, *, sample: int = REPORT_SAMPLE, seed: int = 0
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
            their nearest, near duplicates; of a target in groups the share and the distance of
            each, unless another target is passed. It prints as a table; `to_dict()` is for
            programs.

        Raises
        ------
        InvalidInputError
            If a loaded selection gets no data, or a pool of another number of rows. It is a
            ValueError.

        Notes
        -----
        For "balanced" the energy distance is that of the selection's own kernel and scale, so that
        it ends where the trace does (apart from `existing` rows, weights, clusters and shares of
        groups, which that number does not look at); for the other methods it is that of the default
        kernel.

        The cost is at most ``(8*sample)**2 * d`` multiplications.

        Examples
        --------
        >>> report = gio4j.select(pool, target, 50).report()
        >>> report.picked.energy < report.random.energy
        True
        """
        sources = self._sources(self._given(pool, target))
        groups = self.target_groups if target is None else None
        return report_of(self, *sources, groups, sample, seed)

    @property
    def groups(self) -> pa.Table | None:
        """What each group of the target has of the picks.

        Returns
        -------
        pyarrow.Table or None
            One line a group: its `label`, its `share` as asked for, `target_rows`, `picks` (how
            many have their nearest target row in it), and `distance` (the mean distance from its
            rows to their nearest pick; NaN without picks). None for a target without groups.

        Notes
        -----
        It is measured when it is asked for, from pool and target, by ``2*m*n*d`` for m picks and n
        target rows of d columns. The picks need not come in the shares: the methods weigh what the
        target's rows count, and a group far from the pool has few picks.

        Examples
        --------
        >>> labels = ["near"] * 50 + ["far"] * 10
        >>> shares = {"near": 1, "far": 3}
        >>> found = gio4j.select(pool, target, 20, groups=labels, target_shares=shares)
        >>> found.groups.column_names
        ['label', 'share', 'target_rows', 'picks', 'distance']
        """
        if self.target_groups is None:
            return None
        return groups_table(self, *self._sources(self._given(None, None)), self.target_groups)

    def explain(
        self,
        pool: Any = None,
        target: Any = None,
        *,
        neighbors: int = 3,
        library: Library = "pyarrow",
        seed: int = 0,
    ) -> Explanation:
        """Tell why each pick is there, and which picks stand for each target row.

        Parameters
        ----------
        pool, target : matrix-like, default=None
            Needed only for a selection that was loaded; else those it was made from.
        neighbors : int, default=3
            How many target rows to name for each pick, and picks for each target row, at least 1;
            all where there are fewer.
        library : {"pyarrow", "pandas", "polars"}, default="pyarrow"
            Whose tables they are.
        seed : int, default=0
            Seed of the clusters that count as the target's modes, as in a report.

        Returns
        -------
        Explanation
            A pair of tables: `picks`, one line a pick, and `targets`, one line a target row.

        Raises
        ------
        InvalidInputError
            If a loaded selection gets no data, or a pool of another number of rows. It is a
            ValueError.

        Notes
        -----
        Distances are exact. The cost for m picks and n target rows of d columns is ``2*m*n*d`` for
        the neighbours, ``m*m*d`` for near copies, and ``s*s*d`` for the spacing of the target, of
        which s is at most 5,000 rows.

        Examples
        --------
        >>> picks, targets = gio4j.select(pool, target, 5).explain()
        >>> picks.column_names
        ['order', 'row', 'gain', 'mode', 'target_rows', 'distances', 'near_copy_of']
        >>> targets.column_names
        ['row', 'mode', 'pick_rows', 'distances']
        """
        check_library(library)
        sources = self._sources(self._given(pool, target))
        tables = explanation_of(self, *sources, neighbors, seed)
        picks, targets = (table_of(table, library) for table in tables)
        return Explanation(picks, targets)

    def plot(
        self,
        pool: Any = None,
        target: Any = None,
        *,
        panel: Literal["objective", "gain", "map"] | None = None,
        ax: Any = None,
        color_by: Any = None,
        coordinates: Any = None,
        sample: int = 2000,
        seed: int = 0,
    ) -> Any:
        """Draw the objective after each pick, the gains, and pool, target and picks as a map.

        Parameters
        ----------
        pool, target : matrix-like, default=None
            Needed only for the map of a selection that was loaded; else those it was made from.
        panel : {"objective", "gain", "map"} or None, default=None
            The one to draw. None draws all three, two for a selection without gains.
        ax : matplotlib.axes.Axes, default=None
            Where to draw the one panel. None makes a figure.
        color_by : str or array-like of shape (N,), default=None
            Labels of the pool's rows, or the name of the pool's column that has them. The seven
            most frequent get colours of their own.
        coordinates : object or pair of arrays, default=None
            Where rows lie on the map: an object with `fit_transform`, such as ``umap.UMAP()``,
            which gets the rows drawn, or a pair of arrays of shape (N, 2) and (n, 2), for pool and
            target. None takes the first two principal components of both.
        sample : int, default=2000
            Most rows of each on the map, at least 100.
        seed : int, default=0
            Seed of the rows drawn.

        Returns
        -------
        matplotlib.figure.Figure
            The figure; that of `ax`, if one was given.

        Raises
        ------
        ImportError
            Without matplotlib, with the command that installs it.
        InvalidInputError
            For values that do not fit, and for ``panel="gain"`` without gains. It is a ValueError.

        Notes
        -----
        All colours have a contrast of at least 3:1 to light and to dark backgrounds; text and
        frames are those of matplotlib's style, such as ``"dark_background"``.

        Examples
        --------
        >>> found = gio4j.select(pool, target, 50)
        >>> figure = found.plot()
        >>> figure.savefig("picked.png")
        >>> [axes.get_title() for axes in found.plot(panel="map").axes]
        ['map']
        """
        panels = panels_of(self, panel, ax)
        plane = labels = None
        if "map" in panels:
            given = self._given(pool, target)
            sources = self._sources(given)
            plane = plane_of(self, *sources, coordinates, sample, seed)
            if color_by is not None:
                labels = labels_of(color_by, given[0], sources[0])
        return plot_selection(self, panels, ax, plane, labels)

    def save_html(
        self,
        path: str | os.PathLike[str],
        pool: Any = None,
        target: Any = None,
        *,
        text: Any = None,
        color_by: Any = None,
        coordinates: Any = None,
        sample: int = 100_000,
        seed: int = 0,
    ) -> None:
        """Write one page for a browser: report, charts, a map to explore, a table of the picks.

        The page holds all it needs and loads nothing. Points of the map show their record, and the
        table sorts and filters.

        Parameters
        ----------
        path : str or os.PathLike
            The file to write, such as ``"picked.html"``.
        pool, target : matrix-like, default=None
            Needed only for a selection that was loaded; else those it was made from.
        text : str or sequence of N values, default=None
            What to show of each row of the pool, or the name of the pool's column that has it; of
            the target its column of that name, if there is one. The first 300 characters are kept.
        color_by, coordinates : object, default=None
            As for `plot`.
        sample : int, default=100_000
            Most rows of each on the map, at least 100. All picks are in the table.
        seed : int, default=0
            Seed of the rows drawn and of the report.

        Raises
        ------
        ImportError
            Without matplotlib, with the command that installs it.
        InvalidInputError
            For a name that ends in neither .html nor .htm, and for values that do not fit. It is a
            ValueError.
        StorageError
            If the file cannot be written. It is an OSError, and no part of the page is left.

        Notes
        -----
        The cost is that of `report` and `explain`. The file takes about 5 bytes a point, and the
        texts compressed.

        Examples
        --------
        >>> found = gio4j.select(pool, target, 50)
        >>> found.save_html("picked.html", text=[f"text {row}" for row in range(len(pool))])
        """
        file = path_of(path)
        if file.suffix not in (".html", ".htm"):
            raise InvalidInputError(f"path={brief(str(file))}: needs a name in .html or .htm")
        given = self._given(pool, target)
        page = page_of(
            self,
            given,
            self._sources(given),
            self.target_groups if target is None else None,
            text=text,
            color_by=color_by,
            coordinates=coordinates,
            sample=sample,
            seed=seed,
        )
        with whole_file(file) as descriptor, open(descriptor, "wb", closefd=False) as out:
            out.write(page.encode())

    def _repr_html_(self) -> str:
        return card_of(self)

    def _given(self, pool: Any, target: Any) -> tuple[Any, Any]:
        """Pool and target as they were passed, here or to `select`."""
        given = self.pool if pool is None else pool, self.target if target is None else target
        for name, value in zip(("pool", "target"), given, strict=True):
            if value is None:
                raise InvalidInputError(
                    f"{name}=None: a selection that was loaded holds no data; pass {name}="
                )
        return given

    def _sources(self, given: tuple[Any, Any]) -> tuple[Source, Source]:
        """The rows of pool and target, less those that were left out."""
        choice = choice_of(
            self.options.get("columns"),
            self.options.get("missing", "raise"),
            self.options.get("metric", "euclidean"),
        )
        pool, target = source_of(given[0], "pool", choice), source_of(given[1], "target", choice)
        if pool.passed() != self.pool_rows:
            raise InvalidInputError(
                f"pool: has {pool.passed()} rows, the selection is from one of {self.pool_rows}"
            )
        same_columns(pool.shape[1], "pool", target.shape[1], "target")
        gone = self.indices[pool.places(self.indices) < 0]
        if len(gone):
            raise InvalidInputError(
                f"pool: row {gone[0]}, which was picked, is one that missing='skip' leaves out; "
                "pass the pool that the selection is from"
            )
        return pool, target

    # --- files ------------------------------------------------------------------------------------

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write a Parquet file: the table of `to_frame`, and everything else in its metadata.

        Parameters
        ----------
        path : str or os.PathLike
            The file to write, its name in .parquet. Pool and target are not part of it.

        Raises
        ------
        InvalidInputError
            For another name. It is a ValueError.
        StorageError
            If the file cannot be written. It is an OSError, and no part of the file is left.
        """
        files.save(path_of(path), self.to_frame(), self._facts())

    def save_records(self, path: str | os.PathLike[str], pool_like: Any = None) -> None:
        """Write the picked records of a frame or file, each with its row, gain and place.

        Parameters
        ----------
        path : str or os.PathLike
            The file to write, its name in .parquet, .csv or .jsonl.
        pool_like : frame, dataset or path of Parquet or Arrow files, default=None
            What has a record for each row of the pool, in the pool's order. None takes the pool; if
            that is a matrix or a text file, the file has the first four columns alone.

        Raises
        ------
        InvalidInputError
            For another name, another number of records than the pool has rows, or a column of a
            name below. It is a ValueError.
        StorageError
            If the file cannot be written. It is an OSError, and no part of the file is left.

        Notes
        -----
        The first columns are `order` (1 is the first pick), `row`, `gain` and `objective`, and
        `weight` where the picks have weights. The Parquet file is one that `load` reads. In .csv
        and .jsonl a gain that is NaN is left empty, and .csv has lists as JSON.

        Examples
        --------
        >>> found = gio4j.select(pool, target, 5)
        >>> found.save_records("subset.csv")
        >>> found.save_records("subset.parquet")
        >>> list(gio4j.Selection.load("subset.parquet")) == list(found)
        True
        """
        given = self.pool if pool_like is None else pool_like
        if given is None:
            raise InvalidInputError(
                "pool_like=None: a selection that was loaded holds no data; pass pool_like="
            )
        frame = frame_of(given, "pool_like")
        if frame is None and pool_like is not None:
            raise InvalidInputError(
                "pool_like: has no records; pass a frame, a dataset or the path of Parquet or "
                "Arrow files"
            )
        files.save_records(path_of(path), self.to_frame(), self._facts(), frame, self.pool_rows)

    @staticmethod
    def load(path: str | os.PathLike[str]) -> Selection:
        """Read what `save` wrote, or `save_records` as Parquet.

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
        columns, facts = files.load(path_of(path))
        facts["pool_files"] = tuple((file, rows) for file, rows in facts.get("pool_files", ()))
        return Selection(**columns, **facts)

    def _facts(self) -> dict[str, Any]:
        """All but the columns and the data, and whether there is a column of weights."""
        weighted = {} if self.weights is None else {"weighted": True}
        return weighted | {
            name: dict(value) if isinstance(value, MappingProxyType) else value
            for name, value in self.__dict__.items()
            if name not in (*files.COLUMNS, "pool", "target", "target_groups")
        }

    def without_data(self) -> Selection:
        """Drop the references to pool and target, which may then be freed.

        Returns
        -------
        Selection
            The same selection with `pool`, `target` and `target_groups` None.
        """
        return replace(self, pool=None, target=None, target_groups=None)
