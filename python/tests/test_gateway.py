"""Start, calls, death and fork of the gateway, with a fake engine."""

from __future__ import annotations

import errno
import json
import logging
import os
import random
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import numpy as np
import pytest

import gio4j
from gio4j._engine import gateway, jobs
from gio4j._engine.jobs import Status, run_job
from gio4j._engine.process import EngineProcess
from gio4j._engine.wire import Connection, ConnectionLost, ConnectionPool
from gio4j._measure.averaged import averaged_divergence
from gio4j._shared import segments, threads
from gio4j._shared.buffers import pool
from gio4j.errors import (
    GatewayDied,
    GatewayError,
    GatewayStartError,
    GioError,
    GioMemoryError,
    GIOWarning,
    InvalidInputError,
    VersionMismatch,
)

Behave = Callable[[str], None]
REQUEST = {"kind": "divergence"}
ONES = np.ones((4, 2), np.float32)


def wait_until(condition: Callable[[], bool], seconds: float = 10) -> None:
    end = time.monotonic() + seconds
    pause = threading.Event()
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        pause.wait(0.01)


def test_starts_once_and_answers(engine: Behave) -> None:
    engine("answers")
    assert averaged_divergence(ONES, ONES, k=1) == 1.5
    first = gio4j.info()["pid"]
    assert averaged_divergence(ONES, ONES, k=1) == 1.5
    assert gio4j.info()["pid"] == first
    assert pool.counts()["buffers"] == 0


