"""Archives made by hand for the tests of the site: small, and holding everything that is awkward."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np

from groundspeed.history.order import history_order
from groundspeed.records import Benchmark, Better, Case, Commit, SeriesKey
from groundspeed.results.archive import Archive, MeasuredCommit, Series
from groundspeed.results.index.memory import Memory
from groundspeed.results.unmeasured import Carried
from groundspeed.site.subject import ProjectInfo, Subject, subject_of
from groundspeed.verdicts.reading import dates_of
from groundspeed.verdicts.steps import find_steps

EPOCH = datetime(2024, 3, 1, 9, 30, tzinfo=UTC)
HOSTILE = "<img src=x onerror=alert(1)>"
PROJECT = ProjectInfo(
    name="dromedary", url="https://example.org/dromedary", show_commit_url="https://example.org/commit/"
)
COUNT = 30


def commit_hash(place: int) -> str:
    return f"{place:08x}" + "c0ffee00" * 4


def measured(count: int = COUNT) -> tuple[MeasuredCommit, ...]:
    return tuple(
        MeasuredCommit(hash=commit_hash(place), date=EPOCH + timedelta(days=place)) for place in range(count)
    )


def known(count: int = COUNT) -> dict[str, Commit]:
    """What the repository says of them; the last but one left the branch."""
    commits = {
        commit_hash(place): Commit(
            hash=commit_hash(place),
            parents=(commit_hash(place - 1),) if place else (),
            date=EPOCH + timedelta(days=place),
            author="Ada",
            subject=f"Change number {place}" if place != 3 else f"Escape {HOSTILE}",
            tags=("v1.0",) if place == 10 else (),
        )
        for place in range(count)
    }
    del commits[commit_hash(count - 2)]
    return commits


def series(
    benchmark: str,
    values: Sequence[float],
    *,
    machine: str = "camel",
    environment: str = "virtualenv-py3.11",
    params: tuple[str, ...] = (),
    metric: str = "",
    version: str | None = "v1",
    unit: str = "seconds",
    better: Better = Better.LOWER,
    first: int = 0,
    spread: float = 0.02,
    failures: Mapping[int, str] | None = None,
    carried: Mapping[int, int] | None = None,
) -> Series:
    """``carried`` maps places in history that were not measured to those whose measurement they share."""
    column = np.array(values, dtype=np.float64)
    return Series(
        key=SeriesKey(
            machine=machine,
            environment=environment,
            case=Case(benchmark=benchmark, params=params),
            metric=metric,
            version=version,
        ),
        unit=unit,
        better=better,
        commits=np.arange(first, first + column.size, dtype=np.int32),
        values=column,
        low=column * (1 - spread),
        high=column * (1 + spread),
        failures=failures or {},
        carried=tuple(
            Carried(
                commit=commit_hash(place), date=EPOCH + timedelta(days=place), measured_at=commit_hash(at)
            )
            for place, at in (carried or {}).items()
        ),
    )


def wavy(level: float, *, count: int = COUNT, step_at: int | None = None, phase: int = 0) -> list[float]:
    """A level with a little noise that is the same on every day, and a step where asked."""
    return [
        level * (1 + 0.012 * math.sin(1.7 * place + phase)) * (1.3 if step_at and place >= step_at else 1)
        for place in range(count)
    ]


def benchmark(
    name: str, *, params: Mapping[str, tuple[str, ...]] | None = None, unit: str = "s"
) -> Benchmark:
    axes = params or {}
    return Benchmark(
        name=name,
        kind="time",
        params=tuple(axes.values()),
        param_names=tuple(axes),
        unit=unit,
        version="v1",
        timeout_s=60.0,
        rounds=2,
        setup_cache_key=None,
        setup_cache_timeout_s=None,
        definition={"code": f"def {name.rpartition('.')[2]}(self):\n    walk('<b>far</b>')"},
    )


def subject(archive: Archive, commits: Mapping[str, Commit] | None = None) -> Subject:
    """What is published of an archive alone; its steps are found, nothing is remembered."""
    commits = known() if commits is None else commits
    order = history_order(dates_of(archive), commits)
    return subject_of(PROJECT, archive, commits, find_steps(archive, order, Memory(Path(os.devnull), "none")))


def small_archive(count: int = COUNT) -> Archive:
    """Two machines, parameters, two metrics, two versions, failures, a skip, and names that attack."""
    nan = math.nan
    failing = wavy(3e-6, count=count)
    failing[12] = failing[count - 1] = nan
    failing[15] = nan  # skipped: no value, and no failure
    text = f'raised: Traceback (most recent call last):\n  File "bench.py", line 7\nValueError: {HOSTILE}'
    rows = [
        series("walk.Desert.time_cross", wavy(1.24e-3, count=count, step_at=18)),
        series("walk.Desert.time_cross", wavy(2.1e-3, count=count, phase=2), machine="oryx"),
        series("walk.Desert.time_drink", failing, failures={12: text, count - 1: text}),
        *(
            series(
                "walk.Herd.time_count",
                wavy(1e-6 * size * (1 + 0.2 * kind), count=count),
                params=(str(size), f"'{name}'"),
            )
            for size in (1, 10, 100)
            for kind, name in enumerate(("goat", "camel", HOSTILE))
        ),
        series(
            "water.Skin.peakmem_fill", [5e6 + 4096 * place for place in range(count)], unit="bytes", spread=0
        ),
        series("water.Skin.latency_pour", wavy(4e-3, count=count)),
        series("water.Skin.latency_pour", wavy(9e-3, count=count), metric="p99"),
        series(
            "water.Skin.latency_pour", wavy(250, count=count), metric="rate", unit="1/s", better=Better.HIGHER
        ),
        series("old.time_renewed", wavy(2.0, count=8), version="v0"),
        series("old.time_renewed", wavy(1.0, count=count - 8), first=8),
        series(f"old.time_{HOSTILE}", wavy(0.5, count=count)),
    ]
    herd = {"size": ("1", "10", "100"), "kind": ("'goat'", "'camel'", f"'{HOSTILE}'")}
    benchmarks = {one.key.case.benchmark: benchmark(one.key.case.benchmark) for one in rows}
    benchmarks["walk.Herd.time_count"] = benchmark("walk.Herd.time_count", params=herd)
    return Archive(
        commits=measured(count),
        series=tuple(rows),
        benchmarks=benchmarks,
        machines={
            "camel": {"cpu": "AMD Ryzen 9 7950X", "num_cpu": "32", "ram": "65536000", "os": "Linux 6.1"},
            "oryx": {"cpu": HOSTILE, "num_cpu": "4", "ram": "17179869184", "os": "Linux 6.1"},
        },
        files=count * 2,
        warnings=(),
    )


CARRIED = {13: 12, COUNT - 2: COUNT - 3, COUNT - 1: 10}
"""Where nobody measured; the newest commit takes everything back to what commit 10 was."""
LATE = 16


def carried_archive() -> Archive:
    """Three commits without a result file, carried over on one machine; a benchmark that began late."""
    commits = tuple(one for place, one in enumerate(measured()) if place not in CARRIED)
    count = len(commits)
    late = wavy(2e-3, count=count)
    late[: LATE - 1] = [math.nan] * (LATE - 1)  # one commit less: 13 is not among them
    rows = (
        series("walk.Desert.time_cross", wavy(1.24e-3, count=count, step_at=18), carried=CARRIED),
        series("walk.Desert.time_cross", wavy(2.1e-3, count=count, phase=2), machine="oryx"),
        series("walk.Desert.time_late", late),
    )
    return Archive(
        commits=commits,
        series=rows,
        benchmarks={one.key.case.benchmark: benchmark(one.key.case.benchmark) for one in rows},
        machines={"camel": {"os": "Linux 6.1"}, "oryx": {"os": "Linux 6.1"}},
        files=count * 2,
        warnings=(),
    )
