"""The one engine of this process: started at first use, called, ended with the process."""

from __future__ import annotations

import atexit
import json
import os
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from py4j.protocol import Py4JError

from gio4j._checks import brief
from gio4j._engine import vector_api
from gio4j._engine.facts import Facts, versions
from gio4j._engine.jar import find_jar
from gio4j._engine.java import Java, find_java
from gio4j._engine.options import Options, start_timeout_seconds
from gio4j._engine.process import END_SECONDS, EngineProcess
from gio4j._engine.start_archive import make_archive
from gio4j._engine.wire import Connection, ConnectionLost, ConnectionPool, OnSilence
from gio4j._shared import segments
from gio4j._shared.buffers import pool
from gio4j._shared.open_file import path_of
from gio4j._shared.threads import waiters
from gio4j._version import __version__
from gio4j.errors import (
    GatewayDied,
    GatewayError,
    GatewayRunningError,
    GioError,
    GioMemoryError,
    InvalidInputError,
    InvalidTypeError,
    VersionMismatch,
    warn,
)

PROTOCOL = 1
# A killed process is gone at once; one that closed the connection may still write its trace.
_DEATH_SECONDS = 0.5
#: No call but `collect` takes the engine more than the 0.1 s of a poll, however long a job is. So a
#: silence as long as the first means that the engine does not run: stopped, or swapped out. It is
#: reported in a warning, and the second ends the call.
WARNED_SECONDS = 5.0
GIVEN_UP_SECONDS = 15.0

_T = TypeVar("_T")
# A call of a method of the entry point.
Call = Callable[..., Any]


class Gateway:
    """A running engine whose version fits, and the way to call it."""

    def __init__(self, options: Options, is_unwanted: Callable[[], bool]) -> None:
        self.options = options
        self.ended_at_exit = False
        java, jar = find_java(options.java_home), find_jar()
        self._warning = None if options.simd == "scalar" else _lack_of(java)
        self.process = EngineProcess(java, jar, options, start_timeout_seconds(), is_unwanted)
        self._connections = ConnectionPool(int(self.process.ready["port"]), self.process.token)
        try:
            self._check_version(self.process.ready)
            self._check_version(
                self.call("handshake", json.dumps({"version": __version__, "protocol": PROTOCOL}))
            )
        except BaseException:
            self.stop()
            raise
        make_archive(java, jar, options)

    def call(self, method: str, *arguments: str | int) -> Any:
        """What a method of the entry point answers, or the error that its code stands for.

        Raises GatewayDied within a second of the engine's end, GatewayError when it does not run.
        """
        with self.line(self.say_silence) as call:
            return call(method, *arguments)

    @contextmanager
    def line(self, on_silence: OnSilence) -> Iterator[Call]:
        """A connection for calls one after another, each as in `call`.

        Once there is one, no other call can take away the descriptor that these need.
        """
        try:
            connection = self._connections.take(on_silence)
        except ConnectionLost as problem:
            raise self._death(problem) from None

        def call(method: str, *arguments: str | int, on_silence: OnSilence = on_silence) -> Any:
            return self._call(connection, method, arguments, on_silence)

        try:
            yield call
        finally:
            self._connections.give_back(connection)

    def _call(
        self,
        connection: Connection,
        method: str,
        arguments: tuple[str | int, ...],
        on_silence: OnSilence,
    ) -> Any:
        try:
            reply = json.loads(connection.call(method, arguments, on_silence))
        except ConnectionLost as problem:
            raise self._death(problem) from None
        except (Py4JError, ValueError) as problem:
            # Nothing is known of its jobs any more: better none than a wrong one.
            self.stop()
            raise GatewayError(
                f"{method}: the engine broke the protocol and was ended ({problem})"
            ) from problem
        if "error" in reply:
            raise self.error(reply["error"])
        return reply["ok"]

    def is_answering(self) -> bool:
        """Whether the engine runs, asked over another connection than one that is silent."""

        def give_up(seconds: float) -> bool:
            raise GatewayError(f"silent for {seconds:g} s")

        try:
            with self.line(give_up) as call:
                call("info")
        except GioError:
            return False
        return True

    def say_silence(self, seconds: float) -> bool:
        """Warn in the caller's thread that the engine does not run, and give up in the end."""
        pid = self.process.pid
        if seconds >= GIVEN_UP_SECONDS:
            raise GatewayError(
                f"The engine (process {pid}) has not answered for {seconds:g} s, so this call was "
                f"given up. If it is stopped, continue it (kill -CONT {pid}) and call again; "
                "otherwise gio4j.shutdown() ends it, and the next call starts another"
            )
        if seconds == WARNED_SECONDS:
            warn(
                f"The engine (process {pid}) has not answered for {seconds:g} s: it is stopped "
                f"(continue it with kill -CONT {pid}), or the machine is short of memory and swaps"
                f"; the call is given up after {GIVEN_UP_SECONDS:g} s"
            )
        return False

    def take_warning(self) -> str | None:
        """What the first caller is to be warned of: Java lacks what makes the engine fast."""
        warning, self._warning = self._warning, None
        return warning

    def error(self, error: dict[str, str]) -> GioError:
        """The exception for one of the engine's error objects."""
        code, message = error["code"], error["message"]
        if code in ("INVALID_ARGUMENT", "UNREADABLE_INPUT"):
            return InvalidInputError(message)
        if code == "OUT_OF_MEMORY":
            return GioMemoryError(
                f"{message} The engine's heap is {self.options.heap}; set GIO4J_HEAP, or call "
                "gio4j.shutdown() and gio4j.configure(heap='8g')"
            )
        if code == "VERSION_MISMATCH":
            return VersionMismatch(
                f"{message} Reinstall one version of gio4j: pip install --force-reinstall gio4j"
            )
        return GioError(f"{message} ({code}; see gio4j.debug_log())")

    def is_alive(self) -> bool:
        """Whether the process still runs."""
        return self.process.exit_code() is None

    def is_usable(self) -> bool:
        """Whether it runs, and will go on: without its standard input it ends."""
        return self.is_alive() and self.process.has_pipes()

    def stop(self) -> None:
        """End the engine; running jobs see GatewayDied.

        At once, since nothing in it needs saving and the JVM's own end takes 0.3 s (it waits that
        long for threads in native code). But flags of the user's own may want that end: a flight
        recording, a class archive.
        """
        self.process.stop(END_SECONDS if self.options.jvm_flags else 0.0)
        self._connections.close()

    def forget(self) -> None:
        """In a forked child: drop the parent's engine without a word to it."""
        self._connections.close()
        self.process.forget()

    def _check_version(self, facts: dict[str, Any]) -> None:
        theirs = (facts.get("version"), facts.get("protocol"))
        if theirs != (__version__, PROTOCOL):
            raise VersionMismatch(
                f"The Python package is gio4j {__version__} (protocol {PROTOCOL}), the jar "
                f"{theirs[0]} (protocol {theirs[1]}). Reinstall one version: "
                f"pip install --force-reinstall gio4j=={__version__}"
            )

    def _death(self, problem: ConnectionLost) -> GatewayDied:
        if self.ended_at_exit:
            # Only daemon threads still call: they go with the interpreter, and show no traceback.
            threading.Event().wait()
        code = self.process.exit_code(_DEATH_SECONDS)
        end = (
            "was ended by gio4j, since it did not answer"
            if code is None
            else f"ended with exit code {code}"
        )
        self.stop()
        return GatewayDied(
            f"The engine {end} ({problem}); the next call starts a new one. "
            f"Java {self.process.java.version} at {self.process.java.executable}.\n"
            f"{self.process.last_words()}"
        )


