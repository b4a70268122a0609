"""What a knowledge base should answer, found the slow way: every document is looked at for every query.

BM25 as S. Robertson and H. Zaragoza give it ("The Probabilistic Relevance Framework", 2009, 3.4), in double
precision, with the inverse document frequency of Lucene and tantivy: ln(1 + (N - n + 0.5) / (n + 0.5)).
A document's length is rounded down as both do, the mean length is not.
"""

from __future__ import annotations

import bisect
import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path

import pytest

from noesis.knowledge import Answer, KnowledgeBase, KnowledgeConfig

K1, B = 1.2, 0.75
CLOSE = 1e-5  # scores are 32-bit sums of a few terms


def step_of(number: int) -> int:
    """The length that one byte stands for: 24 exact ones, then 3 bits after the leading one (Lucene's
    SmallFloat.byte4ToInt)."""
    if number < 24:
        return number
    bits, shift = (number - 24) & 7, ((number - 24) >> 3) - 1
    return 24 + (bits if shift < 0 else (bits | 8) << shift)


LENGTHS = [step_of(number) for number in range(256)]


def words(text: str) -> list[str]:
    """Runs of letters and digits, in lower case; enough for the letters that the tests use."""
    return re.findall(r"[^\W_]+", text.lower())


def scores(texts: Mapping[str, str], query: Iterable[str]) -> dict[str, float]:
    """The score of each document that holds any of the terms."""
    counts = {path: Counter(words(text)) for path, text in texts.items()}
    mean = sum(one.total() for one in counts.values()) / max(len(counts), 1)
    found: dict[str, float] = {}
    for term in sorted(set(query)):
        holders = [path for path, one in counts.items() if one[term]]
        rarity = math.log(1 + (len(counts) - len(holders) + 0.5) / (len(holders) + 0.5))
        for path in holders:
            length = LENGTHS[bisect.bisect_right(LENGTHS, counts[path].total()) - 1]
            often = counts[path][term]
            weight = often * (K1 + 1) / (often + K1 * (1 - B + B * length / mean))
            found[path] = found.get(path, 0.0) + rarity * weight
    return found


def check(answer: Answer, texts: Mapping[str, str], query: str, limit: int = 10**6) -> None:
    """The answer has the documents, the scores and the order that the texts give."""
    expected = scores(texts, words(query))
    assert answer.total == len(expected)
    assert len(answer.hits) == min(limit, len(expected))
    for hit in answer.hits:
        assert math.isclose(hit.score, expected[hit.path], rel_tol=CLOSE)
        assert any(term in words(hit.snippet) for term in words(query))
    for better, worse in zip(answer.hits, answer.hits[1:], strict=False):
        ours, theirs = expected[better.path], expected[worse.path]
        assert ours > theirs or (ours == theirs and better.path < worse.path) or close(ours, theirs)
    left = expected.keys() - {hit.path for hit in answer.hits}
    assert len(left) == len(expected) - len(answer.hits)  # none twice
    worst = min((expected[hit.path] for hit in answer.hits), default=math.inf)
    assert all(expected[path] <= worst * (1 + CLOSE) for path in left)


def close(ours: float, theirs: float) -> bool:
    """Whether two scores that differ are too near to be told apart in 32 bits."""
    return ours != theirs and math.isclose(ours, theirs, rel_tol=CLOSE)


def base_of(folder: Path, cache_file: Path | None = None, *, workers: int = 1) -> KnowledgeBase:
    """A knowledge base over one folder that no environment changes."""
    config = KnowledgeConfig(knowledge_dirs=(folder,), cache_file=cache_file, max_workers=workers)
    return KnowledgeBase(config, environment={})


def left_over(cache_file: Path) -> list[str]:
    """What lies beside the generation that is named and the lock."""
    folder = cache_file.with_name(f"{cache_file.name}.d")
    inside = sorted(path.name for path in folder.iterdir())
    parts = sorted(path.name for path in cache_file.parent.glob(f".{cache_file.name}.*"))
    return [name for name in inside if name != "lock" and name not in cache_file.read_text()] + parts


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three documents."""
    folder = tmp_path / "documents"
    folder.mkdir()
    for name, text in [("a.md", "alpha beta"), ("b.md", "alpha"), ("c.md", "gamma")]:
        (folder / name).write_text(text)
    return folder


@pytest.fixture
def index(folder: Path) -> Path:
    """A cache file whose index is of the folder's three documents."""
    index = folder.parent / "index"
    with base_of(folder, index) as base:
        base.ingest_all()
    return index
