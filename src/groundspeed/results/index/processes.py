"""What worker processes gave, over a whole history, as columns: what noise is learned from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from groundspeed.records import SeriesKey

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, kw_only=True, slots=True)
class Processes:
    """Every process of every session of a machine that measured; one entry a metric. Arrays: shape (n,).

    ``series``, ``commit`` and ``session`` are positions in ``keys``, ``commits`` and ``sessions`` (session
    ids, sorted: by time). ``medians`` are of the samples that are numbers, in base units, NaN where there
    is none; ``counts`` how many those are. ``quick`` runs count only where no other run measured.
    """

    keys: tuple[SeriesKey, ...]
    commits: tuple[str, ...]
    sessions: tuple[str, ...]
    series: NDArray[np.int32]
    commit: NDArray[np.int32]
    session: NDArray[np.int32]
    started_at_s: NDArray[np.float64]
    medians: NDArray[np.float64]
    counts: NDArray[np.int32]
    quick: NDArray[np.bool_]
