"""What a search for a culprit came to: the record, and its form in JSON. Decides nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from groundspeed.records import Commit
from groundspeed.results.session_wire import number, parse_number, parse_time, time_text


class Outcome(StrEnum):
    """What a search came to."""

    CULPRIT = "culprit"
    FLAT = "nothing changed"
    UNDECIDED = "undecided"
    NO_DATA = "nothing could be measured"


class Change(StrEnum):
    """What a culprit did."""

    SLOWER = "worse"
    FASTER = "better"
    BROKE = "fails from there on"
    FIXED = "works from there on"


@dataclass(frozen=True, kw_only=True, slots=True)
class Likely:
    """A commit, and how probable it is that it is the one."""

    commit: Commit
    probability: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Check:
    """Culprit and parent measured once more, in turn, in fresh processes.

    ``ratio`` is the culprit's over the parent's: low, centre, high, a 99 % interval; ``base`` and ``head``
    are their values in the metric's unit; ``processes`` so many ran at each.
    """

    ratio: tuple[float, float, float]
    base: float
    head: float
    processes: tuple[int, int]


@dataclass(frozen=True, kw_only=True, slots=True)
class Culprit:
    """The first commit of a new level, and what was looked at beside it.

    ``parent`` is the last commit before it that builds; ``unbuildable`` lie between both: any of them may be
    the one as well. ``check`` is None where there is no ratio: the benchmark fails at one of both, and
    ``said`` is what it says there. ``files`` differ between both, ``dependencies`` are the lines that one
    environment has and the other has not, with ``-`` (parent's) and ``+`` before them. ``merge`` brought it
    in; None where the culprit is on the line itself.
    """

    commit: Commit
    parent: Commit
    unbuildable: tuple[Commit, ...]
    change: Change
    check: Check | None
    said: str
    files: tuple[str, ...]
    dependencies: tuple[str, ...]
    merge: Commit | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Found:
    """What a search of one case came to, and what it took.

    ``probability`` is that of the outcome; ``likely`` are the most probable commits, the answer among them;
    ``why`` is a sentence where there is neither a culprit nor the certainty that nothing changed.
    """

    outcome: Outcome
    probability: float
    culprit: Culprit | None
    likely: tuple[Likely, ...]
    why: str
    unit: str
    builds: int
    processes: int
    duration_s: float


def found_wire(found: Found) -> dict[str, Any]:
    """As JSON has it."""
    return {
        "outcome": str(found.outcome),
        "probability": found.probability,
        "culprit": None if found.culprit is None else _culprit_wire(found.culprit),
        "likely": [
            {"commit": commit_wire(one.commit), "probability": one.probability} for one in found.likely
        ],
        "why": found.why,
        "unit": found.unit,
        "builds": found.builds,
        "processes": found.processes,
        "duration_s": found.duration_s,
    }


def parse_found(wire: Mapping[str, Any]) -> Found:
    """Back again. Raises ValueError, KeyError or TypeError."""
    return Found(
        outcome=Outcome(wire["outcome"]),
        probability=wire["probability"],
        culprit=None if wire["culprit"] is None else _parse_culprit(wire["culprit"]),
        likely=tuple(
            Likely(commit=parse_commit(one["commit"]), probability=one["probability"])
            for one in wire["likely"]
        ),
        why=wire["why"],
        unit=wire["unit"],
        builds=wire["builds"],
        processes=wire["processes"],
        duration_s=wire["duration_s"],
    )


def _culprit_wire(one: Culprit) -> dict[str, Any]:
    check = one.check
    return {
        "commit": commit_wire(one.commit),
        "parent": commit_wire(one.parent),
        "unbuildable": [commit_wire(each) for each in one.unbuildable],
        "change": str(one.change),
        "check": check
        and {
            "ratio": [number(end) for end in check.ratio],
            "base": number(check.base),
            "head": number(check.head),
            "processes": list(check.processes),
        },
        "said": one.said,
        "files": list(one.files),
        "dependencies": list(one.dependencies),
        "merge": None if one.merge is None else commit_wire(one.merge),
    }


def _parse_culprit(wire: Mapping[str, Any]) -> Culprit:
    check = wire["check"]
    return Culprit(
        commit=parse_commit(wire["commit"]),
        parent=parse_commit(wire["parent"]),
        unbuildable=tuple(parse_commit(one) for one in wire["unbuildable"]),
        change=Change(wire["change"]),
        check=None if check is None else _parse_check(check),
        said=wire["said"],
        files=tuple(wire["files"]),
        dependencies=tuple(wire["dependencies"]),
        merge=None if wire["merge"] is None else parse_commit(wire["merge"]),
    )


def _parse_check(wire: Mapping[str, Any]) -> Check:
    low, centre, high = (parse_number(end) for end in wire["ratio"])
    base, head = wire["processes"]
    return Check(
        ratio=(low, centre, high),
        base=parse_number(wire["base"]),
        head=parse_number(wire["head"]),
        processes=(base, head),
    )


def commit_wire(one: Commit) -> dict[str, Any]:
    """A commit; names in any script are ASCII in a file."""
    return {
        "hash": one.hash,
        "parents": list(one.parents),
        "date": time_text(one.date),
        "author": one.author,
        "subject": one.subject,
        "tags": list(one.tags),
    }


def parse_commit(wire: Mapping[str, Any]) -> Commit:
    """Back again."""
    return Commit(
        hash=wire["hash"],
        parents=tuple(wire["parents"]),
        date=parse_time(wire["date"]),
        author=wire["author"],
        subject=wire["subject"],
        tags=tuple(wire["tags"]),
    )
