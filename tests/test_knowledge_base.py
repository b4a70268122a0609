"""A knowledge base as its caller sees it: what may be asked, in which order it answers, what it counts."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from noesis.errors import QueryError, SourceError, StorageError
from noesis.knowledge import KnowledgeBase, KnowledgeConfig
from noesis.knowledge.index import Searcher, Writer, ordered
from noesis.knowledge.ingesting import Ingestion
from tests.searching_naively import base_of, folder, index

__all__ = ["folder", "index"]  # fixtures


@pytest.mark.parametrize("field", ["limit", "offset"])
@pytest.mark.parametrize("value", [-1, True, 1.0, "1", None])
def test_a_window_is_of_whole_numbers(index: Path, folder: Path, field: str, value: object) -> None:
    window: dict[str, Any] = {field: value}
    with base_of(folder, index) as base, pytest.raises(QueryError, match=f"^{field} must be a whole number"):
        base.query("alpha", **window)


@pytest.mark.parametrize(
    ("limit", "offset", "expected"),
    [
        (10, 0, ["b.md", "a.md"]),
        (1, 0, ["b.md"]),
        (1, 1, ["a.md"]),
        (1, 2, []),
        (0, 0, []),
        (0, 1, []),
        (10**30, 0, ["b.md", "a.md"]),
        (10**30, 1, ["a.md"]),
        (1, 10**30, []),
        (10**9, 10**18, []),
    ],
)
def test_a_window_may_be_any(folder: Path, index: Path, limit: int, offset: int, expected: list[str]) -> None:
    with base_of(folder, index) as base:
        answer = base.query("alpha", limit=limit, offset=offset)
        assert answer.total == 2
        assert [Path(hit.path).name for hit in answer.hits] == expected


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("", ()),
        (" \n ?!", ()),
        ("Beta, ALPHA beta", ("alpha", "beta")),
        ("e\u0301t\u00e9", ("\u00e9t\u00e9",)),  # letters that are written in two ways
        ("\udcff", ()),
        ("a\udcffb", ("a", "b")),
        ("x\0y", ("x", "y")),
        ("don't re-read it", ("don", "it", "re", "read", "t")),
    ],
)
def test_what_the_terms_of_a_question_are(
    folder: Path, index: Path, text: str, terms: tuple[str, ...]
) -> None:
    with base_of(folder, index) as base:
        assert base.query(text).terms == terms


def test_a_question_has_256_terms_at_most(folder: Path, index: Path) -> None:
    words = [f"w{number}" for number in range(257)]
    with base_of(folder, index) as base:
        assert base.query(" ".join(["alpha", *words[:255], *words[:255]])).total == 2
        with pytest.raises(QueryError, match="at most 256 different terms, not 257"):
            base.query(" ".join(words))
        assert base.query("a" * 100_000).total == 0


def test_a_word_is_found_up_to_what_tantivy_keeps(folder: Path) -> None:
    """65,530 bytes; a longer one is no term, and no word of its document's length."""
    (folder / "a.md").write_text("x" * 65_530 + " " + "y" * 65_531 + " end")
    with base_of(folder) as base:
        base.ingest_all()
        assert base.query("x" * 65_530).total == 1
        assert base.query("y" * 65_531).total == 0
        assert base.query("end").total == 1


def test_documents_of_one_text_are_in_the_order_of_their_paths(tmp_path: Path) -> None:
    """With terms of every length of list, on four threads, so in segments of their own."""
    folder = tmp_path / "documents"
    folder.mkdir()
    same = " ".join(f"w{number}" for number in range(250))
    for number in range(300):
        text = same if number % 3 else " ".join(f"w{at}" for at in range(number % 250))
        (folder / f"{number:03}.md").write_text(text)
    with base_of(folder, workers=4) as base:
        base.ingest_all()
        found = [Path(hit.path) for hit in base.query(same, limit=300).hits]
        alike = [int(path.stem) for path in found if int(path.stem) % 3]
        assert alike == sorted(alike)
        assert len(alike) == 200
        windows = [base.query(same, limit=7, offset=at).hits for at in range(0, 300, 7)]
        assert [Path(hit.path) for window in windows for hit in window] == found


def test_a_hundred_thousand_documents_of_one_text_are_in_order(tmp_path: Path) -> None:
    writer = Writer(tmp_path, threads=4)
    for number in range(100_000):
        writer.add(number, "alpha beta")
    writer.finish()
    searcher = Searcher(tmp_path)
    for limit, offset in [(10, 0), (10, 99_995), (100, 50_000)]:
        total, found = searcher.rank(("alpha", "beta"), limit, offset)
        assert total == 100_000
        assert [one.number for one in found] == [*range(offset, min(offset + limit, total))]


