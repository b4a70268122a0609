"""Real results of other projects for tests: unpacked once for all that only read them."""

from __future__ import annotations

import fcntl
import os
import tarfile
from pathlib import Path

import pytest

from tests.conftest import ARCHIVES

NUMPY = ARCHIVES / "numpy-bench"


@pytest.fixture(scope="session")
def numpy_results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Five years of numpy as asv measured them, 273 MB in 1,433 files; nobody may write into it.

    Unpacking takes 3.5 s of a processor, so workers side by side share it: the second waits for the first.
    """
    if not NUMPY.is_dir():
        pytest.skip("the archive is not here")
    own = tmp_path_factory.getbasetemp()
    shared = (own.parent if "PYTEST_XDIST_WORKER" in os.environ else own) / "numpy-bench"
    shared.mkdir(exist_ok=True)
    done = shared / "unpacked"
    with (shared / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not done.exists():
            with tarfile.open(NUMPY / "results.tar.xz") as archive:
                archive.extractall(shared, filter="data")
            done.touch()
    return shared / "results"
