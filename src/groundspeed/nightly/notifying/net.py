"""Asking a server over HTTP, within bounds: of time, of bytes, of attempts, of trust.

A request ends within its time even where a server sends a byte a minute; redirects are followed within the
same server alone, for a token goes with them; what carries a secret goes over TLS, but to the loopback.
What may have been done already is not asked again. Errors name the host and never an address or a header.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import re
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from urllib.parse import urljoin, urlsplit, urlunsplit

from groundspeed.nightly.notifying.secrets import NotifyError

LARGEST = 8_000_000
"""Bytes of an answer: a hundred issues of GitHub's largest body (65,536 characters) are below it."""

_REDIRECTS = 3
_SAME_METHOD = (301, 307, 308)  # 301: as GitHub asks for it of repositories that moved
_LOOPBACK = ("127.0.0.1", "::1", "localhost")
_SAID = 120  # characters of a server's own words


@dataclass(frozen=True, kw_only=True, slots=True)
class Patience:
    """``timeout_s`` bounds one attempt; between attempts ``wait_s``, doubled each time, or what the server
    asks for where that is within ``longest_wait_s``: four attempts thus end within some four minutes.
    """

    attempts: int = 4
    timeout_s: float = 20.0
    wait_s: float = 1.0
    longest_wait_s: float = 60.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Request:
    """One question. ``repeatable``: asked twice it does no more than asked once."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes
    repeatable: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """What a server said; the names of headers are small."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def said(self) -> str:
        """The server's words in a line; a page for people is not repeated."""
        kind = self.headers.get("content-type", "")
        text = self.body.decode("utf-8", "replace").strip()
        if "json" in kind:
            with contextlib.suppress(ValueError, AttributeError):
                text = str(json.loads(text).get("message") or "")
        elif "html" in kind:
            text = "a page for people"
        return " ".join(text.split())[:_SAID]


class NoAnswerError(NotifyError):
    """No whole answer came; whether the request was carried out, nobody knows."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Net:
    """The network. ``sleep`` waits between attempts; ``trust`` is whom TLS believes: None, the system's."""

    patience: Patience = Patience()
    sleep: Callable[[float], None] = time.sleep
    trust: ssl.SSLContext | None = None

    def send(self, request: Request) -> Answer:
        """The answer, whatever its status; 2xx is not asked again, nor is what no waiting mends.

        Raises ``NoAnswerError``, or ``NotifyError`` for an address that is none.
        """
        checked(request.url)
        for attempt in range(self.patience.attempts - 1):
            wait = self._backoff(attempt)
            try:
                answer = self._followed(request)
            except NoAnswerError as error:
                if not (request.repeatable or isinstance(error.__cause__, _NEVER_REACHED)):
                    raise
            else:
                asked = self._asked_to_wait(answer, wait, repeatable=request.repeatable)
                if asked is None:
                    return answer
                wait = asked
            self.sleep(wait)
        return self._followed(request)

    def _backoff(self, attempt: int) -> float:
        return float(self.patience.wait_s * 2**attempt)

    def _asked_to_wait(self, answer: Answer, otherwise: float, *, repeatable: bool) -> float | None:
        """Seconds until it is worth asking again; None: it is not."""
        asked = answer.headers.get("retry-after", "")
        refused = answer.status == 429 or (answer.status in (403, 503) and asked)  # and did nothing
        if not (refused or (answer.status >= 500 and repeatable)):
            return None
        wait = float(asked) if asked.isascii() and asked.isdigit() else otherwise
        return wait if wait <= self.patience.longest_wait_s else None

    def _followed(self, request: Request) -> Answer:
        for _ in range(_REDIRECTS):
            answer = _exchanged(request, self.patience.timeout_s, self.trust)
            target = answer.headers.get("location")
            if answer.status not in _SAME_METHOD or target is None:
                return answer
            target = urljoin(request.url, target)
            if _origin(target) != _origin(request.url):
                raise NotifyError(
                    f"{host_of(request.url)} sends on to another server, {host_of(target)}: not followed. "
                    "Configure that address, if it is right."
                )
            request = replace(request, url=target)
        raise NotifyError(f"{host_of(request.url)} sends in a circle: see to its address.")


