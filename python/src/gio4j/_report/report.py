"""How much the rows of a selection look like the target, beside the pool and random rows."""

from __future__ import annotations

import html
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any

import numpy as np

from gio4j._checks import brief, check_int
from gio4j._measure.divergence import energy
from gio4j._methods.built_in import kernel_of
from gio4j._report.picked import Grouped, Picked
from gio4j._report.yardstick import QUANTILES, Likeness, Yardstick, as_float32, require_finite, some
from gio4j._rows.sources import Source

# Draws of random rows: their spread shows what is no chance, and five cost as much as the rest.
_DRAWS = 5
# What a `Likeness` has several numbers of.
_TUPLES = ("nearest", "group_shares", "group_distances")
# Lines of more of them nobody reads.
_MOST_GROUPS = 10


@dataclass(frozen=True)
class Report:
    """A selection measured: the picked rows beside the pool and as many random rows of it.

    It prints as a table, in a notebook as one of HTML.

    Attributes
    ----------
    picked, random, pool : Likeness
        How each looks like the target; of random rows the mean of five draws.
    random_spread : Likeness
        Standard deviations of the draws.
    kernel : str
        Kernel of the energy distance.
    target_rows : int
        Rows of the target that were compared.
    modes : int
        Clusters of the target that count as its modes.
    duplicate_distance : float
        Rows closer than this are near duplicates: a tenth of the median distance of a target row to
        its nearest other.
    sampled : tuple of str
        Which of "pool", "target" and "picked" were too large and are a random sample here.
    seed : int
        Seed of the samples and of the random rows.
    groups : dict of str to float
        The share of each group of the target, by its label, in the order of `group_shares` and
        `group_distances` of each `Likeness`; empty for a target without groups.
    """

    picked: Likeness
    random: Likeness
    pool: Likeness
    random_spread: Likeness
    kernel: str
    target_rows: int
    modes: int
    duplicate_distance: float
    sampled: tuple[str, ...]
    seed: int
    groups: dict[str, float] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Give all of it as plain numbers, lists and dicts.

        Returns
        -------
        dict
            The attributes by name, each `Likeness` as a dict.
        """
        values = asdict(self)
        values["sampled"] = list(self.sampled)
        for name in ("picked", "random", "pool", "random_spread"):
            for part in _TUPLES:
                values[name][part] = list(values[name][part])
        return values

    def __str__(self) -> str:
        table = [("", "picked", "random", "pool"), *self._table()]
        widths = [max(len(line[place]) for line in table) for place in range(4)]
        lines = [
            "  ".join([line[0].ljust(widths[0]), *map(str.rjust, line[1:], widths[1:])]).rstrip()
            for line in table
        ]
        return "\n".join([*lines, *self._notes()])

    __repr__ = __str__

    def _repr_html_(self) -> str:
        head = "".join(f"<th>{name}</th>" for name in ("", "picked", "random", "pool"))
        body = "".join(
            f"<tr><td style='text-align:left'>{html.escape(line[0])}</td>"
            + "".join(f"<td>{cell}</td>" for cell in line[1:])
            + "</tr>"
            for line in self._table()
        )
        notes = "".join(f"<div>{html.escape(note)}</div>" for note in self._notes())
        return (
            f"<div><table style='color:inherit'><thead><tr>{head}</tr></thead>"
            f"<tbody>{body}</tbody></table><small>{notes}</small></div>"
        )

    def _table(self) -> Iterator[tuple[str, str, str, str]]:
        columns = (self.picked, self.random, self.pool, self.random_spread)

        def line(
            label: str, name: str, form: str, place: int | None = None
        ) -> tuple[str, str, str, str]:
            values = [getattr(column, name) for column in columns]
            if place is not None:
                values = [value[place] for value in values]
            first, second, third = (format(value, form) for value in values[:3])
            spread = format(values[3], ".2g" if form == ".4g" else form)
            return label, first, f"{second} ± {spread}", third

        rows = [f"{column.rows:,d}" for column in columns]
        yield "rows", rows[0], rows[1], rows[2]
        yield line(f"energy distance ({self.kernel}), lower is better", "energy", ".4g")
        yield line("Wang estimate, nats (may be negative), lower is better", "divergence", ".4g")
        yield line("spread over the target's, 1 is best", "spread", ".2f")
        covered = f"share of the target's {self.modes} modes covered, higher is better"
        yield line(covered, "modes_covered", ".0%")
        yield line("error of the modes' shares, 0 to 2, lower is better", "mode_error", ".2f")
        for place, share in enumerate(QUANTILES):
            reach = f"target row to the nearest, {share:.0%} quantile, lower is better"
            yield line(reach, "nearest", ".4g", place)
        group = "largest group of near duplicates, lower is better"
        yield line(group, "largest_duplicate_group", ".4g")
        for place, (label, share) in enumerate([*self.groups.items()][:_MOST_GROUPS]):
            near = f"share whose nearest target row is in group {brief(label)}, asked {share:.0%}"
            yield line(near, "group_shares", ".0%", place)
            reach = f"group {brief(label)} to the nearest, mean, lower is better"
            yield line(reach, "group_distances", ".4g", place)

    def _notes(self) -> Iterator[str]:
        if self.sampled:
            names = " and ".join(self.sampled)
            yield f"Of {names} a random sample was measured (seed {self.seed})."
        if len(self.groups) > _MOST_GROUPS:
            yield f"{len(self.groups) - _MOST_GROUPS} more groups are in to_dict()."


def report_of(
    found: Picked, rows: Source, wanted: Source, groups: Grouped | None, sample: int, seed: int
) -> Report:
    """Measure the picks beside the pool and as many random rows, no more than `sample` of each."""
    indices = rows.places(found.indices)
    most = check_int(sample, "sample", least=100)
    generator = np.random.default_rng(check_int(seed, "seed"))
    pool_rows, target_rows = rows.count(), wanted.count()
    picked = some(np.asarray(indices), most, generator)
    everything = some(np.arange(pool_rows), most, generator)
    draws = [
        np.sort(generator.choice(pool_rows, len(picked), replace=False)) for _ in range(_DRAWS)
    ]
    # One pass over a source that can only be read from its beginning.
    chosen = np.concatenate([picked, *draws, everything])
    aimed = some(np.arange(target_rows), most, generator)
    given = rows.take(chosen), wanted.take(aimed)
    require_finite(given[0], rows.numbers(chosen), "pool")
    require_finite(given[1], wanted.numbers(aimed), "target")
    taken, aims = as_float32(*given)
    parts = np.split(taken, len(picked) * np.arange(1, _DRAWS + 2))
    kernel = kernel_of(found.method, found.options, found.facts)
    if kernel.scale is None:  # of the whole pool, so that it is one for all that is compared
        kernel = replace(kernel, scale=energy(aims, parts[-1], kernel)[1])
    labels = (
        {} if groups is None else dict(zip(map(str, groups.labels), groups.shares, strict=True))
    )
    of_aims = None if groups is None else groups.of_rows[wanted.numbers(aimed)]
    yardstick = Yardstick(aims, kernel, seed, of_aims, len(labels))
    sizes = {"pool": pool_rows, "target": target_rows, "picked": len(indices)}
    picks, *drawn, whole_pool = (yardstick.likeness(part) for part in parts)
    return Report(
        picked=picks,
        random=_each(drawn, np.mean),
        pool=whole_pool,
        random_spread=_each(drawn, _deviation),
        kernel=kernel.kernel,
        target_rows=len(yardstick.target),
        modes=len(yardstick.centers),
        duplicate_distance=yardstick.duplicate_distance,
        sampled=tuple(name for name, size in sizes.items() if size > most),
        seed=seed,
        groups=labels,
    )


def _each(drawn: Sequence[Likeness], mean: Callable[[list[float]], Any]) -> Likeness:
    """Each number of several, made one."""
    made: dict[str, Any] = {
        each_field.name: float(mean([getattr(each, each_field.name) for each in drawn]))
        for each_field in fields(Likeness)
        if each_field.name not in ("rows", *_TUPLES)
    }
    for name in _TUPLES:
        parts = zip(*(getattr(each, name) for each in drawn), strict=True)
        made[name] = tuple(float(mean(list(part))) for part in parts)
    return Likeness(rows=drawn[0].rows, **made)


def _deviation(values: list[float]) -> Any:
    return np.std(values, ddof=1)
