"""An ingestion in a process of its own, which stops at a moment that is asked for and waits there.

It then writes the numbers of the processes that read for it, and goes on when it is sent a line. Moments:
``file N`` (the N-th is done), ``finished`` (the new index is whole, nobody names it), ``part`` (its name is
written beside the cache file), ``switched`` (it is named), ``sweeping`` (one file of the old one is removed).
"""

from __future__ import annotations

import contextlib
import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from noesis.errors import NoesisError
from noesis.knowledge import Progress
from noesis.knowledge.generation import Draft
from noesis.knowledge.store import Store
from tests.conftest import ROOT
from tests.searching_naively import base_of


@dataclass(frozen=True, kw_only=True, slots=True)
class Apart:
    """The process, stopped, and those that read for it."""

    process: subprocess.Popen[str]
    readers: list[int]

    def go_on(self) -> None:
        """Let it end, well."""
        self.process.communicate("go on\n")
        assert self.process.returncode == 0


@contextlib.contextmanager
def stopped_at(moment: str, folder: Path, cache_file: Path, *, workers: int = 2) -> Iterator[Apart]:
    """An ingestion of the folder that has come to the moment. It is killed if it still runs at the end."""
    line = [sys.executable, "-m", "tests.ingesting_apart", moment, str(folder), str(cache_file), str(workers)]
    pipe = subprocess.PIPE
    with subprocess.Popen(
        line, stdin=pipe, stdout=pipe, stderr=pipe, text=True, cwd=ROOT, start_new_session=True
    ) as process:
        try:
            assert process.stdout is not None
            yield Apart(process=process, readers=json.loads(process.stdout.readline()))
        finally:
            process.kill()


def stop() -> None:
    """Say that the moment has come, and wait."""
    readers = [one.pid for one in psutil.Process().children()]
    sys.stdout.write(json.dumps(readers) + "\n")
    sys.stdout.flush()
    sys.stdin.readline()


def stopping(place: object, name: str, *, before: Callable[[Any], None] | None = None) -> None:
    """Stop each time that ``name`` of ``place`` has been called; or when it is, after ``before``."""
    original = getattr(place, name)

    def instead(*arguments: Any, **named: Any) -> Any:
        if before is not None:
            before(arguments[0])
            stop()
        result = original(*arguments, **named)
        if before is None:
            stop()
        return result

    setattr(place, name, instead)


def remove_one_file(folder: Path) -> None:
    """What a sweep that is cut short has done."""
    (folder / "documents.json").unlink()


def main(moment: str, folder: str, cache_file: str, workers: str) -> int:
    """Ingest, and stop on the way."""
    base = base_of(Path(folder), Path(cache_file), workers=int(workers))
    if moment == "finished":
        stopping(Draft, "finish")
    elif moment == "part":
        stopping(Path, "replace", before=lambda _: None)
    elif moment == "switched":
        stopping(Store, "switch")
    elif moment == "sweeping":
        stopping(shutil, "rmtree", before=remove_one_file)

    def report(progress: Progress) -> None:
        if moment == f"file {progress.done}":
            stop()

    try:
        base.ingest_all(report)
    except NoesisError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
