"""Requests to the gateway with fields changed, from the corpus of the Java fuzz tests."""

from __future__ import annotations

import copy
import json
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from random import Random
from typing import Any

import numpy as np

from gio4j._engine.gateway import Gateway, gateway
from gio4j._rows.inputs import share
from gio4j._shared.buffers import pool as buffers
from gio4j.errors import GioError

from .mutations import mutated
from .records import Plan, Records
from .witness import Witness

CORPUS = Path(__file__).parents[2] / "src/test/resources/requests"
_ROWS = {"x": 30, "y": 20, "pool": 40, "target": 15, "start": 5, "data": 50}
_COLUMNS = 4
_ENDED = ("DONE", "FAILED", "CANCELLED")
#: How long a deformed request may run before it is cancelled: some ask for 2^31 steps.
_RUN_SECONDS = 2.0
_CANCEL_SECONDS = 20.0

_ODD: list[Any] = [
    *(None, True, False, 0, -1, 1, 2, 3, 7, 2**31 - 1, -(2**31), 2**31, 2**63 - 1, -(2**63)),
    *(2**63, 10**30, 0.0, -0.0, 0.5, -0.5, 1e-320, 1e308, 1.5),
    *("", "x", "NaN", "Infinity", "-Infinity", "nan", "1", "\0", "\ud800", "é" * 50, "a" * 100_000),
    *([], {}, [1], {"kind": "raw"}, [[]], [0] * 625, [2**32 - 1] * 625, [-1] * 625),
]
_PATHS = [
    *("/dev/zero", "/dev/random", "/dev/full", "/dev/null", "/dev/stdin", "/dev/tty", "/dev/ptmx"),
    *("/proc/self/mem", "/proc/self/maps", "/proc/self/environ", "/proc/kcore", "/proc/1/mem"),
    *("/proc/self/fd/0", "/proc/self/fd/1", "/proc/self/fd/2", "/proc/self/exe", "/etc/passwd"),
    *("/", "/tmp", "", ".", "relative", "\0", "/dev/shm", "x" * 5000, "/" + "a/" * 3000),
    *("é\ud800", "file:///etc/passwd", "/proc/self/root/etc/hosts"),
]
_SIZES = [-1, 0, 1, 2, 5, 16, 17, 4096, 10**6, 2**30, 2**31 - 1, -(2**31), 2**31, 2**40, 2**62]
_SIZE_FIELDS = {
    *("offset", "rows", "columns", "bytes", "k", "clusters", "budget", "steps", "fields"),
    *("length", "column", "seed", "max_iterations"),
}
_NUMBERS = ["1e999", "NaN", "-Infinity", "1e-999", "0x10", "1e99999999999", "5.5"]


def deformed_requests(plan: Plan, records: Records) -> None:
    """A request of each kind in turn, deformed; good ones between have the bits they had before."""
    witness = Witness()
    engine = gateway()
    with ExitStack() as leases:
        requests = _good_requests(leases)
        sink = leases.enter_context(buffers.lease(1 << 20, "results"))
        names = sorted(requests)
        answers = {name: _answer(engine, requests[name], sink) for name in names}
        for number in plan.numbers():
            if records.is_time_up():
                return
            random = Random(plan.seed * 7_000_003 + number)
            name = names[number % len(names)]
            text, how = _deformed(requests[name], random)
            job = random.choice(["j", "j" * 300, "é\n\t", "../../x", "b" * 100_000, "", " "])
            case = f"{name}, {how}, seed {plan.seed}, {number}"
            records.begin(number, case)
            lost, what = _outcome(engine, f"{job}{number}", text)
            lost = lost or witness.complaint()
            if (
                not lost
                and number % 7 == 0
                and _answer(engine, requests[name], sink) != answers[name]
            ):
                lost = "the good request has other bits"
            records.end(case, lost, what)
            if lost:
                (records.out / f"lost-request-{plan.seed}-{number}.json").write_text(text)


def _good_requests(leases: ExitStack) -> dict[str, dict[str, Any]]:
    """The corpus, over rows in shared memory in place of its files."""
    random = np.random.default_rng(3)
    sources = {
        name: share(random.normal(size=(rows, _COLUMNS)).astype("f4"), name, leases).request
        for name, rows in _ROWS.items()
    }
    scores = random.normal(size=(_ROWS["pool"], 1)).astype("f4")
    sources["scores"] = share(scores, "scores", leases).request
    text = "".join(f"a\tb\t[{row}, 1.5, -2e3]\n" for row in range(40)).encode()
    lease = leases.enter_context(buffers.lease(len(text), "text"))
    lease.bytes[: len(text)] = np.frombuffer(text, np.uint8)
    lines = {"name": "t", "path": lease.segment.path, "offset": 0, "bytes": len(text)}

    def placed(value: Any) -> Any:
        if isinstance(value, dict) and value.get("kind") == "unit":
            return {**value, "rows": placed(value["rows"])}
        if isinstance(value, dict) and value.get("kind") == "beside":
            return {**value, "parts": [placed(part) for part in value["parts"]]}
        if isinstance(value, dict) and "path" in value:
            return lines if value["name"] == "t" else sources[value["name"]]
        return value

    requests = {}
    for path in CORPUS.glob("*.json"):
        request = {key: placed(value) for key, value in json.loads(path.read_text()).items()}
        if request["kind"] == "descent":
            one = random.normal(size=(1, _COLUMNS)).astype("f4")
            request["start"] = share(one, "start", leases).request
        takes_scores = request.get("method", {}).get("name") in ("bilevel", "dsdm")
        if request["kind"] == "deduplicate" or takes_scores:
            request["scores"] = sources["scores"]
        if request.get("groups") is not None:
            groups = (np.arange(_ROWS["target"]) % len(request["groups"]["shares"])).astype("f4")
            request["groups"]["rows"] = share(groups.reshape(-1, 1), "groups", leases).request
        if request.get("limits") is not None:
            request["limits"] = _limits(sources, leases)
        if request["kind"] != "layout":  # which takes plain rows in a file
            requests[path.stem] = request
    return requests


