"""The application: routes, problems, layers, and what lives as long as the server does.

Owns what is opened at the start and closed at the end, and what is looked at once a second in between.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from importlib.metadata import PackageNotFoundError, version
from types import FrameType

from fastapi import FastAPI
from starlette.types import ASGIApp

from noesis.errors import NoesisError
from noesis.service import middleware, problems
from noesis.service.config import ServiceConfig
from noesis.service.metrics import Metrics
from noesis.service.routes import ROOT, KnowledgeRoutes, RunRoutes, router
from noesis.service.runs import Runs
from noesis.service.served import Served

PULSE_S = 1.0
LASTING = {f"{ROOT}/openapi.json": 300, f"{ROOT}/modules": 300}  # change with the server alone

log = logging.getLogger("noesis.service")


def build(config: ServiceConfig) -> ASGIApp:
    """Layers around the application, the outermost last. What it serves is opened here, so that a server
    that could answer nothing does not start."""
    served, runs, metrics = Served(config), Runs(config), Metrics()
    pulse = _Pulse(config, served, runs, metrics)
    app: ASGIApp = _api(config, pulse)
    most = config.most_body_bytes
    app = middleware.SizeLimit(app, most, lambda: problems.problem(413, middleware.too_large(most)))
    app = middleware.CacheHeader(app, LASTING)
    app = middleware.SecurityHeaders(app)
    app = middleware.Logging(app)
    app = middleware.Timing(app)
    app = middleware.RequestId(app)
    pulse.counting = middleware.Counting(app)
    return pulse.counting


def _api(config: ServiceConfig, pulse: _Pulse) -> FastAPI:
    app = FastAPI(
        title="noesis",
        description="A knowledge base over HTTP, and the runs of its modules.",
        version=_version(),
        openapi_url=f"{ROOT}/openapi.json",
        docs_url=None,  # their pages load scripts from elsewhere
        redoc_url=None,
        lifespan=pulse.living,
        redirect_slashes=False,
    )
    problems.register(app)
    knowledge = KnowledgeRoutes(pulse.served, pulse.metrics)
    app.include_router(router(config, knowledge, RunRoutes(config, pulse.runs)))
    problems.document(app)
    return app


def _version() -> str:
    try:
        return version("groundspeed")
    except PackageNotFoundError:  # run from a folder
        return "0"


class _Pulse:
    """What happens once a second: a new index is answered from, what it counted goes to the metrics, and a
    process that should end is told to, as by a person (SIGTERM)."""

    def __init__(self, config: ServiceConfig, served: Served, runs: Runs, metrics: Metrics) -> None:
        self.served, self.runs, self.metrics = served, runs, metrics
        self.counting: middleware.Counting | None = None
        self._max_requests = config.max_requests
        self._parent = os.getppid()

    @contextlib.asynccontextmanager
    async def living(self, _: FastAPI) -> AsyncIterator[None]:
        """From the start to the end of the server; no run outlives it."""
        beating = asyncio.create_task(self._beat())
        with _before_signals(self.runs.begin_to_close):
            yield
        beating.cancel()
        await self.runs.close()
        self.served.close()

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(PULSE_S)
            try:
                await asyncio.to_thread(self.served.refresh)
            except (NoesisError, OSError) as error:
                log.warning("the new index cannot be opened, the old one is served on: %s", error)
            self.metrics.update(self.served.stats(), self.served.lookups())
            if self._should_end():
                signal.raise_signal(signal.SIGTERM)

    def _should_end(self) -> bool:
        """Whether whoever started this process is gone, or it has answered enough and no run needs it."""
        assert self.counting is not None
        is_worn = 0 < self._max_requests <= self.counting.requests and self.runs.is_idle
        return is_worn or os.getppid() != self._parent


@contextlib.contextmanager
def _before_signals(tell: Callable[[], None]) -> Iterator[None]:
    """Call ``tell`` before what SIGINT and SIGTERM do already: a server waits for its connections then, and
    readers of logs must not be waited for."""
    if threading.current_thread() is not threading.main_thread():
        yield  # signals are somebody else's
        return
    found = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    before = {number: handler for number, handler in found.items() if callable(handler)}

    def handle(number: int, frame: FrameType | None) -> None:
        tell()
        before[signal.Signals(number)](number, frame)

    for number in before:
        signal.signal(number, handle)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
