"""What the list of benchmarks shows of a line beside its newest value: its course in small, its last step.

``groundspeed-sparks``, version 1. ``bytes`` names a file that holds, for each line in the one order, 32
bytes and then, for each line, a little-endian float32. The bytes are the line's course over the commits that
its machine measured, cut into ``points`` equal parts (by machine, in the order of ``groundspeed-lines``; what
is beyond them is 0): the mean of each part, 0 where it holds no value, else 1 at the line's lowest mean to
255 at its highest. The number is how far those two are apart: their ratio's logarithm, or their difference
over the larger size where values have no ratio. Of several versions it is the one measured last that has a
value.

``steps`` are columns over the lines that have one: the last step's ``line``, its ``change`` (a ratio, or
the difference of the levels where ``line`` is in ``differing``), and the commits ``base`` and ``head`` that
it lies between. ``few`` are lines too short to be searched for steps, ``failed`` those whose newest row
failed, ``carried``, where there are any, pairs of a line and the newest commit that its newest value was
carried over to.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from groundspeed.site.folder import SiteFolder
from groundspeed.site.subject import Line, Subject
from groundspeed.site.values import ValueTable, value_table
from groundspeed.site.wire import encode
from groundspeed.stats.changepoints import FEWEST
from groundspeed.verdicts.steps import Scale

POINTS = 32
"""Parts of a course: a sparkline is some 110 pixels wide; below three, points are not told apart."""

_DIGITS = ".4g"


def put_sparks(folder: SiteFolder, subject: Subject) -> str | None:
    """Put the courses, and the columns that name them; nothing where no line has a value."""
    shown = [_shown(subject, line) for line in subject.lines]
    courses = np.zeros((len(shown), POINTS), np.uint8)
    spans = np.zeros(len(shown), "<f4")
    counts = np.zeros(len(shown), np.int64)
    points: list[int] = []
    for rows in _by_machine(subject.lines):
        table = value_table(subject, [shown[row] for row in rows])
        means = part_means(table)
        courses[rows, : means.shape[1]] = codes(means)
        spans[rows] = spans_of(means, table.related)
        counts[rows] = np.count_nonzero(~np.isnan(table.values), axis=1)
        points.append(means.shape[1])
    carried = _carried(subject, shown)
    return folder.put_named(
        "sparks",
        encode(
            {
                "format": "groundspeed-sparks",
                "version": 1,
                "bytes": folder.put_named("sparks", courses.tobytes() + spans.tobytes(), suffix=".bin"),
                "points": points,
                **last_steps(subject, shown),
                "few": np.flatnonzero(counts < FEWEST).tolist(),
                "failed": [row for row, line in enumerate(subject.lines) if _failed(subject, line)],
                **({"carried": carried} if carried else {}),
            }
        ),
    )


def part_means(table: ValueTable, points: int = POINTS) -> NDArray[np.float32]:
    """The mean of each row in each of ``points`` equal parts of the columns (or as many parts as columns)."""
    width = table.values.shape[1]
    count = min(points, width)
    starts = np.arange(count) * width // count
    there = ~np.isnan(table.values)
    sums = np.add.reduceat(np.where(there, table.values, np.float32(0)), starts, axis=1)
    counts = np.add.reduceat(there, starts, axis=1, dtype=np.float32)
    return np.divide(sums, counts, out=np.full_like(sums, np.nan), where=counts > 0)


def codes(means: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Each row from 1 (its lowest) to 255 (its highest), 128 where it is level; 0 for NaN."""
    low = np.fmin.reduce(means, axis=1, keepdims=True)
    span = np.fmax.reduce(means, axis=1, keepdims=True) - low
    share = np.divide(means - low, span, out=np.full_like(means, 0.5), where=span > 0)
    return np.where(np.isnan(means), 0, np.rint(1 + 254 * share)).astype(np.uint8)


def spans_of(means: NDArray[np.float32], related: NDArray[np.bool_]) -> NDArray[np.float32]:
    """How far each row's highest mean is above its lowest; unless ``related``, over the larger size."""
    low, high = np.fmin.reduce(means, axis=1), np.fmax.reduce(means, axis=1)
    size = np.where(related, 1, np.maximum(np.abs(low), np.abs(high)))
    span = np.divide(high - low, size, out=np.zeros_like(low), where=size > 0)
    return np.asarray(np.nan_to_num(span))


def last_steps(subject: Subject, shown: Sequence[int]) -> dict[str, Any]:
    """The last step of each of the series ``shown``, as columns; none for those without one."""
    rows = subject.stepped.rows
    after = np.searchsorted(rows.series, shown, side="right")
    lines = np.flatnonzero(after > np.searchsorted(rows.series, shown)).tolist()
    columns: dict[str, list[Any]] = {"line": lines, "change": [], "base": [], "head": []}
    differing = []
    for line in lines:
        row = int(after[line]) - 1
        change = float(rows.after[row] - rows.before[row])
        if subject.stepped.scales[shown[line]] is Scale.RATIO:
            change = math.exp(change)
        else:
            differing.append(line)
        columns["change"].append(float(format(change, _DIGITS)))
        columns["base"].append(_place(subject, int(rows.base[row])))
        columns["head"].append(_place(subject, int(rows.head[row])))
    return {"steps": columns, "differing": differing}


def _place(subject: Subject, place: int) -> int:
    """A place in the order of the steps as one in the site's history."""
    return subject.timeline.place_of[subject.stepped.order[place]]


def _shown(subject: Subject, line: Line) -> int:
    """The version measured last that has a value; where none has, the one measured last."""
    if len(line.series) == 1:
        return line.series[0]
    valued = (
        place for place in reversed(line.series) if np.isfinite(subject.archive.series[place].values).any()
    )
    return next(valued, line.series[-1])


def _by_machine(lines: Sequence[Line]) -> list[list[int]]:
    """The rows of each machine, machines in the order in which they come first, as in ``lines``."""
    found: dict[str, list[int]] = defaultdict(list)
    for row, line in enumerate(lines):
        found[line.machine].append(row)
    return list(found.values())


def _failed(subject: Subject, line: Line) -> bool:
    """Whether the newest row of all versions is a failure."""
    versions = [subject.archive.series[place] for place in line.series]
    if not any(one.failures for one in versions):
        return False
    newest = [
        (int(places.max()), int(places.argmax()) in one.failures)
        for one in versions
        for places in [subject.timeline.places[one.commits]]
    ]
    return max(newest)[1]


def _carried(subject: Subject, shown: Sequence[int]) -> list[tuple[int, int]]:
    """Of each line whose newest value was carried over to newer commits: itself, and the newest of those."""
    found = []
    for row, place in enumerate(shown):
        one = subject.archive.series[place]
        if one.carried:
            to = max(subject.timeline.place_of[over.commit] for over in one.carried)
            if to > int(subject.timeline.places[one.commits].max()):
                found.append((row, to))
    return found
