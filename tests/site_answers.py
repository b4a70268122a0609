"""A project with every kind of answer, for tests of the site: real results on disk, of made values.

`answered(root)` makes it and gives the subject that `groundspeed publish` would show. On `camel`, in five
sessions of eight commits, a regression of each state, an improvement, a benchmark that fails, one that
vanished, one that grows with its size, targets in each state, a host that changed and a control that moved;
on `oryx` two sessions long before, with a name and texts that attack. The last deployment failed.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from groundspeed.config import Configuration, load
from groundspeed.errors import GroundspeedError
from groundspeed.records import (
    Benchmark,
    Case,
    Control,
    Failed,
    FailureKind,
    Finding,
    Fingerprint,
    Outcome,
    Session,
    Severity,
    Telemetry,
)
from groundspeed.results.attempts import Stage, attempting
from groundspeed.results.store import ResultStore
from groundspeed.site.answers import answers_of
from groundspeed.site.subject import ProjectInfo, Subject, subject_of
from groundspeed.verdicts.reading import ProjectResults, read
from groundspeed.verdicts.regressions import find_regressions, triage_path
from groundspeed.verdicts.triage import Decision, Ruling, record
from tests.repositories import CommitSpec, make_repository
from tests.results_records import PRECISE, PY, benchmark, fingerprint, measured, run, session
from tests.site_archives import HOSTILE

COUNT = 40
PER_SESSION = 8
FIRST = datetime(2025, 1, 1, 12, tzinfo=UTC)
PUBLISHED = datetime(2025, 2, 11, 20, tzinfo=UTC)  # the day after camel measured last
SIZES = (100, 1_000, 10_000)
CROSS, DRINK, COUNTED, POUR, FILL, LEAK = (
    "walk.Desert.time_cross",
    "walk.Desert.time_drink",
    "walk.Herd.time_count",
    "water.Skin.time_pour",
    "water.Skin.time_fill",
    "water.Skin.time_leak",
)
SORT, GONE, BROKEN, STEADY = (
    "sort.time_sort",
    "old.time_gone",
    "walk.Desert.time_fall",
    "water.Skin.time_hold",
)
LAST_OF_GONE = 15  # the place of the commit that it was measured at last

LEVELS: Mapping[str, Callable[[int], float]] = {
    CROSS: lambda at: 1.2e-3 * (1.3 if at >= 20 else 1),
    DRINK: lambda at: 4e-3 * (1.5 if 11 <= at < 27 else 1),
    COUNTED: lambda at: 2e-6 * (1.6 if at >= 31 else 1),
    POUR: lambda at: 7e-2 * (1.4 if at >= 15 else 1),
    FILL: lambda at: 9e-4 * (1.35 if at >= 24 else 1),
    LEAK: lambda at: 3e-3 * (0.7 if at >= 22 else 1),
    STEADY: lambda at: 5e-3,
}
TARGETS = f"""
[machines.camel]
cpu = "Made CPU"
threads = 2

[targets]
"{STEADY}" = "< 10 ms"
"{CROSS}" = "< 1.4 ms"
"{POUR}" = "< 98 ms"
"walk.Desert.time_fly" = "< 1 s"
"{SORT}" = "< 2 s at 100000"

[scaling.sizes]
"{SORT}" = "n"
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Answered:
    """What was made."""

    subject: Subject
    reading: ProjectResults
    configuration: Configuration
    commits: tuple[str, ...]


