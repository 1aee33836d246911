"""Estimators of scikit-learn, and without scikit-learn the same but for what only it makes."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from gio4j._checks import Seed, brief, did_you_mean
from gio4j._cluster.kmeans import KMeansModel, checked_weights, find_centers, nearest, warn_of_fewer
from gio4j._engine.progress import Progress
from gio4j._measure.neighbors import neighbors
from gio4j._methods.documentation import documented
from gio4j._methods.registry import DEFAULT, FOLLOWERS, Method, all_options
from gio4j._rows.choice import PLAIN, Choice, Metric, Missing, choice_of
from gio4j._rows.inputs import kept, source_of
from gio4j._rows.sources import ArraySource, Source
from gio4j._rows.take import take_rows
from gio4j._select.existing import row_numbers
from gio4j._select.select import select
from gio4j._select.selection import Selection
from gio4j.errors import InvalidInputError, InvalidTypeError, NotFittedError, warn

try:
    from sklearn.base import BaseEstimator, ClusterMixin, TransformerMixin
except ImportError:

    class BaseEstimator:  # type: ignore[no-redef]
        """Nothing to inherit."""

    class ClusterMixin:  # type: ignore[no-redef]
        """Nothing to inherit."""

    class TransformerMixin:  # type: ignore[no-redef]
        """Nothing to inherit."""


Names = list[str]
# What scikit-learn calls the arguments of `gio4j.kmeans`.
_NAMES = {
    "data": "X",
    "clusters": "n_clusters",
    "max_iterations": "max_iter",
    "tolerance": "tol",
    "seeding": "init",
    "seed": "random_state",
    "weights": "sample_weight",
}
# As many as scikit-learn's messages list.
_MOST_NAMES = 5


class Estimator(BaseEstimator):  # type: ignore[misc]
    """What scikit-learn asks of an estimator, in words of our own where it is asked for more.

    `__init__` of a subclass stores its arguments and does nothing else; `fit` checks them.
    """

    feature_names_in_: npt.NDArray[np.object_]

    @classmethod
    def _parameters(cls) -> list[str]:
        return list(inspect.signature(cls).parameters)

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Give the parameters by name.

        Parameters
        ----------
        deep : bool, default=True
            There for scikit-learn: no estimator holds others.

        Returns
        -------
        dict
            Parameter names and their values.

        Examples
        --------
        >>> gio4j.Selector(100).get_params()["budget"]
        100
        """
        return {name: getattr(self, name) for name in self._parameters()}

    def set_params(self, **parameters: Any) -> Any:
        """Set parameters by name.

        Parameters
        ----------
        **parameters : dict
            New values of some parameters.

        Returns
        -------
        Estimator
            The estimator itself.

        Raises
        ------
        InvalidInputError
            For an unknown parameter, with all that there are. It is a ValueError.
        """
        known = self._parameters()
        for name, value in parameters.items():
            if name not in known:
                raise InvalidInputError(_unknown(name, type(self)))
            setattr(self, name, value)
        return self

    def __repr__(self) -> str:
        signature = inspect.signature(type(self)).parameters
        changed = [
            f"{name}={value!r}"
            for name, value in self.get_params().items()
            if value is not signature[name].default and not _same(value, signature[name].default)
        ]
        return f"{type(self).__name__}({', '.join(changed)})"

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags

    def _set_names(self, names: Names | None) -> None:
        """Keep the names of the columns it was fitted with, where they have names."""
        if names is not None:
            self.feature_names_in_ = np.array(names, dtype=object)
        elif hasattr(self, "feature_names_in_"):
            del self.feature_names_in_

    def _check_names(self, names: Names | None) -> None:
        """Columns of other names, or in another order, are a ValueError in scikit-learn's words."""
        fitted = getattr(self, "feature_names_in_", None)
        known, kind = None if fitted is None else list(fitted), type(self).__name__
        if names == known:
            return
        if known is None or names is None:
            warn(
                f"X has feature names, but {kind} was fitted without feature names"
                if known is None
                else f"X does not have valid feature names, but {kind} was fitted with feature "
                "names"
            )
            return
        message = "The feature names should match those that were passed during fit.\n"
        unseen, missing = sorted(set(names) - set(known)), sorted(set(known) - set(names))
        if unseen:
            message += f"Feature names unseen at fit time:\n{_listed(unseen)}"
        if missing:
            message += f"Feature names seen at fit time, yet now missing:\n{_listed(missing)}"
        if not unseen and not missing:
            message += "Feature names must be in the same order as they were in fit.\n"
        raise InvalidInputError(message)

    def _fitted(self, attribute: str) -> Any:
        try:
            return self.__dict__[attribute]
        except KeyError:
            message = f"This {type(self).__name__} is not fitted yet; call fit first"
            raise _not_fitted(message) from None


