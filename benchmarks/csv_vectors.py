"""CSV with JSON vectors against json.loads with NumPy, and against Spark's from_json.

    python benchmarks/csv_vectors.py [--rows 100000] [--columns 384] [--threads 2] [--repeats 3]
        [--spark]

One TSV file of rows (text, text, JSON vector of float64 as Python writes it), read to float32
rows: by `gio4j.read_csv`, which also keeps the columns of text; by `json.loads` and NumPy a line;
by Spark's CSV reader and `from_json`, on as many threads, to array<float> in its own memory. The
file is in the page cache. Printed as JSON, with the load of the machine before each round.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

from sizes import parser, sized


def write(path: Path, rows: int, columns: int) -> None:
    """Vectors of length about 1, as embeddings are."""
    random = np.random.default_rng(1)
    with open(path, "w") as file:
        for row in range(rows):
            vector = random.normal(size=columns) / columns**0.5
            file.write(f"source {row}\ttarget {row}\t{json.dumps(vector.tolist())}\n")


def by_gio4j(path: Path) -> int:
    """The whole table."""
    return gio4j.read_csv(path).num_rows


def by_json(path: Path) -> int:
    """A line at a time."""
    with open(path) as file:
        rows = [np.array(json.loads(line.split("\t")[2]), np.float32) for line in file]
    return len(np.stack(rows))


def by_spark(path: Path) -> int:
    """Every vector parsed where Spark's threads are, and asked for its length; none leaves it."""
    from pyspark.sql import SparkSession
    from pyspark.sql import functions as f

    session = SparkSession.builder.master(f"local[{arguments.threads}]").getOrCreate()
    frame = session.read.option("delimiter", "\t").csv(str(path))
    vectors = frame.select(f.from_json("_c2", "array<float>").alias("vector"))
    whole = f.size("vector") == arguments.columns
    return int(vectors.select(f.count_if(whole)).head()[0])


def compare(path: Path, rows: int, repeats: int, spark: bool) -> dict[str, Any]:
    """Everyone on the same file, in turn; the first round, which warms up, is left out."""
    runners = {"gio4j": by_gio4j, "json.loads": by_json} | ({"spark": by_spark} if spark else {})
    times: dict[str, list[float]] = {name: [] for name in runners}
    loads = []
    for _ in range(repeats + 1):
        loads.append(round(os.getloadavg()[0], 1))
        for name, runner in runners.items():
            begin = time.perf_counter()
            found = runner(path)
            times[name].append(time.perf_counter() - begin)
            assert found == rows, (name, found)
    medians = {name: median(spent[1:]) for name, spent in times.items()}
    return {"load": loads} | {
        name: {
            "seconds": seconds,
            "all": times[name],
            "MB_per_second": path.stat().st_size / seconds / 1e6,
            "times_as_long_as_gio4j": seconds / medians["gio4j"],
        }
        for name, seconds in medians.items()
    }


if __name__ == "__main__":
    options = parser(__doc__)
    options.add_argument("--rows", type=int, default=sized(100_000, 100))
    options.add_argument("--columns", type=int, default=sized(384, 8))
    options.add_argument("--threads", type=int, default=os.cpu_count())
    options.add_argument("--repeats", type=int, default=sized(3, 1))
    options.add_argument("--spark", action="store_true")
    arguments = options.parse_args()
    os.environ["GIO4J_THREADS"] = str(arguments.threads)
    import host
    import numpy as np

    import gio4j

    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "rows.tsv"
        write(file, arguments.rows, arguments.columns)
        report: dict[str, Any] = {
            "job": f"{arguments.rows:,} x {arguments.columns}, {file.stat().st_size / 1e6:,.0f} MB",
            **compare(file, arguments.rows, arguments.repeats, arguments.spark),
        }
    report["engine"] = {key: gio4j.info()[key] for key in ("java", "simd", "threads", "heap")}
    report["host"] = host.facts("pyspark", "pyarrow", "numpy")
    json.dump(report, sys.stdout, indent=2)
    print()
