"""What slows a knowledge base down, with the evidence and the remedy. Owns the four questions and their
limits; changes nothing but the time of the last query and the counts that queries move.

Everything is measured on the base itself, in this process: queries one after the other, queries from twenty
threads at once, the memory that the kernel counts, and what the cache has answered or would have.
"""

from __future__ import annotations

import itertools
import random
import threading
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from noesis.knowledge.base import KnowledgeBase
from noesis.knowledge.cache import LRUCache
from noesis.knowledge.index import query_terms

THREADS = 20
_SAMPLES = 200  # queries that are made up where none are given, and the most that are timed one by one
_STRETCH_S = 0.5  # of each number of threads
_FEWEST_LOOKUPS = 100  # fewer tell nothing of a ratio
_IDLE = 0.5  # processors: threads that had work would keep at least one busy


@dataclass(frozen=True, kw_only=True, slots=True)
class Limits:
    """Beyond these something is wrong. Seconds, queries a second, shares and bytes."""

    slowest_p99_s: float = 0.1
    least_rate: float = 200.0
    least_hit_ratio: float = 0.8
    base_bytes: int = 500_000_000
    bytes_per_document: int = 200_000


class State(Enum):
    """What a question came to."""

    FINE = "fine"
    PROBLEM = "problem"
    UNKNOWN = "unknown"


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """The answer to one question: what was seen, and what to do about it (nothing where it is fine)."""

    subject: str
    state: State
    evidence: tuple[str, ...]
    remedies: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class _Timed:
    """A query's duration, and how many documents it found."""

    text: str
    seconds: float
    total: int


def diagnose(
    base: KnowledgeBase, queries: Sequence[str] = (), *, limits: Limits | None = None
) -> tuple[Finding, ...]:
    """Slow queries, thread bottlenecks, high memory and an inefficient cache, in this order.

    ``queries`` is a log, in the order in which it was asked; without one, queries are made up of the index's
    own terms, and of the cache no more is known than what it has answered so far. Takes about two seconds.
    """
    limits = limits or Limits()
    lookups = base.stats().cache_hits + base.stats().cache_misses
    cache = _of_the_past(base, limits) if lookups >= _FEWEST_LOOKUPS else _of_a_log(base, queries, limits)
    asked = list(queries[:_SAMPLES]) or sample(base)
    if not asked:
        nothing = ("the index holds no term; ingest documents first",)
        return (Finding(subject="queries", state=State.UNKNOWN, evidence=nothing, remedies=()), cache)
    return (_slow(base, asked, limits), _contended(base, asked, limits), _heavy(base, limits), cache)


def sample(base: KnowledgeBase, seed: int = 0) -> list[str]:
    """Queries of one to three terms of the index, each as likely as documents hold it; none without terms."""
    vocabulary = base.vocabulary()
    if not vocabulary:
        return []
    draw = random.Random(seed)  # noqa: S311 (a sample, no secret)
    terms, weights = [term for term, _ in vocabulary], [count for _, count in vocabulary]
    return [" ".join(draw.choices(terms, weights, k=draw.randint(1, 3))) for _ in range(_SAMPLES)]


def _slow(base: KnowledgeBase, queries: Sequence[str], limits: Limits) -> Finding:
    timed = sorted((_timed(base, text) for text in queries), key=lambda one: one.seconds)
    p50, p95, p99 = (_ranked(timed, percent).seconds for percent in (50, 95, 99))
    slowest = timed[-1]
    share = f"{slowest.total:,} of {base.stats().documents:,} documents"
    return _finding(
        "slow queries",
        p99 > limits.slowest_p99_s,
        evidence=(
            f"{len(timed)} queries past the cache; limit of p99: {_ms(limits.slowest_p99_s)}",
            f"p50 {_ms(p50)}, p95 {_ms(p95)}, p99 {_ms(p99)}",
            f"the slowest took {_ms(slowest.seconds)} and found {share}: {slowest.text!r:.120}",
        ),
        remedies=(
            "ask for fewer and rarer terms: time grows with the documents that a term is in",
            "keep answers: a larger max_cache_size, and warming_queries for what is asked often",
            "lower limit where it is above 10: each hit's snippet is looked for in its text",
        ),
    )


def _contended(base: KnowledgeBase, queries: Sequence[str], limits: Limits) -> Finding:
    alone, _ = _rate(base, queries, 1)
    together, busy = _rate(base, queries, THREADS)
    return _finding(
        "thread bottleneck",
        together < limits.least_rate,
        evidence=(
            f"{together:,.0f} queries a second with {THREADS} threads; limit {limits.least_rate:,.0f}",
            f"{alone:,.0f} with one thread",
            f"{busy:.1f} processors were busy with the {THREADS}",
        ),
        remedies=(
            "processors idle while threads wait: look for a lock around query (py-spy dump)"
            if busy < _IDLE
            else "the processors are busy: answer from several processes on the same cache_file",
            "keep answers: a cached one takes a few microseconds and no search",
        ),
    )


