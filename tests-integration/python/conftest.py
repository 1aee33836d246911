"""The engine between tests: default options, no job left over, one's own on request."""

from __future__ import annotations

import gc
import os
import signal
from collections.abc import Iterator
from typing import Any

import pytest
from harness import wait_until

import gio4j

# Every test has a new cache, in which its engine would have an archive made.
os.environ.setdefault("GIO4J_START_ARCHIVE", "off")
# A shell that runs the tests in the background makes them, and what they start, ignore Ctrl-C;
# nohup makes them ignore the end of the terminal.
signal.signal(signal.SIGINT, signal.default_int_handler)
if hasattr(signal, "SIGHUP"):
    signal.signal(signal.SIGHUP, signal.SIG_DFL)

# Spark's own JVM: its queries are over before a second compiler pays.
os.environ.setdefault("SPARK_SUBMIT_OPTS", "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC")

#: Files of a minute and more. They begin first, lest one of them is left to a single process at the
#: end while the others idle.
LONG = {
    f"test_{name}.py"
    for name in ("spark", "spark_connect", "reference_scripts", "notebooks", "leftovers")
}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: item.path.name not in LONG)
    gc.freeze()  # what was imported: looking through it takes as long as a test


@pytest.fixture(scope="session")
def spark() -> Iterator[Any]:
    """A session of Spark: classic, or Connect where GIO4J_TEST_SPARK says so."""
    from pyspark.sql import SparkSession

    is_connect = os.environ.get("GIO4J_TEST_SPARK") == "connect"
    builder = SparkSession.builder.config("spark.sql.shuffle.partitions", 2)
    if is_connect:
        builder = builder.remote("local[2]")
    else:
        builder = builder.master("local[2]").config("spark.ui.enabled", "false")
    session = builder.getOrCreate()
    yield session
    session.stop()


@pytest.fixture(autouse=True)
def tidy(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[None]:
    """Tests share an engine with default options; whatever a test did, its jobs end and go."""
    monkeypatch.setenv("GIO4J_CACHE", str(tmp_path_factory.mktemp("cache")))
    for name in ("HEAP", "THREADS", "JVM_FLAGS", "SIMD", "SHARED", "START_TIMEOUT"):
        monkeypatch.delenv(f"GIO4J_{name}", raising=False)
    yield
    wait_until(lambda: gio4j.info().get("jobs", 0) == 0)


@pytest.fixture
def own_engine(tidy: None) -> Iterator[None]:
    """The test starts, configures or kills the engine: none runs before it or after it."""
    gio4j.shutdown()
    yield
    gio4j.shutdown()
    gio4j.configure()
