"""From a fresh process to the first answer, with the platform wheel: 1,000 rows of 64 columns.

    make wheels && python benchmarks/first_answer.py [--java-home JDK]

Installs the wheel into a virtual environment of its own, with the dependencies of this one, and
runs a Python there again and again: with the wheel's runtime and its class archive, without the
archive, and with a JDK. Printed as JSON.
"""

from __future__ import annotations

import json
import os
import shutil
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

JOB = """
import json, sys, time
begin = time.perf_counter()
import numpy as np
numpy_there = time.perf_counter()
import gio4j
from gio4j._engine.gateway import gateway
gio4j_there = time.perf_counter()
random = np.random.default_rng(0)
pool, target = (random.normal(size=(rows, 64)).astype(np.float32) for rows in (1000, 100))
ready = time.perf_counter()
gateway()
started = time.perf_counter()
found = gio4j.select(pool, target, 50)
answered = time.perf_counter()
warm = []
for _ in range(int(sys.argv[1])):
    before = time.perf_counter()
    gio4j.select(pool, target, 50)
    warm.append(time.perf_counter() - before)
print(json.dumps({
    "import_numpy": numpy_there - begin,
    "import_gio4j": gio4j_there - numpy_there,
    "start_engine": started - ready,
    "first_call": answered - started,
    "warm": warm[len(warm) // 2:],
    "java": gio4j.info()["java_executable"],
}))
"""


def environment(home: Path) -> Path:
    """A virtual environment with the platform wheel; its Python."""
    (wheel,) = DIST.glob("gio4j-*-py3-none-manylinux*.whl")
    venv.create(home, with_pip=False)
    python = home / "bin" / "python"
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", f"--python={python}"]
    command += ["install", "--quiet", "--no-index", "--no-deps", str(wheel)]
    subprocess.run(command, check=True)
    (site,) = home.glob("lib/python3*/site-packages")
    (site / "dependencies.pth").write_text(sysconfig.get_path("purelib"))
    return python


def run(python: Path, variables: dict[str, str], warm_calls: int = 0) -> dict[str, Any]:
    """One process: seconds in all, and of its parts."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GIO4J_")}
    kept.pop("PYTHONPATH", None)
    begin = time.perf_counter()
    done = subprocess.run(
        [str(python), "-c", JOB, str(warm_calls)],
        env={**kept, **variables},
        check=True,
        capture_output=True,
        text=True,
    )
    return {"process": time.perf_counter() - begin, **json.loads(done.stdout)}


def spread(values: list[float]) -> dict[str, float]:
    """Smallest, median and largest, in seconds."""
    return {"min": min(values), "median": median(values), "max": max(values)}


def main() -> None:
    """Measures and prints."""
    options = parser(__doc__)
    options.add_argument("--java-home", help="a JDK to compare with")
    options.add_argument("--rounds", type=int, default=sized(15, 1))
    arguments = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        python = environment(Path(folder) / "environment")
        # The archive is for the wheel's own jar alone.
        (jar,) = Path(folder).glob("environment/lib/python3*/site-packages/gio4j/jars/*.jar")
        other_jar = shutil.copy(jar, folder)
        ways = {"runtime and archive": {}, "runtime alone": {"GIO4J_JAR": other_jar}}
        if arguments.java_home:
            ways["JDK"] = {"GIO4J_JAVA_HOME": arguments.java_home}
        runs: dict[str, list[dict[str, Any]]] = {way: [] for way in ways}
        for variables in ways.values():
            run(python, variables)  # files into the page cache
        for _ in range(arguments.rounds):
            for way, variables in ways.items():
                runs[way].append(run(python, variables))
        warm = run(python, {}, WARM_CALLS)["warm"]
    parts = ("process", "import_numpy", "import_gio4j", "start_engine", "first_call")
    report = {
        "job": "select 50 of 1,000 x 64 by 100 target rows, method balanced",
        "seconds": {
            way: {part: spread([one[part] for one in each]) for part in parts}
            for way, each in runs.items()
        },
        "warm_call_seconds": spread(warm),
        "host": host.facts("numpy", "pyarrow", "py4j"),
    }
    json.dump(report, sys.stdout, indent=2)
    print()


if __name__ == "__main__":
    main()
