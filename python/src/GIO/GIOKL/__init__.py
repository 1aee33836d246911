"""GIO with the Kullback-Leibler divergence, as grad-info-opt 0.1.2 offers it.

The drop-in of gio4j: every number comes from its engine; this module keeps the names, the order of
random draws, the printed lines and the results of the reference. New code is better served by
`gio4j.select`.
"""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import numpy.typing as npt

from GIO import _quirks
from GIO._frames import Frames
from GIO._keywords import checked_keywords
from GIO._report import reporting
from GIO.GIO_super import GIO_super
from gio4j._checks import check_int, check_real, neighbor, one_of, same_columns
from gio4j._measure.averaged import averaged_divergence, descend, distances
from gio4j._methods.built_in import START_VECTORS, Gradient
from gio4j._rows.matrix import as_array
from gio4j._select.search import STOP_CRITERIA, GradientSearch, SearchOptions, StopOptions, search
from gio4j.errors import InvalidInputError


class GIOKL(Frames, GIO_super):
    """Selects the rows of `train` whose distribution comes near that of `X`.

    Parameters
    ----------
    uniform_low, uniform_high : float, default=-1 and 1
        Bounds of the uniform start rows.
    uniform_start_size : int, default=20
        How many of them.
    dim : int, default=768
        Their columns, which must be those of the data.
    verbose : bool, default=True
        Whether to print each divergence, as the reference does; else a progress bar is shown.

    Attributes
    ----------
    random_init : bool
        Whether a uniform start was drawn.
    selection_ : gio4j.GradientSearch
        After `fit`: indices, divergences and the reason it stopped.

    Examples
    --------
    >>> X, train = target[:, :2], pool[:, :2]
    >>> gio_kl = GIOKL(uniform_low=-2, uniform_high=2, uniform_start_size=9, dim=2, verbose=False)
    >>> W, kl_divs, _ = gio_kl.fit(train, X, normalize=False)
    >>> bool((W[9:] == train[gio_kl.selection_.indices]).all())
    True
    """

    selection_: GradientSearch

    def __init__(
        self,
        uniform_low: float = -1,
        uniform_high: float = 1,
        uniform_start_size: int = 20,
        dim: int = 768,
        *,
        verbose: bool = True,
    ) -> None:
        self.uniform_low = uniform_low
        self.uniform_high = uniform_high
        self.uniform_start_size = uniform_start_size
        self.dim = dim
        self.verbose = verbose
        self.random_init = False

    # --- the estimator ----------------------------------------------------------------------------

    def calculate_statistical_distance(
        self, x: Any, y: Any, k: int = 5, eps: float = 1e-8, discard_nearest_for_xy: bool = False
    ) -> np.float64:
        """Estimate the divergence D(x || y), averaged over all rows of y.

        Parameters
        ----------
        x : array-like of shape (n, d)
            Rows, float32 or converted to it.
        y : array-like of shape (m, d)
            Rows likewise.
        k : int, default=5
            The neighbour in `x`, 1 to n - 1.
        eps : float, default=1e-8
            Added to distances before the logarithm.
        discard_nearest_for_xy : bool, default=False
            Whether to leave the nearest row of `y` out for each row of `x`.

        Returns
        -------
        numpy.float64
            The divergence. `eps` and the bounds of distances, 1e-5 and 1e10, are in the data's
            unit; ``gio4j.divergence(x, y, estimator="averaged")`` follows the data's scale.
        """
        value = averaged_divergence(x, y, k=k, eps=eps, discard_nearest=discard_nearest_for_xy)
        divergence: np.float64 = np.float64(value)
        return divergence

    def _kl_divergence_knn(
        self, x: Any, y: Any, k: int, eps: float, discard_nearest_for_xy: bool
    ) -> np.float64:
        return self.calculate_statistical_distance(x, y, k, eps, discard_nearest_for_xy)

    def _knn(
        self, x: Any, y: Any, k: int, last_only: bool, discard_nearest: bool, avg: bool
    ) -> npt.NDArray[np.float64]:
        """Distances of rows of x to rows of y: all in order, or sorted without the nearest.

        With `discard_nearest` the answer is (n, k), or (n, m - 1) under `avg`; without it (n, m).
        `last_only` keeps the last column.
        """
        table = distances(x, y)
        if discard_nearest:
            rows = table.shape[1]
            cure = f"y has {rows} rows and one is discarded"
            kept = rows - 1 if avg else check_int(k, "k", least=1, most=rows - 1, cure=cure)
            table = np.sort(table, axis=1)[:, 1 : kept + 1]
        return table[:, -1:] if last_only else table

    def _get_nearest(self, sample: Any, point: Any) -> int:
        """The index of the nearest row; the lowest of several, or when none is a number."""
        norms = np.linalg.norm(np.asarray(sample) - np.asarray(point), axis=1)
        return int(np.argmin(np.where(np.isnan(norms), np.inf, norms)))

    def gradient_descend(
        self,
        X: Any,
        W: Any,
        v: Any,
        scaling_factor: float,
        max_iterations: int,
        lr: float = 0.01,
        k: int = 5,
        discard_nearest_for_xy: bool = False,
    ) -> npt.NDArray[np.float32]:
        """Find where steps ``v -= lr * scaling_factor * gradient`` of D(X || W plus v) lead.

        Parameters
        ----------
        X : array-like of shape (n, d)
            The target.
        W : array-like of shape (m, d)
            The rows selected so far.
        v : array-like of shape (d,)
            The start.
        scaling_factor : float
            Factor of the gradient.
        max_iterations : int
            Steps.
        lr : float, default=0.01
            The learning rate.
        k : int, default=5
            The neighbour in `X`, 1 to n - 1.
        discard_nearest_for_xy : bool, default=False
            Whether to leave the nearest row of W out for each row of X.

        Returns
        -------
        ndarray of shape (d,), float32
            The end.
        """
        target = as_array(X, "X")
        neighbor(k, "k", len(target), "X")
        names = {"target": "X", "selected": "W", "start": "v", "steps": "max_iterations"}
        point = descend(
            target,
            W,
            v,
            steps=max_iterations,
            scale_factor=scaling_factor,
            learning_rate=lr,
            discard_nearest=discard_nearest_for_xy,
            names={**names, "scale_factor": "scaling_factor", "learning_rate": "lr"},
        )
        return point.astype(np.float32)

    # --- the search -------------------------------------------------------------------------------

    def _get_uniform_start(self, do_normalize: bool) -> npt.NDArray[np.float32]:
        """(uniform_start_size, dim) rows of NumPy's global generator, of length 1 if asked."""
        size = (
            check_int(self.uniform_start_size, "uniform_start_size", least=1),
            check_int(self.dim, "dim", least=1),
        )
        rows = np.random.uniform(low=self.uniform_low, high=self.uniform_high, size=size)
        if do_normalize:
            # Row by row: along an axis the norm sums in another order, a bit apart at times.
            rows = np.array([row / (np.linalg.norm(row) or 1.0) for row in rows])
        return rows.astype(np.float32)

    @checked_keywords(stopping_criterion="stop_criterion")
    def fit(
        self,
        train: Any,
        X: Any,
        D: Any = None,
        k: int = 5,
        max_iter: int = 100,
        stop_criterion: str = "increase",
        min_difference: float = 0,
        resets_allowed: bool = False,
        max_resets: int = 2,
        max_data_size: float = 1,
        min_kl: float = 0,
        max_sequential_increases: int = 3,
        random_init_pct: float = 0,
        random_restart_prob: float = 0,
        scale_factor: float | str = "auto",
        v_init: str = "mean",
        grad_desc_iter: int = 50,
        discard_nearest_for_xy: bool = False,
        normalize: bool = True,
        lr: float = 0.01,
    ) -> tuple[npt.NDArray[np.float32], list[np.float64], tuple[Any, ...]]:
        """Pick rows of `train` until the divergence D(X || W) rises, or another rule stops it.

        Parameters
        ----------
        train : array-like of shape (N, d)
            The candidates.
        X : array-like of shape (n, d)
            The target.
        D : array-like of shape (m, d), default=None
            Rows selected before.
        k : int, default=5
            The neighbour in `X` whose distance is compared, 1 to n - 1.
        max_iter : int, default=100
            Most picks, less one.
        stop_criterion : str, default="increase"
            "increase", "max_resets", "min_difference", "sequential_increase_tolerance", "min_kl" or
            "data_size".
        min_difference : float, default=0
            Bound of that rule.
        resets_allowed : bool, default=False
            Whether to put all candidates back, `max_resets` times, instead of stopping.
        max_resets : int, default=2
            Bound of that rule, and of the resets.
        max_data_size : float, default=1
            Bound of "data_size".
        min_kl : float, default=0
            Bound of that rule.
        max_sequential_increases : int, default=3
            Bound of "sequential_increase_tolerance".
        random_init_pct : float, default=0
            Share of train to start from, 0 to 1; 0 without `D` starts from uniform rows.
        random_restart_prob : float, default=0
            Chance that a descent takes three times the steps.
        scale_factor : float or "auto", default="auto"
            Factor of the gradient.
        v_init : {"mean", "prev_opt", "jump"}, default="mean"
            Where each descent starts.
        grad_desc_iter : int, default=50
            Steps of a descent.
        discard_nearest_for_xy : bool, default=False
            Whether to leave the nearest row of W out for each row of X.
        normalize : bool, default=True
            Whether uniform start rows have length 1.
        lr : float, default=0.01
            Learning rate of a descent.

        Returns
        -------
        W : ndarray of shape (m + picks, d), float32
            The start rows and then the picks.
        kl_divs : list of numpy.float64
            The divergence after each pick.
        state : tuple
            ``(v, scale_factor, just_reset, num_resets, increases, adder, kl_divs)``, with `adder`
            the candidates left.

        Raises
        ------
        ValueError
            For values or shapes that do not fit, naming argument, value and cure. Both global
            random states are then as before.
        TypeError
            For an unknown keyword, naming the nearest, and for dtypes that hold no real numbers.

        Warns
        -----
        GIOWarning
            For each quirk of the reference that is kept and shows in this call.
        DeprecationWarning
            For `stopping_criterion`, an old name of `stop_criterion`.
        """
        pool, target = as_array(train, "train"), as_array(X, "X")
        same_columns(pool.shape[1], "train", target.shape[1], "X")
        options = SearchOptions(
            gradient=Gradient(
                k=neighbor(k, "k", len(target), "X"),
                steps=check_int(grad_desc_iter, "grad_desc_iter"),
                learning_rate=check_real(lr, "lr"),
                scale_factor=None
                if _is_auto(scale_factor)
                else check_real(scale_factor, "scale_factor"),
                start_vector=one_of(v_init, "v_init", START_VECTORS),
            ),
            stop=StopOptions(
                criterion=one_of(stop_criterion, "stop_criterion", STOP_CRITERIA),
                min_difference=check_real(min_difference, "min_difference"),
                min_kl=check_real(min_kl, "min_kl"),
                max_data_size=check_real(max_data_size, "max_data_size", least=0),
                max_sequential_increases=check_int(
                    max_sequential_increases, "max_sequential_increases"
                ),
                resets_allowed=bool(resets_allowed),
                max_resets=check_int(max_resets, "max_resets"),
            ),
            max_iterations=check_int(max_iter, "max_iter"),
            random_restart_probability=check_real(
                random_restart_prob, "random_restart_prob", least=0, most=1
            ),
            discard_nearest=bool(discard_nearest_for_xy),
        )
        _quirks.warn(_quirks.before(options))
        states = random.getstate(), np.random.get_state()
        try:
            start = self._start_rows(pool, D, random_init_pct, normalize)
            version, numbers, gauss = random.getstate()
            names = {
                "pool": "train",
                "target": "X",
                "start": "D" if D is not None else "the start rows",
                "k": "k",
            }
            with reporting(self.verbose) as on_status:
                found = search(pool, target, start, options, numbers, names, on_status)
            random.setstate((version, found.random_state, gauss))
        except BaseException:
            random.setstate(states[0])
            np.random.set_state(states[1])
            raise
        self.selection_ = found
        _quirks.warn(
            _quirks.after(found, options.max_iterations, 0 if D is not None else len(start))
        )
        kl_divs = list(found.divergences)
        left = np.delete(pool.astype(np.float32, copy=False), found.removed, axis=0)
        scale = (
            np.float64(found.scale_factor)
            if options.gradient.scale_factor is None
            else scale_factor
        )
        point = found.point.astype(np.float32)
        return (
            found.selected,
            kl_divs,
            (point, scale, found.just_reset, found.resets, found.increases, left, kl_divs),
        )

    def _start_rows(
        self, pool: npt.NDArray[Any], D: Any, random_init_pct: float, normalize: bool
    ) -> npt.NDArray[Any]:
        if D is not None:
            return as_array(D, "D")
        share_of_train = check_real(random_init_pct, "random_init_pct", least=0, most=1)
        if share_of_train == 0:
            if self.dim != pool.shape[1]:
                raise InvalidInputError(
                    f"dim={self.dim}: train has {pool.shape[1]} columns, and the uniform start "
                    f"needs as many; make it GIOKL(dim={pool.shape[1]})"
                )
            rows = self._get_uniform_start(normalize)
            self.random_init = True
            return rows
        amount = int(share_of_train * len(pool))
        if amount == 0:
            raise InvalidInputError(
                f"random_init_pct={random_init_pct!r}: is no whole row of the {len(pool)} in "
                f"train; needs at least {1 / len(pool):g}"
            )
        # Positions instead of the rows themselves: the same draws.
        return pool[random.sample(range(len(pool)), amount)]


def _is_auto(scale_factor: Any) -> bool:
    if isinstance(scale_factor, str):
        one_of(scale_factor, "scale_factor", ("auto",))
        return True
    return False
