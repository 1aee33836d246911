"""Changes a module one place at a time and shows the changes that its tests do not notice.

    make mutants MUTATE=gio4j._matrix [TESTS="python/tests/test_matrix.py ..."]

Cosmic Ray makes the changes, in a copy of the checkout under target/mutants: this one is never
touched. Without TESTS a module `_name` is judged by `python/tests/test_name.py`, and each module
that has one is changed when none is named. A change costs a start of pytest, about two seconds.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
COPY = ROOT / "target" / "mutants"
CONFIG = """\
[cosmic-ray]
module-path = "{path}"
timeout = 120.0
excluded-modules = []
test-command = "{python} -m pytest -x -q -p no:cacheprovider -c python/pyproject.toml {tests}"

[cosmic-ray.distributor]
name = "local"
"""


def test_file(module: str) -> str:
    """The tests beside a module: gio4j._rows._npy and gio4j._npy have tests/test_npy.py."""
    return f"python/tests/test_{module.rpartition('.')[2].lstrip('_')}.py"


def modules() -> list[str]:
    """Those that have tests of their own name."""
    source = ROOT / "python" / "src"
    names = (
        ".".join(path.relative_to(source).with_suffix("").parts)
        for path in sorted(source.rglob("*.py"))
    )
    return [name for name in names if (ROOT / test_file(name)).exists()]


def copy() -> None:
    """The files that git knows, as they are now."""
    shutil.rmtree(COPY, ignore_errors=True)
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).exists():
            (COPY / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, COPY / name)


def cosmic_ray(*arguments: str) -> str:
    """One of its commands, in the copy; what it prints."""
    return subprocess.run(
        [str(Path(sys.executable).with_name(arguments[0])), *arguments[1:]],
        cwd=COPY,
        env={**os.environ, "PYTHONPATH": str(COPY / "python" / "src"), "COLUMNS": "100"},
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    ).stdout


def mutate(module: str, tests: str) -> None:
    """Every change of a module, then those that survived, each as a diff, and their share."""
    path = Path("python", "src", *module.split(".")).with_suffix(".py")
    if not (COPY / path).exists():
        raise SystemExit(f"there is no module {module}: {path} is missing")
    (COPY / "mutants.toml").write_text(CONFIG.format(path=path, python=sys.executable, tests=tests))
    # A change counts as noticed when a test fails, so they must pass first.
    cosmic_ray("cosmic-ray", "baseline", "mutants.toml")
    cosmic_ray("cosmic-ray", "init", "--force", "mutants.toml", "mutants.sqlite")
    cosmic_ray("cosmic-ray", "exec", "mutants.toml", "mutants.sqlite")
    print(f"{module} by {tests}")
    print(cosmic_ray("cr-report", "--surviving-only", "--show-diff", "mutants.sqlite"), flush=True)


def main() -> None:
    """Mutates the modules asked for, else all that have tests of their own."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("module", nargs="*")
    parser.add_argument("--tests")
    arguments = parser.parse_args()
    copy()
    for module in arguments.module or modules():
        tests = arguments.tests or test_file(module)
        if not arguments.tests and not (ROOT / tests).exists():
            raise SystemExit(f"{module} has no {tests}: name the tests with TESTS=")
        mutate(module, tests)


if __name__ == "__main__":
    main()
