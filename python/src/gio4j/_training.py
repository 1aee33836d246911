"""Makes the engine's start archive: `python -m gio4j._training ARCHIVE`.

An engine runs jobs of every kind and writes down, as it ends, the classes that it loaded and how
their methods ran. A folder with the archive's name and the suffix `.making` is there meanwhile, and
goes when the archive has its place; after a failure it stays, with what the engine said.
"""

from __future__ import annotations

import os
import shutil
import sys
import threading
from contextlib import suppress
from pathlib import Path

import numpy as np

import gio4j
from gio4j._engine.gateway import gateway
from gio4j._engine.start_archive import keep
from gio4j._methods.registry import METHODS, amount

# Java 25 mistakes some archived adapters of calls for others, notices, and warns at each start.
_FLAGS = ("-XX:+UnlockDiagnosticVMOptions", "-XX:-AOTAdapterCaching")
# Methods that take more inner products than this compile the same code with fewer rows: a second.
_MOST_PRODUCTS = 2e7
# It takes twenty seconds on an idle core.
_MOST_SECONDS = 600


def main(archive: Path) -> None:
    """Train, and have the engine write the archive."""
    give_up = threading.Timer(_MOST_SECONDS, os._exit, [1])
    give_up.daemon = True
    give_up.start()
    if hasattr(os, "nice"):
        os.nice(19)
    os.environ["GIO4J_START_ARCHIVE"] = "off"
    making = archive.absolute().with_suffix(".making")
    making.mkdir(exist_ok=True)
    made = making / archive.name
    gio4j.configure(jvm_flags=[f"-XX:AOTCacheOutput={made}", *_FLAGS])
    train(making)
    engine = gateway()
    with suppress(gio4j.errors.GioError):  # the connection may end before the answer
        engine.call("shutdown")
    engine.process.exit_code(_MOST_SECONDS)  # the JVM writes it at its end
    (making / "log.txt").write_text(gio4j.debug_log())
    keep(made, archive)
    shutil.rmtree(making)


def train(scratch: Path) -> None:
    """Every kind of job once, and every way in, with rows enough for the vector kernels."""
    random = np.random.default_rng(0)
    pool, target, start = (
        random.normal(size=(rows, 64)).astype(np.float32) for rows in (20_000, 300, 10)
    )
    for _ in range(5):  # scalar code at first, then the vector kernels
        gio4j.select(pool, target, 500)
    sizes = {"N": len(pool), "n": len(target), "s": 20, "d": pool.shape[1]}
    for name, method in METHODS.items():
        rows = pool if amount(method(), method.work, **sizes) < _MOST_PRODUCTS else pool[:2_000]
        # Few distinct ones, since for some methods they are classes.
        scores = np.floor(np.abs(rows[:, 0])) if method.uses_scores else None
        clusters = 50 if name == "exact" else None
        source = np.arange(len(rows)) % 5 if method.needs_source else None
        gio4j.select(rows, target, 20, name, scores=scores, source=source, quantize=clusters)
    for start_vector in ("mean", "jump"):
        gio4j.gradient_search(pool, target, start, start_vector=start_vector, max_picks=5, seed=0)
    gio4j.divergence(pool[:500], target, interval=0.9)
    gio4j.divergence(pool[:500], target, estimator="averaged")
    gio4j.divergence(pool[:500], target, estimator="energy")
    gio4j.score(pool, target, "max")
    gio4j.deduplicate(pool, 0.6)
    gio4j.kmeans(pool, 10, seed=0).save(scratch / "centers.arrow")
    gio4j.select(scratch / "centers.arrow", target, 5, weights=np.full(10, 2))
    (scratch / "pool.csv").write_text("a\tb\t[1.5, 2.5]\n" * 10)
    gio4j.read_csv(scratch / "pool.csv")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
