"""Everything a results folder holds, as columns per series. Owns the in-memory shape of a history.

Reads asv's files and the sessions beside them; judges nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

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
    catalog = read_catalog(results_dir)
    gatherer = Gatherer(catalog.definitions)
    with collector_paused():
        for folder, names in result_paths(results_dir):
            gatherer.add_folder(folder, names)
    columns = gatherer.columns()
    unmeasured = read_unmeasured(results_dir)
    commits = in_order(columns.commits)
    return Archive(
        commits=commits,
        series=tuple(series_of(_block(columns, commits), commits, catalog, unmeasured)),
        benchmarks=catalog.benchmarks,
        machines=columns.machines,
        files=columns.files,
        warnings=(*catalog.warnings, *columns.warnings, *unmeasured.warnings),
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class Catalog:
    """What benchmarks.json and metrics.toml say, as far as they can be read; ``definitions`` are asv's."""

    definitions: Mapping[str, Mapping[str, Any]]
    benchmarks: Mapping[str, Benchmark]
    metrics: Mapping[str, MetricEntry]
    warnings: tuple[str, ...]

    def unit(self, name: str) -> tuple[str, Better]:
        """The unit and direction of ``name`` or ``name@metric``; asv's where nobody states them."""
        if name in self.metrics:
            return self.metrics[name].unit, self.metrics[name].better
        if name in self.benchmarks:
            one = self.benchmarks[name]
            return one.unit, stated_better(one.definition) or Better.LOWER
        return default_unit(name), Better.LOWER


def read_catalog(results_dir: Path) -> Catalog:
    """Both files; what is broken in them is named in ``warnings`` and passed over."""
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
    return Catalog(definitions=definitions, benchmarks=benchmarks, metrics=metrics, warnings=tuple(warnings))


@dataclass(frozen=True, kw_only=True, slots=True)
class Block:
    """Cells sorted by series, then commit. Arrays have shape (cells,), ``bounds`` (series + 1,).

    The cells of ``identities[i]``, which are in the order of an archive, stand at
    ``bounds[i]:bounds[i + 1]``; ``commits`` are positions in the archive's.
    """

    identities: Sequence[Identity]
    bounds: NDArray[np.int64]
    commits: NDArray[np.int32]
    values: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    kinds: NDArray[np.int8]


def series_of(
    block: Block, commits: Sequence[MeasuredCommit], catalog: Catalog, unmeasured: Unmeasured
) -> Iterator[Series]:
    """The series that have cells, each a slice of the block."""
    units = {name: catalog.unit(name) for name in {one.name for one in block.identities}}
    bounds = block.bounds.tolist()
    for identity, start, stop in zip(block.identities, bounds, bounds[1:], strict=False):
        if start == stop:
            continue
        cut = slice(start, stop)
        places, kinds = block.commits[cut], block.kinds[cut]
        unit, better = units[identity.name]
        yield Series(
            key=_key(identity),
            unit=unit,
            better=better,
            commits=places,
            values=block.values[cut],
            low=block.low[cut],
            high=block.high[cut],
            failures=_missing(FAILED, identity, kinds, places, commits, unmeasured),
            skipped=_missing(SKIPPED, identity, kinds, places, commits, unmeasured),
            carried=_carried(identity, places, commits, unmeasured),
        )


def _block(columns: Columns, commits: Sequence[MeasuredCommit]) -> Block:
    """Sort all cells by series and commit once. Cost: one sort of as many 64-bit keys."""
    import numpy as np

    place = {one.hash: at for at, one in enumerate(commits)}
    rank = np.array([place[name] for name in columns.commits], np.int64)
    order = sorted(range(len(columns.identities)), key=lambda one: order_of(columns.identities[one]))
    number = np.empty(len(order), np.int64)
    number[order] = np.arange(len(order))
    series = number[columns.series]
    sorting = last_of_each(series * len(commits) + rank[columns.commit], len(order) * len(commits))
    return Block(
        identities=[columns.identities[one] for one in order],
        bounds=np.searchsorted(series[sorting], np.arange(len(order) + 1)),
        commits=rank[columns.commit[sorting]].astype(np.int32),
        values=columns.values[sorting],
        low=columns.low[sorting],
        high=columns.high[sorting],
        kinds=columns.kinds[sorting],
    )


def in_order(dates: Mapping[str, datetime]) -> tuple[MeasuredCommit, ...]:
    """The commits by date, then hash."""
    found = (MeasuredCommit(hash=name, date=date) for name, date in dates.items())
    return tuple(sorted(found, key=lambda one: (one.date, one.hash)))


_SPARSE = 8  # a table of so many places for each cell is still faster than sorting, and small


def last_of_each(keys: NDArray[np.int64], places: int) -> NDArray[np.intp]:
    """The positions that sort ``keys``, each key once: of two files on a commit the last read counts.

    Keys are below ``places``. Most histories are dense enough to put each cell where it belongs, which takes
    a third of the time of sorting: 0.05 against 0.16 s for the 2.8 million cells of the numpy archive.
    """
    import numpy as np

    if places <= _SPARSE * len(keys):
        table = np.full(places, -1, np.int32)
        table[keys] = np.arange(len(keys), dtype=np.int32)  # of equal keys the last one stays
        return table[table >= 0].astype(np.intp)
    sorting = np.argsort(keys, kind="stable")
    ordered = keys[sorting]
    last = np.append(ordered[1:] != ordered[:-1], True)[: len(keys)]
    return np.extract(last, sorting)


def order_of(identity: Identity) -> tuple[str, str, str, str, tuple[str, ...], bool]:
    """What the series of an archive are sorted by; no version comes before an empty one."""
    return (
        identity.machine,
        identity.environment,
        identity.name,
        identity.version or "",
        identity.params,
        identity.version is not None,
    )


def _missing(
    kind: int,
    identity: Identity,
    kinds: NDArray[np.int8],
    places: NDArray[np.int32],
    commits: Sequence[MeasuredCommit],
    unmeasured: Unmeasured,
) -> dict[int, str]:
    """The positions in the series of one kind of absence, each with its reason."""
    positions = (kinds == kind).nonzero()[0].tolist()
    if not unmeasured.texts:
        return dict.fromkeys(positions, "")
    return {at: unmeasured.reason(identity, commits[places[at]].hash) for at in positions}


def _carried(
    identity: Identity,
    places: NDArray[np.int32],
    commits: Sequence[MeasuredCommit],
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
