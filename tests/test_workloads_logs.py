"""``workloads.logs``: files that come back as they were or say where they are wrong; caches replayed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asv_bench_groundspeed.workloads.logs import lru_hit_ratio, read_log, write_log

LINES = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\n\r"), min_size=1, max_size=20)


@settings(deadline=None, derandomize=True, max_examples=50)
@given(st.lists(LINES, max_size=10))
def test_a_log_comes_back_as_it_was(tmp_path_factory: pytest.TempPathFactory, queries: list[str]) -> None:
    path = tmp_path_factory.mktemp("logs") / "some.log"
    write_log(path, queries)
    assert read_log(path) == queries
    assert list(path.parent.iterdir()) == [path]


def test_a_log_is_one_query_a_line(tmp_path: Path) -> None:
    write_log(str(tmp_path / "a.log"), iter(["two words", "naïve"]))
    assert (tmp_path / "a.log").read_bytes() == b"two words\nna\xc3\xafve\n"


@pytest.mark.parametrize("query", ["", "two\nlines", "back\r", "\ud800"])
def test_what_no_line_can_hold_is_refused_and_the_old_log_stays(tmp_path: Path, query: str) -> None:
    path = tmp_path / "a.log"
    write_log(path, ["old"])
    with pytest.raises(ValueError, match="query 3 must be"):
        write_log(path, ["good", "good", query])
    assert read_log(path) == ["old"]
    assert list(tmp_path.iterdir()) == [path]


def test_an_end_in_between_leaves_the_old_log(tmp_path: Path) -> None:
    def broken() -> Iterator[str]:
        yield "new"
        raise KeyboardInterrupt

    path = tmp_path / "a.log"
    write_log(path, ["old"])
    with pytest.raises(KeyboardInterrupt):
        write_log(path, broken())
    assert read_log(path) == ["old"]
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (b"a\n\nb\n", ":2: the line is empty; every line holds a query"),
        (b"a\nb", ":2: the line does not end: the file was cut short, or wants a last newline"),
        (b"a\nb\r\nc\n", ":2: the line holds a carriage return; lines end in a newline alone"),
        (b"a\nb\nna\xefve\n", ":3: the line is no UTF-8: 'utf-8' codec can't decode byte 0xef in position 2"),
    ],
)
def test_a_wrong_file_names_the_line(tmp_path: Path, content: bytes, text: str) -> None:
    path = tmp_path / "a.log"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=re.escape(f"{path}{text}")):
        read_log(path)


def test_a_file_without_a_query_is_an_empty_log(tmp_path: Path) -> None:
    (tmp_path / "a.log").touch()
    assert read_log(tmp_path / "a.log") == []


# --- caches -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("log", "size", "hits"),
    [
        ("aaaa", 1, 3),
        ("abab", 1, 0),  # each drops the other
        ("abab", 2, 2),
        ("abcabc", 2, 0),  # a round longer than the cache: the least recent is the next asked for
        ("abacab", 2, 2),  # a, used in between, stays when c comes; b does not
    ],
)
def test_a_small_log_has_the_hits_counted_by_hand(log: str, size: int, hits: int) -> None:
    assert lru_hit_ratio(log, size) == hits / len(log)


@settings(deadline=None, derandomize=True)
@given(st.lists(st.integers(0, 12), min_size=1, max_size=200), st.integers(1, 15))
def test_the_ratio_is_that_of_pythons_own_cache(log: list[int], size: int) -> None:
    cached = lru_cache(maxsize=size)(lambda query: query)
    for query in log:
        cached(query)
    assert lru_hit_ratio(log, size) == cached.cache_info().hits / len(log)


def test_wrong_arguments_are_named() -> None:
    with pytest.raises(ValueError, match="size must be at least 1, not 0"):
        lru_hit_ratio("a", 0)
    with pytest.raises(ValueError, match="log must hold at least one request"):
        lru_hit_ratio([], 5)
