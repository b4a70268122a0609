"""What worker processes gave, over a whole history, as columns: what noise is learned from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from groundspeed.results.index.measured import MEASURED_COLUMNS, Measured, by_session, measured_fields

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray


@dataclass(frozen=True, kw_only=True, slots=True)
class Processes(Measured):
    """Every process of every session of a machine that measured.

    ``medians`` are of the samples that are numbers, in base units, NaN where there is none; ``counts`` how
    many those are. Both: shape (n,).
    """

    started_at_s: NDArray[np.float64]
    medians: NDArray[np.float64]
    counts: NDArray[np.int32]


PROCESS_COLUMNS = (*MEASURED_COLUMNS, "started_at", "count", "median")
"""Of the table ``processes``, those that ``processes_of`` reads."""


def processes_of(machine: str, table: pa.Table) -> Processes:
    """The rows that measured. ``table`` has ``PROCESS_COLUMNS``, in any order."""
    import numpy as np
    import pyarrow as pa

    table = by_session(table)
    return Processes(
        **measured_fields(machine, table),
        started_at_s=table["started_at"].cast(pa.int64()).to_numpy() / 1e6,
        medians=table["median"].fill_null(float("nan")).to_numpy(),
        counts=table["count"].to_numpy().astype(np.int32),
    )
