"""An archive without some of its commits. Owns how the rows of a series go; which commits, others say."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import replace
from typing import TYPE_CHECKING

from groundspeed.results.archive import Archive, Series

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def without(archive: Archive, commits: AbstractSet[str]) -> Archive:
    """The archive as if nothing had been measured at ``commits`` (full hashes), nor carried over to them.

    A series that was measured nowhere else goes. O(series + rows).
    """
    import numpy as np

    stays = np.array([one.hash not in commits for one in archive.commits], np.bool_)
    place = (np.cumsum(stays) - 1).astype(np.int32)  # of each commit that stays, among those
    left = (_left(one, stays, place, commits) for one in archive.series)
    return replace(
        archive,
        commits=tuple(one for one, kept in zip(archive.commits, stays.tolist(), strict=True) if kept),
        series=tuple(one for one in left if one.commits.size or one.carried),
    )


def _left(
    series: Series, stays: NDArray[np.bool_], place: NDArray[np.int32], commits: AbstractSet[str]
) -> Series:
    import numpy as np

    rows = np.flatnonzero(stays[series.commits])
    moved = {row: at for at, row in enumerate(rows.tolist())}
    return replace(
        series,
        commits=place[series.commits[rows]],
        values=series.values[rows],
        low=series.low[rows],
        high=series.high[rows],
        failures=_moved(series.failures, moved),
        skipped=_moved(series.skipped, moved),
        carried=tuple(one for one in series.carried if one.commit not in commits),
    )


def _moved(reasons: Mapping[int, str], moved: Mapping[int, int]) -> dict[int, str]:
    return {moved[row]: why for row, why in reasons.items() if row in moved}
