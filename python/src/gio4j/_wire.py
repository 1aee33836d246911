"""Calls to the engine's entry point in Py4J's protocol, over sockets of our own.

Py4J's client classes are left out on purpose: they write the token to the debug log, send an
interrupted call twice (0.10.9.9), answer Ctrl-C with an AttributeError (0.10.9.8 on), log to the
root logger, leave Nagle's algorithm on (43 ms a reply) and shut the parent's sockets down from a
forked child. Its wire format is stable and public; only that is used, so any 0.10.9 release does.
"""

from __future__ import annotations

import contextlib
import socket
import time
from collections import deque

from py4j import protocol

_CONNECT_SECONDS = 5.0
# The system connects at once, or drops the attempt because too many wait, and repeats it after 1 s.
_ATTEMPT_SECONDS = 0.2


class ConnectionLost(OSError):  # noqa: N818 - internal signal, never shown to a user
    """The engine closed the connection, or refused it."""


class TokenRefused(ConnectionLost):
    """The engine knows another token."""


class Connection:
    """One authenticated socket; one call at a time."""

    def __init__(self, port: int, token: str) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=_ATTEMPT_SECONDS)
        try:
            self._socket.settimeout(_CONNECT_SECONDS)
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._unread = b""
            answer = self._exchange(
                f"{protocol.AUTH_COMMAND_NAME}\n{protocol.escape_new_line(token)}\n"
            )
            if protocol.is_error(answer)[0]:
                raise TokenRefused("the engine refused the token")
            self._socket.settimeout(None)
        except BaseException:
            self.close()
            raise

    def call(self, method: str, arguments: tuple[str | int, ...]) -> str:
        """The text that a method of the entry point answers."""
        parts = "".join(protocol.get_command_part(argument) for argument in arguments)
        target = protocol.ENTRY_POINT_OBJECT_ID
        command = (
            f"{protocol.CALL_COMMAND_NAME}{target}\n{method}\n{parts}{protocol.END_COMMAND_PART}"
        )
        answer = self._exchange(command)
        if not answer.startswith(protocol.SUCCESS + protocol.STRING_TYPE):
            raise protocol.Py4JError(f"answered {answer[:200]!r}, not text")
        return str(protocol.unescape_new_line(answer[2:]))

    def close(self) -> None:
        """Give the descriptor back.

        Without shutdown(): a forked child closes its copies this way, and the parent's live on.
        """
        self._socket.close()

    def _exchange(self, command: str) -> str:
        try:
            self._socket.sendall(command.encode("utf-8"))
            while b"\n" not in self._unread:
                received = self._socket.recv(1 << 16)
                if not received:
                    raise ConnectionLost("the engine closed the connection")
                self._unread += received
        except OSError as problem:
            raise ConnectionLost(str(problem)) from problem
        line, _, self._unread = self._unread.partition(b"\n")
        answer = line.decode("utf-8")
        return answer[1:] if answer.startswith(protocol.RETURN_MESSAGE) else answer


class ConnectionPool:
    """Connections to one engine; each calling thread takes one for the time of a call.

    No lock: each step is one operation of a deque or a set, and a fork finds nothing held.
    """

    def __init__(self, port: int, token: str) -> None:
        self._port = port
        self._token = token
        self._idle: deque[Connection] = deque()
        self._busy: set[Connection] = set()

    def call(self, method: str, *arguments: str | int) -> str:
        """The text that a method of the entry point answers.

        Raises
        ------
        ConnectionLost
            When the engine is gone. The call may or may not have reached it; it is never sent
            twice.
        """
        connection = self._take()
        try:
            reply = connection.call(method, arguments)
        except BaseException:
            self._drop(connection)
            raise
        self._give_back(connection)
        return reply

    def close(self) -> None:
        """Close every connection, those in use as well: their threads then see `ConnectionLost`."""
        connections = [*self._idle, *self._busy]
        self._idle.clear()
        self._busy.clear()
        for connection in connections:
            connection.close()

    def _take(self) -> Connection:
        with contextlib.suppress(IndexError):
            connection = self._idle.pop()
            self._busy.add(connection)
            return connection
        connection = self._connect()
        self._busy.add(connection)
        return connection

    def _connect(self) -> Connection:
        # Strangers that connect by the thousand can crowd this one out. Nothing is called before
        # the token is answered, so another attempt repeats nothing.
        end = time.monotonic() + _CONNECT_SECONDS
        while True:
            try:
                return Connection(self._port, self._token)
            except (ConnectionLost, TimeoutError) as problem:
                if isinstance(problem, TokenRefused) or time.monotonic() > end:
                    raise ConnectionLost(str(problem)) from problem
            except OSError as problem:
                raise ConnectionLost(str(problem)) from problem

    def _give_back(self, connection: Connection) -> None:
        self._busy.discard(connection)
        self._idle.append(connection)

    def _drop(self, connection: Connection) -> None:
        self._busy.discard(connection)
        connection.close()
