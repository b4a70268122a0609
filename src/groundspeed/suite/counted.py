"""The command that calls one case a number of times and times nothing, for perf or callgrind to run.

Owns the command and the folder that it runs in (docs/worker-protocol.md, "Counting"); counts nothing.
"""

from __future__ import annotations

import contextlib
import json
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from groundspeed.config import Configuration
from groundspeed.records import Benchmark
from groundspeed.suite import isolation
from groundspeed.suite.client import Folders
from groundspeed.suite.environments import Prepared
from groundspeed.suite.worker.server import cache_folder

# Threads of these pools wait by spinning, which would be counted as work: 10⁷ instructions more or less.
_ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Repetition:
    """A case, by its position in its benchmark, and how often it is called.

    Of ``rounds`` the first ``calls`` call it; each sets up where the suite sets up before each call.
    """

    benchmark: Benchmark
    index: int
    rounds: int
    calls: int
    timeout_s: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Command:
    """What to run, in which folder, and all the variables that it sees."""

    words: tuple[str, ...]
    cwd: Path
    variables: Mapping[str, str]


@contextlib.contextmanager
def counted_command(
    prepared: Prepared, configuration: Configuration, folders: Folders, wanted: Repetition
) -> Iterator[Command]:
    """The command, while the folder that the case runs in is there.

    Commands that differ in ``calls`` are equally long and name the same folder: nothing else that the
    process sees shall differ. Raises ``OSError`` when what setup_cache made cannot be copied.
    """
    with case_folder(folders, wanted.benchmark, "counted") as folder:
        ruler = isolation.make_ruler(configuration.workspace)
        asked = json.dumps(request(configuration.suite.benchmark_dir, folder, folders.cpus, wanted))
        words = (prepared.python, "-m", isolation.WORKER, "--count", asked, f"{wanted.calls:09}", ruler)
        yield Command(words=tuple(map(str, words)), cwd=ruler, variables=_variables(prepared))


@contextlib.contextmanager
def case_folder(folders: Folders, benchmark: Benchmark, name: str) -> Iterator[Path]:
    """A folder that a case runs in, with what its setup_cache made. Raises ``OSError`` where nothing did."""
    folder = folders.work / name
    shutil.rmtree(folder, ignore_errors=True)
    key = benchmark.setup_cache_key
    if key is None:
        folder.mkdir()
    else:
        shutil.copytree(cache_folder(str(folders.caches), key), folder)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _variables(prepared: Prepared) -> Mapping[str, str]:
    """A worker's, with one thread where the environment does not say otherwise."""
    return {**_ONE_THREAD, **prepared.variables}


def request(suite: Path, folder: Path, cpus: tuple[int, ...], wanted: Repetition) -> dict[str, Any]:
    """What such a process is told of its case, as JSON knows it."""
    return {
        "suite": str(suite),
        "benchmark": wanted.benchmark.name,
        "index": wanted.index,
        "rounds": wanted.rounds,
        "quick": False,
        "timeout_s": wanted.timeout_s,
        "cwd": str(folder),
        "cpu_affinity": list(cpus) or None,
    }