def _lack_of(java: Java) -> str | None:
    if java.vector_arguments:
        return None
    return (
        f"Java {java.version} at {java.executable} has no module {vector_api.MODULE}, so the "
        "engine computes without vector registers, 7 to 10 times slower; point GIO4J_JAVA_HOME "
        "at a JDK 25 that has it, or pass gio4j.configure(simd='scalar') if that is meant"
    )


_lock = threading.Lock()
# The threads that hold the lock or are about to.
_holders: set[int] = set()
_configured = Options()
_current: Gateway | None = None
_last_log: deque[str] = deque()


def gateway(is_unwanted: Callable[[], bool] = lambda: False) -> Gateway:
    """The running engine of this process, started if there is none or the last has ended.

    A start ends with `Cancelled` within 0.1 s once it `is_unwanted`. For threads of gio4j's own: a
    Ctrl-C in the middle of a start would lose the process.
    """
    running = _current
    if running is not None and running.is_usable():
        return running
    return _one_at_a_time(lambda: _started(is_unwanted))


def _started(is_unwanted: Callable[[], bool]) -> Gateway:
    global _current, _last_log
    ended = _current
    if ended is not None:
        if ended.is_usable():
            return ended
        ended.stop()
        _current = None
    segments.sweep()
    begun = Gateway(_configured.resolved(), is_unwanted)
    # One that a finalizer needed in the middle of this start goes before.
    first = _current
    if first is not None and first.is_usable():
        begun.stop()
        return first
    _current = begun
    _last_log = begun.process.log
    return begun


def _one_at_a_time(action: Callable[[], _T]) -> _T:
    """Start or end the engine when nobody else does.

    Except for one who waits for this very call: a finalizer that interrupts its start.
    """
    me = threading.get_ident()
    if waiters() & _holders:
        return action()
    try:
        _holders.add(me)
        with _lock:
            return action()
    finally:
        _holders.discard(me)


