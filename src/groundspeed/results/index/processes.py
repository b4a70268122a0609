"""What worker processes gave, over a whole history, as columns: what noise is learned from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from groundspeed.records import Case, SeriesKey

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray


@dataclass(frozen=True, kw_only=True, slots=True)
class Processes:
    """Every process of every session of a machine that measured; one entry a metric. Arrays: shape (n,).

    ``series``, ``commit`` and ``session`` are positions in ``keys``, ``commits`` and ``sessions`` (ids, in
    the order of time). ``medians`` are of the samples that are numbers, in base units, NaN where there is
    none; ``counts`` how many those are. ``quick`` runs count only where no other run measured.
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


PROCESS_COLUMNS = (
    "session line series started_at environment benchmark params metric version commit outcome "
    "count median quick"
).split()
"""Of the table ``processes``, those that ``processes_of`` reads."""


def processes_of(machine: str, table: pa.Table) -> Processes:
    """The rows that measured, by session and line. ``table`` has ``PROCESS_COLUMNS``, in any order."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    table = table.filter(pc.equal(table["outcome"], "measured"))
    table = table.take(np.lexsort((table["line"].to_numpy(), table["session"].to_numpy())))
    coded = {name: _coded(table[name]) for name in ("series", "commit", "session")}
    firsts = np.unique(coded["series"].indices.to_numpy(), return_index=True)[1]
    named = table.select(["environment", "benchmark", "params", "metric", "version"]).take(firsts)
    return Processes(
        keys=tuple(key_of(machine, row) for row in named.to_pylist()),
        commits=tuple(coded["commit"].dictionary.to_pylist()),
        sessions=tuple(coded["session"].dictionary.to_pylist()),
        series=coded["series"].indices.to_numpy(),
        commit=coded["commit"].indices.to_numpy(),
        session=coded["session"].indices.to_numpy(),
        started_at_s=table["started_at"].cast(pa.int64()).to_numpy() / 1e6,
        medians=table["median"].fill_null(float("nan")).to_numpy(),
        counts=table["count"].to_numpy().astype(np.int32),
        quick=table["quick"].to_numpy(),
    )


def _coded(column: pa.ChunkedArray) -> pa.DictionaryArray:
    """Texts as positions among the distinct ones, these in the order in which they come."""
    return column.combine_chunks().dictionary_encode()


def key_of(machine: str, row: Mapping[str, Any]) -> SeriesKey:
    """The series that a row of the table ``processes`` is of."""
    return SeriesKey(
        machine=machine,
        environment=row["environment"],
        case=Case(benchmark=row["benchmark"], params=tuple(row["params"])),
        metric=row["metric"],
        version=row["version"],
    )
