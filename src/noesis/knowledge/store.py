"""The index on the disk, generation by generation. Owns the switch from one whole index to the next, and
what is swept; knows nothing of how one is made.

The cache file holds one name: that of a folder beside it, a generation, which is never changed once it is
named. A new one is written under a name of its own and named last, by replacing the cache file. So a crash
at any moment leaves the cache file naming a whole generation, and readers keep the old one open while a new
one is written. Of several processes one writes at a time.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path

from noesis.errors import BusyError, StorageError

FORMAT = {"format": "noesis-knowledge", "version": 1}


class Store:
    """The generations of one cache file."""

    def __init__(self, cache_file: Path) -> None:
        self._pointer = cache_file
        self._folder = cache_file.with_name(f"{cache_file.name}.d")

    def current(self) -> Path | None:
        """The newest whole generation; None where there is none yet, or another version wrote it.

        Raises ``StorageError`` where the cache file is something else.
        """
        try:
            data = self._pointer.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise StorageError(f"{self._pointer} cannot be read ({error.strerror}); name another") from error
        try:
            found = json.loads(data)
            is_ours, version = found["format"] == FORMAT["format"], found["version"]
            name = str(found["generation"]) if version == FORMAT["version"] else None
        except (ValueError, KeyError, TypeError):
            is_ours, name = False, None
        if not is_ours:
            raise StorageError(f"{self._pointer} is no index of a knowledge base; name another cache file")
        return None if name is None else self._folder / Path(name).name

    @contextlib.contextmanager
    def writing(self) -> Iterator[Path]:
        """An empty folder for the next generation; it is removed unless ``switch`` named it.

        Raises ``BusyError`` where another process writes, ``StorageError`` where nobody can.
        """
        with contextlib.ExitStack() as stack:
            try:
                self._folder.mkdir(parents=True, exist_ok=True)
                stack.enter_context(self._locked())
                self._sweep()
                made = self._folder / secrets.token_hex(8)
                made.mkdir()
            except OSError as error:
                raise StorageError(f"{self._folder} cannot be written ({error.strerror})") from error
            try:
                yield made
            finally:
                self._sweep()

    def switch(self, generation: Path) -> None:
        """Name the generation, which is whole. After this it is the current one, whatever happens."""
        self.current()  # a file that became somebody else's is not replaced
        part = self._pointer.with_name(f".{self._pointer.name}.{generation.name}")
        try:
            _sync_folder(generation)
            with part.open("w", encoding="utf-8") as out:
                json.dump({**FORMAT, "generation": generation.name}, out)
                out.flush()
                os.fsync(out.fileno())
            part.replace(self._pointer)
            _sync_folder(self._pointer.parent)
        except OSError as error:
            part.unlink(missing_ok=True)
            raise StorageError(f"{self._pointer} cannot be written ({error.strerror})") from error

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        """The lock of the host's processes; it goes with the process that holds it."""
        with (self._folder / "lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise BusyError(
                    f"another process is writing the index {self._pointer}; wait until it is done"
                ) from None
            yield

    def _sweep(self) -> None:
        """Remove every generation but the current: older ones, and what a crash left. Who reads one has it
        open, and keeps it."""
        with contextlib.suppress(StorageError, OSError):
            current = self.current()
            for path in self._folder.iterdir():
                if path.is_dir() and path != current:
                    shutil.rmtree(path, ignore_errors=True)
            for part in self._pointer.parent.glob(f".{self._pointer.name}.*"):
                part.unlink(missing_ok=True)


def _sync_folder(folder: Path) -> None:
    number = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)