@documented
class Selector(Estimator):
    """`gio4j.select` as an estimator: parameters first, data at `fit`.

    Parameters
    ----------
    budget : int, float, str or None, default=None
        Rows, or a share of the pool such as 0.1 or ``"10%"``, as for `gio4j.select`.
    method : {<names>} or method, default="balanced"
        As for `gio4j.select`: a name, or an object such as ``gio4j.Balanced(kernel="log")``.
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
                raise InvalidTypeError(_unknown(name, type(self)))
        for name in known:
            setattr(self, name, options.get(name))

    def fit(
        self, pool: Any, target: Any = None, *, existing: Any = None, weights: Any = None
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
        return self._fit(pool, "pool", target, existing, weights)

    def _fit(self, pool: Any, name: str, target: Any, existing: Any, weights: Any) -> Selector:
        """`fit`; `name` is what messages call the pool."""
        choice = choice_of(self.columns, self.missing, self.metric)
        given = {"pool": kept(pool, name)}
        given["target"] = given["pool"] if target is None else kept(target, "target")
        rows, names = _named(given["pool"], name, choice)
        self._set_names(names)
        wanted, names = _named(given["target"], "target", choice)
        self._check_names(names)
        if existing is not None and row_numbers(existing) is None:
            existing, names = _named(existing, "existing", choice)
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
            weights=weights,
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
        self, X: Any, y: Any, *, target: Any = None, existing: Any = None, weights: Any = None
    ) -> tuple[Any, Any]:
        """Pick rows of `X`, and give them with their labels, as imbalanced-learn's samplers do.

        Parameters
        ----------
        X : matrix-like of shape (N, d)
            The rows to choose from.
        y : array-like of shape (N,)
            A label of each row. The choice does not look at it.
        target, existing, weights : object, default=None
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
        self._fit(X, "X", target, existing, weights)
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