_NEVER_REACHED = (ConnectionRefusedError, socket.gaierror)


def checked(url: str) -> None:
    """Raises ``NotifyError`` for an address that is none, or where a secret would travel in clear text."""
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
        loopback = parts.hostname in _LOOPBACK
        strange = "@" in parts.netloc or not re.fullmatch(r"[!-~]+", url)
    except ValueError:
        usable = loopback = strange = False
    if not usable or strange:
        raise NotifyError("An address to tell is no https address: set it again.")
    if parts.scheme == "http" and not loopback:
        raise NotifyError(f"{parts.hostname} would be told without encryption: write https://.")


def host_of(url: str) -> str:
    """What of an address may be said: Slack's addresses are secrets."""
    with contextlib.suppress(ValueError):
        return urlsplit(url).hostname or "nowhere"
    return "nowhere"


def _origin(url: str) -> tuple[str, str | None, int | None] | None:
    with contextlib.suppress(ValueError):
        parts = urlsplit(url)
        default = 443 if parts.scheme == "https" else 80
        return parts.scheme, parts.hostname, parts.port or default
    return None


def _exchanged(request: Request, timeout_s: float, trust: ssl.SSLContext | None) -> Answer:
    """One request and its answer. Raises ``NoAnswerError``, its cause the error below."""
    parts = urlsplit(request.url)
    host = parts.hostname or ""
    path = urlunsplit(("", "", parts.path or "/", parts.query, ""))
    connection: http.client.HTTPConnection
    if parts.scheme == "https":
        connection = http.client.HTTPSConnection(host, parts.port, timeout=timeout_s, context=trust)
    else:
        connection = http.client.HTTPConnection(host, parts.port, timeout=timeout_s)
    try:
        connection.connect()
        with ended_after(timeout_s, lambda: connection.sock):
            connection.request(request.method, path, request.body, dict(request.headers))
            return _answer(connection.getresponse())
    except (OSError, http.client.HTTPException) as error:
        raise NoAnswerError(
            f"{host} gave no whole answer: {said_of(error)}. It is tried again the next time."
        ) from error
    finally:
        connection.close()


def _answer(response: http.client.HTTPResponse) -> Answer:
    with response:
        body = response.read(LARGEST + 1)
        if len(body) > LARGEST:
            raise OSError(f"more than {LARGEST:,} bytes")
        if response.length:  # read(n) is content with less than was promised
            raise http.client.IncompleteRead(body, response.length)
    headers = {name.lower(): value for name, value in response.getheaders()}
    return Answer(status=response.status, headers=headers, body=body)


def said_of(error: Exception) -> str:
    """An error of the network in words."""
    return getattr(error, "strerror", None) or str(error) or type(error).__name__


@contextlib.contextmanager
def ended_after(seconds: float, current: Callable[[], socket.socket | None]) -> Iterator[None]:
    """What goes on over a socket ends in time: it is shut from outside, and ``TimeoutError`` is raised.

    A time-out of a socket is of one read, and a server that sends now and then never meets it. ``current``
    gives the socket of that moment: TLS that starts later has another.
    """
    late = threading.Event()

    def shut() -> None:
        late.set()
        sock = current()
        with contextlib.suppress(OSError):
            if sock is not None:
                sock.shutdown(socket.SHUT_RDWR)

    timer = threading.Timer(seconds, shut)
    timer.daemon = True
    timer.start()
    try:
        yield
    except Exception as error:
        if late.is_set():
            raise TimeoutError(f"not done within {seconds:g} s") from error
        raise
    finally:
        timer.cancel()
    if late.is_set():  # an answer that ends with its connection seems whole
        raise TimeoutError(f"not done within {seconds:g} s")
