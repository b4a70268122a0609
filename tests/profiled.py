"""Profiles where results hold them, for tests of what judges them: written by hand, none is taken."""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from groundspeed.records import Case
from groundspeed.results.profile_header import KEY, ProfileHeader, ProfileRun, header_wire
from groundspeed.results.profiles import profile_path
from tests.speedscopes import sampled


def stored(
    root: Path,
    commit: str,
    case: str,
    kind: str,
    stacks: Mapping[str, float],
    unit: str = "seconds",
    calls: int = 1,
) -> Path:
    """A profile of ``calls`` calls on the machine box. A stack is ``file:name:line > file:name:line``, the
    root first, with its weight in all of them; 0 calls: nobody counted.
    """
    benchmark, _, params = case.partition("(")
    path = profile_path(
        root / "results",
        "box",
        commit,
        Case(benchmark=benchmark, params=tuple(params.rstrip(")").split(", ")) if params else ()),
        kind,
    )
    return profile(path, stacks, unit, calls)


def profile(
    path: Path,
    stacks: Mapping[str, float],
    unit: str = "seconds",
    calls: int = 1,
    duration_s: float | None = None,
) -> Path:
    """The same at any path; the calls took ``duration_s`` by the clock."""
    names = sorted({frame for stack in stacks for frame in stack.split(" > ")})
    rows = [[names.index(frame) for frame in stack.split(" > ")] for stack in stacks]
    frames = [_frame(one) for one in names]
    header = {KEY: _header(calls, duration_s)} if calls else {}
    document = {
        "shared": {"frames": frames},
        "profiles": [sampled(rows, list(stacks.values()), unit)],
        **header,
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(json.dumps(document).encode()))
    return path


def _frame(text: str) -> dict[str, Any]:
    file, name, line = text.rsplit(":", 2)
    return {"name": name, "file": file, "line": int(line)}


def _header(calls: int, duration_s: float | None) -> dict[str, Any]:
    run = ProfileRun(profiles=(0,), calls=calls, duration_s=duration_s, samples=None)
    return header_wire(
        ProfileHeader(
            commit="c" * 40,
            case="m.time_x",
            environment="e",
            tool="a pencil",
            overhead=None,
            dependencies=(),
            runs=(run,),
        )
    )
