"""What a diagnosis finds, what it shows for it, and what it says to do. Limits are moved, never the clock."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from asv_bench_groundspeed.workloads.logs import lru_hit_ratio
from noesis.knowledge import KnowledgeBase, KnowledgeConfig, diagnosis
from noesis.knowledge.diagnosis import Finding, Limits, State, diagnose, sample

# Nothing is as slow, as large or as idle as these, and nothing as quick, as small or as busy.
GENEROUS = Limits(slowest_p99_s=1e6, least_rate=1e-6, base_bytes=10**15, least_hit_ratio=0.0)
STRICT = Limits(slowest_p99_s=1e-12, least_rate=1e12, base_bytes=1, bytes_per_document=0, least_hit_ratio=1.0)
SUBJECTS = ["slow queries", "thread bottleneck", "high memory", "cache inefficiency"]


@pytest.fixture(autouse=True)
def _short_stretches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(diagnosis, "_STRETCH_S", 0.01)  # how long changes no answer here


@pytest.fixture
def base(tmp_path: Path) -> Iterator[KnowledgeBase]:
    for number in range(30):
        (tmp_path / f"{number}.md").write_text(f"lock queue word{number}\n")
    config = KnowledgeConfig(knowledge_dirs=(tmp_path,), max_cache_size=10, max_workers=1)
    with KnowledgeBase(config, environment={}) as made:
        made.ingest_all()
        yield made


def told(base: KnowledgeBase, queries: Sequence[str], limits: Limits) -> dict[str, Finding]:
    return {one.subject: one for one in diagnose(base, queries, limits=limits)}


def in_turn(distinct: int, length: int) -> list[str]:
    return [f"word{number % distinct}" for number in range(length)]


def test_all_is_fine_within_generous_limits(base: KnowledgeBase) -> None:
    found = told(base, in_turn(5, 200), GENEROUS)
    assert list(found) == SUBJECTS
    for one in found.values():
        assert one.state is State.FINE
        assert one.evidence
        assert one.remedies == ()


def test_nothing_is_within_strict_limits(base: KnowledgeBase) -> None:
    found = told(base, in_turn(5, 200), STRICT)
    assert list(found) == SUBJECTS
    for one in found.values():
        assert one.state is State.PROBLEM, one
        assert one.remedies


def test_the_evidence_is_of_the_base(base: KnowledgeBase) -> None:
    found = told(base, ["lock", "word7"], GENEROUS)
    assert found["slow queries"].evidence[0] == "2 queries past the cache; limit of p99: 1e+09 ms"
    assert "30 of 30 documents: 'lock'" in found["slow queries"].evidence[2] or (
        "1 of 30 documents: 'word7'" in found["slow queries"].evidence[2]
    )
    assert found["high memory"].evidence[2].startswith("30 documents, ")


def test_without_a_log_the_queries_are_of_the_index(base: KnowledgeBase) -> None:
    terms = {term for term, _ in base.vocabulary()}
    made = sample(base)
    assert len(made) == 200
    assert {word for query in made for word in query.split()} <= terms
    assert made == sample(base)
    assert made != sample(base, seed=1)
    # each of the two words of all documents is thirty times as likely as one of a single document
    assert sum(query.split().count("lock") for query in made) > 50
    found = told(base, [], GENEROUS)
    assert found["cache inefficiency"].state is State.UNKNOWN
    assert found["slow queries"].evidence[0].startswith("200 queries")


def test_an_index_without_a_term(tmp_path: Path) -> None:
    config = KnowledgeConfig(knowledge_dirs=(tmp_path,))
    with KnowledgeBase(config, environment={}) as base:
        base.ingest_all()
        assert sample(base) == []
        states = {one.subject: one.state for one in diagnose(base)}
    assert states == {"queries": State.UNKNOWN, "cache inefficiency": State.UNKNOWN}


@pytest.mark.parametrize(
    ("distinct", "remedy"),
    [
        # 16 questions in turn: a cache of 10 has forgotten each, one of 20 misses the first 16 of 200
        (16, "set max_cache_size to 20: 92.0% of this log would be hits"),
        # 100 in turn: 10, 20, 40 and 80 forget each, 160 misses 100 of 200: half, and no more can be had
        (100, "no size reaches it: 100 of 200 questions are new ones, so 50.0% at best"),
    ],
)
def test_the_size_of_cache_that_a_log_asks_for(base: KnowledgeBase, distinct: int, remedy: str) -> None:
    log = in_turn(distinct, 200)
    found = told(base, log, replace(GENEROUS, least_hit_ratio=0.8))["cache inefficiency"]
    assert found.state is State.PROBLEM
    hits = f"{lru_hit_ratio(log, 10):.1%}"
    assert found.evidence[0] == f"{hits} of the log's 200 queries are hits with max_cache_size = 10"
    assert found.remedies[0].startswith(remedy)


def test_a_log_is_the_same_in_whatever_case_and_order(base: KnowledgeBase) -> None:
    log = ["Lock queue", "queue LOCK", "lock  queue!"] * 50
    found = told(base, log, replace(GENEROUS, least_hit_ratio=0.9))["cache inefficiency"]
    assert found.state is State.FINE
    assert found.evidence[0].startswith("99.3% of the log's 150 queries")  # all but the first
    assert found.evidence[2] == "1 different questions; 150 times the same: 'lock queue'"


def test_what_the_cache_has_answered_counts_more_than_a_log(base: KnowledgeBase) -> None:
    for text in in_turn(20, 200):  # a cache of 10: never one
        base.query(text)
    found = told(base, ["lock"] * 200, replace(GENEROUS, least_hit_ratio=0.8))["cache inefficiency"]
    assert found.evidence == ("0.0% of 200 look-ups were hits; limit 80%", "10 of 10 places are taken")
    assert found.remedies == ("raise max_cache_size: every place is taken",)


def test_a_cache_with_room_wants_warming(base: KnowledgeBase) -> None:
    for text in in_turn(2, 50):
        base.query(text)
    for number in range(3):  # three ingestions that change something
        (base.config.knowledge_dirs[0] / "0.md").write_text(f"lock changed {number}\n")
        base.ingest_all()
        for text in in_turn(2, 20):
            base.query(text)
    found = told(base, [], replace(GENEROUS, least_hit_ratio=0.99))["cache inefficiency"]
    # 110 look-ups, of which the first of each question after each of four beginnings is none: 102 hits
    assert found.evidence == ("92.7% of 110 look-ups were hits; limit 99%", "2 of 10 places are taken")
    assert found.remedies[0].startswith("name frequent questions in warming_queries")
