"""noesis.knowledge: ingestion, queries from the index and from the cache, both at once, memory, contention.

Corpora and queries come from the ruler. The indexes that queries are asked of are made once for each commit;
a commit without noesis.knowledge is skipped. What takes long stands in classes named Nightly….
"""

import contextlib
import itertools
import os
import shutil
import threading
import time
import tracemalloc
from pathlib import Path
from types import MappingProxyType

from asv_bench_groundspeed.workloads import corpus, files
from asv_bench_groundspeed.workloads.figures import figures, nearest_rank
from asv_bench_groundspeed.workloads.load import Load, Turns, drive
from asv_bench_groundspeed.workloads.queries import QuerySpec, draw_queries
from asv_bench_groundspeed.workloads.starts import beyond_start_s
from asv_bench_groundspeed.workloads.terms import read_vocabulary

DOCUMENT_BYTES = 5_000
SEED = 7
SIZES = (1_000, 10_000)  # documents of the indexes that are kept for a commit
LARGEST = SIZES[-1]
AS = {".md": str.encode, ".txt": str.encode, ".pdf": files.as_pdf, ".docx": files.as_docx}


def knowledge():
    try:
        from noesis import knowledge as found
    except ImportError as error:
        raise NotImplementedError("this commit has no noesis.knowledge") from error
    return found


def documents_of(count, size):
    """Paths and texts of Markdown documents of ``size`` bytes each, one after the other."""
    spec = corpus.CorpusSpec(size=count * size, seed=SEED, files=count)
    for index in range(count):
        text = b"".join(corpus.document(spec, index)).decode()
        yield corpus.document_path(spec, index), text


def write_documents(folder, count, size, suffixes=(".md",)):
    """The same, in formats that take turns."""
    for (name, text), suffix in zip(documents_of(count, size), itertools.cycle(suffixes)):
        path = (folder / name).with_suffix(suffix)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(AS[suffix](text))


def opened(folder, cache_file=None, **told):
    found = knowledge()
    config = found.KnowledgeConfig(knowledge_dirs=[folder], cache_file=cache_file, **told)
    return found.KnowledgeBase(config, environment={})


def make_index(count):
    """An index of so many documents, which are removed: queries read the index alone."""
    folder = Path(f"documents-{count}")
    write_documents(folder, count, DOCUMENT_BYTES)
    with opened(folder, Path(f"index-{count}")) as base:
        base.ingest_all()
    shutil.rmtree(folder)


def mix_of(count, **told):
    """A thousand different questions to an index of so many documents."""
    sampled = itertools.islice(documents_of(count, DOCUMENT_BYTES), 500)
    return draw_queries(QuerySpec(seed=SEED, **told), read_vocabulary(text for _, text in sampled))


class _Short:
    timeout = 120
    setup_once = True  # nothing that is timed uses its state up; asv itself sets up before every sample


class _Long:
    setup_once = True
    rounds = 1
    repeat = (2, 5, 20.0)
    warmup_time = 0.0
    timeout = 900


# --- ingestion ----------------------------------------------------------------------------------


class _Ingestion:
    """From files to an index that was not there before."""

    def ingest(self, folder="documents", **told):
        with opened(Path(folder), **told) as base:
            found = base.ingest_all()
        if found.failures:
            raise RuntimeError(f"{found.failures[0]}")

    def duration_s(self, folder):
        start = time.perf_counter()
        self.ingest(folder)
        return time.perf_counter() - start


