"""The methods of `gio4j.select`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gio4j._methods.options import Choice, Integer, Neighbor, Real, option
from gio4j._methods.registry import Method, options_of, register
from gio4j.errors import InvalidInputError

__all__ = [
    "Balanced",
    "Coverage",
    "Exact",
    "Facility",
    "Flqmi",
    "Gradient",
    "Graphcut",
    "Nearest",
]

START_VECTORS = ("mean", "prev_opt", "jump")
_SIMILARITY = option(
    "cosine",
    Choice(("cosine", "squared_cosine", "euclidean", "dot")),
    'Similarity of two rows, 0 where it is negative: "cosine" of the angle between them (0 for a '
    'row of zeros), "squared_cosine" its square, "euclidean" ``D - |x - y|^2`` with the largest '
    'squared distance D of a target row from a pool row or an existing one, "dot" ``x . y`` in the '
    "data's unit, for gradients.",
)
# Added to distances before their logarithm, which a copy would make infinite.
_EPS = 1e-8


@register
@dataclass(frozen=True)
class Balanced(Method):
    """Keeps the energy distance of target and picks low: near the target, and apart.

    Examples
    --------
    >>> gio4j.select(pool, target, 20, gio4j.Balanced(kernel="log")).options["kernel"]
    'log'
    """

    name = "balanced"
    objective = "energy distance"
    purpose = "a subset in the target's proportions"

    # "rational" is at least level with the others on every task of docs/quality.md; bounded, so
    # outliers in the target weigh little, and above 0 however far rows are from it.
    kernel: str = option(
        "rational",
        Choice(("rational", "laplace", "gauss", "log", "euclidean")),
        'Similarity of two rows at distance r: "rational" ``1 / (1 + r^2 / (2 alpha '
        'scale^2))^alpha`` (scikit-learn\'s RationalQuadratic), "laplace" ``exp(-r / scale)``, '
        '"gauss" ``exp(-r^2 / (2 scale^2))``, "log" ``-log(1 + r^2 / scale^2) / 2``, "euclidean" '
        "``-r``.",
    )
    scale: float | None = option(
        None,
        Real(above=0),
        'Length at which the kernel changes its shape, which "euclidean" has none of; None follows '
        "the data: half the median distance m between two target rows, or of m + 3 (g - m) where "
        'their distance g to the nearest pool rows is more than m ("rational": by sqrt(2 alpha) '
        'less; "log": a fiftieth), and the facts of the selection have it.',
    )
    alpha: float | None = option(
        None,
        Real(above=0),
        'How fast "rational", and no other kernel, falls with the distance; None is 1.',
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.alpha is not None and self.kernel != "rational":
            raise InvalidInputError(
                f"alpha={self.alpha:g}: only kernel='rational' has one; with "
                f"kernel={self.kernel!r} leave it out"
            )


@register
@dataclass(frozen=True)
class Coverage(Method):
    """Gives every target row near picks: the mean over targets of its k best closenesses.

    Examples
    --------
    >>> gio4j.select(pool, target, 20, gio4j.Coverage(k=3)).stop_reason
    'budget'
    """

    name = "coverage"
    objective = "coverage"
    purpose = "a very small budget, every mode at least once"

    k: int | None = option(
        None,
        Integer(least=1),
        "Picks that count for each target row; None follows the budget: budget / target rows, "
        "rounded up.",
    )
    eps: float = option(
        _EPS,
        Real(above=0),
        "Added to each distance before its logarithm, so that a copy is near and not infinitely "
        "near, as a share of the target's typical distance.",
    )


@register
@dataclass(frozen=True)
class Exact(Method):
    """The optimum of the GIO paper's averaged divergence; gathers at the target's largest mode.

    Examples
    --------
    >>> len(gio4j.select(pool, target, 20, gio4j.Exact(k=3)))
    20
    """

    name = "exact"
    objective = "divergence"
    purpose = "reproducing a GIO result, at its optimum"

    k: int = option(
        5,
        Neighbor(),
        "Neighbour in the target whose distance is compared; 5 as in the paper.",
    )
    eps: float = option(
        _EPS,
        Real(above=0),
        "Added to each distance before its logarithm, as a share of the target's typical distance.",
    )


@register
@dataclass(frozen=True)
class Gradient(Exact):
    """The GIO paper's gradient search on the same objective as `Exact`.

    Examples
    --------
    >>> len(gio4j.select(pool, target, 5, gio4j.Gradient(start_vector="jump", steps=20)))
    5
    """

    name = "gradient"
    purpose = "reproducing a GIO result, by the paper's search"
    # It descends for every pick: past this many rows the paper quantises first.
    quantized_above = 100_000

    steps: int = option(50, Integer(), "Steps of each descent; 50 as in the reference.")
    learning_rate: float = option(
        0.01, Real(), "A step moves by it, times `scale_factor`, times the gradient."
    )
    scale_factor: float | None = option(
        None,
        Real(),
        "Factor of the gradient; None finds once what makes a step as long as the target's spread.",
    )
    start_vector: str = option(
        "mean",
        Choice(START_VECTORS),
        'Where each descent starts: at the "mean" of the target as in the paper, at "prev_opt", '
        'where the last one ended, or by a "jump" to a random target row, which keeps the '
        "target's proportions best.",
    )


@register
@dataclass(frozen=True)
class Nearest(Method):
    """The unused pool row nearest to a random target row, again and again, all targets in turn.

    Examples
    --------
    >>> gio4j.select(pool, target, 20, gio4j.Nearest(), seed=7).stop_reason
    'budget'
    """

    name = "nearest"
    objective = "distance"
    purpose = "a plain baseline"


@register
@dataclass(frozen=True)
class Facility(Method):
    """Facility location: the sum over target rows of the similarity to their most similar pick.

    It ends with "saturated" where no row is more similar to any target row than the picks are. With
    the pool as the target the picks represent the pool.

    Examples
    --------
    >>> found = gio4j.select(pool, pool, 20, gio4j.Facility(similarity="euclidean"))
    >>> bool((found.gains[1:] <= found.gains[:-1]).all())
    True
    """

    name = "facility"
    objective = "facility location"
    purpose = "a small subset that represents the target, or the pool itself"

    similarity: str = _SIMILARITY


@register
@dataclass(frozen=True)
class Flqmi(Method):
    """`Facility`, plus the similarity of each pick to its most similar target row.

    Examples
    --------
    >>> gio4j.select(pool, target, 20, gio4j.Flqmi(eta=0.5)).stop_reason
    'budget'
    """

    name = "flqmi"
    objective = "mutual information"
    purpose = "the same, beyond what covers the target"

    similarity: str = _SIMILARITY
    eta: float = option(
        1.0,
        Real(least=0),
        "Weight of the picks' own similarity to the target; 0 is `Facility`.",
    )


@register
@dataclass(frozen=True)
class Graphcut(Method):
    """Graph cut: similarity to all target rows, less that among the picks.

    Examples
    --------
    >>> gio4j.select(pool, pool, 20, gio4j.Graphcut(redundancy=0.5)).stop_reason
    'budget'
    """

    name = "graphcut"
    objective = "graph cut"
    purpose = "typical rows that are unlike each other"

    similarity: str = _SIMILARITY
    redundancy: float = option(
        1.0,
        Real(least=0),
        "Weight of the similarities among picks, in both orders and with themselves; 1 as in "
        "apricot, 0 ranks rows by their similarity to the target.",
    )


def kernel_of(method: str, options: Mapping[str, Any], facts: Mapping[str, Any]) -> Balanced:
    """The kernel by which an energy distance is measured: the selection's own, else the default.

    What was found on the way, such as the scale, stands for options that were left open.
    """
    if method != Balanced.name:
        return Balanced()
    names = [each.name for each in options_of(Balanced)]
    known = {name: options[name] for name in names if options.get(name) is not None}
    found = {name: facts[name] for name in names if name in facts}
    return Balanced(**{**found, **known})
