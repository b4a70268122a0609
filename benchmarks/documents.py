"""noesis.documents: a corpus compiled whole, on a ladder of sizes, and its parts on their own.

The rungs that take longer than a second stand in classes named Nightly…. Corpora come from the ruler and
are made once per process, outside the timing; a commit without noesis.documents is skipped.
"""

import functools
import itertools
import os
import time
import tracemalloc
from pathlib import Path

from asv_bench_groundspeed.workloads import corpus
from asv_bench_groundspeed.workloads.starts import beyond_start_s

DOCUMENT_BYTES = 50_000
SEED = 7


def compiler():
    try:
        from noesis import documents
    except ImportError as error:
        raise NotImplementedError("this commit has no noesis.documents") from error
    return documents


@functools.lru_cache(maxsize=1)
def corpus_of(size, files):
    """Documents by path, in memory."""
    spec = corpus.CorpusSpec(size=size, seed=SEED, files=files)
    return {
        corpus.document_path(spec, index): b"".join(corpus.document(spec, index)) for index in range(files)
    }


def corpus_on_disk(size, files):
    """Documents in the folder that asv gives the process and removes after it."""
    out = Path(f"corpus-{size}-{files}").absolute()
    if not out.exists():
        corpus.write(corpus.CorpusSpec(size=size, seed=SEED, files=files), out)
    return out


class _Short:
    """Sampled until it is precise: one process bounds nothing (docs/METHOD.md)."""

    timeout = 60


class _Long:
    rounds = 1
    repeat = (2, 5, 20.0)
    warmup_time = 0.0
    timeout = 600


# --- the ladder ---------------------------------------------------------------------------------


class _Ladder:
    """Subclasses say which sizes, and how many files a size comes in."""

    def files(self, rung):
        return 1

    def bytes(self, rung):
        return rung

    def setup(self, rung):
        self.documents = compiler()
        self.source = self.documents.MemorySource(corpus_of(self.bytes(rung), self.files(rung)))

    def time_compile(self, rung):
        self.documents.compile_documents(self.source)

    def track_throughput(self, rung):
        durations_s, end = [], time.perf_counter() + 0.2  # the best of three moved by 20 % at 10 KB
        while len(durations_s) < 3 or time.perf_counter() < end:
            durations_s.append(self._duration_s())
        return self.bytes(rung) / min(durations_s)

    track_throughput.unit = "bytes/s"
    track_throughput.better = "higher"

    def _duration_s(self):
        start = time.perf_counter()
        self.documents.compile_documents(self.source)
        return time.perf_counter() - start


class _Peak:
    """Peak memory of the process that compiles from the disk, interpreter included."""

    def setup(self, rung):
        self.documents = compiler()
        self.path = corpus_on_disk(self.bytes(rung), self.files(rung))

    def peakmem_compile(self, rung):
        self.graph = self.documents.compile_documents(self.path)


class _Documents:
    param_names = ("files",)

    def files(self, rung):
        return rung

    def bytes(self, rung):
        return rung * DOCUMENT_BYTES


class _Document:
    param_names = ("bytes",)

    def files(self, rung):
        return 1

    def bytes(self, rung):
        return rung


class OneDocument(_Document, _Ladder, _Short):
    params = (10_000, 100_000, 1_000_000)


class OneDocumentPeak(_Document, _Peak, _Short):
    params = (10_000, 100_000, 1_000_000)


class ManyDocuments(_Documents, _Ladder, _Short):
    params = (10,)


class ManyDocumentsPeak(_Documents, _Peak, _Short):
    params = (10,)


class NightlyOneDocument(_Document, _Ladder, _Long):
    params = (10_000_000, 100_000_000)


class NightlyOneDocumentPeak(_Document, _Peak, _Long):
    params = (10_000_000, 100_000_000)


class NightlyManyDocuments(_Documents, _Ladder, _Long):
    params = (100, 1000)


class NightlyManyDocumentsPeak(_Documents, _Peak, _Long):
    params = (100, 1000)


# --- the parts ----------------------------------------------------------------------------------


@functools.lru_cache(maxsize=1)
def passes_of(size, files):
    """Each pass as a call without arguments, on what the passes before it gave."""
    documents = compiler()
    texts = corpus_of(size, files)
    parsed = {path: documents.parse(data) for path, data in texts.items()}
    identified = {path: documents.assign_ids(one) for path, one in parsed.items()}

    def collect():
        return documents.collect((path, parsed[path], identified[path]) for path in texts)

    path_map = collect()
    return {
        "parse": lambda: [documents.parse(data) for data in texts.values()],
        "ids": lambda: [documents.assign_ids(one) for one in parsed.values()],
        "collect": collect,
        "resolve": lambda: [documents.resolve(path, one, path_map) for path, one in parsed.items()],
    }


class Passes(_Short):
    """What each pass adds to a compile of ten documents of 50 KB."""

    params = ("parse", "ids", "collect", "resolve")
    param_names = ("which",)

    def setup(self, which):
        self.run = passes_of(10 * DOCUMENT_BYTES, 10)[which]

    def time_pass(self, which):
        self.run()


class Injection(_Short):
    """Writing the ids of every heading into 100 KB of text."""

    def setup(self):
        self.inject_ids = compiler().inject_ids
        (data,) = corpus_of(100_000, 1).values()
        self.text = data.decode()
        self.injected = self.inject_ids(self.text)

    def time_inject(self):
        self.inject_ids(self.text)

    def time_inject_again(self):
        self.inject_ids(self.injected)


