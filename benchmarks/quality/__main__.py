"""Every method on every task, with the spread over seeds.

    cd benchmarks
    python -m quality.setup
    python -m quality [--task NAME ...] [--method NAME ...] [--seeds NUMBER ...] [--extend]
    python -m quality.table < results/quality.json

A seed draws the target, the tests and what is noise again, and the network's weights; so methods
are compared on the same seeds, pair by pair. Each result is added to FILE (records.jsonl beside
the data) when it is there: what FILE has is not run again, and several processes may write to it.
Remove FILE when the engine changes. With --extend the results of the last report count as if FILE
had them, so that methods can be added on another machine. At the end results/quality.json is
written from it. Use OMP_NUM_THREADS=1: the networks are small. --smoke tries every method on the
digits with one seed.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import host
from sizes import SMOKE, parser, sized

from .language import genre, mail
from .methods import METHODS, PAPER, methods_of
from .records import Record, append, gathered, read, scattered, usual_path
from .spelling import spelling
from .table import show
from .tasks import Task, digits, fashion, fashion_whole, mixture, narrow, outliers, plane, verses

TASKS: dict[str, Callable[[int], Task]] = {
    "spelling": spelling,
    "genre": genre,
    "mail": mail,
    "digits": digits,
    "mixture": mixture,
    "plane": plane,
    "verses": verses,
    "narrow": narrow,
    "outliers": outliers,
    "fashion": fashion,
    "fashion, X = G": fashion_whole,
}
SEEDS = 10
#: Of large tasks a seed takes minutes.
FEWER = {"fashion": 5, "fashion, X = G": 1}


def run(name: str, seed: int, only: list[str] | None, path: Path) -> None:
    """The methods of which there is no result yet, on a task with a seed."""
    task = None
    done = {record.method for record in read(path) if (record.task, record.seed) == (name, seed)}
    for method, choose in (METHODS | PAPER if SMOKE else methods_of(name)).items():
        if method in done or (only and method not in only):
            continue
        task = task or TASKS[name](seed)
        begin = time.perf_counter()
        choice = choose(task, seed)
        spent = time.perf_counter() - begin
        scores = {
            str(budget): {key: round(value, 4) for key, value in task.scores(picks, seed).items()}
            for budget, picks in choice.items()
        }
        sizes = (*task.pool.shape, len(task.target))
        append(Record(name, seed, method, sizes, round(spent, 2), scores), path)
        print(f"{name}, seed {seed}, {method}: {spent:.1f} s, {scores}", file=sys.stderr)


def main(folder: Path) -> None:
    """Runs what is asked for and missing, then writes the report of all records.

    A smoke run keeps both in `folder`, and prints the report as tables.
    """
    options = parser(__doc__, prog="python -m quality")
    options.add_argument("--task", nargs="+", choices=TASKS, default=sized(list(TASKS), ["digits"]))
    options.add_argument("--method", nargs="+", choices=[*METHODS, *PAPER])
    options.add_argument("--seeds", nargs="+", type=int, default=sized(None, [0]))
    options.add_argument("--extend", action="store_true")
    options.add_argument("--records", type=Path, default=sized(usual_path(), folder / "records"))
    results = sized(Path("results/quality.json"), folder / "quality.json")
    options.add_argument("--output", type=Path, default=results)
    arguments = options.parse_args()
    if arguments.extend:
        known = {(each.task, each.seed, each.method) for each in read(arguments.records)}
        for record in scattered(json.loads(arguments.output.read_text())["tasks"]):
            if (record.task, record.seed, record.method) not in known:
                append(record, arguments.records)
    for name in arguments.task:
        for seed in arguments.seeds or range(FEWER.get(name, SEEDS)):
            run(name, seed, arguments.method, arguments.records)
    report = {
        "host": host.facts("gio4j", "numpy", "scikit-learn", "onnxruntime"),
        "tasks": gathered(read(arguments.records), list(TASKS), [*METHODS, *PAPER]),
    }
    arguments.output.write_text(json.dumps(report, indent=1) + "\n")
    if SMOKE:
        show(report["tasks"])


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as temporary:
        main(Path(temporary))