@pytest.mark.parametrize(
    ("scores", "numbers", "expected"),
    [
        ([], [], []),
        ([3.0, 2.0, 1.0], [9, 8, 7], [9, 8, 7]),
        ([3.0, 3.0, 1.0], [9, 8, 7], [8, 9, 7]),
        ([1.0, 0.95, 0.9, 0.5], [4, 3, 2, 1], [2, 3, 4, 1]),  # neighbours tie within a tenth: all three do
    ],
)
def test_neighbours_that_tie_are_in_the_order_of_their_numbers(
    scores: list[float], numbers: list[int], expected: list[int]
) -> None:
    assert [number for _, number in ordered(scores, numbers, 0.1)] == expected


def test_nothing_that_is_given_back_can_be_changed(folder: Path, index: Path) -> None:
    (folder / "bad.md").write_bytes(b"\xff")
    with base_of(folder, index) as base:
        found, answer, stats = base.ingest_all(), base.query("alpha"), base.stats()
        for record in (found, found.failures[0], answer, answer.hits[0], stats, base.config):
            for field in dataclasses.fields(record):
                value = getattr(record, field.name)
                hash(value)  # nothing inside can be changed either
                with pytest.raises(dataclasses.FrozenInstanceError):
                    setattr(record, field.name, value)
        base.vocabulary().clear()  # a list of the caller's own
        assert len(base.vocabulary()) == 3
        assert base.query("alpha") is base.query("ALPHA")


def test_what_is_counted(folder: Path, index: Path) -> None:
    with base_of(folder, index) as base:
        new = base.stats()
        assert (new.documents, new.terms, new.queries, new.hit_ratio) == (3, 3, 0, 0.0)
        assert new.last_access is None
        files = [path for path in index.with_name("index.d").rglob("*") if path.is_file()]
        assert new.index_bytes == sum(path.stat().st_size for path in files)  # the lock is empty
        before = datetime.now(UTC)
        for use_cache in (True, True, True, False):
            base.query("alpha", use_cache=use_cache)
        found = base.stats()
        assert (found.queries, found.cache_hits, found.cache_misses, found.cached_answers) == (4, 2, 1, 1)
        assert found.hit_ratio == pytest.approx(2 / 3)
        assert found.last_access is not None
        assert before <= found.last_access <= datetime.now(UTC)
        assert found.query_rate == pytest.approx(4 / found.uptime_s)
        assert base.warm(["alpha", "beta"]) == 2
        assert base.stats().queries == 4  # warming is no question
        assert [(hit.path, hit.snippet) for hit in base.query("beta").hits] == [
            (str(folder / "a.md"), "alpha beta")
        ]
        assert base.stats().cache_hits == 3


def test_an_ingestion_empties_the_cache_and_warms_it(folder: Path, index: Path) -> None:
    config = KnowledgeConfig(
        knowledge_dirs=(folder,), cache_file=index, max_workers=1, warming_queries=("alpha", "beta")
    )
    with KnowledgeBase(config, environment={}) as base:
        base.query("gamma")
        assert not base.ingest_all().is_switched
        assert base.stats().cached_answers == 1  # nothing changed, nothing is forgotten
        (folder / "d.md").write_text("alpha")
        base.ingest_all()
        assert base.stats().cached_answers == 2
        assert base.query("alpha").total == 3
        assert base.stats().cache_hits == 1


def test_a_heartbeat_says_what_it_could_not_do_until_it_can(folder: Path, index: Path) -> None:
    with base_of(folder, index) as base:
        moved = folder.rename(folder.with_name("moved"))
        base._beat(lambda: False)
        assert "is no folder" in base.stats().heartbeat_failure
        moved.rename(folder)
        (folder / "d.md").write_text("delta")
        base._beat(lambda: False)
        assert base.stats().heartbeat_failure == ""
        assert base.query("delta").total == 1


def test_a_heartbeat_that_meets_a_fault_says_so(
    folder: Path, index: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with base_of(folder, index) as base:

        def broken(*_: object) -> None:
            raise ZeroDivisionError("a fault")

        monkeypatch.setattr(Ingestion, "run_apart", broken)
        with pytest.raises(ZeroDivisionError):
            base._beat(lambda: False)
        assert "by a fault: ZeroDivisionError('a fault')" in base.stats().heartbeat_failure


def test_a_temporary_index_goes_with_its_base(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "temporary"
    place.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(place))
    with base_of(folder) as base:
        base.ingest_all()
        assert len([*place.iterdir()]) == 1
    assert [*place.iterdir()] == []
    assert base.query("alpha").total == 2
    with pytest.raises(StorageError, match="closed; open another"):
        base.ingest_all()
    base.close()
    assert [*place.iterdir()] == []


def test_what_a_folder_above_forbids_is_a_source_error(tmp_path: Path) -> None:
    with base_of(tmp_path / ("x" * 300)) as base, pytest.raises(SourceError, match="is no folder"):
        base.ingest_all()
