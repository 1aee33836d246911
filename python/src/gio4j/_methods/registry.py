"""What a method is, and which there are.

A method is one frozen dataclass: its fields are its options, made by `option`. The decorator
`register` makes it known; from then on `gio4j.select`, `gio4j.Selector`, the command line and the
documentation have it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, ClassVar, TypeVar

from gio4j._checks import brief, did_you_mean, neighbor
from gio4j._methods.options import Neighbor, Option, declared
from gio4j.errors import InvalidInputError, InvalidTypeError


@dataclass(frozen=True)
class Method:
    """A method with its options, checked when it is made."""

    name: ClassVar[str]
    #: What its trace holds, in few words.
    objective: ClassVar[str]
    #: What it is good for, in few words.
    purpose: ClassVar[str]
    #: Pools of more rows are quantised by `quantize="auto"`.
    quantized_above: ClassVar[int | None] = None
    #: Whether rows are vectors from an origin: else answers depend on their differences alone, and
    #: rows may be moved to where float32 tells them apart.
    has_origin: ClassVar[bool] = False
    #: What to do where no row that is left gains anything, for a warning.
    saturated_cure: ClassVar[str] = "another method, such as 'balanced', goes on"
    #: Its work, in inner products of two rows, and its memory, in bytes beside the rows: terms that
    #: `amount` adds up.
    work: ClassVar[tuple[str, ...]] = ("N*n",)
    memory: ClassVar[tuple[str, ...]] = ("32*N",)
    #: Whether its picks are to be distributed as the target is, so that random rows compare.
    follows_target: ClassVar[bool] = True
    #: Whether `scores=` has a meaning for it; otherwise they are refused.
    uses_scores: ClassVar[bool] = False
    #: Whether `groups=` of the target has a meaning for it; otherwise they are refused.
    uses_groups: ClassVar[bool] = False
    #: Which limits it keeps: "all"; "rows", those that are known for each row before the first
    #: pick; or "none". Others are refused.
    keeps_limits: ClassVar[str] = "none"
    #: Whether it needs to know the source of each row.
    needs_source: ClassVar[bool] = False

    def __post_init__(self) -> None:
        for each in options_of(self):
            object.__setattr__(self, each.name, each.check(getattr(self, each.name)))


METHODS: dict[str, type[Method]] = {}
#: Called when a method has come; the documentation follows.
FOLLOWERS: list[Callable[[], None]] = []
DEFAULT = "balanced"
_M = TypeVar("_M", bound=type[Method])


def register(method: _M) -> _M:
    """Make a method known by its name."""
    METHODS[method.name] = method
    for follow in FOLLOWERS:
        follow()
    return method


def unregister(method: type[Method]) -> None:
    """Forget a method, as tests do with theirs."""
    del METHODS[method.name]
    for follow in FOLLOWERS:
        follow()


def options_of(method: Method | type[Method]) -> list[Option]:
    """The options of a method, as they are declared."""
    return [declared(field) for field in fields(method)]


def request_of(method: Method) -> dict[str, Any]:
    """A method as a request has it."""
    return {"name": method.name, **asdict(method)}


def amount(method: Method, terms: tuple[str, ...], **sizes: float) -> float:
    """The sum of products such as "2*N*n".

    N is for pool rows, n for target rows, s for picks, d for columns, r for the smaller of s and d,
    the name of an option for its value, which counts as 1 where it is None.
    """
    known = {each.name: getattr(method, each.name) for each in options_of(method)}
    known |= sizes | {"r": min(sizes["s"], sizes["d"])}
    total = 0.0
    for term in terms:
        factors = [known[each] if each in known else float(each) for each in term.split("*")]
        total += math.prod(1 if factor is None else factor for factor in factors)
    return total


def check_target(method: Method, rows: int | None) -> None:
    """InvalidInputError for a target with too few rows, as far as their number is known."""
    for each in options_of(method):
        if isinstance(each.kind, Neighbor):
            neighbor(getattr(method, each.name), each.name, rows, "target")


def all_options() -> dict[str, dict[str, Option]]:
    """Every option by its name, and under it of each method that has it."""
    found: dict[str, dict[str, Option]] = {}
    for method in METHODS.values():
        for each in options_of(method):
            found.setdefault(each.name, {})[method.name] = each
    return found


def method_of(given: Any, options: Mapping[str, Any], others: list[str]) -> Method:
    """The method that was given: an object, or a name with its options.

    Raises InvalidInputError for an unknown method or a value out of bounds, TypeError for an
    unknown option; both name the nearest that there is. `others` are the keywords of the caller.
    """
    if isinstance(given, Method):
        if options:
            first = next(iter(options))
            raise InvalidTypeError(
                f"{first}=: method={given!r} has its options inside; write "
                f"{type(given).__name__}({first}=...)"
            )
        return given
    if isinstance(given, type) and issubclass(given, Method) and given is not Method:
        raise InvalidTypeError(
            f"method={given.__name__}: is a class; write {given.__name__}(), or {given.name!r}"
        )
    if not isinstance(given, str) or given not in METHODS:
        kind = InvalidInputError if isinstance(given, str) else InvalidTypeError
        raise kind(
            f"method={brief(given)}: {did_you_mean(given, METHODS)}needs one of "
            f"{', '.join(map(repr, METHODS))}, or an object such as gio4j.Balanced()"
        )
    method = METHODS[given]
    known = [each.name for each in options_of(method)]
    for name in options:
        if name in known:
            continue
        owners = all_options().get(name)
        if owners:
            raise InvalidTypeError(
                f"{name}=: is no option of method {given!r} but of "
                f"{' and '.join(map(repr, owners))}; {given!r} has {_listed(known)}"
            )
        raise InvalidTypeError(
            f"{name}=: there is no such option; {did_you_mean(name, [*known, *others])}method "
            f"{given!r} has {_listed(known)}, and every method {_listed(others)}"
        )
    return method(**options)


def scored_methods() -> list[str]:
    """The names of the methods that use scores."""
    return [name for name, method in METHODS.items() if method.uses_scores]


def grouped_methods() -> list[str]:
    """The names of the methods that use groups of the target."""
    return [name for name, method in METHODS.items() if method.uses_groups]


def limited_methods() -> list[str]:
    """The names of the methods that keep all limits."""
    return [name for name, method in METHODS.items() if method.keeps_limits == "all"]


def objective_of(name: str, options: Mapping[str, Any]) -> str:
    """What the trace of a selection holds, with the kernel where it has one."""
    kernel = options.get("kernel")
    return METHODS[name].objective + (f" ({kernel})" if kernel else "")


def _listed(names: list[str]) -> str:
    return ", ".join(names) or "none"