def configure(
    java_home: str | os.PathLike[str] | None = None,
    heap: str | None = None,
    threads: int | None = None,
    jvm_flags: Iterable[str] | None = None,
    simd: str | None = None,
) -> None:
    """Set how the engine is started; replaces all five options.

    Parameters
    ----------
    java_home : str or os.PathLike, default=None
        Folder of a JDK 25 or newer. None is GIO4J_JAVA_HOME, then the first found.
    heap : str, default=None
        Most memory for Java objects, such as "4g". None is GIO4J_HEAP, then a quarter of the
        memory, of the container's limit or of `ulimit -v`, at most 31g. Matrices lie outside the
        heap.
    threads : int, default=None
        Worker threads, at least 1. None is GIO4J_THREADS, then one per core.
    jvm_flags : iterable of str, default=None
        Further flags for `java`. None is GIO4J_JVM_FLAGS, split as a shell would.
    simd : {"auto", "scalar", "vector"}, default=None
        Which vector registers compute. None is GIO4J_SIMD, then "auto", the widest of the machine.

    Raises
    ------
    GatewayRunningError
        If the engine runs already. It is a RuntimeError.
    ValueError
        For a value that cannot be.

    Examples
    --------
    >>> gio4j.shutdown()
    >>> gio4j.configure(heap="1g", threads=2)
    >>> gio4j.divergence([[0.0], [1.0]], [[1.0]], 1).estimator, gio4j.info()["threads"]
    ('wang', 2)
    """
    if isinstance(jvm_flags, str):
        raise InvalidInputError(
            f"jvm_flags={brief(jvm_flags)}: needs a list of flags, such as "
            f"{brief(jvm_flags.split())}"
        )
    if jvm_flags is not None:
        is_list = isinstance(jvm_flags, Iterable) and not isinstance(jvm_flags, bytes)
        flags = tuple(jvm_flags) if is_list and getattr(jvm_flags, "shape", None) != () else None
        if flags is None or not all(isinstance(flag, str) for flag in flags):
            raise InvalidTypeError(
                f"jvm_flags={brief(jvm_flags)}: needs a list of texts, such as ['-Xlog:gc']"
            )
        jvm_flags = flags
    options = Options(
        None if java_home is None else str(path_of(java_home, "java_home")),
        heap,
        threads,
        None if jvm_flags is None else tuple(jvm_flags),
        simd,
    )
    _one_at_a_time(lambda: _configure(options))


def _configure(options: Options) -> None:
    global _configured
    if _current is not None and _current.is_alive():
        raise GatewayRunningError(
            "The engine runs already; call gio4j.shutdown() first, then gio4j.configure(...)"
        )
    _configured = options


def shutdown() -> None:
    """End the engine and hand back idle shared memory; the next call starts a new one.

    It is safe at any time and any number of times; calls under way in other threads raise
    GatewayDied.

    Examples
    --------
    >>> gio4j.shutdown()
    >>> gio4j.info()["running"]
    False
    """
    _one_at_a_time(_end)
    pool.trim()


def _end(at_exit: bool = False) -> None:
    global _current
    ended, _current = _current, None
    if ended is not None:
        ended.ended_at_exit = at_exit
        ended.stop()


def info() -> dict[str, Any]:
    """Give facts about the engine and the shared memory held; starts nothing.

    Returns
    -------
    dict
        It prints as a few lines, and has `running`, `version`, `python`, `numpy`, `pyarrow`,
        `buffers`, `buffer_bytes`, `idle_buffers` and `idle_buffer_bytes`; of a running engine
        `java_executable`, `java`, `simd`, `threads`, `max_heap_bytes`, `heap`, `pid` and what it
        reports about its jobs as well.

    Examples
    --------
    >>> facts = gio4j.info()
    >>> facts["version"] == gio4j.__version__
    True
    """
    running = _current
    engine = running if running is not None and running.is_usable() else None
    facts = Facts(running=engine is not None, version=__version__, **versions(), **pool.counts())
    if engine is not None:
        executable = engine.process.java.executable
        facts.update(
            java_executable=str(executable), heap=engine.options.heap, **engine.call("info")
        )
    return facts


def debug_log() -> str:
    """Give the last 2,000 lines that the engine wrote to standard error, Java traces too.

    Returns
    -------
    str
        The lines; empty before the first engine.

    Examples
    --------
    >>> isinstance(gio4j.debug_log(), str)
    True
    """
    return "\n".join(list(_last_log))


def _after_fork_in_child() -> None:
    global _lock, _current
    _lock = threading.Lock()
    _holders.clear()
    inherited, _current = _current, None
    if inherited is not None:
        inherited.forget()


atexit.register(lambda: _one_at_a_time(lambda: _end(at_exit=True)))
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork_in_child)
