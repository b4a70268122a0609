"""The order of the published history. Owns which commit stands before which; reads no repository."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from groundspeed.history.order import history_order
from groundspeed.records import Commit
from groundspeed.results.archive import Archive
from groundspeed.verdicts.reading import dates_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, kw_only=True, slots=True)
class Timeline:
    """The commits that a site speaks of, oldest first: what was measured, and what was carried over to.

    ``place_of`` is where a hash stands in ``hashes``; ``places`` the same for each of ``Archive.commits``.
    """

    hashes: tuple[str, ...]
    dates: Mapping[str, datetime]
    place_of: Mapping[str, int]
    places: NDArray[np.int32]


def timeline(archive: Archive, known: Mapping[str, Commit]) -> Timeline:
    """The commits of ``archive`` in the order that ``known`` gives them, see ``history_order``."""
    import numpy as np

    dates = dates_of(archive)
    hashes = history_order(dates, known)
    place_of = {name: place for place, name in enumerate(hashes)}
    places = [place_of[commit.hash] for commit in archive.commits]
    return Timeline(
        hashes=tuple(hashes), dates=dates, place_of=place_of, places=np.array(places, dtype=np.int32)
    )
