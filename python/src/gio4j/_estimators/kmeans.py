"""`KMeans`: `gio4j.kmeans` as an estimator."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from gio4j._checks import Seed
from gio4j._cluster.kmeans import KMeansModel, checked_weights, find_centers, nearest, warn_of_fewer
from gio4j._estimators.base import ClusterMixin, Estimator, TransformerMixin, named
from gio4j._measure.neighbors import neighbors
from gio4j._rows.choice import Metric, choice_of
from gio4j._rows.sources import ArraySource, Source
from gio4j.errors import InvalidInputError

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
        rows, names = named(X, "X", choice_of(metric=self.metric))
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
        warn_of_fewer("n_clusters", self.n_clusters, {"X": model})
        return self

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
        return self.fit(X, y, sample_weight).labels_

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
        source, names = named(X, "X", choice_of(metric=self._fitted("model_").metric))
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
