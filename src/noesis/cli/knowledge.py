"""``noesis ingest``, ``query``, ``stats``, ``watch`` and ``diagnose``: a knowledge base from a shell."""

from __future__ import annotations

import dataclasses
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from noesis.cli.options import BAD_NEWS, NO_DATA, Folders, Format, Output, Workers, print_json
from noesis.folders import printable

if TYPE_CHECKING:
    from noesis.knowledge import KnowledgeBase, Progress

CacheFile = Annotated[
    Path,
    typer.Option(
        "--index", metavar="FILE", envvar="KB_CACHE_FILE", help="The index; its folder lies beside it."
    ),
]
INDEX = Path(".noesis")


def ingest(folders: Folders = None, index: CacheFile = INDEX, workers: Workers = None) -> None:
    """Read what is new or changed in folders of .md, .txt, .pdf and .docx files; forget what is gone.

    Exit 1 where a file could not be read: the others are found all the same.

    Example: noesis ingest docs notes --index knowledge
    """
    with _base(index, folders, workers, log_level="ERROR") as base:  # failures are printed below
        found = base.ingest_all(_progress())
    for failure in found.failures:
        typer.echo(f"noesis: {printable(failure.path)}: {failure.reason}", err=True)
    typer.echo(
        f"{found.documents:,} documents: {found.added:,} added, {found.changed:,} changed, "
        f"{found.removed:,} removed, {len(found.failures):,} could not be read"
    )
    raise typer.Exit(BAD_NEWS if found.failures else 0)


def query(
    text: Annotated[str, typer.Argument(metavar="TEXT", help="Terms; neither case nor order matters.")],
    index: CacheFile = INDEX,
    limit: Annotated[int, typer.Option(metavar="N", help="So many hits.")] = 10,
    offset: Annotated[int, typer.Option(metavar="N", help="After so many.")] = 0,
    output: Output = Format.TEXT,
) -> None:
    """Print the documents that hold any of the terms, best first.

    Example: noesis query "lock contention" --index knowledge --limit 5
    """
    with _opened(index) as base:
        answer = base.query(text, limit=limit, offset=offset)
    if output is Format.JSON:
        print_json("query", dataclasses.asdict(answer))
        return
    for hit in answer.hits:
        typer.echo(f"{hit.score:8.3f}  {printable(hit.path)}\n          {hit.snippet}")
    typer.echo(f"{answer.total:,} documents hold any of: {' '.join(answer.terms) or '(no term)'}", err=True)


def stats(index: CacheFile = INDEX, output: Output = Format.TEXT) -> None:
    """Print what the index holds.

    Example: noesis stats --index knowledge
    """
    with _opened(index) as base:
        found = base.stats()
        folders = [str(folder) for folder in base.config.knowledge_dirs]
    held = {
        "folders": folders,
        "documents": found.documents,
        "failures": found.failures,
        "terms": found.terms,
        "index_bytes": found.index_bytes,
    }
    if output is Format.JSON:
        print_json("stats", held)
        return
    typer.echo(f"{', '.join(printable(folder) for folder in folders)}")
    typer.echo(f"{found.documents:>14,} documents, {found.failures:,} files could not be read")
    typer.echo(f"{found.terms:>14,} terms")
    typer.echo(f"{found.index_bytes:>14,} bytes of index")


def watch(
    index: CacheFile = INDEX,
    every: Annotated[float, typer.Option(metavar="SECONDS", help="Look at the files so often.")] = 300.0,
    workers: Workers = None,
) -> None:
    """Ingest again and again until Ctrl-C; who queries the same index sees each change once it is whole.

    Example: noesis watch --index knowledge --every 60
    """
    with _base(index, None, workers, heartbeat_interval=every) as base:
        base.start_heartbeat()
        base.ingest_all(_progress())
        typer.echo(f"noesis: watching; {base.stats().documents:,} documents; Ctrl-C ends it", err=True)
        while True:
            time.sleep(3600)  # the heartbeat has a thread of its own


def diagnose(
    index: CacheFile = INDEX,
    log: Annotated[
        Path | None, typer.Option("--queries", metavar="FILE", help="A log: one query a line, as asked.")
    ] = None,
    cache_size: Annotated[
        int | None,
        typer.Option(metavar="N", help="Answers that are kept; else 100."),
    ] = None,
    output: Output = Format.TEXT,
) -> None:
    """Say what is slow, too large or kept for nothing: what was measured, and what to do about it.

    Takes two seconds and the processors. Exit 1 where something is wrong, 3 without an index.

    Example: noesis diagnose --index knowledge --queries asked.log
    """
    from noesis.knowledge.diagnosis import State, diagnose

    told: dict[str, Any] = {} if cache_size is None else {"max_cache_size": cache_size}
    with _opened(index, **told) as base:
        findings = diagnose(base, [] if log is None else _lines(log))
    if output is Format.JSON:
        found = [{**dataclasses.asdict(one), "state": one.state.value} for one in findings]
        print_json("diagnosis", {"findings": found})
    else:
        for one in findings:
            typer.echo(f"{one.subject}: {one.state.value}")
            for line in one.evidence:
                typer.echo(f"    {line}")
            for line in one.remedies:
                typer.echo(f"    → {line}")
    raise typer.Exit(BAD_NEWS if any(one.state is State.PROBLEM for one in findings) else 0)


def _base(index: Path, folders: list[Path] | None, workers: int | None, **told: Any) -> KnowledgeBase:
    from noesis.knowledge import KnowledgeBase, KnowledgeConfig, folders_of

    known = tuple(folders or folders_of(index))
    if not known:
        typer.echo(
            f"noesis: there is no index {index}; ingest folders first (noesis ingest FOLDER)", err=True
        )
        raise typer.Exit(NO_DATA)
    if workers is not None:
        told["max_workers"] = workers
    return KnowledgeBase(KnowledgeConfig(knowledge_dirs=known, cache_file=index, **told))


def _opened(index: Path, **told: Any) -> KnowledgeBase:
    return _base(index, None, None, **told)


def _lines(path: Path) -> list[str]:
    from noesis.errors import SourceError

    try:
        return [line for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    except (OSError, UnicodeDecodeError) as error:
        raise SourceError(f"{path} cannot be read as UTF-8 text ({error}); one query a line") from error


def _progress() -> Any:
    """Every twentieth of the way, on a terminal in place."""
    is_terminal = sys.stderr.isatty()

    def report(progress: Progress) -> None:
        step = max(progress.total // 20, 1)
        if is_terminal and (progress.done % step == 0 or progress.done == progress.total):
            end = "\n" if progress.done == progress.total else ""
            sys.stderr.write(f"\r{progress.done:,} of {progress.total:,} files{end}")

    return report
