"""The worker processes that measured, as columns: what every look at them has in common."""

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
class Measured:
    """Processes that measured, by session and line; one entry a metric. Arrays: shape (n,).

    ``series``, ``commit`` and ``session`` are positions in ``keys``, ``commits`` and ``sessions`` (ids, in
    the order of time). ``quick`` runs count only where no other run measured.
    """

    keys: tuple[SeriesKey, ...]
    commits: tuple[str, ...]
    sessions: tuple[str, ...]
    series: NDArray[np.int32]
    commit: NDArray[np.int32]
    session: NDArray[np.int32]
    quick: NDArray[np.bool_]


_KEY = "environment benchmark params metric version".split()
MEASURED_COLUMNS = ("session", "line", "series", *_KEY, "commit", "outcome", "quick")
"""Of the table ``processes``, those that ``by_session`` and ``measured_fields`` read."""


def by_session(table: pa.Table) -> pa.Table:
    """The rows that measured, by session and line. ``table`` has ``MEASURED_COLUMNS``, in any order."""
    import numpy as np
    import pyarrow.compute as pc

    table = table.filter(pc.equal(table["outcome"], "measured"))
    return table.take(np.lexsort((table["line"].to_numpy(), table["session"].to_numpy())))


def measured_fields(machine: str, table: pa.Table) -> dict[str, Any]:
    """What the fields of ``Measured`` are for the rows of ``by_session``.

    Texts become positions among the distinct ones, these in the order in which they come.
    """
    import numpy as np

    coded = {
        name: table[name].combine_chunks().dictionary_encode() for name in ("series", "commit", "session")
    }
    firsts = np.unique(coded["series"].indices.to_numpy(), return_index=True)[1]
    return {
        "keys": tuple(_key(machine, row) for row in table.select(_KEY).take(firsts).to_pylist()),
        "commits": tuple(coded["commit"].dictionary.to_pylist()),
        "sessions": tuple(coded["session"].dictionary.to_pylist()),
        **{name: column.indices.to_numpy() for name, column in coded.items()},
        "quick": table["quick"].to_numpy(),
    }


def _key(machine: str, row: Mapping[str, Any]) -> SeriesKey:
    """The series that a row of the table ``processes`` is of."""
    return SeriesKey(
        machine=machine,
        environment=row["environment"],
        case=Case(benchmark=row["benchmark"], params=tuple(row["params"])),
        metric=row["metric"],
        version=row["version"],
    )