@functools.lru_cache(maxsize=1)
def headings_of(titles):
    return compiler().parse(b"".join(b"## Part %d\n\n" % (number % titles) for number in range(10_000)))


class Collisions(_Short):
    """Anchors for 10,000 headings that share so many titles."""

    params = (10_000, 100, 1)
    param_names = ("titles",)

    def setup(self, titles):
        self.assign_ids = compiler().assign_ids
        self.parsed = headings_of(titles)

    def time_assign_ids(self, titles):
        self.assign_ids(self.parsed)


@functools.lru_cache(maxsize=1)
def path_map_of(nodes):
    """Documents of 99 sections each; what to look up: 1,000 sections spread over all of them."""
    documents = compiler()
    anchors = {f"section-{number}": number for number in range(99)}
    path_map = documents.PathMap()
    for number in range(nodes // 100):
        # a dictionary each, as compiled documents have
        path_map.add(f"area-{number // 64}/note-{number}.md", dict(anchors), (f"note-{number}",))
    wanted = [number * 7919 % (nodes // 100) for number in range(1000)]
    sections = [(f"area-{at // 64}/note-{at}.md", f"section-{at % 99}") for at in wanted]
    return path_map, sections, [f"note-{at}" for at in wanted]


class _Lookup:
    """A thousand look-ups in a path map."""

    param_names = ("nodes",)

    def setup(self, nodes):
        self.path_map, self.sections, self.names = path_map_of(nodes)

    def time_section(self, nodes):
        section = self.path_map.section
        for path, anchor in self.sections:
            section(path, anchor)

    def time_named(self, nodes):
        named = self.path_map.named
        for name in self.names:
            named(name)


class Lookup(_Lookup, _Short):
    params = (10_000, 100_000)


class NightlyLookup(_Lookup, _Long):
    params = (1_000_000,)

    def peakmem_path_map(self, nodes):
        pass  # the map that setup made


class Recompile(_Short):
    """Ten documents of 50 KB again, one edited: in its words, or by a heading that others may name."""

    params = ("nothing", "words", "heading")
    param_names = ("edited",)

    def setup(self, edited):
        documents = compiler()
        texts = corpus_of(10 * DOCUMENT_BYTES, 10)
        victim = sorted(texts)[5]
        addition = {"nothing": b"", "words": b"\nAdded words.\n", "heading": b"\n# Added\n"}[edited]
        before = documents.MemorySource(texts)
        after = documents.MemorySource({**texts, victim: texts[victim] + addition})
        self.session = documents.Session()
        self.session.compile(before)
        self.states = itertools.cycle((after, before))  # to and fro, so that every call finds an edit

    def time_recompile(self, edited):
        self.session.compile(next(self.states))

    def track_parse_hit_rate(self, edited):
        self.session.compile(next(self.states))
        return self.session.statistics.parse_hit_rate

    def track_resolve_hit_rate(self, edited):
        self.session.compile(next(self.states))
        return self.session.statistics.resolve_hit_rate

    track_parse_hit_rate.unit = "hit rate"
    track_parse_hit_rate.better = "higher"
    track_resolve_hit_rate.unit = "hit rate"
    track_resolve_hit_rate.better = "higher"


class Retained(_Short):
    """Heap that is kept for ten documents of 50 KB: by the session, by its graph, by each document alone."""

    def setup(self):
        self.documents = compiler()
        self.texts = corpus_of(10 * DOCUMENT_BYTES, 10)

    def track_session_per_corpus_byte(self):
        return self._session_bytes(self.texts) / (10 * DOCUMENT_BYTES)

    def track_session_per_document_graphs(self):
        """One session of ten documents against ten sessions of one: what sharing saves and linking costs."""
        alone = sum(self._session_bytes({path: data}) for path, data in self.texts.items())
        return self._session_bytes(self.texts) / alone

    track_session_per_corpus_byte.unit = "bytes/byte"
    track_session_per_document_graphs.unit = "bytes/byte"

    def _session_bytes(self, texts):
        session = self.documents.Session()
        tracemalloc.start(1)
        try:
            graph = session.compile(self.documents.MemorySource(texts))
            return tracemalloc.get_traced_memory()[0] if graph else 0
        finally:
            tracemalloc.stop()


class _Workers:
    """Documents of 50 KB, read from the disk and parsed by so many processes."""

    param_names = ("workers",)

    def setup(self, workers):
        if workers > (os.cpu_count() or 1):
            raise NotImplementedError("this host has fewer processors")
        self.documents = compiler()
        self.path = corpus_on_disk(self.count * DOCUMENT_BYTES, self.count)

    def time_compile(self, workers):
        self.documents.compile_documents(self.path, workers=workers)


class Workers(_Workers, _Short):
    params = (1, 2)
    count = 40


class NightlyWorkers(_Workers, _Long):
    params = (1, 2, 4, 8, 16)
    count = 1000


class Import(_Short):
    """What the import costs a fresh interpreter, beyond its own start: the best of seven of each."""

    def setup(self):
        compiler()

    def track_import(self):
        return beyond_start_s("import noesis.documents")

    track_import.unit = "seconds"
