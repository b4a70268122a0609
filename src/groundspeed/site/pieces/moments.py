"""What every line of a machine was at each commit: a comparison reads this, not every benchmark's shard.

The contents are JSON (``groundspeed-moments``, version 1): ``step`` of the logarithms, and for each machine

- ``commits``: the places in history that it measured or was carried over to, each less the one before;
- ``chunks``: a file for every ``per`` of these commits, in their order.

A chunk is deflated (raw, RFC 1951), its numbers little-endian, and counts the machine's lines in the order
of the site's. It knows no place in history: a commit measured elsewhere, or later, leaves it as it is. It
holds

- six uint32: lines, commits, then how many codes, bounds, exact and carried follow;
- ``kinds`` (uint8, lines × commits, a line's commits beside each other), see ``site.cells``;
- ``versions`` (uint8, the same): of the line's versions of the benchmark the place of this one, 255 for none;
- ``codes``: the steps of what has a logarithm, each less the one before, zigzag, in three planes of a byte;
- ``high`` and ``low`` (uint8, of each finite value; low less high);
- ``exact`` (float64, of what is kept as it is, or endless), ``carried`` (int32: how many of the machine's
  commits back it was measured).
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from groundspeed import units
from groundspeed.site.cells import (
    ABSENT,
    CARRIED,
    ENDLESS,
    EXACT,
    NEGATIVE,
    POSITIVE,
    STEP,
    ZERO,
    Cells,
    cells,
    counts,
)
from groundspeed.site.folder import SiteFolder
from groundspeed.site.subject import Line, Subject
from groundspeed.site.wire import encode

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

PER = 16
"""Commits in a chunk: a comparison reads two of them at most, 85 KB each on the larger machine of the numpy
archive, and a new commit writes one. Of 64 commits they compress 2 % better and weigh four times as much."""

UNVERSIONED = 255


def put_moments(folder: SiteFolder, subject: Subject) -> str:
    """Put every machine's chunks, and the contents that name them."""
    machines = [
        _machine(folder, subject, machine) for machine in sorted({one.machine for one in subject.lines})
    ]
    return folder.put_named(
        "moments",
        encode(
            {
                "format": "groundspeed-moments",
                "version": 1,
                "step": STEP,
                "per": PER,
                "machines": machines,
            }
        ),
    )


def _machine(folder: SiteFolder, subject: Subject, machine: str) -> Mapping[str, Any]:
    import numpy as np

    lines = [one for one in subject.lines if one.machine == machine]
    found = tabled(subject, lines)
    starts = range(0, len(found.places), PER)
    return {
        "name": machine,
        "commits": np.diff(found.places, prepend=0).tolist(),
        "chunks": [
            folder.put_named("moment", _deflated(*chunk(found, start, start + PER)), suffix=".bin")
            for start in starts
        ],
    }


def _deflated(columns: Sequence[bytes], dense: Sequence[bytes]) -> bytes:
    """One deflated stream. In ``dense`` columns nothing repeats: they are packed by the frequency of their
    bytes alone, which takes a fifth of the time and, of bounds, 8 % less space.
    """
    searched = zlib.compressobj(6, zlib.DEFLATED, -zlib.MAX_WBITS)
    counted = zlib.compressobj(6, zlib.DEFLATED, -zlib.MAX_WBITS, 9, zlib.Z_HUFFMAN_ONLY)
    first = [searched.compress(b"".join(columns)), searched.flush(zlib.Z_SYNC_FLUSH)]
    return b"".join([*first, counted.compress(b"".join(dense)), counted.flush()])


# --- a machine's lines by its commits ----------------------------------------------------------------


@dataclass(frozen=True, kw_only=True, slots=True)
class Tabled:
    """Tables, line × commit of a machine; ``places`` are its commits in history.

    ``back`` is, of what was carried over, how many columns before (or, below zero, behind) it was measured.
    """

    places: NDArray[np.intp]
    cells: Cells
    exact: NDArray[np.float64]
    versions: NDArray[np.uint8]
    back: NDArray[np.int32]


def tabled(subject: Subject, lines: Sequence[Line]) -> Tabled:
    """Every cell of a machine's lines. Of versions at one commit a value counts, then the younger."""
    import numpy as np

    flat = _flat(subject, lines)
    carried = _carried(subject, lines)
    seen = np.zeros(len(subject.timeline.hashes), np.bool_)
    seen[flat.places] = True
    seen[[one.place for one in carried]] = True
    places = np.flatnonzero(seen)
    shape = (len(lines), len(places))
    at = flat.lines * len(places) + np.cumsum(seen)[flat.places] - 1
    order = _by_weight(flat, at)

    def table(column: NDArray[Any]) -> NDArray[Any]:
        made = np.zeros(shape, column.dtype)
        if column.any():
            made.reshape(-1)[at[order]] = column[order]
        return made

    coded = cells(flat.values, flat.low, flat.high, flat.counted, flat.failed)
    found = Tabled(
        places=places,
        cells=Cells(
            kinds=table(coded.kinds), codes=table(coded.codes), low=table(coded.low), high=table(coded.high)
        ),
        exact=table(np.where(_is_kept(coded.kinds), flat.values, 0.0)),
        versions=table(flat.versions),
        back=np.zeros(shape, np.int32),
    )
    _carry(found, carried)
    return found


