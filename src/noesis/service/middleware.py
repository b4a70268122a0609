"""What is done with every request, each in a layer of its own (pure ASGI: a function around a function).

Owns headers, the request's identity, its line in the log and the size of its body; knows no route.
The overhead of each is measured (benchmarks/service.py).
"""

from __future__ import annotations

import json
import logging
import re
import time
import uuid
from collections.abc import Callable, Mapping
from typing import Any

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

REQUEST_ID = b"x-request-id"
_GIVEN = re.compile(rb"[A-Za-z0-9._-]{1,64}")
SECURITY = (
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"cross-origin-resource-policy", b"same-origin"),
)
Headers = list[tuple[bytes, bytes]]

log = logging.getLogger("noesis.service.access")


def _adding(send: Send, headers: Callable[[], Headers]) -> Send:
    """``send`` that adds headers to the head of the answer."""

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [*message["headers"], *headers()]
        await send(message)

    return sending


def _header(scope: Scope, name: bytes) -> bytes:
    """The first header of the name; empty without one."""
    for key, value in scope["headers"]:
        if key == name:
            return bytes(value)
    return b""


class RequestId:
    """Gives a request an id, the sender's where it is one, and says it in the answer. It stands in
    ``scope["state"]["request_id"]``."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        given = _header(scope, REQUEST_ID)
        identity = given if _GIVEN.fullmatch(given) else uuid.uuid4().hex.encode()
        scope.setdefault("state", {})["request_id"] = identity.decode()
        await self.app(scope, receive, _adding(send, lambda: [(REQUEST_ID, identity)]))


class Timing:
    """Says in ``Server-Timing`` how many milliseconds passed before the head of the answer."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        start = time.perf_counter()

        def headers() -> Headers:
            return [(b"server-timing", b"app;dur=%.3f" % ((time.perf_counter() - start) * 1e3))]

        await self.app(scope, receive, _adding(send, headers))


class Logging:
    """One line of JSON for each request, at ``INFO``, once it has ended; ``status`` 0: without an answer."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""
        if scope["type"] != "http" or not log.isEnabledFor(logging.INFO):
            await self.app(scope, receive, send)
            return
        start = time.perf_counter()
        status = 0

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self.app(scope, receive, sending)
        finally:
            log.info(json.dumps(_line(scope, status, time.perf_counter() - start)))


def _line(scope: Scope, status: int, seconds: float) -> dict[str, Any]:
    return {
        "request": scope.get("state", {}).get("request_id", ""),
        "client": (scope.get("client") or ("",))[0],
        "method": scope["method"],
        "path": scope["path"],
        "status": status,
        "seconds": round(seconds, 6),
    }


class SecurityHeaders:
    """Nothing that is answered is run, framed, guessed at or embedded elsewhere."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        await self.app(scope, receive, _adding(send, lambda: list(SECURITY)))


class CacheHeader:
    """Nothing is kept by whoever is in between, except what stands in ``lasting`` (path to seconds)."""

    def __init__(self, app: ASGIApp, lasting: Mapping[str, int]) -> None:
        self.app = app
        self._lasting = {path: b"max-age=%d" % seconds for path, seconds in lasting.items()}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        said = self._lasting.get(scope["path"], b"no-store")
        await self.app(scope, receive, _adding(send, lambda: [(b"cache-control", said)]))


class SizeLimit:
    """Refuses a body of more than ``most`` bytes with 413: by its announced length before it is read, and
    in the middle where it is longer than that."""

    def __init__(self, app: ASGIApp, most: int, refuse: Callable[[], ASGIApp]) -> None:
        self.app = app
        self._most = most
        self._refuse = refuse

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or the refusal back."""
        if scope["type"] != "http" or not (length := _header(scope, b"content-length")):
            await self.app(scope, self._counted(receive), send)
        elif length.isdigit() and int(length[:20]) <= self._most:
            await self.app(scope, receive, send)  # a server reads no more than was announced
        else:
            await self._refuse()(scope, receive, send)

    def _counted(self, receive: Receive) -> Receive:
        taken = 0

        async def receiving() -> Message:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > self._most:
                raise HTTPException(413, too_large(self._most))
            return message

        return receiving


def too_large(most: int) -> str:
    """What a refused body is told."""
    return f"the body is larger than {most:,} bytes, the limit; send less at once"


class Counting:
    """Counts requests."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.requests = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""
        self.requests += scope["type"] == "http"
        await self.app(scope, receive, send)
