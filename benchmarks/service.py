"""noesis.service: answers over HTTP, layers, launches, runs beside each other, logs, memory, processors.

The server is a process of its own on the loopback, as ``noesis serve`` starts it, over 1,000 documents; who
asks has the other processors. A commit without noesis.service is skipped, and so is what wrk measures where
wrk (Debian's) is not installed.
"""

import asyncio
import contextlib
import json
import os
import re
import shutil
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from pathlib import Path
from types import MappingProxyType
from urllib.parse import urlsplit

from asv_bench_groundspeed.process_tree import Tree
from asv_bench_groundspeed.workloads import corpus
from asv_bench_groundspeed.workloads.arrivals import Poisson
from asv_bench_groundspeed.workloads.figures import UNITS, figures
from asv_bench_groundspeed.workloads.http import Ask, Client, drive_http
from asv_bench_groundspeed.workloads.load import Load, Turns
from asv_bench_groundspeed.workloads.queries import QuerySpec, draw_queries
from asv_bench_groundspeed.workloads.terms import read_vocabulary

DOCUMENTS, DOCUMENT_BYTES, SEED = 1_000, 5_000, 7
KEY = "a key of the benchmarks"
JSON = (("Content-Type", "application/json"), ("X-API-Key", KEY))
NORMAL_RATE = 50.0  # requests a second, at random: 180,000 an hour
WORKERS = (1, 4, 2 * (os.cpu_count() or 1) + 1)
RUNS = 10


def service():
    try:
        from noesis import service as found
    except ImportError as error:
        raise NotImplementedError("this commit has no noesis.service") from error
    return found


def make_index():
    """An index in ``index``, and the queries of a log over it."""
    from noesis.knowledge import KnowledgeBase, KnowledgeConfig

    spec = corpus.CorpusSpec(size=DOCUMENTS * DOCUMENT_BYTES, seed=SEED, files=DOCUMENTS)
    folder = Path("documents")
    corpus.write(spec, folder)
    config = KnowledgeConfig(knowledge_dirs=[folder], cache_file=Path("index"))
    with KnowledgeBase(config, environment={}) as base:
        base.ingest_all()
    texts = [path.read_text(encoding="utf-8") for path in sorted(folder.rglob("*.md"))[:300]]
    shutil.rmtree(folder)  # queries read the index alone
    return draw_queries(QuerySpec(seed=SEED), read_vocabulary(texts)).log(2_000)


def query(text, **told):
    return Ask("/api/v1/query", "POST", json.dumps({"text": text, **told}).encode(), JSON)


