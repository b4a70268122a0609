"""A project that has a real small search in memory, measured by kinds of ours, for tests of reports.

Owns its files; `tests.projects` makes the repository.
"""

from __future__ import annotations

MODULE = """\
from functools import lru_cache

WORDS = "latency throughput memory cache percentile worker index query answer commit".split()
DOCUMENTS = [f"{WORDS[n % 10]} {WORDS[n // 10 % 10]} number {n}" for n in range(400)]

def build():
    found = {}
    for place, text in enumerate(DOCUMENTS):
        for word in text.split():
            found.setdefault(word, set()).add(place)
    return found

INDEX = build()

def search(question):
    sets = [INDEX.get(word, set()) for word in question.split()]
    return sorted(set.intersection(*sets)) if sets else []

cached = lru_cache(maxsize=64)(lambda question: tuple(search(question)))
"""

SUITE = """\
import itertools
from sample import searching

QUESTIONS = [f"{a} {b}" for a in searching.WORDS for b in searching.WORDS]

class Query:
    rounds = 1
    requests = 200
    warmup_time = 0

    def setup(self):
        self.questions = itertools.cycle(QUESTIONS[:20])

    def latency_uncached(self):
        return len(searching.search(next(self.questions)))

    def latency_cached(self):
        return len(searching.cached(next(self.questions)))

class Load:
    rounds = 1
    workers = [1, 2, 3]
    duration = 0.02
    warmup_time = 0

    def throughput_search(self):
        searching.search("latency cache")

class Cache:
    units = {"hit_ratio": "1", "entries": "entries"}
    better = {"hit_ratio": "higher"}

    def measure_hits(self):
        for question in QUESTIONS[:20] * 10:
            searching.cached(question)
        seen = searching.cached.cache_info()
        return {"hit_ratio": seen.hits / (seen.hits + seen.misses), "entries": seen.currsize}

def peakmem_index():
    return searching.build()
"""

OURS = """\
[report]
query_latency = "search.Query.latency_uncached"
query_latency_cached = "search.Query.latency_cached"
throughput_sequential = { cases = "search.Load.throughput_search@rate", item = "queries" }
throughput_concurrent = { cases = "search.Load.throughput_search@rate_w*", item = "queries" }
cache = "search.Cache.measure_hits"
memory = "search.peakmem_index"

[targets]
"search.Query.latency_uncached@p99" = "< 5 s"
"""
