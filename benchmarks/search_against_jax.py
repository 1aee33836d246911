"""The search on 1,500 x 1,500 x 768 against the reference and the best JAX we could write.

    python benchmarks/search_against_jax.py [--reference]

One run, the same data and threads, printed as JSON. The reference (grad-info-opt, in a Python of
its own: it owns the import name GIO) is measured for three iterations and scaled; each costs tens
of seconds, so only with --reference and GRAD_INFO_OPT_PYTHON naming an interpreter that has it.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from statistics import median
from typing import Any

import host
import numpy as np
from sizes import parser, peer, sized

import gio4j

jax, jnp = peer("jax"), peer("jax.numpy")

ROWS, COLUMNS = sized((1500, 768), (60, 8))
ITERATIONS, STEPS = sized((300, 50), (3, 5))
START_ROWS = 20
REPEATS = sized(5, 1)


def data() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Pool, target and start rows: unit Gaussians scaled to about unit length."""
    random = np.random.default_rng(1)
    pool, target = (
        (random.normal(size=(ROWS, COLUMNS)) / np.sqrt(COLUMNS)).astype(np.float32)
        for _ in range(2)
    )
    start = random.uniform(-1, 1, (START_ROWS, COLUMNS))
    start /= np.linalg.norm(start, axis=1, keepdims=True)
    return pool, target, start.astype(np.float32)


def descend_by_products(target: Any, point: Any, rate: Any, steps: int) -> Any:
    """A descent on the separable form: two matrix-vector products a step. The fastest we found."""
    norms = (target * target).sum(1)

    def step(_: int, v: Any) -> Any:
        squared = jnp.clip(norms - 2 * (target @ v) + v @ v, 1e-10, 1e20)
        distance = jnp.sqrt(squared)
        inside = (squared > 1e-10) & (squared < 1e20)
        weights = jnp.where(inside, 1 / (distance * (distance + 1e-8)), 0)
        return v - rate * (weights.sum() * v - weights @ target)

    return jax.lax.fori_loop(0, steps, step, point)


def descend_by_differences(target: Any, point: Any, rate: Any, steps: int) -> Any:
    """The same with exact differences."""

    def step(_: int, v: Any) -> Any:
        difference = v - target
        squared = (difference * difference).sum(1)
        distance = jnp.sqrt(squared)
        inside = (squared > 1e-10) & (squared < 1e20)
        weights = jnp.where(inside, 1 / (distance * (distance + 1e-8)), 0)
        return v - rate * (weights @ difference)

    return jax.lax.fori_loop(0, steps, step, point)


def seconds(call: Any) -> float:
    """How long a call takes."""
    begin = time.perf_counter()
    call()
    return time.perf_counter() - begin


def jax_milliseconds_a_step(target: np.ndarray) -> dict[str, float]:
    """Median over repeats, compiled beforehand; one descent after another, as the search goes."""
    rows = jnp.asarray(target)
    answer = {}
    for descend in (descend_by_products, descend_by_differences):
        compiled = jax.jit(descend, static_argnums=(3,))

        def call(compiled: Any = compiled) -> None:
            compiled(rows, rows[3], 1e-5, STEPS).block_until_ready()

        call()
        answer[descend.__name__] = median(seconds(call) for _ in range(REPEATS)) / STEPS * 1e3
    return answer


REFERENCE = """
import sys, time, random
import numpy as np, jax.numpy as jnp
from GIO import GIOKL
folder, iterations, steps = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
pool, target, start = (
    jnp.asarray(np.load(f"{folder}/{name}.npy")) for name in ("pool", "target", "start")
)
search = object.__new__(GIOKL.GIOKL)
random.seed(1)
begin = time.perf_counter()
search.fit(pool, target, D=start, max_iter=iterations - 2, v_init="jump", grad_desc_iter=steps,
           scale_factor=1.0, stop_criterion="sequential_increase_tolerance")
print("SECONDS", time.perf_counter() - begin)
"""


def reference_seconds(
    folder: str, pool: np.ndarray, target: np.ndarray, start: np.ndarray
) -> dict[str, float]:
    """Three iterations of the reference (the first has 3x the steps), scaled to all of them."""
    for name, rows in (("pool", pool), ("target", target), ("start", start)):
        np.save(f"{folder}/{name}.npy", rows)
    interpreter = [os.environ["GRAD_INFO_OPT_PYTHON"]]
    measured = []
    for iterations in (1 + 1, 3 + 1):
        out = subprocess.run(
            [*interpreter, "-c", REFERENCE, folder, str(iterations), str(STEPS)],
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        measured.append(float(out.rsplit("SECONDS", 1)[1]))
    iteration = (measured[1] - measured[0]) / 2
    return {
        "seconds_an_iteration": iteration,
        "seconds_scaled_to_all": measured[0] + iteration * (ITERATIONS - 1),
    }


def main() -> None:
    """Measures and prints."""
    options = parser(__doc__)
    options.add_argument("--reference", action="store_true")
    arguments = options.parse_args()
    pool, target, start = data()

    def search() -> None:
        gio4j.gradient_search(
            pool,
            target,
            start,
            max_picks=ITERATIONS,
            stop="min_divergence",
            min_divergence=-1e9,
            start_vector="jump",
            steps=STEPS,
            seed=1,
        )

    first = seconds(search)
    ours = sorted(seconds(search) for _ in range(REPEATS))
    steps = STEPS * (ITERATIONS + 3)
    report: dict[str, Any] = {
        "job": f"{ROWS} x {ROWS} x {COLUMNS}, jump, {ITERATIONS} picks, {STEPS} steps",
        "gio4j_seconds": {"first": first, "min": ours[0], "median": median(ours), "max": ours[-1]},
    }
    if jax:
        peers = jax_milliseconds_a_step(target)
        best = min(peers.values()) * steps / 1e3
        report["jax_milliseconds_a_step"] = peers
        report["jax_best_seconds_for_the_steps_alone"] = best
        report["ratio_to_best_jax"] = best / median(ours)
    if arguments.reference:
        import tempfile

        with tempfile.TemporaryDirectory() as folder:
            report["reference"] = reference_seconds(folder, pool, target, start)
        report["ratio_to_reference"] = (
            report["reference"]["seconds_scaled_to_all"] / report["gio4j_seconds"]["median"]
        )
    report["engine"] = {key: gio4j.info()[key] for key in ("java", "simd", "threads", "heap")}
    report["host"] = host.facts("jax", "numpy", "pyarrow", "py4j")
    json.dump(report, sys.stdout, indent=2)
    print()


if __name__ == "__main__":
    main()
