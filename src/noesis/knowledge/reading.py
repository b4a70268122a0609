"""Files to texts. Owns which files a knowledge base has, what became of each, and what is not read again;
how a format is read is ``formats``' business.
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from noesis.errors import DocumentError, SourceError
from noesis.folders import entries
from noesis.knowledge.formats import LARGEST_FILE_BYTES, SUFFIXES, extract


@dataclass(frozen=True, kw_only=True, slots=True)
class Text:
    """What a file gave: its text in UTF-8 (NFC), and the hash of its bytes."""

    path: str
    digest: str
    text: bytes


@dataclass(frozen=True, kw_only=True, slots=True)
class NoText:
    """Why a file gave none; ``digest`` is empty where it could not be read at all."""

    path: str
    digest: str
    reason: str


Outcome = Text | NoText


def files_of(folders: Iterable[Path]) -> list[str]:
    """Every file with one of the suffixes, sorted; a path begins with its folder as it was given.

    Raises ``SourceError`` where a folder is not there or cannot be listed.
    """
    found: list[str] = []
    for folder in folders:
        if not os.path.isdir(folder):  # noqa: PTH112 (Path.is_dir raises where a folder above is closed)
            raise SourceError(f"{folder} is no folder; name one that holds documents")
        found.extend(entry.path for entry in entries(folder, SUFFIXES))
    return sorted(found)


def read(path: str, folders: Iterable[Path]) -> Outcome:
    """Read a file and extract its text. Never raises for what a file is or holds."""
    try:
        data = data_of(path, folders)
    except DocumentError as error:
        return NoText(path=path, digest="", reason=str(error))
    digest = digest_of(data)
    try:
        text = extract(Path(path).suffix.lower(), data)
    except DocumentError as error:
        return NoText(path=path, digest=digest, reason=str(error))
    return Text(path=path, digest=digest, text=text.encode("utf-8", "replace"))


def refused(path: str, folders: Iterable[Path], reason: str) -> NoText:
    """The outcome of a file that nothing more is done with, until its bytes change."""
    try:
        digest = digest_of(data_of(path, folders))
    except DocumentError:
        digest = ""
    return NoText(path=path, digest=digest, reason=reason)


def data_of(path: str, folders: Iterable[Path]) -> bytes:
    """The bytes of a file. Raises ``DocumentError``: a link that leads out of the folders, a pipe or a
    device, too large, gone or not readable."""
    try:
        _refuse_strangers(path, folders)
        with open(path, "rb", opener=_open_at_once) as file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode):
                raise DocumentError("is no ordinary file; take it out of the folder")
            if status.st_size > LARGEST_FILE_BYTES:
                largest = LARGEST_FILE_BYTES // 1_000_000
                raise DocumentError(f"is larger than {largest} MB; split it")
            return file.read(status.st_size + 1)  # a call that asks for more makes room for more
    except OSError as error:
        raise DocumentError(f"cannot be read ({error.strerror or error})") from error


def digest_of(data: bytes) -> str:
    """What tells contents apart: 128 bits of BLAKE2b, in hexadecimal."""
    return hashlib.blake2b(data, digest_size=16).hexdigest()


def _open_at_once(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NONBLOCK)  # a pipe is not waited for


def _refuse_strangers(path: str, folders: Iterable[Path]) -> None:
    if not stat.S_ISLNK(os.lstat(path).st_mode):
        return
    place = _place(path)
    if not any(place.is_relative_to(_place(folder)) for folder in folders):
        raise DocumentError("is a link out of the folder; put the file itself there")
    if place.is_dir():
        raise DocumentError("is a link to a folder; its documents are read where they are")


def _place(path: str | Path) -> Path:
    return Path(os.path.realpath(path))  # Path.resolve raises for links that go round in a circle
