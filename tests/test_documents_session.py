"""Compiling again: the graph of a compile from scratch, with no more work than the change asks for."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asv_bench_groundspeed.workloads.corpus import CorpusSpec, write
from noesis.documents import (
    CacheStatistics,
    FolderSource,
    MemorySource,
    Session,
    Unresolved,
    compile_documents,
    session,
)

PATHS = ["a.md", "index.md", "x/a.md", "x/b.md", "x/index.md", "y/c.md"]
LINES = [
    "# A",
    "# Shared title",
    "## Part",
    "## Part {#kept}",
    "[[a]] [[b]] [[c]]",
    "[[shared title#part]]",
    "[p](a.md#part) [q](../a.md)",
    "[p](x/a.md#kept) [q](/y/c.md#a)",
    "[p](x) [q](x/)",
    "[[index#Part]] [[x/b]]",
    "[own](#part)",
    "plain",
]
document = st.one_of(
    st.lists(st.sampled_from(LINES), max_size=4).map(lambda lines: "\n\n".join(lines).encode()),
    st.just(b"# A\n\n\xff"),
)
corpora = st.dictionaries(st.sampled_from(PATHS), document, max_size=6)


@settings(deadline=None, derandomize=True, max_examples=250)
@given(st.lists(corpora, min_size=2, max_size=5))
def test_a_recompile_gives_what_a_compile_from_scratch_gives(states: list[dict[str, bytes]]) -> None:
    kept = Session()
    graphs = []
    for documents in states:
        graph = kept.compile(MemorySource(documents))
        assert graph == compile_documents(MemorySource(documents))
        assert len(kept.path_map) == graph.totals().documents + graph.totals().sections
        graphs.append((graph, graph.totals()))
    assert [graph.totals() for graph, _ in graphs] == [
        totals for _, totals in graphs
    ]  # nothing changed later


def statistics(parsed: int, parse_hits: int, resolved: int, resolve_hits: int) -> CacheStatistics:
    return CacheStatistics(parsed=parsed, parse_hits=parse_hits, resolved=resolved, resolve_hits=resolve_hits)


def test_only_what_a_change_affects_is_done_again() -> None:
    documents = {
        "a.md": b"# A\n\n[b](b.md#b)\n",
        "b.md": b"# B\n\n[c](c.md)\n",
        "c.md": b"# C\n",
        "d.md": b"# D\n\n[[new]]\n",
    }
    kept = Session()

    def compiled(**changes: bytes | None) -> CacheStatistics:
        for name, data in changes.items():
            if data is None:
                del documents[f"{name}.md"]
            else:
                documents[f"{name}.md"] = data
        kept.compile(MemorySource(documents))
        return kept.statistics

    assert compiled() == statistics(4, 0, 4, 0)
    assert compiled() == statistics(0, 4, 0, 4)
    assert compiled(c=b"# C\n\nmore words\n") == statistics(1, 3, 1, 3)  # no anchor changed: nobody else
    assert compiled(c=b"# Other\n") == statistics(1, 3, 2, 2)  # c, and b that names it
    assert compiled(b=b"# B2\n") == statistics(1, 3, 2, 2)  # b, and a
    assert compiled(new=b"# New\n") == statistics(1, 4, 2, 3)  # new, and d that had looked for it
    assert compiled(new=None) == statistics(0, 4, 1, 3)  # d
    assert compiled(e=b"# Other\n") == statistics(0, 5, 1, 4)  # the content of c, known already
    assert kept.statistics.parse_hit_rate == 1.0
    assert kept.statistics.resolve_hit_rate == 0.8


def test_a_deleted_file_vanishes_from_the_graph(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("[[b]]\n")
    (tmp_path / "b.md").write_text("# B\n")
    kept = Session()
    source = FolderSource(tmp_path)
    assert kept.compile(source).totals().resolved == 1
    (tmp_path / "b.md").unlink()
    graph = kept.compile(source)
    assert list(graph.documents) == ["a.md"]
    assert [type(one) for one in graph.unresolved()] == [Unresolved]


@pytest.mark.parametrize("workers", [1, 2])
def test_a_folder_that_changes(tmp_path: Path, workers: int) -> None:
    out = tmp_path / "corpus"
    write(CorpusSpec(size=200_000, seed=7, files=70), out)
    kept = Session(workers=workers)
    kept.compile(FolderSource(out))
    first, second, third = sorted(out.rglob("*.md"))[:3]
    first.write_text("# Rewritten\n\n[[index]]\n")
    second.rename(second.with_name("moved.md"))
    third.unlink()
    graph = kept.compile(FolderSource(out))
    assert graph == compile_documents(out)
    assert kept.statistics.parsed == 1
    assert kept.statistics.parse_hits == 68


def test_an_interrupted_update_is_made_good_by_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    documents = {"a.md": b"[[b]]", "b.md": b"# B\n"}
    kept = Session()
    kept.compile(MemorySource(documents))
    with monkeypatch.context() as patch:
        patch.setattr(session, "resolve", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            kept.compile(MemorySource({**documents, "c.md": b"[[b]]"}))
    assert kept.compile(MemorySource(documents)) == compile_documents(MemorySource(documents))
    assert kept.statistics == statistics(0, 2, 2, 0)


def test_no_workers_is_refused() -> None:
    with pytest.raises(ValueError, match="workers must be at least 1, not 0"):
        Session(workers=0)


def test_without_documents_nothing_is_a_hit() -> None:
    kept = Session()
    kept.compile(MemorySource({}))
    assert (kept.statistics.parse_hit_rate, kept.statistics.resolve_hit_rate) == (0.0, 0.0)
