"""Laws of a knowledge base: whatever happens to the files, it answers as a scan over them would."""

from __future__ import annotations

import itertools
import os
import random
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asv_bench_groundspeed.workloads.files import as_docx, as_pdf
from noesis.knowledge import Answer, KnowledgeBase
from tests.searching_naively import base_of, check

NAMES = ["a.md", "b.txt", "c.MD", "deep/d.md", "deep/e.txt", "deep/er/f.md"]
UNSEEN = [".hidden.md", "notes.rst", "deep/.g.md"]
WORDS = ["alpha", "Beta", "GAMMA", "éclair", "x1", "42", "naïve"]
QUERIES = ["alpha", "beta ALPHA", "Éclair x1 42", "absent", "absent gamma", "naïve, gamma; beta!", ""]

sentences = st.lists(
    st.tuples(st.sampled_from(WORDS), st.integers(1, 90), st.sampled_from([" ", "\n", ", ", "_"])), max_size=5
).map(lambda parts: "".join(f"{word}{gap}" * often for word, often, gap in parts))
names = st.sampled_from(NAMES + UNSEEN)
steps = st.one_of(
    st.tuples(st.just("write"), names, sentences),
    st.tuples(st.just("delete"), names, st.just("")),
    st.tuples(st.just("break"), names, st.sampled_from(["one", "two"])),
    st.tuples(st.just("link"), names, st.sampled_from([*NAMES, "outside", "nowhere", "folder", "itself"])),
    st.tuples(st.just("ingest"), st.just(""), st.sampled_from(["", "again", "opened"])),
)


@dataclass
class World:
    """Real files, and the two ways to search them."""

    root: Path
    workers: int
    base: KnowledgeBase = field(init=False)
    seen: dict[str, bytes | None] = field(default_factory=dict)  # as ingested last; None: no text

    def __post_init__(self) -> None:
        self.folder = self.root / "documents"
        self.folder.mkdir()
        (self.root / "outside.md").write_text("alpha alpha outside")
        self.base = base_of(self.folder, self.root / "index", workers=self.workers)

    def do(self, what: str, name: str, value: str) -> None:
        path = self.folder / name
        if what == "ingest":
            self._ingest(value)
            return
        path.unlink(missing_ok=True)
        path.parent.mkdir(parents=True, exist_ok=True)
        if what == "write":
            path.write_text(value)
        elif what == "break":
            path.write_bytes(b"alpha \xff " + value.encode())
        elif what == "link":
            path.symlink_to(self._target(path, value))

    def _target(self, path: Path, value: str) -> Path:
        places = {
            "outside": self.root / "outside.md",
            "nowhere": self.folder / "nowhere.md",
            "folder": self.folder,
            "itself": path,
        }
        return places.get(value, self.folder / value)

    def contents(self) -> dict[str, bytes | None]:
        """Every document there is, by what a person sees; None where a link is no document's."""
        found: dict[str, bytes | None] = {}
        for name in NAMES:
            path = self.folder / name
            if path.is_symlink() or path.exists():
                place = Path(os.path.realpath(path))
                is_ours = place.is_relative_to(os.path.realpath(self.folder)) and place.is_file()
                found[str(path)] = place.read_bytes() if is_ours else None
        return found

    def texts(self) -> dict[str, str]:
        return {path: data.decode() for path, data in readable(self.seen).items()}

    def _ingest(self, how: str) -> None:
        if how == "opened":
            self.base.close()
            self.base = base_of(self.folder, self.root / "index", workers=self.workers)
        before, self.seen = self.seen, self.contents()
        old, new = readable(before), readable(self.seen)
        found = self.base.ingest_all()
        assert found.documents == len(new) == self.base.stats().documents
        assert found.added == len(new.keys() - old.keys())
        assert found.removed == len(old.keys() - new.keys())
        assert found.changed == sum(old[path] != new[path] for path in old.keys() & new.keys())
        assert [one.path for one in found.failures] == sorted(self.seen.keys() - new.keys())
        assert found.is_switched or before == self.seen
        if how == "again":
            assert not self.base.ingest_all().is_switched


def readable(contents: dict[str, bytes | None]) -> dict[str, bytes]:
    return {path: data for path, data in contents.items() if data is not None and b"\xff" not in data}


