"""Whole nights of a clone of a bare repository, with their real stages. Owns the making and the spending; the
host is taken for fit, and a profile is short.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from unittest import mock

from groundspeed.nightly import context, explaining, outside
from groundspeed.nightly.summary import Stage
from tests.commands import groundspeed
from tests.projects import make_project
from tests.repositories import git

Stages = dict[Stage, dict[str, Any]]


def make_clone(root: Path, bare: Path, ours: str, **suite: str) -> None:
    """A project of one commit at ``root`` whose remote is ``bare``; ``ours`` is its groundspeed.toml."""
    make_project(root, (1,), **suite)
    git(root, "clone", "--quiet", "--bare", str(root), str(bare))
    git(root, "remote", "add", "origin", str(bare))
    (root / "groundspeed.toml").write_text(ours)


def night(
    root: Path, *options: str, code: int = 0, more: Mapping[str, str] | None = None
) -> tuple[Stages, list[str]]:
    """A night that ended with the code: its stages as JSON has them, and the lines of its progress."""
    with _short():
        said = groundspeed(root, "nightly", "--format", "json", *options, code=code, more=more)
    return {Stage(one["stage"]): one for one in said.json()["stages"]}, said.stderr.splitlines()


@contextlib.contextmanager
def _short() -> Iterator[None]:
    """A remote that is gone is asked as often as ever, without a pause between."""
    with (
        mock.patch.object(context, "fitness", return_value=()),
        mock.patch.multiple(explaining, PROFILE_S=0.3, PROFILE_RUNS=2),
        mock.patch.object(outside, "_FIRST_PAUSE_S", 0.0),
    ):
        yield


def endings(stages: Stages, *asked: Stage) -> list[str]:
    """How these ended."""
    return [stages[one]["ending"] for one in asked]
