"""Measurements for tests: whole ends in a line, and 3,128 real processes of identical code as they ran."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import numpy as np

from groundspeed.measurements import Measurement, Missing, Process, Stored
from groundspeed.records import Better, Case, Failed, NotRun, SeriesKey, Skipped
from tests.measuring import START

FIXTURE = Path(__file__).parent / "fixtures" / "aa.npz"


def key(name: str = "m.time_x", metric: str = "", version: str | None = "1", params: str = "") -> SeriesKey:
    case = Case(benchmark=name, params=(params,) if params else ())
    return SeriesKey(machine="box", environment="e", case=case, metric=metric, version=version)


def processes(session: str, *samples: float | Sequence[float], number: int | None = 1) -> tuple[Process, ...]:
    """A process of ``session`` for each value, or row of values."""
    rows = [(one,) if isinstance(one, int | float) else tuple(one) for one in samples]
    return tuple(Process(session=session, started_at=START, number=number, samples=row) for row in rows)


def measured(
    *of: Process,
    at: SeriesKey | None = None,
    commit: str = "b" * 40,
    unit: str = "seconds",
    better: Better = Better.LOWER,
    stored: tuple[float, float, float] = (1.0, float("nan"), float("nan")),
    carried_from: str | None = None,
) -> Measurement:
    """``stored`` is the value with its bounds."""
    value, low, high = stored
    return Measurement(
        key=at or key(),
        commit=commit,
        unit=unit,
        better=better,
        processes=of,
        stored=Stored(value=value, low=low, high=high),
        carried_from=carried_from,
    )


def missing(why: Failed | Skipped | NotRun, at: SeriesKey | None = None) -> Missing:
    return Missing(key=at or key(), commit="c" * 40, unit="seconds", better=Better.LOWER, why=why)


@cache
def identical() -> dict[tuple[int, int], tuple[Measurement, ...]]:
    """Of ten commits of identical code in four sessions (tools/aa-samples): by session and commit, a
    measurement of each of 30 cases, its processes as they ran.
    """
    with np.load(FIXTURE, allow_pickle=False) as file:
        runs, samples, cases = file["runs"].astype(int), file["samples"].astype(float), file["cases"]
    cuts = np.split(samples, np.cumsum(runs[:, 4])[:-1])
    found: dict[tuple[int, int], dict[str, list[Process]]] = defaultdict(lambda: defaultdict(list))
    for (session, commit, case, _, _), values in zip(runs.tolist(), cuts, strict=True):
        found[session, commit][str(cases[case])] += processes(f"session-{session}", values.tolist())
    return {
        end: tuple(
            measured(*of, at=key(name), commit=f"{end[1]:040x}") for name, of in sorted(by_case.items())
        )
        for end, by_case in found.items()
    }
