"""A knowledge base over HTTP: queries, the runs of modules with their logs, and metrics.

``create_app`` makes the ASGI application, ``serve`` serves it until it is told to end; both need the extra
``service`` and import it when they are called. ``ServiceConfig`` says what is served and within what limits.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from noesis.service.config import ServerOptions, ServiceConfig
from noesis.service.records import Outcome, Run, State
from noesis.service.registry import MODULES, Choice, Module, Whole

if TYPE_CHECKING:
    from starlette.types import ASGIApp

__all__ = [
    "MODULES",
    "Choice",
    "Module",
    "Outcome",
    "Run",
    "ServerOptions",
    "ServiceConfig",
    "State",
    "Whole",
    "create_app",
    "serve",
]


def create_app(config: ServiceConfig) -> ASGIApp:
    """The application, with its middleware, for any ASGI server that keeps its lifespan.

    Raises ``SourceError`` without an index, ``StorageError`` where it is something else or runs cannot be
    kept, ``ExtraError`` without the extra.
    """
    _require()
    from noesis.service.app import build

    return build(config)


def serve(config: ServiceConfig, options: ServerOptions) -> None:
    """Serve until SIGINT or SIGTERM; every run has ended then.

    Raises ``SourceError`` without an index, ``ConfigError`` where the address cannot be had, ``ExtraError``
    without the extra.
    """
    _require()
    from noesis.service.serving import run

    run(config, options)


def _require() -> None:
    from noesis.extras import required

    for module in ("fastapi", "prometheus_client", "uvicorn"):
        required(module, "service")
