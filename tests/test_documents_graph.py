"""Passes 3 and 4: where references lead, what collides, and what leads nowhere."""

from __future__ import annotations

from pathlib import Path

import pytest

from asv_bench_groundspeed.workloads.corpus import CorpusSpec, write
from noesis.documents import (
    Broken,
    Collision,
    Edge,
    FolderSource,
    Graph,
    MemorySource,
    PathMap,
    Reason,
    Section,
    Target,
    assign_ids,
    collect,
    compile_documents,
    parse,
    resolve,
)
from noesis.errors import SourceError

SITE = {
    "index.md": "# Home\n\n## Part\n",
    "guide/index.md": "# Guide\n",
    "guide/start.md": "# Start here\n\n## Install\n\n### Linux {#on-linux}\n\n## Install\n",
    "guide/README.md": "# Read\n",
    "api/start.md": "# Reference\n",
    "api/README.md": "# Api\n",
    "api/release-1.2.md": "# 1.2\n",
    "with space.md": "# Größe\n",
}


def outcome(written: str, at: str = "guide/page.md") -> tuple[Reason, Target | None]:
    """What the only reference of a page at ``at`` comes to."""
    documents = {path: text.encode() for path, text in SITE.items()} | {at: f"# Own\n\n{written}\n".encode()}
    document = compile_documents(MemorySource(documents)).documents[at]
    assert len(document.parsed.names) == 1
    return document.reason(0), document.target(0)


@pytest.mark.parametrize(
    ("written", "path", "section"),
    [
        ("[x](#own)", "guide/page.md", 0),
        ("[x]()", "guide/page.md", None),
        ("[x](start.md)", "guide/start.md", None),
        ("[x](./start.md#install)", "guide/start.md", 1),
        ("[x](start.md#install-1)", "guide/start.md", 3),
        ("[x](start.md#on-linux)", "guide/start.md", 2),
        ("[x](start.md#Install)", "guide/start.md", 1),
        ("[x](start)", "guide/start.md", None),
        ("[x](../api/start.md)", "api/start.md", None),
        ("[x](../index.md#part)", "index.md", 1),
        ("[x](/index.md)", "index.md", None),
        ("[x](/)", "index.md", None),
        ("[x](../guide/)", "guide/index.md", None),
        ("[x](../api)", "api/README.md", None),
        ("[x](../api/release-1.2)", "api/release-1.2.md", None),
        ("[x](../with%20space.md#gr%C3%B6%C3%9Fe)", "with space.md", 0),
        ("[x](start.md?raw=1#install)", "guide/start.md", 1),
        ("[[start]]", "guide/start.md", None),  # two of the name: the one in this folder
        ("[[Start Here]]", "guide/start.md", None),
        ("[[reference]]", "api/start.md", None),
        ("[[start#Install]]", "guide/start.md", 1),
        ("[[start#Start here#Install]]", "guide/start.md", 1),
        ("[[start#on-linux|x]]", "guide/start.md", 2),
        ("[[api/start]]", "api/start.md", None),
        ("[[/api/start.md]]", "api/start.md", None),
        ("[[../api/start]]", "api/start.md", None),
        ("[[#Own]]", "guide/page.md", 0),
        ("[[with space#Größe]]", "with space.md", 0),
    ],
)
def test_what_leads_somewhere(written: str, path: str, section: int | None) -> None:
    assert outcome(written) == (Reason.RESOLVED, Target(path=path, section=section))


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        ("[x](#nothing)", Reason.NO_SECTION),
        ("[x](start.md#nothing)", Reason.NO_SECTION),
        ("[x](nothing.md)", Reason.NO_DOCUMENT),
        ("[x](nothing)", Reason.NO_DOCUMENT),
        ("[x](start.py)", Reason.NOT_A_DOCUMENT),
        ("[x](../../up.md)", Reason.OUTSIDE),
        ("[x](../..)", Reason.OUTSIDE),
        ("[x](https://index.md)", Reason.EXTERNAL),
        ("[[nothing]]", Reason.NO_DOCUMENT),
        ("[[nothing/at/all]]", Reason.NO_DOCUMENT),
        ("[[start#Nothing]]", Reason.NO_SECTION),
        ("[[start#Linux]]", Reason.NO_SECTION),  # the id behind that heading has replaced its title
    ],
)
def test_what_leads_nowhere_and_why(written: str, reason: Reason) -> None:
    assert outcome(written) == (reason, None)


def test_a_name_without_a_nearest_is_ambiguous() -> None:
    assert outcome("[[start]]", at="page.md") == (Reason.AMBIGUOUS, None)
    assert outcome("[[readme]]", at="page.md") == (Reason.AMBIGUOUS, None)


