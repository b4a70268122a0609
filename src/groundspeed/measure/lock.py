"""One measuring at a time on a host: two at once would measure each other."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator
from pathlib import Path

from groundspeed.results.lock import file_lock

NAME = "groundspeed-measuring.lock"


@contextlib.contextmanager
def measuring_lock() -> Iterator[None]:
    """Hold this host's lock while inside; LockedError names the holder when it is taken.

    It lies where temporary files do, so that every project of every user finds it.
    """
    with file_lock(Path(tempfile.gettempdir()) / NAME):
        yield
