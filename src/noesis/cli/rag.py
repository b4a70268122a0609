"""``noesis embed`` and ``ask``: an index of passages, and answers from it, from a shell."""

from __future__ import annotations

import dataclasses
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from noesis.cli.options import BAD_NEWS, Folders, Format, Output, Workers, print_json
from noesis.folders import printable

if TYPE_CHECKING:
    from noesis.rag import Answered
    from noesis.rag.ingesting import Progress

INDEX = Path(".noesis-rag")
API_KEY = "NOESIS_API_KEY"

Index = Annotated[
    Path, typer.Option("--index", metavar="FILE", help="The index of passages; its folder lies beside it.")
]


def embed(
    folders: Folders = None,
    index: Index = INDEX,
    embedder: Annotated[
        str | None, typer.Option(metavar="NAME", help="What embeds a new index: wordllama, minilm or hash.")
    ] = None,
    vectors: Annotated[
        str | None, typer.Option(metavar="NAME", help="Its vector index: usearch, faiss or exact.")
    ] = None,
    workers: Workers = None,
) -> None:
    """Cut documents (.md, .txt, .pdf, .docx) into passages and embed those whose text is new.

    Exit 1 where a file could not be read: the others are found all the same.

    Example: noesis embed docs notes --index passages
    """
    from noesis.rag import Retriever, making_of

    making = making_of(index)
    making = dataclasses.replace(
        making, embedder=embedder or making.embedder, vectors=vectors or making.vectors
    )
    retriever = Retriever(index, making=making, workers=workers)
    found = retriever.ingest(*(folders or ()), report=_progress())
    for failure in found.failures:
        typer.echo(f"noesis: {printable(failure.path)}: {failure.reason}", err=True)
    typer.echo(
        f"{found.documents:,} documents, {found.passages:,} passages: {found.embedded:,} embedded anew, "
        f"{len(found.failures):,} files could not be read"
    )
    raise typer.Exit(BAD_NEWS if found.failures else 0)


def ask(
    question: Annotated[str, typer.Argument(metavar="QUESTION", help="In whole words.")],
    index: Index = INDEX,
    k: Annotated[
        int, typer.Option("-k", "--passages", metavar="N", help="Answer from so many passages.")
    ] = 5,
    mode: Annotated[
        str, typer.Option(metavar="MODE", help="Find them by hybrid, vectors or words.")
    ] = "hybrid",
    engine: Annotated[
        str, typer.Option(metavar="NAME", help="What answers: extractive, llama or openai.")
    ] = "extractive",
    model: Annotated[
        str | None, typer.Option(metavar="MODEL", help="llama: a GGUF file; openai: the model's name.")
    ] = None,
    url: Annotated[
        str | None, typer.Option(metavar="URL", help=f"openai: the server; the key is ${API_KEY}.")
    ] = None,
    tokens: Annotated[int, typer.Option(metavar="N", help="Say so many at most.")] = 256,
    timeout: Annotated[float, typer.Option(metavar="SECONDS", help="Answer for so long at most.")] = 60.0,
    output: Output = Format.TEXT,
) -> None:
    """Answer a question from the passages that fit it best, and name them.

    The answer is printed as it comes. Exit 1 where the time was up before its end, 3 without an index.

    Example: noesis ask "How long is a lock held?" --index passages -k 3
    """
    from noesis.rag import Asking, Retriever, answer
    from noesis.rag.inference import Finish, Limits
    from noesis.rag.inference import engine as named

    asking = Asking(k=k, mode=mode, limits=Limits(tokens=tokens, timeout_s=timeout))
    retriever = Retriever.open(index)
    speaker = named(engine, **_settings(engine, model, url))
    try:
        said = answer(
            retriever, speaker, question, asking=asking, report=_say if output is Format.TEXT else None
        )
    finally:
        speaker.close()
    if output is Format.JSON:
        print_json("answer", _as_dict(said))
    else:
        _print_sources(said)
    raise typer.Exit(BAD_NEWS if said.generated.finish is Finish.timed_out else 0)


def _settings(engine: str, model: str | None, url: str | None) -> dict[str, Any]:
    """What an engine is made with: what was given, and for a server the key, which no command line shows."""
    given: dict[str, Any] = {"model": model, "url": url}
    if engine == "openai":
        given["api_key"] = os.environ.get(API_KEY)
    if engine == "llama" and model is not None:
        given["model"] = Path(model)
    return {name: value for name, value in given.items() if value is not None}


def _say(piece: str) -> None:
    sys.stdout.write(piece)
    sys.stdout.flush()


def _print_sources(said: Answered) -> None:
    typer.echo("\n")
    for number, one in enumerate(said.retrieved.passages, 1):
        mark = "*" if one in said.cited else " "
        typer.echo(f"{mark}[{number}] {printable(one.source)}  {printable(one.title)}")
    times = ", ".join(f"{one.name} {one.seconds * 1000:,.1f}" for one in said.stages)
    typer.echo(f"ms: {times}", err=True)


def _as_dict(said: Answered) -> dict[str, Any]:
    found = [
        {**dataclasses.asdict(one), "is_cited": one.passage in said.cited} for one in said.retrieved.found
    ]
    return {
        "question": said.retrieved.question,
        "mode": said.retrieved.mode,
        "text": said.text,
        "finish": said.generated.finish,
        "tokens": said.generated.tokens,
        "tokens_per_s": said.generated.tokens_per_s,
        "first_token_s": said.first_token_s,
        "stages": [dataclasses.asdict(one) for one in said.stages],
        "passages": found,
    }


def _progress() -> Any:
    """Every twentieth of a stage, on a terminal in place."""
    is_terminal = sys.stderr.isatty()

    def report(progress: Progress) -> None:
        is_end = progress.done == progress.total
        if is_terminal and (is_end or progress.done % max(progress.total // 20, 1) == 0):
            end = "\n" if is_end else ""
            sys.stderr.write(f"\r{progress.stage}: {progress.done:,} of {progress.total:,}{end}")

    return report
