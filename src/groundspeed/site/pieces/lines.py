"""Every line of the site in its one order, with its newest value: what lists, heat map and comparison use.

Columns of JSON (``groundspeed-lines``, version 1): ``benchmark``, ``machine``, ``environment``, ``metric``
are places in the tables of the same file (benchmarks in the index's order); ``params`` places in
``combinations``, lists of places on the benchmark's axes; ``value`` the newest value and ``at`` the place
in history it was measured at, both null where the line never had a value.
"""

from __future__ import annotations

from typing import Any

from groundspeed.site.folder import SiteFolder
from groundspeed.site.subject import Line, Subject
from groundspeed.site.wire import encode


def put_lines(folder: SiteFolder, subject: Subject) -> str:
    """One entry a line."""
    lines = subject.lines
    machines = _table(one.machine for one in lines)
    environments = _table(one.environment for one in lines)
    metrics = _table(one.metric for one in lines)
    combinations = _table(one.params for one in lines)
    benchmarks = {name: place for place, name in enumerate(subject.axes)}
    newest = [_newest(subject, one) for one in lines]
    return folder.put_named(
        "lines",
        encode(
            {
                "format": "groundspeed-lines",
                "version": 1,
                "machines": list(machines),
                "environments": list(environments),
                "metrics": [{"name": one.name, "unit": one.unit, "better": one.better} for one in metrics],
                "combinations": list(combinations),
                "benchmark": [benchmarks[one.benchmark] for one in lines],
                "machine": [machines[one.machine] for one in lines],
                "environment": [environments[one.environment] for one in lines],
                "metric": [metrics[one.metric] for one in lines],
                "params": [combinations[one.params] for one in lines],
                "value": [value for value, _ in newest],
                "at": [at for _, at in newest],
            }
        ),
    )


def _newest(subject: Subject, line: Line) -> tuple[float | None, int | None]:
    """Of the version measured last that has a value."""
    import numpy as np

    for place in reversed(line.series):
        one = subject.archive.series[place]
        finite = np.flatnonzero(np.isfinite(one.values))
        if finite.size:
            places = subject.timeline.places[one.commits[finite]]
            last = int(places.argmax())
            return float(f"{one.values[finite[last]]:.5g}"), int(places[last])
    return None, None


def _table(things: Any) -> dict[Any, int]:
    table: dict[Any, int] = {}
    for one in things:
        table.setdefault(one, len(table))
    return table
