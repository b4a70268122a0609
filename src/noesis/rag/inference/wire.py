"""A connection that can be given up at any moment. Owns sockets; knows nothing of what is said over them.

Nothing waits longer than ``LOOK_S`` before it looks at the deadline: neither connecting, nor greeting over
TLS, nor sending, nor receiving. The look-up of a host's name alone cannot be given up.
"""

from __future__ import annotations

import io
import os
import select
import socket
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Self, TypeVar

from noesis.errors import EngineError
from noesis.rag.inference.deadline import Deadline

_Result = TypeVar("_Result")


@dataclass(frozen=True, kw_only=True, slots=True)
class Address:
    """Where a server listens, over TLS or without, and how long it may be silent."""

    host: str
    port: int
    tls: ssl.SSLContext | None
    connect_s: float
    read_s: float


class Wire:
    """The socket that ``http.client`` is given. Every wait ends by ``deadline`` with ``Stopped``.

    Raises ``OSError`` where nobody can be reached, and ``EngineError`` for a server that is silent for longer
    than ``Address`` allows.
    """

    def __init__(self, address: Address, deadline: Deadline) -> None:
        self._address, self._deadline = address, deadline
        self._socket = _connected(address, deadline)
        if address.tls is not None:
            try:
                self._greet(address.tls)
            except BaseException:
                self._socket.close()
                raise

    def _greet(self, context: ssl.SSLContext) -> None:
        secure = context.wrap_socket(
            self._socket, server_hostname=self._address.host, do_handshake_on_connect=False
        )
        self._socket = secure
        self._patiently(secure.do_handshake, self._address.connect_s)

    def sendall(self, data: bytes) -> None:
        """Send all of it."""
        rest = memoryview(data)
        while rest:
            sent = self._patiently(partial(self._socket.send, rest), self._address.read_s)
            rest = rest[sent:]

    def receive(self, room: memoryview) -> int:
        """What is there, as soon as there is something; 0 at the end."""
        return self._patiently(partial(self._socket.recv_into, room), self._address.read_s)

    def makefile(self, mode: str) -> io.BufferedReader:
        """What ``http.client`` reads from."""
        assert mode == "rb"
        return io.BufferedReader(_Incoming(self))

    def close(self) -> None:
        """Nothing: ``http.client`` says so as soon as it has the head, of a socket that lives on."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        """Give the connection up, whatever is still to come."""
        self._socket.close()

    def _patiently(self, call: Callable[[], _Result], longest_s: float) -> _Result:
        """Try until it is done."""
        since = time.monotonic()
        while True:
            self._deadline.check()
            self._socket.settimeout(self._deadline.wait_s())
            try:
                return call()
            except TimeoutError:
                _judge_silence(since, longest_s, self._address)


class _Incoming(io.RawIOBase):
    """The bytes of a ``Wire``; closing it leaves the connection open."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    def readable(self) -> bool:
        return True

    def readinto(self, room: memoryview) -> int:  # type: ignore[override]  # what io.BufferedReader hands over
        return self._wire.receive(room)


def _connected(address: Address, deadline: Deadline) -> socket.socket:
    """To the first of the host's addresses that answers, in the order that the system names them."""
    errors: list[OSError | EngineError] = []
    found = socket.getaddrinfo(address.host, address.port, type=socket.SOCK_STREAM)
    for family, kind, protocol, _, where in found:
        candidate = socket.socket(family, kind, protocol)
        try:
            _connect(candidate, where, address, deadline)
            candidate.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        except (OSError, EngineError) as error:  # refused, or silent: the next one may do
            candidate.close()
            errors.append(error)
        except BaseException:
            candidate.close()
            raise
        else:
            return candidate
    raise errors[0]


def _connect(
    candidate: socket.socket, where: tuple[object, ...], address: Address, deadline: Deadline
) -> None:
    candidate.setblocking(False)
    since = time.monotonic()
    try:
        candidate.connect(where)
    except BlockingIOError:
        waiting = select.poll()
        waiting.register(candidate, select.POLLOUT)
        while not waiting.poll(deadline.wait_s() * 1000):
            deadline.check()
            _judge_silence(since, address.connect_s, address)
        if number := candidate.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
            raise OSError(number, os.strerror(number)) from None


def _judge_silence(since: float, longest_s: float, address: Address) -> None:
    if time.monotonic() - since > longest_s:
        raise EngineError(
            f"{address.host}:{address.port} was silent for {longest_s:g} s; look whether the server is well, "
            "or allow it more time"
        )
