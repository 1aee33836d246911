"""Makes the Java runtime that the platform wheel carries: linked from a JDK, with a class archive.

    python python/make_runtime.py JDK JAR OUT

Run in an environment that has gio4j itself, as `make wheels` does: the archive holds the classes
that a training run of every kind of job loads.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

import gio4j
from gio4j._engine import java, process, runtime
from gio4j._engine.options import Options
from gio4j._measure.divergence import ESTIMATORS
from gio4j._methods.registry import METHODS

# Modules that libraries in the jar name but do without: their classes ask first whether they are
# there. java.desktop, java.sql, java.xml: what Jackson can write; jdk.jfr: Netty's events.
DONE_WITHOUT = {"java.desktop", "java.sql", "java.xml", "jdk.jfr"}
# The wheel packs better than jlink: 20.1 MB from a runtime not compressed, 23.4 MB from zip-6 or
# zip-9, which take 15 MB less on the disk (44 instead of 59) and start no faster.
COMPRESSION = "zip-0"


def main(jdk: Path, jar: Path, out: Path) -> None:
    """Link, train, archive; `out` is replaced as a whole when all of it is done."""
    with tempfile.TemporaryDirectory(dir=out.parent) as folder:
        made = Path(folder) / "runtime"
        link(jdk, modules(jdk, jar), made)
        archive(made, jar, Path(folder))
        shutil.rmtree(out, ignore_errors=True)
        made.rename(out)


def modules(jdk: Path, jar: Path) -> list[str]:
    """The JDK's modules that the jar cannot do without."""
    listed = _run(
        jdk / "bin" / "jdeps",
        *("--multi-release", str(java.MINIMUM_FEATURE)),
        *("--ignore-missing-deps", "--list-deps", jar),
    )
    return sorted({line.strip() for line in listed.splitlines()} - DONE_WITHOUT)


def link(jdk: Path, names: list[str], home: Path) -> None:
    """A runtime of these modules, with the JDK's notices and the facts of its release file."""
    _run(
        jdk / "bin" / "jlink",
        *("--add-modules", ",".join(names)),
        *("--strip-debug", "--no-header-files", "--no-man-pages"),
        *("--compress", COMPRESSION),
        *("--release-info", jdk / "release"),
        *("--output", home),
    )
    for notice in ("NOTICE", "LICENSE"):
        if (jdk / notice).is_file():
            shutil.copy(jdk / notice, home / "legal")


def archive(home: Path, jar: Path, scratch: Path) -> None:
    """Put the classes that the training run loads into the runtime's archive."""
    # Named and stamped as it will be in the wheel: the JVM compares both, and the size.
    stamped = scratch / jar.name
    shutil.copy(jar, stamped)
    os.utime(stamped, (runtime.JAR_SECONDS, runtime.JAR_SECONDS))
    classes = scratch / "classes.txt"
    os.environ["GIO4J_JAR"] = str(stamped)
    gio4j.configure(java_home=home, jvm_flags=["-Xshare:off", f"-XX:DumpLoadedClassList={classes}"])
    train(scratch)
    gio4j.shutdown()
    program, *arguments = process.command_line(java.find_java(str(home)), stamped, Options())
    _run(
        program,
        "-Xshare:dump",
        f"-XX:SharedClassListFile={classes}",
        f"-XX:SharedArchiveFile={home / runtime.ARCHIVE}",
        *arguments,
    )


def train(scratch: Path) -> None:
    """Every kind of job once, and every way in."""
    random = np.random.default_rng(0)
    pool, target, start = (
        random.normal(size=(rows, 64)).astype(np.float32) for rows in (1000, 100, 10)
    )
    for method in METHODS:
        gio4j.select(pool, target, 20, method=method, quantize=50 if method == "exact" else None)
    for start_vector in ("mean", "jump"):
        gio4j.gradient_search(pool, target, start, start_vector=start_vector, max_picks=5, seed=0)
    for estimator in ESTIMATORS:
        gio4j.divergence(pool, target, estimator=estimator, interval=0.9)
    gio4j.kmeans(pool, 10, seed=0).save(scratch / "centers.arrow")
    gio4j.select(scratch / "centers.arrow", target, 5, weights=np.full(10, 2))
    (scratch / "pool.csv").write_text("a\tb\t[1.5, 2.5]\n" * 10)
    gio4j.read_csv(scratch / "pool.csv")


def _run(*command: str | Path) -> str:
    done = subprocess.run([*map(str, command)], capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{Path(command[0]).name} failed:\n{done.stdout}{done.stderr}")
    return done.stdout


if __name__ == "__main__":
    main(*(Path(argument).resolve() for argument in sys.argv[1:]))
