"""The start archive, made by a real engine and taken by another.

Linux: /proc tells what an engine has mapped.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from harness import sample, wait_until

import gio4j
from gio4j._engine.start_archive import archives

POOL, TARGET = sample(200, 4), sample(30, 4, seed=1)


@pytest.mark.timeout(300)
@pytest.mark.usefixtures("own_engine")
def test_it_is_made_after_the_first_start_and_taken_by_the_second(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """By a process that waits for no one, and that keeps no pipe of its parent open."""
    expected = gio4j.select(POOL, TARGET, 20)
    gio4j.shutdown()
    monkeypatch.setenv("GIO4J_START_ARCHIVE", "auto")
    script = "import gio4j; gio4j.nearest([[0.0]], [[1.0]])"
    subprocess.run([sys.executable, "-c", script], check=True, capture_output=True)
    assert archives() == []
    wait_until(lambda: len(archives()) == 1, seconds=240)
    (archive,) = archives()
    assert archive.stat().st_mode & 0o077 == 0
    wait_until(lambda: not archive.with_suffix(".making").exists())
    found = gio4j.select(POOL, TARGET, 20)
    assert str(archive) in Path(f"/proc/{gio4j.info()['pid']}/maps").read_text()
    assert found.indices.tolist() == expected.indices.tolist()
    assert found.gains[1:].tolist() == expected.gains[1:].tolist()
    assert gio4j.debug_log() == ""
    # A damaged one costs its time alone.
    gio4j.shutdown()
    archive.write_bytes(archive.read_bytes()[: 1 << 20])
    assert gio4j.select(POOL, TARGET, 20).indices.tolist() == expected.indices.tolist()
    assert "aot" in gio4j.debug_log().lower()
