"""The samples of worker processes at some commits, as columns: what a distribution is drawn from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from groundspeed.records import SeriesKey
from groundspeed.results.index.processes import key_of

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray


@dataclass(frozen=True, kw_only=True, slots=True)
class Samples:
    """The processes that measured, by session and line. Arrays: shape (n,).

    ``series``, ``commit`` and ``session`` are positions in ``keys``, ``commits`` and ``sessions``. Process i
    gave ``values[bounds[i]:bounds[i + 1]]``, in base units, in the order taken; what was no number is NaN.
    """

    keys: tuple[SeriesKey, ...]
    commits: tuple[str, ...]
    sessions: tuple[str, ...]
    series: NDArray[np.int32]
    commit: NDArray[np.int32]
    session: NDArray[np.int32]
    quick: NDArray[np.bool_]
    bounds: NDArray[np.int64]
    values: NDArray[np.float64]


SAMPLE_COLUMNS = (
    "session line series environment benchmark params metric version commit outcome samples quick"
).split()
"""Of the table ``processes``, those that ``samples_of`` reads."""


def samples_of(machine: str, table: pa.Table) -> Samples:
    """The rows that measured. ``table`` has ``SAMPLE_COLUMNS``, in any order."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    table = table.filter(pc.equal(table["outcome"], "measured"))
    table = table.take(np.lexsort((table["line"].to_numpy(), table["session"].to_numpy())))
    coded = {
        name: table[name].combine_chunks().dictionary_encode() for name in ("series", "commit", "session")
    }
    firsts = np.unique(coded["series"].indices.to_numpy(), return_index=True)[1]
    named = table.select(["environment", "benchmark", "params", "metric", "version"]).take(firsts)
    sizes = pc.fill_null(pc.list_value_length(table["samples"]), 0).to_numpy()
    flat = pc.list_flatten(table["samples"]).cast(pa.float64())
    return Samples(
        keys=tuple(key_of(machine, row) for row in named.to_pylist()),
        commits=tuple(coded["commit"].dictionary.to_pylist()),
        sessions=tuple(coded["session"].dictionary.to_pylist()),
        series=coded["series"].indices.to_numpy(),
        commit=coded["commit"].indices.to_numpy(),
        session=coded["session"].indices.to_numpy(),
        quick=table["quick"].to_numpy(),
        bounds=np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64),
        values=flat.fill_null(float("nan")).to_numpy(),
    )