def test_threads_share_one_engine(engine: Behave) -> None:
    engine("answers")
    pids: list[int] = []
    threads = [
        threading.Thread(target=lambda: pids.append(gateway.gateway().process.pid))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(pids) == 4
    assert len(set(pids)) == 1


def test_flags_and_session(engine: Behave, monkeypatch: pytest.MonkeyPatch) -> None:
    engine("answers")
    monkeypatch.setenv("GIO4J_THREADS", "3")
    process = gateway.gateway().process
    wait_until(lambda: "arguments" in gio4j.debug_log())
    log = gio4j.debug_log()
    for flag in (
        "--add-modules",
        "-Xmx",
        "-Dgio4j.threads=3",
        f"-Dgio4j.parent={os.getpid()}",
        "GatewayMain",
    ):
        assert flag in log
    assert os.getsid(process.pid) == process.pid
    assert process.token not in log


def test_token_stays_out_of_the_debug_log(engine: Behave, caplog: pytest.LogCaptureFixture) -> None:
    engine("answers")
    with caplog.at_level(logging.DEBUG):
        token = gateway.gateway().process.token
    assert token not in caplog.text


def test_wrong_token(engine: Behave) -> None:
    engine("answers")
    port = int(gateway.gateway().process.ready["port"])
    with pytest.raises(ConnectionLost):
        Connection(port, "x" * 43, lambda seconds: False)
    assert gio4j.info()["running"]


@contextmanager
def listening(*conversations: tuple[bytes, ...]) -> Iterator[tuple[ConnectionPool, list[bytes]]]:
    """A client whose connections get these answers and end, one conversation each; what it said."""
    server = socket.create_server(("127.0.0.1", 0))
    heard: list[bytes] = []

    def serve() -> None:
        for answers in conversations:
            connection, _ = server.accept()
            with connection:
                for answer in answers:
                    heard.append(connection.recv(1 << 16))
                    connection.sendall(answer)

    thread = threading.Thread(target=serve)
    thread.start()
    client = ConnectionPool(server.getsockname()[1], "secret")
    with server:
        yield client, heard
        thread.join()
    client.close()


def asked(client: ConnectionPool, method: str) -> str:
    """What the other side says to a call over a connection of the pool."""
    connection = client.take(lambda seconds: False)
    try:
        return connection.call(method, (), lambda seconds: False)
    finally:
        client.give_back(connection)


def test_a_connection_closed_before_the_token_is_answered_is_tried_again() -> None:
    with listening((b"",), (b"",), (b"!yv\n", b"!ysfine\n")) as (client, heard):
        assert asked(client, "info") == "fine"
    assert heard == [b"A\nsecret\n"] * 3 + [b"c\nt\ninfo\ne\n"]


def test_a_refused_token_and_a_call_are_not_tried_again() -> None:
    with listening((b"!xsno\n",), (b"!yv\n", b"")) as (client, heard):
        with pytest.raises(ConnectionLost, match="refused the token"):
            asked(client, "info")
        assert heard == [b"A\nsecret\n"]
        with pytest.raises(ConnectionLost, match="closed"):
            asked(client, "info")
    assert heard == [b"A\nsecret\n"] * 2 + [b"c\nt\ninfo\ne\n"]


def test_without_an_engine_there_is_no_second_attempt() -> None:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    began = time.monotonic()
    with pytest.raises(ConnectionLost, match="refused"):
        asked(ConnectionPool(port, "secret"), "info")
    assert time.monotonic() - began < 1


@pytest.mark.parametrize(
    ("mode", "words"),
    [
        ("crashes", ["exit code 3", "Error: something is missing", "25.0.3", "bin/java"]),
        ("breaks", ["exit code 134", "A fatal error", "SIGBUS"]),
        ("chats", ["'Welcome!' instead of READY"]),
        ("silent", ["nothing within 0.5 s", "GIO4J_START_TIMEOUT", "thinking"]),
    ],
)
def test_start_failure_says_why(
    engine: Behave, monkeypatch: pytest.MonkeyPatch, mode: str, words: list[str]
) -> None:
    engine(mode)
    if mode == "silent":
        monkeypatch.setenv("GIO4J_START_TIMEOUT", "0.5")
    with pytest.raises(GatewayStartError) as caught:
        averaged_divergence(ONES, ONES, k=1)
    for word in words:
        assert word in str(caught.value)
    assert not gio4j.info()["running"]
    assert pool.counts()["buffers"] == 0


def test_missing_jar(engine: Behave, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIO4J_JAR", "nowhere.jar")
    with pytest.raises(GatewayStartError, match=r"nowhere\.jar.*mvn package"):
        gateway.gateway()


def test_other_version(engine: Behave) -> None:
    engine("old")
    with pytest.raises(VersionMismatch, match=r"gio4j 0\.1\.0 .* jar 0\.0\.9 .*pip install"):
        gateway.gateway()
    assert not gio4j.info()["running"]


def test_death_in_a_call_and_a_new_start(engine: Behave) -> None:
    engine("dies")
    gateway.gateway()
    start = time.monotonic()
    with pytest.raises(GatewayDied) as caught:
        averaged_divergence(ONES, ONES, k=1)
    assert time.monotonic() - start < 1
    assert "exit code 7" in str(caught.value)
    assert "last words" in str(caught.value)
    assert pool.counts()["buffers"] == 0
    engine("answers")
    assert averaged_divergence(ONES, ONES, k=1) == 1.5


def test_killed_between_calls(engine: Behave) -> None:
    engine("answers")
    process = gateway.gateway().process
    os.kill(process.pid, signal.SIGKILL)
    wait_until(lambda: process.exit_code() is not None)
    assert averaged_divergence(ONES, ONES, k=1) == 1.5


@pytest.mark.parametrize("mode", ["babbles", "throws"])
def test_broken_protocol(engine: Behave, mode: str) -> None:
    engine(mode)
    with pytest.raises(GatewayError, match="broke the protocol"):
        averaged_divergence(ONES, ONES, k=1)
    assert not gio4j.info()["running"]


@pytest.mark.parametrize(
    ("code", "kind", "words"),
    [
        ("INVALID_ARGUMENT", InvalidInputError, "x: is wrong"),
        ("UNREADABLE_INPUT", InvalidInputError, "x: is wrong"),
        ("OUT_OF_MEMORY", GioMemoryError, "GIO4J_HEAP"),
        ("VERSION_MISMATCH", VersionMismatch, "pip install"),
        ("INTERNAL", GioError, r"INTERNAL; see gio4j\.debug_log"),
    ],
)
def test_error_codes(engine: Behave, code: str, kind: type[Exception], words: str) -> None:
    engine(f"fails:{code}")
    with pytest.raises(kind, match=words):
        averaged_divergence(ONES, ONES, k=1)
    assert gio4j.info()["jobs"] == 0
    assert pool.counts()["buffers"] == 0


def test_error_classes_are_builtins() -> None:
    assert issubclass(InvalidInputError, ValueError)
    assert issubclass(GioMemoryError, MemoryError)


def test_interrupt_cancels_and_the_next_call_works(engine: Behave) -> None:
    engine("runs")
    gateway.gateway()

    def interrupt() -> None:
        wait_until(lambda: "call submit" in gio4j.debug_log())
        os.kill(os.getpid(), signal.SIGINT)

    helper = threading.Thread(target=interrupt)
    helper.start()
    with pytest.raises(KeyboardInterrupt):
        averaged_divergence(ONES, ONES, k=1)
    helper.join()
    wait_until(lambda: "call release" in gio4j.debug_log())
    assert "call cancel" in gio4j.debug_log()
    assert gio4j.info()["jobs"] == 0
    wait_until(lambda: pool.counts()["buffers"] == 0)


def when_asked(word: str, action: Callable[[], object]) -> threading.Thread:
    """Do something as soon as the engine has been asked for something."""

    def watch() -> None:
        wait_until(lambda: f"call {word}" in gio4j.debug_log())
        action()

    helper = threading.Thread(target=watch)
    helper.start()
    return helper


def test_an_interrupt_may_keep_what_there_is(engine: Behave) -> None:
    engine("picks")
    gateway.gateway()
    helper = when_asked("submit", lambda: os.kill(os.getpid(), signal.SIGINT))
    found = gio4j.select(ONES, ONES, 2, on_interrupt="return")
    helper.join()
    assert (found.indices.tolist(), found.stop_reason) == ([2], "interrupted")
    assert "call cancel" not in gio4j.debug_log()
    wait_until(lambda: "call release" in gio4j.debug_log())


@pytest.mark.parametrize("before", [True, False])
def test_an_interrupt_in_the_start_of_a_job_may_keep_what_there_is(
    engine: Behave, before: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before its thread is there, or after that and before the call goes on."""
    engine("picks")
    start, starts = threads.start, []

    def interrupted(work: Callable[[], None], name: str) -> threading.Thread:
        if name != "gio4j-job" or starts.append(name) or len(starts) > 1:
            return start(work, name)
        if not before:
            start(work, name)
        raise KeyboardInterrupt

    monkeypatch.setattr(threads, "start", interrupted)
    found = gio4j.select(ONES, ONES, 2, on_interrupt="return")
    assert (found.indices.tolist(), found.stop_reason) == ([2], "interrupted")
    assert gio4j.debug_log().count("call submit") == 1


def test_a_kernel_that_sees_nothing_is_told(engine: Behave) -> None:
    engine("blind")
    words = r"after 1 picks kernel='\w+' with scale=1e-09 gives every row .*; pass scale=None, a"
    with pytest.warns(GIOWarning, match=words):
        found = gio4j.select(ONES, ONES, 2)
    assert (found.indices.tolist(), found.stop_reason) == ([2], "no_influence")


def test_a_second_interrupt_cancels(engine: Behave) -> None:
    engine("deaf")
    gateway.gateway()
    helpers = [
        when_asked(word, lambda: os.kill(os.getpid(), signal.SIGINT))
        for word in ("submit", "finish")
    ]
    with pytest.raises(KeyboardInterrupt):
        gio4j.select(ONES, ONES, 2, on_interrupt="return")
    for helper in helpers:
        helper.join()
    wait_until(lambda: "call release" in gio4j.debug_log())
    assert "call cancel" in gio4j.debug_log()


def test_an_interrupt_raises_unless_asked_otherwise(engine: Behave) -> None:
    engine("picks")
    gateway.gateway()
    helper = when_asked("submit", lambda: os.kill(os.getpid(), signal.SIGINT))
    with pytest.raises(KeyboardInterrupt):
        gio4j.select(ONES, ONES, 2)
    helper.join()
    wait_until(lambda: "call release" in gio4j.debug_log())
    assert "call finish" not in gio4j.debug_log()


def test_a_listener_that_raises_cancels(engine: Behave) -> None:
    engine("runs")

    def listener(status: Status) -> None:
        raise BrokenPipeError(status["state"])

    with pytest.raises(BrokenPipeError, match="RUNNING"):
        run_job(REQUEST, ExitStack(), listener)
    wait_until(lambda: gio4j.info()["jobs"] == 0)


def test_listener_hears_every_event_once(engine: Behave) -> None:
    engine("answers")
    events: list[object] = []
    run_job(REQUEST, ExitStack(), lambda status: events.extend(status["events"]))
    assert events == [["start", -1, 2.5]]


def test_news_is_told_however_late_anybody_listens(
    engine: Behave, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine("answers")
    start, work = jobs._Job.start, jobs._Job._work
    done = threading.Event()

    def work_and_tell(job: jobs._Job) -> None:
        work(job)
        done.set()

    def start_and_wait(job: jobs._Job) -> None:
        start(job)
        assert done.wait(10)

    monkeypatch.setattr(jobs._Job, "_work", work_and_tell)
    monkeypatch.setattr(jobs._Job, "start", start_and_wait)
    events: list[object] = []
    run_job(REQUEST, ExitStack(), lambda status: events.extend(status["events"]))
    assert events == [["start", -1, 2.5]]


def test_gradient_search(engine: Behave) -> None:
    engine("searches")
    found = gio4j.gradient_search(
        ONES, ONES, ONES[:1], k=1, max_picks=8, stop="min_divergence", seed=4, progress=True
    )
    assert found.indices.tolist() == [2]
    assert found.divergences.tolist() == [0.5]
    assert found.removed.tolist() == [2, 0]
    assert found.selected.tolist() == [[1, 2], [3, 4]]
    assert found.point.tolist() == [0.25, 0.75]
    assert (found.starting_divergence, found.scale_factor) == (1.5, float("inf"))
    assert (found.just_reset, found.resets, found.increases) == (True, 1, 2)
    assert (found.stop_reason, found.random_state) == ("increase", tuple(range(625)))
    wait_until(lambda: '"gradient_search"' in gio4j.debug_log())
    (line,) = (line for line in gio4j.debug_log().splitlines() if '"gradient_search"' in line)
    request = json.loads(line)
    assert request["options"] == {
        "gradient": {
            "k": 1,
            "eps": 1e-8,
            "steps": 50,
            "learning_rate": 0.01,
            "scale_factor": None,
            "start_vector": "mean",
        },
        "stop": {
            "criterion": "min_kl",
            "min_difference": 0.0,
            "min_kl": 0.0,
            "max_data_size": 1.0,
            "max_sequential_increases": 3,
            "resets_allowed": False,
            "max_resets": 2,
        },
        "max_iterations": 7,
        "random_restart_probability": 0.0,
        "discard_nearest": False,
        "unit": "typical",
    }
    assert request["random"] == list(random.Random(4).getstate()[1])
    assert [request[word]["name"] for word in ("pool", "target", "start")] == [
        "pool",
        "target",
        "start",
    ]
    del found
    assert pool.counts()["buffers"] == 0


def test_results_beyond_the_limit_are_copied(
    engine: Behave, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "_LIVE_BUFFERS", 0)
    engine("searches")
    found = gio4j.gradient_search(ONES, ONES, ONES[:1], k=1)
    assert found.selected.tolist() == [[1, 2], [3, 4]]
    assert pool.counts()["buffers"] == 0


def test_small_results_are_copied(engine: Behave) -> None:
    engine("searches")
    found = gio4j.gradient_search(ONES, ONES, ONES[:1], k=1)
    assert pool.counts()["buffers"] == 0
    assert found.selected.tolist() == [[1, 2], [3, 4]]


def test_no_thread_to_be_had(engine: Behave, monkeypatch: pytest.MonkeyPatch) -> None:
    engine("answers")

    def refuse(thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", refuse)
        with pytest.raises(GioMemoryError, match=r"no further thread .*ulimit -u"):
            averaged_divergence(ONES, ONES, k=1)
    assert pool.counts()["buffers"] == 0
    assert averaged_divergence(ONES, ONES, k=1) == 1.5


def test_no_process_to_be_had(engine: Behave, monkeypatch: pytest.MonkeyPatch) -> None:
    engine("answers")

    def refuse(*_: object, **__: object) -> None:
        raise BlockingIOError(errno.EAGAIN, "Resource temporarily unavailable")

    with monkeypatch.context() as patch:
        patch.setattr(subprocess, "Popen", refuse)
        with pytest.raises(GatewayStartError, match=r"could not be started .*ulimit -u"):
            averaged_divergence(ONES, ONES, k=1)
    assert averaged_divergence(ONES, ONES, k=1) == 1.5


def be_impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """From now on a second of silence is reported, and two are enough."""
    for module in (gateway, jobs):
        monkeypatch.setattr(module, "WARNED_SECONDS", 1.0)
    monkeypatch.setattr(gateway, "GIVEN_UP_SECONDS", 2.0)


@pytest.mark.slow
def test_a_stopped_engine_is_given_up_and_none_the_worse(
    engine: Behave, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine("runs")
    process = gateway.gateway().process
    be_impatient(monkeypatch)
    os.kill(process.pid, signal.SIGSTOP)
    with (
        pytest.warns(GIOWarning, match=rf"process {process.pid}.* 1 s: it is stopped"),
        pytest.raises(GatewayError, match=rf"for 2 s.*kill -CONT {process.pid}"),
    ):
        averaged_divergence(ONES, ONES, k=1)
    assert pool.counts()["buffers"] == 2, "the engine may still look at them"
    with (
        pytest.warns(GIOWarning, match="stopped") as warned,
        pytest.raises(GatewayError, match=r"gio4j\.shutdown"),
    ):
        gio4j.info()
    assert warned[0].filename == __file__
    os.kill(process.pid, signal.SIGCONT)
    wait_until(lambda: pool.counts()["buffers"] == 0)
    wait_until(lambda: gio4j.info()["jobs"] == 0)
    assert gio4j.info()["pid"] == process.pid


@pytest.mark.slow
def test_a_result_may_take_its_time(engine: Behave, monkeypatch: pytest.MonkeyPatch) -> None:
    engine("searches slowly")
    gio4j.gradient_search(ONES, ONES, ONES[:1], k=1)  # the fake engine imports pyarrow
    be_impatient(monkeypatch)
    found = gio4j.gradient_search(ONES, ONES, ONES[:1], k=1)
    assert found.selected.tolist() == [[1, 2], [3, 4]]


@pytest.mark.slow
def test_an_interrupt_in_the_start_leaves_no_engine(engine: Behave) -> None:
    engine("silent")

    def processes() -> list[str]:
        # Those of all threads, zombies too.
        found = []
        for path in Path(f"/proc/{os.getpid()}/task").glob("*/children"):
            with suppress(FileNotFoundError, ProcessLookupError):  # a thread that has just ended
                found += path.read_text().split()
        return found

    before = processes()

    def interrupt() -> None:
        wait_until(lambda: len(processes()) > len(before))
        os.kill(os.getpid(), signal.SIGINT)

    helper = threading.Thread(target=interrupt)
    helper.start()
    with pytest.raises(KeyboardInterrupt):
        averaged_divergence(ONES, ONES, k=1)
    helper.join()
    wait_until(lambda: processes() == before)
    assert not gio4j.info()["running"]
    engine("answers")
    assert averaged_divergence(ONES, ONES, k=1) == 1.5


def test_a_finalizer_in_the_start_has_an_engine(
    engine: Behave, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The collector runs in any thread, those too that the start waits for."""
    engine("answers")
    answers: list[float] = []

    class Dying:
        def __del__(self) -> None:
            answers.append(averaged_divergence(ONES, ONES, k=1))

    ready, sweep, dying = EngineProcess._read_output, segments.sweep, [Dying(), Dying()]

    def read(process: EngineProcess) -> None:
        if len(dying) == 1:
            dying.pop()
        ready(process)

    def swept() -> None:
        if len(dying) == 2:
            dying.pop()
        sweep()

    monkeypatch.setattr(EngineProcess, "_read_output", read)
    monkeypatch.setattr(segments, "sweep", swept)
    assert averaged_divergence(ONES, ONES, k=1) == 1.5
    wait_until(lambda: answers == [1.5, 1.5])
    pid = gio4j.info()["pid"]
    assert averaged_divergence(ONES, ONES, k=1) == 1.5
    assert gio4j.info()["pid"] == pid


def test_shutdown_in_a_call(engine: Behave) -> None:
    engine("runs")
    gateway.gateway()

    def end() -> None:
        wait_until(lambda: "call submit" in gio4j.debug_log())
        gio4j.shutdown()

    helper = threading.Thread(target=end)
    helper.start()
    with pytest.raises(GatewayDied):
        averaged_divergence(ONES, ONES, k=1)
    helper.join()


def test_shutdown_kills_what_stays(engine: Behave, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gateway, "END_SECONDS", 0.2)
    engine("stays")
    process = gateway.gateway().process
    gio4j.shutdown()
    assert process.exit_code() == -signal.SIGKILL
    gio4j.shutdown()


def test_configure_while_running(engine: Behave) -> None:
    engine("answers")
    gateway.gateway()
    with pytest.raises(RuntimeError, match=r"gio4j\.shutdown\(\) first"):
        gio4j.configure(heap="1g")
    gio4j.shutdown()
    gio4j.configure(heap="1g")


def test_info_starts_nothing() -> None:
    facts = gio4j.info()
    assert facts["running"] is False
    assert facts["version"] == gio4j.__version__
    assert {"buffers", "buffer_bytes", "idle_buffers", "idle_buffer_bytes"} <= facts.keys()


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_a_forked_child_gets_its_own(engine: Behave, tmp_path: Path) -> None:
    engine("answers")
    mine = gateway.gateway()
    shared = gio4j.empty((2, 2))
    shared[:] = 7
    pipes = [
        mine.process._stdin,
        mine.process._stdout,
        mine.process._stderr,
    ]
    told = tmp_path / "told"
    child = os.fork()
    if child == 0:
        try:
            assert not any(pipe.is_open for pipe in pipes)
            assert gateway._current is None
            assert pool.counts()["idle_buffers"] == 0
            assert averaged_divergence(ONES, ONES, k=1) == 1.5
            assert (shared == 7).all()
            told.write_text(str(gateway.gateway().process.pid))
            gio4j.shutdown()
            os._exit(0)
        finally:
            os._exit(1)
    assert os.waitpid(child, 0)[1] == 0
    assert int(told.read_text()) != mine.process.pid
    assert averaged_divergence(ONES, ONES, k=1) == 1.5
    assert gio4j.info()["pid"] == mine.process.pid
    # The child may still look at it, so it is not used again.
    del shared
    assert pool.counts()["buffers"] == 0
    address = gio4j.empty((2, 2)).ctypes.data
    assert address is not None


def test_info_prints_what_people_look_for(engine: Behave) -> None:
    engine("answers")
    lines = str(gio4j.info()).splitlines()
    assert lines[0].startswith(f"gio4j    {gio4j.__version__} on Python 3.")
    assert lines[1] == "engine   not running; the first call starts it"
    held = gio4j.empty((4, 2))
    averaged_divergence(ONES, ONES, k=1)
    shown = repr(gio4j.info())
    for words in (
        "engine   process ",
        "Java     25 (",
        "simd     none, 1 threads",
        "1 held, 0.1 MiB",
    ):
        assert words in shown
    assert json.loads(json.dumps(gio4j.info()))["buffers"] == 1
    del held
