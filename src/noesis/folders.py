"""The files under a folder, by their suffix, and how their names are shown. Owns what counts as a file of it;
reads none."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from noesis.errors import SourceError


def entries(root: Path, suffixes: tuple[str, ...]) -> Iterator[os.DirEntry[str]]:
    """Everything under ``root`` that is named with one of ``suffixes`` (lower case, with the dot) and is no
    folder, in no particular order. Links are among them, to folders too: the caller judges where they lead.

    Hidden names are left out, and folders that go while others are listed. Raises ``SourceError`` where
    ``root`` is not there or a folder cannot be listed.
    """
    waiting: list[str] = [os.fspath(root)]
    while waiting:
        folder = waiting.pop()
        try:
            with os.scandir(folder) as found:
                inside = [entry for entry in found if not entry.name.startswith(".")]
        except OSError as error:
            if isinstance(error, FileNotFoundError) and folder != os.fspath(root):
                continue
            raise SourceError(f"{folder} cannot be listed ({error.strerror}); make it readable") from error
        for entry in inside:
            if entry.is_dir(follow_symlinks=False):
                waiting.append(entry.path)
            elif entry.name.lower().endswith(suffixes):
                yield entry


def printable(path: str) -> str:
    """A path as one line of text can show it: bytes that are no UTF-8, and line ends, as escapes."""
    escaped = (one if one.isprintable() else one.encode("unicode_escape").decode() for one in path)
    return "".join(escaped)
