"""Many threads and two processes on one knowledge base: nobody waits for an index or sees half of one."""

from __future__ import annotations

import re
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from noesis.errors import BusyError, StorageError
from noesis.knowledge import Answer, KnowledgeBase, KnowledgeConfig, LRUCache, Progress, apart
from tests.ingesting_apart import stopped_at
from tests.searching_naively import base_of, left_over

COUNT = 8
THREADS = 2  # that ask, beside the one that ingests


def write(folder: Path, version: int, count: int = COUNT) -> None:
    folder.mkdir(exist_ok=True)
    for number in range(count):
        (folder / f"{number:03}.md").write_text(f"alpha version{version} number{number}")


def versions(answer: Answer) -> set[int]:
    """The versions of the documents that an answer shows."""
    return {int(found) for hit in answer.hits for found in re.findall(r"version(\d+)", hit.snippet)}


@contextmanager
def meanwhile(work: Callable[[], None], *, threads: int = THREADS) -> Iterator[None]:
    """Threads do the work again and again as long as the block runs; what one raises is raised at the end."""
    is_over = threading.Event()

    def again() -> int:
        done = 0
        while not is_over.is_set():
            work()
            done += 1
        return done

    with ThreadPoolExecutor(threads) as crew:
        busy = [crew.submit(again) for _ in range(threads)]
        try:
            yield
        finally:
            is_over.set()
        assert all(one.result() for one in busy)


@pytest.mark.parametrize("rebuilds", [10, pytest.param(100, marks=pytest.mark.slow)])
def test_threads_that_ask_during_rebuilds_see_one_version_at_a_time(tmp_path: Path, rebuilds: int) -> None:
    """Each file and each switch sets ten questions free: threads that never wait would keep Python's lock."""
    folder = tmp_path / "documents"
    questions = threading.Semaphore(0)
    published = 0
    write(folder, 0)
    with base_of(folder) as base:
        base.ingest_all()

        def free(_: Progress) -> None:
            questions.release(10)

        def ask() -> None:
            if not questions.acquire(timeout=0.1):
                return  # to see whether it is over
            for use_cache in (True, False):
                least = published  # before the question, so the answer is no older
                answer = base.query("alpha", use_cache=use_cache, limit=COUNT)
                (version,) = versions(answer)
                assert version >= least
                assert (answer.total, len(answer.hits)) == (COUNT, COUNT)
                assert base.query(f"version{version}", use_cache).total in {0, COUNT}

        with meanwhile(ask):
            for version in range(1, rebuilds + 1):
                write(folder, version)
                assert base.ingest_all(free).changed == COUNT
                published = version
                questions.release(10)
                assert versions(base.query("alpha", limit=COUNT)) == {version}
        found = base.stats()
        assert found.queries > rebuilds
        assert (found.documents, found.terms) == (COUNT, COUNT + 2)


def test_a_cache_keeps_its_size_and_its_count_under_16_threads() -> None:
    cache: LRUCache[int] = LRUCache(10)
    asked = 2000

    def work(seed: int) -> int:
        found = 0
        for step in range(asked):
            key = (seed * 7 + step * step) % 23
            value = cache.get(key)
            assert value is None or value == key + 1
            found += value is not None
            cache.put(key, key + 1)
            assert cache.statistics().size <= 10
            if step % 500 == 0:
                cache.clear()
        return found

    with ThreadPoolExecutor(16) as crew:
        found = sum(crew.map(work, range(16)))
    counted = cache.statistics()
    assert (counted.hits, counted.misses) == (found, 16 * asked - found)
    assert counted.size == 10


