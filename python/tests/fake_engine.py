"""Stands in for the engine: the READY line and Py4J's wire format of docs/gateway.md.

How it behaves is chosen by a flag, -Dfake.mode=...; what it was asked stands on its standard error.
"""

from __future__ import annotations

import json
import os
import runpy
import signal
import socket
import sys
import threading
from pathlib import Path
from typing import Any

MODE = next(
    (flag.split("=", 1)[1] for flag in sys.argv if flag.startswith("-Dfake.mode=")), "answers"
)
PACKAGE = Path(__file__).parents[1] / "src" / "gio4j"
CURRENT = runpy.run_path(str(PACKAGE / "_version.py"))["__version__"]
VERSION = "0.0.9" if MODE == "old" else CURRENT
SEARCHED = {
    "starting_kl": 1.5,
    "scale_factor": "Infinity",
    "clipped": 0.0,
    "just_reset": True,
    "resets": 1,
    "increases": 2,
    "stop_reason": "increase",
    "random": list(range(625)),
    "picked": 1,
}
PICKED = {
    "starting_objective": None,
    "stop_reason": "interrupted",
    "picked": 1,
    "facts": {},
    "timings": {"select": 0.5},
}
BLIND = {**PICKED, "stop_reason": "no_influence", "facts": {"scale": 1e-9}}
CRASH = "A fatal error has been detected by the Java Runtime Environment"
NEVER = threading.Event()


class Engine:
    """Answers the calls; a job of mode `runs` goes on until it is cancelled.

    In mode `picks` it goes on until it is told to finish, and then has one pick; in mode `deaf`
    only a cancel ends it. In mode `blind` it has one pick, after which the kernel sees nothing.
    """

    def __init__(self) -> None:
        self.jobs: dict[str, dict[str, Any]] = {}
        self.facts = {
            "pid": os.getpid(),
            "version": VERSION,
            "protocol": 1,
            "java": "25",
            "simd": "none",
            "threads": 1,
        }
        self.changed = threading.Condition()
        self.stream = b""

    def handshake(self, text: str) -> Any:
        return {"ok": self.facts}

    def submit(self, job: str, request: str) -> Any:
        if MODE == "dies":
            log("last words")
            os._exit(7)
        status = {
            "state": "DONE",
            "events": [["start", -1, 2.5]],
            "event_count": 1,
            "done": 1,
            "total": 1,
        }
        status |= {
            "objective": 2.5,
            "error": None,
            "result": {"value": 1.5, "clipped": 0.0, "bytes": 0},
        }
        if MODE in ("runs", "picks", "deaf"):
            status |= {"state": "RUNNING", "result": None}
        if MODE == "blind":
            self.stream = picked()
            status["result"] = {**BLIND, "bytes": len(self.stream)}
        if MODE in ("searches", "searches slowly"):
            log(request)
            self.stream = searched()
            status["result"] = {**SEARCHED, "bytes": len(self.stream)}
        if MODE.startswith("fails:"):
            status |= {
                "state": "FAILED",
                "error": {"code": MODE[6:], "message": "x: is wrong."},
                "result": None,
            }
        with self.changed:
            self.jobs[job] = status
        return {"ok": status}

    def poll(self, job: str, wait: int, seen: int) -> Any:
        with self.changed:
            self.changed.wait_for(lambda: self.jobs[job]["state"] != "RUNNING", wait / 1000)
            return {"ok": {**self.jobs[job], "events": self.jobs[job]["events"][seen:]}}

    def cancel(self, job: str) -> Any:
        with self.changed:
            self.jobs[job]["state"] = "CANCELLED"
            self.changed.notify_all()
            return {"ok": self.jobs[job]}

    def finish(self, job: str) -> Any:
        with self.changed:
            if MODE == "picks" and self.jobs[job]["state"] == "RUNNING":
                self.stream = picked()
                result = {**PICKED, "bytes": len(self.stream)}
                self.jobs[job] |= {"state": "DONE", "result": result}
                self.changed.notify_all()
            return {"ok": self.jobs[job]}

    def collect(self, job: str, path: str, offset: int) -> Any:
        if MODE == "searches slowly":
            NEVER.wait(2.5)
        with open(path, "r+b") as file:
            file.seek(offset)
            file.write(self.stream)
        return {"ok": {"bytes": len(self.stream)}}

    def release(self, job: str) -> Any:
        with self.changed:
            return {"ok": {"released": self.jobs.pop(job, None) is not None}}

    def info(self) -> Any:
        return {"ok": {**self.facts, "jobs": len(self.jobs)}}


