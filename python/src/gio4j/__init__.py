"""Select training data that looks like a target, on a Java engine that this package starts.

Examples
--------
>>> import gio4j
>>> found = gio4j.select(pool, target, budget=20)
>>> subset = pool[found.indices]
>>> gio4j.divergence(target, subset, estimator="energy") < 0.5
True
"""

from typing import TYPE_CHECKING, Any

from gio4j import errors
from gio4j._cluster.kmeans import KMeansModel, KMeansSummary, kmeans
from gio4j._duplicates.deduplicate import deduplicate
from gio4j._duplicates.duplicates import Duplicates
from gio4j._engine.gateway import configure, debug_log, info, shutdown
from gio4j._import_name import warn_of_another_gio
from gio4j._measure.divergence import Divergence, divergence
from gio4j._measure.neighbors import nearest
from gio4j._methods import built_in
from gio4j._methods.built_in import *  # noqa: F403 - one line for all methods, now and later
from gio4j._report.explanation import Explanation
from gio4j._report.report import Report
from gio4j._report.yardstick import Likeness
from gio4j._rows.explode import explode
from gio4j._rows.matrix import empty
from gio4j._rows.project import project
from gio4j._rows.readers import read_csv, read_parquet
from gio4j._score.datamodel import datamodel
from gio4j._score.score import score
from gio4j._select.plan import Plan, plan
from gio4j._select.search import GradientSearch, gradient_search
from gio4j._select.select import select
from gio4j._select.selection import Selection
from gio4j._version import __version__

if TYPE_CHECKING:
    from gio4j._estimators import KMeans, Selector

__all__ = [
    "Divergence",
    "Duplicates",
    "Explanation",
    "GradientSearch",
    "KMeans",
    "KMeansModel",
    "KMeansSummary",
    "Likeness",
    "Plan",
    "Report",
    "Selection",
    "Selector",
    "__version__",
    "configure",
    "datamodel",
    "debug_log",
    "deduplicate",
    "divergence",
    "empty",
    "errors",
    "explode",
    "gradient_search",
    "info",
    "kmeans",
    "nearest",
    "plan",
    "project",
    "read_csv",
    "read_parquet",
    "score",
    "select",
    "shutdown",
]

__all__ += built_in.__all__

warn_of_another_gio()


def __getattr__(name: str) -> Any:
    """The estimators, when they are first asked for: they import scikit-learn, which takes 1 s."""
    if name not in ("KMeans", "Selector"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from gio4j import _estimators

    globals().update(KMeans=_estimators.KMeans, Selector=_estimators.Selector)
    return globals()[name]


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
