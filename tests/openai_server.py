"""A server on the loopback that answers each connection as a test wants it, byte by byte.

Owns the listening, and the pieces that answers of the chat-completions protocol are made of. Real sockets:
what is sent is what a script of the test sends, right or wrong.
"""

from __future__ import annotations

import json
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

Script = Callable[[socket.socket], None]
WAIT_S = 30.0  # for what happens at once; a test that waits so long has failed

EVENTS = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n"
DONE = b"data: [DONE]\n\n"


@dataclass(kw_only=True, slots=True)
class Listening:
    """Where it listens, and what it was sent."""

    url: str
    requests: list[bytes] = field(default_factory=list)
    gone: threading.Event = field(default_factory=threading.Event)  # a script saw its client go

    def body(self) -> Any:
        """What the last request asks."""
        return json.loads(self.requests[-1].partition(b"\r\n\r\n")[2])


@contextmanager
def listening(*scripts: Script, secure: ssl.SSLContext | None = None) -> Iterator[Listening]:
    """One connection after the other gets one of the scripts, in a thread; they are waited for in the end."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        scheme = "https" if secure else "http"
        told = Listening(url=f"{scheme}://127.0.0.1:{listener.getsockname()[1]}/v1")
        listener.settimeout(WAIT_S)
        thread = threading.Thread(target=_serve, args=(listener, scripts, told, secure))
        thread.start()
        try:
            yield told
        finally:
            thread.join()


def _serve(
    listener: socket.socket, scripts: tuple[Script, ...], told: Listening, secure: ssl.SSLContext | None
) -> None:
    for script in scripts:
        connection, _ = listener.accept()
        connection.settimeout(WAIT_S)
        try:
            if secure is not None:
                connection = secure.wrap_socket(connection, server_side=True)
            told.requests.append(_request(connection))
            script(connection)
        except OSError:
            told.gone.set()
        finally:
            connection.close()


def _request(connection: socket.socket) -> bytes:
    got = b""
    while b"\r\n\r\n" not in got:
        got += connection.recv(65536) or _gone()
    head, _, body = got.partition(b"\r\n\r\n")
    length = next(
        int(line[15:]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")
    )
    while len(body) < length:
        body += connection.recv(65536) or _gone()
    return head + b"\r\n\r\n" + body


def _gone() -> bytes:
    raise ConnectionResetError


def says(*parts: bytes) -> Script:
    """Sends the parts, each by itself, and closes."""

    def script(connection: socket.socket) -> None:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for part in parts:
            connection.sendall(part)

    return script


def waits(connection: socket.socket) -> None:
    """Until the client goes: ``Listening.gone`` is set then."""
    while connection.recv(65536):
        pass
    raise ConnectionResetError


def event(content: str | None = None, finish: str | None = None, **further: Any) -> bytes:
    """One event with a piece of text, or the reason of the end."""
    delta = {} if content is None else {"content": content}
    chunk = {"choices": [{"index": 0, "delta": delta, "finish_reason": finish}], **further}
    return b"data: " + json.dumps(chunk).encode() + b"\n\n"


def refusal(status: int, body: bytes = b"", *headers: bytes) -> bytes:
    """A whole response with this status."""
    lines = [b"HTTP/1.1 %d Whatever" % status, b"Content-Length: %d" % len(body), *headers]
    return b"\r\n".join(lines) + b"\r\n\r\n" + body
