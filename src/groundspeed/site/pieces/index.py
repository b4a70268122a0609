"""The table of contents: every benchmark with its parameters, its metrics and the file of its history.

Owns which cases a benchmark has; how they do is told by other pieces.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from groundspeed.results.archive import Series
from groundspeed.site.axes import Axes
from groundspeed.site.folder import SiteFolder
from groundspeed.site.shard import shards
from groundspeed.site.subject import Subject
from groundspeed.site.wire import encode


def put_index(folder: SiteFolder, subject: Subject) -> str:
    """Put every benchmark's shard, and the table of contents that names them."""
    grouped: dict[str, list[Series]] = {name: [] for name in subject.axes}
    for line in subject.lines:
        grouped[line.benchmark] += [subject.archive.series[place] for place in line.series]
    files = {name: folder.put_named("benchmark", content, suffix=".bin") for name, content in shards(subject)}
    benchmarks = [_benchmark(name, grouped[name], subject.axes[name], files[name]) for name in grouped]
    record = {"format": "groundspeed-index", "version": 1, "benchmarks": benchmarks}
    return folder.put_named("index", encode(record))


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
