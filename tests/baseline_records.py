"""Baselines for tests: measurements, what is missing, and where they come from."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import timedelta

from groundspeed.measurements import Measurement, Missing, Process, Stored
from groundspeed.records import Better, Case, Failed, FailureKind, SeriesKey, Skipped
from groundspeed.results.baselines import Baseline
from groundspeed.results.origin import Installed, Origin
from tests.results_records import COMMITS, MACHINE, PY, T0, fingerprint

CASE = Case(benchmark="suite.Sort.time_sort", params=("10", "'it''s'"))


def key(case: Case = CASE, metric: str = "") -> SeriesKey:
    return SeriesKey(machine="box", environment=PY.name, case=case, metric=metric, version="v1")


def process(*samples: float, number: int | None = 100, at: int = 0) -> Process:
    return Process(
        session="20260102T030405Z-00000001",
        started_at=T0 + timedelta(seconds=at),
        number=number,
        samples=samples,
    )


def measurement(*processes: Process, **changes: object) -> Measurement:
    one = Measurement(
        key=key(),
        commit=COMMITS[0],
        unit="seconds",
        better=Better.LOWER,
        processes=processes or (process(1.25e-5, 1.5e-5), process(1e-5, at=9)),
        stored=Stored(value=1.25e-5, low=math.nan, high=math.inf),
        carried_from=None,
    )
    return replace(one, **changes)  # type: ignore[arg-type]  # fields by name


def missing(why: Failed | Skipped) -> Missing:
    other = key(Case(benchmark="suite.time_broken", params=()))
    return Missing(key=other, commit=COMMITS[0], unit="seconds", better=Better.HIGHER, why=why)


def origin() -> Origin:
    return Origin(
        machine="box",
        description=MACHINE,
        fingerprint=fingerprint(),
        installed=(Installed(environment=PY.name, python="3.11.7", dependencies=("numpy==2.4.6",)),),
        versions={"groundspeed": "0"},
    )


def baseline(*measurements: Measurement | Missing, name: str = "v1.2") -> Baseline:
    return Baseline(
        name=name,
        saved_at=T0 + timedelta(days=1),
        commit=COMMITS[0],
        commit_date=T0,
        origin=origin(),
        measurements=measurements
        or (measurement(), missing(Failed(kind=FailureKind.RAISED, text="no\nluck"))),
    )
