"""Everything that a machine's lines hold at its commits, as columns. Owns what a carried-over cell is.

A commit's rows depend on no other commit's, but for how far back something was measured: so the rows of
some commits, their ``columns``, are all that a file about these commits says.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from groundspeed import units
from groundspeed.results.index.memory import digest_of
from groundspeed.site.cells import counts
from groundspeed.site.subject import Line, Subject

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

UNVERSIONED = 255  # of a version's place: the benchmark had none


@dataclass(frozen=True, kw_only=True, slots=True)
class Rows:
    """Columns, one place a measurement, the versions of a line from the oldest to the youngest.

    ``commits`` counts those of the machine. ``back`` is, of what was carried over, how many of them before
    (or, below zero, behind) it was measured, else 0.
    """

    lines: NDArray[np.int32]
    commits: NDArray[np.int32] | NDArray[np.uint8]
    values: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    versions: NDArray[np.uint8]
    counted: NDArray[np.bool_]
    failed: NDArray[np.bool_]
    back: NDArray[np.int32]

    def columns(self) -> list[NDArray[Any]]:
        """All of them; ``back`` is the last."""
        return [getattr(self, one.name) for one in fields(self)]

    def digest(self) -> str:
        """What stands for the rows: of 32 bytes each, where nothing was carried over."""
        *others, back = self.columns()
        return digest_of(*others, *([back] if back.any() else [])).hex()

    def taken(self, chosen: NDArray[np.intp] | slice) -> Rows:
        """Some of the rows."""
        return Rows(**{one.name: getattr(self, one.name)[chosen] for one in fields(self)})


def rows_of(subject: Subject, lines: Sequence[Line]) -> tuple[NDArray[np.intp], Rows]:
    """The places in history of a machine's commits, and everything that its lines hold at them."""
    import numpy as np

    held = [(number, place) for number, line in enumerate(lines) for place in line.series]
    series = [subject.archive.series[place] for _, place in held]
    sizes = [one.commits.size for one in series]
    starts = np.cumsum([0, *sizes])
    failures = [starts[at] + np.array(list(one.failures)) for at, one in enumerate(series) if one.failures]
    failed = np.zeros(starts[-1], np.bool_)
    failed[np.concatenate([[], *failures]).astype(np.int64)] = True
    versions = [_version(subject, line, at) for line in lines for at in range(len(line.series))]
    counted = {unit: counts(units.canonical(unit)) for unit in {one.unit for one in series}}
    carried = _carried(subject, lines)
    own = subject.timeline.places[np.concatenate([one.commits for one in series])]
    seen = np.zeros(len(subject.timeline.hashes), np.bool_)
    seen[own] = True
    seen[[one.place for one in carried]] = True
    commit = np.cumsum(seen, dtype=np.int32) - 1
    rows = Rows(
        lines=np.repeat(np.array([number for number, _ in held], np.int32), sizes),
        commits=commit[own],
        values=np.concatenate([one.values for one in series]),
        low=np.concatenate([one.low for one in series]),
        high=np.concatenate([one.high for one in series]),
        versions=np.repeat(np.array(versions, np.uint8), sizes),
        counted=np.repeat([counted[one.unit] for one in series], sizes),
        failed=failed,
        back=np.zeros(len(own), np.int32),
    )
    return np.flatnonzero(seen), _with_carried(rows, carried, commit)


def _version(subject: Subject, line: Line, at: int) -> int:
    """The place among the line's versions (the 255th and older ones share one); what has none says so."""
    if subject.archive.series[line.series[at]].key.version is None:
        return UNVERSIONED
    return max(at - max(len(line.series) - UNVERSIONED, 0), 0)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Shared:
    """That a line was carried over to ``place`` from ``measured``, both in history."""

    line: int
    place: int
    measured: int


def _carried(subject: Subject, lines: Sequence[Line]) -> list[_Shared]:
    place_of = subject.timeline.place_of
    return [
        _Shared(line=number, place=place_of[one.commit], measured=place_of[one.measured_at])
        for number, line in enumerate(lines)
        for place in line.series
        for one in subject.archive.series[place].carried
    ]


def _with_carried(rows: Rows, carried: Sequence[_Shared], commit: NDArray[np.int32]) -> Rows:
    """With what was carried over from what was measured, where nothing was measured.

    ``commit`` gives the machine's commit of a place in history.
    """
    import numpy as np

    if not carried:
        return rows
    lines, to, at = np.array([(one.line, commit[one.place], commit[one.measured]) for one in carried]).T
    width = int(commit[-1]) + 1
    keys = rows.lines.astype(np.int64) * width + rows.commits
    order = np.arange(len(keys))[by_weight(rows, keys)]
    counting = np.full((int(rows.lines[-1]) + 1) * width, -1)
    counting[keys[order]] = order
    source, target = counting[lines * width + at], lines * width + to
    kept = (counting[target] < 0) & (source >= 0) & ~np.isnan(rows.values[source])
    last = {one: number for number, one in enumerate(target.tolist()) if kept[number]}
    chosen = np.array([*last.values()], np.intp)
    more = replace(rows.taken(source[chosen]), commits=to[chosen], back=(to - at)[chosen])
    both = zip(fields(rows), rows.columns(), more.columns(), strict=True)
    return Rows(**{one.name: np.concatenate([own, over], dtype=own.dtype) for one, own, over in both})


def parts(rows: Rows, commits: int, per: int) -> Iterator[tuple[int, Rows]]:
    """Of each ``per`` commits (at most 256): how many they are, and their rows, counted from the first."""
    import numpy as np

    number = (rows.commits // per).astype(np.uint16)  # sixteen bits are sorted in a pass or two
    rows = replace(rows, commits=(rows.commits % per).astype(np.uint8)).taken(
        np.argsort(number, kind="stable")
    )
    starts = range(0, commits, per)
    bounds = np.concatenate([[0], np.cumsum(np.bincount(number, minlength=len(starts)))]).tolist()
    for start, cut in zip(starts, pairwise(bounds), strict=True):
        yield min(per, commits - start), rows.taken(slice(*cut))


def by_weight(rows: Rows, at: NDArray[np.signedinteger[Any]]) -> NDArray[np.intp] | slice:
    """The order to put cells in, so that the one that counts comes last; usually none has a rival."""
    import numpy as np

    if (np.diff(at) > 0).all():
        return slice(None)
    return np.argsort(np.isfinite(rows.values), kind="stable")
