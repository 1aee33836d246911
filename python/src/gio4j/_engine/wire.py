"""Calls to the engine's entry point in Py4J's protocol, over sockets of our own.

Py4J's client classes are left out on purpose: they write the token to the debug log, send an
interrupted call twice (0.10.9.9), answer Ctrl-C with an AttributeError (0.10.9.8 on), log to the
root logger, leave Nagle's algorithm on (43 ms a reply) and shut the parent's sockets down from a
forked child. Its wire format is stable and public; only that is used, so any 0.10.9 release does.
"""

from __future__ import annotations

import contextlib
import errno
import os
import select
import socket
import sys
import time
from collections import deque
from collections.abc import Callable

from py4j import protocol

from gio4j._shared import descriptors
from gio4j._shared.buffers import opened

# How long connecting is repeated, and how long an attempt takes: the system connects at once, or
# drops the attempt because too many wait, and repeats it after 1 s.
_CONNECT_SECONDS = 5.0
_ATTEMPT_SECONDS = 0.2
# Seconds of silence are counted one by one, and not by the clock: a machine or a process that was
# suspended meanwhile counts for one.
_SLICE_SECONDS = 1.0
# POSIX says the first, Windows the second.
_UNDER_WAY = (errno.EINPROGRESS, errno.EWOULDBLOCK)

#: Hears after each second without a word from the engine how many there were; True to count again
#: from the first. What it raises ends the connection.
OnSilence = Callable[[float], bool]


class ConnectionLost(OSError):  # noqa: N818 - internal signal, never shown to a user
    """The engine closed the connection, or refused it."""


class CrowdedOut(ConnectionLost):
    """The engine closed the connection before the token, or the system did not connect."""


class Connection:
    """One authenticated socket; one call at a time.

    Never blocked in the system: a number may be closed and mean another file by the time that such
    a wait is over, so it is looked at before each byte.
    """

    def __init__(self, port: int, token: str, on_silence: OnSilence) -> None:
        self._socket = opened("the connection to the engine", socket.socket)
        self._place = descriptors.place_of(self._socket.fileno())
        self._on_silence = on_silence
        self._unread = b""
        #: Whether it may be used again.
        self.is_whole = False
        try:
            self._socket.setblocking(False)
            self._connect(port)
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if protocol.is_error(self._show(token))[0]:
                raise ConnectionLost("the engine refused the token")
        except BaseException:
            self.close()
            raise
        self.is_whole = True

    def call(self, method: str, arguments: tuple[str | int, ...], on_silence: OnSilence) -> str:
        """The text that a method of the entry point answers."""
        self._on_silence = on_silence
        parts = "".join(protocol.get_command_part(argument) for argument in arguments)
        target = protocol.ENTRY_POINT_OBJECT_ID
        command = (
            f"{protocol.CALL_COMMAND_NAME}{target}\n{method}\n{parts}{protocol.END_COMMAND_PART}"
        )
        # Not whole if anything interrupts this: the answer would be taken for the next call's.
        self.is_whole = False
        answer = self._exchange(command)
        if not answer.startswith(protocol.SUCCESS + protocol.STRING_TYPE):
            raise protocol.Py4JError(f"answered {answer[:200]!r}, not text")
        self.is_whole = True
        return str(protocol.unescape_new_line(answer[2:]))

    @property
    def is_ours(self) -> bool:
        """Whether the descriptor still leads to the engine: this program may have closed it."""
        return descriptors.leads_to(self._socket.fileno(), self._place)

    def close(self) -> None:
        """Give the descriptor back.

        Without shutdown(): a forked child closes its copies this way, and the parent's live on.
        """
        if self.is_ours:
            self._socket.close()
        else:
            self._socket.detach()

    def _connect(self, port: int) -> None:
        problem = self._socket.connect_ex(("127.0.0.1", port))
        if problem in _UNDER_WAY:
            if not _is_ready(self._socket, True, _ATTEMPT_SECONDS):
                raise CrowdedOut("too many connections wait for the engine")
            problem = self._socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if problem:
            raise ConnectionLost(os.strerror(problem))

    def _show(self, token: str) -> str:
        command = f"{protocol.AUTH_COMMAND_NAME}\n{protocol.escape_new_line(token)}\n"
        try:
            return self._exchange(command)
        except ConnectionLost as problem:
            raise CrowdedOut(str(problem)) from problem

    def _exchange(self, command: str) -> str:
        unsent = memoryview(command.encode("utf-8"))
        try:
            while unsent:
                self._await(writable=True)
                unsent = unsent[self._socket.send(unsent) :]
            while b"\n" not in self._unread:
                self._await(writable=False)
                received = self._socket.recv(1 << 16)
                if not received:
                    raise ConnectionLost("the engine closed the connection")
                self._unread += received
        except (OSError, ValueError) as problem:  # the latter if another thread closes it
            raise ConnectionLost(str(problem)) from problem
        line, _, self._unread = self._unread.partition(b"\n")
        answer = line.decode("utf-8")
        return answer[1:] if answer.startswith(protocol.RETURN_MESSAGE) else answer

    def _await(self, writable: bool) -> None:
        silent = 0.0
        while True:
            is_ready = self.is_ours and _is_ready(self._socket, writable, _SLICE_SECONDS)
            if not self.is_ours:
                raise ConnectionLost("its socket was closed by this program")
            # At once again: a process that was stopped meanwhile wakes up with its time over.
            if is_ready or _is_ready(self._socket, writable, 0.0):
                return
            silent += _SLICE_SECONDS
            if self._on_silence(silent):
                silent = 0.0