def _limits(sources: dict[str, Any], leases: ExitStack) -> dict[str, Any]:
    """Limits of all kinds but costs, beside which there are no floors."""

    def column(name: str, modulus: int) -> dict[str, Any]:
        values = (np.arange(_ROWS["pool"]) % modulus).astype("f4").reshape(-1, 1)
        return share(values, name, leases).request

    return {
        **{"excluded": column("exclude", 2), "sources": column("source", 3)},
        **{"caps": {"0": 5, "2": 3.5}, "floors": {"1": 2}, "costs": None, "max_cost": None},
        **{"min_distance": 0.1, "avoid": sources["target"], "avoid_distance": 0.2},
    }


def _answer(engine: Gateway, request: dict[str, Any], sink: Any) -> bytes:
    """The bytes that a good request is answered with."""
    engine.call("submit", "good", json.dumps(request))
    try:
        status = _status_at_end(engine, "good", _CANCEL_SECONDS)
        assert status["state"] == "DONE", status
        engine.call("collect", "good", sink.segment.path, 0)
        return bytes(sink.bytes[: status["result"]["bytes"]])
    finally:
        engine.call("release", "good")


def _status_at_end(engine: Gateway, job: str, seconds: float) -> dict[str, Any]:
    end = time.monotonic() + seconds
    while True:
        status: dict[str, Any] = engine.call("poll", job, 100, 0)
        if status["state"] in _ENDED or time.monotonic() > end:
            return status


def _outcome(engine: Gateway, job: str, text: str) -> tuple[str | None, str]:
    """Why the case is lost, if it is, and what the engine said."""
    try:
        status = engine.call("submit", job, text)
    except GioError as problem:
        what = f"{type(problem).__name__}: {problem}"
        bad = any(word in what for word in ("INTERNAL", "broke the protocol", "GatewayDied"))
        return (what if bad else None), what
    try:
        if status["state"] not in _ENDED:
            status = _status_at_end(engine, job, _RUN_SECONDS)
        if status["state"] not in _ENDED:
            engine.call("cancel", job)
            state = _status_at_end(engine, job, _CANCEL_SECONDS)["state"]
            return (None if state in _ENDED else f"{state} after cancel()"), "ran on; cancelled"
        error = status["error"] or {"code": "", "message": ""}
        what = f"{status['state']} {error['code']} {error['message']}"
        if error["code"] == "INTERNAL" or "\n" in error["message"]:
            return what, what
        return None, what
    finally:
        engine.call("release", job)


def _deformed(request: dict[str, Any], random: Random) -> tuple[str, str]:
    """The request with a few places changed, as text, and what was done."""
    request, done = copy.deepcopy(request), []
    for _ in range(random.choice([1, 1, 1, 2, 3])):
        done.append(_change(request, random))
    text = json.dumps(request)
    draw = random.random()
    if draw < 0.12:
        data, how = mutated(text.encode(), random)
        text = data.decode("utf-8", "replace")
        done.append(f"text: {how}")
    elif draw < 0.16:
        text = f"{text[:-1]}, {text[1:]}"
        done.append("fields twice")
    elif draw < 0.18:
        text = "[" * 5000 + text
        done.append("deep")
    elif draw < 0.22:
        text = text.replace("1e-08", random.choice(_NUMBERS)).replace(": 5", ": 5e99999999")
        done.append("numbers")
    return text, "; ".join(done)


def _change(request: dict[str, Any], random: Random) -> str:
    places = list(_places(request))
    if not places:
        return "nothing left"
    how = random.choice(["odd", "odd", "odd", "drop", "extra", "path", "size"])
    fields = {"path": {"path"}, "size": _SIZE_FIELDS}.get(how)
    fitting = [(holder, key) for holder, key in places if fields is None or key in fields]
    holder, key = random.choice(fitting or places)
    if how == "drop" and isinstance(holder, dict):
        del holder[key]
        return f"without {key}"
    if how == "extra" and isinstance(holder, dict):
        holder["extra"] = random.choice(_ODD)
        return "with extra"
    holder[key] = random.choice({"path": _PATHS, "size": _SIZES}.get(how, _ODD))
    return f"{key}={str(holder[key])[:30]!r}"


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every holder and key in a request; of long lists none."""
    if isinstance(value, dict):
        items = list(value.items())
    elif isinstance(value, list) and len(value) < 10:
        items = list(enumerate(value))
    else:
        return
    for key, inner in items:
        yield value, key
        yield from _places(inner)
