"""What groundspeed says of a profile that it stores: the key ``groundspeed`` at the top of the file.

Owns that key, record to JSON and back, version 1. Speedscope passes over keys that it does not know; a file
of somebody else has none.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

KEY = "groundspeed"
VERSION = 1


@dataclass(frozen=True, kw_only=True, slots=True)
class ProfileRun:
    """One recording, in a process of its own.

    ``profiles`` are the places of its threads among the file's profiles; ``calls`` of the benchmark were
    recorded, which took ``duration_s`` by the process' own clock, None where the weights are no time (bytes);
    ``samples`` were taken, None where the tool counts everything.
    """

    profiles: tuple[int, ...]
    calls: int
    duration_s: float | None
    samples: int | None


@dataclass(frozen=True, kw_only=True, slots=True)
class ProfileHeader:
    """``commit`` is a full hash, ``case`` as people write it, ``tool`` names itself and its version.

    ``overhead`` is the share by which the profiled calls took longer, None where nobody measured;
    ``dependencies`` are those of ``Build``, empty where nobody recorded them; ``against`` is the commit (full
    hash) whose profile was taken in turn with this one, None where it was taken alone.
    """

    commit: str
    case: str
    environment: str
    tool: str
    overhead: float | None
    dependencies: tuple[str, ...]
    runs: tuple[ProfileRun, ...]
    against: str | None = None


def header_wire(header: ProfileHeader) -> dict[str, Any]:
    """The value of ``KEY``."""
    return {
        "version": VERSION,
        "commit": header.commit,
        "case": header.case,
        "environment": header.environment,
        "tool": header.tool,
        "overhead": header.overhead,
        "dependencies": list(header.dependencies),
        "runs": [
            {
                "profiles": list(one.profiles),
                "calls": one.calls,
                "duration_s": one.duration_s,
                "samples": one.samples,
            }
            for one in header.runs
        ],
        **({"against": header.against} if header.against else {}),
    }


def parse_header(wire: Mapping[str, Any]) -> ProfileHeader:
    """Back again. Raises ValueError, KeyError or TypeError."""
    if wire["version"] != VERSION:
        raise ValueError(f"its key {KEY!r} is of version {wire['version']}; this groundspeed reads {VERSION}")
    return ProfileHeader(
        commit=wire["commit"],
        case=wire["case"],
        environment=wire["environment"],
        tool=wire["tool"],
        overhead=wire["overhead"],
        dependencies=tuple(wire["dependencies"]),
        runs=tuple(_parse_run(one) for one in wire["runs"]),
        against=wire.get("against"),
    )


def _parse_run(wire: Mapping[str, Any]) -> ProfileRun:
    run = ProfileRun(
        profiles=tuple(wire["profiles"]),
        calls=wire["calls"],
        duration_s=wire["duration_s"],
        samples=wire["samples"],
    )
    if run.calls < 1 or (run.duration_s is not None and not 0 < run.duration_s < math.inf):
        raise ValueError(f"a run of {run.calls} calls in {run.duration_s} s")
    return run
