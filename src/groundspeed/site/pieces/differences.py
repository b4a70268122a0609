"""Each stored profile against the one that was taken in turn with it (``--against``), else against the
nearest older one of its machine, case and kind. Owns the pairs.

``groundspeed-difference`` version 1, a file a pair. ``functions``: those that explain most first; a change is
``[base, head, low, high]``, the last two of head less base, null where nothing bounds it. ``nodes`` are the
flame graph's, in preorder, their ``function`` a place in ``functions``.
"""

from __future__ import annotations

import itertools
import math
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from groundspeed.history import History
from groundspeed.records import Verdict
from groundspeed.results.profile_header import ProfileHeader
from groundspeed.results.profile_runs import read_runs
from groundspeed.results.profiles import StoredProfile
from groundspeed.results.stacks import ProfileFormatError
from groundspeed.site.folder import SiteFolder, content_id
from groundspeed.site.wire import encode
from groundspeed.verdicts.profile_change import Change
from groundspeed.verdicts.profile_difference import FunctionDifference, ProfileDifference, profile_difference
from groundspeed.verdicts.profile_ends import Basis
from groundspeed.verdicts.profile_why import Explained, why

VERSION = 1
LISTED = 100
"""Functions of a pair that are listed however thin they are; those drawn or named are beside them."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Against:
    """The base of a pair, and the file that holds their difference."""

    base: StoredProfile
    file: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Repository:
    """Where sources are looked up: None where there is no repository; and the folder of the benchmarks."""

    history: History | None
    suite: str


def put_differences(
    folder: SiteFolder,
    stored: Sequence[StoredProfile],
    dates: Mapping[str, datetime],
    repository: Repository,
) -> Mapping[StoredProfile, Against]:
    """By the head of each pair. ``dates`` are those of commits, by eight digits of their hash.

    A file is named by what it is made of, so that a pair which is published already is not compared again.
    """
    found = {}
    for base, head in pairs(stored, dates):
        made_of = (base.path, head.path)
        try:
            texts = [content_id(path.read_bytes()) for path in made_of]
        except OSError:
            continue  # the list of profiles says so
        key = f"{VERSION} {repository.history is None} {repository.suite} {' '.join(texts)}"
        file = f"data/difference-{content_id(key.encode())}.json"
        if not folder.keep(file, by_content=False):
            content = _difference(base, head, repository)
            if content is None:
                continue
            folder.put(file, content)
        found[head] = Against(base=base, file=file)
    return found


def pairs(
    stored: Sequence[StoredProfile], dates: Mapping[str, datetime]
) -> Iterator[tuple[StoredProfile, StoredProfile]]:
    """Base and head of each. What was taken alone is held against its neighbour in time, older first; where a
    commit has no date, against nothing.
    """
    alike: defaultdict[tuple[str, str, str], list[StoredProfile]] = defaultdict(list)
    for one in stored:
        alike[one.machine, one.stem, one.kind].append(one)
    for several in alike.values():
        by_commit = {one.commit: one for one in several}
        dated = sorted(
            (one for one in several if one.commit in dates), key=lambda one: (dates[one.commit], one.commit)
        )
        neighbours = {head: base for base, head in itertools.pairwise(dated)}
        for head in several:
            base = by_commit.get(_against(head.path)) or neighbours.get(head)
            if base is not None:
                yield base, head


def _against(path: Path) -> str:
    """Eight digits of the commit that a profile was taken in turn with; empty where there is none."""
    try:
        header = read_runs(path).header
    except ProfileFormatError:
        return ""  # the list of profiles says so
    return (header.against or "")[:8] if header else ""


def _difference(base: StoredProfile, head: StoredProfile, repository: Repository) -> bytes | None:
    """None where one of them is no profile: the list of profiles says so; or where their units differ."""
    try:
        before, after = read_runs(base.path), read_runs(head.path)
    except ProfileFormatError:
        return None
    if before.unit != after.unit:
        return None
    return encode(_wire(why(profile_difference(before, after), repository.history, repository.suite)))


def _wire(explained: Explained) -> dict[str, Any]:
    difference = explained.difference
    kept = _kept(explained)
    place_of = {at: place for place, at in enumerate(kept)}
    nodes = difference.nodes
    return {
        "format": "groundspeed-difference",
        "version": VERSION,
        "unit": difference.unit,
        "basis": "call" if difference.basis is Basis.CALL else "share",
        "runs": list(difference.runs),
        "base": _end(difference.headers[0]),
        "head": _end(difference.headers[1]),
        "call": _change(difference.call),
        "functions": [_function(difference.functions[at]) for at in kept],
        "left_out": len(difference.functions) - len(kept),
        "nodes": {
            "function": [place_of[one.function] for one in nodes],
            "depth": [one.depth for one in nodes],
            "base": [one.base for one in nodes],
            "head": [one.head for one in nodes],
        },
        "sources": [{"function": place_of[one.place], "diff": one.text} for one in explained.sources],
        "installed": [
            {"what": one.what, "base": one.expected, "head": one.found} for one in explained.dependencies
        ],
        "notices": list(explained.notices),
    }


def _kept(explained: Explained) -> list[int]:
    """Places of the functions that the page shows, in their order."""
    difference: ProfileDifference = explained.difference
    drawn = {one.function for one in difference.nodes} | {one.place for one in explained.sources}
    return [
        at
        for at, one in enumerate(difference.functions)
        if at < LISTED or at in drawn or one.verdict in (Verdict.SLOWER, Verdict.FASTER)
    ]


def _function(one: FunctionDifference) -> dict[str, Any]:
    return {
        "name": one.name,
        "file": one.file,
        "base_file": one.base_file,
        "line": one.line,
        "presence": str(one.presence),
        "verdict": str(one.verdict),
        "own": _change(one.own),
        "whole": _change(one.whole),
        "share": one.share,
    }


def _change(change: Change) -> list[float | None]:
    bounds = [end if math.isfinite(end) else None for end in (change.by.low, change.by.high)]
    return [change.base, change.head, *bounds]


def _end(header: ProfileHeader | None) -> dict[str, Any] | None:
    if header is None:
        return None
    calls = sum(one.calls for one in header.runs)
    return {"tool": header.tool, "overhead": header.overhead, "calls": calls}
