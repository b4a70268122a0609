"""What every line of a machine was at each commit: a comparison reads this, not every benchmark's shard.

The contents are JSON (``groundspeed-moments``, version 1): ``step`` of the logarithms, and for each machine

- ``commits``: the places in history that it measured or was carried over to, each less the one before;
- ``chunks``: a file for every ``per`` of these commits, in their order;
- ``of``: what stands for everything that each chunk was made of, this code included.

A chunk is deflated (raw, RFC 1951), its numbers little-endian, and counts the machine's lines in the order
of the site's. It knows no place in history: a commit measured elsewhere, or later, leaves it as it is, and
where the site that stands there has one made of the same, that is kept. It holds

- six uint32: lines, commits, then how many codes, bounds, exact and carried follow;
- ``kinds`` (uint8, lines × commits, a line's commits beside each other), see ``site.cells``;
- ``versions`` (uint8, the same): of the line's versions of the benchmark the place of this one, 255 for none;
- ``codes``: the steps of what has a logarithm, each less the one before, zigzag, in three planes of a byte;
- ``high`` and ``low`` (uint8, of each finite value; low less high);
- ``exact`` (float64, of what is kept as it is, or endless), ``carried`` (int32: how many of the machine's
  commits back it was measured).
"""

from __future__ import annotations

import json
import sys
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from groundspeed.results.index.memory import code_digest
from groundspeed.site import cells, moment_rows
from groundspeed.site.cells import CARRIED, ENDLESS, EXACT, NEGATIVE, POSITIVE, STEP, ZERO, Cells
from groundspeed.site.folder import SiteFolder
from groundspeed.site.moment_rows import Rows, by_weight, parts, rows_of
from groundspeed.site.subject import Subject
from groundspeed.site.wire import encode

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

PER = 16
"""Commits in a chunk: a comparison reads two of them at most, 85 KB each on the larger machine of the numpy
archive, and a new commit writes one. Of 64 commits they compress 2 % better and weigh four times as much."""


def put_moments(folder: SiteFolder, subject: Subject) -> str:
    """Put every machine's chunks, and the contents that name them."""
    held = _held(folder)
    machines = [
        _machine(folder, subject, machine, held) for machine in sorted({one.machine for one in subject.lines})
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


def _machine(
    folder: SiteFolder, subject: Subject, machine: str, held: Mapping[str, str]
) -> Mapping[str, Any]:
    import numpy as np

    lines = [one for one in subject.lines if one.machine == machine]
    places, rows = rows_of(subject, lines)
    code, marks, chunks = _method(), [], []
    for count, part in parts(rows, len(places), PER):
        mark = f"{code}-{len(lines)}-{count}-{part.digest()}"
        name = held.get(mark)
        if name is None or not folder.keep(name):
            name = folder.put_named(
                "moment", _deflated(*chunk(tabled(part, (len(lines), count)))), suffix=".bin"
            )
        marks.append(mark)
        chunks.append(name)
    return {"name": machine, "commits": np.diff(places, prepend=0).tolist(), "chunks": chunks, "of": marks}


def _method() -> str:
    """What a chunk depends on beside its rows: this code, and whose logarithms and deflation."""
    import numpy as np

    made_by = f"{zlib.ZLIB_RUNTIME_VERSION} {np.__version__}"
    return code_digest(cells, moment_rows, sys.modules[__name__], beside=made_by)


def _held(folder: SiteFolder) -> dict[str, str]:
    """The chunks of the site that stands there, by what they were made of; none that cannot be read."""
    found: dict[str, str] = {}
    for path in sorted((folder.path / "data").glob("moments-*.json")):
        try:
            for machine in json.loads(path.read_bytes())["machines"]:
                found |= dict(zip(map(str, machine["of"]), map(str, machine["chunks"]), strict=True))
        except (OSError, ValueError, KeyError, TypeError):
            continue  # every chunk is made again
    return found


def _deflated(columns: Sequence[bytes], dense: Sequence[bytes]) -> bytes:
    """One deflated stream. In ``dense`` columns nothing repeats: they are packed by the frequency of their
    bytes alone, which takes a fifth of the time and, of bounds, 8 % less space.
    """
    searched = zlib.compressobj(6, zlib.DEFLATED, -zlib.MAX_WBITS)
    counted = zlib.compressobj(6, zlib.DEFLATED, -zlib.MAX_WBITS, 9, zlib.Z_HUFFMAN_ONLY)
    first = [searched.compress(b"".join(columns)), searched.flush(zlib.Z_SYNC_FLUSH)]
    return b"".join([*first, counted.compress(b"".join(dense)), counted.flush()])


# --- a chunk's tables --------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True, slots=True)
class Tabled:
    """Tables, line × commit of a chunk."""

    cells: Cells
    exact: NDArray[np.float64]
    versions: NDArray[np.uint8]
    back: NDArray[np.int32]


def tabled(rows: Rows, shape: tuple[int, int]) -> Tabled:
    """Every cell of a chunk. Of versions at one commit a value counts, then the younger."""
    import numpy as np

    at = rows.lines * shape[1] + rows.commits
    order = by_weight(rows, at)

    def table(column: NDArray[Any]) -> NDArray[Any]:
        made = np.zeros(shape, column.dtype)
        made.reshape(-1)[at[order]] = column[order]
        return made

    coded = cells.cells(rows.values, rows.low, rows.high, rows.counted, rows.failed)
    shared = (rows.back != 0) * np.uint8(CARRIED)
    return Tabled(
        cells=Cells(
            kinds=table(coded.kinds + shared),
            codes=table(coded.codes),
            low=table(coded.low),
            high=table(coded.high),
        ),
        exact=table(np.where(_is_kept(coded.kinds), rows.values, 0.0)),
        versions=table(rows.versions),
        back=table(rows.back),
    )


# --- bytes -------------------------------------------------------------------------------------------


def chunk(found: Tabled) -> tuple[Sequence[bytes], Sequence[bytes]]:
    """The tables as the module describes them, in two parts: see ``_deflated``."""
    import numpy as np

    kinds = found.cells.kinds
    measured = kinds & np.uint8(CARRIED - 1)
    logged = (measured == POSITIVE) | (measured == NEGATIVE)
    finite = logged | (measured == ZERO) | (measured == EXACT)
    exact = found.exact[_is_kept(measured)]
    back = found.back[kinds >= CARRIED]
    codes = np.diff(found.cells.codes[logged], prepend=np.int32(0))
    zigzag = ((codes << 1) ^ (codes >> 31)).astype("<u4")
    high, low = found.cells.high[finite], found.cells.low[finite]
    sizes = (*kinds.shape, codes.size, high.size, exact.size, back.size)
    return (
        [
            np.array(sizes, "<u4").tobytes(),
            kinds.tobytes(),
            found.versions.tobytes(),
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
