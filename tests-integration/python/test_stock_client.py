"""Py4J's own client drives the engine by the program of docs/gateway.md."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
from harness import ROOT, full_jdk
from test_guides import FENCE

import gio4j


def test_the_program_selects_what_the_package_selects(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "gateway.md").read_text(encoding="utf-8")
    (program,) = [code for language, code in FENCE.findall(page) if language == "python"]
    (tmp_path / "client.py").write_text(program, encoding="utf-8")
    random = np.random.default_rng(0)
    pool, target = random.normal(size=(1000, 8)), random.normal(size=(50, 8)) + 1
    own = gio4j.select(
        pool.astype(np.float32), target.astype(np.float32), 20, kernel="rational", progress=False
    )
    (jar,) = (ROOT / "target").glob("gio4j-*-gateway.jar")
    done = subprocess.run(
        [sys.executable, "client.py", str(full_jdk() / "bin" / "java"), str(jar)],
        cwd=tmp_path,
        env={**os.environ, "TMPDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=100,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == "WARNING: Using incubator modules: jdk.incubator.vector\n"
    answer = json.loads(done.stdout)
    assert answer == {"indices": own.indices.tolist(), "stop_reason": "budget"}
