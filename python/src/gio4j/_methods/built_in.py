"""The methods of `gio4j.select`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from gio4j._methods.options import Choice, Integer, Neighbor, Real, Truth, option
from gio4j._methods.registry import Method, options_of, register
from gio4j.errors import InvalidInputError

__all__ = [
    "Balanced",
    "Bilevel",
    "Coverage",
    "Dsdm",
    "Exact",
    "Facility",
    "Flmi",
    "Flqmi",
    "Gradient",
    "Graphcut",
    "Gtp",
    "Kcenter",
    "Less",
    "Nearest",
    "Omp",
    "Random",
    "RandomStratified",
    "RoundRobin",
    "Tagcos",
    "Tsds",
    "Uot",
]

START_VECTORS = ("mean", "prev_opt", "jump")
# Added to distances before their logarithm, which a copy would make infinite.
_EPS = 1e-8
_SIMILARITY = option(
    "cosine",
    Choice(("cosine", "squared_cosine", "euclidean", "dot")),
    'Similarity of two rows, 0 where it is negative: "cosine" of the angle between them (0 for a '
    'row of zeros), "squared_cosine" its square, "euclidean" ``D - |x - y|^2`` with the largest '
    'squared distance D of a target row from a pool row or an existing one, "dot" ``x . y`` in the '
    "data's unit, for gradients.",
)
_TEMPERATURE = option(
    None,
    Real(above=0),
    "How much chance may outweigh a difference of scores: they are standardised, divided by "
    "it, and a Gumbel number of the seed is added to each (Gumbel top-k); None takes the "
    "largest scores.",
)


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
    work = ("N*n", "N*s")
    memory = ("4*N*d", "35*N", "8*n*d")
    uses_groups = True
    keeps_limits = "all"

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
    work = ("N*n",)
    memory = ("40*N", "12*n*d")
    uses_groups = True
    keeps_limits = "all"

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
    work: ClassVar[tuple[str, ...]] = ("N*n",)
    memory: ClassVar[tuple[str, ...]] = ("8*N", "8*n*d")
    keeps_limits = "all"

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
    work = ("n*s*steps", "N*s")
    memory = ("N", "16*n*d")
    keeps_limits = "rows"
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
class RoundRobin(Method):
    """Target rows take turns, and each takes the unused pool row nearest to it.

    With `groups` turns go to groups by their shares, and in a group to its rows.

    Examples
    --------
    >>> gio4j.select(pool, target, 20, gio4j.RoundRobin(), seed=7).stop_reason
    'budget'
    >>> len(gio4j.select(pool, target, method="round_robin")) == len(target)
    True
    """

    name = "round_robin"
    objective = "distance"
    purpose = "a plain baseline, each target row with the same share"
    keeps_limits = "all"
    work = ("N*n",)
    memory = ("N", "24*s", "8*n*d")
    uses_groups = True

    order: str = option(
        "shuffled",
        Choice(("shuffled", "given")),
        'Order of the target rows in a round: "shuffled" for each by the seed, or as "given".',
    )
    lose_turn: bool = option(
        False,
        Truth(),
        "Whether each target row goes down its own ranking of the pool, a row a turn, and loses "
        "the turn where that row is picked already, as in RDS+; crowded parts of the target then "
        "get fewer picks.",
    )


@register
@dataclass(frozen=True)
class Nearest(Method):
    """The rows nearest to any row of the target: the largest similarity to it.

    With `groups` each group ranks the pool by its own rows, and they take turns by their shares. A
    budget is needed.

    Examples
    --------
    >>> found = gio4j.select(pool, target, 20, gio4j.Nearest())
    >>> bool((found.trace[1:] >= found.trace[:-1]).all())
    True
    """

    name = "nearest"
    objective = "distance"
    purpose = "a pool of which few rows are like any row of the target"
    work = ("N*n",)
    memory = ("60*N", "12*s", "8*n*d")
    uses_groups = True
    keeps_limits = "all"


@register
@dataclass(frozen=True)
class Tsds(Method):
    """Each target row spreads its mass over its nearest pool rows, which near-duplicates share.

    TSDS of Liu, Karbasi and Rekatsinas 2024 (arXiv 2410.11303). Picks are the rows with a
    probability, and gains are these; when they are used up the selection ends as "saturated".

    Examples
    --------
    >>> found = gio4j.select(pool, target, 20, gio4j.Tsds(alpha=0.3))
    >>> bool(found.gains[0] >= found.gains[-1] > 0)
    True
    """

    name = "tsds"
    objective = "probability"
    purpose = "the target's proportions from a pool full of near-duplicates"
    work = ("N*n", "2*N*n")
    memory = ("20*N", "12*n*max_neighbors")
    uses_groups = True
    keeps_limits = "all"
    saturated_cure = "a smaller alpha=, or a larger c=, reaches more rows"

    alpha: float = option(
        0.5,
        Real(least=0, most=1),
        "Weight of near against diverse: at 1 the nearest rows alone, at 0 all that are retrieved.",
    )
    c: float | None = option(
        None,
        Real(above=0),
        "What diversity is worth, as a length in the unit of the data; None follows the data: 5 "
        "times the median distance of a target row to its tenth nearest pool row. The paper's "
        "script has 5.0, for rows of length 1.",
    )
    sigma: float | None = option(
        None,
        Real(least=0),
        "Distance beyond which rows are no near-duplicates; 0 regards none as such, which is the "
        "paper's KNN-Uniform; None follows the data: 0.75 times the same median. The paper's "
        "script has 0.75.",
    )
    max_neighbors: int = option(
        5000, Integer(least=1), "Pool rows that are retrieved for each target row."
    )
    density_neighbors: int = option(
        1000,
        Integer(least=1),
        "Nearest rows that count in the density of a row, itself among them.",
    )
    order: str = option(
        "probability",
        Choice(("probability", "sample")),
        'Rows by "probability", the largest first, or a seeded "sample" without replacement; a '
        "selection has each row once, so there is none with replacement.",
    )
    neighbor_caps: str = option(
        "pool",
        Choice(("pool", "script")),
        'What else bounds both numbers of neighbours: the "pool", or a tenth of it as in the '
        'paper\'s "script".',
    )


@register
@dataclass(frozen=True)
class Uot(Method):
    """Unbalanced optimal transport: target rows send their mass to near rows; the most of it first.

    The plan of POT's ``ot.unbalanced.sinkhorn_unbalanced(a, b, C, reg, (inf, reg_marginal))`` with
    even marginals and ``C = |x - y|^2 / 4``, which under ``metric="cosine"`` is ``(1 - cos) / 2``.
    Gains are the masses that picks receive. A budget is needed.

    Examples
    --------
    >>> found = gio4j.select(pool, target, 20, gio4j.Uot(), metric="cosine")
    >>> found.facts["reg"], found.facts["transport_stop"]
    (0.01, 'tolerance')
    """

    name = "uot"
    objective = "transported mass"
    purpose = "the target's proportions by transport, every row scored"
    keeps_limits = "all"
    work = ("40*N*n",)
    memory = ("4*N*n", "4*N*d", "48*N")
    saturated_cure = "a larger reg= reaches more rows"

    reg: float | None = option(
        None,
        Real(above=0),
        "Weight of the plan's divergence, in the unit of C: a small one keeps mass at the nearest "
        'rows, a large one spreads it. None is 0.01 under ``metric="cosine"``, else 0.02 times the '
        "median cost of a target row and a pool row.",
    )
    reg_marginal: float | None = option(
        None,
        Real(above=0),
        "Weight of the pool's marginal: a large one gives all rows the same mass; None is a "
        "hundredth of `reg`. The target's mass is always sent in full.",
    )
    max_iterations: int = option(1000, Integer(least=1), "Sinkhorn's iterations at most.")
    tolerance: float = option(
        1e-6,
        Real(above=0),
        "It has converged when no row's factor changes by more than this share of it.",
    )


@register
@dataclass(frozen=True)
class Omp(Method):
    """Fits the target's mean by a weighted sum of rows, one at a time; for gradients of examples.

    Non-negative orthogonal matching pursuit: each pick is the row that correlates most with what
    the picks so far leave of the mean, and then all weights are fitted again.

    Examples
    --------
    >>> found = gio4j.select(pool, target, 3, gio4j.Omp())
    >>> fit = found.weights @ pool[found.indices]
    >>> bool((found.weights > 0).all())
    True
    """

    name = "omp"
    objective = "loss"
    purpose = "gradients of examples, a small budget"
    work: ClassVar[tuple[str, ...]] = ("N*r", "r*r*r")
    memory: ClassVar[tuple[str, ...]] = ("16*N", "4*r*r", "4*r*d")
    follows_target = False
    uses_groups = True
    keeps_limits = "all"
    saturated_cure = "method='gtp' with refill='exclude_near' or 'equal' goes on"
    has_origin = True

    ridge: float = option(
        0.0,
        Real(least=0),
        "Cost of weights: ``ridge * w^2 |g|^2`` of each row g. Above 0 copies of a row share its "
        "weight, so they are picked too.",
    )


@register
@dataclass(frozen=True)
class Gtp(Omp):
    """Fits the target's mean by a weighted sum of rows, many at a time; for gradients of examples.

    Gradient pursuit by compressive sampling, as Deng, Li and Li 2024 (arXiv 2410.16710): after the
    abstract, our reconstruction. Where the fit needs fewer rows than the budget it ends with
    ``stop_reason`` "saturated", unless `refill` goes on.

    Examples
    --------
    >>> found = gio4j.select(pool, target, 3, gio4j.Gtp())
    >>> found.facts["weighted_loss"] <= found.facts["unweighted_loss"]
    True
    >>> len(gio4j.select(pool, target, 30, gio4j.Gtp(refill="equal")))
    30
    """

    name = "gtp"
    purpose = "gradients of examples, few passes over the pool"
    work = ("20*N", "r*r*r")
    memory = ("32*N", "8*s*d", "4*s*s")
    keeps_limits = "rows"
    saturated_cure = "refill='equal' goes on, and a higher near= where refill is 'exclude_near'"

    max_rounds: int = option(50, Integer(least=1), "Rounds of a pursuit at most.")
    refill: str = option(
        "stop",
        Choice(("stop", "exclude_near", "equal")),
        'What happens where the fit needs fewer rows than the budget: "stop" ends; "exclude_near" '
        'leaves out rows near to picks and fits again, to the same mean; "equal" adds the row with '
        "which the plain sum of the picks points most nearly where the mean does, which is better "
        "where training ignores weights, and gives all picks the same weight.",
    )
    near: float | None = option(
        None,
        Real(least=0, most=1),
        'Cosine to a pick from which "exclude_near", and nothing else, leaves a row out; None is '
        "0.95.",
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.near is not None and self.refill != "exclude_near":
            raise InvalidInputError(
                f"near={self.near:g}: only refill='exclude_near' has one; with "
                f"refill={self.refill!r} leave it out"
            )


@register
@dataclass(frozen=True)
class Tagcos(Method):
    """Clusters the pool and fits each cluster's mean by a weighted sum of rows; for gradients.

    TAGCOS of Zhang et al. 2024 (arXiv 2407.15235), with seeded clusters, and parts of the budget by
    the largest remainders. The target has no influence. A budget is needed.

    Examples
    --------
    >>> found = gio4j.select(pool, None, 40, gio4j.Tagcos(clusters=4))
    >>> found.facts["clusters"], bool(found.trace[-1] < 0.2)
    (4, True)
    """

    name = "tagcos"
    objective = "loss of the clusters' means"
    purpose = "gradients of examples, a small pool that trains as the whole does"
    keeps_limits = "rows"
    work = ("10*N*clusters",)
    memory = ("40*N", "4*N*d")
    follows_target = False
    saturated_cure = "method='facility' represents the pool too, and goes on"
    has_origin = True

    clusters: int = option(100, Integer(least=1), "Clusters of K-means; 100 as in the paper.")
    ridge: float = option(
        0.0,
        Real(least=0),
        "Cost of weights: ``ridge * w^2 |g|^2`` of each row g. Above 0, such as the 1 of the "
        "paper's code, copies of a row share its weight, so they are picked too.",
    )


@register
@dataclass(frozen=True)
class Random(Method):
    """Rows drawn at random, each with the same chance: what other methods are compared with.

    Target and `existing` rows have no influence, and there is no objective: gains and trace are
    NaN. A row of weight q counts as q rows in the budget, which is needed, and is drawn with the
    chance of any other.

    Examples
    --------
    >>> few, many = gio4j.select(pool, target, [5, 20], gio4j.Random(), seed=7)
    >>> list(few) == list(many[:5])
    True
    """

    name = "random"
    objective = "no objective"
    purpose = "the baseline of every comparison"
    work = ("N",)
    memory = ("4*N",)
    follows_target = False
    keeps_limits = "all"


@register
@dataclass(frozen=True)
class RandomStratified(Method):
    """Rows drawn at random from each `source` in turn, so that each has its share of the picks.

    When a source has no row left, the others divide the rest of the budget by the same shares.
    Within a source every row has the same chance. All limits hold; a budget is needed, and there is
    no objective.

    Examples
    --------
    >>> source = ["web"] * 400 + ["books"] * 100
    >>> found = gio4j.select(pool, target, 20, gio4j.RandomStratified(), source=source)
    >>> found.facts["picks_by_source"]
    {'books': 10, 'web': 10}
    """

    name = "random_stratified"
    objective = "no objective"
    purpose = "the baseline where sources are mixed"
    work = ("N",)
    memory = ("8*N",)
    follows_target = False
    keeps_limits = "all"
    needs_source = True

    shares: str = option(
        "equal",
        Choice(("equal", "size")),
        'Which share of the picks a source has: "equal" ones, or by "size", in proportion to its '
        "rows in the pool.",
    )


@register
@dataclass(frozen=True)
class Kcenter(Method):
    """Covers the pool, not the target: each pick is the row farthest from the picks so far.

    Farthest-first traversal: the largest distance of a pool row from its nearest pick, which the
    trace has, is at most twice the smallest that so many picks can reach. `existing` rows are
    centres from the start, and the target has no influence but by ``start="target"``. A budget is
    needed; before it the selection ends ("saturated") when all rows left are copies of centres.

    With `scores`, margins of uncertainty of at least 0 that are small where a row is worth more,
    the picks keep ``radius + margin_weight * sum of their margins`` low, within a factor of 3.3 of
    the optimum: after the abstract of arXiv 2312.10602; our reconstruction.

    Examples
    --------
    >>> found = gio4j.select(pool, target, 20, gio4j.Kcenter())
    >>> bool((found.gains[1:] == found.trace[:-1]).all())
    True
    """

    name = "kcenter"
    objective = "covering radius"
    purpose = "the whole range of the pool in few rows, whatever the target is"
    work = ("N*s",)
    memory = ("12*N", "8*s*d")
    follows_target = False
    keeps_limits = "all"
    saturated_cure = "all are copies of picks, which method='random' takes as well"
    uses_scores = True

    start: str = option(
        "pool",
        Choice(("pool", "target", "random")),
        "Where the first centre lies without `existing` rows: at the row nearest to the mean of "
        'the "pool", or of the "target", or at one that the seed draws ("random").',
    )
    margin_weight: float = option(
        1.0,
        Real(above=0),
        "With `scores`, and only then: the distance that a margin of 1 weighs as much as.",
    )


@register
@dataclass(frozen=True)
class Bilevel(Method):
    """The labelled rows from which a simple model learns best; rows with wrong labels are left out.

    Probabilistic bilevel coresets of Zhou et al. 2022 (arXiv 2301.09880): rows are drawn by
    probabilities that move until a ridge or logistic regression, fitted to the rows drawn, predicts
    the labels of the whole pool best. `scores` are these labels. Gains are the probabilities, the
    trace is NaN, and the facts have the losses. Target and `existing` rows have no influence. A
    budget is needed. For pools of thousands of rows.

    Examples
    --------
    >>> labels = (pool[:, 0] > 0).astype(float)
    >>> found = gio4j.select(pool, None, 10, gio4j.Bilevel(outer_iterations=20), scores=labels)
    >>> found.facts["loss"] < found.facts["start_loss"]
    True
    """

    name = "bilevel"
    objective = "outer loss"
    purpose = "labelled rows, some labels wrong, a small training set"
    work = ("N*masks*outer_iterations",)
    memory = ("4*N*d", "64*N")
    follows_target = False
    uses_scores = True

    model: str = option(
        "logistic",
        Choice(("logistic", "ridge")),
        'What is fitted: a "logistic" regression, for which each distinct number in `scores` is a '
        'class, or least squares ("ridge"), for which they are numbers to predict.',
    )
    ridge: float = option(
        1.0,
        Real(least=1e-6, most=1e6),
        "Penalty of a coefficient's square for each row of a fit. More of it leaves out more rows "
        "with wrong labels.",
    )
    masks: int = option(10, Integer(least=2), "Sets of rows drawn and fitted in each iteration.")
    outer_iterations: int = option(
        300,
        Integer(least=1),
        "Iterations; times `masks` they should be several times the rows of the pool.",
    )
    learning_rate: float = option(0.05, Real(above=0, most=1), "Of Adam; it falls along a cosine.")


@register
@dataclass(frozen=True)
class Dsdm(Method):
    """The rows with the largest `scores`, such as datamodel weights or influences; or drawn so.

    A gain is a pick's score, the trace the sum of them. Target and `existing` rows have no
    influence. A budget is needed.

    Examples
    --------
    >>> scores = pool[:, 0]
    >>> found = gio4j.select(pool, target, 20, gio4j.Dsdm(), scores=scores)
    >>> sorted(found) == sorted(scores.argsort()[-20:])
    True
    """

    name = "dsdm"
    objective = "sum of scores"
    purpose = "rows whose benefit has been estimated by other means"
    work = ("N",)
    memory = ("32*N",)
    follows_target = False
    keeps_limits = "all"
    uses_scores = True

    temperature: float | None = _TEMPERATURE


@register
@dataclass(frozen=True)
class Less(Method):
    """The rows with the largest mean inner product with the target's, for gradients of examples.

    LESS of Xia et al. 2024 (arXiv 2402.04333): to first order, a step along a row lowers the loss
    of the target by the product with its mean gradient. Pass ``metric="cosine"``, as LESS divides
    gradients by their lengths; a row of zeros scores 0. With `groups` a score is the largest mean
    over them. Several checkpoints with weights are ``[(gradients, weight), ...]``, for pool and
    target. A gain is a pick's score, the trace the sum of them. A budget is needed.

    Examples
    --------
    >>> found = gio4j.select(pool, target, 20, gio4j.Less(), metric="cosine")
    >>> bool((found.gains[1:] <= found.gains[:-1]).all())
    True
    """

    name = "less"
    objective = "sum of scores"
    purpose = "gradients of examples: those that help the target most, one by one"
    keeps_limits = "all"
    work = ("N",)
    memory = ("48*N",)
    follows_target = False
    has_origin = True
    uses_groups = True

    temperature: float | None = _TEMPERATURE


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
    work = ("N*n",)
    memory = ("80*N", "8*n*d")
    uses_groups = True
    keeps_limits = "all"
    has_origin = True

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
    work = ("N*n",)
    memory = ("84*N", "8*n*d")
    uses_groups = True
    keeps_limits = "all"
    has_origin = True

    similarity: str = _SIMILARITY
    eta: float = option(
        1.0,
        Real(least=0),
        "Weight of the picks' own similarity to the target; 0 is `Facility`.",
    )


@register
@dataclass(frozen=True)
class Flmi(Method):
    """Rows that represent the part of the pool that is like the target.

    Each pool row counts by its most similar pick, up to `eta` times its own similarity to the
    target: facility location's mutual information, FL1MI of submodlib.

    Examples
    --------
    >>> found = gio4j.select(pool, target, 5, gio4j.Flmi(representatives=100))
    >>> found.facts["representatives"]
    100
    """

    name = "flmi"
    objective = "mutual information with the pool"
    purpose = "a small subset that represents what of the pool is like the target"
    work = ("N*representatives",)
    memory = ("84*N", "8*representatives*d")
    keeps_limits = "all"
    saturated_cure = "a larger eta=, or method='flqmi', goes on"
    has_origin = True

    similarity: str = _SIMILARITY
    eta: float = option(
        1.0,
        Real(above=0),
        "What a pool row counts at most: this many times its similarity to the target.",
    )
    representatives: int = option(
        10_000,
        Integer(least=1),
        "Pool rows that are represented: all, or of more than this a sample that `seed` draws. "
        "Picks come from all rows.",
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
    work = ("N*n", "N*s")
    memory = ("32*N", "8*n*d", "4*s*d")
    uses_groups = True
    keeps_limits = "all"
    has_origin = True

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
