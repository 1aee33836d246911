"""Puts the engine's jar, which Maven built, into the package."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class GatewayJarHook(BuildHookInterface):  # type: ignore[misc]
    """Ships the one gateway jar as ``gio4j/jars/``; it never runs Maven itself."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Name the jar for the build, or say in one line why there is none."""
        if version == "editable":
            return  # the package finds the jar in the source tree's target/ when it starts
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
