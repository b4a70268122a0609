"""The samples of worker processes at some commits, as columns: what a distribution is drawn from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from groundspeed.results.index.measured import MEASURED_COLUMNS, Measured, by_session, measured_fields

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray


@dataclass(frozen=True, kw_only=True, slots=True)
class Samples(Measured):
    """Process i gave ``values[bounds[i]:bounds[i + 1]]``, in base units, as taken; NaN was no number."""

    bounds: NDArray[np.int64]
    values: NDArray[np.float64]


SAMPLE_COLUMNS = (*MEASURED_COLUMNS, "samples")
"""Of the table ``processes``, those that ``samples_of`` reads."""


def samples_of(machine: str, table: pa.Table) -> Samples:
    """The rows that measured. ``table`` has ``SAMPLE_COLUMNS``, in any order."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    table = by_session(table)
    sizes = pc.fill_null(pc.list_value_length(table["samples"]), 0).to_numpy()
    flat = pc.list_flatten(table["samples"]).cast(pa.float64())
    return Samples(
        **measured_fields(machine, table),
        bounds=np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64),
        values=flat.fill_null(float("nan")).to_numpy(),
    )
