"""Where a host says what it is: the files of its kernel. Owns their reading; understands none of them."""

from __future__ import annotations

import platform
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