def searched() -> bytes:
    """The arrays of a gradient search that began with one row and picked row 2 of its pool."""
    import pyarrow as pa

    return stream_of(
        {
            "indices": pa.array([[2]], pa.list_(pa.int32())),
            "kl": pa.array([[0.5]], pa.list_(pa.float64())),
            "removed": pa.array([[2, 0]], pa.list_(pa.int32())),
            "selected": pa.array([[[1, 2], [3, 4]]], pa.list_(pa.list_(pa.float32(), 2))),
            "point": pa.array([[0.25, 0.75]], pa.list_(pa.float64())),
        }
    )


def picked() -> bytes:
    """The arrays of a selection that picked row 2 of its pool."""
    import pyarrow as pa

    numbers = pa.list_(pa.float64())
    return stream_of(
        {
            "indices": pa.array([[2]], pa.list_(pa.int32())),
            "gains": pa.array([[0.5]], numbers),
            "trace": pa.array([[0.25]], numbers),
        }
    )


def stream_of(columns: dict[str, Any]) -> bytes:
    import pyarrow as pa

    batch = pa.RecordBatch.from_pydict(columns)
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, batch.schema) as writer:
        writer.write_batch(batch)
    return bytes(sink.getvalue())


def log(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def serve(connection: socket.socket, engine: Engine, token: str) -> None:
    lines = connection.makefile("r", encoding="utf-8", newline="\n")
    if [lines.readline(), lines.readline()] != ["A\n", f"{token}\n"]:
        connection.sendall(b"!x\n")
        connection.close()
        return
    connection.sendall(b"!yv\n")
    while lines.readline():
        lines.readline()  # the entry point
        method = lines.readline().strip()
        arguments: list[Any] = []
        while (part := lines.readline().rstrip("\n")) != "e":
            text = part[1:].replace("\\n", "\n").replace("\\\\", "\\")
            arguments.append(int(text) if part[0] == "i" else text)
        if method != "poll":
            log(f"call {method}")
        if MODE == "throws" and method != "handshake":
            connection.sendall(b"!xro0\n")
            continue
        answer = (
            "not JSON"
            if MODE == "babbles" and method != "handshake"
            else json.dumps(getattr(engine, method)(*arguments))
        )
        connection.sendall(
            b"!ys" + answer.replace("\\", "\\\\").replace("\n", "\\n").encode() + b"\n"
        )


def main() -> None:
    token = sys.stdin.readline().strip()
    if MODE == "silent":
        log("thinking")
        NEVER.wait()
    if MODE == "crashes":
        log("Error: something is missing")
        sys.exit(3)
    if MODE == "breaks":
        for line in ("before", "#", f"# {CRASH}:", "#", "#  SIGBUS (0x7)", *map(str, range(800))):
            log(line)
        sys.exit(134)
    if MODE == "chats":
        print("Welcome!", flush=True)
        NEVER.wait()
    if MODE == "stays":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    engine = Engine()
    server = socket.create_server(("127.0.0.1", 0))
    print(
        "READY "
        + json.dumps({**engine.facts, "port": server.getsockname()[1], "max_heap_bytes": 1}),
        flush=True,
    )
    log(f"arguments {sys.argv[1:]}")

    def accept() -> None:
        while True:
            threading.Thread(
                target=serve, args=(server.accept()[0], engine, token), daemon=True
            ).start()

    threading.Thread(target=accept, daemon=True).start()
    sys.stdin.read()
    if MODE == "stays":
        NEVER.wait()
    os._exit(0)


main()