def _by_weight(flat: _Flat, at: NDArray[np.int64]) -> NDArray[np.intp] | slice:
    """The order to put cells in, so that the one that counts comes last; usually none has a rival."""
    import numpy as np

    if (np.diff(at) > 0).all():
        return slice(None)
    return np.argsort(np.isfinite(flat.values), kind="stable")


@dataclass(frozen=True, kw_only=True, slots=True)
class _Flat:
    """Columns, one place a measurement, the versions of a line from the oldest to the youngest."""

    lines: NDArray[np.int64]
    places: NDArray[np.int32]
    values: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    versions: NDArray[np.uint8]
    counted: NDArray[np.bool_]
    failed: NDArray[np.bool_]


def _flat(subject: Subject, lines: Sequence[Line]) -> _Flat:
    import numpy as np

    held = [(number, place) for number, line in enumerate(lines) for place in line.series]
    series = [subject.archive.series[place] for _, place in held]
    sizes = [one.commits.size for one in series]
    starts = np.cumsum([0, *sizes])
    failures = [starts[at] + np.array(list(one.failures)) for at, one in enumerate(series) if one.failures]
    failed = np.zeros(starts[-1], np.bool_)
    failed[np.concatenate([[], *failures]).astype(np.int64)] = True
    versions = [_version(subject, line, at) for line in lines for at in range(len(line.series))]
    counted = {unit: counts(units.canonical(unit)) for unit in {one.unit for one in series}}
    return _Flat(
        lines=np.repeat([number for number, _ in held], sizes),
        places=subject.timeline.places[np.concatenate([one.commits for one in series])],
        values=np.concatenate([one.values for one in series]),
        low=np.concatenate([one.low for one in series]),
        high=np.concatenate([one.high for one in series]),
        versions=np.repeat(np.array(versions, np.uint8), sizes),
        counted=np.repeat([counted[one.unit] for one in series], sizes),
        failed=failed,
    )


def _version(subject: Subject, line: Line, at: int) -> int:
    """The place among the line's versions (the 255th and older ones share one); what has none says so."""
    if subject.archive.series[line.series[at]].key.version is None:
        return UNVERSIONED
    return max(at - max(len(line.series) - UNVERSIONED, 0), 0)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Shared:
    """That a line was carried over to ``place`` from ``measured``, both in history."""

    line: int
    place: int
    measured: int


def _carried(subject: Subject, lines: Sequence[Line]) -> list[_Shared]:
    place_of = subject.timeline.place_of
    return [
        _Shared(line=number, place=place_of[one.commit], measured=place_of[one.measured_at])
        for number, line in enumerate(lines)
        for place in line.series
        for one in subject.archive.series[place].carried
    ]


def _carry(found: Tabled, carried: Sequence[_Shared]) -> None:
    """Give what was carried over the codes of what was measured, where nothing was measured."""
    import numpy as np

    if not carried:
        return
    lines, places, measured = np.array([(one.line, one.place, one.measured) for one in carried]).T
    to, at = np.searchsorted(found.places, places), np.searchsorted(found.places, measured)
    kept = (found.cells.kinds[lines, to] == ABSENT) & np.isin(
        found.cells.kinds[lines, at], (POSITIVE, ZERO, NEGATIVE, EXACT, ENDLESS)
    )
    lines, to, at = lines[kept], to[kept], at[kept]
    coded = found.cells
    for column in (coded.kinds, coded.codes, coded.low, coded.high, found.exact, found.versions):
        column[lines, to] = column[lines, at]
    coded.kinds[lines, to] += CARRIED
    found.back[lines, to] = to - at


# --- bytes -------------------------------------------------------------------------------------------


def chunk(found: Tabled, start: int, stop: int) -> tuple[Sequence[bytes], Sequence[bytes]]:
    """The columns ``start`` to ``stop`` as the module describes them, in two parts: see ``_deflated``."""
    import numpy as np

    cut = slice(start, stop)
    kinds = found.cells.kinds[:, cut]
    measured = kinds & np.uint8(CARRIED - 1)
    logged = (measured == POSITIVE) | (measured == NEGATIVE)
    finite = logged | (measured == ZERO) | (measured == EXACT)
    exact = found.exact[:, cut][_is_kept(measured)]
    back = found.back[:, cut][kinds >= CARRIED]
    codes = np.diff(found.cells.codes[:, cut][logged], prepend=np.int32(0))
    zigzag = ((codes << 1) ^ (codes >> 31)).astype("<u4")
    high, low = found.cells.high[:, cut][finite], found.cells.low[:, cut][finite]
    sizes = (*kinds.shape, codes.size, high.size, exact.size, back.size)
    return (
        [
            np.array(sizes, "<u4").tobytes(),
            kinds.tobytes(),
            found.versions[:, cut].tobytes(),
            zigzag.view(np.uint8).reshape(-1, 4)[:, :3].T.tobytes(),
        ],
        [
            high.tobytes(),
            (low - high).tobytes(),  # a side's width tells most of the other's
            exact.astype("<f8").tobytes(),
            back.astype("<i4").tobytes(),
        ],
    )


def _is_kept(kinds: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """What has a column for its value as it is."""
    kept: NDArray[np.bool_] = (kinds == EXACT) | (kinds == ENDLESS)
    return kept
