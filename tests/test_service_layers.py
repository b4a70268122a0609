"""The layers around the application, each alone around a function, and the log that they write."""

from __future__ import annotations

import asyncio
import json
import logging
from typing import Any

import pytest
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from noesis.service import middleware
from noesis.service.problems import problem


async def answering(scope: Scope, receive: Receive, send: Send) -> None:
    """Reads the body and answers with it."""
    body = b""
    more = True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    await send({"type": "http.response.start", "status": 200, "headers": [(b"x", b"y")]})
    await send({"type": "http.response.body", "body": body})


def ask(app: ASGIApp, *pieces: bytes, path: str = "/", **headers: str) -> list[Message]:
    """What is sent back for a request with a body in these pieces."""
    fields = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    scope: Scope = {
        "type": "http",
        "method": "GET",
        "path": path,
        "headers": fields,
        "client": ("10.0.0.1", 5),
    }
    waiting = [{"type": "http.request", "body": one, "more_body": True} for one in pieces]
    waiting.append({"type": "http.request", "body": b"", "more_body": False})
    sent: list[Message] = []

    async def receive() -> Message:
        return waiting.pop(0)

    async def send(message: Message) -> None:
        sent.append(message)

    async def asked() -> None:
        await app(scope, receive, send)

    asyncio.run(asked())
    return sent


def headers_of(sent: list[Message]) -> dict[bytes, bytes]:
    assert sent[0]["headers"][0] == (b"x", b"y")  # the application's own come first
    return dict(sent[0]["headers"][1:])


@pytest.mark.parametrize("given", ["a", "A-1_b.c", "x" * 64])
def test_an_id_that_is_given_is_kept(given: str) -> None:
    assert headers_of(ask(middleware.RequestId(answering), x_request_id=given)) == {
        b"x-request-id": given.encode()
    }


@pytest.mark.parametrize("given", ["", "x" * 65, "a b", 'a"', "ä"])
def test_another_is_made_up(given: str) -> None:
    (made,) = headers_of(ask(middleware.RequestId(answering), x_request_id=given)).values()
    assert len(made) == 32
    assert int(made, 16)


def test_what_layers_add() -> None:
    app: ASGIApp = middleware.Timing(middleware.SecurityHeaders(middleware.CacheHeader(answering, {"/a": 5})))
    found = headers_of(ask(app, path="/a"))
    assert found[b"cache-control"] == b"max-age=5"
    assert found[b"content-security-policy"] == b"default-src 'none'; frame-ancestors 'none'"
    assert found[b"server-timing"].startswith(b"app;dur=")
    assert headers_of(ask(app, path="/b"))[b"cache-control"] == b"no-store"


def limited(most: int) -> ASGIApp:
    return middleware.SizeLimit(answering, most, lambda: problem(413, middleware.too_large(most)))


@pytest.mark.parametrize(("announced", "status"), [("3", 200), ("4", 413), ("9" * 5_000, 413)])
def test_a_length_that_is_announced(announced: str, status: int) -> None:
    sent = ask(limited(3), b"abc", content_length=announced)
    assert sent[0]["status"] == status


def test_a_length_that_is_not() -> None:
    assert ask(limited(3), b"ab", b"c")[1]["body"] == b"abc"
    with pytest.raises(HTTPException, match="larger than 3 bytes") as found:
        ask(limited(3), b"ab", b"cd")
    assert found.value.status_code == 413


def line_of(caplog: pytest.LogCaptureFixture) -> dict[str, Any]:
    (record,) = caplog.records
    found: dict[str, Any] = json.loads(record.getMessage())
    return found


def test_the_line_of_a_request(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "noesis.service.access")
    app = middleware.RequestId(middleware.Logging(answering))
    ask(app, path="/a\n{}", x_request_id="mine")
    line = line_of(caplog)
    assert line.pop("seconds") >= 0
    assert line == {"request": "mine", "client": "10.0.0.1", "method": "GET", "path": "/a\n{}", "status": 200}
    assert "\n" not in caplog.records[0].getMessage()


def test_a_request_that_ends_in_a_fault_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    async def broken(*_: object) -> None:
        raise RuntimeError("a fault")

    caplog.set_level(logging.INFO, "noesis.service.access")
    with pytest.raises(RuntimeError, match="a fault"):
        ask(middleware.Logging(broken))
    assert line_of(caplog)["status"] == 0


def test_what_is_no_request_passes_through() -> None:
    seen = []

    async def lifespan(scope: Scope, *_: object) -> None:
        seen.append(scope)

    for layer in (middleware.SecurityHeaders, middleware.Logging, middleware.Timing, middleware.RequestId):
        asyncio.run(layer(lifespan)({"type": "lifespan"}, None, None))  # type: ignore[arg-type]  # nobody asks for them
    assert seen == [{"type": "lifespan"}] * 4