def _is_ready(connection: socket.socket, writable: bool, seconds: float) -> bool:
    if sys.platform == "win32":
        sockets = [connection]
        reading, writing = ([], sockets) if writable else (sockets, [])
        return any(select.select(reading, writing, sockets, seconds))
    poll = select.poll()  # select() takes no numbers from 1,024 on
    poll.register(connection, select.POLLOUT if writable else select.POLLIN)
    return bool(poll.poll(seconds * 1000))


class ConnectionPool:
    """Connections to one engine; each calling thread takes one for the time of a call or a job.

    No lock: each step is one operation of a deque or a set, and a fork finds nothing held.
    """

    def __init__(self, port: int, token: str) -> None:
        self._port = port
        self._token = token
        self._idle: deque[Connection] = deque()
        self._busy: set[Connection] = set()

    def take(self, on_silence: OnSilence) -> Connection:
        """A connection for the caller alone.

        Raises
        ------
        ConnectionLost
            When the engine is gone.
        GioMemoryError
            When this process has no descriptor for one; the engine is none the worse.
        """
        connection = self._take_idle() or self._connect(on_silence)
        self._busy.add(connection)
        return connection

    def give_back(self, connection: Connection) -> None:
        """For the next to take, or to be closed if a call over it was cut short."""
        self._busy.discard(connection)
        if connection.is_whole:
            self._idle.append(connection)
        else:
            connection.close()

    def close(self) -> None:
        """Close every connection, those in use as well: their threads then see `ConnectionLost`."""
        connections = [*self._idle, *self._busy]
        self._idle.clear()
        self._busy.clear()
        for connection in connections:
            connection.close()

    def _take_idle(self) -> Connection | None:
        with contextlib.suppress(IndexError):
            while True:
                connection = self._idle.pop()
                if connection.is_ours:
                    return connection
                connection.close()
        return None

    def _connect(self, on_silence: OnSilence) -> Connection:
        # Strangers that connect by the thousand can crowd this one out. Nothing is called before
        # the token is answered, so another attempt repeats nothing.
        end = time.monotonic() + _CONNECT_SECONDS
        while True:
            try:
                return Connection(self._port, self._token, on_silence)
            except CrowdedOut:
                if time.monotonic() > end:
                    raise
            except ConnectionLost:
                raise
            except OSError as problem:
                raise ConnectionLost(str(problem)) from problem