class _IngestBytes(_Ingestion):
    """Markdown of so many bytes, in documents of 10 KB."""

    param_names = ("bytes",)

    def setup(self, size):
        knowledge()
        write_documents(Path("documents"), size // 10_000, 10_000)

    def time_ingest(self, size):
        self.ingest()


class IngestBytes(_IngestBytes, _Short):
    params = (10_000, 100_000, 1_000_000, 10_000_000)


class NightlyIngestBytes(_IngestBytes, _Long):
    params = (100_000_000,)


class IngestFormats(_Ingestion, _Short):
    """The same 50 texts of 10 KB in each format."""

    params = tuple(AS)
    param_names = ("format",)

    def setup(self, suffix):
        knowledge()
        for one in {".md", suffix}:
            write_documents(Path(one[1:]), 50, 10_000, (one,))

    def time_ingest(self, suffix):
        self.ingest(suffix[1:])

    def track_speed_relative_to_markdown(self, suffix):
        rounds = [(self.duration_s("md"), self.duration_s(suffix[1:])) for _ in range(3)]
        return min(markdown for markdown, _ in rounds) / min(other for _, other in rounds)

    track_speed_relative_to_markdown.unit = "1"
    track_speed_relative_to_markdown.better = "higher"


class _IngestWorkers(_Ingestion):
    """Documents of 10 KB, a quarter of them in each format."""

    param_names = ("workers",)

    def setup(self, workers):
        knowledge()
        if workers > (os.cpu_count() or 1):
            raise NotImplementedError("this host has fewer processors")
        write_documents(Path("documents"), self.count, 10_000, tuple(AS))

    def time_ingest(self, workers):
        self.ingest(max_workers=workers)


class IngestWorkers(_IngestWorkers, _Short):
    params = (1, 2, 4)
    count = 800  # a second of work, of which the start of a reader is a tenth


class NightlyIngestWorkers(_IngestWorkers, _Long):
    params = (1, 2, 4, 8, 16)
    rounds = 4  # a target compares two of them: one process bounds nothing
    count = 2000


class Reingest(_Short):
    """A thousand documents again: nothing changed, or one of them."""

    params = ("nothing", "one")
    param_names = ("changed",)

    def setup(self, changed):
        write_documents(Path("documents"), 1_000, DOCUMENT_BYTES)
        self.base = opened(Path("documents"))
        self.base.ingest_all()
        self.path = next(Path("documents").rglob("*.md"))
        self.text = self.path.read_text()
        self.versions = itertools.count() if changed == "one" else None

    def teardown(self, changed):
        self.base.close()

    def time_reingest(self, changed):
        if self.versions is not None:
            self.path.write_text(f"{self.text}\nversion {next(self.versions)}\n")
        self.base.ingest_all()


# --- queries ------------------------------------------------------------------------------------


class _Indexed:
    """Cases that ask an index; they run in a copy of the folder that ``setup_cache`` left."""

    def setup_cache(self):
        try:
            knowledge()
        except NotImplementedError:
            return {}  # said by setup, where it is a reason to skip
        for count in SIZES:
            make_index(count)
        return {count: mix_of(count) for count in SIZES}

    def open(self, mixes, count=LARGEST, **told):
        """The base, and its questions in the order of a log; the same for whoever asks next."""
        knowledge()
        self.mix = mixes[count]
        self.base = opened(Path(f"documents-{count}"), Path(f"index-{count}"), **told)
        self.turns = Turns(self.mix.log(5_000))

    def teardown(self, *_):
        self.base.close()


class Query(_Indexed, _Short):
    """10,000 documents, 1,000 questions by Zipf's law; 50 threads at the most."""

    workers = (1, 10, 50)  # of throughput_; latencies are those of one

    def setup(self, mixes):
        self.open(mixes)
        self.often = self.mix.queries[0]
        self.base.query(self.often)

    def latency_uncached(self, mixes):
        self.base.query(self.turns(), use_cache=False)

    def latency_cached(self, mixes):
        return self.base.query(self.often).total

    def time_hit(self, mixes):
        self.base.query(self.often)

    def throughput_workers(self, mixes):
        self.base.query(self.turns(), use_cache=False)

    latency_uncached.workers = 1
    latency_cached.workers = 1


class Served(_Indexed, _Short):
    """The same log as people would ask it: with a cache of 1,000 answers, that fills."""

    workers = (1, 10, 50)

    def setup(self, mixes):
        self.open(mixes, max_cache_size=1_000)

    def throughput_workers(self, mixes):
        self.base.query(self.turns())


class Processes(_Indexed, _Short):
    """The queries of ``Query``, asked by processes that share the index's pages."""

    workers = (1, 2, 4)
    executor = "processes"

    def setup(self, mixes):
        self.open(mixes)

    def throughput_workers(self, mixes):
        self.base.query(self.turns(), use_cache=False)


class Hits(_Indexed, _Short):
    """So many hits of each query, each with its snippet."""

    params = (1, 10, 100)
    param_names = ("limit",)

    def setup(self, mixes, limit):
        self.open(mixes)

    def latency_uncached(self, mixes, limit):
        self.base.query(self.turns(), use_cache=False, limit=limit)


class Miss(_Short):
    """What a cache adds to a query that it lacks: a look in vain, the answer put in another's place."""

    def setup(self):
        self.cache = knowledge().LRUCache(100)
        self.keys = itertools.count()

    def time_miss(self):
        key = (1, (str(next(self.keys)),), 10, 0)
        if self.cache.get(key) is None:
            self.cache.put(key, key)


class HitRatio(_Indexed, _Short):
    """The share of 20,000 queries by Zipf's law, of 1,000 questions, that caches of each size answer."""

    params = (50, 100, 200, 500, 1_000, 2_000)
    param_names = ("cache_size",)

    def setup(self, mixes, size):
        self.open(mixes, SIZES[0], max_cache_size=size)

    def track_hit_ratio(self, mixes, size):
        for text in self.mix.log(20_000):
            self.base.query(text, limit=1)
        return self.base.stats().hit_ratio

    track_hit_ratio.unit = "hit rate"
    track_hit_ratio.better = "higher"


class Warming(_Indexed, _Short):
    """The first time that each of a hundred questions is asked: warmed up, and cold."""

    units = MappingProxyType({"warmed": "seconds", "cold": "seconds"})

    def setup(self, mixes):
        self.open(mixes)

    def measure_first(self, mixes):
        asked = self.mix.queries[:100]
        with opened(Path(f"documents-{LARGEST}"), Path(f"index-{LARGEST}")) as cold:
            without = self.median_s(cold, asked)
        self.base.warm(asked)
        return {"warmed": self.median_s(self.base, asked), "cold": without}

    def median_s(self, base, asked):
        served = drive(base.query, Load(requests=len(asked)), asked)
        return nearest_rank(sorted(served.latencies), 500)


class _Documents(_Short):
    """Queries over so many documents, one thread, past the cache."""

    param_names = ("documents",)
    size = "documents"


class Documents(_Documents, _Indexed):
    params = SIZES

    def setup(self, mixes, count):
        self.open(mixes, count)

    def latency_uncached(self, mixes, count):
        self.base.query(self.turns(), use_cache=False)


class NightlyDocuments(_Documents, _Long):
    params = (100_000,)

    def setup(self, count):
        knowledge()
        make_index(count)
        self.turns = Turns(mix_of(count).log(5_000))
        self.base = opened(Path(f"documents-{count}"), Path(f"index-{count}"))

    def latency_uncached(self, count):
        self.base.query(self.turns(), use_cache=False)


class Terms(_Indexed, _Short):
    """Queries of so many terms over 10,000 documents."""

    params = (1, 2, 3, 4, 5)
    param_names = ("terms",)
    size = "terms"

    def setup(self, mixes, terms):
        self.open(mixes)
        lengths = tuple(float(one == terms) for one in self.params)
        self.turns = Turns(mix_of(LARGEST, lengths=lengths, distinct=500).log(5_000))

    def latency_uncached(self, mixes, terms):
        self.base.query(self.turns(), use_cache=False)


# --- both at once -------------------------------------------------------------------------------


class WhileIngesting(_Short):
    """A thousand documents, one of which changes all the time: ingested by a thread of this process, or by
    the heartbeat, which has a process of its own."""

    params = ("thread", "heartbeat")
    param_names = ("by",)

    def setup(self, by):
        write_documents(Path("documents"), 1_000, DOCUMENT_BYTES)
        self.path = next(Path("documents").rglob("*.md"))
        self.text = self.path.read_text()
        self.turns = Turns(mix_of(1_000).log(5_000))
        self.base = opened(Path("documents"), max_cache_size=0, heartbeat_interval=0.01)
        self.base.ingest_all()
        if by == "heartbeat":
            self.base.start_heartbeat()
        self.versions = itertools.count()
        self.ending = threading.Event()

    def teardown(self, by):
        self.base.close()

    def change(self, by):
        """One document, and its new term."""
        term = f"version{next(self.versions)}"
        self.path.write_text(f"{self.text}\n{term}\n")
        if by == "thread":
            self.base.ingest_all()
        return term

    def ask(self):
        self.base.query(self.turns())

    @contextlib.contextmanager
    def beside(self, work, count=1):
        """Threads that do the work again and again meanwhile."""

        def again():
            while not self.ending.is_set():
                work()

        threads = [threading.Thread(target=again, daemon=True) for _ in range(count)]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self.ending.set()
            for thread in threads:
                thread.join()
            self.ending.clear()

    def measure_query(self, by):
        """What queries take meanwhile."""

        def change():
            self.change(by)
            self.ending.wait(0.01)  # or nothing but its writing would be measured

        with self.beside(change):
            found = figures(drive(self.ask, Load(requests=2_000)))
        return {name: found[name] for name in ("p50", "p95", "p99")}

    def track_until_seen(self, by):
        """From a change to the first answer that knows it, while two threads ask without a pause."""
        with self.beside(self.ask, count=2):
            start = time.perf_counter()
            term = self.change(by)
            while not self.base.query(term).total:
                time.sleep(0.001)
            return time.perf_counter() - start

    measure_query.units = MappingProxyType({"p50": "seconds", "p95": "seconds", "p99": "seconds"})
    track_until_seen.unit = "seconds"


class Corruption(_Short):
    """Answers that mix two versions of the documents, while every one of them changes twenty times."""

    def setup(self):
        self.folder = Path("documents")
        self.folder.mkdir()
        self.write(0)
        self.base = opened(self.folder, max_workers=1)
        self.base.ingest_all()

    def teardown(self):
        self.base.close()

    def write(self, version):
        for number in range(20):
            (self.folder / f"{number}.md").write_text(f"document of version{version}\n")

    def track_mixed_answers(self):
        self.ending = False
        mixed = []
        asking = [threading.Thread(target=self.ask, args=(mixed,)) for _ in range(2)]
        for thread in asking:
            thread.start()
        for version in range(1, 21):
            self.write(version)
            self.base.ingest_all()
        self.ending = True
        for thread in asking:
            thread.join()
        return len(mixed)

    def ask(self, mixed):
        while not self.ending:
            answer = self.base.query("document", limit=20)
            if answer.total != 20 or len({hit.snippet for hit in answer.hits}) != 1:
                mixed.append(answer)

    track_mixed_answers.unit = "answers"


# --- contention ---------------------------------------------------------------------------------


class TimedLock:
    """A lock that keeps how long it was held each time, in seconds."""

    def __init__(self):
        self.lock = threading.Lock()
        self.held_s = []

    def __enter__(self):
        self.lock.acquire()
        self.start = time.perf_counter()

    def __exit__(self, *_):
        self.held_s.append(time.perf_counter() - self.start)
        self.lock.release()


class Contention(_Indexed, _Short):
    """Ten threads that ask 10,000 documents, and the yardstick: the same under one lock from end to end."""

    units = MappingProxyType(
        {"hold_p99": "seconds", "hold_max": "seconds", "rate": "queries/s", "ratio_to_locked": "1"}
    )
    better = MappingProxyType({"rate": "higher", "ratio_to_locked": "higher"})

    def setup(self, mixes):
        self.lock = TimedLock()
        found = knowledge()
        config = found.KnowledgeConfig(
            knowledge_dirs=[Path(f"documents-{LARGEST}")],
            cache_file=Path(f"index-{LARGEST}"),
            max_cache_size=0,  # every query is searched, and takes the lock for its look in vain
        )
        self.base = found.KnowledgeBase(config, environment={}, lock=self.lock)
        self.asked = mixes[LARGEST].log(500)
        self.whole = threading.Lock()

    def measure_ten_threads(self, mixes):
        load = Load(requests=len(self.asked), workers=10)
        self.lock.held_s.clear()
        rates = [
            (drive(self.search, load, self.asked).rate, drive(self.search_locked, load, self.asked).rate)
            for _ in range(3)
        ]
        held = sorted(self.lock.held_s)
        rate, locked = (max(column) for column in zip(*rates, strict=True))
        return {
            "hold_p99": nearest_rank(held, 990),
            "hold_max": held[-1],
            "rate": rate,
            "ratio_to_locked": rate / locked,
        }

    def search(self, text):
        return self.base.query(text).total

    def search_locked(self, text):
        with self.whole:
            return self.search(text)


# --- memory -------------------------------------------------------------------------------------


class Memory(_Short):
    """Peak memory of a process that opens a base, and of one that ingests 1,000 documents; ``peakmem_`` has a
    process of its own."""

    def setup(self):
        knowledge()
        Path("empty").mkdir(exist_ok=True)
        write_documents(Path("documents"), 1_000, DOCUMENT_BYTES)

    def peakmem_base(self):
        with opened(Path("empty")) as base:
            base.ingest_all()

    def peakmem_thousand_documents(self):
        with opened(Path("documents")) as base:
            base.ingest_all()


class Retained(_Indexed, _Short):
    """What stays in memory: for 1,000 documents that are open and were asked, and for 100 answers."""

    def setup(self, mixes):
        self.open(mixes, SIZES[0])

    def track_thousand_documents(self, mixes):
        """Everything resident that the index adds, its mapped pages included."""
        self.base.close()
        before = resident_bytes()
        self.open(mixes, SIZES[0], max_cache_size=0)
        for text in self.mix.queries:
            self.base.query(text)
        return resident_bytes() - before

    def track_hundred_answers(self, mixes):
        tracemalloc.start(1)
        try:
            for text in self.mix.queries[:100]:
                self.base.query(text)
            return tracemalloc.get_traced_memory()[0]
        finally:
            tracemalloc.stop()

    track_thousand_documents.unit = "bytes"
    track_hundred_answers.unit = "bytes"


def resident_bytes():
    with contextlib.suppress(OSError):
        return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    raise NotImplementedError("this host does not say how much memory is resident")


class Import(_Short):
    """What the import costs a fresh interpreter, beyond its own start: the best of seven of each."""

    def setup(self):
        knowledge()

    def track_import(self):
        return beyond_start_s("import noesis.knowledge")

    track_import.unit = "seconds"
