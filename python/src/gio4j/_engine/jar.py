"""Where the engine's jars lie: in the wheel, or in the build folder of a source tree."""

from __future__ import annotations

import os
from pathlib import Path

from gio4j._version import __version__
from gio4j.errors import GatewayStartError

_NAME = f"gio4j-{__version__}-gateway.jar"
PACKAGE = Path(__file__).resolve().parents[1]
#: Where a wheel has its jars.
JARS = PACKAGE / "jars"


def find_jar() -> Path:
    """The jar: GIO4J_JAR, else the package's own, else what `mvn package` left in the tree."""
    named = os.environ.get("GIO4J_JAR")
    places = [Path(named)] if named else _places(_NAME)
    for place in places:
        if place.is_file():
            return place
    raise GatewayStartError(
        f"The engine's jar is missing; looked at {', '.join(map(str, places))}. "
        "Install the wheel again, or run `mvn package` in the source tree."
    )


def vector_jar(feature: int) -> Path | None:
    """The classes of the Vector API for a feature release of Java; None if there are none."""
    return next(filter(Path.is_file, _places(f"vector-{feature}.jar")), None)


def _places(name: str) -> list[Path]:
    return [JARS / name, PACKAGE.parents[2] / "target" / name]
