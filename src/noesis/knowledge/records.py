"""What a knowledge base gives back. Every record is frozen, down to the last tuple."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Hit:
    """One document of an answer. ``score``: BM25, higher is better; ``snippet``: a passage around the
    query's terms, on one line."""

    path: str
    score: float
    snippet: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """What a query found: ``total`` documents hold any of ``terms``; ``hits`` are the ones asked for, best
    first, equal ones by their path."""

    terms: tuple[str, ...]
    total: int
    hits: tuple[Hit, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Failure:
    """A file that could not be read, and why."""

    path: str
    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Ingested:
    """What an ingestion found. ``is_switched``: queries are answered from a new index since; without a
    change there is none."""

    documents: int
    added: int
    changed: int
    removed: int
    failures: tuple[Failure, ...]
    is_switched: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Progress:
    """So many files of all that are to be read or taken over have been; ``path`` is the last one."""

    done: int
    total: int
    path: str


Report = Callable[[Progress], None]


@dataclass(frozen=True, kw_only=True, slots=True)
class Statistics:
    """A knowledge base at a moment. ``query_rate`` is queries a second since it was opened; ``hit_ratio`` is
    of the queries that looked into the cache, 0 without any; ``heartbeat_failure``: what the last heartbeat
    ended with, empty when it was well."""

    documents: int
    failures: int
    terms: int
    queries: int
    cache_hits: int
    cache_misses: int
    cached_answers: int
    hit_ratio: float
    last_access: datetime | None
    index_bytes: int
    uptime_s: float
    query_rate: float
    heartbeat_failure: str
