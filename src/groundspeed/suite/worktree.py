"""The working tree as it is, laid over a fresh checkout: what git tracks, and what it does not ignore.

Owns the copying; the checkout keeps its own .git, so that versions taken from it still come out.
"""

from __future__ import annotations

import contextlib
import shutil
import subprocess
from pathlib import Path


def overlay(source: Path, target: Path) -> None:
    """Make ``target`` hold what ``source`` holds now. Submodules stay as the checkout has them."""
    tracked = _listed(target, "--cached")
    wanted = _listed(source, "--cached", "--others", "--exclude-standard")
    for name in tracked - wanted:
        (target / name).unlink(missing_ok=True)
    for name in wanted:
        _copy(source / name, target / name)


def _listed(root: Path, *what: str) -> set[str]:
    out = subprocess.run(["git", "ls-files", "-z", *what], cwd=root, capture_output=True, check=True).stdout
    return {name.decode("utf-8", "surrogateescape") for name in out.split(b"\0") if name}


def _copy(source: Path, target: Path) -> None:
    if source.is_dir() and not source.is_symlink():
        return  # a submodule, or a repository inside the repository
    if target.is_symlink() or target.exists():
        target.unlink()
    target.parent.mkdir(parents=True, exist_ok=True)
    with contextlib.suppress(FileNotFoundError):  # tracked, and removed from the working tree
        shutil.copy2(source, target, follow_symlinks=False)
