"""What folders hold at a commit, read from git's own bytes. Pure; owns the identity of content."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from groundspeed.errors import HistoryError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


@dataclass(frozen=True, kw_only=True, slots=True)
class Tree:
    """A folder at a commit. ``entries``: name to mode and hash, as `git ls-tree` shows them."""

    hash: str
    entries: Mapping[str, tuple[str, str]]


def read_trees(out: bytes) -> Iterator[Tree | None]:
    """What `git cat-file --batch` prints: `<hash> <type> <size>`, the content, a newline; or one line."""
    position = 0
    while position < len(out):
        end = out.index(b"\n", position)
        words = out[position:end].split(b" ")
        position = end + 1
        if len(words) != 3 or not words[2].isdigit():
            yield None  # "<name> missing"
            continue
        content = out[position : position + int(words[2])]
        position += int(words[2]) + 1
        yield _tree(words[0].decode(), content) if words[1] == b"tree" else None


def _tree(name: str, content: bytes) -> Tree:
    return Tree(hash=name, entries=dict(_entries(content, len(name) // 2)))


def _entries(content: bytes, size: int) -> Iterator[tuple[str, tuple[str, str]]]:
    """git's tree format: `<mode> <name>`, NUL, the hash in ``size`` raw bytes; again and again."""
    position = 0
    while position < len(content):
        end = content.index(b"\0", position)
        mode, _, name = content[position:end].partition(b" ")
        position = end + 1 + size
        yield name.decode("utf-8", "surrogateescape"), (mode.decode(), content[end + 1 : position].hex())


def entry(path: tuple[str, ...], trees: Mapping[tuple[str, ...], Tree]) -> str:
    """`<mode> <hash>` of what stands at ``path``, or `absent`. KeyError: a folder on the way is not here."""
    if not path:
        return f"40000 {trees[()].hash}"
    for depth in range(len(path)):
        mode, name = trees[path[:depth]].entries.get(path[depth], ("", ""))
        if not mode or (depth < len(path) - 1 and mode != "40000"):
            return "absent"
    return f"{mode} {name}"


def parts_of(path: str) -> tuple[str, ...]:
    """``path``, relative to the repository's root, as names; ``.`` is the root. Raises HistoryError."""
    pure = PurePosixPath(path)
    if pure.is_absolute() or ".." in pure.parts or "\n" in path:
        raise HistoryError(f"{path!r} is no path inside the repository: write it relative to its root.")
    return pure.parts
