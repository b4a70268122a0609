"""Serving a published site to this machine. Owns the answer to a request; knows nothing of its data.

Listens on 127.0.0.1 only, hands out files below the folder and lists none of it. Files named by
their content may be kept by the browser, the few that change may not.
"""

from __future__ import annotations

import errno
import functools
import os
from http import HTTPStatus
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from groundspeed.errors import GroundspeedError, NothingMeasuredError

HOST = "127.0.0.1"
# browsers refuse modules of another type; the host's own table may say anything
_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".json": "application/json",
}
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


class _Handler(SimpleHTTPRequestHandler):
    def guess_type(self, path: str | os.PathLike[str]) -> str:
        return _TYPES.get(Path(path).suffix, "application/octet-stream")

    def end_headers(self) -> None:
        path = self.path.partition("?")[0]
        named_by_content = path.startswith(("/data/", "/app/"))
        self.send_header("Cache-Control", _FOR_EVER if named_by_content else "no-store")
        self.send_header("X-Content-Type-Options", "nosniff")
        super().end_headers()

    def list_directory(self, path: object) -> None:
        del path
        self.send_error(HTTPStatus.NOT_FOUND)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # http.server's own name
        """Say nothing: the terminal holds the address."""
