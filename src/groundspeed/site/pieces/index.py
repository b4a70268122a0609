"""What the list of benchmarks needs to know: machines, benchmarks, what was measured last, what failed last.

Owns counting; gives no verdicts.
"""

from __future__ import annotations

import itertools
import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from groundspeed.records import SeriesKey
from groundspeed.results.archive import Series
from groundspeed.site.axes import Axes
from groundspeed.site.folder import SiteFolder
from groundspeed.site.order import Timeline
from groundspeed.site.shard import shards
from groundspeed.site.subject import Subject
from groundspeed.site.wire import encode

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

RECENT_COMMITS = 10
FAILURES_LISTED = 300  # groups; the page says how many there are beyond them
_EXCERPT = 300  # characters of a failure's text on the start page; the shard holds more


@dataclass(frozen=True, kw_only=True, slots=True)
class _Counts:
    """How many series have a value, failed, or were carried over: tables, machine × place in history."""

    values: NDArray[np.int64]
    failures: NDArray[np.int64]
    carried: NDArray[np.int64]

    @property
    def measured(self) -> NDArray[np.int64]:
        """What counts as measured: values and failures, nothing that was carried over."""
        return self.values + self.failures


def put_index(folder: SiteFolder, subject: Subject) -> str:
    """Put every benchmark's shard, and the table of contents that names them.

    ``carried_since``, only where there are any: of each machine the newest commit that something was
    carried over to, when it is newer than what was measured last there.
    """
    archive, timeline = subject.archive, subject.timeline
    grouped: dict[str, list[Series]] = {name: [] for name in subject.axes}
    for line in subject.lines:
        grouped[line.benchmark] += [archive.series[place] for place in line.series]
    files = {name: folder.put_named("benchmark", content, suffix=".bin") for name, content in shards(subject)}
    machines = sorted({one.key.machine for one in archive.series})
    counts = _count(archive.series, machines, timeline)
    failing = _failing(archive.series, subject.axes, timeline.places)
    latest = _newest(counts, counts.measured)
    since = [one for one in _newest(counts, counts.carried) if not _reached(one, latest)]
    return folder.put_named(
        "index",
        encode(
            {
                "format": "groundspeed-index",
                "version": 1,
                "machines": [
                    {"name": name, "facts": _facts(archive.machines.get(name, {}))} for name in machines
                ],
                "benchmarks": [
                    _benchmark(name, grouped[name], subject.axes[name], files[name]) for name in grouped
                ],
                "latest": latest,
                "recent": _recent(counts),
                "failing": failing[:FAILURES_LISTED],
                "failing_total": len(failing),
                **({"carried_since": since} if since else {}),
            }
        ),
    )


def _benchmark(name: str, series: Sequence[Series], axes: Axes, shard: str) -> dict[str, Any]:
    cases = sorted(
        {tuple(axes.positions(one.key)) for one in series},
        key=lambda case: [-1 if place is None else place for place in case],
    )
    entry: dict[str, Any] = {
        "name": name,
        "params": axes.values,
        "param_names": axes.names,
        "metrics": sorted({one.key.metric for one in series}),
        "cases": len(cases),
        "series": len(series),
        "shard": shard,
    }
    if len(cases) != math.prod(len(axis) for axis in axes.values):
        entry["listed"] = cases  # else: every combination
    return entry


def _facts(machine: Mapping[str, str]) -> dict[str, str]:
    return {key: str(value) for key, value in machine.items() if key not in ("machine", "version")}


def _count(series: Iterable[Series], machines: Sequence[str], timeline: Timeline) -> _Counts:
    import numpy as np

    row = {name: place for place, name in enumerate(machines)}
    values, failures, carried = (
        np.zeros((len(machines), len(timeline.hashes)), dtype=np.int64) for _ in range(3)
    )
    for one in series:
        machine = row[one.key.machine]
        at = timeline.places[one.commits]
        np.add.at(values[machine], at[np.isfinite(one.values)], 1)
        if one.failures:
            np.add.at(failures[machine], at[list(one.failures)], 1)
        for over in one.carried:
            carried[machine, timeline.place_of[over.commit]] += 1
    return _Counts(values=values, failures=failures, carried=carried)


def _newest(counts: _Counts, table: NDArray[np.int64]) -> list[dict[str, int]]:
    """For each machine the newest commit at which ``table`` has anything."""
    found = [(machine, row.nonzero()[0]) for machine, row in enumerate(table)]
    return [_tally(machine, int(places[-1]), counts) for machine, places in found if places.size]


def _reached(tally: Mapping[str, int], latest: Iterable[Mapping[str, int]]) -> bool:
    """Whether its machine measured that commit, or a newer one."""
    return any(one["machine"] == tally["machine"] and one["commit"] >= tally["commit"] for one in latest)


def _recent(counts: _Counts) -> list[dict[str, int]]:
    touched = counts.measured + counts.carried
    places = touched.sum(axis=0).nonzero()[0][-RECENT_COMMITS:].tolist()
    return [
        _tally(machine, place, counts)
        for place in reversed(places)
        for machine in touched[:, place].nonzero()[0].tolist()
    ]


def _tally(machine: int, place: int, counts: _Counts) -> dict[str, int]:
    carried = int(counts.carried[machine, place])
    return {
        "machine": machine,
        "commit": place,
        "values": int(counts.values[machine, place]),
        "failures": int(counts.failures[machine, place]),
        **({"carried": carried} if carried else {}),
    }


def _failing(
    series: Iterable[Series], axes: Mapping[str, Axes], places: NDArray[np.int32]
) -> list[dict[str, Any]]:
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
    return [_failure(group, groups[group], axes[group[1]]) for group in ordered]


def _failure(
    group: tuple[int, str, str, str, str, str], keys: Sequence[SeriesKey], axes: Axes
) -> dict[str, Any]:
    place, benchmark, machine, environment, metric, text = group
    return {
        "commit": place,
        "benchmark": benchmark,
        "machine": machine,
        "environment": environment,
        "metric": metric,
        "text": text,
        "cases": len(keys),
        "example": axes.aligned(min(keys, key=lambda key: key.case.params)),
    }


def _across_versions(key: SeriesKey) -> SeriesKey:
    return SeriesKey(
        machine=key.machine, environment=key.environment, case=key.case, metric=key.metric, version=None
    )


def _excerpt(text: str) -> str:
    """The last line that says something: where a traceback names its exception."""
    lines = itertools.dropwhile(lambda line: not line.strip(), reversed(text.splitlines()))
    return next(lines, "").strip()[:_EXCERPT]
