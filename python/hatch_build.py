"""Puts the engine's jar, which Maven built, into the package, and on request a Java runtime.

With them go the texts of their licences and the list of what they are made of.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import tempfile
from pathlib import Path
from typing import Any
from zipfile import ZipFile

from hatchling.builders.hooks.plugin.interface import BuildHookInterface
from hatchling.metadata.plugin.interface import MetadataHookInterface

# Of this project, Py4J, the libraries of MIT, and what FastDoubleParser was ported from.
JAR_LICENSE = "Apache-2.0 AND BSD-2-Clause AND BSD-3-Clause AND BSL-1.0 AND MIT"
RUNTIME_LICENSE = "GPL-2.0-only WITH Classpath-exception-2.0"
OTHERS = "third-party"


class LicenseHook(MetadataHookInterface):  # type: ignore[misc]
    """Names the licence of what this build carries, and lays the texts beside pyproject.toml."""

    def update(self, metadata: dict[str, Any]) -> None:
        """Set the licence's SPDX expression and the files with its texts."""
        runtime = runtime_folder()
        metadata["license"] = JAR_LICENSE + (f" AND {RUNTIME_LICENSE}" if runtime else "")
        root = Path(self.root)
        others = root / OTHERS
        jar = found_jar(root)
        if jar is None:
            return  # an editable install before the first build
        shutil.rmtree(others, ignore_errors=True)
        others.mkdir()
        with ZipFile(jar) as archive:
            for text in ("LICENSE", "NOTICE"):
                (root / text).write_bytes(archive.read(f"META-INF/{text}"))
            for name in archive.namelist():
                if re.fullmatch(r"META-INF/[\w-]+-LICENSE", name):
                    (others / Path(name).name).write_bytes(archive.read(name))
        if runtime:
            shutil.copytree(runtime / "legal", others / "java-runtime")
        texts = [path for path in others.rglob("*") if path.is_file()]
        metadata["license-files"] = [
            "LICENSE",
            "NOTICE",
            *sorted(path.relative_to(root).as_posix() for path in texts),
        ]


class GatewayJarHook(BuildHookInterface):  # type: ignore[misc]
    """Ships the one gateway jar as ``gio4j/jars/``; it never runs Maven itself.

    With GIO4J_RUNTIME, the folder that `make wheels` linked, the wheel carries that as
    ``gio4j/runtime/`` and names the platform that it runs on.
    """

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Name what the build shall include, or say in one line why there is none."""
        if version == "editable":
            return  # the package finds the jar in the source tree's target/ when it starts
        root = Path(self.root)
        jar = found_jar(root)
        if jar is None:
            raise SystemExit(
                f"gio4j: no gateway jar in {root.parent / 'target'}: "
                "run `mvn -DskipTests package` first."
            )
        expected = f"gio4j-{self.metadata.version}-gateway.jar"
        if jar.name != expected:
            raise SystemExit(
                f"gio4j: {jar.name} is not {expected}: "
                "give pom.xml and src/gio4j/_version.py the same version."
            )
        if not jar.is_relative_to(root):
            folder = "src/gio4j/jars" if self.target_name == "sdist" else "gio4j/jars"
            build_data["force_include"][str(jar)] = f"{folder}/{jar.name}"
        if self.target_name != "wheel":
            return
        runtime = runtime_folder()
        if runtime:
            build_data["force_include"][str(runtime)] = "gio4j/runtime"
            build_data["pure_python"] = False
            build_data["tag"] = f"py3-none-{platform(runtime)}"
        self._folder = Path(tempfile.mkdtemp())
        build_data["sbom_files"].append(str(write_sbom(jar, runtime, self._folder)))

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        """Remove what was only made to be included."""
        if hasattr(self, "_folder"):
            shutil.rmtree(self._folder)


def runtime_folder() -> Path | None:
    """The Java runtime that the wheel shall carry, if any."""
    named = os.environ.get("GIO4J_RUNTIME")
    return Path(named) if named else None


def found_jar(root: Path) -> Path | None:
    """The gateway jar: that of an unpacked sdist, else the one that Maven built; None before."""
    carried = sorted(root.glob("src/gio4j/jars/*.jar"))
    jars = carried or sorted((root.parent / "target").glob("gio4j-*-gateway.jar"))
    if len(jars) > 1:
        names = ", ".join(jar.name for jar in jars)
        raise SystemExit(
            f"gio4j: more than one gateway jar in {jars[0].parent} ({names}): "
            "run `mvn clean` and `mvn -DskipTests package`."
        )
    return jars[0] if jars else None


def write_sbom(jar: Path, runtime: Path | None, folder: Path) -> Path:
    """The jar's list of components (CycloneDX), and the runtime as one more."""
    with ZipFile(jar) as archive:
        sbom = json.loads(archive.read("META-INF/sbom/gio4j.cdx.json"))
    if runtime:
        facts = release(runtime)
        sbom["components"].append(
            {
                "type": "platform",
                "bom-ref": "java-runtime",
                "name": "OpenJDK",
                "version": facts["JAVA_RUNTIME_VERSION"],
                "publisher": facts["IMPLEMENTOR"],
                "description": f"Modules: {facts['MODULES']}",
                "licenses": [{"expression": RUNTIME_LICENSE}],
            }
        )
    path = folder / "gio4j.cdx.json"
    path.write_text(json.dumps(sbom, indent=2))
    return path


def release(runtime: Path) -> dict[str, str]:
    """The facts that a runtime's release file states."""
    text = (runtime / "release").read_text()
    return dict(re.findall(r'^(\w+)="([^"]*)"', text, re.MULTILINE))


def platform(runtime: Path) -> str:
    """The platform tag: the newest glibc that a library of the runtime asks for, by its symbols."""
    facts = release(runtime)
    if (facts.get("OS_NAME"), facts.get("LIBC")) != ("Linux", "gnu"):
        raise SystemExit(f"gio4j: {runtime} is no runtime for Linux with glibc.")
    programs = [path for path in runtime.rglob("*") if path.is_file() and _is_program(path)]
    versions = {
        int(minor)
        for path in programs
        for minor in re.findall(rb"\0GLIBC_2\.(\d+)[.\d]*(?=\0)", path.read_bytes())
    }
    return f"manylinux_2_{max(versions)}_{facts['OS_ARCH']}"


def _is_program(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(4) == b"\x7fELF"
