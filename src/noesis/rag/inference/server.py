"""An HTTP server that is asked something. Owns the request, and what becomes of a refusal.

A connection for each request: giving one up never disturbs another. Redirections are not followed, for the
key would go along, and no proxy is asked. What a server says is shown shortened, and never with the key.
"""

from __future__ import annotations

import http.client
import json
import math
import re
import ssl
from collections.abc import Generator
from contextlib import suppress
from http import HTTPStatus
from urllib.parse import SplitResult, urlsplit

from noesis.errors import ConfigError, EngineError
from noesis.rag.inference.deadline import Deadline
from noesis.rag.inference.wire import Address, Wire

_AT_ONCE = 65_536  # bytes read; of a refusal no more are looked at
_LONGEST_SHOWN = 200  # characters of what a server says that an error repeats
_NEXT: dict[int, str] = {
    HTTPStatus.UNAUTHORIZED: "give the right api_key",
    HTTPStatus.FORBIDDEN: "give an api_key that may do this",
    HTTPStatus.NOT_FOUND: "look at url, which ends with /v1 as a rule, and at model",
    HTTPStatus.TOO_MANY_REQUESTS: "wait, then ask again",
}


class Server:
    """Where requests go, and with what key."""

    def __init__(self, url: str, *, api_key: str = "", connect_s: float = 5.0, read_s: float = 60.0) -> None:
        """Asks nobody yet. Raises ``ConfigError`` for an address or a key that cannot be one."""
        # neither quotes nor backslashes, so that the key looks the same wherever a server repeats it
        if not re.fullmatch(r"[!#-&(-\[\]-~]*", api_key):
            raise ConfigError("api_key holds what no key holds; is a line end or a quotation mark in it?")
        if not (0 < connect_s < math.inf and read_s > 0):
            raise ConfigError("connect_s and read_s must be above 0, connect_s finite")
        parts = _parts(url)
        is_tls = parts.scheme == "https"
        self.path = parts.path.rstrip("/")
        self._address = Address(
            host=parts.hostname or "",
            port=parts.port or (443 if is_tls else 80),
            # made once: reading the certificates of the system takes 40 ms
            tls=ssl.create_default_context() if is_tls else None,
            connect_s=connect_s,
            read_s=read_s,
        )
        self._key = api_key

    def __str__(self) -> str:
        return f"{self._address.host}:{self._address.port}"

    def post(self, path: str, body: bytes, kind: str, deadline: Deadline) -> Generator[bytes, None, None]:
        """What is answered, of content type ``kind``, as it comes.

        Raises ``EngineError`` for every other answer and for none, and ``Stopped``.
        """
        try:
            with Wire(self._address, deadline) as wire:
                response = self._answer(wire, path, body, kind)
                while chunk := response.read1(_AT_ONCE):
                    yield chunk
        except (OSError, http.client.HTTPException) as error:
            said = self.shown(str(error) or type(error).__name__)
            raise EngineError(
                f"{self} could not be asked, or fell silent ({said}); look whether it runs and url is right"
            ) from None  # the text of the cause may hold the key

    def shown(self, text: str) -> str:
        """What a server said, without the key, on one line of printable characters, 200 at most."""
        text = text.replace(self._key, "…") if self._key else text
        line = " ".join("".join(one if one.isprintable() else " " for one in text).split())
        return line if len(line) <= _LONGEST_SHOWN else f"{line[:_LONGEST_SHOWN]}…"

    def _answer(self, wire: Wire, path: str, body: bytes, kind: str) -> http.client.HTTPResponse:
        connection = http.client.HTTPConnection(self._address.host, self._address.port)
        connection.sock = wire  # whatever it wants of a socket, ``Wire`` has
        connection.request("POST", path, body, self._headers(kind))
        response = connection.getresponse()
        if response.status != HTTPStatus.OK:
            raise EngineError(self._refusal(response))
        if (given := response.headers.get_content_type()) != kind:
            raise EngineError(f"{self} answered with {self.shown(given)} instead of {kind}; look at url")
        return response

    def _headers(self, kind: str) -> dict[str, str]:
        headers = {"Content-Type": "application/json", "Accept": kind, "Connection": "close"}
        return headers | ({"Authorization": f"Bearer {self._key}"} if self._key else {})

    def _refusal(self, response: http.client.HTTPResponse) -> str:
        status = response.status
        if HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST:
            to = self.shown(response.headers.get("Location", "another address"))
            return (
                f"{self} sends on to {to} ({status}), which is not followed; give that as url if it is right"
            )
        text = response.read(_AT_ONCE).decode("utf-8", "replace")
        with suppress(ValueError, RecursionError):  # a page, or nothing: shown as it is
            text = reason_in(json.loads(text))
        said = self.shown(text) or self.shown(response.reason)
        retry = self.shown(response.headers.get("Retry-After", ""))
        after = f", in {retry} s" if retry.isdecimal() else ""
        return f"{self} refused ({status}: {said}); {_NEXT.get(status, 'look at its log')}{after}"


def reason_in(said: object) -> str:
    """What an error in JSON, as servers write it, says in words."""
    match said:
        case {"error": inner}:
            return reason_in(inner)
        case {"message": str(message)} | {"detail": str(message)} | str(message):
            return message
    return json.dumps(said)


def _parts(url: str) -> SplitResult:
    """An address taken apart: one with a host, with a port where one is written, and without a secret."""
    like = "write it like http://127.0.0.1:8080/v1"
    try:
        parts = urlsplit(url)
        named = (parts.hostname or "").encode("idna") and parts.port != 0
    except ValueError as error:
        raise ConfigError(f"url is no address ({error}); {like}") from None
    if parts.scheme not in ("http", "https") or not named:
        raise ConfigError(f"url is no address; {like}")
    if parts.username is not None or parts.query or parts.fragment:
        raise ConfigError("url holds a user, a query or a fragment; give a key as api_key")
    if not re.fullmatch(r"[\x21-\x7e]*", parts.path):
        raise ConfigError("the path of url holds something else than visible ASCII; write that as %XX")
    return parts