class _Served:
    """Cases that ask a server; they run in a copy of the folder that ``setup_cache`` left."""

    timeout = 120
    setup_once = True  # asking changes nothing that is measured

    def setup_cache(self):
        try:
            service()
        except NotImplementedError:
            return []  # said by setup, where it is a reason to skip
        return make_index()

    def setup(self, log, *_):
        service()
        self.log = log
        self.serve()
        self.ask = Client(self.origin)

    def serve(self, workers=1):
        told = ["--port", "0", "--index", "index", "--keep-alive", "60", "--workers", str(workers)]
        self.server = subprocess.Popen(
            [sys.executable, "-m", "noesis", "serve", *told],
            env={**os.environ, "NOESIS_API_KEY": KEY},
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        self.origin = self.server.stdout.readline().decode().split()[-1]
        with Client(self.origin) as ask:
            ask(Ask("/api/v1/health"))  # once somebody answers

    def teardown(self, *_):
        if not hasattr(self, "ask"):
            return  # skipped: asv tears down all the same
        self.ask.close()
        self.server.terminate()
        self.server.stdout.close()
        self.server.wait()

    def start(self, **parameters):
        """The address of a new run of ``rehearse``."""
        body = json.dumps({"parameters": parameters}).encode()
        run = json.loads(self.ask(Ask("/api/v1/modules/rehearse/runs", "POST", body, JSON)))
        return f"/api/v1/runs/{run['id']}"

    @contextlib.contextmanager
    def running(self, count, **parameters):
        """So many runs that have begun and wait, until they are no longer needed."""
        runs = [self.start(then="wait", **parameters) for _ in range(count)]
        try:
            for run in runs:
                with self.stream(run) as lines:
                    next(lines)
            yield runs
        finally:
            for run in runs:
                self.ask(Ask(f"{run}/cancel", "POST", headers=JSON))
            for run in runs:
                with self.stream(run) as lines:
                    assert any(line.startswith(b"event: end") for line in lines)

    @contextlib.contextmanager
    def stream(self, run):
        """The lines of a log's events."""
        line = HTTPConnection(urlsplit(self.origin).netloc, timeout=60)
        line.request("GET", f"{run}/logs")
        with line.getresponse() as answer:
            yield iter(answer)
        line.close()


# --- answers ------------------------------------------------------------------------------------


class Get(_Served):
    """One connection asks for one resource again and again; twenty runs are listed."""

    params = ("health", "stats", "modules", "runs")
    param_names = ("resource",)

    def setup(self, log, resource):
        super().setup(log)
        for _ in range(20 if resource == "runs" else 0):
            with self.stream(self.start(lines=1)) as lines:
                assert list(lines)
        self.one = Ask(f"/api/v1/{resource}")

    def latency_get(self, log, resource):
        self.ask(self.one)


class Query(_Served):
    """One connection that asks a log's queries, past the cache and as people would."""

    params = (False, True)
    param_names = ("use_cache",)

    def setup(self, log, use_cache):
        super().setup(log)
        self.turns = Turns([query(text, use_cache=use_cache) for text in log])

    def latency_query(self, log, use_cache):
        self.ask(self.turns())


class Open(_Served):
    """A hundred queries a second, at random, by ten connections: what people wait."""

    workers = 10
    arrival_rate = 100.0
    arrivals = "poisson"
    requests = 500

    def setup(self, log):
        super().setup(log)
        self.turns = Turns([query(text) for text in log])

    def latency_query(self, log):
        self.ask(self.turns())


class Workers(_Served):
    """So many processes answer, twenty connections ask."""

    params = WORKERS
    param_names = ("workers",)
    shown = ("p50", "p95", "p99", "rate")
    units = MappingProxyType({name: UNITS[name] for name in shown})
    better = MappingProxyType({"rate": "higher"})

    def serve(self):
        super().serve(self.count)

    def setup(self, log, workers):
        self.count = workers
        super().setup(log)

    def measure_queries(self, log, workers):
        load = Load(requests=1_500, workers=20, warmup=200)
        found = figures(drive_http(self.origin, [query(text) for text in log], load, "http.client"))
        return {name: found[name] for name in self.shown}


class Batch(_Served):
    """A thousand queries, so many in a request: seconds for each query."""

    params = (1, 10, 100)
    param_names = ("queries",)

    def setup(self, log, count):
        super().setup(log)
        bodies = [{"text": text, "use_cache": False} for text in log[:1_000]]
        parts = [bodies[at : at + count] for at in range(0, len(bodies), count)]
        self.asks = [
            Ask("/api/v1/query/batch", "POST", json.dumps({"queries": part}).encode(), JSON) for part in parts
        ]

    def track_query(self, log, count):
        start = time.perf_counter()
        for one in self.asks:
            self.ask(one)
        return (time.perf_counter() - start) / 1_000

    track_query.unit = "seconds"


class KeepAlive(_Served):
    """The same request on a connection that is kept, and on a new one each time."""

    params = ("kept", "new")
    param_names = ("connection",)

    def latency_health(self, log, connection):
        self.ask(Ask("/api/v1/health"))
        if connection == "new":
            self.ask.close()


class Wrk(_Served):
    """Requests a second by wrk: one thread, ten connections, two seconds."""

    def setup(self, log):
        if shutil.which("wrk") is None:
            raise NotImplementedError("wrk is not installed (Debian: apt-get install wrk)")
        super().setup(log)

    def track_rate(self, log):
        command = ["wrk", "-t1", "-c10", "-d2s", f"{self.origin}/api/v1/health"]
        told = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        return float(re.search(r"Requests/sec: +([\d.]+)", told)[1])

    track_rate.unit = "requests/s"
    track_rate.better = "higher"


# --- layers -------------------------------------------------------------------------------------


class Layers:
    """What each layer adds to a request, and all of them; the log goes to nowhere, but is written."""

    timeout = 60
    params = ("RequestId", "Timing", "Logging", "SecurityHeaders", "CacheHeader", "SizeLimit", "all")
    param_names = ("layer",)

    def setup(self, layer):
        service()
        import logging

        from noesis.service import middleware

        log = logging.getLogger("noesis.service.access")
        log.setLevel(logging.INFO)
        log.propagate = False
        self.handler = logging.StreamHandler(Path(os.devnull).open("w"))  # noqa: SIM115 (teardown closes it)
        log.handlers = [self.handler]
        more = {"CacheHeader": [{}], "SizeLimit": [1_000, lambda: None]}
        names = [layer] if layer != "all" else list(reversed(self.params[:-1]))
        self.app = answering
        for name in names:
            self.app = getattr(middleware, name)(self.app, *more.get(name, []))

    def teardown(self, layer):
        self.handler.stream.close()

    def track_overhead(self, layer):
        return max(self.request_s(self.app) - self.request_s(answering), 0.0)

    def request_s(self, app):
        """Seconds of a request; the best of nine times two thousand."""
        return min(asyncio.run(timed(app, 2_000)) for _ in range(9)) / 2_000

    track_overhead.unit = "seconds"


async def answering(scope, receive, send):
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"x/y")]})
    await send({"type": "http.response.body", "body": b""})


