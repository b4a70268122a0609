"""What the start page and the list of benchmarks need to know. Owns counting; gives no verdicts.

Three pieces of strict JSON: the commits in history order, the index (machines, benchmarks, what was
measured last, what failed last), and the manifest that names every other file.
"""

from __future__ import annotations

import itertools
import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from groundspeed.records import Commit, SeriesKey
from groundspeed.results.archive import Archive, MeasuredCommit, Series
from groundspeed.site import columns

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

RECENT_COMMITS = 10
FAILURES_LISTED = 300  # groups; the page says how many there are beyond them
_EXCERPT = 300  # characters of a failure's text on the start page; the shard holds more


@dataclass(frozen=True, kw_only=True, slots=True)
class ProjectInfo:
    """How the site names its project. ``show_commit_url`` is put before a hash to show that commit."""

    name: str
    url: str
    show_commit_url: str


def commits_file(
    measured: Sequence[MeasuredCommit], order: Sequence[int], known: Mapping[str, Commit]
) -> bytes:
    """Columns over the commits in history order; no subject where the repository has the commit no more."""
    ordered = [measured[position] for position in order]
    present = [known.get(commit.hash) for commit in ordered]
    return columns.encode(
        {
            "format": "groundspeed-commits",
            "version": 1,
            "hash": [commit.hash for commit in ordered],
            "date": [round(commit.date.timestamp()) for commit in ordered],
            "subject": [commit.subject if commit else None for commit in present],
            "tags": {
                str(place): list(commit.tags)
                for place, commit in enumerate(present)
                if commit and commit.tags
            },
        }
    )


def index_file(
    archive: Archive,
    grouped: Mapping[str, Sequence[Series]],
    shards: Mapping[str, str],
    places: NDArray[np.int32],
) -> bytes:
    """The table of contents. ``grouped`` are the series by benchmark, ``shards`` names each one's file."""
    machines = sorted({one.key.machine for one in archive.series})
    values, failures = _counts(archive, machines, places)
    failing = _failing(archive.series, places)
    return columns.encode(
        {
            "format": "groundspeed-index",
            "version": 1,
            "machines": [
                {"name": name, "facts": _facts(archive.machines.get(name, {}))} for name in machines
            ],
            "benchmarks": [
                _benchmark(name, grouped[name], archive, shards[name]) for name in sorted(grouped)
            ],
            "latest": _latest(values, failures),
            "recent": _recent(values, failures),
            "failing": failing[:FAILURES_LISTED],
            "failing_total": len(failing),
        }
    )


def manifest_file(
    project: ProjectInfo, archive: Archive, benchmarks: int, *, app: str, index: str, commits: str
) -> bytes:
    """The one file that makes a site whole: whoever reads it can read everything it names."""
    return columns.encode(
        {
            "format": "groundspeed-site",
            "version": 1,
            "project": {"name": project.name, "url": project.url, "show_commit_url": project.show_commit_url},
            "counts": {
                "benchmarks": benchmarks,
                "cases": len({one.key.case for one in archive.series}),
                "series": len(archive.series),
                "commits": len(archive.commits),
                "unreadable": len(archive.warnings),
            },
            "app": app,
            "index": index,
            "commits": commits,
        }
    )


def _benchmark(name: str, series: Sequence[Series], archive: Archive, shard: str) -> dict[str, Any]:
    definition = archive.benchmarks.get(name)
    axes = columns.parameter_axes(series, definition)
    cases = sorted(
        {tuple(columns.positions_on(axes, one.key.case.params)) for one in series},
        key=lambda case: [-1 if place is None else place for place in case],
    )
    entry: dict[str, Any] = {
        "name": name,
        "params": axes,
        "param_names": columns.param_names(len(axes), definition),
        "metrics": sorted({one.key.metric for one in series}),
        "cases": len(cases),
        "series": len(series),
        "shard": shard,
    }
    if len(cases) != math.prod(len(axis) for axis in axes):
        entry["listed"] = cases  # else: every combination
    return entry


def _facts(machine: Mapping[str, str]) -> dict[str, str]:
    return {key: str(value) for key, value in machine.items() if key not in ("machine", "version")}


def _counts(
    archive: Archive, machines: Sequence[str], places: NDArray[np.int32]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """How many values and failures there are: two tables, machine × place in history."""
    import numpy as np

    row = {name: place for place, name in enumerate(machines)}
    values = np.zeros((len(machines), len(archive.commits)), dtype=np.int64)
    failures = np.zeros_like(values)
    for one in archive.series:
        at = places[one.commits]
        np.add.at(values[row[one.key.machine]], at[np.isfinite(one.values)], 1)
        if one.failures:
            np.add.at(failures[row[one.key.machine]], at[list(one.failures)], 1)
    return values, failures


def _latest(values: NDArray[np.int64], failures: NDArray[np.int64]) -> list[dict[str, int]]:
    latest = []
    for machine in range(values.shape[0]):
        measured = (values[machine] + failures[machine]).nonzero()[0]
        if measured.size:
            place = int(measured[-1])
            latest.append(_tally(machine, place, values, failures))
    return latest


def _recent(values: NDArray[np.int64], failures: NDArray[np.int64]) -> list[dict[str, int]]:
    tallies: list[dict[str, int]] = []
    touched = (values + failures).sum(axis=0).nonzero()[0]
    for place in reversed(touched[-RECENT_COMMITS:].tolist()):
        tallies += [
            _tally(machine, place, values, failures)
            for machine in range(values.shape[0])
            if values[machine, place] + failures[machine, place]
        ]
    return tallies


def _tally(
    machine: int, place: int, values: NDArray[np.int64], failures: NDArray[np.int64]
) -> dict[str, int]:
    return {
        "machine": machine,
        "commit": place,
        "values": int(values[machine, place]),
        "failures": int(failures[machine, place]),
    }


def _failing(series: Iterable[Series], places: NDArray[np.int32]) -> list[dict[str, Any]]:
    """The cases whose newest row failed, those that failed alike together, newest first."""
    newest: dict[SeriesKey, tuple[int, str | None]] = {}
    for one in series:
        if not one.commits.size:
            continue
        row = int(places[one.commits].argmax())
        identity = _across_versions(one.key)
        found = (int(places[one.commits[row]]), one.failures.get(row))
        if identity not in newest or newest[identity][0] < found[0]:
            newest[identity] = found
    groups: dict[tuple[int, str, str, str, str, str], list[SeriesKey]] = defaultdict(list)
    for key, (place, text) in newest.items():
        if text is not None:
            group = (place, key.case.benchmark, key.machine, key.environment, key.metric, _excerpt(text))
            groups[group].append(key)
    ordered = sorted(groups, key=lambda group: (-group[0], *group[1:]))
    return [_failure(group, groups[group]) for group in ordered]


def _failure(group: tuple[int, str, str, str, str, str], keys: Sequence[SeriesKey]) -> dict[str, Any]:
    place, benchmark, machine, environment, metric, text = group
    return {
        "commit": place,
        "benchmark": benchmark,
        "machine": machine,
        "environment": environment,
        "metric": metric,
        "text": text,
        "cases": len(keys),
        "example": list(min(key.case.params for key in keys)),
    }


def _across_versions(key: SeriesKey) -> SeriesKey:
    return SeriesKey(
        machine=key.machine, environment=key.environment, case=key.case, metric=key.metric, version=None
    )


def _excerpt(text: str) -> str:
    """The last line that says something: where a traceback names its exception."""
    lines = itertools.dropwhile(lambda line: not line.strip(), reversed(text.splitlines()))
    return next(lines, "").strip()[:_EXCERPT]
