"""The methods of `gio4j.select`, each with its options: what they mean and what they may be."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, ClassVar, Literal

from gio4j._checks import neighbor, one_of, real, whole
from gio4j.errors import InvalidInputError

KERNELS = ("rational", "laplace", "gauss", "log", "euclidean")
# At least level with the others on every task of docs/quality.md; bounded, so outliers in the
# target weigh little, and above 0 however far rows are from it.
DEFAULT_KERNEL = "rational"
START_VECTORS = ("mean", "prev_opt", "jump")
MethodName = Literal["balanced", "coverage", "exact", "gradient", "jump"]
_CAMEL = {"k": "neighbors", "eps": "epsilon"}


@dataclass(frozen=True)
class Method:
    """A method with its options, checked when it is made."""

    name: ClassVar[str]
    #: What its trace holds, in few words.
    objective: ClassVar[str]

    def request(self, budget: int | None, seed: int) -> dict[str, Any]:
        """The method as a request names it."""
        return {"name": self.name, "budget": budget, **self.options()}

    def options(self) -> dict[str, Any]:
        """Its options as a request names them."""
        return {_camel(name): value for name, value in asdict(self).items()}

    def check_target(self, rows: int | None) -> None:
        """InvalidInputError for a target with too few rows, as far as their number is known."""


@dataclass(frozen=True)
class Balanced(Method):
    """Keeps the energy distance of target and picks low: near the target, and apart.

    kernel : of the distance r between two rows: "rational" 1 / (1 + r^2 / (2 alpha scale^2))^alpha
        (scikit-learn's RationalQuadratic), "laplace" exp(-r / scale), "gauss"
        exp(-r^2 / (2 scale^2)), "log" -log(1 + r^2 / scale^2) / 2, "euclidean" -r
    scale : length at which the kernel changes its shape; none has "euclidean". None follows the
        data: half the median distance m between two target rows, or of m + 3 (g - m) where their
        distance g to the nearest pool rows is more than m ("rational": by sqrt(2 alpha) less;
        "log": a fiftieth). The answer's `facts` have it, and from which of the two it is.
    alpha : how fast "rational" falls with the distance; None is 1. Only for "rational".
    """

    name = "balanced"
    objective = "energy distance"
    kernel: str = DEFAULT_KERNEL
    scale: float | None = None
    alpha: float | None = None

    def __post_init__(self) -> None:
        one_of(self.kernel, "kernel", KERNELS)
        if self.scale is not None:
            _set(self, scale=real(self.scale, "scale", least=0, above=True))
        if self.alpha is not None:
            _set(self, alpha=real(self.alpha, "alpha", least=0, above=True))
            if self.kernel != "rational":
                raise InvalidInputError(
                    f"alpha={self.alpha!r}: only kernel='rational' has one; with "
                    f"kernel={self.kernel!r} leave it out"
                )


@dataclass(frozen=True)
class Coverage(Method):
    """Gives every target row near picks: the mean over targets of its k best closenesses.

    k : picks that count for each target row; None follows the budget, budget / target rows
    eps : added to each distance before its logarithm, so that a copy is near and not infinite; as a
        share of the target's typical distance
    """

    name = "coverage"
    objective = "coverage"
    k: int | None = None
    eps: float = 1e-8

    def __post_init__(self) -> None:
        if self.k is not None:
            _set(self, k=whole(self.k, "k", least=1))
        _set(self, eps=real(self.eps, "eps", least=0, above=True))


@dataclass(frozen=True)
class Exact(Method):
    """The optimum of the GIO paper's averaged divergence; gathers at the target's largest mode.

    k : the neighbour in the target whose distance is compared; 5 as in the paper
    eps : added to each distance before its logarithm, as a share of the target's typical distance
    """

    name = "exact"
    objective = "divergence"
    k: int = 5
    eps: float = 1e-8

    def __post_init__(self) -> None:
        _set(self, k=whole(self.k, "k", least=1))
        _set(self, eps=real(self.eps, "eps", least=0, above=True))

    def check_target(self, rows: int | None) -> None:
        """A row is no neighbour of its own."""
        neighbor(self.k, "k", rows, "target")


@dataclass(frozen=True)
class Gradient(Exact):
    """The GIO paper's gradient search on the same objective.

    k : the neighbour in the target whose distance is compared; 5 as in the paper
    eps : added to each distance before its logarithm, as a share of the target's typical distance
    steps : of each descent; 50 as in the reference
    learning_rate : a step moves by it, times `scale_factor`, times the gradient
    scale_factor : None finds once what makes a step as long as the target's spread
    start_vector : "mean" of the target as in the paper, "prev_opt" (where the last descent ended)
        or "jump" (a random target row, which keeps the target's proportions best)
    """

    name = "gradient"
    steps: int = 50
    learning_rate: float = 0.01
    scale_factor: float | None = None
    start_vector: str = "mean"

    def __post_init__(self) -> None:
        super().__post_init__()
        _set(self, steps=whole(self.steps, "steps"))
        _set(self, learning_rate=real(self.learning_rate, "learning_rate"))
        if self.scale_factor is not None:
            _set(self, scale_factor=real(self.scale_factor, "scale_factor"))
        one_of(self.start_vector, "start_vector", START_VECTORS)

    def request(self, budget: int | None, seed: int) -> dict[str, Any]:
        """With the seed of its random starts."""
        return {**super().request(budget, seed), "seed": seed}


@dataclass(frozen=True)
class Jump(Method):
    """The unused pool row nearest to a random target row, again and again."""

    name = "jump"
    objective = "distance"

    def request(self, budget: int | None, seed: int) -> dict[str, Any]:
        """With the seed of its order of target rows."""
        return {**super().request(budget, seed), "seed": seed}


METHODS: dict[str, type[Method]] = {
    method.name: method for method in (Balanced, Coverage, Exact, Gradient, Jump)
}


def objective_of(name: str, options: Mapping[str, Any]) -> str:
    """What the trace of a selection holds, with the kernel where it has one."""
    kernel = options.get("kernel")
    return METHODS[name].objective + (f" ({kernel})" if kernel else "")


def kernel_of(method: str, options: Mapping[str, Any], facts: Mapping[str, Any]) -> Balanced:
    """The kernel by which an energy distance is measured: the selection's own, else the default.

    What was found on the way, such as the scale, stands for options that were left open.
    """
    if method != Balanced.name:
        return Balanced()
    names = option_names(Balanced)
    known = {name: options[name] for name in names if options.get(name) is not None}
    found = {name: facts[name] for name in names if name in facts}
    return Balanced(**{**found, **known})


def option_names(method: type[Method]) -> list[str]:
    """The options of a method."""
    return [field.name for field in fields(method)]


def method_of(name: Any, options: dict[str, Any], others: list[str]) -> Method:
    """The method of that name with its options.

    Raises InvalidInputError for an unknown method or a value out of bounds, TypeError for an
    unknown option; both name the nearest that there is. `others` are the keywords of the caller.
    """
    if name not in METHODS:
        raise InvalidInputError(
            f"method={name!r}: there is none of that name; the nearest is "
            f"{_nearest(str(name), list(METHODS))!r}, all are {', '.join(map(repr, METHODS))}"
        )
    method = METHODS[name]
    known = option_names(method)
    for option in options:
        if option in known:
            continue
        owners = [other.name for other in METHODS.values() if option in option_names(other)]
        if owners:
            raise TypeError(
                f"{option}=: is no option of method {name!r} but of "
                f"{' and '.join(map(repr, owners))}; {name!r} has {_listed(known)}"
            )
        raise TypeError(
            f"{option}=: there is no such option; the nearest is "
            f"{_nearest(option, [*known, *others])!r}, method {name!r} has {_listed(known)}"
        )
    return method(**options)


def _set(method: Method, **checked: Any) -> None:
    for name, value in checked.items():
        object.__setattr__(method, name, value)


def _nearest(word: str, known: list[str]) -> str:
    return difflib.get_close_matches(word, known, n=1, cutoff=0.0)[0]


def _listed(names: list[str]) -> str:
    return ", ".join(names) or "none"


def _camel(name: str) -> str:
    first, *rest = _CAMEL.get(name, name).split("_")
    return first + "".join(word.capitalize() for word in rest)
