"""Session files: the append-only truth. Owns the gzip stream; docs/session-format.md is the format.

``append`` returns when the line is with the operating system and on the disk: a kill, a crash or a
full disk later loses nothing that was appended before.
"""

from __future__ import annotations

import os
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from groundspeed.errors import StorageError
from groundspeed.records import Benchmark, Session
from groundspeed.results.atomic import refused
from groundspeed.results.session_header import header_line, parse_header
from groundspeed.results.session_lines import Item, item_line, parse_item, speaks_of, surely_measured
from groundspeed.results.session_wire import SessionFormatError, UnknownLineError

FOLDER = "sessions"
_ENDING = ".jsonl.gz"
_GZIP = 31  # zlib's window bits for a gzip member
_CHUNK_BYTES = 1 << 16
_LEVEL = 6


@dataclass(frozen=True, kw_only=True, slots=True)
class SessionFile:
    """A session file, read. ``machine`` is asv's machine.json when it was written.

    ``items`` are in the order of the file; ``warnings`` name what was lost or not understood.
    ``closed`` tells whether its writer came to the end, asv's files included.
    """

    path: Path
    session: Session
    machine: Mapping[str, str]
    items: tuple[Item, ...]
    closed: bool
    warnings: tuple[str, ...]


class SessionWriter:
    """One new session file. The name must be free; nothing is ever written into an older file."""

    def __init__(self, folder: Path, session: Session, machine: Mapping[str, str]) -> None:
        """Create ``<folder>/<session.id>.jsonl.gz`` and write its header. Raises StorageError."""
        self.path = folder / f"{session.id}{_ENDING}"
        self._squeeze = zlib.compressobj(_LEVEL, zlib.DEFLATED, _GZIP)
        self._broken = False
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._descriptor = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
        except OSError as error:
            raise refused(self.path, error) from error
        try:
            self._write(header_line(session, machine))
        except StorageError:
            os.close(self._descriptor)
            self.path.unlink(missing_ok=True)  # without its header it is no session
            raise

    def append(self, item: Item) -> None:
        """Record one thing that was done; returns when it is safe. Raises StorageError."""
        if self._broken:
            raise StorageError(
                f"{self.path} takes no more lines since an earlier one could not be written. "
                "What was recorded before is whole; run again to go on in a new session."
            )
        self._write(item_line(item))

    def _write(self, line: bytes) -> None:
        """A sync flush ends a deflate block, so that a cut file gives back every line before."""
        data = self._squeeze.compress(line) + self._squeeze.flush(zlib.Z_SYNC_FLUSH)
        try:
            _write_all(self._descriptor, data)
            os.fsync(self._descriptor)
        except OSError as error:
            self._broken = True  # half a block may stand there; a line after it could not be read
            raise refused(self.path, error) from error

    def discard(self) -> None:
        """Remove a session in which nothing was done."""
        self.close()
        self.path.unlink(missing_ok=True)

    def abandon(self) -> None:
        """Let go of the file without ending the stream: what is derived from it may be behind."""
        self._broken = True
        self.close()

    def close(self) -> None:
        """End the stream. A session that is never closed reads just as well."""
        if self._descriptor < 0:
            return
        try:
            if not self._broken:
                _write_all(self._descriptor, self._squeeze.flush())
        except OSError as error:
            raise refused(self.path, error) from error
        finally:
            os.close(self._descriptor)
            self._descriptor = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def _write_all(descriptor: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]


def session_paths(machine_folder: Path) -> list[Path]:
    """A machine's session files, oldest first (the names begin with the time)."""
    return sorted((machine_folder / FOLDER).glob(f"*{_ENDING}"))


def all_session_paths(results_dir: Path) -> list[Path]:
    """Every machine's session files: by machine folder, then oldest first."""
    folders = sorted(path.parent for path in results_dir.glob(f"*/{FOLDER}"))
    return [path for folder in folders for path in session_paths(folder)]


