"""The engine's process: started, listened to, ended."""

from __future__ import annotations

import json
import os
import queue
import secrets
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

from gio4j._engine.java import Java
from gio4j._engine.options import Options
from gio4j._engine.start_archive import archive_arguments
from gio4j._shared import threads
from gio4j._shared.buffers import opened
from gio4j._shared.descriptors import PipeEnd, pipe
from gio4j._shared.memory import address_space_limit
from gio4j.errors import Cancelled, GatewayStartError

_MAIN_CLASS = "io.gio4j.gateway.GatewayMain"
_LOG_LINES = 2000
_SHOWN_LINES = 20
# A crash report has 800 lines; what happened stands in the first.
_CRASH = "A fatal error has been detected by the Java Runtime Environment"
# The engine ends 0.3 s after its standard input; past this it hangs and is killed.
END_SECONDS = 2.0
# CREATE_NEW_PROCESS_GROUP, so that Ctrl-C reaches Python alone, and CREATE_NO_WINDOW.
_CREATION_FLAGS = 0x0200 | 0x0800_0000 if sys.platform == "win32" else 0


class EngineProcess:
    """A running engine, its port and token, and the last lines it wrote to standard error."""

    def __init__(
        self,
        java: Java,
        jar: Path,
        options: Options,
        deadline_seconds: float,
        is_unwanted: Callable[[], bool],
    ) -> None:
        self.java = java
        self.token = secrets.token_urlsafe(32)
        self._heap = options.heap
        self.log: deque[str] = deque(maxlen=_LOG_LINES)
        self._ready: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._readers: list[threading.Thread] = []
        with ExitStack() as theirs:
            self._process = self._begin(command_line(java, jar, options), theirs)
        try:
            for work, name in (
                (self._read_output, "gio4j-stdout"),
                (self._read_log, "gio4j-stderr"),
            ):
                self._readers.append(threads.start(work, name))
            self._send_token()
            self.ready = self._await_ready(deadline_seconds, is_unwanted)
        except BaseException:
            self.stop(patience_seconds=0.0)
            raise

    def _begin(self, command: list[str], theirs: ExitStack) -> subprocess.Popen[bytes]:
        # Pipes of our own, as Popen closes numbers whatever they mean by then.
        (stdin, self._stdin), (self._stdout, stdout), (self._stderr, stderr) = (
            opened("the engine", pipe) for _ in range(3)
        )
        for end in (stdin, stdout, stderr):
            theirs.callback(end.close)
        try:
            # A session of its own: Ctrl-C in the terminal reaches Python alone.
            return opened(
                "the engine",
                lambda: subprocess.Popen(
                    command,
                    stdin=stdin.descriptor,
                    stdout=stdout.descriptor,
                    stderr=stderr.descriptor,
                    cwd=_working_folder(),
                    env=_surroundings(),
                    start_new_session=True,  # Windows takes the flags below instead
                    creationflags=_CREATION_FLAGS,
                ),
            )
        except OSError as problem:
            raise GatewayStartError(
                f"The engine's process could not be started ({problem}): {self.java.executable}. "
                "If a resource is short, end processes or raise the limit: ulimit -u (processes), "
                "ulimit -v (memory)"
            ) from problem

    @property
    def pid(self) -> int:
        """The engine's process id."""
        return self._process.pid

    def exit_code(self, patience_seconds: float = 0.0) -> int | None:
        """The exit code, or None if it still runs after `patience_seconds`."""
        try:
            return self._process.wait(patience_seconds)
        except subprocess.TimeoutExpired:
            return None

    def last_words(self) -> str:
        """What to show of standard error under a message: its end, or a crash report's begin."""
        lines = list(self.log)
        if not lines:
            return "It wrote nothing to standard error."
        crash = next((at for at, line in enumerate(lines) if _CRASH in line), None)
        first = max(len(lines) - _SHOWN_LINES, 0) if crash is None else crash
        which = "Last" if crash is None else "First crash"
        shown = (f"  {line}" for line in lines[first : first + _SHOWN_LINES])
        return "\n".join([f"{which} lines on its standard error:", *shown])

    def has_pipes(self) -> bool:
        """Whether it can still be ended and listened to: this program may have closed its pipes."""
        return all(end.is_open for end in (self._stdin, self._stdout, self._stderr))

    def stop(self, patience_seconds: float = END_SECONDS) -> None:
        """End the engine: by its standard input, then by force; afterwards the log is complete."""
        self._stdin.close()
        if self.exit_code(patience_seconds) is None:
            self._process.kill()
            # Never wait(): a finalizer in the middle of one would wait for its lock.
            self.exit_code(END_SECONDS)
        for reader in self._readers:
            if reader is not threading.current_thread():  # a finalizer that ends the engine
                reader.join(END_SECONDS)
        self._stdout.close()
        self._stderr.close()

    def forget(self) -> None:
        """In a forked child: close the copies of the parent's pipes, and wait for nothing."""
        for end in (self._stdin, self._stdout, self._stderr):
            end.close()
        # Else Popen's finalizer warns about a child that this process never had.
        self._process.returncode = 0

    def _send_token(self) -> None:
        # If it has ended already, its exit code says more than a broken pipe.
        with suppress(OSError):
            self._stdin.write(f"{self.token}\n".encode("ascii"))

    def _await_ready(
        self, deadline_seconds: float, is_unwanted: Callable[[], bool]
    ) -> dict[str, Any]:
        end = time.monotonic() + deadline_seconds
        line: str | None = None
        while line is None:
            if is_unwanted():
                raise Cancelled("The start of the engine was cancelled.")
            left = end - time.monotonic()
            if left <= 0:
                raise self._start_error(
                    f"said nothing within {deadline_seconds:g} s (GIO4J_START_TIMEOUT)"
                )
            try:
                line = self._ready.get(timeout=min(left, 0.1))
            except queue.Empty:
                continue
        word, _, facts = line.partition(" ")
        if not line:
            raise self._start_error(
                f"ended with exit code {self.exit_code(END_SECONDS)} before it was ready"
            )
        try:
            ready: dict[str, Any] = json.loads(facts) if word == "READY" else {}
            int(ready["port"])
        except (ValueError, TypeError, KeyError):
            raise self._start_error(f"said {line.strip()[:200]!r} instead of READY") from None
        return ready

    def _start_error(self, what: str) -> GatewayStartError:
        self.stop(patience_seconds=0.0)
        return GatewayStartError(
            f"The engine {what}. Java {self.java.version} at {self.java.executable}. "
            f"See gio4j.debug_log(), GIO4J_JAVA_HOME, GIO4J_JVM_FLAGS; where memory is short, "
            f"GIO4J_HEAP (now {self._heap}).\n{self.last_words()}"
        )

    def _read_output(self) -> None:
        # One line is the protocol's; the empty one stands for the end.
        lines = _lines(self._stdout)
        self._ready.put(next(lines, ""))
        for line in lines:
            self.log.append(f"[stdout] {line.rstrip()}")

    def _read_log(self) -> None:
        for line in _lines(self._stderr):
            self.log.append(line.rstrip())


