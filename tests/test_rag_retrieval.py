"""The retriever: what is found, what is done again, and what is left whatever happens."""

from __future__ import annotations

import itertools
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from noesis.errors import BusyError, ConfigError, QueryError, SourceError, StorageError, TextError
from noesis.knowledge.index import terms_of
from noesis.knowledge.store import Store
from noesis.rag import Cutting, Making, Mode, Progress, Retriever, fuse, making_of
from noesis.rag.embedding import embedder
from noesis.rag.indexed import FORMAT
from noesis.rag.retrieval import DEPTH
from tests.conftest import ROOT
from tests.searching_naively import left_over

HASH = Making(embedder="hash", vectors="exact", cutting=Cutting(size=200, overlap=40, small=0))

NOTES = {
    "boats.md": "# Boats\n\nA ferry crosses the bay at noon.\n\n## Sails\n\nLinen sails rot when wet.\n",
    "locks.md": "# Locks\n\nA lock is held while others wait. Locks are fair.\n",
    "tea.txt": "Green tea is steeped for two minutes.\n",
}


def write(folder: Path, notes: dict[str, str]) -> Path:
    folder.mkdir(exist_ok=True)
    for name, text in notes.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


@pytest.fixture(name="notes")
def _notes(tmp_path: Path) -> Path:
    return write(tmp_path / "notes", NOTES)


@pytest.fixture(name="retriever")
def _retriever(notes: Path) -> Retriever:
    retriever = Retriever(notes.parent / "index", making=HASH, workers=1)
    retriever.ingest(notes)
    return retriever


@pytest.fixture(scope="module", name="reading")
def _reading(tmp_path_factory: pytest.TempPathFactory) -> Retriever:
    """The same, for those that only ask."""
    folder = tmp_path_factory.mktemp("reading")
    retriever = Retriever(folder / "index", making=HASH, workers=1)
    retriever.ingest(write(folder / "notes", NOTES))
    return retriever


Ranks = list[tuple[str, float]]


def ranks(retriever: Retriever, question: str, mode: Mode = Mode.HYBRID, k: int = 5) -> Ranks:
    found = retriever.search(question, k=k, mode=mode).found
    return [(f"{Path(one.passage.source).name}@{one.passage.start}", one.score) for one in found]


def sources(retriever: Retriever, question: str, mode: Mode = Mode.HYBRID, k: int = 5) -> list[str]:
    return [source for source, _ in ranks(retriever, question, mode, k)]


def test_a_passage_says_where_it_stands(retriever: Retriever, notes: Path) -> None:
    first, *_ = retriever.search("linen sails").passages
    assert first.source == f"{notes}/boats.md#sails"
    assert (first.title, first.text) == ("Sails", "## Sails\n\nLinen sails rot when wet.\n")
    assert (notes / "boats.md").read_bytes()[first.start : first.end].decode() == first.text
    assert len(retriever) == 4
    assert retriever.folders == (notes,)


@pytest.mark.parametrize("question", ["a lock is fair", "linen tea", "the ferry at noon", "zebra", "Ä"])
def test_both_halves_and_their_fusion(reading: Retriever, question: str) -> None:
    """Against the formulas: cosines of the embedded texts, terms in common, sums of reciprocal ranks."""
    everything = reading.search("a", k=99, mode=Mode.VECTORS).passages
    assert len(everything) == 4
    passages = sorted(everything, key=lambda one: (one.source.partition("#")[0], one.start))
    rows = embedder("hash").embed([one.text for one in passages])
    cosines = rows @ embedder("hash").embed([question])[0]
    by_vectors = sorted(range(4), key=lambda one: (-cosines[one], one))
    found = reading.search(question, mode=Mode.VECTORS)
    assert [one.passage for one in found.found] == [passages[one] for one in by_vectors]
    assert [one.score for one in found.found] == pytest.approx(cosines[by_vectors].tolist(), abs=1e-6)
    assert [(one.vector_rank, one.word_rank) for one in found.found] == [(1, 0), (2, 0), (3, 0), (4, 0)]

    asked = set(terms_of(question))
    by_words = reading.search(question, mode=Mode.WORDS)
    assert set(by_words.passages) == {one for one in passages if asked & set(terms_of(one.text))}
    scores = [one.score for one in by_words.found]
    assert scores == sorted(scores, reverse=True)

    words = [passages.index(one) for one in by_words.passages]
    both = reading.search(question)
    assert [(passages.index(one.passage), one.score) for one in both.found] == fuse([by_vectors, words])
    for one in both.found:
        number = passages.index(one.passage)
        assert one.vector_rank == by_vectors.index(number) + 1
        assert one.word_rank == (words.index(number) + 1 if number in words else 0)


