"""Where a host says what it is: the files of its kernel. Owns their reading and the forms that the
kernel writes numbers in; understands none of them.
"""

from __future__ import annotations

import platform
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, kw_only=True, slots=True)
class Tree:
    """Where a host says what it is. Tests hand in made ones."""

    proc: Path
    sys: Path
    os_release: Path
    system: str
    arch: str


def this_tree() -> Tree:
    """The host that this process runs on."""
    return Tree(
        proc=Path("/proc"),
        sys=Path("/sys"),
        os_release=Path("/etc/os-release"),
        system=platform.system(),
        arch=platform.machine(),
    )


def text(path: Path) -> str:
    """A file of the kernel's, stripped; empty when it is not there or may not be read."""
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip().rstrip("\0")
    except OSError:
        return ""


def number(path: Path) -> int | None:
    """A file that holds one whole number, or starts with one; None when it does not."""
    words = text(path).split(maxsplit=1)
    try:
        return int(words[0]) if words else None
    except ValueError:
        return None


def numbers(listed: str) -> list[int]:
    """The kernel's lists: `0-3,8` is 0, 1, 2, 3, 8."""
    return [one for part in listed.split(",") if part for one in _span(part)]


def _span(part: str) -> Iterator[int]:
    first, _, last = part.partition("-")
    yield from range(int(first), int(last or first) + 1)