class KMeans(ClusterMixin, TransformerMixin, Estimator):  # type: ignore[misc]
    """`gio4j.kmeans` as an estimator, with scikit-learn's names.

    Parameters
    ----------
    n_clusters : int, default=8
        How many clusters; if there are fewer distinct rows, each is a cluster, with a GIOWarning.
    init : {"k-means++", "k-means||", "random"}, default="k-means++"
        How the first centres are chosen.
    max_iter : int, default=300
        Most iterations.
    tol : float, default=1e-4
        It ends when the squared shifts of all centres add up to at most this share of the columns'
        mean variance, and the inertia fell by at most this share.
    metric : {"euclidean", "cosine"}, default="euclidean"
        How rows are compared, as for `gio4j.kmeans`.
    random_state : int, Generator, RandomState or None, default=None
        Seed; None draws one.

    Attributes
    ----------
    cluster_centers_ : ndarray of shape (n_clusters, d), float32 or float64
        The centres, fewer if there are fewer distinct rows; float64 as `KMeansModel` says.
    labels_ : ndarray of shape (n,), int32
        The cluster of each row.
    inertia_ : float
        Sum of squared distances to the nearest centre, weighted.
    n_iter_ : int
        Iterations done.
    n_features_in_ : int
        Columns of the data.
    feature_names_in_ : ndarray of shape (d,), str
        Names of the columns; only of a frame of numbers with names for all.
    model_ : KMeansModel
        All of it.

    Examples
    --------
    >>> found = gio4j.KMeans(n_clusters=3, random_state=0).fit(pool)
    >>> found.cluster_centers_.shape
    (3, 8)
    >>> bool((found.predict(pool) == found.labels_).all())
    True
    """

    cluster_centers_: npt.NDArray[np.float32] | npt.NDArray[np.float64]
    labels_: npt.NDArray[np.int32]
    inertia_: float
    n_iter_: int
    n_features_in_: int
    model_: KMeansModel

    def __init__(
        self,
        n_clusters: int = 8,
        *,
        init: Literal["k-means++", "k-means||", "random"] = "k-means++",
        max_iter: int = 300,
        tol: float = 1e-4,
        metric: Metric = "euclidean",
        random_state: Seed = None,
    ) -> None:
        self.n_clusters = n_clusters
        self.init = init
        self.max_iter = max_iter
        self.tol = tol
        self.metric = metric
        self.random_state = random_state

    def fit(self, X: Any, y: Any = None, sample_weight: Any = None) -> KMeans:
        """Find the centres of the rows of `X`.

        Parameters
        ----------
        X : matrix-like of shape (n, d)
            Rows of any kind that `gio4j.kmeans` takes.
        y : object, default=None
            There for scikit-learn's pipelines and not looked at.
        sample_weight : array-like of shape (n,), default=None
            Weights of the rows, at least 0.

        Returns
        -------
        KMeans
            The estimator itself.
        """
        found = self._fit(X, sample_weight)
        warn_of_fewer("n_clusters", self.n_clusters, {"X": self.model_})
        return found

    def fit_predict(self, X: Any, y: Any = None, sample_weight: Any = None) -> Any:
        """Find the centres of the rows of `X`, and the cluster of each row.

        Parameters
        ----------
        X : matrix-like of shape (n, d)
            Rows of any kind that `gio4j.kmeans` takes.
        y : object, default=None
            There for scikit-learn's pipelines and not looked at.
        sample_weight : array-like of shape (n,), default=None
            Weights of the rows, at least 0.

        Returns
        -------
        ndarray of shape (n,), int32
            The cluster of each row.
        """
        found = self._fit(X, sample_weight)
        warn_of_fewer("n_clusters", self.n_clusters, {"X": self.model_})
        return found.labels_

    def _fit(self, X: Any, sample_weight: Any) -> KMeans:
        rows, names = _named(X, "X", choice_of(metric=self.metric))
        model = find_centers(
            rows,
            self.n_clusters,
            weights=sample_weight,
            max_iterations=self.max_iter,
            tolerance=self.tol,
            seeding=self.init,
            seed=self.random_state,
            names=_NAMES,
        )
        assert model.assignments is not None, "only a loaded model has none"
        self.model_ = model
        self.cluster_centers_ = model.centers
        self.labels_ = model.assignments
        self.inertia_ = model.summary.inertia
        self.n_iter_ = model.summary.iterations
        self.n_features_in_ = model.centers.shape[1]
        self._set_names(names)
        return self

    def predict(self, X: Any) -> Any:
        """Find the nearest centre of each row.

        Parameters
        ----------
        X : matrix-like of shape (n, d)
            Rows with the columns of the data that it was fitted with.

        Returns
        -------
        ndarray of shape (n,), int32
            The cluster of each row.

        Raises
        ------
        NotFittedError
            Before `fit`; scikit-learn's own class where scikit-learn is loaded.
        InvalidInputError
            For another number of columns, or other names. It is a ValueError.
        """
        model = self._fitted("model_")
        return nearest(self._checked(X), model, "X")

    def transform(self, X: Any) -> Any:
        """Give the distance of each row to each centre.

        Parameters
        ----------
        X : matrix-like of shape (n, d)
            Rows with the columns of the data that it was fitted with.

        Returns
        -------
        ndarray of shape (n, n_clusters), float32
            Euclidean distances; after ``set_output(transform="pandas")`` a frame.

        Raises
        ------
        NotFittedError
            Before `fit`; scikit-learn's own class where scikit-learn is loaded.
        InvalidInputError
            For another number of columns, or other names. It is a ValueError.

        Examples
        --------
        >>> found = gio4j.KMeans(n_clusters=3, random_state=0).fit(pool)
        >>> distances = found.transform(pool)
        >>> bool((distances.argmin(axis=1) == found.labels_).all())
        True
        """
        distances, centers = self._nearest(X, len(self._fitted("model_").centers))
        ordered: npt.NDArray[np.float32] = np.empty(distances.shape, np.float32)
        np.put_along_axis(ordered, centers, distances.astype(np.float32), axis=1)
        return ordered

    def fit_transform(self, X: Any, y: Any = None, sample_weight: Any = None) -> Any:
        """Find the centres of the rows of `X`, and give the distance of each row to each.

        Parameters
        ----------
        X : matrix-like of shape (n, d)
            Rows of any kind that `gio4j.kmeans` takes.
        y : object, default=None
            There for scikit-learn's pipelines and not looked at.
        sample_weight : array-like of shape (n,), default=None
            Weights of the rows, at least 0.

        Returns
        -------
        ndarray of shape (n, n_clusters), float32
            Euclidean distances.
        """
        return self.fit(X, y, sample_weight).transform(X)

    def score(self, X: Any, y: Any = None, sample_weight: Any = None) -> float:
        """Give the inertia of the rows of `X`, negative: more is better.

        Parameters
        ----------
        X : matrix-like of shape (n, d)
            Rows with the columns of the data that it was fitted with.
        y : object, default=None
            There for scikit-learn's pipelines and not looked at.
        sample_weight : array-like of shape (n,), default=None
            Weights of the rows, at least 0.

        Returns
        -------
        float
            Minus the sum of squared distances to the nearest centre, weighted.

        Examples
        --------
        >>> found = gio4j.KMeans(n_clusters=3, random_state=0).fit(pool)
        >>> round(found.score(pool) / -found.inertia_, 4)
        1.0
        """
        squares = self._nearest(X, 1)[0][:, 0] ** 2
        if sample_weight is not None:
            squares *= checked_weights(sample_weight, len(squares), "sample_weight")[:, 0]
        return -float(squares.sum())

    def get_feature_names_out(self, input_features: Any = None) -> npt.NDArray[np.object_]:
        """Give the names of the columns that `transform` answers: kmeans0, kmeans1 ...

        Parameters
        ----------
        input_features : object, default=None
            There for scikit-learn and not looked at.

        Returns
        -------
        ndarray of shape (n_clusters,), str
            The names.
        """
        count = len(self._fitted("model_").centers)
        return np.array([f"{type(self).__name__.lower()}{each}" for each in range(count)], object)

    def _nearest(self, X: Any, k: int) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.int32]]:
        """Distances of each row to the k nearest centres, and which they are."""
        model = self._fitted("model_")
        centers = ArraySource(model.centers, "centers")
        return neighbors(self._checked(X), centers, k)[:2]

    def _checked(self, X: Any) -> Source:
        """Rows that have the columns of those that it was fitted with."""
        source, names = _named(X, "X", choice_of(metric=self._fitted("model_").metric))
        self._check_names(names)
        columns = source.shape[1]
        if columns != self.n_features_in_:
            raise InvalidInputError(
                f"X has {columns} features, but {type(self).__name__} is expecting "
                f"{self.n_features_in_} features as input"
            )
        return source

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = ["float32"]
        return tags


