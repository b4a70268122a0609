"""The server: one process, or several behind one socket. Owns the address and the processes; uvicorn does
the rest.
"""

from __future__ import annotations

import functools
import os
import socket
import sys
import tempfile

import uvicorn
from uvicorn.supervisors import Multiprocess

from noesis.errors import ConfigError, SourceError
from noesis.knowledge import folders_of
from noesis.service import create_app
from noesis.service.config import ServerOptions, ServiceConfig

BACKLOG = 2048  # connections that wait while every worker is busy, or starts
MULTIPROCESS_VARIABLE = (
    "PROMETHEUS_MULTIPROC_DIR"  # read by prometheus_client at its import, so not from there
)


def run(config: ServiceConfig, options: ServerOptions) -> None:
    """Serve until a signal. The address is printed once connections are taken."""
    if not folders_of(config.index):
        raise SourceError(f"there is no index {config.index}; ingest folders first (noesis ingest FOLDER)")
    listening = _listening(options)
    told = _told(config, options)
    sys.stdout.write(f"noesis: serving on http://{_shown(listening)}\n")
    sys.stdout.flush()
    with listening:
        if options.workers == 1 and not config.max_requests:
            uvicorn.Server(told).run([listening])
            return
        with tempfile.TemporaryDirectory(prefix="noesis-metrics-") as folder:
            os.environ[MULTIPROCESS_VARIABLE] = folder
            Multiprocess(told, [listening]).run()


def _told(config: ServiceConfig, options: ServerOptions) -> uvicorn.Config:
    return uvicorn.Config(
        functools.partial(create_app, config),
        factory=True,
        workers=options.workers,
        timeout_keep_alive=options.keep_alive_s,
        timeout_graceful_shutdown=options.timeout_s,
        access_log=False,  # ours says more
        log_config=_LOGGING,
        server_header=False,
        backlog=BACKLOG,
    )


def _listening(options: ServerOptions) -> socket.socket:
    """A socket that takes connections.

    It names TCP, which ``socket.create_server`` leaves to the system: asyncio sends small packets at once
    (TCP_NODELAY) on sockets that do alone, and head and body of an answer are two. Without it every answer
    took 44 ms here, 40 of them the receiver's delayed acknowledgement.
    """
    family = socket.AF_INET6 if ":" in options.host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((options.host, options.port))
        listening.listen(BACKLOG)
    except OSError as error:
        listening.close()
        raise ConfigError(
            f"{options.host}:{options.port} cannot be listened on ({error}); choose another host or port"
        ) from error
    return listening


def _shown(listening: socket.socket) -> str:
    host, port = listening.getsockname()[:2]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


_LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "plain": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"},
        "line": {"format": "%(message)s"},  # of the access log, which is JSON already
    },
    "handlers": {
        "plain": {"class": "logging.StreamHandler", "formatter": "plain"},
        "line": {"class": "logging.StreamHandler", "formatter": "line"},
    },
    "loggers": {
        "noesis": {"handlers": ["plain"], "level": "WARNING", "propagate": False},
        "noesis.service.access": {"handlers": ["line"], "level": "INFO", "propagate": False},
        "uvicorn": {"handlers": ["plain"], "level": "WARNING", "propagate": False},
    },
}
