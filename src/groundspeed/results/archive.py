"""Everything a results folder holds, as columns per series. Owns the in-memory shape of a history.

Reads asv's files and the sessions beside them; judges nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from groundspeed.definition import better as stated_better
from groundspeed.definition import default_unit
from groundspeed.records import Benchmark, Better, Case, SeriesKey
from groundspeed.results.asv_files import BrokenFileError
from groundspeed.results.catalog import (
    BENCHMARKS,
    METRICS,
    MetricEntry,
    benchmark,
    read_definitions,
    read_metrics,
)
from groundspeed.results.further import split_metric
from groundspeed.results.gather import (
    FAILED,
    SKIPPED,
    Columns,
    Gatherer,
    Identity,
    collector_paused,
    result_paths,
)
from groundspeed.results.unmeasured import Carried, Unmeasured, read_unmeasured

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, kw_only=True, slots=True)
class MeasuredCommit:
    """A commit that a result file speaks of. ``date`` is the one asv stored."""

    hash: str
    date: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Series:
    """The measurements of one case's metric over the commits that have a row for it.

    All arrays have shape (n,), ordered by commit date. ``commits`` are positions in
    ``Archive.commits``; ``values`` are in base units, NaN where there is no value; ``low`` and
    ``high`` bound the stored 99 % interval, NaN where none was stored, infinite where asv knew no
    bound (a single sample). ``failures`` and ``skipped`` map a position in this series to the
    reason (empty text where nothing says it); every NaN in ``values`` is in one of them. ``carried``
    are commits, by date, that hold nothing here because their built content is another commit's.
    """

    key: SeriesKey
    unit: str
    better: Better
    commits: NDArray[np.int32]
    values: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    failures: Mapping[int, str]
    skipped: Mapping[int, str] = field(default_factory=dict)
    carried: tuple[Carried, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Archive:
    """A results folder, read. ``warnings`` name each broken file that was skipped, and why.

    ``commits`` are ordered by date, then hash; ``files`` counts the result files that were read.
    """

    commits: tuple[MeasuredCommit, ...]
    series: tuple[Series, ...]
    benchmarks: Mapping[str, Benchmark]
    machines: Mapping[str, Mapping[str, str]]
    files: int
    warnings: tuple[str, ...]


def read_archive(results_dir: Path) -> Archive:
    """Everything that asv and groundspeed left in ``results_dir``; an absent folder is empty.

    Never raises for what a file holds. The numpy archive (1,433 files, 273 MB): see the benchmark
    ``groundspeed_results`` and the test marked ``archive``.
    """
    warnings: list[str] = []
    definitions, metrics = {}, {}
    try:
        definitions = read_definitions(results_dir)
    except BrokenFileError as error:
        warnings.append(f"{results_dir / BENCHMARKS} {error}; units and names come from the results.")
    try:
        metrics = read_metrics(results_dir)
    except BrokenFileError as error:
        warnings.append(f"{results_dir / METRICS} {error}; units and directions are asv's.")
    benchmarks = {}
    for name, definition in definitions.items():
        try:
            benchmarks[name] = benchmark(name, definition)
        except BrokenFileError as error:
            warnings.append(f"{results_dir / BENCHMARKS} {error}; skipped.")
    gatherer = Gatherer(definitions)
    with collector_paused():
        for folder, names in result_paths(results_dir):
            gatherer.add_folder(folder, names)
    columns = gatherer.columns()
    unmeasured = read_unmeasured(results_dir)
    commits, series = _series(columns, benchmarks, metrics, unmeasured)
    return Archive(
        commits=commits,
        series=series,
        benchmarks=benchmarks,
        machines=columns.machines,
        files=columns.files,
        warnings=(*warnings, *columns.warnings, *unmeasured.warnings),
    )


def _series(
    columns: Columns,
    benchmarks: Mapping[str, Benchmark],
    metrics: Mapping[str, MetricEntry],
    unmeasured: Unmeasured,
) -> tuple[tuple[MeasuredCommit, ...], tuple[Series, ...]]:
    """Sort all cells by series and commit once, then cut. Cost: one sort of as many 64-bit keys."""
    import numpy as np

    commits, rank = _commits(columns)
    sorting = _sorting(columns.series.astype(np.int64) * len(commits) + rank[columns.commit])
    places = rank[columns.commit[sorting]].astype(np.int32)
    values, low, high = (column[sorting] for column in (columns.values, columns.low, columns.high))
    kinds = columns.kinds[sorting]
    bounds = np.searchsorted(columns.series[sorting], np.arange(len(columns.identities) + 1))
    series = []
    for number in sorted(range(len(columns.identities)), key=lambda one: _order(columns.identities[one])):
        cut = slice(bounds[number], bounds[number + 1])
        if cut.start == cut.stop:
            continue
        identity = columns.identities[number]
        unit, better = _unit(identity.name, benchmarks, metrics)
        missing = _missing(identity, kinds[cut], places[cut], commits, unmeasured)
        series.append(
            Series(
                key=_key(identity),
                unit=unit,
                better=better,
                commits=places[cut],
                values=values[cut],
                low=low[cut],
                high=high[cut],
                failures=missing[FAILED],
                skipped=missing[SKIPPED],
                carried=_carried(identity, places[cut], commits, unmeasured),
            )
        )
    return commits, tuple(series)


def _commits(columns: Columns) -> tuple[tuple[MeasuredCommit, ...], NDArray[np.int64]]:
    """The commits by date, then hash, and for each of the columns' commits its place there."""
    import numpy as np

    found = [MeasuredCommit(hash=name, date=date) for name, date in columns.commits.items()]
    order = sorted(range(len(found)), key=lambda place: (found[place].date, found[place].hash))
    rank = np.empty(len(found), np.int64)
    rank[order] = np.arange(len(found))
    return tuple(found[place] for place in order), rank


