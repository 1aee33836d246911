"""Targets in groups: a label for each row, and a share for each label."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from gio4j._checks import brief, check_real
from gio4j._methods.registry import Method, grouped_methods
from gio4j._rows.matrix import to_numpy
from gio4j._rows.sources import Indices
from gio4j.errors import InvalidInputError, InvalidTypeError

# As numbers of groups go to the engine in float32.
_MOST_GROUPS = 2**24
_MOST_NAMED = 5


@dataclass(frozen=True, eq=False)
class Groups:
    """The groups of a target: their labels, their shares, and which one each row is in."""

    labels: tuple[str | int, ...]
    #: They add up to 1.
    shares: tuple[float, ...]
    #: By row of the target, as it was passed, the place of its label.
    of_rows: npt.NDArray[np.int32]

    def among(self, rows: Indices) -> Groups:
        """The groups of some rows, by their numbers in the target as it was passed."""
        return replace(self, of_rows=left_in_groups(self.of_rows, rows, self.labels))

    def by_label(self) -> dict[str, float]:
        """The shares, by labels as text."""
        return {str(label): share for label, share in zip(self.labels, self.shares, strict=True)}


def groups_of(groups: Any, target_shares: Any, method: Method, rows: int) -> Groups | None:
    """What `groups=` and `target_shares=` say of a target of so many rows; None for no groups."""
    if groups is None:
        if target_shares is not None:
            raise InvalidInputError(
                "target_shares: are of groups, and there are none; pass groups=, a label for each "
                "row of the target"
            )
        return None
    if not method.uses_groups:
        raise InvalidInputError(
            f"groups: method {method.name!r} uses none; leave them out, or take method="
            f"{' or '.join(map(repr, grouped_methods()))}"
        )
    places, of_rows = numbered(groups, rows)
    return Groups(tuple(places), _shares(target_shares, list(places)), of_rows)


def left_in_groups(
    of_rows: npt.NDArray[np.int32], rows: Indices, labels: Sequence[str | int]
) -> npt.NDArray[np.int32]:
    """Which group each of some rows is in; InvalidInputError for one of which none is left."""
    left = of_rows[rows]
    empty = np.flatnonzero(np.bincount(left, minlength=len(labels)) == 0)
    if len(empty):
        raise InvalidInputError(
            f"groups: missing='skip' leaves out all rows of {brief(labels[empty[0]])}; repair "
            "some, or leave the group out of the target"
        )
    return left


def numbered(groups: Any, rows: int) -> tuple[dict[str | int, int], npt.NDArray[np.int32]]:
    """The labels with their numbers, in the order in which they first appear, and each row's."""
    labels = _labels(groups)
    if len(labels) != rows:
        raise InvalidInputError(
            f"groups: are {len(labels)} for the {rows} rows of the target; needs one for each row"
        )
    places: dict[str | int, int] = {}
    of_rows = np.array([places.setdefault(label, len(places)) for label in labels], np.int32)
    if len(places) > _MOST_GROUPS:
        raise InvalidInputError(f"groups: have {len(places)} labels; at most {_MOST_GROUPS} can be")
    return places, of_rows


def _labels(groups: Any) -> list[str | int]:
    labels = [_plain(label) for label in _listed(groups)]
    for row, label in enumerate(labels):
        if isinstance(label, bool) or not isinstance(label, str | int):
            raise InvalidTypeError(
                f"groups: row {row} is {brief(label)}; needs an integer or a text for each row of "
                "the target"
            )
    other = next((row for row, each in enumerate(labels) if type(each) is not type(labels[0])), 0)
    if other:
        raise InvalidTypeError(
            f"groups: row 0 is {brief(labels[0])}, row {other} is {brief(labels[other])}; needs "
            "all integers or all texts"
        )
    return labels


def _listed(groups: Any) -> list[Any]:
    if isinstance(groups, list | tuple):
        return list(groups)
    if not isinstance(groups, type):
        for way in ("to_pylist", "to_list"):  # pyarrow's; pandas' and polars'
            if hasattr(groups, way):
                return list(getattr(groups, way)())
    listed: list[Any] = to_numpy(groups, "groups").reshape(-1).tolist()
    return listed


def _plain(label: Any) -> Any:
    plain = label.item() if isinstance(label, np.generic) else label
    return str(plain) if isinstance(plain, str) else plain


def _shares(given: Any, labels: list[str | int]) -> tuple[float, ...]:
    if given is None:
        return (1 / len(labels),) * len(labels)
    if not isinstance(given, Mapping):
        raise InvalidTypeError(
            f"target_shares={brief(given)}: needs a dict with a share for each group, such as "
            f"{{{brief(labels[0])}: 1.0}}"
        )
    for label in given:
        if label not in labels:
            raise InvalidInputError(
                f"target_shares: has a share of {brief(label)}, and no row of the target is in "
                f"that group; groups has {_named(labels)}"
            )
    for label in labels:
        if label not in given:
            raise InvalidInputError(
                f"target_shares: has no share of group {brief(label)}; needs one for each of "
                f"{_named(labels)}"
            )
    shares = np.array(
        [
            check_real(given[label], f"target_shares[{brief(label)}]", 0, above=True)
            for label in labels
        ]
    )
    shares /= shares.max()
    shares /= shares.sum()
    if not shares.min() > 0:
        raise InvalidInputError(
            f"target_shares: that of {brief(labels[shares.argmin()])} is 0 beside the largest; "
            "leave the group out of the target"
        )
    return tuple(shares.tolist())


def _named(labels: list[str | int]) -> str:
    more = f" and {len(labels) - _MOST_NAMED} more" if len(labels) > _MOST_NAMED else ""
    return ", ".join(map(brief, labels[:_MOST_NAMED])) + more
