"""test_spark.py again, in a session of Spark Connect."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from harness import ROOT


@pytest.mark.timeout(600)
def test_spark_connect() -> None:
    tests = Path(__file__).with_name("test_spark.py")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-c", "python/pyproject.toml", "-q", str(tests)],
        cwd=ROOT,
        # The server, not the session, chooses what its workers run.
        env={**os.environ, "GIO4J_TEST_SPARK": "connect", "PYSPARK_PYTHON": sys.executable},
        capture_output=True,
        text=True,
        timeout=580,
    )
    assert done.returncode == 0, done.stdout + done.stderr
