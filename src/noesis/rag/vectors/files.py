"""One file for a whole vector index. Owns its beginning, and that it is written whole or not at all.

A page of ``HEADER_BYTES``: one line of JSON, filled up with spaces, that says format, version, engine,
dimensions, how many vectors and how many bytes follow. Then those bytes, which are the engine's own. They
begin on a page of memory, so they can be mapped and used in place; that is also why no checksum is taken
over them: it would read them all. A file that is cut short or longer is noticed, a changed byte is not.
"""

from __future__ import annotations

import contextlib
import json
import mmap
import os
import secrets
import stat
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from noesis.errors import StorageError

FORMAT = {"format": "noesis-vectors", "version": 1}
HEADER_BYTES = 4096  # a page of memory on x86-64; the line takes some 130 of them


@dataclass(frozen=True, kw_only=True, slots=True)
class Header:
    """What the bytes after the first page are: ``count`` vectors of ``dimensions`` numbers, by ``engine``."""

    engine: str
    dimensions: int
    count: int
    bytes: int


def write(path: Path, header: Header, payload: Sequence[memoryview]) -> None:
    """Replace ``path`` at the end, when everything is on the disk. Raises ``StorageError``.

    A kill leaves the old file or the new one, and perhaps a hidden part of the new one beside it.
    """
    part = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        with part.open("wb") as out:
            out.write(_line(header))
            for piece in payload:
                out.write(piece)
            out.flush()
            os.fsync(out.fileno())
        part.replace(path)
        _sync_folder(path.parent)
    except OSError as error:
        with contextlib.suppress(OSError):
            part.unlink()
        raise StorageError(
            f"{path} cannot be written ({error.strerror}); make room there, or name another file"
        ) from error


def read(path: Path) -> tuple[Header, memoryview]:
    """The header of a file and what follows it, mapped. Raises ``StorageError`` where it is not whole."""
    try:
        if not stat.S_ISREG(path.stat().st_mode):  # a pipe is not waited for
            raise StorageError(f"{path} is no file; name the one that an index was saved to")
        with path.open("rb") as file:
            header = _header(path, file.read(HEADER_BYTES))
            size, wanted = os.fstat(file.fileno()).st_size, HEADER_BYTES + header.bytes
            if size != wanted:
                raise StorageError(
                    f"{path} has {size:,} bytes, not {wanted:,}: it was cut short or written over; "
                    "build the index again"
                )
            mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    except OSError as error:
        raise StorageError(f"{path} cannot be read ({error.strerror}); name another file") from error
    return header, memoryview(mapped)[HEADER_BYTES:]


def _line(header: Header) -> bytes:
    text = json.dumps({**FORMAT, **asdict(header)}).encode()
    return text.ljust(HEADER_BYTES - 1) + b"\n"


def _header(path: Path, page: bytes) -> Header:
    try:
        found = json.loads(page) if len(page) == HEADER_BYTES else {}
        is_ours = found["format"] == FORMAT["format"]
    except (ValueError, KeyError, TypeError, RecursionError):
        is_ours = False
    if not is_ours:
        raise StorageError(f"{path} holds no vector index; name the file that one was saved to")
    return _said(path, found)


def _said(path: Path, found: Mapping[str, Any]) -> Header:
    if found.get("version") != FORMAT["version"]:
        raise StorageError(
            f"{path} is of version {found.get('version')!r}, this reads {FORMAT['version']}; "
            "build the index again"
        )
    said: dict[str, Any] = {name: found.get(name) for name in ("engine", "dimensions", "count", "bytes")}
    engine, *numbers = said.values()
    if not isinstance(engine, str) or any(type(one) is not int or one < 0 for one in numbers):
        raise StorageError(f"{path} has a damaged beginning; build the index again")
    return Header(**said)


def _sync_folder(folder: Path) -> None:
    number = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)
