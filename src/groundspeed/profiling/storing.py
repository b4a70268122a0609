"""Profiles as files beside the results: speedscope's format, gzipped, and pstats'. Owns the bytes.

The same profile gives the same bytes: nothing of a file says when it was written.
"""

from __future__ import annotations

import gzip
import json
import math
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from groundspeed.profiling.inside.frames import KEY as RECORD
from groundspeed.profiling.weights import Recorded, Taken
from groundspeed.records import Case
from groundspeed.results.asv_profiles import put_profile
from groundspeed.results.atomic import replace_bytes
from groundspeed.results.profile_header import KEY, ProfileHeader, ProfileRun, header_wire
from groundspeed.results.profiles import profile_path
from groundspeed.results.stacks import Frame

SCHEMA = "https://www.speedscope.app/file-format-schema.json"


@dataclass(frozen=True, kw_only=True, slots=True)
class Subject:
    """What was profiled: a case at a commit (full hash), in an environment, on a machine; ``against`` is the
    commit that was profiled in turn with it, if one was.
    """

    results_dir: Path
    machine: str
    commit: str
    case: Case
    environment: str
    dependencies: tuple[str, ...]
    against: str | None = None

    def path(self, kind: str) -> Path:
        """Where its profile of a kind belongs."""
        return profile_path(self.results_dir, self.machine, self.commit, self.case, kind)


def store(subject: Subject, taken: Taken) -> Path:
    """Write a profile; its file. Raises ``StorageError``."""
    runs = tuple(
        ProfileRun(profiles=(at,), calls=run.calls, duration_s=run.duration_s, samples=run.samples)
        for at, run in enumerate(taken.runs)
    )
    header = _header(subject, taken.tool, taken.overhead.share, runs)
    name = f"{subject.case} {taken.kind} {subject.commit[:8]}"
    return _write(subject.path(taken.kind), {**document(name, taken.unit, taken.runs), KEY: header})


def store_recorded(
    subject: Subject, kind: str, found: Sequence[Mapping[str, Any]], named: Callable[[str], str]
) -> Path:
    """Write what recorders within processes left, one at least, source files named as ours are. The stacks
    of every run are kept, of what else they told the first run's.
    """
    documents = [_renamed(one, named) for one in found]
    runs = tuple(
        ProfileRun(profiles=(at,), calls=one[RECORD]["calls"], duration_s=None, samples=None)
        for at, one in enumerate(documents)
    )
    first = documents[0]
    unit = first["profiles"][0]["unit"]
    whole = document(first["name"], unit, [_recorded(one) for one in documents])
    header = _header(subject, f"groundspeed {kind}", None, runs)
    return _write(subject.path(kind), {**whole, RECORD: first[RECORD], KEY: header})


def store_stats(subject: Subject, stats: bytes) -> Path:
    """Write a table of calls, as ``pstats`` and snakeviz read it; its file. It goes into asv's as well."""
    cpu = subject.path("cpu")
    path = cpu.with_name(cpu.name.removesuffix(".cpu.gz") + ".prof")
    replace_bytes(path, stats)
    build = subject.commit, subject.environment
    put_profile(subject.results_dir, subject.machine, build, subject.case.benchmark, stats)
    return path


def document(name: str, unit: str, runs: Sequence[Recorded]) -> dict[str, Any]:
    """Runs as speedscope's document: a profile each, over the same frames."""
    numbers: dict[Frame, int] = {}
    profiles = [_profile(f"run {at}", unit, run, numbers) for at, run in enumerate(runs, start=1)]
    frames = [
        {"name": one.name}
        | ({"file": one.file} if one.file else {})
        | ({"line": one.line} if one.line is not None else {})
        for one in numbers
    ]
    return {
        "$schema": SCHEMA,
        "exporter": "groundspeed",
        "name": name,
        "shared": {"frames": frames},
        "profiles": profiles,
    }


def _header(
    subject: Subject, tool: str, overhead: float | None, runs: tuple[ProfileRun, ...]
) -> dict[str, Any]:
    return header_wire(
        ProfileHeader(
            commit=subject.commit,
            case=str(subject.case),
            environment=subject.environment,
            tool=tool,
            overhead=overhead,
            dependencies=subject.dependencies,
            runs=runs,
            against=subject.against,
        )
    )


def _profile(name: str, unit: str, run: Recorded, numbers: dict[Frame, int]) -> dict[str, Any]:
    """Stacks in the order of their names: a flame graph shows what belongs together side by side."""
    ordered = sorted(run.weights.items(), key=lambda one: [(at.file, at.name, at.line or 0) for at in one[0]])
    return {
        "type": "sampled",
        "name": name,
        "unit": unit,
        "startValue": 0,
        "endValue": math.fsum(weight for _, weight in ordered),
        "samples": [[numbers.setdefault(frame, len(numbers)) for frame in stack] for stack, _ in ordered],
        "weights": [weight for _, weight in ordered],
    }


def _recorded(found: Mapping[str, Any]) -> Recorded:
    """The one profile of a recorder's document, as a run."""
    frames = [Frame(**one) for one in found["shared"]["frames"]]
    (profile,) = found["profiles"]
    weights: defaultdict[tuple[Frame, ...], float] = defaultdict(float)
    for stack, weight in zip(profile["samples"], profile["weights"], strict=True):
        weights[tuple(frames[number] for number in stack)] += weight
    return Recorded(weights=weights, calls=found[RECORD]["calls"], duration_s=None, samples=None)


def _renamed(value: Any, named: Callable[[str], str]) -> Any:
    if isinstance(value, Mapping):
        return {
            key: named(one) if key == "file" and isinstance(one, str) else _renamed(one, named)
            for key, one in value.items()
        }
    return [_renamed(one, named) for one in value] if isinstance(value, list) else value


def _write(path: Path, wire: Mapping[str, Any]) -> Path:
    text = json.dumps(wire, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    replace_bytes(path, gzip.compress(text.encode("utf-8", "surrogatepass"), mtime=0))
    return path
