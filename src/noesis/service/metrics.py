"""The service's metrics in OpenMetrics. Owns their names; the page is prometheus_client's.

With several worker processes each counts in files of a folder that ``serving`` names in the environment
before they start, and whichever is asked adds them all up (prometheus_client's multiprocess mode).
"""

from __future__ import annotations

import os

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.openmetrics.exposition import CONTENT_TYPE_LATEST, generate_latest

from noesis.knowledge import Statistics
from noesis.service.served import Lookups

CONTENT_TYPE = CONTENT_TYPE_LATEST
MULTIPROCESS_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"
# Seconds; from half of a cached query to ten times the target of an uncached one.
BUCKETS = (0.00005, 0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0)


class Metrics:
    """The metrics of this process."""

    def __init__(self) -> None:
        self._registry = registry = CollectorRegistry()
        self._queries = Counter("noesis_queries_total", "Queries that were answered.", registry=registry)
        self._duration = Histogram(
            "noesis_query_duration_seconds",
            "Seconds that the answer of a query took.",
            buckets=BUCKETS,
            registry=registry,
        )
        self._hits = Counter(
            "noesis_cache_hits_total", "Queries that were answered from the cache.", registry=registry
        )
        self._misses = Counter(
            "noesis_cache_misses_total", "Queries that the cache was asked in vain.", registry=registry
        )
        self._documents = Gauge(
            "noesis_documents_total",
            "Documents in the index.",
            multiprocess_mode="mostrecent",
            registry=registry,
        )
        self._bytes = Gauge(
            "noesis_index_size_bytes",
            "Bytes of the index.",
            multiprocess_mode="mostrecent",
            registry=registry,
        )
        self._seen = Lookups(hits=0, misses=0)

    def answered(self, seconds: float) -> None:
        """One query more, and what it took."""
        self._queries.inc()
        self._duration.observe(seconds)

    def update(self, statistics: Statistics, lookups: Lookups) -> None:
        """What the knowledge base says of itself now."""
        self._hits.inc(lookups.hits - self._seen.hits)
        self._misses.inc(lookups.misses - self._seen.misses)
        self._seen = lookups
        self._documents.set(statistics.documents)
        self._bytes.set(statistics.index_bytes)

    def page(self) -> bytes:
        """All of them, of all workers, as ``CONTENT_TYPE``."""
        registry = self._registry
        if MULTIPROCESS_VARIABLE in os.environ:
            registry = CollectorRegistry()
            MultiProcessCollector(registry)  # type: ignore[no-untyped-call]  # the library's
        page: bytes = generate_latest(registry)  # type: ignore[no-untyped-call]  # the library's
        return page
