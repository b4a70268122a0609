"""Making parts in several processes: this one, and helpers that die with their share.

Owns the helpers. A helper that fails for whatever reason is no matter: its share is made here.
"""

from __future__ import annotations

import bisect
import contextlib
import itertools
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import orjson

from groundspeed.results.archive import read_catalog
from groundspeed.results.catalog import BENCHMARKS
from groundspeed.results.index.making import Made, Maker, Task, made_from_wire, made_to_wire, task_from_wire
from groundspeed.results.index.manifest import to_json
from groundspeed.results.index.sources import digest_of_file

WORTH_BYTES = 40_000_000
"""What a helper must have to read, to be worth its start: half a second of imports, in which this process
would have read as much."""

_OWN = 0.75
"""Of a fair share: this process still has to sort what all have read, a quarter of the reading's time."""


def make_all(
    results_dir: Path,
    folder: Path,
    definitions: Mapping[str, Mapping[str, Any]],
    stated: str,
    tasks: Sequence[Task],
) -> list[Made]:
    """Every part of ``tasks``, in their order. Raises StorageError."""
    helpers = min((os.cpu_count() or 1) - 1, sum(map(_bytes, tasks)) // WORTH_BYTES)
    shares = _shares(tasks, helpers + 1)
    started: list[subprocess.Popen[bytes]] = []
    with contextlib.suppress(OSError):  # no place for a temporary file, no process to be had
        started.extend(_start(results_dir, folder, stated, share) for share in shares[1:])
    maker = Maker(results_dir, folder, definitions, stated)
    made: dict[int, Made] = {}
    try:
        made.update({id(task): maker.make(task) for task in shares[0]})
        for process, share in zip(started, shares[1:], strict=False):
            answers = _answers(process, share)
            made.update({id(task): one for task, one in zip(share, answers, strict=False)})
    finally:
        for process in started:
            with process:  # closes its pipes and waits for it
                process.kill()
    return [made[id(task)] if id(task) in made else maker.make(task) for task in tasks]


def _bytes(task: Task) -> int:
    return sum(max(stamp.size, 0) for stamp in task.stamps.values())


def _shares(tasks: Sequence[Task], count: int) -> list[list[Task]]:
    """Neighbours stay together; the first share is ours."""
    weights = [_OWN, *[1.0] * (count - 1)]
    until = [share * sum(map(_bytes, tasks)) / sum(weights) for share in itertools.accumulate(weights)]
    shares: list[list[Task]] = [[] for _ in weights]
    before = 0
    for task in tasks:
        shares[min(bisect.bisect_right(until, before), count - 1)].append(task)
        before += _bytes(task)
    return shares


def _start(results_dir: Path, folder: Path, stated: str, share: Sequence[Task]) -> subprocess.Popen[bytes]:
    wire = {"results_dir": str(results_dir), "folder": str(folder), "stated": stated, "tasks": list(share)}
    with tempfile.TemporaryFile() as file:  # no pipe: a helper that dies at once leaves nobody hanging
        file.write(to_json(wire))
        file.seek(0)
        return subprocess.Popen(
            [sys.executable, "-P", "-m", __name__],  # -P: not what lies in the current folder
            stdin=file,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )


def _answers(process: subprocess.Popen[bytes], share: Sequence[Task]) -> list[Made]:
    """What a helper made, as far as it came."""
    assert process.stdout is not None
    answers = []
    for line, _ in zip(process.stdout, share, strict=False):
        try:
            answers.append(made_from_wire(line))
        except (ValueError, KeyError, TypeError):
            break
    return answers


def main() -> None:
    """A helper: its share comes in on standard input, one line goes out for each part, all at the end."""
    wire = orjson.loads(sys.stdin.buffer.read())
    results_dir = Path(wire["results_dir"])
    if digest_of_file(results_dir / BENCHMARKS) != wire["stated"]:
        return
    maker = Maker(results_dir, Path(wire["folder"]), read_catalog(results_dir).definitions, wire["stated"])
    lines = [made_to_wire(maker.make(task_from_wire(task))) for task in wire["tasks"]]
    sys.stdout.buffer.writelines(lines)  # who reads them has a share of its own to make first


if __name__ == "__main__":
    main()