def test_the_graph_in_full() -> None:
    graph = compile_documents(
        MemorySource(
            {
                "b.md": b"# B\n\n[up](a.md#a-1) [out](https://x.y) [[gone]]\n",
                "a.md": b"[[b]]\n\n# A\n\n## A\n\n[self](#a) and [self](#a)\n\n# End\n",
                "broken.md": b"# \xff\n",
            }
        )
    )
    assert list(graph.documents) == ["a.md", "b.md"]
    first = graph.documents["a.md"]
    assert first.title == "A"
    assert list(first.sections()) == [
        Section(id="a.md#a", anchor="a", title="A", level=1, parent=None, start=7, end=45),
        Section(id="a.md#a-1", anchor="a-1", title="A", level=2, parent=0, start=12, end=45),
        Section(id="a.md#end", anchor="end", title="End", level=1, parent=None, start=45, end=51),
    ]
    nested = Target(path="a.md", section=1)
    assert list(graph.edges()) == [
        Edge(source=Target(path="a.md", section=None), target=Target(path="b.md", section=None)),
        Edge(source=nested, target=Target(path="a.md", section=0)),
        Edge(source=nested, target=Target(path="a.md", section=0)),
        Edge(source=Target(path="b.md", section=0), target=nested),
    ]
    (lost,) = graph.unresolved()
    assert (lost.path, lost.reference.target, lost.reason) == ("b.md", "gone", Reason.NO_DOCUMENT)
    assert list(graph.collisions()) == [Collision(path="a.md", name="a", count=2)]
    (broken,) = graph.broken
    assert broken == Broken(path="broken.md", reason="byte 2 (0xff) is not UTF-8; save it as UTF-8")
    totals = graph.totals()
    assert (totals.documents, totals.sections, totals.references) == (2, 4, 6)
    assert (totals.resolved, totals.external, totals.unresolved) == (4, 1, 1)
    assert (totals.collisions, totals.broken) == (1, 1)
    assert [graph.find(node) for node in ("a.md", "a.md#a-1", "a.md#x", "x.md", "x.md#a")] == [
        Target(path="a.md", section=None),
        nested,
        None,
        None,
        None,
    ]


def test_names_that_collide_over_documents() -> None:
    documents = {f"{folder}/index.md": b"# Same title\n" for folder in "abc"}
    assert list(compile_documents(MemorySource(documents)).collisions()) == [
        Collision(path="", name="index", count=3),
        Collision(path="", name="same title", count=3),
    ]


def test_the_passes_one_by_one_give_the_graph() -> None:
    documents = {path: text.encode() for path, text in SITE.items()}
    parsed = {path: parse(data) for path, data in documents.items()}
    identified = {path: assign_ids(one) for path, one in parsed.items()}
    path_map = collect((path, parsed[path], identified[path]) for path in documents)
    graph = compile_documents(MemorySource(documents))
    assert len(path_map) == graph.totals().documents + graph.totals().sections
    for path, document in graph.documents.items():
        assert document.parsed == parsed[path]
        assert document.identified == identified[path]
        assert document.resolved == resolve(path, parsed[path], path_map)


def test_the_path_map_forgets() -> None:
    path_map = PathMap()
    path_map.add("a/x.md", {"one": 0, "two": 1}, ("x", "title"))
    path_map.add("b/x.md", {"one": 0}, ("x",))
    assert len(path_map) == 5
    assert path_map.named("x") == ("a/x.md", "b/x.md")
    path_map.remove("a/x.md")
    assert len(path_map) == 2
    assert path_map.named("x") == ("b/x.md",)
    assert path_map.named("title") == ()
    assert "a/x.md" not in path_map
    assert path_map.section("a/x.md", "one") is None
    assert path_map.section("b/x.md", "one") == 0
    with pytest.raises(KeyError):
        path_map.remove("a/x.md")


# --- folders ------------------------------------------------------------------------------------


def made(folder: Path, files: dict[str, bytes]) -> Path:
    for path, data in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(data)
    return folder


def test_which_files_of_a_folder_are_documents(tmp_path: Path) -> None:
    made(
        tmp_path,
        {
            "a.md": b"",
            "deep/er/B.MARKDOWN": b"",
            "c.txt": b"",
            ".hidden.md": b"",
            ".git/d.md": b"",
            "folder.md/e.md": b"",
        },
    )
    assert sorted(FolderSource(tmp_path).locations()) == ["a.md", "deep/er/B.MARKDOWN", "folder.md/e.md"]


def test_a_single_file_is_a_source(tmp_path: Path) -> None:
    made(tmp_path, {"a.md": b"# A\n\n[x](#a)\n"})
    assert compile_documents(tmp_path / "a.md").totals().resolved == 1


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="nowhere is not there; name a folder"):
        compile_documents(tmp_path / "nowhere")


@pytest.mark.parametrize("workers", [1, 2])
def test_a_file_that_cannot_be_read_is_reported_and_the_others_compile(tmp_path: Path, workers: int) -> None:
    made(tmp_path, {"a.md": b"[[b]]", "b.md": b"# B\n", "bad.md": b"\xc3("})
    (tmp_path / "gone.md").symlink_to(tmp_path / "nowhere.md")
    graph = compile_documents(tmp_path, workers=workers)
    assert list(graph.documents) == ["a.md", "b.md"]
    assert [one.path for one in graph.broken] == ["bad.md", "gone.md"]
    assert "No such file" in graph.broken[1].reason


@pytest.mark.parametrize("files", [1, 80])
def test_a_generated_corpus_compiles_as_it_was_meant(tmp_path: Path, files: int) -> None:
    spec = CorpusSpec(size=1_600_000, seed=7, files=files)
    out = tmp_path / ("corpus" if files > 1 else "corpus.md")
    written = write(spec, out)
    graph = compile_documents(out)
    totals = graph.totals()
    assert totals.references == written.references
    assert (totals.documents, totals.broken) == (files, 0)
    assert totals.resolved / totals.references > 0.75
    assert 0.12 < totals.external / totals.references < 0.18
    assert totals.collisions > 5
    reasons = {one.reason for one in graph.unresolved()}
    # a lone document names some that lie elsewhere; many have an index.md an area, which the nearest hides
    assert reasons == ({Reason.NO_DOCUMENT} if files == 1 else {Reason.NO_SECTION})


def test_the_same_graph_from_several_processes(tmp_path: Path) -> None:
    out = tmp_path / "corpus"
    write(CorpusSpec(size=600_000, seed=7, files=150), out)
    graph: Graph = compile_documents(out, workers=1)
    assert compile_documents(out, workers=3) == graph
