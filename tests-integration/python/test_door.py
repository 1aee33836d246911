"""What others on the machine can do to the engine, and what a client with the token can reach.

Linux: /proc and limits of another process.
"""

from __future__ import annotations

import json
import os
import resource
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import pytest
from harness import Child, endless_search, sample
from py4j import protocol
from py4j.clientserver import ClientServer, JavaParameters, PythonParameters
from py4j.java_gateway import GatewayParameters, JavaGateway

import gio4j
from gio4j._engine import gateway
from gio4j._engine.wire import Connection, ConnectionPool
from gio4j._measure.averaged import averaged_divergence
from gio4j.errors import GatewayDied, GioMemoryError

#: The kernel drops connections of a burst and repeats them after one second.
SOON_SECONDS = 5.0
#: 64 that wait and 32 just accepted, those closed in this round, and the owner's.
MOST_DESCRIPTORS = 150
MEGABYTE = 1 << 20

IDLE = """
import json, resource, socket, sys
most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
print(json.dumps("begins"), flush=True)
held = []
for _ in range(min(10_000, most - 100)):
    stranger = socket.socket()
    stranger.setblocking(False)
    stranger.connect_ex(("127.0.0.1", PORT))
    held.append(stranger)
print(json.dumps(len(held)), flush=True)
sys.stdin.readline()
"""
ENDLESS = """
import json, socket
print(json.dumps("begins"), flush=True)
while True:
    try:
        with socket.create_connection(("127.0.0.1", PORT)) as stranger:
            while True:
                stranger.sendall(b"A" * 65536)
    except OSError:
        pass
"""


def value() -> float:
    rows = sample()
    return averaged_divergence(rows, rows[:30] + 1)


def engine() -> tuple[int, str]:
    """The port and the token of the running engine."""
    process = gateway.gateway().process
    return int(process.ready["port"]), process.token


def descriptors() -> int:
    return len(os.listdir(f"/proc/{gio4j.info()['pid']}/fd"))


def resident_bytes() -> int:
    pages = int(Path(f"/proc/{gio4j.info()['pid']}/statm").read_text().split()[1])
    return pages * resource.getpagesize()


def wait(seconds: float) -> bool:
    """How long connections and calls wait for an answer."""
    if seconds >= SOON_SECONDS:
        raise TimeoutError("timed out")
    return False


def new_connection_works() -> None:
    connections = ConnectionPool(*engine())
    connection = connections.take(wait)
    assert '"ok"' in connection.call("info", (), wait)
    connection.close()


def test_idle_connections_of_a_stranger(own_engine: None, tmp_path: Path) -> None:
    expected, before = value(), descriptors()
    with Child(IDLE.replace("PORT", str(engine()[0])), tmp_path) as stranger:
        assert stranger.hear() == "begins"
        most = 0
        for _ in range(20):
            began = time.monotonic()
            assert value() == expected
            new_connection_works()
            assert time.monotonic() - began < SOON_SECONDS
            most = max(most, descriptors())
        assert stranger.hear() > 900
        new_connection_works()
        assert before < most < before + MOST_DESCRIPTORS
        assert stranger.end() == 0
    assert value() == expected


def test_lines_without_end_of_a_stranger(own_engine: None, tmp_path: Path) -> None:
    expected = value()
    before = resident_bytes()
    with ExitStack() as strangers:
        for _ in range(3):
            script = ENDLESS.replace("PORT", str(engine()[0]))
            assert strangers.enter_context(Child(script, tmp_path)).hear() == "begins"
        for _ in range(50):
            began = time.monotonic()
            new_connection_works()
            assert time.monotonic() - began < SOON_SECONDS
        assert descriptors() < MOST_DESCRIPTORS
        assert resident_bytes() < before + 100 * MEGABYTE
        assert value() == expected


def test_an_engine_without_descriptors_lives_and_listens_again(own_engine: None) -> None:
    expected = value()
    pid = gio4j.info()["pid"]
    port, token = engine()
    _, most = resource.prlimit(pid, resource.RLIMIT_NOFILE)
    used = max(map(int, os.listdir(f"/proc/{pid}/fd"))) + 1
    connection = Connection(port, token, wait)
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (used, most))
    # Twice as long as it takes to believe that the parent is gone.
    end = time.monotonic() + 5
    with pytest.raises(OSError, match="timed out"):
        Connection(port, token, wait)
    while time.monotonic() < end:
        assert '"ok"' in connection.call("info", (), wait)
        threading.Event().wait(0.1)
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (most, most))
    new_connection_works()
    assert value() == expected
    assert gio4j.info()["pid"] == pid
    connection.close()


