"""Load on an HTTP server, and the client for a benchmark that asks one.

Owns requests and what counts as their answer: a status of 2xx with its whole body. Anything else is a
failure that names the request. Neither redirects nor proxies are followed, nothing is decompressed.

Two clients do the same. ``http.client`` keeps one connection for each thread or forked process; aiohttp,
where the environment has it, keeps as many in one event loop, which takes fifty of them better than fifty
threads do. Each costs time of its own, which is in every latency: name the one that a history was made
with. Standard library only besides, Python 3.8 or newer.
"""

from __future__ import annotations

import asyncio
import http.client
import os
import threading
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from types import TracebackType
from typing import Any, Dict, List, Optional, Sequence, Tuple, Type
from urllib.parse import urlsplit

from .clock import WALL
from .load import Load, Part, Request, Served, Tickets, drive

TIMEOUT_S = 30.0  # without an answer for so long a server counts as gone
# asyncio wakes up to 1 ms late, the step of its timer (epoll's): the last of a wait is spent looking.
# Requests of an open loop began 4 us late in the median with it, 400 us with load's 0.2 ms.
NEAR_S = 0.0012
CLIENTS = ("auto", "aiohttp", "http.client")

_AS_IT_IS = {"Accept-Encoding": "identity"}
_SHOWN = 200  # bytes of a failed answer that the error holds
_REPEATABLE = ("GET", "HEAD", "OPTIONS")  # what may be sent again (RFC 9110, 9.2.1)


class RequestError(RuntimeError):
    """A request without success; the text names method, address, what came instead and the next move."""


@dataclass(frozen=True)
class Ask:
    """One HTTP request. ``target`` is path and query as they are sent, quoted already. A wrong value
    raises ``ValueError`` that names the field."""

    target: str
    method: str = "GET"
    body: bytes = b""
    headers: Tuple[Tuple[str, str], ...] = ()

    def __post_init__(self) -> None:
        printable = self.target.isascii() and self.target.isprintable() and " " not in self.target
        if not (self.target.startswith("/") and printable):
            raise ValueError(
                "target must be a quoted path such as '/search?q=two+words', not {!r}".format(self.target)
            )


def drive_http(
    origin: str, asks: Sequence[Ask], load: Load, client: str = "auto", timeout_s: float = TIMEOUT_S
) -> Served:
    """Put the load on the server at ``origin`` (``"http://host:port"``): request n is the next of
    ``asks``, as in ``load.drive``; the first answer is the body, bytes.

    ``client`` ``"auto"`` is aiohttp where it can be imported and the load does not ask for processes,
    else http.client. With aiohttp workers are tasks of an event loop of this call's own, so not to be
    called from a running one. Raises ``RequestError`` for the first request without success, and
    ``ValueError`` for wrong arguments.
    """
    _refuse(origin, asks, load, client)
    if client == "auto":
        client = "aiohttp" if load.executor == "threads" and find_spec("aiohttp") else "http.client"
    if client == "aiohttp":
        return asyncio.run(_drive_tasks(origin, asks, load, timeout_s))
    with Client(origin, timeout_s) as ask:
        return drive(ask, load, asks)


class Client:
    """One server, asked through ``http.client`` by any number of threads and forked processes: each has a
    connection of its own, opened at its first request and kept.

    ``client(ask)`` returns the body of the answer. Raises ``RequestError``.
    """

    def __init__(self, origin: str, timeout_s: float = TIMEOUT_S) -> None:
        self._origin = origin
        scheme, self._host, self._port = _parts(origin)
        self._class = http.client.HTTPSConnection if scheme == "https" else http.client.HTTPConnection
        self._timeout_s = timeout_s
        self._kept: Dict[Tuple[int, int], http.client.HTTPConnection] = {}

    def __call__(self, ask: Ask) -> bytes:
        """The body of the answer."""
        connection = self._connection()
        kept = connection.sock is not None
        try:
            try:
                status, reason, body = self._exchange(connection, ask)
            except ConnectionError:
                # A server may close a connection that nobody used for a while, just as we ask.
                if not kept or ask.method not in _REPEATABLE:
                    raise
                connection.close()
                status, reason, body = self._exchange(connection, ask)
        except (OSError, http.client.HTTPException) as error:
            connection.close()
            raise _unanswered(self._origin, ask, error) from error
        return _body(self._origin, ask, status, reason, body)

    def close(self) -> None:
        """Close this process's connections; nobody may be asking."""
        while self._kept:
            self._kept.popitem()[1].close()

    def __enter__(self) -> Client:
        return self

    def __exit__(
        self,
        kind: Optional[Type[BaseException]],
        error: Optional[BaseException],
        trace: Optional[TracebackType],
    ) -> None:
        self.close()

    def _connection(self) -> http.client.HTTPConnection:
        owner = os.getpid(), threading.get_ident()  # of a thread that ended: its connection is free
        if owner not in self._kept:
            self._kept[owner] = self._class(self._host, self._port, timeout=self._timeout_s)
        return self._kept[owner]

    @staticmethod
    def _exchange(connection: http.client.HTTPConnection, ask: Ask) -> Tuple[int, str, bytes]:
        connection.request(ask.method, ask.target, ask.body or None, {**_AS_IT_IS, **dict(ask.headers)})
        answer = connection.getresponse()
        return answer.status, answer.reason, answer.read()