@pytest.mark.parametrize(
    ("mode", "stages"),
    [
        (Mode.HYBRID, ["embed", "vectors", "words", "fuse"]),
        (Mode.VECTORS, ["embed", "vectors", "fuse"]),
        (Mode.WORDS, ["words", "fuse"]),
    ],
)
def test_every_stage_is_timed(notes: Path, mode: Mode, stages: list[str]) -> None:
    """By a clock that moves one second at each look: a stage looks twice."""
    seconds = itertools.count()
    retriever = Retriever(notes.parent / "index", making=HASH, workers=1, clock=lambda: float(next(seconds)))
    retriever.ingest(notes)
    found = retriever.search("lock", mode=mode)
    assert [(one.name, one.seconds) for one in found.stages] == [(name, 1.0) for name in stages]
    assert (found.question, found.mode) == ("lock", mode)


@pytest.mark.parametrize("question", ["", " \n", "?!", "\0"])
@pytest.mark.parametrize("mode", [*Mode])
def test_a_question_without_a_word_finds_nothing(reading: Retriever, question: str, mode: Mode) -> None:
    found = reading.search(question, mode=mode)
    assert found.found == ()
    assert found.stages


def test_a_word_that_nobody_wrote_is_found_by_its_vector_alone(reading: Retriever) -> None:
    assert sources(reading, "sailing", Mode.WORDS) == []
    assert sources(reading, "sailing") == sources(reading, "sailing", Mode.VECTORS)


@pytest.mark.parametrize("mode", [*Mode])
def test_as_many_as_are_asked_for(reading: Retriever, mode: Mode) -> None:
    """Each is the beginning of the one that asks for more."""
    everything = sources(reading, "a lock, a tea, a sail, a ferry", mode, k=1000)
    assert len(everything) == 4 if mode is not Mode.WORDS else 3
    for k in range(5):
        assert sources(reading, "a lock, a tea, a sail, a ferry", mode, k) == everything[:k]
    assert reading.search("lock", k=0, mode=mode).stages == ()


def test_query_cortex_searches_by_both(reading: Retriever) -> None:
    assert reading.query_cortex("lock", k=2).found == reading.search("lock", k=2).found
    assert len(reading.query_cortex("lock").found) == 4


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"k": -1}, "k must be a whole number from 0, not -1"),
        ({"k": True}, "k must be a whole number from 0, not True"),
        ({"k": 1.0}, "k must be a whole number from 0, not 1.0"),
        ({"mode": "both"}, "mode must be one of hybrid, vectors, words, not 'both'"),
        ({"question": 7}, "a question is a text, not int"),
        ({"question": " ".join(map(str, range(257)))}, "a query has at most 256 different terms, not 257"),
    ],
)
def test_what_cannot_be_asked(reading: Retriever, arguments: dict[str, object], said: str) -> None:
    asked: dict[str, object] = {"question": "lock", **arguments}
    search: Callable[..., object] = reading.search
    with pytest.raises(QueryError, match=said):
        search(**asked)


def test_a_question_that_is_no_text_has_no_direction(reading: Retriever) -> None:
    """Half a surrogate pair, as a shell makes it of a byte that is no UTF-8."""
    with pytest.raises(TextError):
        reading.search("a lock \udcff")
    assert sources(reading, "a lock \udcff", Mode.WORDS) == sources(reading, "a lock", Mode.WORDS)


@pytest.mark.parametrize("vectors", ["exact", "usearch", "faiss"])
def test_before_and_after_an_empty_folder(tmp_path: Path, vectors: str) -> None:
    empty = write(tmp_path / "empty", {"nothing.md": ""})
    retriever = Retriever(tmp_path / "index", making=Making(embedder="hash", vectors=vectors))
    assert (retriever.search("lock").found, len(retriever), retriever.folders) == ((), 0, ())
    with pytest.raises(SourceError, match="there is no folder to read"):
        retriever.ingest()
    found = retriever.ingest(empty)
    assert (found.documents, found.passages, found.is_switched) == (1, 0, True)
    assert [retriever.search("lock", mode=mode).found for mode in Mode] == [(), (), ()]
    assert not retriever.ingest().is_switched
    (empty / "nothing.md").write_text("A lock.\n")
    assert retriever.ingest().passages == 1
    assert sources(retriever, "lock") == ["nothing.md@0"]


