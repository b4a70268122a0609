"""The command that records a case from within: contention, leaks, lines. Owns its words; runs nothing.

What runs is the package ``inside``, in the measured environment and under the name ``groundspeed_inside``:
standard library only, and the tools that it finds on the folders it is given.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

KINDS = ("contention", "leaks", "lines")
TOOLS: Mapping[str, str] = {"contention": "gilknocker", "leaks": "objgraph", "lines": "line_profiler"}
"""The module that each kind wants on its path; contention and leaks do without, and say what is missing."""

NOT_RECORDED = 3
"""The exit code of a process that says in a sentence why there is no record; 1 is the case's own failure."""

_PACKAGE = "groundspeed_inside"


@dataclass(frozen=True, kw_only=True, slots=True)
class Recording:
    """What to record: ``request`` is that of counting (docs/worker-protocol.md), ``rounds`` the calls.

    ``functions`` in the request names what kind ``lines`` looks at. The document is written to ``out``, as
    plain JSON; ``tools`` are folders for the end of the process's path.
    """

    kind: str
    request: Mapping[str, Any]
    out: Path
    tools: tuple[Path, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class RecorderCommand:
    """What to run, and in which folder."""

    words: tuple[str, ...]
    cwd: Path


def recorder_command(python: Path, workspace: Path, ruler: Path, wanted: Recording) -> RecorderCommand:
    """The command in an environment's ``python``; a folder ``inside`` in the workspace holds the package.

    Raises ``OSError`` when that folder cannot be made.
    """
    folder = workspace / "inside"
    folder.mkdir(parents=True, exist_ok=True)
    _link(folder / _PACKAGE, Path(__file__).with_name("inside"))
    words = (python, "-m", _PACKAGE, wanted.kind, json.dumps(dict(wanted.request)), wanted.out, ruler)
    return RecorderCommand(words=tuple(map(str, (*words, *wanted.tools))), cwd=folder)


def _link(link: Path, target: Path) -> None:
    """Make or renew the link; whoever does the same at once makes the same."""
    if link.is_symlink() and link.readlink() == target:
        return
    beside = link.with_name(f"{link.name}.{os.getpid()}")
    beside.symlink_to(target)
    beside.replace(link)
