"""Several series as one, in the order of commits. Owns which cell counts where two stand at one commit."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from groundspeed.records import SeriesKey
from groundspeed.results.archive import MeasuredCommit, Series
from groundspeed.results.further import entry_name
from groundspeed.results.unmeasured import Carried


@dataclass(frozen=True, kw_only=True, slots=True)
class Collision:
    """Commits at which two parts both have a value. ``older`` and ``newer`` are what the parts are called."""

    older: str
    newer: str
    commits: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Joined:
    """The joined series, last; before it those that another unit keeps apart, as they were."""

    series: tuple[Series, ...]
    collisions: tuple[Collision, ...]


def join(key: SeriesKey, parts: Sequence[Series], commits: Sequence[MeasuredCommit]) -> Joined:
    """``parts`` (oldest definition first, one at least) as the series ``key``.

    At a commit a value counts before none, then the later part's. The unit and the direction are the
    last part's. O(n log n) in the cells.
    """
    newest = parts[-1]
    alike = [part for part in parts if part.unit == newest.unit]
    apart = tuple(part for part in parts if part.unit != newest.unit)
    if len(alike) == 1:
        return Joined(series=(*apart, dataclasses.replace(newest, key=key)), collisions=())
    owner = np.concatenate([np.full(part.commits.size, at) for at, part in enumerate(alike)])
    inside = np.concatenate([np.arange(part.commits.size) for part in alike])
    places = np.concatenate([part.commits for part in alike])
    measured = ~np.isnan(np.concatenate([part.values for part in alike]))
    order = np.lexsort((owner, measured, places))  # of one commit the cell that counts stands last
    chosen = order[np.append(places[order][1:] != places[order][:-1], True)[: len(order)]]
    return Joined(
        series=(*apart, _series(key, alike, owner[chosen], inside[chosen], commits)),
        collisions=_collisions(alike, commits),
    )


def series_order(key: SeriesKey) -> tuple[str, str, str, str, tuple[str, ...]]:
    """How an archive sorts its series."""
    entry = entry_name(key.case.benchmark, key.metric)
    return (key.machine, key.environment, entry, key.version or "", key.case.params)


def _series(
    key: SeriesKey,
    parts: Sequence[Series],
    owner: NDArray[np.intp],
    inside: NDArray[np.intp],
    all_commits: Sequence[MeasuredCommit],
) -> Series:
    """The cells ``inside[i]`` of the parts ``owner[i]``, which are in the order of commits."""
    offsets = np.cumsum([0, *(part.commits.size for part in parts)])[owner] + inside
    commits = np.concatenate([part.commits for part in parts])[offsets]
    cells = list(zip(owner.tolist(), inside.tolist(), strict=True))
    return Series(
        key=key,
        unit=parts[-1].unit,
        better=parts[-1].better,
        commits=commits,
        values=np.concatenate([part.values for part in parts])[offsets],
        low=np.concatenate([part.low for part in parts])[offsets],
        high=np.concatenate([part.high for part in parts])[offsets],
        failures=_reasons([part.failures for part in parts], cells),
        skipped=_reasons([part.skipped for part in parts], cells),
        carried=_carried(parts, commits, all_commits),
    )


def _reasons(parts: Sequence[Mapping[int, str]], cells: Sequence[tuple[int, int]]) -> dict[int, str]:
    """The reasons of the parts by their position in the joined series."""
    return {at: parts[owner][inside] for at, (owner, inside) in enumerate(cells) if inside in parts[owner]}


def _carried(
    parts: Sequence[Series], commits: NDArray[np.int32], all_commits: Sequence[MeasuredCommit]
) -> tuple[Carried, ...]:
    """What any part was carried over to, but where there is a row; the last part's word counts."""
    measured = {all_commits[at].hash for at in commits.tolist()}
    found = {one.commit: one for part in parts for one in part.carried if one.commit not in measured}
    return tuple(sorted(found.values(), key=lambda one: (one.date, one.commit)))


def _collisions(parts: Sequence[Series], commits: Sequence[MeasuredCommit]) -> tuple[Collision, ...]:
    """Each pair of parts that both have a value at a commit."""
    have = [set(part.commits[~np.isnan(part.values)].tolist()) for part in parts]
    return tuple(
        Collision(
            older=parts[older].key.case.benchmark,
            newer=parts[newer].key.case.benchmark,
            commits=tuple(commits[at].hash for at in sorted(both)),
        )
        for older, newer in itertools.combinations(range(len(parts)), 2)
        if (both := have[older] & have[newer])
    )