def answered(root: Path) -> Answered:
    """Make the project in ``root``, decide about its regressions, and read it as publish does."""
    commits = _repository(root)
    for number in range(COUNT // PER_SESSION):
        places = range(number * PER_SESSION, (number + 1) * PER_SESSION)
        _measure(root, _camel(number, _dated(commits, places)), commits, places)
    for number in (0, 1):
        places = range(number * PER_SESSION, (number + 1) * PER_SESSION)
        _measure(root, _oryx(number, _dated(commits, places)), commits, places)
    configuration = load(root)
    _decide(configuration)
    with (
        contextlib.suppress(GroundspeedError),
        attempting(configuration.workspace, Stage.DEPLOY, lambda: PUBLISHED - timedelta(hours=20)),
    ):
        raise GroundspeedError(f"No way from {root}/html to {HOSTILE}.")
    reading = read(configuration)
    suite = configuration.suite
    project = ProjectInfo(name=suite.project, url=suite.project_url, show_commit_url=suite.show_commit_url)
    made = subject_of(
        project, reading.archive, reading.commits, reading.steps, answers_of(reading, PUBLISHED)
    )
    return Answered(subject=made, reading=reading, configuration=configuration, commits=commits)


def _repository(root: Path) -> tuple[str, ...]:
    subjects = [f"Change {at}" if at != 31 else f"Count {HOSTILE}" for at in range(COUNT)]
    specs = [
        CommitSpec(text, {"file": str(at)}, date=FIRST + timedelta(days=at))
        for at, text in enumerate(subjects)
    ]
    commits = make_repository(root, specs)
    suite = {
        "version": 1,
        "project": "dromedary",
        "project_url": "https://example.org/dromedary",
        "show_commit_url": "https://example.org/commit/",
        "repo": ".",
        "branches": ["main"],
    }
    (root / "asv.conf.json").write_text(json.dumps(suite), encoding="utf-8")
    (root / "groundspeed.toml").write_text(TARGETS, encoding="utf-8")
    return commits


def _dated(commits: Sequence[str], places: range) -> Mapping[str, datetime]:
    return {commits[at]: FIRST + timedelta(days=at) for at in places}


def _suite(names: Sequence[str]) -> list[Benchmark]:
    sort = benchmark(SORT, [[str(size) for size in SIZES]], param_names=["n"])
    return [*(benchmark(name) for name in names), replace(sort, param_names=("n",))]


def _camel(number: int, commits: Mapping[str, datetime]) -> Session:
    at = FIRST + timedelta(days=(number + 1) * PER_SESSION, hours=8)
    findings = (
        Finding(check="governor", severity=Severity.UNFIT, seen="powersave", advice="set performance"),
        Finding(check="load", severity=Severity.FINE, seen="0.1", advice=""),
    )
    names = [*LEVELS, BROKEN, *([GONE] if number * PER_SESSION <= LAST_OF_GONE else [])]
    return replace(
        session(number, _suite(names), [PY], commits, PRECISE),
        id=f"{at:%Y%m%dT%H%M%SZ}-{number:08x}",
        started_at=at,
        commits=commits,
        machine="camel",
        fingerprint=_host(number),
        fitness=findings if number == 2 else (),
    )


def _oryx(number: int, commits: Mapping[str, datetime]) -> Session:
    at = FIRST + timedelta(days=number * 2 + PER_SESSION, hours=9)
    return replace(
        session(number, _suite([CROSS, STEADY, GONE]), [PY], commits),
        id=f"{at:%Y%m%dT%H%M%SZ}-{number + 16:08x}",
        started_at=at,
        commits=commits,
        machine="oryx",
        fingerprint=replace(fingerprint(), cpu_model=HOSTILE),
    )


def _host(number: int) -> Fingerprint:
    """Another kernel from the third session on, another governor in the last."""
    return replace(
        fingerprint(), kernel="6.8" if number < 2 else "6.12", governor="performance" if number == 4 else None
    )


def _measure(root: Path, one: Session, commits: Sequence[str], places: range) -> None:
    facts = {
        "os": "Linux 6.8",
        "arch": "x86_64",
        "cpu": one.fingerprint.cpu_model,
        "num_cpu": "2",
        "ram": "24000000",
    }
    store = ResultStore(root / "results", {"machine": one.machine, **facts}, monotonic=lambda: 0.0)
    store.begin(one)
    control = 0.0118 if one.fingerprint.governor else 0.01
    for minutes in (0, 30):
        samples = tuple(control * (1 + 0.001 * (sample % 7)) for sample in range(30))
        store.add(Control(started_at=one.started_at + timedelta(minutes=minutes), samples=samples))
    columns = {"load_1min": (0.1, 0.4), "frequency_hz": (3.0e9, 3.1e9), "switches_per_s": (90.0, None)}
    store.add(Telemetry(started_at=one.started_at, seconds=(0.0, 60.0), columns=columns))
    suite = {each.name for each in one.benchmarks}
    for at in places:
        for case, outcome in _outcomes(at):
            if case.benchmark in suite:
                store.add(run(case, outcome, commits[at], at=one.started_at))
    store.close()


def _outcomes(at: int) -> list[tuple[Case, Outcome]]:
    wave = 1 + 0.004 * ((at * 7) % 5 - 2)
    text = f'Traceback (most recent call last):\n  File "bench.py", line 7\nValueError: {HOSTILE}'
    broken: Outcome = Failed(kind=FailureKind.RAISED, text=text) if at == COUNT - 1 else _samples(1e-3 * wave)
    return [
        *((Case(benchmark=name, params=()), _samples(level(at) * wave)) for name, level in LEVELS.items()),
        *((Case(benchmark=SORT, params=(str(size),)), _samples(1e-5 * size * wave)) for size in SIZES),
        *([(Case(benchmark=GONE, params=()), _samples(1e-3 * wave))] if at <= LAST_OF_GONE else []),
        (Case(benchmark=BROKEN, params=()), broken),
    ]


def _samples(value: float) -> Outcome:
    return measured(value * 0.995, value, value * 1.005)


def _decide(configuration: Configuration) -> None:
    """A ruling on three of the regressions; one is left open, one went back by itself."""
    found = find_regressions(read(configuration))
    rulings = {COUNTED: Ruling.CONFIRMED, POUR: Ruling.ACKNOWLEDGED, FILL: Ruling.NOT_CONFIRMED}
    for group in found.groups:
        name = group.affected[0].step.key.case.benchmark
        if name in rulings:
            decision = Decision(
                id=group.id,
                ruling=rulings[name],
                base=group.range.base,
                head=group.range.head,
                cases=(name,),
                machines=(),
                by="Ada",
                at=FIRST + timedelta(days=60),
                note=f"because {HOSTILE}",
            )
            record(triage_path(configuration), decision, locks=configuration.workspace / "locks")
