"""Bringing an index up to date: what is new is read, what changed is read again, the rest stands.

Files are written first, the manifest last: whoever is killed leaves the old index whole. Two who refresh at
once write the same files under the same names, and either's manifest is right.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from groundspeed.results.archive import Catalog, MeasuredCommit, in_order
from groundspeed.results.asv_files import BrokenFileError
from groundspeed.results.catalog import BENCHMARKS, METRICS, read_machine
from groundspeed.results.index.making import Made
from groundspeed.results.index.manifest import (
    IndexFile,
    Manifest,
    Part,
    ResultFacts,
    Source,
    UnfitError,
    read_manifest,
    write_manifest,
)
from groundspeed.results.index.plan import plan
from groundspeed.results.index.shelf import identities_of, is_of, make_shelf, write_series
from groundspeed.results.index.sources import RESULTS, Found, digest, digest_of_file, walk
from groundspeed.results.index.workers import make_all

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def refreshed(results_dir: Path, folder: Path, catalog: Catalog) -> Manifest:
    """The index of ``results_dir`` as it is now; writes nothing where nothing changed.

    Raises StorageError, and UnfitError where the results hold what cannot be indexed.
    """
    empty = Manifest(results_dir=str(results_dir))
    old = read_manifest(folder, empty.results_dir)
    try:
        return _refreshed(results_dir, folder, catalog, old)
    except (OSError, ValueError, KeyError):  # what numpy and pyarrow say of files that rotted
        if old == empty:
            raise
        return _refreshed(results_dir, folder, catalog, empty)


def dates_of(manifest: Manifest) -> dict[str, datetime]:
    """Every commit that a result file speaks of, with the date that the last one gives it."""
    return {
        one.said.commit: _EPOCH + timedelta(milliseconds=one.said.date_ms)
        for one in manifest.sources.values()
        if isinstance(one.said, ResultFacts)
    }


@dataclass(frozen=True, kw_only=True, slots=True)
class _Stated:
    """What the files that describe a history say now: their digests, and the machine of a folder."""

    results_dir: Path
    benchmarks: str
    metrics: str
    machines: dict[str, str | None]

    def holds(self, part: Part) -> bool:
        """Whether a part was made under what is stated now."""
        if part.kind != RESULTS:
            return True
        if part.folder not in self.machines:
            self.machines[part.folder] = _machine_of(self.results_dir / part.folder)
        return part.machine == self.machines[part.folder] and part.definitions in (None, self.benchmarks)


def _refreshed(results_dir: Path, folder: Path, catalog: Catalog, old: Manifest) -> Manifest:
    now_ns = time.time_ns()
    found = list(walk(results_dir))
    stated = _Stated(
        results_dir=results_dir,
        benchmarks=digest_of_file(results_dir / BENCHMARKS),
        metrics=digest_of_file(results_dir / METRICS),
        machines={},
    )
    standing = {
        one.path: source
        for one in found
        if (source := _standing(results_dir, one, old.sources.get(one.path), now_ns)) is not None
    }
    changed = frozenset(one.path for one in found if one.path not in standing)
    planned = plan(found, old.parts, stated.holds, changed)
    made = make_all(results_dir, folder, catalog.definitions, stated.benchmarks, planned.tasks)
    for one in made:
        standing |= {
            source.path: replace(source, stamp=source.stamp.settled(now_ns)) for source in one.sources
        }
    parts = iter(made)
    new = replace(
        old,
        sources={one.path: standing[one.path] for one in found},
        parts=tuple(step if isinstance(step, Part) else next(parts).part for step in planned.steps),
    )
    new = _with_shelves(folder, new, made, catalog, f"{stated.benchmarks} {stated.metrics}")
    if new != old:
        write_manifest(folder, new)
    return new


def _standing(results_dir: Path, one: Found, source: Source | None, now_ns: int) -> Source | None:
    """What is known of a file that is what it was: by size and times, else by content."""
    if source is None or one.stamp.size < 0:
        return None
    if source.stamp == one.stamp:
        return source
    if source.digest and source.digest == digest_of_file(results_dir / one.path):
        return replace(source, stamp=one.stamp.settled(now_ns))
    return None


def _with_shelves(
    folder: Path, manifest: Manifest, made: Sequence[Made], catalog: Catalog, described: str
) -> Manifest:
    """The manifest with what is derived from its parts, made again where they are not those of before."""
    shelves: dict[str, tuple[IndexFile, ...]] = {}
    series: dict[str, IndexFile] = {}
    commits = in_order(dates_of(manifest))
    measured = manifest.tables("measurements")
    for machine in sorted({one.machine for one in measured}):
        parts = [one for one in measured if one.machine == machine]
        shelf, table = manifest.shelves.get(machine, ()), manifest.series.get(machine)
        if not is_of(shelf, parts):
            shelf = _shelf(folder, machine, parts, shelf, made, commits)
        name = digest(f"{shelf[0].path} {described}".encode())
        if table is None or name not in table.path:
            table = write_series(folder, machine, shelf, catalog, name)
        shelves[machine], series[machine] = shelf, table
    return replace(manifest, shelves=shelves, series=series)


def _shelf(
    folder: Path,
    machine: str,
    parts: Sequence[IndexFile],
    old: Sequence[IndexFile],
    made: Iterable[Made],
    commits: Sequence[MeasuredCommit],
) -> tuple[IndexFile, ...]:
    """A new shelf. Series that only old parts hold are known from the old one."""
    identities = identities_of(folder, machine, old) if old else {}
    for one in made:
        for name, identity in one.identities.get(machine, {}).items():
            if identities.setdefault(name, identity) != identity:
                raise UnfitError(f"{identity} and {identities[name]} share the id {name}")
    return make_shelf(folder, machine, parts, identities, [one.hash for one in commits])


def _machine_of(folder: Path) -> str | None:
    try:
        return read_machine(folder)["machine"]
    except BrokenFileError:
        return None
