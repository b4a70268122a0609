"""Profiles of several runs as groundspeed stores them, for tests. Owns how little of one must be stated."""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from groundspeed.results.profile_header import ProfileHeader, ProfileRun, header_wire
from groundspeed.results.profile_runs import Profiled, read_runs

SCHEMA = "https://www.speedscope.app/file-format-schema.json"
CALLS = 100
WOBBLE = 0.01

Stacks = Mapping[str, float]
"""Seconds of one call by stack: functions parted by spaces, each ``name@file``, the root first."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Made:
    """``runs`` of a profile, each its stacks; ``samples`` a run, None where everything is counted."""

    runs: Sequence[Stacks]
    commit: str = "a" * 40
    case: str = "walk.Desert.time_cross"
    dependencies: tuple[str, ...] = ("python==3.11.1", "sand==1.0")
    samples: int | None = None
    unit: str = "seconds"
    header: bool = True
    against: str | None = None


def alike(stacks: Stacks, runs: int) -> list[Stacks]:
    """So many runs whose calls took 1 % more, less, … than stated; of an even number that is the mean."""
    return [
        {stack: seconds * (1 + WOBBLE * (-1) ** run) for stack, seconds in stacks.items()}
        for run in range(runs)
    ]


def wire(made: Made) -> bytes:
    """The file."""
    places = sorted({function for stacks in made.runs for stack in stacks for function in stack.split()})
    frames = [dict(zip(("name", "file"), one.split("@"), strict=True), line=7) for one in places]
    profiles = [
        {
            "type": "sampled",
            "name": f"run {number + 1}",
            "unit": made.unit,
            "samples": [[places.index(one) for one in stack.split()] for stack in stacks],
            "weights": [seconds * CALLS for seconds in stacks.values()],
        }
        for number, stacks in enumerate(made.runs)
    ]
    document = {"$schema": SCHEMA, "shared": {"frames": frames}, "profiles": profiles}
    if made.header:
        document["groundspeed"] = header_wire(_header(made))
    return gzip.compress(json.dumps(document).encode(), mtime=0)


def _header(made: Made) -> ProfileHeader:
    return ProfileHeader(
        commit=made.commit,
        case=made.case,
        environment="virtualenv-py3.11",
        tool="py-spy 0.4.1",
        overhead=0.03,
        dependencies=made.dependencies,
        against=made.against,
        runs=tuple(
            ProfileRun(
                profiles=(number,),
                calls=CALLS,
                duration_s=sum(stacks.values()) * CALLS if made.unit == "seconds" else None,
                samples=made.samples,
            )
            for number, stacks in enumerate(made.runs)
        ),
    )


def read(folder: Path, made: Made) -> Profiled:
    """It, written and read again."""
    path = folder / f"{made.commit[:8]}.cpu.gz"
    path.write_bytes(wire(made))
    return read_runs(path)
