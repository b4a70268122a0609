"""Threads that store and search at once, switched as often as can be."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from noesis.thoughts import MemoryStore, SqliteStore
from tests.conftest import ROOT
from tests.storing import THREADS, stress


@pytest.fixture(name="switching")
def _switching() -> Iterator[None]:
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        yield
    finally:
        sys.setswitchinterval(before)


@pytest.mark.parametrize("capacity", [10**6, 40])
def test_threads_on_a_store_in_memory(switching: None, capacity: int) -> None:
    stress(MemoryStore(capacity=capacity))


@pytest.mark.parametrize("capacity", [10**6, pytest.param(40, marks=pytest.mark.slow)])
def test_threads_on_a_file(switching: None, tmp_path: Path, capacity: int) -> None:
    with SqliteStore(tmp_path / "thoughts", capacity=capacity, survives_power_cut=False) as store:
        stress(store)
        assert len(store._idle) <= THREADS + 1  # a connection for each that was at work at once


def test_threads_without_the_lock_of_python(tmp_path: Path) -> None:
    names = [f"python3.{minor}t" for minor in (14, 13)]
    found = next(filter(None, map(shutil.which, names)), None)
    if found is None:
        pytest.skip(f"no free-threaded CPython is installed here ({', '.join(names)})")
    elsewhere = os.pathsep.join([str(ROOT), str(ROOT / "src")])
    subprocess.run(
        [found, "-m", "tests.storing", str(tmp_path / "thoughts")],
        check=True,
        env={**os.environ, "PYTHONPATH": elsewhere, "PYTHON_GIL": "0"},
    )