def _not_fitted(message: str) -> Exception:
    """scikit-learn's own class where it is loaded: its callers look for that."""
    theirs = getattr(sys.modules.get("sklearn.exceptions"), "NotFittedError", None)
    problem: Exception = NotFittedError(message) if theirs is None else theirs(message)
    return problem


def _named(X: Any, name: str, choice: Choice = PLAIN) -> tuple[Source, Names | None]:
    """The rows of X, and the names of its columns, where it is a table of numbers."""
    source = source_of(X, name, choice)
    return source, None if source.columns is None else _names(source.columns)


def _names(columns: Sequence[Any]) -> Names | None:
    """All names if all are text, none if none is; a mixture is scikit-learn's TypeError."""
    names = list(columns)
    are_texts = [isinstance(name, str) for name in names]
    if any(are_texts) and not all(are_texts):
        kinds = sorted({type(name).__name__ for name in names})
        raise InvalidTypeError(
            "Feature names are only supported if all input features have string names, but your "
            f"input has {kinds} as feature name / column name types. If you want feature names to "
            "be stored and validated, you must convert them all to strings, by using "
            "X.columns = X.columns.astype(str) for example."
        )
    return names if names and all(are_texts) else None


def _unknown(name: str, estimator: type[Estimator]) -> str:
    known = estimator._parameters()
    return (
        f"{name}=: {estimator.__name__} has no such parameter; {did_you_mean(name, known)}all are "
        f"{', '.join(known)}"
    )


def _listed(names: Names) -> str:
    shown = [f"- {name}\n" for name in names[:_MOST_NAMES]]
    return "".join(shown) + ("- ...\n" if len(names) > _MOST_NAMES else "")


def _same(first: Any, second: Any) -> bool:
    try:
        return bool(first == second)
    except (TypeError, ValueError):  # arrays
        return False