def _heavy(base: KnowledgeBase, limits: Limits) -> Finding:
    found = base.stats()
    own, mapped = _resident()
    limit = limits.base_bytes + limits.bytes_per_document * found.documents
    rule = f"{_mb(limits.base_bytes)} and {_mb(limits.bytes_per_document * 1000)} per 1,000 documents"
    return _finding(
        "high memory",
        own > limit,
        evidence=(
            f"{_mb(own)} of the process's own; limit {_mb(limit)} ({rule})",
            f"{_mb(mapped)} of files, which the kernel takes back when it needs room",
            f"{found.documents:,} documents, {_mb(found.index_bytes)} of index",
            f"{found.cached_answers:,} answers kept",
        ),
        remedies=(
            "lower max_cache_size",
            "ingest in a process of its own (noesis ingest): what that takes goes with it",
            "lower max_workers: each holds a file, its text and 50 MB of index that is being written",
        ),
    )


def _of_the_past(base: KnowledgeBase, limits: Limits) -> Finding:
    found, places = base.stats(), base.config.max_cache_size
    looked_up = found.cache_hits + found.cache_misses
    return _finding(
        "cache inefficiency",
        found.hit_ratio < limits.least_hit_ratio,
        evidence=(
            f"{found.hit_ratio:.1%} of {looked_up:,} look-ups were hits; limit {limits.least_hit_ratio:.0%}",
            f"{found.cached_answers:,} of {places:,} places are taken",
        ),
        remedies=(
            "raise max_cache_size: every place is taken"
            if found.cached_answers >= places
            else "name frequent questions in warming_queries: the cache has room, and each change empties it",
        ),
    )


def _of_a_log(base: KnowledgeBase, queries: Sequence[str], limits: Limits) -> Finding:
    if len(queries) < _FEWEST_LOOKUPS:
        return Finding(
            subject="cache inefficiency",
            state=State.UNKNOWN,
            evidence=(f"fewer than {_FEWEST_LOOKUPS} look-ups so far, and no log of as many queries",),
            remedies=("give a log of what is asked",),
        )
    asked = [query_terms(text) for text in queries]
    size, counted = base.config.max_cache_size, Counter(asked)
    ((often, times),) = counted.most_common(1)
    ratio = _hit_ratio(asked, size)
    return _finding(
        "cache inefficiency",
        ratio < limits.least_hit_ratio,
        evidence=(
            f"{ratio:.1%} of the log's {len(asked):,} queries are hits with max_cache_size = {size:,}",
            f"limit {limits.least_hit_ratio:.0%}",
            f"{len(counted):,} different questions; {times:,} times the same: {' '.join(often)!r:.80}",
        ),
        remedies=(_size_that_does(asked, size, len(counted), limits.least_hit_ratio),),
    )


def _size_that_does(asked: Sequence[tuple[str, ...]], size: int, largest: int, wanted: float) -> str:
    """What to set max_cache_size to: the first doubling that reaches the ratio."""
    doubled = max(size, 1)
    while doubled < largest:
        doubled *= 2
        if (ratio := _hit_ratio(asked, doubled)) >= wanted:
            return f"set max_cache_size to {doubled:,}: {ratio:.1%} of this log would be hits"
    share = 1 - largest / len(asked)
    return (
        f"no size reaches it: {largest:,} of {len(asked):,} questions are new ones, so {share:.1%} at best; "
        "warm what is asked first"
    )


def _hit_ratio(asked: Sequence[tuple[str, ...]], size: int) -> float:
    """The share of hits when the log is asked of an empty cache of this size. O(queries)."""
    cache: LRUCache[bool] = LRUCache(size)
    for terms in asked:
        if cache.get(terms) is None:
            cache.put(terms, True)
    return cache.statistics().hits / len(asked)


def _timed(base: KnowledgeBase, text: str) -> _Timed:
    start = time.perf_counter()
    answer = base.query(text, use_cache=False)
    return _Timed(text=text, seconds=time.perf_counter() - start, total=answer.total)


def _rate(base: KnowledgeBase, queries: Sequence[str], threads: int) -> tuple[float, float]:
    """Queries a second of so many threads, and how many processors were busy with them."""
    end = time.perf_counter() + _STRETCH_S
    done = [0] * threads

    def ask(number: int) -> None:
        mine = itertools.islice(itertools.cycle(queries), number, None)
        while not done[number] or time.perf_counter() < end:
            base.query(next(mine), use_cache=False)
            done[number] += 1

    crew = [threading.Thread(target=ask, args=(number,)) for number in range(threads)]
    start, busy = time.perf_counter(), time.process_time()
    for thread in crew:
        thread.start()
    for thread in crew:
        thread.join()
    took = time.perf_counter() - start
    return sum(done) / took, (time.process_time() - busy) / took


def _resident() -> tuple[int, int]:
    """Resident bytes of the process's own, and those it shares with others: mapped files above all."""
    import psutil

    memory = psutil.Process().memory_info()
    shared = getattr(memory, "shared", 0)  # Linux has it
    return memory.rss - shared, shared


def _finding(
    subject: str, is_problem: bool, *, evidence: tuple[str, ...], remedies: tuple[str, ...]
) -> Finding:
    if is_problem:
        return Finding(subject=subject, state=State.PROBLEM, evidence=evidence, remedies=remedies)
    return Finding(subject=subject, state=State.FINE, evidence=evidence, remedies=())


def _ranked(ordered: Sequence[_Timed], percent: int) -> _Timed:
    """The percentile by nearest rank: the value of rank ``ceil(percent n / 100)``."""
    return ordered[max(-(-len(ordered) * percent // 100), 1) - 1]


def _ms(seconds: float) -> str:
    return f"{1000 * seconds:.3g} ms"


def _mb(size: int) -> str:
    return f"{size / 1e6:,.0f} MB"