def _sorting(keys: NDArray[np.int64]) -> NDArray[np.intp]:
    """The positions that sort ``keys``, each key once: of two files on a commit the last read counts."""
    import numpy as np

    sorting = np.argsort(keys, kind="stable")
    ordered = keys[sorting]
    last = np.append(ordered[1:] != ordered[:-1], True)[: len(keys)]
    return np.extract(last, sorting)


def _order(identity: Identity) -> tuple[str, str, str, str, tuple[str, ...]]:
    return (
        identity.machine,
        identity.environment,
        identity.name,
        identity.version or "",
        identity.params,
    )


def _missing(
    identity: Identity,
    kinds: NDArray[np.int8],
    places: NDArray[np.int32],
    commits: tuple[MeasuredCommit, ...],
    unmeasured: Unmeasured,
) -> dict[int, dict[int, str]]:
    """For each kind of absence: position in the series to reason."""
    found: dict[int, dict[int, str]] = {FAILED: {}, SKIPPED: {}}
    for position in kinds.nonzero()[0].tolist():
        commit = commits[places[position]].hash
        found[int(kinds[position])][position] = unmeasured.reason(identity, commit)
    return found


def _carried(
    identity: Identity,
    places: NDArray[np.int32],
    commits: tuple[MeasuredCommit, ...],
    unmeasured: Unmeasured,
) -> tuple[Carried, ...]:
    """What was carried over, but where the case was measured all the same."""
    found = unmeasured.carried_over(identity)
    measured = {commits[place].hash for place in places.tolist()} if found else set()
    return tuple(one for one in found if one.commit not in measured)


def _key(identity: Identity) -> SeriesKey:
    name, metric = split_metric(identity.name)
    return SeriesKey(
        machine=identity.machine,
        environment=identity.environment,
        case=Case(benchmark=name, params=identity.params),
        metric=metric,
        version=identity.version,
    )


def _unit(
    name: str, benchmarks: Mapping[str, Benchmark], metrics: Mapping[str, MetricEntry]
) -> tuple[str, Better]:
    if name in metrics:
        return metrics[name].unit, metrics[name].better
    if name in benchmarks:
        return benchmarks[name].unit, stated_better(benchmarks[name].definition) or Better.LOWER
    return default_unit(name), Better.LOWER
