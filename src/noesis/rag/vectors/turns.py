"""Who may use an index at the same time: any number of readers, or one writer.

Owns the order only. A writer that waits goes before readers that come later, so that it is not starved.
Not to be entered twice by one thread.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator


class Turns:
    """Readers beside each other, writers alone."""

    def __init__(self) -> None:
        self._readers = 0
        self._changed = threading.Condition()
        self._writer = threading.Lock()  # held by the writer, from its waiting on

    @contextlib.contextmanager
    def reading(self) -> Iterator[None]:
        """Wait for the writer, then keep writers out."""
        with self._writer, self._changed:
            self._readers += 1
        try:
            yield
        finally:
            with self._changed:
                self._readers -= 1
                self._changed.notify_all()

    @contextlib.contextmanager
    def writing(self) -> Iterator[None]:
        """Wait for everybody, then keep everybody out."""
        with self._writer:
            with self._changed:
                self._changed.wait_for(lambda: not self._readers)
            yield