def test_warming_counting_and_asking_go_together(tmp_path: Path) -> None:
    folder = tmp_path / "documents"
    write(folder, 0)
    with base_of(folder) as base:

        def work() -> None:
            assert base.warm(["alpha", "beta", "gamma"]) == 3
            base.query("alpha")
            base.query("delta", use_cache=False)
            found = base.stats()
            assert found.queries >= found.cache_hits + found.cache_misses
            assert found.cached_answers <= base.config.max_cache_size
            assert len(base.vocabulary()) in {0, COUNT + 2}

        with meanwhile(work):
            for version in range(5):
                write(folder, version)
                base.ingest_all()
        found = base.stats()
        assert found.queries % 2 == 0
        assert found.cache_hits + found.cache_misses == found.queries // 2


def test_of_two_ingestions_at_once_the_second_finds_nothing_left_to_do(tmp_path: Path) -> None:
    folder = tmp_path / "documents"
    write(folder, 0)
    with base_of(folder) as base, ThreadPoolExecutor(2) as crew:
        gate = threading.Barrier(2)

        def ingest() -> tuple[int, bool]:
            gate.wait()
            found = base.ingest_all()
            return found.added, found.is_switched

        first, second = crew.submit(ingest), crew.submit(ingest)
        assert sorted([first.result(), second.result()]) == [(0, False), (COUNT, True)]


def test_an_ingestion_within_an_ingestion_is_refused_not_waited_for(tmp_path: Path) -> None:
    folder = tmp_path / "documents"
    write(folder, 0)
    with base_of(folder) as base:

        def report(_: Progress) -> None:
            base.ingest_all()

        with pytest.raises(BusyError, match="wait until that is done"):
            base.ingest_all(report)
        assert base.ingest_all().added == COUNT


def test_of_two_processes_one_writes_and_both_answer(tmp_path: Path) -> None:
    folder, index = tmp_path / "documents", tmp_path / "index"
    write(folder, 1)
    with base_of(folder, index) as base:
        base.ingest_all()
        old = base.query("alpha", use_cache=False, limit=COUNT)
        write(folder, 2, count=COUNT + 1)
        with stopped_at("file 5", folder, index) as apart:
            with pytest.raises(BusyError) as raised:
                base.ingest_all()
            assert raised.value.exit_code == 6
            assert base.query("alpha", use_cache=False, limit=COUNT) == old
            apart.go_on()
        assert left_over(index) == []  # the other process removed what this one reads
        assert base.query("alpha", use_cache=False, limit=COUNT) == old
        found = base.ingest_all()  # takes over what the other one wrote
        assert (found.added, found.changed, found.is_switched) == (1, COUNT, True)
        assert versions(base.query("alpha", limit=COUNT)) == {2}
        assert base.query("alpha").total == COUNT + 1


def test_an_opening_finds_an_index_whole_while_others_replace_it(tmp_path: Path) -> None:
    """Between reading a name and opening what it names, it may have been replaced and removed."""
    folder, index = tmp_path / "documents", tmp_path / "index"
    write(folder, 0)
    with base_of(folder, index) as base:
        base.ingest_all()

        def reopen() -> None:
            with base_of(folder, index) as other:
                assert other.query("alpha").total == COUNT

        with meanwhile(reopen, threads=2):
            for version in range(1, 31):
                write(folder, version)
                base.ingest_all()


class Waiting(KnowledgeBase):
    """Its heartbeat stops at the first file until it is to end."""

    def __init__(self, config: KnowledgeConfig) -> None:
        self.is_ingesting = threading.Event()
        super().__init__(config, environment={})

    def _say(self, progress: Progress) -> None:
        self.is_ingesting.set()
        assert self._heartbeat is not None
        self._heartbeat._ending.wait()


def test_closing_ends_a_heartbeat_in_the_middle_of_an_ingestion(tmp_path: Path) -> None:
    folder, index = tmp_path / "documents", tmp_path / "index"
    write(folder, 1)
    with base_of(folder, index) as base:
        base.ingest_all()
    write(folder, 2)
    base = Waiting(KnowledgeConfig(knowledge_dirs=(folder,), cache_file=index, heartbeat_interval=0.001))
    before = threading.active_count()
    base.start_heartbeat()
    base.start_heartbeat()
    assert threading.active_count() == before + 1
    assert base.is_ingesting.wait(20)
    base.close()
    assert threading.active_count() == before
    assert left_over(index) == []
    # its process may be done before it hears of the end: the new index is whole then, too
    assert versions(base.query("alpha", limit=COUNT)) in ({1}, {2})
    assert base.stats().heartbeat_failure == ""
    with pytest.raises(StorageError, match="closed"):
        base.ingest_all()


