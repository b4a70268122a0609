"""A small measured project with an asv suite, as a real repository, for tests of the whole line.

Owns the making: the package `sample` at several commits, a suite with one benchmark of every fate
(measured, skipped, raising, timing out, exiting hard), and the configuration that asv and
groundspeed both read. Everything is built offline from the wheelhouse.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.repositories import CommitSpec, make_repository

PYPROJECT = """\
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"
[project]
name = "sample"
version = "0"
"""
BROKEN_PYPROJECT = PYPROJECT.replace("hatchling.build", "hatchling.nothing_of_the_kind")

CONFIGURATION = {
    "version": 1,
    "project": "sample",
    "repo": ".",
    "branches": ["main"],
    "environment_type": "virtualenv",
    "pythons": ["3.11"],
    "build_command": ["python -m build --wheel --no-isolation --outdir {build_cache_dir} {build_dir}"],
    "env_dir": ".asv/env",
}

SUITE = """\
import os
import sample

class Work:
    params = [10, 1000]
    param_names = ["n"]
    rounds = 1
    repeat = 3
    number = 2
    warmup_time = 0

    def time_work(self, n):
        sample.work(n)

    def track_size(self, n):
        return sample.SIZE * n
    track_size.unit = "bytes"

def peakmem_list():
    return [0] * 100_000
"""

FATES = """\
import os
import sys
import time

def track_raises():
    print("about to divide")
    return 1 / 0

def track_times_out():
    while True:
        time.sleep(0.01)
track_times_out.timeout = 0.3

def track_exits():
    os._exit(7)

def track_leaves():
    sys.exit("enough")

def track_words():
    return "many"

def track_skipped():
    return 1
def _skip():
    raise NotImplementedError("not here")
track_skipped.setup = _skip

class Cached:
    def setup_cache(self):
        with open("beside.txt", "w") as file:
            file.write("4")
        return {"three": 3}

    def track_cached(self, cache):
        with open("beside.txt") as file:
            return cache["three"] + int(file.read())

class BrokenCache:
    def setup_cache(self):
        raise RuntimeError("no cache today")

    def track_cached(self, cache):
        return 1
"""


def module(size: int) -> str:
    """The measured module; each size is other content, so other code."""
    return f"SIZE = {size}\n\ndef work(n):\n    return sum(range(n * {size}))\n"


def commit_of(number: int, factor: int, **more: Any) -> CommitSpec:
    """A commit of `steps(n)` and `work(n)`, which do ``factor`` times as much, and `rest(n)`.

    Each number is other content, so that nothing is carried over. `clock()` goes on by the work, 10 ns a
    step and in each process 1 % more or less, whatever the host does. ``more`` as ``CommitSpec``.
    """
    text = f"""\
import random

NUMBER = {number}
STEP = random.gauss(1e-8, 1e-10)
DONE = 0


def steps(n):
    return n * {factor}


def work(n):
    global DONE
    total = 0
    for number in range(n * {factor} // 10):
        total ^= number & 255
    DONE += n * {factor} // 10
    return total


def rest(n):
    global DONE
    DONE += n
    return sum(range(n))


def clock():
    return DONE * STEP
"""
    return CommitSpec(f"number {number}", {"src/sample/__init__.py": text}, **more)


def make_project(root: Path, sizes: tuple[int | None, ...] = (1, 2, 3), **suite: str) -> tuple[str, ...]:
    """A working clone at ``root`` with a commit per size (None does not build); give the hashes.

    ``suite`` maps more suite modules to their text. The suite and the configuration are committed first,
    with the first size.
    """
    first = {
        ".gitignore": "/.asv/\n/.groundspeed/\n/results/\n/html/\n/home/\n",
        "asv.conf.json": json.dumps(CONFIGURATION, indent=1),
        "benchmarks/__init__.py": "",
        "benchmarks/work.py": SUITE,
        **{f"benchmarks/{name}.py": text for name, text in suite.items()},
    }
    commits = [CommitSpec(f"size {size}", _commit_files(size)) for size in sizes]
    commits[0] = CommitSpec(commits[0].message, {**first, **commits[0].files})
    return make_repository(root, commits)


def _commit_files(size: int | None) -> dict[str, str | bytes | None]:
    if size is None:
        return {"pyproject.toml": BROKEN_PYPROJECT}
    return {"pyproject.toml": PYPROJECT, "src/sample/__init__.py": module(size)}
