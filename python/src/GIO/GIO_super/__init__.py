"""The interface that the reference package's methods share."""

from __future__ import annotations

from typing import Any


class GIO_super:
    """A way to select data: a statistical distance, descent on it, and a fit that uses both."""

    def calculate_statistical_distance(self, x: Any, y: Any) -> Any:
        """The distance d(p, q) estimated from rows x ~ p and y ~ q."""
        raise NotImplementedError

    def gradient_descend(
        self, X: Any, W: Any, v: Any, factor: Any, max_iterations: Any, lr: Any, *arg: Any
    ) -> Any:
        """The point to which descent on the distance of X and W plus v leads."""
        raise NotImplementedError

    def fit(self, train: Any, X: Any, *arg: Any) -> Any:
        """The rows of train that bring the distance to X down."""
        raise NotImplementedError

    def _get_nearest(self, sample: Any, point: Any) -> Any:
        """The index of the nearest row."""
        raise NotImplementedError
