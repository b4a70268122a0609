"""The resources of the service. Owns paths, what of a request each needs, and what it answers with; what is
done stands in ``served`` and ``runs``.

A single query is answered in the event loop: it takes less than the way to a thread and back would add at
its 99th percentile (docs/service.md). A batch goes to a thread.
"""

from __future__ import annotations

import asyncio
import functools
import hmac
import os
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Query, Response, Security
from fastapi.responses import StreamingResponse
from fastapi.security import APIKeyHeader

from noesis.service import wire
from noesis.service.config import ServiceConfig
from noesis.service.errors import RefusedError
from noesis.service.logs import LogReader, event, events
from noesis.service.metrics import CONTENT_TYPE, Metrics
from noesis.service.problems import Problem
from noesis.service.runs import Runs
from noesis.service.served import Served

ROOT = "/api/v1"
TICK_S = 0.05  # so late a reader that waits for more sees it
QUIET_S = 15.0  # after so long without a line a comment shows that the stream lives
EVENT_STREAM = "text/event-stream"
MOST_PAGE = 100
MOST_LINE = 10**12

Limit = Annotated[int, Query(ge=1, le=MOST_PAGE, description="So many.")]
Offset = Annotated[int, Query(ge=0, le=1_000_000, description="After so many.")]
KEY = APIKeyHeader(name="X-API-Key", auto_error=False)
Key = Annotated[str | None, Security(KEY)]


def refusals(*statuses: int) -> dict[int | str, dict[str, object]]:
    """How a route says which problems it answers with."""
    return {status: {"model": Problem} for status in statuses}


class KnowledgeRoutes:
    """Questions to the knowledge base."""

    def __init__(self, served: Served, metrics: Metrics) -> None:
        self._served = served
        self._metrics = metrics

    async def health(self) -> wire.HealthAnswer:
        """Whether the service answers."""
        return wire.HealthAnswer(status="ok", documents=self._served.stats().documents)

    async def stats(self) -> wire.StatsAnswer:
        """What there is and what was asked so far."""
        return wire.StatsAnswer.of(self._served.stats(), os.getpid())

    async def query(self, body: wire.QueryRequest) -> wire.QueryAnswer:
        """The documents that hold any term, best first."""
        return self._answer(body)

    def query_batch(self, body: wire.BatchRequest) -> wire.BatchAnswer:
        """Up to a hundred queries in one request."""
        return wire.BatchAnswer(answers=[self._answer(one) for one in body.queries])

    def warm_cache(self, body: wire.WarmRequest) -> wire.WarmAnswer:
        """Answer queries for the cache of the process that is asked."""
        return wire.WarmAnswer(warmed=self._served.base.warm(body.queries), worker=os.getpid())

    async def metrics(self) -> Response:
        """What is counted, in OpenMetrics."""
        self._metrics.update(self._served.stats(), self._served.lookups())
        return Response(self._metrics.page(), media_type=CONTENT_TYPE)

    def _answer(self, asked: wire.QueryRequest) -> wire.QueryAnswer:
        start = time.perf_counter()
        found = self._served.base.query(asked.text, asked.use_cache, asked.limit, asked.offset)
        self._metrics.answered(time.perf_counter() - start)
        return wire.QueryAnswer.of(found, asked)


