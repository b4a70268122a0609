"""What all entries of one case come to: one cell of asv's row, and one of each further metric's.

Pure, and blind to where the entries stood: whoever calls has chosen those that count, in order.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from groundspeed.records import Build, Measured, Run, Skipped
from groundspeed.results.asv_files import STATS, Cell
from groundspeed.results.asv_json import truncated

NOTHING = Cell(value=None, stats={}, samples=None)
"""asv's cell of what failed, or was never run."""

SKIPPED = Cell(value=math.nan, stats={}, samples=None)
"""asv's cell of what does not apply."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Concluded:
    """What the entries of one case come to. ``counted`` are the runs that made it so."""

    cell: Cell
    counted: tuple[Run, ...]

    @property
    def measured(self) -> bool:
        """Whether the counted runs measured, also where no number came out."""
        return any(isinstance(run.outcome, Measured) for run in self.counted)


def conclude(items: Sequence[Build | Run]) -> Concluded | None:
    """From the entries that count (failed builds among them), in order; None: no data."""
    measured = [item for item in items if isinstance(item, Run) and isinstance(item.outcome, Measured)]
    if measured:
        pooled = [one.outcome for one in measured if isinstance(one.outcome, Measured)]
        return Concluded(cell=_measured_cell(pooled), counted=tuple(measured))
    if not items:
        return None
    last = items[-1]
    if isinstance(last, Build):
        return Concluded(cell=NOTHING, counted=())
    return Concluded(cell=SKIPPED if isinstance(last.outcome, Skipped) else NOTHING, counted=(last,))


def metric_cell(concluded: Concluded, metric: str) -> Cell | None:
    """The cell of a further metric: the median of its samples in all counted runs, with asv's interval.

    A case that failed or was skipped is so in every metric. None where the case was measured without
    this metric. Unlike a value that a benchmark tracks, one sample of a metric says nothing of its
    spread: its interval is unbounded, as asv's is for one timed sample.
    """
    if not concluded.measured:
        return concluded.cell
    readings = [one for run in concluded.counted for one in run.metrics if one.metric == metric]
    samples = [float(sample) for one in readings for sample in one.samples]
    if not samples:
        return None
    numbers = [sample for sample in samples if not math.isnan(sample)]
    return _summary(numbers, 1) if numbers else SKIPPED


def _measured_cell(outcomes: Sequence[Measured]) -> Cell:
    """As ``asv.results.Results.add_result``: timed samples are summarised, a value is itself.

    Where a benchmark gives a value instead of samples, the last one counts: asv keeps what it was
    told last, and a median of two tracked numbers may be a number that nobody tracked.
    """
    samples = [float(sample) for outcome in outcomes for sample in outcome.samples]
    number = outcomes[0].number
    if not samples:
        return NOTHING
    if number is None:
        return Cell(value=samples[-1], stats={}, samples=None)
    return _summary(samples, number)


def _summary(samples: Sequence[float], number: int) -> Cell:
    from asv_runner.statistics import compute_stats

    try:
        value, stats = compute_stats(samples, number)
    except ArithmeticError:  # its interval divides by powers of differences; its median always stands
        return Cell(value=statistics.median(samples), stats={}, samples=None)
    if math.isnan(value):  # it interpolates, and infinity times nothing is no number
        return Cell(value=statistics.median(samples), stats={}, samples=None)
    shortened = {column: _stat(stats[column.removeprefix("stats_")]) for column in STATS}
    return Cell(value=value, stats=shortened, samples=None)


def _stat(value: float) -> float | None:
    return truncated(value) if isinstance(value, float) else value
