"""The guides of the site: each block of code runs as it stands, one after another down the page."""

from __future__ import annotations

import doctest
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import matplotlib
import pytest
from harness import ROOT, example_names, full_jdk

import gio4j
from gio4j._engine.jar import find_jar
from gio4j._methods.documentation import page as page_of_methods

GUIDES = {
    path.stem: text
    for path in sorted((*(ROOT / "docs").glob("*.md"), *(ROOT / "docs" / "methods").glob("*.md")))
    if (text := path.read_text(encoding="utf-8")).count("```")
}
#: Blocks that are no code, those that set up a machine (checked alone), those that run, a program
#: (run by test_stock_client) and those that are compiled.
LANGUAGES = {"text", "bibtex", "console", "pycon", "sh", "python", "java"}
FENCE = re.compile(r"^```([^\n]*)\n(.*?)^```$", re.M | re.S)


def blocks(guide: str) -> list[tuple[str, str]]:
    """Language and text of each block, without Sphinx's directives."""
    return [block for block in FENCE.findall(GUIDES[guide]) if not block[0].startswith("{")]


@pytest.mark.parametrize(
    "guide", [guide for guide in GUIDES if {"pycon", "sh"} & {kind for kind, _ in blocks(guide)}]
)
def test_a_guide_runs(guide: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    matplotlib.use("Agg")
    is_method = (ROOT / "docs" / "methods" / f"{guide}.md").exists()
    names: dict[str, Any] = example_names() if is_method else {}
    for kind, code in blocks(guide):
        if kind == "pycon":
            assert failures(code, names, guide) == ""
        elif kind == "sh":
            done = subprocess.run(["sh", "-e"], input=code, capture_output=True, text=True)
            assert done.returncode == 0, f"{code}{done.stdout}{done.stderr}"


def failures(code: str, names: dict[str, Any], guide: str) -> str:
    """What the doctest says against the block; `names` are those of the page so far."""
    test = doctest.DocTestParser().get_doctest(code, names, guide, None, 0)
    assert test.examples, f"a block without a prompt runs nothing:\n{code}"
    test.globs = names  # not a copy: later blocks use what this one makes
    said: list[str] = []
    flags = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
    doctest.DocTestRunner(optionflags=flags).run(test, out=said.append, clear_globs=False)
    return "".join(said)


def test_the_first_example_of_the_readme() -> None:
    """It runs with NumPy alone, and its numbers are true."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    ((_, code),) = [block for block in FENCE.findall(text) if "import numpy" in block[1]]
    names: dict[str, Any] = {}
    exec(code, names)
    (promised,) = re.findall(r"# (\[[\d ]+\])$", code, re.M)
    counts = names["np"].bincount(names["kinds"][names["found"].indices])
    assert counts.tolist() == [int(count) for count in promised.strip("[]").split()]
    assert f"{counts[3] + counts[8]} of the {len(names['found'])} picks" in text


@pytest.mark.parametrize(
    "guide", [guide for guide in GUIDES if "java" in {kind for kind, _ in blocks(guide)}]
)
def test_java_of_a_guide_compiles(guide: str, tmp_path: Path) -> None:
    bodies = "".join(f"{{ {code} }}" for kind, code in blocks(guide) if kind == "java")
    matrices = ", ".join(f"FloatMatrix {name}" for name in ("pool", "target", "chosen", "sizes"))
    page = tmp_path / "Page.java"
    page.write_text(
        "import io.gio4j.Progress; import io.gio4j.data.FloatMatrix; import io.gio4j.select.*;"
        "import io.gio4j.select.balanced.*; import io.gio4j.select.nearest.*;"
        f"class Page {{ static void page({matrices}, Progress progress) {{ {bodies} }} }}"
    )
    done = subprocess.run(
        [full_jdk() / "bin" / "javac", "-cp", find_jar(), page], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("guide", GUIDES)
def test_a_guide_has_no_block_that_is_not_checked(guide: str) -> None:
    kinds = {kind for kind, _ in blocks(guide)}
    assert kinds <= LANGUAGES
    assert "python" not in kinds or guide == "gateway"
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.M))
    for kind, code in blocks(guide):
        if kind == "console":
            lines = code.splitlines()
            assert all(line.startswith("$ ") for line in lines)
            assert {line.split()[2] for line in lines if line.startswith("$ make ")} <= targets


def test_the_reference_has_every_public_name() -> None:
    listed = set(re.findall(r"^   (\w+)$", GUIDES["reference"] + page_of_methods(), re.M))
    assert listed == set(gio4j.__all__) - {"__version__", "errors"}  # in words, and on its own page


def test_the_reference_has_every_command() -> None:
    done = subprocess.run([sys.executable, "-m", "gio4j", "--help"], capture_output=True, text=True)
    commands = set(re.findall(r"^    (\w+)", done.stdout.partition("exit codes")[0], re.M))
    shown = re.findall(r"^## gio4j (\w+)$", GUIDES["command-line"], re.M)
    assert set(shown) == commands - {"COMMAND"} != set()
    assert all(f"docs-help/{name}.txt" in GUIDES["command-line"] for name in shown)
