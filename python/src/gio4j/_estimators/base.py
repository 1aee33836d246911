"""What the estimators have in common, with scikit-learn and without."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from gio4j._checks import did_you_mean
from gio4j._rows.choice import PLAIN, Choice
from gio4j._rows.inputs import source_of
from gio4j._rows.sources import Source
from gio4j.errors import InvalidInputError, InvalidTypeError, NotFittedError, warn

try:
    from sklearn.base import BaseEstimator
    from sklearn.base import ClusterMixin as ClusterMixin
    from sklearn.base import TransformerMixin as TransformerMixin
except ImportError:

    class BaseEstimator:  # type: ignore[no-redef]
        """Nothing to inherit."""

    class ClusterMixin:  # type: ignore[no-redef]
        """Nothing to inherit."""

    class TransformerMixin:  # type: ignore[no-redef]
        """Nothing to inherit."""


Names = list[str]
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
                raise InvalidInputError(unknown(name, type(self)))
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


def _not_fitted(message: str) -> Exception:
    """scikit-learn's own class where it is loaded: its callers look for that."""
    theirs = getattr(sys.modules.get("sklearn.exceptions"), "NotFittedError", None)
    problem: Exception = NotFittedError(message) if theirs is None else theirs(message)
    return problem


def named(X: Any, name: str, choice: Choice = PLAIN) -> tuple[Source, Names | None]:
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


def unknown(name: str, estimator: type[Estimator]) -> str:
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
