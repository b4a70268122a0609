"""Serving a published site to this machine. Owns the answer to a request; knows nothing of its data.

Listens on 127.0.0.1 only, hands out files below the folder and lists none of it. Files named by
their content may be kept by the browser, the few that change may not. Text goes gzipped to whoever takes
it so, as web servers that are set up well send it; what publishing already packed goes as it is.
"""

from __future__ import annotations

import errno
import functools
import gzip
import io
import re
import sys
from http import HTTPStatus
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from groundspeed.errors import GroundspeedError, NothingMeasuredError

HOST = "127.0.0.1"
_TEXT = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".txt": "text/plain; charset=utf-8",
    ".svg": "image/svg+xml; charset=utf-8",
    ".atom": "application/atom+xml; charset=utf-8",
    ".xml": "application/xml; charset=utf-8",
    ".json": "application/json",  # UTF-8 by RFC 8259, which knows no charset
}
"""What compresses. Browsers refuse modules of another type, and the host's own table may say anything."""

_PACKED = {
    ".gz": "application/gzip",
    ".png": "image/png",
    ".ico": "image/vnd.microsoft.icon",
    ".wasm": "application/wasm",
    ".woff2": "font/woff2",
}
_LEVEL = 6  # of gzip: numpy's overview takes 5 ms, and 0.4 % more bytes than 9 would give
_FOR_EVER = "public, max-age=31536000, immutable"


class Preview:
    """A server that holds its port from the start; ``serve`` answers until it is interrupted."""

    def __init__(self, server: ThreadingHTTPServer) -> None:
        self._server = server

    @property
    def url(self) -> str:
        """Where a browser finds the site."""
        return f"http://{HOST}:{self._server.server_address[1]}/"

    def serve(self) -> None:
        """Answer requests until KeyboardInterrupt, or ``stop`` in another thread; then free the port."""
        try:
            self._server.serve_forever(poll_interval=0.1)
        finally:
            self._server.server_close()

    def stop(self) -> None:
        """End ``serve``; called from another thread."""
        self._server.shutdown()


def open_preview(html_dir: Path, port: int = 0) -> Preview:
    """Take ``port`` (0: any free one) for the site in ``html_dir``.

    Raises ``NothingMeasuredError`` when nothing was published there, ``GroundspeedError`` when the
    port cannot be had.
    """
    if not (html_dir / "index.html").is_file():
        raise NothingMeasuredError(f"There is no site in {html_dir}. Make it first: groundspeed publish.")
    handler = functools.partial(_Handler, directory=str(html_dir))
    try:
        return Preview(_Server((HOST, port), handler))
    except (OSError, OverflowError) as error:
        taken = isinstance(error, OSError) and error.errno == errno.EADDRINUSE
        reason = "is taken" if taken else f"cannot be had ({error})"
        raise GroundspeedError(
            f"Port {port} of {HOST} {reason}. Name another with --port, or leave it out: a free one is found."
        ) from error


class _Server(ThreadingHTTPServer):
    daemon_threads = True  # a browser that holds its connection does not hold Ctrl-C

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing of a browser that went away: it has what it wanted."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]  # typeshed's alias is private


class _Handler(SimpleHTTPRequestHandler):
    protocol_version = "HTTP/1.1"  # a page of twenty files over connections that stay
    disable_nagle_algorithm = True  # else a body waits 40 ms for the browser to acknowledge its head
    timeout = 60  # seconds without a word, then a connection's thread ends

    def send_head(self) -> io.BytesIO | None:
        """Send all but the body, and return that; None when there is none."""
        path = self._asked()
        try:
            content = path.read_bytes() if path.is_file() else None
        except OSError:  # not ours to read, swept just now, or no name for a file
            content = None
        if content is None:
            self.send_error(HTTPStatus.NOT_FOUND)
            return None
        is_text = path.suffix in _TEXT
        gzipped = is_text and _takes_gzip(self.headers.get("Accept-Encoding", ""))
        body = gzip.compress(content, _LEVEL, mtime=0) if gzipped else content
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", _type(path.suffix))
        self.send_header("Content-Length", str(len(body)))
        if is_text:
            self.send_header("Vary", "Accept-Encoding")
        if gzipped:
            self.send_header("Content-Encoding", "gzip")
        self.send_header("Cache-Control", _FOR_EVER if self._is_named_by_content(path) else "no-store")
        self.send_header("X-Content-Type-Options", "nosniff")
        self.end_headers()
        return io.BytesIO(body)

    def _asked(self) -> Path:
        """Where the file that the request names would be; ``translate_path`` never leaves the folder."""
        is_folder = self.path.partition("?")[0].endswith("/")
        return Path(self.translate_path(self.path), "index.html" if is_folder else "")

    def _is_named_by_content(self, path: Path) -> bool:
        return path.relative_to(self.directory).parts[0] in ("data", "app")

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # http.server's own name
        """Say nothing: the terminal holds the address."""


def _type(suffix: str) -> str:
    return {**_TEXT, **_PACKED}.get(suffix, "application/octet-stream")


def _takes_gzip(accepted: str) -> bool:
    """Whether an Accept-Encoding takes gzip; what names it counts before ``*`` (RFC 9110, 12.5.3)."""
    offers = (offer.partition(";") for offer in accepted.lower().split(","))
    weights = {coding.strip(): weight.replace(" ", "") for coding, _, weight in offers}
    weight = weights.get("gzip", weights.get("*", "q=0"))
    return not re.fullmatch(r"q=0(\.0*)?", weight)