def read_session(path: Path) -> tuple[Session, tuple[Item, ...], tuple[str, ...]]:
    """The session, what was done in order, and warnings; see ``read_session_file``."""
    file = read_session_file(path)
    return file.session, file.items, file.warnings


def read_session_file(
    path: Path, *, measured: bool = True, commits: frozenset[str] | None = None
) -> SessionFile:
    """Read a session file, cut off or not. Lines of unknown types are passed over with a warning.

    Two ways to leave out lines, unparsed: ``measured=False`` those of runs that measured, ``commits`` all
    that name none of these. Raises SessionFormatError when the header is not whole or is of a newer major
    version.
    """
    stream = _Stream(path)
    lines = stream.lines()
    session, machine = _header(path, lines)
    items: list[Item] = []
    warnings: list[str] = []
    for number, line in enumerate(lines, start=2):
        if not line.endswith(b"\n"):
            warnings.append(f"{path} breaks off in line {number}; the lines before it are whole.")
            break
        if not measured and surely_measured(line):
            continue
        if commits is not None and not speaks_of(line, commits):
            continue
        try:
            items.append(parse_item(line))
        except UnknownLineError as error:
            warnings.append(
                f"{path}, line {number}: unknown {error}; skipped (a newer groundspeed wrote it)."
            )
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            warnings.append(f"{path}, line {number}: {error!r}; skipped.")
    return SessionFile(
        path=path,
        session=session,
        machine=machine,
        items=tuple(items),
        closed=stream.ended,
        warnings=tuple(warnings),
    )


def read_header(path: Path) -> Session:
    """The first line alone. Raises as ``read_session_file``."""
    return _header(path, _Stream(path).lines())[0]


def read_headers(results_dir: Path) -> list[tuple[Benchmark, ...]]:
    """The benchmarks of every session of every machine, oldest session first."""
    headers = []
    for path in sorted(results_dir.glob(f"*/{FOLDER}/*"), key=lambda one: one.name):
        try:
            headers.append(read_header(path).benchmarks)
        except SessionFormatError:
            continue  # named where its lines are read
    return headers


def _header(path: Path, lines: Iterator[bytes]) -> tuple[Session, Mapping[str, str]]:
    try:
        return parse_header(next(lines, b""))
    except SessionFormatError as error:
        raise type(error)(f"{path} {error}.") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise SessionFormatError(
            f"{path} has a broken header ({error!r}). Restore it from git, or move it out of the results."
        ) from error


class _Stream:
    """The text of a session file, as far as it is gzip's. ``ended`` once its last member was whole."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.ended = False

    def lines(self) -> Iterator[bytes]:
        """The file's lines; one without a line end comes last, also where the stream breaks."""
        rest = b""
        try:
            for text in self._inflated():
                *whole, rest = (rest + text).split(b"\n")
                for line in whole:
                    yield line + b"\n"
        except OSError as error:
            raise SessionFormatError(
                f"{self._path} cannot be read: {error.strerror or error}. "
                "Restore it from git, or move it away."
            ) from error
        if rest:
            yield rest

    def _inflated(self) -> Iterator[bytes]:
        """The text of all gzip members in turn, up to the first byte that is not gzip's."""
        inflate = zlib.decompressobj(_GZIP)
        with self._path.open("rb") as file:
            while chunk := file.read(_CHUNK_BYTES):
                while chunk:
                    self.ended = False
                    before = inflate.copy()
                    try:
                        text = inflate.decompress(chunk)
                    except zlib.error:
                        yield _up_to_break(before, chunk) + b"?"  # an end without a line end
                        return
                    yield text
                    chunk = inflate.unused_data
                    if inflate.eof:
                        self.ended = True
                        inflate = zlib.decompressobj(_GZIP)


def _up_to_break(inflate: zlib._Decompress, chunk: bytes) -> bytes:
    """What a chunk still gives before it breaks, byte by byte: zlib drops it all at an error."""
    text = bytearray()
    try:
        for place in range(len(chunk)):
            text += inflate.decompress(chunk[place : place + 1])
    except zlib.error:
        pass
    return bytes(text)