def test_a_heartbeat_ingests_in_a_process_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "documents"
    write(folder, 1)
    with base_of(folder) as base:
        base.ingest_all()
        write(folder, 2)
        seen: list[psutil.Process] = []
        monkeypatch.setattr(base, "_say", lambda _: seen.extend(psutil.Process().children()))
        base._beat(lambda: False)
        assert versions(base.query("alpha", limit=COUNT)) == {2}
        assert base.stats().heartbeat_failure == ""
    assert seen
    assert not any(one.is_running() for one in seen)


def test_a_heartbeat_whose_process_is_killed_says_so_and_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "documents"
    write(folder, 1)
    with base_of(folder) as base:
        base.ingest_all()
        write(folder, 2)
        with monkeypatch.context() as changed:
            changed.setattr(apart, "_PROGRAM", "import os; os.kill(os.getpid(), 9)")
            base._beat(lambda: False)
        assert "has ended (signal 9, Killed)" in base.stats().heartbeat_failure
        assert versions(base.query("alpha", limit=COUNT)) == {1}
        base._beat(lambda: False)
        assert base.stats().heartbeat_failure == ""
        assert versions(base.query("alpha", limit=COUNT)) == {2}


def test_closing_waits_for_another_threads_ingestion(tmp_path: Path) -> None:
    folder = tmp_path / "documents"
    write(folder, 1)
    base = base_of(folder)
    begun, closing = threading.Event(), threading.Event()

    def report(_: Progress) -> None:
        begun.set()
        closing.wait()

    def close() -> None:
        closing.set()
        base.close()

    with ThreadPoolExecutor(2) as crew:
        ingesting = crew.submit(base.ingest_all, report)
        assert begun.wait(20)
        crew.submit(close).result()
        assert ingesting.result().added == COUNT
    assert base.query("alpha").total == COUNT  # from files that are gone


def fail(progress: Progress) -> None:
    if progress.done == 80:
        raise LookupError(progress.path)


def test_nothing_is_left_of_rebuilds_failures_and_heartbeats(tmp_path: Path) -> None:
    folder = tmp_path / "documents"
    write(folder, 0, count=150)

    def round_of(version: int) -> None:
        write(folder, version, count=150)
        with base_of(folder, workers=2) as base:
            base.start_heartbeat()
            base.ingest_all()
            write(folder, -version, count=150)
            with pytest.raises(LookupError):
                base.ingest_all(fail)
            base.query("alpha")

    def left() -> tuple[int, int, int]:
        process = psutil.Process()
        return len([*Path("/proc/self/fd").iterdir()]), threading.active_count(), len(process.children())

    round_of(1)
    before = left()
    for version in range(2, 6):
        round_of(version)
    assert left() == before


def test_a_child_of_a_fork_answers(tmp_path: Path) -> None:
    folder = tmp_path / "documents"
    write(folder, 1)
    program = (
        "import os, sys\n"
        "from pathlib import Path\n"
        "from tests.searching_naively import base_of\n"
        "base = base_of(Path(sys.argv[1]), Path(sys.argv[2]))\n"
        "base.ingest_all()\n"
        "base.query('alpha')\n"
        "child = os.fork()\n"
        "found = base.query('alpha').total, base.query('version1', use_cache=False).total\n"
        f"assert found == ({COUNT}, {COUNT})\n"
        "if child:\n"
        "    sys.exit(os.waitpid(child, 0)[1])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(folder), str(tmp_path / "index")], check=False, timeout=60
    )
    assert done.returncode == 0