def command_line(java: Java, jar: Path, options: Options) -> list[str]:
    """The command that starts the engine, as `docs/gateway.md` has it."""
    return [
        str(java.executable),
        *java.vector_arguments,
        "--enable-native-access=ALL-UNNAMED",
        "--add-opens=java.base/java.nio=ALL-UNNAMED",
        "--sun-misc-unsafe-memory-access=allow",
        # Little lies on the heap: the serial collector starts fastest and needs the least memory.
        "-XX:+UseSerialGC",
        # Blocks of a matrix (128 KB arrays) stay as long as a call: copying those of 80 MB from one
        # generation to another stopped a K-means of 0.9 s for 0.1 s, once a call.
        "-XX:PretenureSizeThreshold=64k",
        # A killed engine leaves nothing behind: no statistics file in the temporary directory, and
        # its crash report in the debug log instead of a file in the working directory.
        "-XX:-UsePerfData",
        "-XX:+ErrorFileToStderr",
        # The JVM's own warnings go to standard output by default, which is the protocol's.
        "-XX:+DisplayVMOutputToStderr",
        "-Xlog:disable",
        "-Xlog:all=warning:stderr",
        *archive_arguments(java, jar, options),
        f"-Dgio4j.parent={os.getpid()}",
        *_little_space(),
        *options.java_arguments(),
        "-cp",
        str(jar),
        _MAIN_CLASS,
    ]


def _little_space() -> list[str]:
    """For a limited address space (ulimit -v): the JVM reserves a GiB for 20 MB of classes."""
    return ["-XX:CompressedClassSpaceSize=64m"] if address_space_limit() is not None else []


def _working_folder() -> str | None:
    """None for this process's; the root where that has been deleted: no JVM starts there."""
    try:
        os.getcwd()
    except FileNotFoundError:
        return os.sep
    return None


def _surroundings() -> dict[str, str]:
    """The environment, with a locale in which Java reads all of its command line.

    In the C locale the JVM takes no file name but ASCII, and its own jar may lie under another.
    """
    names = ("LC_ALL", "LC_CTYPE", "LANG")
    chosen = next(filter(None, (os.environ.get(name) for name in names)), "C")
    if chosen not in ("C", "POSIX"):
        return dict(os.environ)
    return {**os.environ, "LC_ALL": "C.UTF-8"}


def _lines(end: PipeEnd) -> Iterator[str]:
    # Pipes give whatever has arrived; lines are put together here.
    pending = b""
    with suppress(OSError):  # closed by stop() or forget()
        while chunk := end.read():
            *whole, pending = (pending + chunk).split(b"\n")
            for line in whole:
                yield line.decode("utf-8", errors="replace") + "\n"
    if pending:
        yield pending.decode("utf-8", errors="replace")
