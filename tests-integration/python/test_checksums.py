"""What Maven downloads for the build is what `.mvn/checksums` says; Maven 3.9 looks by itself."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from xml.etree import ElementTree

from harness import ROOT

NAMES = {"m": "http://maven.apache.org/POM/4.0.0"}
POM = ElementTree.parse(ROOT / "pom.xml")
PROPERTIES = {
    element.tag.partition("}")[2]: element.text or ""
    for element in POM.findall("m:properties/*", NAMES)
}


def listed() -> dict[str, str]:
    lines = (ROOT / ".mvn/checksums/checksums.sha256").read_text().splitlines()
    return {path: digest for digest, path in (line.split("  ") for line in lines)}


def artifacts(kind: str, group: str) -> set[str]:
    """Where in a repository the jars of the pom's plugins or dependencies lie."""
    found = set()
    for element in POM.iterfind(f".//m:{kind}", NAMES):
        name = element.findtext("m:artifactId", "", NAMES)
        version = re.sub(
            r"\$\{(.+?)\}",
            lambda match: PROPERTIES[match[1]],
            element.findtext("m:version", "", NAMES),
        )
        if version and element.findtext("m:type", "jar", NAMES) == "jar":
            folder = element.findtext("m:groupId", group, NAMES).replace(".", "/")
            found.add(f"{folder}/{name}/{version}/{name}-{version}.jar")
    return found


def test_every_plugin_and_library_has_one() -> None:
    named = artifacts("plugin", "org.apache.maven.plugins") | artifacts("dependency", "")
    assert len(named) > 20
    missing = named - set(listed())
    assert not missing, f"{missing}: CONTRIBUTING.md says how .mvn/checksums is written"


def test_the_local_repository_holds_those_very_files() -> None:
    repository = Path.home() / ".m2" / "repository"
    for path, digest in listed().items():
        file = repository / path
        if file.exists():
            assert hashlib.sha256(file.read_bytes()).hexdigest() == digest, file
