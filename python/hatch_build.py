"""Puts the engine's jar, which Maven built, into the package, and on request a Java runtime."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class GatewayJarHook(BuildHookInterface):  # type: ignore[misc]
    """Ships the one gateway jar as ``gio4j/jars/``; it never runs Maven itself.

    With GIO4J_RUNTIME, the folder that `make wheels` linked, the wheel carries that as
    ``gio4j/runtime/`` and names the platform that it runs on.
    """

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Name what the build shall include, or say in one line why there is none."""
        if version == "editable":
            return  # the package finds the jar in the source tree's target/ when it starts
        self._include_jar(build_data)
        runtime = os.environ.get("GIO4J_RUNTIME")
        if runtime and self.target_name == "wheel":
            build_data["force_include"][runtime] = "gio4j/runtime"
            build_data["pure_python"] = False
            build_data["tag"] = f"py3-none-{platform(Path(runtime))}"

    def _include_jar(self, build_data: dict[str, Any]) -> None:
        root = Path(self.root)
        if any(root.glob("src/gio4j/jars/*.jar")):
            return  # an unpacked sdist brings it along
        target = root.parent / "target"
        jars = sorted(target.glob("gio4j-*-gateway.jar"))
        if not jars:
            raise SystemExit(
                f"gio4j: no gateway jar in {target}: run `mvn -DskipTests package` first."
            )
        if len(jars) > 1:
            names = ", ".join(jar.name for jar in jars)
            raise SystemExit(
                f"gio4j: more than one gateway jar in {target} ({names}): "
                "run `mvn clean` and `mvn -DskipTests package`."
            )
        (jar,) = jars
        expected = f"gio4j-{self.metadata.version}-gateway.jar"
        if jar.name != expected:
            raise SystemExit(
                f"gio4j: {jar.name} is not {expected}: "
                "give pom.xml and src/gio4j/_version.py the same version."
            )
        folder = "src/gio4j/jars" if self.target_name == "sdist" else "gio4j/jars"
        build_data["force_include"][str(jar)] = f"{folder}/{jar.name}"


def platform(runtime: Path) -> str:
    """The platform tag: the newest glibc that a library of the runtime asks for, by its symbols."""
    facts = dict(re.findall(r'^(\w+)="([^"]*)"', (runtime / "release").read_text(), re.MULTILINE))
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
