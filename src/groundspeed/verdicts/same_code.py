"""What sessions measured of which code, as labelled cells. Owns what counts as the same code.

That is one benchmark version at one commit, or at commits whose builds have one identity.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from groundspeed.records import SeriesKey
from groundspeed.results.index import Processes
from groundspeed.stats.noise_floor import Cells, cells

Ints = NDArray[np.intp]


@dataclass(frozen=True, kw_only=True, slots=True)
class Seen:
    """A machine's cells: what each session measured of a case at a commit, ``found``, in logarithms.

    ``case`` is the position in ``keys``, which have no version; equal ``code`` within a case is the same
    code; ``last_s`` is when a cell's last process began. Arrays: shape (n,), one element a cell.
    """

    keys: tuple[SeriesKey, ...]
    found: Cells
    case: Ints
    code: Ints
    session: Ints
    last_s: NDArray[np.float64]


def seen(processes: Processes, identities: Mapping[tuple[str, str], str]) -> Seen:
    """The cells of all processes but quick ones; of a metric that is not always positive there are none.

    ``identities`` give a build's by commit and environment; a commit that is not there is code of its own.
    """
    whole = [dataclasses.replace(key, version=None) for key in processes.keys]
    places = {key: place for place, key in enumerate(dict.fromkeys(whole))}
    case_of = np.array([places[key] for key in whole], np.intp)
    counts = ~processes.quick & np.isfinite(processes.medians)
    no_ratio = case_of[processes.series[counts & (processes.medians <= 0)]]
    counts &= ~np.isin(case_of[processes.series], no_ratio)
    labels = np.stack([processes.series, processes.commit, processes.session])[:, counts].astype(np.intp)
    spots, cell = np.unique(labels, axis=1, return_inverse=True)
    last_s = np.full(spots.shape[1], -np.inf)
    np.maximum.at(last_s, cell.reshape(-1), processes.started_at_s[counts])
    return Seen(
        keys=tuple(places),
        found=cells(np.log(processes.medians[counts]), cell.reshape(-1)),
        case=case_of[spots[0]],
        code=_codes(processes, identities, spots[0], spots[1]),
        session=spots[2],
        last_s=last_s,
    )


def _codes(
    processes: Processes, identities: Mapping[tuple[str, str], str], series: Ints, commit: Ints
) -> Ints:
    """A number for each pair of a version and a content."""
    numbers: dict[tuple[str | None, str], int] = {}
    codes = []
    for place, at in zip(series.tolist(), commit.tolist(), strict=True):
        key, hash_ = processes.keys[place], processes.commits[at]
        content = identities.get((hash_, key.environment), hash_)
        codes.append(numbers.setdefault((key.version, content), len(numbers)))
    return np.array(codes, np.intp)
