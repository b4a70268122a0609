"""Where documents come from. Owns paths (relative, with ``/``) and which files are documents."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from noesis.errors import SourceError
from noesis.folders import entries

SUFFIXES = (".md", ".markdown")

Location = Path | bytes


class Source(Protocol):
    """A set of documents: each path with the file that holds its bytes, or the bytes themselves."""

    def locations(self) -> Mapping[str, Location]:
        """Every document there is now, in any order."""
        ...


@dataclass(frozen=True, slots=True)
class MemorySource:
    """Documents in memory, by path."""

    documents: Mapping[str, bytes]

    def locations(self) -> Mapping[str, Location]:
        """Every document."""
        return self.documents


@dataclass(frozen=True, slots=True)
class FolderSource:
    """The Markdown files under a folder; or one file. Hidden names and links to folders are left out."""

    root: Path

    def locations(self) -> Mapping[str, Location]:
        """Walk the folder. Raises ``SourceError`` where it is not there or cannot be listed."""
        if self.root.is_file():
            return {self.root.name: self.root}
        if not self.root.is_dir():
            raise SourceError(f"{self.root} is not there; name a folder of Markdown files, or one file")
        found: dict[str, Location] = {}
        for entry in entries(self.root, SUFFIXES):
            # a link that leads nowhere is a document that cannot be read; pipes and folders are none
            path = Path(entry.path)
            if entry.is_file() or not path.exists():
                found[path.relative_to(self.root).as_posix()] = path
        return found