def test_a_report_that_fails_leaves_the_index_and_nothing_else(retriever: Retriever, notes: Path) -> None:
    def fail(progress: Progress) -> None:
        raise LookupError(progress.stage)

    before = ranks(retriever, "more locks")
    (notes / "more.txt").write_text("more locks\n")
    with pytest.raises(LookupError, match="read"):
        retriever.ingest(report=fail)
    assert (
        ranks(retriever, "more locks")
        == ranks(Retriever.open(notes.parent / "index"), "more locks")
        == before
    )
    assert left_over(notes.parent / "index") == []
    assert retriever.ingest().passages == 5


def test_a_broken_file_is_reported_and_the_others_are_found(notes: Path) -> None:
    (notes / "broken.md").write_bytes(b"\xff\xfe\xff")
    retriever = Retriever(notes.parent / "index", making=HASH, workers=1)
    for _ in range(2):
        found = retriever.ingest(notes)
        assert [Path(one.path).name for one in found.failures] == ["broken.md"]
        assert (found.documents, found.passages) == (3, 4)
    (notes / "broken.md").write_text("mended")
    assert retriever.ingest().failures == ()
    assert sources(retriever, "mended", k=1) == ["broken.md@0"]


def test_what_is_as_it_was_is_neither_read_nor_embedded(retriever: Retriever, notes: Path) -> None:
    told: list[Progress] = []
    again = retriever.ingest(report=told.append)
    assert (again.is_switched, again.embedded, told) == (False, 0, [])
    # the text moves to another file and down; one more is new
    text = "# New\n\nBefore it.\n\n" + NOTES["boats.md"]
    (notes / "boats.md").unlink()
    (notes / "ships.md").write_text(text)
    found = retriever.ingest(report=told.append)
    assert (found.documents, found.passages, found.embedded) == (3, 5, 1)
    assert [(one.stage, one.done, one.total) for one in told] == [
        *(("read", done, 3) for done in (1, 2, 3)),
        ("embed", 1, 1),
    ]


@pytest.mark.parametrize("making", [HASH, Making(cutting=HASH.cutting)], ids=["hash", "wordllama"])
def test_step_by_step_is_as_from_scratch(notes: Path, making: Making) -> None:
    step = Retriever(notes.parent / "step", making=making, workers=1)
    for change in (
        lambda: None,
        lambda: write(notes, {"a.md": "# First\n\nA ferry.\n", "locks.md": "# Locks\n\nWait. Nobody. " * 20}),
        lambda: (notes / "tea.txt").unlink(),
    ):
        change()
        step.ingest(notes)
        scratch = Retriever(notes.parent / "scratch" / change.__qualname__, making=making, workers=1)
        scratch._store.cache_file.parent.mkdir(exist_ok=True)
        scratch.ingest(notes)
        for question, mode in itertools.product(["a lock", "ferry at noon", "nobody"], Mode):
            assert ranks(step, question, mode) == ranks(scratch, question, mode)


def test_an_index_is_opened_as_it_was_made(retriever: Retriever, notes: Path) -> None:
    index = notes.parent / "index"
    opened = Retriever.open(index)
    assert opened.making == making_of(index) == HASH
    assert ranks(opened, "a lock") == ranks(retriever, "a lock")
    (notes / "more.txt").write_text("more locks\n")
    assert opened.ingest().passages == 5
    assert len(retriever) == 4  # who has it open keeps it
    assert retriever.ingest().is_switched  # and sees what another one wrote
    assert len(retriever) == 5
    assert making_of(notes.parent / "none") == Making()


@pytest.mark.parametrize(
    ("making", "said"),
    [
        (Making(embedder="wordllama", vectors="exact", cutting=HASH.cutting), "embedder: .* hash, not wordl"),
        (
            Making(embedder="hash", cutting=HASH.cutting),
            "vectors: the index was made with exact, not usearch",
        ),
        (Making(embedder="hash", vectors="exact"), "cutting: the index was made with Cutting"),
    ],
)
def test_another_making_than_the_indexs_is_refused(reading: Retriever, making: Making, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        Retriever(reading._store.cache_file, making=making)


def test_an_unknown_engine_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="there are wordllama, minilm, hash"):
        Retriever(tmp_path / "index", making=Making(embedder="lost"))
    retriever = Retriever(tmp_path / "index", making=Making(embedder="hash", vectors="lost"))
    told: list[Progress] = []
    with pytest.raises(ConfigError, match="usearch"):
        retriever.ingest(write(tmp_path / "notes", NOTES), report=told.append)
    assert told == []  # before anything was read


