"""The index on the disk, generation by generation. Owns the switch from one whole index to the next, and
what is swept; knows nothing of how one is made.

The cache file holds one name: that of a folder beside it, a generation, which is never changed once it is
named. A new one is written under a name of its own and named last, by replacing the cache file. So a crash
at any moment leaves the cache file naming a whole generation, and readers keep the old one open while a new
one is written. Of several processes one writes at a time. Nothing is removed that is not named as ours are.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import re
import secrets
import shutil
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from noesis.errors import BusyError, StorageError


@dataclass(frozen=True, kw_only=True, slots=True)
class Format:
    """What a cache file says that it names, and what a person calls that."""

    name: str
    version: int
    owner: str


KNOWLEDGE = Format(name="noesis-knowledge", version=1, owner="a knowledge base")

_LARGEST_BYTES = 4096  # of a cache file, which has a hundred
_NAME = re.compile(r"[0-9a-f]{16}")  # of a generation


class Store:
    """The generations of one cache file, all of one format."""

    def __init__(self, cache_file: Path, form: Format = KNOWLEDGE) -> None:
        self.cache_file = cache_file
        self._format = form
        self._folder = cache_file.with_name(f"{cache_file.name}.d")

    def current(self) -> Path | None:
        """The newest whole generation; None where there is none yet, or another version wrote it.

        Raises ``StorageError`` where the cache file is something else.
        """
        try:
            data = _beginning(self.cache_file)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise StorageError(
                f"{self.cache_file} cannot be read ({error.strerror}); name another"
            ) from error
        try:
            name = _named(data, self._format)
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise StorageError(
                f"{self.cache_file} is no index of {self._format.owner}; name another cache file"
            ) from error
        return self._folder / name if name else None

    def is_named_by(self, path: str) -> bool:
        """Whether the path is the cache file's: in a folder of documents it is none, whatever its suffix."""
        is_likely = os.path.basename(path) == self.cache_file.name  # noqa: PTH119 (asked of every file)
        return is_likely and Path(path).absolute() == self.cache_file.absolute()

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
                raise StorageError(
                    f"{self._folder} cannot be written ({error.strerror}); name another cache file"
                ) from error
            try:
                yield made
            finally:
                self._sweep()

    def switch(self, generation: Path) -> None:
        """Name the generation, which is whole. After this it is the current one, whatever happens."""
        self.current()  # a file that became somebody else's is not replaced
        part = self.cache_file.with_name(self._part(generation.name))
        try:
            _sync_folder(generation)
            _sync_folder(self._folder)
            with part.open("w", encoding="utf-8") as out:
                named = {"format": self._format.name, "version": self._format.version}
                json.dump({**named, "generation": generation.name}, out)
                out.flush()
                os.fsync(out.fileno())
            part.replace(self.cache_file)
            _sync_folder(self.cache_file.parent)
        except OSError as error:
            with contextlib.suppress(OSError):
                part.unlink()
            raise StorageError(
                f"{self.cache_file} cannot be written ({error.strerror}); name another cache file"
            ) from error

    def _part(self, name: str) -> str:
        return f".{self.cache_file.name}.{name}"

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        """The lock of the host's processes; it goes with the process that holds it."""
        with (self._folder / "lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise BusyError(
                    f"somebody else is writing the index {self.cache_file} now; wait until that is done"
                ) from None
            yield

    def _sweep(self) -> None:
        """Remove every generation but the current: older ones, and what a crash left. Who reads one has it
        open, and keeps it."""
        with contextlib.suppress(StorageError, OSError):
            current = self.current()
            for path in self._folder.iterdir():
                if _NAME.fullmatch(path.name) and path != current:
                    self.cache_file.with_name(self._part(path.name)).unlink(missing_ok=True)
                    shutil.rmtree(path, ignore_errors=True)


def _beginning(path: Path) -> bytes:
    if not stat.S_ISREG(path.stat().st_mode):
        return b""  # a pipe is not waited for
    with path.open("rb") as file:
        return file.read(_LARGEST_BYTES)


def _named(data: bytes, form: Format) -> str:
    """The generation that a cache file names; empty where another version wrote the file."""
    found = json.loads(data)
    if found["format"] != form.name:
        raise ValueError(found["format"])
    if found["version"] != form.version:
        return ""
    name: str = found["generation"]
    if not _NAME.fullmatch(name):
        raise ValueError(name)
    return name


def _sync_folder(folder: Path) -> None:
    number = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)
