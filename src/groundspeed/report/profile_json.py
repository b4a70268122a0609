"""Profiles of cases, and of a living process, as JSON under a schema with a version."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from groundspeed.profiling.deterministic import TOP, Called, Deterministic
from groundspeed.profiling.live import Live
from groundspeed.profiling.memory import UNITS as BY_LINE
from groundspeed.profiling.recorded import read_recorded
from groundspeed.profiling.values import Answer, CaseProfiles, Stored
from groundspeed.profiling.weights import Overhead, Place, places_of
from groundspeed.report.recorded import recorded_wire

SCHEMA = "groundspeed-profile"
LIVE = "groundspeed-profile-live"
VERSION = 1  # of both; a key that is added does not raise it

_UNITS = {"seconds": "s", "bytes": "bytes", "none": ""}


def live_wire(live: Live, file: Path) -> dict[str, Any]:
    """A process's profile; ``file`` holds all of it."""
    return {
        "schema": LIVE,
        "version": VERSION,
        "pid": live.pid,
        "command": live.command,
        "seconds": live.seconds,
        "tool": live.tool,
        "samples": live.run.samples,
        "busy_s": live.run.total,
        "sampler_share": live.sampler_share,
        "file": str(file),
        "places": [_wire_place(one) for one in places_of([live.run], by_line=False)[:TOP]],
    }


def answer_wire(answer: Answer, root: Path) -> dict[str, Any]:
    """Every case; files are named below ``root``."""
    return {
        "schema": SCHEMA,
        "version": VERSION,
        "machine": answer.machine,
        "environment": answer.environment,
        "commit": answer.commit.hash,
        "cases": [_wire_case(one, root) for one in answer.cases],
    }


def _wire_case(one: CaseProfiles, root: Path) -> dict[str, Any]:
    return {
        "case": str(one.case),
        "profiles": [_wire_stored(stored, root) for stored in one.stored],
        "calls": None if one.calls is None else _wire_calls(one.calls, one.stats, root),
        "recorded": [
            recorded_wire(read_recorded(path)) | {"file": below(path, root)} for _, path in one.recorded
        ],
        "failures": [{"kind": failed.kind, "why": failed.why} for failed in one.failures],
    }


def _wire_stored(stored: Stored, root: Path) -> dict[str, Any]:
    taken = stored.taken
    counts = [one.samples for one in taken.runs if one.samples is not None]
    return {
        "kind": taken.kind,
        "tool": taken.tool,
        "unit": _UNITS[taken.unit],
        "runs": len(taken.runs),
        "calls": taken.calls,
        "samples": sum(counts) if counts else None,
        "total": taken.total,
        "overhead": _wire_overhead(taken.overhead),
        "notes": list(taken.notes),
        "file": below(stored.path, root),
        "places": [_wire_place(one) for one in places_of(taken.runs, by_line=taken.kind in BY_LINE)[:TOP]],
    }


def _wire_place(one: Place) -> dict[str, Any]:
    return {"name": one.name, "file": one.file, "line": one.line, "own": one.own, "whole": one.whole}


def _wire_overhead(overhead: Overhead) -> dict[str, Any]:
    return {
        "share": overhead.share,
        "plain_s": overhead.plain_s,
        "profiled_s": overhead.profiled_s,
        "pairs": len(overhead.pairs),
    }


def _wire_calls(calls: Deterministic, stats: Path | None, root: Path) -> dict[str, Any]:
    def wire(one: Called) -> dict[str, Any]:
        return {
            "name": one.name,
            "file": one.file,
            "line": one.line,
            "calls": one.calls,
            "own_s": one.own_s,
            "whole_s": one.whole_s,
        }

    functions: Sequence[Called] = calls.functions[:TOP]
    return {
        "calls": calls.benchmark_calls,
        "duration_s": calls.duration_s,
        "overhead": _wire_overhead(calls.overhead),
        "file": None if stats is None else below(stats, root),
        "functions": [wire(one) for one in functions],
    }


def below(path: Path, root: Path) -> str:
    """A file as it is told."""
    return str(path.relative_to(root)) if path.is_relative_to(root) else str(path)
