"""The wheels of `make wheels`: what they carry, and that the platform one needs no Java."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import sysconfig
import venv
from email import message_from_bytes
from pathlib import Path
from zipfile import ZipFile

import pytest
from harness import EXAMPLES, ROOT

from gio4j._engine import runtime

DIST = ROOT / "python" / "dist"
MAX_BYTES = 45_000_000
GPL = "GPL-2.0-only WITH Classpath-exception-2.0"
JAVA = f"gio4j/{runtime.RUNTIME.name}/bin/java"

USE = """
import json
import numpy as np
import gio4j
random = np.random.default_rng(0)
found = gio4j.select(random.normal(size=(50, 4)), random.normal(size=(20, 4)), 5)
assert len(set(found)) == 5
print(json.dumps({"file": gio4j.__file__, **gio4j.info()}))
"""


def wheel(tag: str) -> Path:
    found = list(DIST.glob(f"gio4j-*-{tag}.whl"))
    assert len(found) == 1, f"{found}: run `make wheels`, as `make test` does"
    return found[0]


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A virtual environment with the platform wheel; its dependencies are those of the tests."""
    home = tmp_path_factory.mktemp("clean environment")
    venv.create(home, with_pip=False)
    python = home / "bin" / "python"
    subprocess.run(
        [
            *(sys.executable, "-m", "pip", "--disable-pip-version-check", f"--python={python}"),
            *("install", "--quiet", "--no-index", "--no-deps", str(wheel("py3-none-manylinux*"))),
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
        env={"PATH": str(home / "bin"), "HOME": str(home), **variables},
        capture_output=True,
        text=True,
        timeout=100,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_pure_wheel(tmp_path: Path) -> None:
    with ZipFile(wheel("py3-none-any")) as archive:
        names = archive.namelist()
    assert [name for name in names if name.endswith(".jar")] == [jar_name(names)]
    assert "gio4j/py.typed" in names
    assert not [name for name in names if "runtime/" in name or "test" in name]


def test_the_platform_wheel() -> None:
    path = wheel("py3-none-manylinux*")
    assert path.stat().st_size < MAX_BYTES
    with ZipFile(path) as archive:
        entries = {entry.filename: entry for entry in archive.infolist()}
        tag = archive.read(next(n for n in entries if n.endswith("/WHEEL"))).decode()
        release = archive.read("gio4j/runtime/release").decode()
        libraries = b"".join(archive.read(n) for n in entries if n.endswith(".so"))
    assert jar_name(list(entries)) in entries
    assert "gio4j/py.typed" in entries
    assert not [name for name in entries if "test" in name]
    assert entries[JAVA].external_attr >> 16 & 0o111 == 0o111
    assert f"gio4j/runtime/{runtime.ARCHIVE}" in entries
    for notice in ("NOTICE", "java.base/LICENSE", "java.base/ASSEMBLY_EXCEPTION"):
        assert entries[f"gio4j/runtime/legal/{notice}"].file_size > 0
    modules = re.search(r'MODULES="([^"]*)"', release)
    assert modules is not None
    assert {"java.base", "jdk.incubator.vector", "jdk.unsupported"} <= set(modules[1].split())
    assert "java.desktop" not in modules[1]
    assert "Root-Is-Purelib: false" in tag
    needed = max(map(int, re.findall(rb"GLIBC_2\.(\d+)", libraries)))
    assert f"manylinux_2_{needed}_x86_64" in tag


@pytest.mark.parametrize("tag", ["py3-none-any", "py3-none-manylinux*"])
def test_licences(tag: str) -> None:
    with ZipFile(wheel(tag)) as archive:
        names = archive.namelist()
        facts = message_from_bytes(archive.read(dist_info(names, "METADATA")))
        notice = archive.read(dist_info(names, "licenses/NOTICE")).decode()
        (listed,) = (name for name in names if name.endswith(".dist-info/sboms/gio4j.cdx.json"))
        components = json.loads(archive.read(listed))["components"]
    texts = {name.partition(".dist-info/licenses/")[2] for name in names} - {""}
    assert texts == set(facts.get_all("License-File", []))
    assert {"LICENSE", "NOTICE", "third-party/thirdparty-LICENSE"} <= texts
    for library in ("Py4J", "SLF4J", "FastDoubleParser", "Apache Arrow", "Netty"):
        assert library in notice
    expression = facts["License-Expression"].split(" AND ")
    has_runtime = JAVA in names
    assert (GPL in expression) == has_runtime
    assert ("third-party/java-runtime/java.base/LICENSE" in texts) == has_runtime
    # What the wheel is made of, and that its licence names the licences of all of it.
    made_of = {component["name"]: component for component in components}
    assert {"arrow-vector", "netty-common", "jackson-databind", "py4j", "fastutil"} <= set(made_of)
    assert ("OpenJDK" in made_of) == has_runtime
    for component in components:
        assert component["version"]
        for licence in component["licenses"]:
            named = licence.get("expression") or licence["license"]["id"]
            assert named in expression, component["name"]


def dist_info(names: list[str], file: str) -> str:
    return next(name for name in names if name.endswith(f".dist-info/{file}"))


def jar_name(names: list[str]) -> str:
    return next(name for name in names if re.fullmatch(r"gio4j/jars/gio4j-.*-gateway\.jar", name))


def test_no_java_to_install(environment: Path) -> None:
    # -Xshare:on: a JVM that finds the archive unfit, or none, does not start.
    said = json.loads(run(environment, "-c", USE, GIO4J_JVM_FLAGS="-Xshare:on"))
    assert Path(said["file"]).is_relative_to(environment)
    assert Path(said["java_executable"]).is_relative_to(environment)
    assert said["simd"] != "scalar"


def test_the_first_example(environment: Path) -> None:
    printed = run(environment, "-W", "ignore", str(EXAMPLES / "grad_info_opt_readme.py"))
    assert printed.startswith("Starting KL: 2.4869943\n")


def test_the_command(environment: Path) -> None:
    done = subprocess.run(
        [str(environment / "bin" / "gio4j"), "demo"],
        env={"PATH": "", "HOME": str(environment)},
        capture_output=True,
        text=True,
        timeout=100,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "gio4j.select(pool, target, 200) took" in done.stdout


def test_java_home_does_not_displace_it_but_an_order_does(
    environment: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    (site,) = environment.glob("lib/python3*/site-packages")
    other.symlink_to(site / "gio4j/runtime")  # told apart by its path alone
    said = json.loads(run(environment, "-c", USE, JAVA_HOME=str(other)))
    assert Path(said["java_executable"]).is_relative_to(environment)
    said = json.loads(run(environment, "-c", USE, GIO4J_JAVA_HOME=str(other)))
    assert Path(said["java_executable"]).is_relative_to(other)


def test_a_jar_of_ones_own_runs_without_the_archive(environment: Path, tmp_path: Path) -> None:
    (jar,) = environment.glob("lib/python3*/site-packages/gio4j/jars/*.jar")
    copy = tmp_path / jar.name
    copy.write_bytes(jar.read_bytes())
    said = json.loads(run(environment, "-c", USE, GIO4J_JAR=str(copy)))
    assert Path(said["java_executable"]).is_relative_to(environment)
