"""What a report, a plot and a card read of a selection and of a target in groups."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt


class Picked(Protocol):
    """Rows picked, and how: `gio4j.Selection`, which is made above this room."""

    @property
    def indices(self) -> npt.NDArray[np.int32]:
        """Rows of the pool, in the order picked."""

    @property
    def gains(self) -> npt.NDArray[np.float64]:
        """By how much each pick improved the objective."""

    @property
    def trace(self) -> npt.NDArray[np.float64]:
        """The objective after each pick."""

    @property
    def stop_reason(self) -> str:
        """Why it ended."""

    @property
    def starting_objective(self) -> float | None:
        """The objective of the existing rows alone."""

    @property
    def method(self) -> str:
        """The method that picked."""

    @property
    def options(self) -> Mapping[str, Any]:
        """What was asked for."""

    @property
    def facts(self) -> Mapping[str, Any]:
        """What the method found out."""

    @property
    def timings(self) -> Mapping[str, float]:
        """Seconds of each stage."""

    @property
    def pool_rows(self) -> int:
        """How many rows the pool has."""

    def __len__(self) -> int: ...


class Grouped(Protocol):
    """Groups of a target's rows, which are made above this room."""

    @property
    def labels(self) -> tuple[str | int, ...]:
        """Of the groups."""

    @property
    def shares(self) -> tuple[float, ...]:
        """Of the groups, 1 in all."""

    @property
    def of_rows(self) -> npt.NDArray[np.int32]:
        """By row of the target, as it was passed, the place of its label."""
