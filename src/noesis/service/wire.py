"""What requests and answers look like in JSON, and how they become records and come from them. Owns every
bound of a request; unknown keys are refused."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from noesis.knowledge import Answer, Statistics
from noesis.service.records import Run, State
from noesis.service.registry import Choice, Module, Whole

MOST_LETTERS = 10_000  # of a query
MOST_HITS = 100
MOST_OFFSET = 100_000
MOST_QUERIES = 100  # of a batch
MOST_WARMED = 1000
MOST_PARAMETERS = 50


def _whole(value: object) -> object:
    """89.0 is an integer to JSON Schema, and so to our own."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


WHOLE = BeforeValidator(_whole)
Text = Annotated[str, Field(max_length=MOST_LETTERS, description="Terms; neither case nor order matters.")]


class _Request(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class QueryRequest(_Request):
    """A query and the page of its hits that is wanted."""

    text: Text
    limit: Annotated[int, Field(ge=0, le=MOST_HITS), WHOLE] = 10
    offset: Annotated[int, Field(ge=0, le=MOST_OFFSET), WHOLE] = 0
    use_cache: bool = True


class BatchRequest(_Request):
    """Queries that are answered in their order."""

    queries: Annotated[list[QueryRequest], Field(min_length=1, max_length=MOST_QUERIES)]


class WarmRequest(_Request):
    """Queries that are answered for the cache."""

    queries: Annotated[list[Text], Field(min_length=1, max_length=MOST_WARMED)]


class RunRequest(_Request):
    """What a module is told; ``GET /api/v1/modules`` says what it knows."""

    parameters: Annotated[dict[str, Annotated[int, WHOLE] | str], Field(max_length=MOST_PARAMETERS)] = {}


class HitAnswer(BaseModel):
    """One document."""

    path: str
    score: float
    snippet: str


class QueryAnswer(BaseModel):
    """``total`` documents hold any of ``terms``; ``hits`` are those of the page, best first."""

    terms: list[str]
    total: int
    limit: int
    offset: int
    hits: list[HitAnswer]

    @staticmethod
    def of(answer: Answer, asked: QueryRequest) -> QueryAnswer:
        """From the knowledge base's answer."""
        hits = [
            HitAnswer(path=_text(hit.path), score=hit.score, snippet=_text(hit.snippet))
            for hit in answer.hits
        ]
        return QueryAnswer(
            terms=list(answer.terms), total=answer.total, limit=asked.limit, offset=asked.offset, hits=hits
        )


class BatchAnswer(BaseModel):
    """An answer for each query, in their order."""

    answers: list[QueryAnswer]


class WarmAnswer(BaseModel):
    """So many queries were answered for the cache of the process ``worker``."""

    warmed: int
    worker: int


class HealthAnswer(BaseModel):
    """The service answers, and from so many documents."""

    status: Literal["ok"]
    documents: int


class StatsAnswer(BaseModel):
    """The knowledge base of the process ``worker``, since it was opened."""

    documents: int
    failures: int
    terms: int
    index_bytes: int
    queries: int
    cache_hits: int
    cache_misses: int
    cached_answers: int
    hit_ratio: float
    uptime_s: float
    worker: int

    @staticmethod
    def of(found: Statistics, worker: int) -> StatsAnswer:
        """From the knowledge base's own."""
        names = set(StatsAnswer.model_fields) - {"worker"}
        return StatsAnswer(worker=worker, **{name: getattr(found, name) for name in names})


class ParameterAnswer(BaseModel):
    """A parameter: a whole number from ``least`` to ``most``, or one of ``words``."""

    name: str
    kind: Literal["whole", "choice"]
    description: str
    least: int | None = None
    most: int | None = None
    words: list[str] | None = None

    @staticmethod
    def of(parameter: Whole | Choice) -> ParameterAnswer:
        """From the registry's."""
        found = ParameterAnswer(name=parameter.name, kind="whole", description=parameter.description)
        if isinstance(parameter, Whole):
            return found.model_copy(update={"least": parameter.least, "most": parameter.most})
        return found.model_copy(update={"kind": "choice", "words": list(parameter.words)})


class ModuleAnswer(BaseModel):
    """A module that can be started."""

    name: str
    description: str
    parameters: list[ParameterAnswer]

    @staticmethod
    def of(module: Module) -> ModuleAnswer:
        """From the registry's."""
        parameters = [ParameterAnswer.of(one) for one in module.parameters]
        return ModuleAnswer(name=module.name, description=module.description, parameters=parameters)


class RunAnswer(BaseModel):
    """A run. ``ended`` is absent while it runs; ``reason`` says why it ended where the state does not."""

    id: str
    module: str
    parameters: dict[str, int | str]
    state: State
    reason: str
    pid: int
    started: datetime
    ended: datetime | None = None
    dropped_bytes: int

    @staticmethod
    def of(run: Run) -> RunAnswer:
        """From the record."""
        return RunAnswer(
            id=run.id,
            module=run.module,
            parameters=dict(run.parameters),
            state=run.outcome.state,
            reason=run.outcome.reason,
            pid=run.pid,
            started=run.started,
            ended=run.ended,
            dropped_bytes=run.dropped_bytes,
        )


class _Page(BaseModel):
    """A part of a list: ``total`` there are; ``next`` is where the list goes on, absent at its end."""

    total: int
    limit: int
    offset: int
    next: str | None = None


class ModulesPage(_Page):
    """Modules by their name."""

    items: list[ModuleAnswer]


class RunsPage(_Page):
    """Runs, newest first."""

    items: list[RunAnswer]


def _text(found: str) -> str:
    """A name of a file that is no UTF-8 holds what JSON cannot: as a question mark."""
    return found.encode("utf-8", "replace").decode()
