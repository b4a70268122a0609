"""``groundspeed corpus``: input for benchmarks."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from groundspeed import units
from groundspeed.errors import GroundspeedError, StorageError

if TYPE_CHECKING:
    from asv_bench_groundspeed.workloads.corpus import CorpusSpec, Written

INTERRUPTED = 130

app = typer.Typer(help="Make deterministic input for benchmarks.", no_args_is_help=True)


@app.callback()
def corpus() -> None:
    """Make deterministic input for benchmarks."""


@app.command()
def generate(
    out: Annotated[Path, typer.Argument(help="The file to write; with several documents the folder.")],
    size: Annotated[str, typer.Option(help="How much in all: 10KB, 1GB, 64MiB.")] = "",
    seed: Annotated[int, typer.Option(help="Another seed is another corpus.")] = 0,
    files: Annotated[int, typer.Option(help="How many documents; 0: as --size and --file-size say.")] = 0,
    file_size: Annotated[str, typer.Option(help="How large each document is, or may be with --size.")] = "",
    refs_per_kb: Annotated[float, typer.Option(help="References per 1,000 bytes, at most 20.")] = 8.0,
    force: Annotated[bool, typer.Option("--force", help="Replace a corpus that is there already.")] = False,
) -> None:
    """Write Markdown documents that refer to each other: the same bytes everywhere for the same options.

    Example: groundspeed corpus generate --size 10MB --seed 7 corpus.md
    """
    from asv_bench_groundspeed.workloads.corpus import CorpusSpec, write

    try:
        total, documents = _measures(size, files, file_size)
        spec = CorpusSpec(size=total, seed=seed, files=documents, refs_per_kb=refs_per_kb)
    except ValueError as error:
        raise GroundspeedError(
            f"corpus generate: {error}. See groundspeed corpus generate --help."
        ) from error
    try:
        written = write(spec, out, progress=_progress(spec), replace=force)
    except FileExistsError as error:
        hint = "name another place" if force else "name another place, or replace it with --force"
        what = str(error) if error.errno is None else f"{error.filename} is a file, not a folder"
        raise GroundspeedError(f"{what}; {hint}.") from error
    except OSError as error:
        raise StorageError(
            f"{out} was not written ({error.strerror or error}); "
            f"make room for {units.display(total, 'bytes')} or name another place."
        ) from error
    except KeyboardInterrupt:
        typer.echo(f"\ngroundspeed: interrupted; nothing was left at {out}", err=True)
        raise typer.Exit(INTERRUPTED) from None
    typer.echo(_sentence(written, out))


def _measures(size: str, files: int, file_size: str) -> tuple[int, int]:
    """Bytes in all and documents. Raises ``ValueError`` for options that do not go together."""
    if files < 0:
        raise ValueError(f"--files must not be negative, not {files}")
    if size and file_size and files:
        raise ValueError("--size, --files and --file-size: two of them decide the third")
    if size and file_size:
        total, each = units.parse_bytes(size), units.parse_bytes(file_size)
        if each == 0:
            raise ValueError("--file-size must not be 0")
        return total, -(-total // each)
    if size:
        return units.parse_bytes(size), files or 1
    if file_size:
        return units.parse_bytes(file_size) * (files or 1), files or 1
    raise ValueError("say how much with --size, or with --files and --file-size")


def _progress(spec: CorpusSpec) -> Callable[[int], None]:
    """Shows each further percent on a terminal; says nothing in a pipe."""
    from groundspeed.cli.progress import ProgressLine

    line = ProgressLine()
    done = shown = 0

    def tell(more: int) -> None:
        nonlocal done, shown
        done += more
        if done * 100 // spec.size > shown:
            shown = done * 100 // spec.size
            line.doing(f"{shown:3d} %  {units.display(done, 'bytes')} of {units.display(spec.size, 'bytes')}")
        if done == spec.size:
            line.finish()

    return tell


def _sentence(written: Written, out: Path) -> str:
    documents = "1 document" if written.files == 1 else f"{written.files:,} documents"
    return (
        f"Wrote {written.size:,} bytes, {documents}, {written.references:,} references "
        f"({written.references * 1000 / written.size:.1f} per KB): {out}"
    )