async def _drive_tasks(origin: str, asks: Sequence[Ask], load: Load, timeout_s: float) -> Served:
    """The load by tasks of one event loop, on as many connections."""
    aiohttp = import_module("aiohttp")
    session = aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=load.workers),
        timeout=aiohttp.ClientTimeout(total=timeout_s),
        cookie_jar=aiohttp.DummyCookieJar(),
        headers=_AS_IT_IS,
        auto_decompress=False,
    )
    async with session:
        crew = _Tasks(session, origin, asks, load)
        await _all(crew.warm_up(index) for index in range(load.workers))
        crew.tickets.start = WALL.now()
        return crew.tickets.served(await _all(crew.serve() for _ in range(load.workers)))


async def _all(works: Any) -> List[Any]:
    """The results of all tasks; the first failure ends the others and is raised."""
    tasks = [asyncio.ensure_future(work) for work in works]
    try:
        return list(await asyncio.gather(*tasks))
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


class _Tasks:
    """The work of every task."""

    def __init__(self, session: Any, origin: str, asks: Sequence[Ask], load: Load) -> None:
        self.session, self.origin, self.asks, self.load = session, origin, asks, load
        self.tickets = Tickets(load, shared=False)
        self.door = asyncio.Lock()  # one task waits for its moment, or all would be looking at the clock
        self.failures = import_module("aiohttp").ClientError, asyncio.TimeoutError, OSError
        self.url = import_module("yarl").URL

    async def warm_up(self, index: int) -> None:
        for number in range(index, self.load.warmup, self.load.workers):
            await self.answer(number)

    async def serve(self) -> Part:
        made: List[Request] = []
        first_answer = b""
        while True:
            async with self.door:
                ticket = self.tickets.take(WALL.now())
                if ticket is not None and ticket.due is not None:
                    await _wait_until(ticket.due)
            if ticket is None:
                return Part(made, first_answer)
            begun = WALL.now()
            answer = await self.answer(self.load.warmup + ticket.number)
            ended = WALL.now()
            made.append(Request(ticket.number, begun if ticket.due is None else ticket.due, begun, ended))
            if ticket.number == 0:
                first_answer = answer

    async def answer(self, number: int) -> bytes:
        ask = self.asks[number % len(self.asks)]
        url = self.url(self.origin + ask.target, encoded=True)
        more = {"data": ask.body or None, "headers": ask.headers or None, "allow_redirects": False}
        try:
            async with self.session.request(ask.method, url, **more) as response:
                status, reason, body = response.status, response.reason, await response.read()
        except self.failures as error:
            raise _unanswered(self.origin, ask, error) from error
        return _body(self.origin, ask, status, reason, body)


async def _wait_until(moment: float) -> None:
    left = moment - WALL.now()
    while left > 0:
        await asyncio.sleep(left - NEAR_S if left > NEAR_S else 0)
        left = moment - WALL.now()


def _refuse(origin: str, asks: Sequence[Ask], load: Load, client: str) -> None:
    _parts(origin)
    if not asks:
        raise ValueError("asks must hold at least one request")
    if client not in CLIENTS:
        raise ValueError("client must be one of {}, not {!r}".format(", ".join(CLIENTS), client))
    if client == "aiohttp" and load.executor == "processes":
        raise ValueError('client must be "http.client" where executor is "processes"')


def _parts(origin: str) -> Tuple[str, str, Optional[int]]:
    wrong = ValueError("origin must be like 'http://127.0.0.1:8000', not {!r}".format(origin))
    try:
        split = urlsplit(origin)
        port = split.port
    except ValueError:
        raise wrong from None
    if split.scheme not in ("http", "https") or not split.hostname or origin.count("/") != 2:
        raise wrong
    return split.scheme, split.hostname, port


def _unanswered(origin: str, ask: Ask, error: BaseException) -> RequestError:
    reason = "{}: {}".format(type(error).__name__, error).rstrip(": ")
    return RequestError("{} {}{}: {}; does the server run?".format(ask.method, origin, ask.target, reason))


def _body(origin: str, ask: Ask, status: int, reason: str, body: bytes) -> bytes:
    if 200 <= status < 300:
        return body
    shown = body[:_SHOWN].decode("utf-8", "replace")
    raise RequestError(
        "{} {}{}: status {} {}, where 2xx is success; the server said {!r}".format(
            ask.method, origin, ask.target, status, reason, shown
        )
    )
