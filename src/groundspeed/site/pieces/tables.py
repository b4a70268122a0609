"""What several answers of a file point at: each commit and each line once. Owns their short form.

``commits`` and ``lines`` are tables of the file; wherever a record names a commit or a line, it holds the
place in them, and an interval is [centre, low, high] (app/answers.js puts them back). Numbers are rounded to
what a page shows; the truth stays in the results.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from groundspeed.records import SeriesKey
from groundspeed.site.subject import Subject
from groundspeed.stats.ratio import Interval
from groundspeed.verdicts.groups import Range

DIGITS = 4  # significant: what a table shows


class Tables:
    """The tables of one file, filled as its records are made."""

    def __init__(self, subject: Subject) -> None:
        self._subject = subject
        self._commits: dict[str, int] = {}
        self._lines: dict[tuple[Any, ...], int] = {}

    def commit(self, commit: str) -> int:
        """The place of a commit (full hash)."""
        return self._commits.setdefault(commit, len(self._commits))

    def line(self, key: SeriesKey) -> int:
        """The place of a line, whatever the version."""
        identity = (key.case.benchmark, key.metric, key.machine, key.environment, key.case.params)
        return self._lines.setdefault(identity, len(self._lines))

    def range(self, one: Range) -> dict[str, Any]:
        """Two commits, and how many lie in between where git knows it."""
        distance = self._subject.answers.distance
        known = one.base in distance and one.head in distance
        return {
            "base": self.commit(one.base),
            "head": self.commit(one.head),
            "commits": distance[one.head] - distance[one.base] if known else None,
        }

    def wire(self) -> Mapping[str, Any]:
        """The tables."""
        return {
            "commits": [self._commit_wire(one) for one in self._commits],
            "lines": self._lines_wire(),
        }

    def _commit_wire(self, commit: str) -> dict[str, Any]:
        known = self._subject.commits.get(commit)
        date = self._subject.timeline.dates.get(commit)
        return {
            "hash": commit,
            "date": None if date is None else seconds(date),
            "subject": known.subject if known else None,
            "author": known.author if known else None,
            "tags": list(known.tags) if known else [],
        }

    def _lines_wire(self) -> dict[str, Any]:
        """Rows of places in ``texts`` (benchmark, metric, machine, environment), parameter names, values."""
        texts: dict[str, int] = {}
        names: dict[tuple[str, ...], int] = {}
        rows = [
            [
                *(texts.setdefault(text, len(texts)) for text in texts_of),
                names.setdefault(self._parameters(texts_of[0], texts_of[1], params), len(names)),
                list(params),
            ]
            for *texts_of, params in self._lines
        ]
        return {"texts": list(texts), "names": [list(one) for one in names], "rows": rows}

    def _parameters(self, benchmark: str, metric: str, params: tuple[str, ...]) -> tuple[str, ...]:
        """What the parameters of a case are called; ``Axes.aligned`` puts them on the same axes."""
        axes = self._subject.axes.get(benchmark)
        if axes is None:
            return tuple(f"param{place}" for place, _ in enumerate(params, start=1))
        places = axes.narrowed.get(metric, ())
        at = places if len(places) >= len(params) else range(len(params))
        return tuple(axes.names[place] for place, _ in zip(at, params, strict=False))


def interval(one: Interval) -> list[float | None]:
    """An interval; a bound that is not finite is none."""
    return [number(one.centre), number(one.low), number(one.high)]


def columns(records: Sequence[Mapping[str, Any]]) -> dict[str, list[Any]]:
    """Records alike as columns: each key once. app/answers.js makes them records again."""
    return {key: [one[key] for one in records] for key in records[0]} if records else {}


def number(value: float) -> float | None:
    """A number to ``DIGITS`` digits, None where it is none."""
    return float(f"{value:.{DIGITS}g}") if math.isfinite(value) else None


def seconds(moment: datetime) -> int:
    """Since 1970."""
    return round(moment.timestamp())
