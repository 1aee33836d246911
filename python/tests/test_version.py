"""`gio4j/_version.py` says the version; wherever else it has to stand, it is the same."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import gio4j

ROOT = Path(__file__).parents[2]
PLACES = {
    "pom.xml": r"<artifactId>gio4j</artifactId>\s*<version>(.*?)</version>",
    "benchmarks/jmh/pom.xml": r"<artifactId>gio4j-jmh</artifactId>\s*<version>(.*?)</version>",
    "examples/java/pom.xml": r"<gio4j.version>(.*?)</gio4j.version>",
    "CITATION.cff": r"^version: (.*)$",
    "docs/gateway.md": r'"version":"(.*?)"',
}


@pytest.mark.parametrize("place", PLACES)
def test_every_place_has_the_version(place: str) -> None:
    found = re.findall(PLACES[place], (ROOT / place).read_text(encoding="utf-8"), re.M)
    assert set(found) == {gio4j.__version__}
