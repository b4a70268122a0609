"""What a process of a benchmark says of the metric that is asked about. Pure."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable
from dataclasses import dataclass

from groundspeed.definition import better as stated_better
from groundspeed.errors import GroundspeedError, NothingMeasuredError
from groundspeed.measurements import Measurement, Process, Stored
from groundspeed.records import Benchmark, Better, Measured, Run, SeriesKey


@dataclass(frozen=True, kw_only=True, slots=True)
class Read:
    """What a process gave: its samples, in ``unit``."""

    samples: tuple[float, ...]
    unit: str
    better: Better


def read(run: Run, benchmark: Benchmark, metric: str) -> Read | None:
    """The samples of a metric (empty: the main one); None where the process gave none.

    Raises ``GroundspeedError`` where the benchmark has no such metric, ``NothingMeasuredError`` where a
    sample is not above 0: what changed by what factor cannot be said of it.
    """
    if not isinstance(run.outcome, Measured):
        return None
    if not metric:
        better = stated_better(benchmark.definition) or Better.LOWER
        found = Read(samples=run.outcome.samples, unit=benchmark.unit, better=better)
    else:
        readings = [one for one in run.metrics if one.metric == metric]
        if not readings:
            names = ", ".join(sorted({one.metric for one in run.metrics})) or "none but the main one"
            raise GroundspeedError(f"{run.case} has no metric {metric}. It has: {names}.")
        samples = tuple(float(sample) for one in readings for sample in one.samples)
        found = Read(samples=samples, unit=readings[0].unit, better=readings[0].better)
    if not all(sample > 0 and math.isfinite(sample) for sample in found.samples) or not found.samples:
        raise NothingMeasuredError(
            f"{run.case} gave {min(found.samples, default=math.nan):g} at {run.commit[:8]}: find looks for a "
            "ratio, so it needs values above 0. Look at this case with groundspeed compare."
        )
    return found


def ratio(base: Read, head: Read) -> float:
    """Head over base, turned so that less is better: the median of the ratios of samples taken side by side.

    What the host does for longer than a sample hits both of such a pair. Of 80 pairs of processes of
    identical code on a busy host, eight after eight, the means of single processes lay 2.1 % off in the
    median, those of these ratios 0.3 %; their standard deviations were 2.8 % and 1.3 %.
    """
    beside = zip(base.samples, head.samples, strict=False)
    value = math.exp(statistics.median(math.log(there / here) for here, there in beside))
    return value if head.better is Better.LOWER else 1 / value


def measurement(
    key: SeriesKey, commit: str, runs: Iterable[tuple[str, Run]], benchmark: Benchmark
) -> Measurement:
    """The processes of a commit, each with its sitting, as a comparison takes them; one at least."""
    read_runs = [(sitting, run, read(run, benchmark, key.metric)) for sitting, run in runs]
    known = [(sitting, run, one) for sitting, run, one in read_runs if one is not None]
    processes = tuple(
        Process(
            session=sitting,
            started_at=run.started_at,
            number=run.outcome.number if isinstance(run.outcome, Measured) and not key.metric else None,
            samples=tuple(map(float, one.samples)),
        )
        for sitting, run, one in known
    )
    value = statistics.median(sample for one in processes for sample in one.samples)
    return Measurement(
        key=key,
        commit=commit,
        unit=known[0][2].unit,
        better=known[0][2].better,
        processes=processes,
        stored=Stored(value=value, low=math.nan, high=math.nan),
        carried_from=None,
    )
