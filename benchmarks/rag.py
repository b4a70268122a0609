"""noesis.rag: embedding, vector indexes, retrieval by stages, generation by engines, quality, memory, import.

Documents, questions and their answers come from the ruler. The index that is asked is made once for each
commit; a commit without noesis.rag is skipped, and so is a device that the host has not. What takes long
stands in classes named Nightly….
"""

import itertools
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import MappingProxyType

from asv_bench_groundspeed.workloads import corpus
from asv_bench_groundspeed.workloads.figures import nearest_rank
from asv_bench_groundspeed.workloads.load import Turns
from asv_bench_groundspeed.workloads.starts import beyond_start_s

SEED = 7
FACTS, QUESTIONS = 3_000, 300
BESIDE_BYTES = 2_500_000  # of documents that answer nothing: with the facts some 10,000 passages
DIMENSIONS = 256
NEAREST = 10
TOKENS = 32  # of a generated answer
STAGES = ("embed", "vectors", "words", "fuse")
PERCENTILES = MappingProxyType({"p50": 500, "p95": 950, "p99": 990})


def rag():
    try:
        from noesis import rag as found
    except ImportError as error:
        raise NotImplementedError("this commit has no noesis.rag") from error
    return found


def facts():
    from asv_bench_groundspeed.workloads.questions import FactSpec, make_facts

    return make_facts(FactSpec(documents=FACTS // 20, sections=20, questions=QUESTIONS, seed=SEED))


def texts_of(size):
    """Different texts of so many characters, cut from one."""
    spec = corpus.CorpusSpec(size=400 * size, seed=SEED)
    text = b"".join(corpus.document(spec, 0)).decode()
    return [text[at : at + size] for at in range(0, len(text) - size, size)]


def write_documents(folder):
    """The facts, and what stands beside them."""
    folder.mkdir()
    for name, text in facts().documents.items():
        (folder / name).write_text(text)
    spec = corpus.CorpusSpec(size=BESIDE_BYTES, seed=SEED, files=250)
    for index in range(250):
        path = folder / "beside" / corpus.document_path(spec, index)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"".join(corpus.document(spec, index)))


def vectors_of(count):
    """Unit vectors in clusters of a hundred, as those of real texts lie, and a hundred queries among them."""
    import numpy as np

    dice = np.random.Generator(np.random.PCG64(SEED))
    centres = dice.standard_normal((max(count // 100, 1), DIMENSIONS))
    found = centres[dice.integers(len(centres), size=count + 100)]
    found = found + 0.7 * dice.standard_normal(found.shape)
    found = (found / np.linalg.norm(found, axis=1, keepdims=True)).astype(np.float32)
    return found[:count], found[count:]


def filled(name, vectors, device="cpu"):
    """A vector index of an engine that holds the vectors under their numbers."""
    import numpy as np

    from noesis.rag.vectors import vector_index

    index = vector_index(name, vectors.shape[1], device=device)
    index.add(np.arange(len(vectors)), vectors)
    return index


class _Server(BaseHTTPRequestHandler):
    """Says at once what it is asked for, token by token, as servers of the chat protocol do."""

    protocol_version = "HTTP/1.1"

    def do_POST(self):
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()
        for number in range(asked["max_tokens"]):
            self.say({"delta": {"content": f"word{number} "}, "finish_reason": None})
        self.say({"delta": {}, "finish_reason": "length"})
        self.wfile.write(b"data: [DONE]\n\n")

    def say(self, choice):
        self.wfile.write(b"data: %s\n\n" % json.dumps({"choices": [{"index": 0, **choice}]}).encode())

    def log_message(self, *_):
        """Says nothing."""


class _Engines:
    """An inference engine by its name; the model of ``llama`` has random weights, 12 MB of them."""

    def start(self, name):
        rag()
        from noesis.rag.inference import engine

        self.server = None
        settings = {}
        if name == "llama":
            from noesis.rag.inference.made import made_model

            settings = {"model": made_model(Path("made.gguf")), "threads": 1}
        if name == "openai":
            self.server = ThreadingHTTPServer(("127.0.0.1", 0), _Server)
            threading.Thread(target=self.server.serve_forever, daemon=True).start()
            settings = {"url": f"http://127.0.0.1:{self.server.server_port}/v1", "model": "any"}
        self.engine = engine(name, **settings)

    def stop(self):
        self.engine.close()
        if self.server is not None:
            self.server.shutdown()
            self.server.server_close()


ENGINES = ("extractive", "llama", "openai")


class _Short:
    timeout = 240
    setup_once = True  # nothing that is timed uses its state up


# --- embeddings ---------------------------------------------------------------------------------


class Embedding(_Short):
    """Texts of 500 characters, as passages have, so many at a time; words come again as they do in texts."""

    params = (("wordllama", "minilm", "hash"), (1, 10, 50))
    param_names = ("engine", "batch")
    workers = (1,)

    def setup(self, name, batch):
        rag()
        from noesis.rag.embedding import embedder

        self.embedder = embedder(name)
        texts = texts_of(500)
        self.batches = itertools.cycle([texts[at : at + batch] for at in range(0, 300, batch)])
        self.embedder.embed(texts[:1])  # loads the model

    def throughput_embed(self, name, batch):
        self.embedder.embed(next(self.batches), batch=batch)
        return batch


# --- vector indexes -----------------------------------------------------------------------------


class _Vectors:
    """So many vectors of 256 dimensions; the ten nearest are asked for."""

    param_names = ("engine", "vectors")
    size = "vectors"
    workers = 1

    def setup(self, name, count):
        rag()
        self.vectors, self.queries = vectors_of(count)
        self.index = filled(name, self.vectors)
        self.turns = itertools.cycle([self.queries[at : at + 1] for at in range(len(self.queries))])

    def latency_query(self, name, count):
        self.index.search(next(self.turns), NEAREST)

    def time_build(self, name, count):
        filled(name, self.vectors)

    def track_recall_at_10(self, name, count):
        from noesis.rag.vectors import recall

        truth = filled("exact", self.vectors).search(self.queries, NEAREST)
        return recall(self.index.search(self.queries, NEAREST), truth)

    track_recall_at_10.unit = "recall"
    track_recall_at_10.better = "higher"


class Vectors(_Vectors, _Short):
    params = (("usearch", "faiss", "exact"), (1_000, 10_000))


class NightlyVectors(_Vectors):
    params = (("usearch", "faiss", "exact"), (100_000,))
    setup_once = True
    rounds = 1
    repeat = (1, 3, 20.0)  # usearch builds for 40 s
    warmup_time = 0.0
    timeout = 900


class Opening(_Short):
    """A file of 10,000 vectors, mapped, and its first query."""

    params = ("usearch", "faiss", "exact")
    param_names = ("engine",)

    def setup(self, name):
        rag()
        vectors, self.queries = vectors_of(10_000)
        self.path = Path(f"{name}.vectors")
        filled(name, vectors).save(self.path)

    def time_open(self, name):
        from noesis.rag.vectors import open_index

        open_index(self.path).search(self.queries[:1], NEAREST)


# --- retrieval ----------------------------------------------------------------------------------


class _Indexed:
    """Cases that ask an index; they run in a copy of the folder that ``setup_cache`` left."""

    def setup_cache(self):
        try:
            found = rag()
        except NotImplementedError:
            return []  # said by setup, where it is a reason to skip
        write_documents(Path("documents"))
        found.Retriever(Path("index"), workers=1).ingest(Path("documents"))
        return [tuple(one) for one in facts().questions]

    def open(self, questions):
        self.retriever = rag().Retriever.open(Path("index"))
        self.turns = Turns([text for text, *_ in questions])


class Query(_Indexed, _Short):
    """Some 10,000 passages, 300 questions in turn, five passages each."""

    params = ("hybrid", "vectors", "words")
    param_names = ("mode",)
    workers = 1

    def setup(self, questions, mode):
        self.open(questions)

    def latency_query(self, questions, mode):
        self.retriever.search(self.turns(), k=5, mode=mode)


class Stages(_Indexed, _Short):
    """The time of each stage of the same questions, every question once."""

    units = MappingProxyType({f"{stage}_{name}": "seconds" for stage in STAGES for name in PERCENTILES})

    def setup(self, questions):
        self.open(questions)

    def measure_query(self, questions):
        taken = {stage: [] for stage in STAGES}
        for text, *_ in questions:
            for one in self.retriever.query_cortex(text).stages:
                taken[one.name].append(one.seconds)
        return {
            f"{stage}_{name}": nearest_rank(sorted(seconds), permille)
            for stage, seconds in taken.items()
            for name, permille in PERCENTILES.items()
        }


class Quality(_Indexed, _Short):
    """The share of the questions whose answer stands in one of the first five passages."""

    params = ("hybrid", "vectors", "words")
    param_names = ("mode",)

    def setup(self, questions, mode):
        self.open(questions)

    def track_recall_at_5(self, questions, mode):
        hits = 0
        for text, _, path, answer in questions:
            found = self.retriever.search(text, k=5, mode=mode).passages
            hits += any(answer in one.text and path in one.source for one in found)
        return hits / len(questions)

    track_recall_at_5.unit = "recall"
    track_recall_at_5.better = "higher"


class Ingest(_Short):
    """Facts in 20 documents, some 400 passages: all of them, and where nothing changed."""

    def setup(self):
        rag()
        self.folder = Path("few")
        self.folder.mkdir()
        for name, text in itertools.islice(facts().documents.items(), 20):
            (self.folder / name).write_text(text)
        self.numbers = itertools.count()
        self.again = self.ingested()

    def ingested(self):
        retriever = rag().Retriever(Path(f"index-{next(self.numbers)}"), workers=1)
        retriever.ingest(self.folder)
        return retriever

    def time_all(self):
        self.ingested()

    def time_nothing_changed(self):
        self.again.ingest(self.folder)


# --- generation ---------------------------------------------------------------------------------


class Answer(_Indexed, _Engines, _Short):
    """From the question to the end of an answer of 32 tokens, out of five passages."""

    params = ENGINES
    param_names = ("engine",)
    workers = 1

    def setup(self, questions, name):
        self.open(questions)
        self.start(name)
        from noesis.rag.inference import Limits

        self.asking = rag().Asking(limits=Limits(tokens=TOKENS))

    def teardown(self, questions, name):
        self.stop()

    def latency_answer(self, questions, name):
        rag().answer(self.retriever, self.engine, self.turns(), asking=self.asking)


class Inference(_Engines, _Short):
    """An engine alone: five passages of 500 bytes, which a model that knows bytes alone reads one by one, and
    an answer of 256 tokens."""

    params = ENGINES
    param_names = ("engine",)
    units = MappingProxyType({"first_token": "seconds", "whole": "seconds", "rate": "tokens/s"})

    def setup(self, name):
        self.start(name)
        from noesis.rag.inference import Prompt
        from noesis.rag.records import Passage

        passages = tuple(
            Passage(source=f"{number}.md", title="Of the corpus", text=text, start=0, end=len(text))
            for number, text in enumerate(texts_of(500)[:5])
        )
        self.prompt = Prompt(question="What do the sections refer to?", passages=passages)

    def teardown(self, name):
        self.stop()

    def measure_generate(self, name):
        from noesis.rag.inference import run

        made = run(self.engine, self.prompt)
        return {"first_token": made.first_token_s, "whole": made.seconds, "rate": made.tokens_per_s}

    measure_generate.better = MappingProxyType({"rate": "higher"})


# --- on a CUDA device ---------------------------------------------------------------------------


class Cuda(_Short):
    """The embedder and the exact index on the device; skipped where there is none."""

    workers = 1

    def setup(self):
        rag()
        from noesis.errors import NoesisError
        from noesis.rag.embedding import embedder

        try:
            self.embedder = embedder("wordllama", device="cuda")
        except NoesisError as error:
            raise NotImplementedError(str(error)) from error
        self.texts = texts_of(500)[:50]
        vectors, self.queries = vectors_of(100_000)
        self.index = filled("exact", vectors, device="cuda")

    def throughput_embed(self):
        self.embedder.embed(self.texts)
        return len(self.texts)

    def latency_query(self):
        self.index.search(self.queries[:1], NEAREST)

    throughput_embed.workers = (1,)


# --- memory, import -----------------------------------------------------------------------------


class Memory(_Indexed, _Short):
    """The peak of a process that opens the index and answers a hundred questions from it."""

    def setup(self, questions):
        rag()

    def peakmem_session(self, questions):
        self.open(questions)
        for _ in range(100):
            self.retriever.query_cortex(self.turns())


class Import(_Indexed, _Short):
    """What a fresh interpreter takes beyond its own start: for the import, and until the first passages are
    found."""

    def setup(self, questions):
        rag()

    def track_import(self, questions):
        return beyond_start_s("import noesis.rag")

    def track_first_query(self, questions):
        index = str(Path("index").resolve())
        return beyond_start_s(
            f"from pathlib import Path; from noesis.rag import Retriever; "
            f"Retriever.open(Path({index!r})).query_cortex('Where was it?')"
        )

    track_import.unit = "seconds"
    track_first_query.unit = "seconds"
