"""What is wrong around a call: memory, token, version, a second package that owns the name GIO."""

from __future__ import annotations

import json
import re
import socket
from pathlib import Path

import pytest
from harness import engine_unharmed, refused, run_python, sample

import gio4j
from gio4j._engine import gateway
from gio4j._measure.averaged import averaged_divergence
from gio4j._shared import buffers
from gio4j.errors import VersionMismatch


def exchange(port: int, text: str) -> bytes:
    """What the engine answers to bytes on a connection of their own, up to its end or a line."""
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        connection.sendall(text.encode())
        try:
            return connection.recv(1 << 16)
        except ConnectionResetError:
            return b""


def test_array_too_large_for_shared_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = sample(300_000, 4)

    def share_with_little_memory() -> None:
        with monkeypatch.context() as patch:
            patch.setattr(buffers, "available_memory", lambda: 66 << 20)
            averaged_divergence(rows, sample(30, 4))

    with refused(MemoryError, "x: needs 5 MiB", "66 MiB are available", "mmap_mode='r'", "Arrow"):
        share_with_little_memory()


def test_buffer_too_large_for_the_machine() -> None:
    with refused(MemoryError, "shape=(", "MiB of shared memory", "are available"):
        gio4j.empty((1 << 40, 1 << 10))


COMMAND = "c\nt\ninfo\ne\n"


@pytest.mark.parametrize(
    "greeting", ["", f"A\n{'x' * 43}\n", "A\n\n"], ids=["none", "wrong", "empty"]
)
def test_no_call_without_the_token(greeting: str) -> None:
    with engine_unharmed():
        answer = exchange(gio4j.info()["port"], greeting + COMMAND)
        assert b"!y" not in answer


def test_the_same_bytes_with_the_token_are_answered() -> None:
    engine = gateway.gateway()
    answer = exchange(gio4j.info()["port"], f"A\n{engine.process.token}\n{COMMAND}")
    assert answer.startswith(b"!y")


def test_engine_refuses_another_version() -> None:
    with refused(VersionMismatch, "0.0.9", gio4j.__version__, "pip install --force-reinstall"):
        gateway.gateway().call("handshake", json.dumps({"version": "0.0.9", "protocol": 1}))


def test_package_refuses_another_version(own_engine: None, monkeypatch: pytest.MonkeyPatch) -> None:
    words = f"gio4j 0.0.9 .*the jar {re.escape(gio4j.__version__)} .*pip install --force-reinstall"
    with monkeypatch.context() as patch:
        patch.setattr(gateway, "__version__", "0.0.9")
        with pytest.raises(VersionMismatch, match=words):
            averaged_divergence(sample(), sample())
    assert not gio4j.info()["running"]
    averaged_divergence(sample(), sample())
    assert gio4j.info()["running"]


WARN = "import warnings; warnings.simplefilter('always'); "


def test_grad_info_opt_installed_as_well(tmp_path: Path) -> None:
    described = tmp_path / "site" / "grad_info_opt-0.1.2.dist-info"
    described.mkdir(parents=True)
    (described / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: grad-info-opt\nVersion: 0.1.2\n"
    )
    done = run_python(
        f"{WARN}import GIO; print(GIO.__file__)", tmp_path, PYTHONPATH=str(tmp_path / "site")
    )
    told = [line for line in done.stderr.splitlines() if "grad-info-opt 0.1.2" in line]
    assert len(told) == 1
    assert f"imported is gio4j's, {done.stdout.strip()}" in told[0]
    assert "pip uninstall grad-info-opt" in told[0]


def test_another_package_that_python_takes_for_gio(tmp_path: Path) -> None:
    other = tmp_path / "site" / "GIO"
    other.mkdir(parents=True)
    (other / "__init__.py").touch()
    (other / "GIOKL.py").write_text("class GIOKL: ...\n")
    done = run_python(f"{WARN}import gio4j", tmp_path, PYTHONPATH=str(tmp_path / "site"))
    told = [line for line in done.stderr.splitlines() if "GIOWarning" in line]
    assert len(told) == 1
    assert f"`import GIO` finds {other}" in told[0]
    assert "pip uninstall grad-info-opt" in told[0]


def test_alone_there_is_nothing_to_say(tmp_path: Path) -> None:
    assert run_python(f"{WARN}import gio4j, GIO", tmp_path).stderr == ""