def test_what_is_no_index_is_left_alone(notes: Path) -> None:
    index = notes.parent / "index"
    with pytest.raises(StorageError, match=r"there is no whole index .*; make it first \(noesis embed"):
        Retriever.open(index)
    index.write_text('{"format": "noesis-knowledge", "version": 1, "generation": "0123456789abcdef"}')
    with pytest.raises(StorageError, match="is no index of passages; name another cache file"):
        Retriever(index)


@pytest.mark.parametrize("part", ["passages.json", "vectors", "texts", "documents.json"])
def test_an_index_that_lost_a_part_is_made_again(retriever: Retriever, notes: Path, part: str) -> None:
    folder = retriever._store.current()
    assert folder is not None
    (folder / part).unlink() if (folder / part).is_file() else (folder / part).rename(folder / "lost")
    before = ranks(retriever, "a lock")
    with pytest.raises(StorageError, match="there is no whole index"):
        Retriever.open(notes.parent / "index")
    opened = Retriever(notes.parent / "index", making=HASH, workers=1)
    assert len(opened) == 0
    assert opened.ingest(notes).embedded == 4
    assert ranks(opened, "a lock") == before


def test_one_writes_at_a_time(retriever: Retriever, notes: Path) -> None:
    (notes / "more.txt").write_text("more\n")
    other = Store(notes.parent / "index", FORMAT)
    with other.writing(), pytest.raises(BusyError, match="somebody else is writing"):
        retriever.ingest()
    assert retriever.ingest().passages == 5


def test_many_ask_while_one_ingests(retriever: Retriever, notes: Path) -> None:
    """Every answer is that of one whole index: the old one's or a new one's."""
    wanted = {tuple(ranks(retriever, "a lock"))}
    seen: list[Ranks] = []
    failed: list[BaseException] = []
    is_over = threading.Event()

    def ask() -> None:
        try:
            while not is_over.is_set():
                seen.append(ranks(retriever, "a lock"))
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for number in range(2):
        (notes / f"more{number}.txt").write_text(f"a lock of number {number}\n")
        retriever.ingest()
        wanted.add(tuple(ranks(retriever, "a lock")))
    is_over.set()
    for thread in threads:
        thread.join()
    assert not failed
    assert {tuple(one) for one in seen} <= wanted


KILLED = """
import sys
from pathlib import Path
from noesis.knowledge.store import Store
from noesis.rag import Retriever
from noesis.rag import ingesting
moment, index = sys.argv[1], Path(sys.argv[2])

def stop(*_):
    print("here", flush=True)
    sys.stdin.readline()

def after(place, name):
    original = getattr(place, name)
    def instead(*arguments, **named):
        result = original(*arguments, **named)
        stop()
        return result
    setattr(place, name, instead)

if moment == "written":
    after(ingesting, "write")
elif moment == "switched":
    after(Store, "switch")
Retriever.open(index).ingest(report=lambda one: stop() if one.stage == moment else None)
"""


@pytest.mark.parametrize(
    ("moment", "is_new"),
    [("embed", False), ("written", False), ("switched", True)],
)
def test_a_kill_leaves_the_old_index_or_the_new_one(
    retriever: Retriever, notes: Path, moment: str, is_new: bool
) -> None:
    index = notes.parent / "index"
    old = ranks(retriever, "zebra lock")
    write(notes, {"boats.md": "# Zebra\n\nA zebra.\n", "zoo.txt": "zebra\n"})
    with subprocess.Popen(
        [sys.executable, "-c", KILLED, moment, str(index)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT,
    ) as process:  # fmt: skip
        assert process.stdout is not None
        assert process.stdout.readline() == "here\n"
        process.kill()
        assert process.wait() == -signal.SIGKILL
    opened = Retriever.open(index)
    assert (ranks(opened, "zebra lock") == old) is not is_new
    assert left_over(index)
    assert opened.ingest().is_switched is not is_new
    assert sources(opened, "zebra", Mode.WORDS) == ["boats.md#zebra@0", "zoo.txt@0"]
    assert left_over(index) == []


def test_the_depth_is_what_its_derivation_needs() -> None:
    assert 2 / (60 + DEPTH) > 1 / 61  # else the reason in retrieval.py does not hold
    assert DEPTH**2 / 400 == 1
