"""A machine's results as one long column: which rows there are, by place in history. Judges nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from groundspeed.results.archive import Archive, Series
from groundspeed.verdicts.reading import dates_of


@dataclass(frozen=True, kw_only=True)  # no slots: what is counted is kept
class Rows:
    """The rows of those ``series`` of a machine that have any.

    ``place`` (n,) is where each row's commit stands in ``order``, ``finite`` whether it has a value;
    ``bounds`` (k + 1,) is where each series begins and ends. ``benchmarks`` are by name, ``code`` (k,) is the
    one of each series.
    """

    machine: str
    order: tuple[str, ...]
    dates: Mapping[int, datetime]
    series: tuple[Series, ...]
    place: NDArray[np.int64]
    finite: NDArray[np.bool_]
    bounds: NDArray[np.int64]
    benchmarks: tuple[str, ...]
    code: NDArray[np.int64]
    carried_at: NDArray[np.int64]

    @cached_property
    def sizes(self) -> NDArray[np.int64]:
        """How many rows each series has."""
        return np.diff(self.bounds)

    @cached_property
    def values_at(self) -> NDArray[np.int64]:
        """Series with a value, by place."""
        return np.bincount(self.place[self.finite], minlength=len(self.order))

    @cached_property
    def failures_at(self) -> NDArray[np.int64]:
        """Series that failed, by place: neither value nor skipped."""
        found = np.zeros(len(self.order), np.int64)
        for one, start in zip(self.series, self.bounds.tolist(), strict=False):
            if one.failures:
                rows = np.fromiter(one.failures, np.int64, len(one.failures))
                np.add.at(found, self.place[start + rows], 1)
        return found

    @cached_property
    def last_place(self) -> NDArray[np.int64]:
        """The newest place of each series, shape (k,)."""
        return np.maximum.reduceat(self.place, self.bounds[:-1]) if self.series else np.empty(0, np.int64)

    @cached_property
    def last_row(self) -> NDArray[np.int64]:
        """Which of its rows stands there."""
        at = np.flatnonzero(self.place == np.repeat(self.last_place, self.sizes))
        return at - self.bounds[:-1]

    @cached_property
    def failed_last(self) -> NDArray[np.bool_]:
        """Whether each series' newest row failed."""
        return np.array(
            [row in one.failures for one, row in zip(self.series, self.last_row.tolist(), strict=True)],
            np.bool_,
        )

    def reason(self, number: int) -> str:
        """Why the newest row of a series failed; empty where nobody says it."""
        return self.series[number].failures[int(self.last_row[number])]

    @cached_property
    def present(self) -> NDArray[np.bool_]:
        """Which benchmark has a row at which place: shape (benchmarks, places)."""
        table = np.zeros((len(self.benchmarks), len(self.order)), np.bool_)
        table[np.repeat(self.code, self.sizes), self.place] = True
        return table

    @cached_property
    def cases(self) -> Mapping[str, int]:
        """How many cases each benchmark has."""
        found: dict[str, set[tuple[str, ...]]] = {}
        for one in self.series:
            found.setdefault(one.key.case.benchmark, set()).add(one.key.case.params)
        return {name: len(params) for name, params in found.items()}


def rows_of_machine(archive: Archive, machine: str, order: Sequence[str]) -> Rows:
    """A machine's rows; ``order`` holds every commit that the archive speaks of, carried-over ones too."""
    dates = dates_of(archive)
    place_of = {commit: place for place, commit in enumerate(order)}
    own = [one for one in archive.series if one.key.machine == machine]
    series = tuple(one for one in own if one.commits.size)
    places = np.array([place_of[one.hash] for one in archive.commits], np.int64)
    benchmarks = sorted({one.key.case.benchmark for one in series})
    code = {name: number for number, name in enumerate(benchmarks)}
    carried = [place_of[over.commit] for one in own for over in one.carried]
    return Rows(
        machine=machine,
        order=tuple(order),
        dates={place_of[commit]: date for commit, date in dates.items()},
        series=series,
        place=places[np.concatenate([np.empty(0, np.int32), *(one.commits for one in series)])],
        finite=np.isfinite(np.concatenate([np.empty(0), *(one.values for one in series)])),
        bounds=np.concatenate([[0], np.cumsum([one.commits.size for one in series])]).astype(np.int64),
        benchmarks=tuple(benchmarks),
        code=np.array([code[one.key.case.benchmark] for one in series], np.int64),
        carried_at=np.bincount(np.array(carried, np.int64), minlength=len(order)),
    )