class RunRoutes:
    """Modules and their runs."""

    def __init__(self, config: ServiceConfig, runs: Runs) -> None:
        self._modules = sorted(config.modules, key=lambda module: module.name)
        self._runs = runs

    async def modules(self, limit: Limit = 20, offset: Offset = 0) -> wire.ModulesPage:
        """What can be started."""
        shown = self._modules[offset : offset + limit]
        total = len(self._modules)
        return wire.ModulesPage(
            items=[wire.ModuleAnswer.of(one) for one in shown],
            total=total,
            limit=limit,
            offset=offset,
            next=_next("modules", limit, offset, total),
        )

    async def start(
        self, name: str, response: Response, body: wire.RunRequest | None = None
    ) -> wire.RunAnswer:
        """Start a module as a process; it has been started when this answers."""
        run = await self._runs.start(name, body.parameters if body else {})
        response.headers["Location"] = f"{ROOT}/runs/{run.id}"
        return wire.RunAnswer.of(run)

    async def runs(self, limit: Limit = 20, offset: Offset = 0) -> wire.RunsPage:
        """Runs, newest first."""
        found, total = self._runs.page(limit, offset)
        return wire.RunsPage(
            items=[wire.RunAnswer.of(run) for run in found],
            total=total,
            limit=limit,
            offset=offset,
            next=_next("runs", limit, offset, total),
        )

    async def run(self, run_id: str) -> wire.RunAnswer:
        """How a run stands."""
        return wire.RunAnswer.of(self._runs.get(run_id))

    async def cancel(self, run_id: str) -> wire.RunAnswer:
        """Have a run end; it has when its state says so."""
        return wire.RunAnswer.of(self._runs.cancel(run_id))

    async def logs(
        self,
        run_id: str,
        last_event_id: Annotated[int, Header(ge=0, le=MOST_LINE, description="Go on after this line.")] = 0,
    ) -> Response:
        """The log as server-sent events, a line each, its number the id; then an event ``end`` with the run.

        204 where a reader comes back who has had every line of a run that has ended.
        """
        run = self._runs.get(run_id)
        try:
            reader = LogReader(self._runs.files(run_id).log)
        except FileNotFoundError:
            raise RefusedError(404, f"the run {run_id} has no log", "path.run_id") from None
        if not await asyncio.to_thread(reader.skip, last_event_id):
            reader.close()
            what = f"the log has {reader.line - 1} lines so far; go on after one of them"
            raise RefusedError(422, what, "header.last-event-id")
        if last_event_id and not run.is_running and reader.is_at_end:
            reader.close()
            return Response(status_code=204)
        return StreamingResponse(self._follow(run_id, reader), media_type=EVENT_STREAM)

    async def _follow(self, run_id: str, reader: LogReader) -> AsyncIterator[bytes]:
        """Blocks of events; each is made when the one before it was taken."""
        clock = asyncio.get_running_loop().time
        said = clock()
        try:
            while True:
                run = self._runs.get(run_id)  # before the block: what comes after its end is no more
                first = reader.line
                if lines := reader.block():
                    yield events(lines, first)
                    said = clock()
                    continue
                if not run.is_running:
                    yield event("end", wire.RunAnswer.of(run).model_dump_json(exclude_none=True))
                    return
                if self._runs.is_closing:
                    return
                if clock() - said > QUIET_S:
                    yield b":\n\n"
                    said = clock()
                await asyncio.sleep(TICK_S)
        finally:
            reader.close()


def router(config: ServiceConfig, knowledge: KnowledgeRoutes, runs: RunRoutes) -> APIRouter:
    """Every path, with what it answers."""
    found = APIRouter()
    add = functools.partial(found.add_api_route, response_model_exclude_none=True)
    get = functools.partial(add, methods=["GET"])
    post = functools.partial(add, methods=["POST"])
    guarded = functools.partial(post, dependencies=[Depends(_guard(config.api_key))])
    get(f"{ROOT}/health", knowledge.health)
    get(f"{ROOT}/stats", knowledge.stats)
    post(f"{ROOT}/query", knowledge.query, responses=refusals(400, 413, 422))
    post(f"{ROOT}/query/batch", knowledge.query_batch, responses=refusals(400, 413, 422))
    guarded(f"{ROOT}/admin/warm-cache", knowledge.warm_cache, responses=refusals(400, 401, 403, 413, 422))
    get(f"{ROOT}/modules", runs.modules, responses=refusals(422))
    guarded(
        f"{ROOT}/modules/{{name}}/runs",
        runs.start,
        status_code=201,
        responses=refusals(400, 401, 403, 404, 413, 422, 429, 503),
    )
    get(f"{ROOT}/runs", runs.runs, responses=refusals(422))
    get(f"{ROOT}/runs/{{run_id}}", runs.run, responses=refusals(404, 422))
    guarded(
        f"{ROOT}/runs/{{run_id}}/cancel",
        runs.cancel,
        status_code=202,
        responses=refusals(401, 403, 404, 409, 422),
    )
    streamed = {"content": {EVENT_STREAM: {"schema": {"type": "string"}}}}
    get(
        f"{ROOT}/runs/{{run_id}}/logs",
        runs.logs,
        response_class=StreamingResponse,
        responses={200: streamed, 204: {"description": "Nothing more will come"}, **refusals(404, 422)},
    )
    counted = {"content": {CONTENT_TYPE: {"schema": {"type": "string"}}}}
    get("/metrics", knowledge.metrics, response_class=Response, responses={200: counted})
    return found


def _guard(expected: str) -> Callable[..., Awaitable[None]]:
    """Lets through who sends the key."""

    async def guard(key: Key = None) -> None:
        if not expected:
            raise RefusedError(
                403, "this server was started without a key; set NOESIS_API_KEY and start it again"
            )
        if key is None or not hmac.compare_digest(key.encode(), expected.encode()):
            raise RefusedError(401, "this needs the key of the server", "header.x-api-key")

    return guard


def _next(name: str, limit: int, offset: int, total: int) -> str | None:
    after = offset + limit
    return f"{ROOT}/{name}?limit={limit}&offset={after}" if after < total else None
