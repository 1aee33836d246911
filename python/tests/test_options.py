"""Options, the environment behind them, and memory limits read from made-up files."""

from __future__ import annotations

from pathlib import Path

import pytest

import gio4j
from gio4j._engine import options
from gio4j._engine.options import Options, default_heap, start_timeout_seconds
from gio4j._shared.memory import available_memory, memory_limit

GIB = 1 << 30


def write(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


MEMINFO = {"proc/meminfo": "MemTotal: 16777216 kB\nMemFree: 1 kB\nMemAvailable: 8388608 kB\n"}


def test_the_machine(tmp_path: Path) -> None:
    write(tmp_path, MEMINFO)
    assert memory_limit(tmp_path) == 16 * GIB
    assert available_memory(tmp_path) == 8 * GIB


def test_cgroup_2(tmp_path: Path) -> None:
    write(
        tmp_path,
        MEMINFO
        | {
            "proc/self/cgroup": "0::/user/job\n",
            "sys/fs/cgroup/user/job/memory.max": "max\n",
            "sys/fs/cgroup/user/memory.max": f"{4 * GIB}\n",
            "sys/fs/cgroup/user/memory.current": f"{3 * GIB}\n",
            "sys/fs/cgroup/user/memory.stat": f"anon 5\ninactive_file {GIB}\n",
        },
    )
    assert memory_limit(tmp_path) == 4 * GIB
    assert available_memory(tmp_path) == 2 * GIB


def test_cgroup_2_in_a_container(tmp_path: Path) -> None:
    """The path may be the host's, while the mount's root is the container's own group."""
    files = {"proc/self/cgroup": "0::/docker/abc\n", "sys/fs/cgroup/memory.max": f"{GIB}\n"}
    write(tmp_path, MEMINFO | files)
    assert memory_limit(tmp_path) == GIB


def test_cgroup_1(tmp_path: Path) -> None:
    group = "sys/fs/cgroup/memory/job"
    write(
        tmp_path,
        MEMINFO
        | {
            "proc/self/cgroup": "4:cpu,memory:/job\n1:name=systemd:/job\n",
            f"{group}/memory.limit_in_bytes": f"{2 * GIB}\n",
            f"{group}/memory.usage_in_bytes": f"{GIB}\n",
            f"{group}/memory.stat": f"total_inactive_file {GIB // 2}\n",
            "sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n",
        },
    )
    assert memory_limit(tmp_path) == 2 * GIB
    assert available_memory(tmp_path) == 3 * GIB // 2


def test_a_quarter_is_the_default_heap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(options, "memory_limit", lambda: 8 * GIB)
    assert default_heap() == "2048m"
    assert Options().resolved({}).heap == "2048m"
    monkeypatch.setattr(options, "memory_limit", lambda: None)
    assert default_heap() == "1024m"
    monkeypatch.setattr(options, "memory_limit", lambda: 512 * GIB)
    assert default_heap() == "31744m"


def test_argument_then_environment() -> None:
    environment = {
        "GIO4J_HEAP": "3g",
        "GIO4J_THREADS": "2",
        "GIO4J_JVM_FLAGS": "-Dname='a b' -Xint",
        "GIO4J_SIMD": "scalar",
    }
    resolved = Options().resolved(environment)
    assert resolved == Options(None, "3g", 2, ("-Dname=a b", "-Xint"), "scalar")
    assert resolved.java_arguments() == [
        "-Xmx3g",
        "-Dgio4j.threads=2",
        "-Dgio4j.simd=scalar",
        "-Dname=a b",
        "-Xint",
    ]
    given = Options(None, "5g", 7, (), "vector")
    assert given.resolved(environment) == given


@pytest.mark.parametrize(
    ("keywords", "words"),
    [
        ({"heap": "lots"}, "heap='lots': needs an integer"),
        ({"heap": "-4g"}, "heap='-4g'"),
        ({"threads": 0}, "threads=0: needs at least 1"),
        ({"simd": "gpu"}, "simd='gpu': needs one of 'auto', 'scalar', 'vector'"),
        ({"jvm_flags": "-Xint -Xmx1g"}, r"jvm_flags='-Xint -Xmx1g': needs a list"),
    ],
)
def test_bad_options(keywords: dict[str, object], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        gio4j.configure(**keywords)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "text"),
    [("GIO4J_THREADS", "many"), ("GIO4J_THREADS", "0"), ("GIO4J_HEAP", "x"), ("GIO4J_SIMD", "y")],
)
def test_bad_environment(name: str, text: str) -> None:
    with pytest.raises(ValueError, match=repr(text)):
        Options().resolved({name: text})


@pytest.mark.parametrize("text", ["soon", "0", "-1", "nan"])
def test_bad_deadline(text: str) -> None:
    with pytest.raises(ValueError, match=f"GIO4J_START_TIMEOUT='{text}'"):
        start_timeout_seconds({"GIO4J_START_TIMEOUT": text})
    assert start_timeout_seconds({}) == 30