async def timed(app, count):
    async def nothing(message):
        pass

    start = time.perf_counter()
    for _ in range(count):
        scope = {"type": "http", "method": "POST", "path": "/api/v1/query", "client": ("127.0.0.1", 1)}
        scope["headers"] = [(b"host", b"localhost"), (b"content-length", b"10")]
        await app(scope, None, nothing)
    return time.perf_counter() - start


# --- runs ---------------------------------------------------------------------------------------


class Launch(_Served):
    """From the request to start a module to the first line of its log."""

    requests = 20
    max_time = 20

    def latency_first_line(self, log):
        with self.stream(self.start(lines=1)) as lines:
            next(lines)


class Concurrent(_Served):
    """Queries while ten runs are under way that print ten lines a second each, and without any; memory of
    the server and its runs; how many of ten that print 1,000 lines at once succeed."""

    units = MappingProxyType(
        {
            "p95": "seconds",
            "p95_ratio": "1",
            "memory": "bytes",
            "succeeded": "runs",
        }
    )
    better = MappingProxyType({"succeeded": "higher"})

    def measure_ten_runs(self, log):
        asks = [query(text) for text in log]
        without = self.p95(asks)
        with self.running(RUNS, lines=100_000, per_second=10):
            beside = self.p95(asks)
            memory = Tree(self.server.pid).look().rss
        runs = [self.start(lines=1_000) for _ in range(RUNS)]
        ends = []
        for run in runs:
            with self.stream(run) as lines:
                ends.append(list(lines)[-2])
        succeeded = sum(b'"state":"succeeded"' in end for end in ends)
        return {"p95": beside, "p95_ratio": beside / without, "memory": memory, "succeeded": succeeded}

    def p95(self, asks):
        """The best of three: what is noise of others is not of the runs."""
        load = Load(requests=200, workers=4, arrivals=Poisson(rate=200.0), warmup=50)
        return min(figures(drive_http(self.origin, asks, load, "http.client"))["p95"] for _ in range(3))


class Logs(_Served):
    """Lines a second of 200,000 lines of 60 bytes: kept ones to one reader and to four at once, beside a
    reader that takes nothing, and as they are printed."""

    LINES = 200_000
    units = MappingProxyType({"kept": "lines/s", "kept_four": "lines/s", "printed": "lines/s"})
    better = "higher"

    def measure_lines(self, log):
        run = self.start(lines=self.LINES)
        self.read(run)
        with self.stream(run) as slow:
            next(slow)  # and no further: its connection is full from here on
            return {
                "kept": self.best_rate(lambda: self.read(run)),
                "kept_four": self.best_rate(lambda: self.read_beside(run, 4), 4),
                "printed": self.best_rate(lambda: self.read(self.start(lines=self.LINES))),
            }

    def best_rate(self, read, readers=1):
        took = []
        for _ in range(3):
            start = time.perf_counter()
            read()
            took.append(time.perf_counter() - start)
        return readers * self.LINES / min(took)

    def read(self, run):
        """The whole log, with as little work as can be."""
        line = HTTPConnection(urlsplit(self.origin).netloc, timeout=60)
        line.request("GET", f"{run}/logs")
        answer = line.getresponse()
        size, tail = 0, b""
        while piece := answer.read1(1 << 17):
            size += len(piece)
            tail = (tail + piece)[-1_000:]
        line.close()
        if size < self.LINES * 60 or b'"state":"succeeded"' not in tail:
            raise RuntimeError(f"the log did not arrive whole: {size} bytes, at the end {tail!r}")

    def read_beside(self, run, count):
        with ThreadPoolExecutor(count) as readers:
            list(readers.map(self.read, [run] * count))


class Processors(_Served):
    """The share of one processor that the server takes at the normal rate (50 requests a second: seven
    queries in ten, a look at health, stats or runs the others)."""

    def track_share(self, log):
        others = [Ask(f"/api/v1/{name}") for name in ("health", "stats", "runs")]
        asks = [query(text) if at % 10 < 7 else others[at % 3] for at, text in enumerate(log)]
        tree = Tree(self.server.pid)
        tree.look()
        before, start = tree.cpu_s, time.perf_counter()
        load = Load(requests=200, workers=10, arrivals=Poisson(NORMAL_RATE))
        drive_http(self.origin, asks, load, "http.client")
        tree.look()
        return (tree.cpu_s - before) / (time.perf_counter() - start)

    track_share.unit = "1"
