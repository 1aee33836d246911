"""The token stands nowhere that another user, or a reader of logs, could see it."""

from __future__ import annotations

import logging
import os
from pathlib import Path

import pytest
from harness import sample

import gio4j
from gio4j._engine import gateway
from gio4j._measure.averaged import averaged_divergence

# Everything that the engine's libraries could ever log.
LOUD = """
handlers=java.util.logging.ConsoleHandler
.level=ALL
java.util.logging.ConsoleHandler.level=ALL
"""


@pytest.fixture
def token(own_engine: None, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> str:
    """The token of an engine that ran good and bad calls with every log at its loudest."""
    caplog.set_level(logging.DEBUG)
    (tmp_path / "logging.properties").write_text(LOUD)
    gio4j.configure(
        jvm_flags=[
            "-Dorg.slf4j.simpleLogger.defaultLogLevel=trace",
            f"-Djava.util.logging.config.file={tmp_path / 'logging.properties'}",
            "-Xlog:gc+init:stderr",
        ]
    )
    rows = sample()
    averaged_divergence(rows, rows)
    rows[3] = float("nan")
    with pytest.raises(ValueError, match="row 3"):
        averaged_divergence(rows, rows)
    secret = gateway.gateway().process.token
    assert len(secret) >= 32
    return secret


@pytest.mark.parametrize("file", ["cmdline", "environ"])
def test_not_in_what_ps_shows(token: str, file: str) -> None:
    for pid in (os.getpid(), gio4j.info()["pid"]):
        shown = Path(f"/proc/{pid}/{file}").read_bytes()
        assert shown
        assert token.encode() not in shown


def test_not_in_the_logs(
    token: str, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    gio4j.shutdown()
    assert "gc,init" in gio4j.debug_log()
    said = capfd.readouterr()
    for text in (gio4j.debug_log(), caplog.text, said.out, said.err):
        assert token not in text


def test_not_in_facts_or_errors(token: str) -> None:
    assert token not in str(gio4j.info())
    with pytest.raises(ValueError, match="k=0") as caught:
        averaged_divergence(sample(), sample(), k=0)
    assert token not in str(caught.getrepr(showlocals=False))


def test_another_one_for_each_engine(token: str) -> None:
    gio4j.shutdown()
    assert gateway.gateway().process.token != token


def test_only_the_loopback_address_listens(token: str) -> None:
    port = f"{gio4j.info()['port']:04X}"
    listening = "0A"
    addresses = [
        fields[1].rpartition(":")[0]
        for table in ("tcp", "tcp6")
        for fields in map(str.split, Path(f"/proc/net/{table}").read_text().splitlines()[1:])
        if fields[3] == listening and fields[1].endswith(f":{port}")
    ]
    assert addresses
    loopback = {"0100007F", "0000000000000000FFFF00000100007F", "00000000000000000000000001000000"}
    assert set(addresses) <= loopback
