"""Results, one a line of JSON, as they come; and what they are together."""

from __future__ import annotations

import json
import os
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from .data import directory


@dataclass(frozen=True)
class Record:
    """A method's scores on a task with one seed.

    sizes : rows of the pool, columns, rows of the target
    seconds : of the selection
    scores : by budget, each by measure
    """

    task: str
    seed: int
    method: str
    sizes: tuple[int, int, int]
    seconds: float
    scores: dict[str, dict[str, float]]


def usual_path() -> Path:
    """Where records lie if no other file is named."""
    return directory() / "records.jsonl"


def append(record: Record, path: Path) -> None:
    """Adds a line in one piece, so that several processes may write at once."""
    line = json.dumps(asdict(record)) + "\n"
    path.parent.mkdir(parents=True, exist_ok=True)
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    try:
        os.write(file, line.encode())
    finally:
        os.close(file)


def read(path: Path) -> list[Record]:
    """All of a file's, none if there is no such file."""
    if not path.exists():
        return []
    return [Record(**json.loads(line)) for line in path.read_text().splitlines()]


def gathered(
    records: Iterable[Record], task_order: list[str], method_order: list[str]
) -> dict[str, Any]:
    """By task: sizes, seeds, and by method, budget and measure the scores in the seeds' order.

    Only seeds that every method of a task has are told, so that all are compared on the same.
    """
    tasks: dict[str, dict[str, dict[int, Record]]] = defaultdict(lambda: defaultdict(dict))
    for record in sorted(records, key=lambda each: method_order.index(each.method)):
        tasks[record.task][record.method][record.seed] = record
    report = {}
    for name in task_order:
        methods = tasks.get(name)
        if not methods:
            continue
        seeds = sorted(set.intersection(*(set(by_seed) for by_seed in methods.values())))
        if not seeds:
            continue
        some = next(iter(methods.values()))[seeds[0]]
        report[name] = {
            "pool": some.sizes[:2],
            "target": some.sizes[2],
            "budgets": [int(budget) for budget in some.scores],
            "seeds": seeds,
            "methods": {
                method: {
                    budget: {
                        measure: [by_seed[seed].scores[budget][measure] for seed in seeds]
                        for measure in measures
                    }
                    for budget, measures in by_seed[seeds[0]].scores.items()
                }
                for method, by_seed in methods.items()
            },
            "seconds": {
                method: sum(by_seed[seed].seconds for seed in seeds) / len(seeds)
                for method, by_seed in methods.items()
            },
        }
    return report