def java_gateway(port: int, token: str) -> JavaGateway:
    return JavaGateway(gateway_parameters=GatewayParameters(port=port, auth_token=token))


def client_server(port: int, token: str) -> ClientServer:
    # Its own server is for calls from Java, of which there are none.
    python = PythonParameters(port=0, daemonize=True, daemonize_connections=True)
    java = JavaParameters(port=port, auth_token=token, daemonize_memory_management=True)
    return ClientServer(java_parameters=java, python_parameters=python)


CLIENTS = pytest.mark.parametrize("connect", [java_gateway, client_server])


@CLIENTS
def test_a_stock_client_reaches_the_entry_point_alone(
    connect: Callable[[int, str], JavaGateway],
) -> None:
    value()
    stock = connect(*engine())
    try:
        facts = json.loads(stock.entry_point.info())["ok"]
        assert facts["pid"] == gio4j.info()["pid"]
        for attempt in (
            lambda: stock.jvm.java.lang.Runtime.getRuntime(),
            lambda: stock.jvm.System.exit(3),
            lambda: stock.new_jvm_view("mine"),
            lambda: stock.entry_point.getClass(),
            lambda: stock.entry_point.info("more"),
            lambda: stock.entry_point.poll(stock.entry_point, 0, 0),
            lambda: stock.java_gateway_server.shutdown(),
            lambda: dir(stock.entry_point),
        ):
            with pytest.raises(protocol.Py4JError, match="only the entry point's methods can"):
                attempt()
            assert json.loads(stock.entry_point.info()) is not None
    finally:
        stock.close()
        stock.shutdown_callback_server()
    assert gio4j.info()["pid"] == facts["pid"]


@CLIENTS
def test_shutdown_is_answered_before_the_end(
    own_engine: None, connect: Callable[[int, str], JavaGateway]
) -> None:
    for _ in range(3):
        process = gateway.gateway().process
        stock = connect(*engine())
        try:
            assert json.loads(stock.entry_point.shutdown()) == {"ok": {}}
            assert process.exit_code(10) == 0
        finally:
            stock.close()
            stock.shutdown_callback_server()


def test_a_request_too_large_fails_alone(own_engine: None) -> None:
    gio4j.configure(heap="64m")
    expected = value()
    jobs: list[BaseException] = []

    def job() -> None:
        try:
            endless_search()
        except GatewayDied as ended:
            jobs.append(ended)

    thread = threading.Thread(target=job)
    thread.start()
    running = gateway.gateway()
    with pytest.raises(GioMemoryError, match=r"the request has 50000\d\d bytes; must be at most"):
        running.call("submit", "big", "x" * 5_000_000)
    assert value() == expected
    assert thread.is_alive()
    gio4j.shutdown()
    thread.join()
    assert len(jobs) == 1


def test_requests_that_fill_the_heap_fail_and_the_engine_lives(own_engine: None) -> None:
    gio4j.configure(heap="64m")
    expected, pid = value(), gio4j.info()["pid"]
    size, count = 3_500_000, 40
    codes = []
    connections = [Connection(*engine(), wait) for _ in range(count)]
    for connection in connections:
        connection._socket.setblocking(True)
        connection._socket.sendall(b"c\nt\nsubmit\nsbig\ns" + b"x" * size)
    for connection in connections:
        connection._socket.sendall(b"\ne\n")
        answer = connection._socket.makefile("rb").readline()
        codes.append(json.loads(protocol.unescape_new_line(answer[3:].decode()))["error"]["code"])
    # With some gone the last of them may fit, and are no JSON.
    assert set(codes) <= {"OUT_OF_MEMORY", "INVALID_REQUEST"}
    assert "OUT_OF_MEMORY" in codes
    for connection in connections:
        answer = connection.call("info", (), wait)
        assert json.loads(answer)["ok"]["pid"] == pid
        connection.close()
    assert value() == expected
    assert gio4j.info()["pid"] == pid
