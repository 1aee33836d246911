"""`Selector`: `gio4j.select` as an estimator."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from gio4j._checks import Seed, brief
from gio4j._duplicates.duplicates import Duplicates
from gio4j._engine.progress import Progress
from gio4j._estimators.base import Estimator, named, unknown
from gio4j._methods.documentation import documented
from gio4j._methods.registry import DEFAULT, FOLLOWERS, Method, all_options
from gio4j._rows.choice import Metric, Missing, choice_of
from gio4j._rows.inputs import kept
from gio4j._rows.take import take_rows
from gio4j._select.existing import row_numbers
from gio4j._select.select import select
from gio4j._select.selection import Selection
from gio4j.errors import InvalidTypeError


@documented
class Selector(Estimator):
    """`gio4j.select` as an estimator: parameters first, data at `fit`.

    Parameters
    ----------
    budget : int, float, str or None, default=None
        Rows, or a share of the pool such as 0.1 or ``"10%"``, as for `gio4j.select`.
    method : {<names>} or method, default="balanced"
        As for `gio4j.select`: a name, or an object such as ``gio4j.Balanced(kernel="log")``.
    target_shares : dict, default=None
        The share of each label of the `groups` that `fit` gets, as for `gio4j.select`.
    dedup : float or Duplicates, default=None
        Rows of the pool to leave out first, as for `gio4j.select`.
    caps, floors : dict, default=None
        The most, or the fewest, to pick of a source by its label, as for `gio4j.select`; `fit`
        takes the sources.
    min_distance : float, default=None
        The smallest distance between two picks, as for `gio4j.select`.
    avoid_distance : float, default=0.0
        The distance up to which a row resembles one to avoid, which `fit` takes.
    columns : str or list of str, default=None
        The columns of each frame or file, as for `gio4j.select`.
    missing : {"raise", "skip"}, default="raise"
        What becomes of a row that lacks a number, as for `gio4j.select`.
    metric : {"euclidean", "cosine"}, default="euclidean"
        How rows are compared, as for `gio4j.select`.
    quantize : int, "auto" or None, default="auto"
        As for `gio4j.select`.
    seed : int, Generator, RandomState or None, default=0
        Seed of whatever the method draws, as for `gio4j.select`.
    progress : "auto" or bool, default="auto"
        Whether to show a progress bar.
    on_interrupt : {"raise", "return"}, default="raise"
        What Ctrl-C does.
    <parameters>

    Attributes
    ----------
    indices_ : ndarray of shape (m,), int32
        Rows of the pool in the order picked.
    gains_ : ndarray of shape (m,), float64
        By how much each pick improved the objective.
    trace_ : ndarray of shape (m,), float64
        The objective after each pick.
    stop_reason_ : str
        Why the selection ended.
    n_features_in_ : int
        Columns of the pool.
    feature_names_in_ : ndarray of shape (d,), str
        Names of the columns; only of a pool that is a frame of numbers with names for all.
    selection_ : Selection
        All of it.

    Examples
    --------
    >>> selector = gio4j.Selector(10, "coverage", k=3).fit(pool, target)
    >>> len(selector.indices_), selector.stop_reason_
    (10, 'budget')
    """

    indices_: npt.NDArray[np.int32]
    gains_: npt.NDArray[np.float64]
    trace_: npt.NDArray[np.float64]
    stop_reason_: str
    n_features_in_: int
    selection_: Selection

    def __init__(
        self,
        budget: float | str | None = None,
        method: str | Method = DEFAULT,
        *,
        target_shares: Mapping[Any, float] | None = None,
        dedup: float | Duplicates | None = None,
        caps: Mapping[Any, float] | None = None,
        floors: Mapping[Any, float] | None = None,
        min_distance: float | None = None,
        avoid_distance: float = 0.0,
        columns: str | Sequence[Any] | None = None,
        missing: Missing = "raise",
        metric: Metric = "euclidean",
        quantize: int | Literal["auto"] | None = "auto",
        seed: Seed = 0,
        progress: Progress = "auto",
        on_interrupt: Literal["raise", "return"] = "raise",
        **options: Any,
    ) -> None:
        self.budget = budget
        self.method = method
        self.target_shares = target_shares
        self.dedup = dedup
        self.caps = caps
        self.floors = floors
        self.min_distance = min_distance
        self.avoid_distance = avoid_distance
        self.columns = columns
        self.missing = missing
        self.metric = metric
        self.quantize = quantize
        self.seed = seed
        self.progress = progress
        self.on_interrupt = on_interrupt
        known = all_options()
        for name in options:
            if name not in known:
                raise InvalidTypeError(unknown(name, type(self)))
        for name in known:
            setattr(self, name, options.get(name))

    def fit(
        self,
        pool: Any,
        target: Any = None,
        *,
        existing: Any = None,
        weights: Any = None,
        scores: Any = None,
        groups: Any = None,
        exclude: Any = None,
        source: Any = None,
        costs: Any = None,
        avoid: Any = None,
    ) -> Selector:
        """Pick rows of `pool` that look like `target`.

        A frame of nothing but numbers is a matrix; those of the target and of `existing` need the
        pool's names, in its order.

        Parameters
        ----------
        pool : matrix-like of shape (N, d)
            The rows to choose from.
        target : matrix-like of shape (n, d), default=None
            A sample of what is wanted. None is the pool itself: rows that stand for all of it.
        existing : matrix-like of shape (m, d), Selection or integers of shape (m,), default=None
            Rows that are selected already.
        weights : array-like of shape (N,), default=None
            As how many rows each row of the pool counts.
        scores : array-like of shape (N,), default=None
            One number a row of the pool, for methods that use one.
        groups : array-like of shape (n,), default=None
            The group of each row of the target, for methods that use groups.
        exclude : integers of shape (m,) or bool of shape (N,), default=None
            Rows of the pool that are never picked.
        source : array-like of shape (N,) or str, default=None
            The source of each row of the pool.
        costs : array-like of shape (N,), default=None
            What each row of the pool costs; the budget is then in costs.
        avoid : matrix-like of shape (k, d), default=None
            Rows which no pick may resemble.

        Returns
        -------
        Selector
            The estimator itself.

        Raises
        ------
        InvalidInputError
            As for `gio4j.select`, and for other names of columns or another order. It is a
            ValueError.
        TypeError
            As for `gio4j.select`.
        """
        of_rows = {
            **{"weights": weights, "scores": scores, "exclude": exclude, "source": source},
            **{"costs": costs, "groups": groups},
        }
        return self._fit(pool, "pool", target, existing, avoid, of_rows)

    def _fit(
        self,
        pool: Any,
        name: str,
        target: Any,
        existing: Any,
        avoid: Any,
        of_rows: Mapping[str, Any],
    ) -> Selector:
        """`fit`; `name` is what messages call the pool, `of_rows` what is said of its rows."""
        choice = choice_of(self.columns, self.missing, self.metric)
        given = {"pool": kept(pool, name)}
        rows, names = named(given["pool"], name, choice)
        self._set_names(names)
        given["target"], wanted = given["pool"], None  # which select shares once
        if target is not None:
            given["target"] = kept(target, "target")
            wanted, names = named(given["target"], "target", choice)
            self._check_names(names)
        if existing is not None and row_numbers(existing) is None:
            existing, names = named(existing, "existing", choice)
            self._check_names(names)
        if avoid is not None:
            avoid, names = named(avoid, "avoid", choice)
            self._check_names(names)
        if isinstance(self.budget, list | tuple):
            raise InvalidTypeError(
                f"budget={brief(self.budget)}: needs one budget; select takes several"
            )
        options = {name: getattr(self, name, None) for name in all_options()}
        found = select(
            rows,
            wanted,
            self.budget,
            self.method,
            existing=existing,
            target_shares=self.target_shares,
            avoid=avoid,
            **of_rows,
            dedup=self.dedup,
            caps=self.caps,
            floors=self.floors,
            min_distance=self.min_distance,
            avoid_distance=self.avoid_distance,
            metric=self.metric,
            quantize=self.quantize,
            seed=self.seed,
            progress=self.progress,
            on_interrupt=self.on_interrupt,
            **{name: value for name, value in options.items() if value is not None},
        )
        taken = found.options["columns"]  # by name, where the columns have names
        asked = {"columns": choice.columns if taken is None else taken, "missing": self.missing}
        self.selection_ = replace(found, **given, options={**found.options, **asked})
        self.indices_, self.gains_, self.trace_ = found.indices, found.gains, found.trace
        self.stop_reason_ = found.stop_reason
        self.n_features_in_ = found.pool_columns
        return self

    def fit_resample(
        self,
        X: Any,
        y: Any,
        *,
        target: Any = None,
        existing: Any = None,
        weights: Any = None,
        scores: Any = None,
        groups: Any = None,
        exclude: Any = None,
        source: Any = None,
        costs: Any = None,
        avoid: Any = None,
    ) -> tuple[Any, Any]:
        """Pick rows of `X`, and give them with their labels, as imbalanced-learn's samplers do.

        Parameters
        ----------
        X : matrix-like of shape (N, d)
            The rows to choose from.
        y : array-like of shape (N,)
            A label of each row. The choice does not look at it.
        target, existing, weights, scores, groups : object, default=None
            As for `fit`.
        exclude, source, costs, avoid : object, default=None
            As for `fit`.

        Returns
        -------
        rows : matrix-like of shape (m, d)
            The rows picked, in the order picked, of the kind of `X`.
        labels : array-like of shape (m,)
            Their labels, of the kind of `y`.

        Raises
        ------
        InvalidInputError
            As for `fit`, and for another number of labels. It is a ValueError.
        InvalidTypeError
            As for `fit`, and for a path, which has no rows to give. It is a TypeError.

        Examples
        --------
        >>> labels = [f"label {row}" for row in range(len(pool))]
        >>> rows, kept = gio4j.Selector(10).fit_resample(pool, labels)
        >>> rows.shape, len(kept)
        ((10, 8), 10)
        """
        of_rows = {
            **{"weights": weights, "scores": scores, "exclude": exclude, "source": source},
            **{"costs": costs, "groups": groups},
        }
        self._fit(X, "X", target, existing, avoid, of_rows)
        rows, picked = self.selection_.pool_rows, self.indices_
        return take_rows(X, picked, rows, "X"), take_rows(y, picked, rows, "y")


_OWN = [
    each
    for name, each in inspect.signature(Selector.__init__).parameters.items()
    if name != "options"
]


def _sign_selector() -> None:
    """The signature of `Selector` has the options of all methods, each None."""
    options = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None)
        for name in all_options()
    ]
    # Of the function, where scikit-learn looks for the parameters of an estimator.
    Selector.__init__.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
        [*_OWN, *options]
    )


FOLLOWERS.append(_sign_selector)
_sign_selector()