@settings(deadline=None, derandomize=True, max_examples=60)
@given(st.lists(steps, min_size=3, max_size=14), st.sampled_from([1, 3]))
def test_any_course_of_things_gives_the_answers_of_a_naive_scan(
    course: list[tuple[str, str, str]], workers: int
) -> None:
    with tempfile.TemporaryDirectory() as root:
        world = World(root=Path(root), workers=workers)
        for step in [*course, ("ingest", "", "")]:
            world.do(*step)
            if step[0] == "ingest":
                for query in QUERIES:
                    look(world.base, query, world.texts())
        with base_of(world.folder) as fresh:
            fresh.ingest_all()
            for query in QUERIES:
                assert alike(fresh.query(query, limit=100), world.base.query(query, limit=100))
            assert fresh.vocabulary() == world.base.vocabulary()
            assert fresh.stats().terms == world.base.stats().terms == len(fresh.vocabulary())
        world.base.close()


def look(base: KnowledgeBase, query: str, texts: dict[str, str]) -> None:
    """One query in all the ways that must agree."""
    whole = base.query(query, use_cache=False, limit=100)
    check(whole, texts, query)
    for size in (1, 2, 5):
        windows = [base.query(query, limit=size, offset=at) for at in range(0, whole.total + size, size)]
        assert tuple(hit for window in windows for hit in window.hits) == whole.hits
        assert {window.total for window in windows} == {whole.total}
    turned = " ".join(reversed(query.upper().split()))
    assert base.query(turned, limit=100) == whole
    misses = base.stats().cache_misses
    assert base.query(query, limit=100) == whole
    assert base.stats().cache_misses == misses  # the same question, whatever its case and order


def alike(one: Answer, other: Answer) -> bool:
    """The same but for the last bits of the scores, which the segments decide."""
    ours = [(hit.path, hit.snippet) for hit in one.hits]
    theirs = [(hit.path, hit.snippet) for hit in other.hits]
    scores = [hit.score for hit in one.hits] == pytest.approx([hit.score for hit in other.hits])
    return scores and ours == theirs and (one.terms, one.total) == (other.terms, other.total)


@pytest.mark.parametrize("workers", [1, 3])
def test_a_thousand_documents_of_any_length_are_ranked_as_a_scan_ranks_them(
    tmp_path: Path, workers: int
) -> None:
    """Lengths from 0 to 20,000 words, so that most steps of rounding occur; read by processes where told."""
    drawn = random.Random(6)
    common = [f"w{number}" for number in range(200)]
    texts = {}
    for number in range(1000):
        path = tmp_path / f"{number % 7}" / f"{number:04}.md"
        path.parent.mkdir(exist_ok=True)
        length = int(10 ** drawn.uniform(0, 3)) if number % 100 else number * 20
        texts[str(path)] = " ".join(drawn.choices(common, k=length))
        path.write_text(texts[str(path)])
    with base_of(tmp_path, workers=workers) as base:
        assert base.ingest_all().documents == 1000
        for query in ["w1", "w2 w3", " ".join(common[:10]), " ".join(common)]:
            check(base.query(query, limit=1000), texts, query)
            check(base.query(query, limit=7), texts, query, limit=7)


@pytest.mark.parametrize("workers", [1, 3])
def test_a_text_is_found_in_whatever_kind_of_file_it_is(tmp_path: Path, workers: int) -> None:
    drawn = random.Random(7)
    common = [f"w{number}" for number in range(60)]
    kinds: dict[str, Callable[[str], bytes]]
    kinds = {".md": str.encode, ".txt": str.encode, ".pdf": as_pdf, ".docx": as_docx}
    texts = {}
    for number, (suffix, written) in zip(range(160), itertools.cycle(kinds.items()), strict=False):
        path = tmp_path / f"{number:03}{suffix}"
        texts[str(path)] = " ".join(drawn.choices(common, k=drawn.randint(1, 300)))
        path.write_bytes(written(texts[str(path)]))
    with base_of(tmp_path, workers=workers) as base:
        found = base.ingest_all()
        assert (found.documents, found.failures) == (160, ())
        for query in ["w1", "w2 w3", " ".join(common)]:
            check(base.query(query, limit=160), texts, query)
        assert not base.ingest_all().is_switched
