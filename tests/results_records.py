"""Records for tests of the results: a host, suites, sessions and what was done in them.

Owns defaults, so that a test says only what it is about.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from groundspeed.records import (
    Benchmark,
    Better,
    Build,
    Case,
    Environment,
    Failed,
    Fingerprint,
    Gpu,
    Measured,
    Reading,
    Run,
    Sampling,
    Session,
    Stop,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from groundspeed.records import Outcome

T0 = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
COMMITS = tuple(f"{number:08x}" * 5 for number in range(1, 5))
MACHINE = {
    "machine": "box",
    "os": "Linux 6.8",
    "arch": "x86_64",
    "cpu": "Made CPU",
    "num_cpu": "2",
    "ram": "24000000",
}
PY = Environment(name="virtualenv-py3.11", python="3.11", requirements={}, env_vars={})
PY_NUMPY = Environment(
    name="virtualenv-py3.11-numpy2.4", python="3.11", requirements={"numpy": "2.4"}, env_vars={"OMP": "1"}
)

PRECISE = Sampling(precision=0.01, case_budget_s=2.0, budget_s=None, interleave=True, cpus=(0, 2))


def fingerprint() -> Fingerprint:
    return Fingerprint(
        cpu_model="Made CPU",
        cores_physical=None,
        cores_logical=2,
        caches=("L2 1 MiB",),
        ram_bytes=24_000_000_000,
        gpus=(Gpu(name="fake", memory_bytes=1, driver="0"),),
        os="Linux",
        kernel="6.8",
        arch="x86_64",
        virtualised="kvm",
        governor=None,
        turbo=None,
    )


def benchmark(
    name: str,
    params: Sequence[Sequence[str]] = (),
    version: str = "v1",
    kind: str = "time",
    unit: str = "seconds",
    **stated: Any,
) -> Benchmark:
    names = tuple(f"param{position + 1}" for position in range(len(params)))
    definition: dict[str, Any] = {
        "name": name,
        "params": [list(values) for values in params],
        "param_names": list(names),
        "version": version,
        "unit": unit,
        "type": kind,
        "code": f"def {name}(): pass",
        "timeout": 60.0,
        **stated,
    }
    return Benchmark(
        name=name,
        kind=kind,
        params=tuple(tuple(values) for values in params),
        param_names=names,
        unit=unit,
        version=version,
        timeout_s=60.0,
        rounds=2,
        setup_cache_key=None,
        setup_cache_timeout_s=None,
        definition=definition,
    )


def session(
    number: int,
    benchmarks: Iterable[Benchmark],
    environments: Iterable[Environment] = (PY, PY_NUMPY),
    commits: Iterable[str] = COMMITS,
    sampling: Sampling | None = None,
) -> Session:
    """Session ``number`` of a history; its id and time grow with the number."""
    started_at = T0 + timedelta(days=number)
    return Session(
        id=f"{started_at:%Y%m%dT%H%M%SZ}-{number:08x}",
        started_at=started_at,
        machine="box",
        fingerprint=fingerprint(),
        environments=tuple(environments),
        benchmarks=tuple(benchmarks),
        commits={commit: T0 + timedelta(hours=place) for place, commit in enumerate(commits)},
        seed=number,
        sampling=sampling,
        fitness=(),
        versions={"groundspeed": "0"},
    )


def run(
    case: Case,
    outcome: Outcome,
    commit: str = COMMITS[0],
    environment: str = PY.name,
    version: str = "v1",
    quick: bool = False,
    at: datetime = T0,
    metrics: Sequence[Reading] = (),
    check: str | None = None,
    stop: Stop | None = None,
) -> Run:
    return Run(
        case=case,
        version=version,
        commit=commit,
        environment=environment,
        outcome=outcome,
        metrics=tuple(metrics),
        check=check,
        stop=stop,
        quick=quick,
        started_at=at,
        duration_s=0.5,
    )


def measured(*samples: float, number: int | None = 1) -> Measured:
    return Measured(samples=samples, number=number)


def reading(metric: str, *samples: float, unit: str = "seconds", better: Better = Better.LOWER) -> Reading:
    return Reading(metric=metric, unit=unit, better=better, samples=samples)


def build(
    commit: str = COMMITS[0],
    failure: Failed | None = None,
    benchmarks: Sequence[str] = (),
    environment: str = PY.name,
    at: datetime = T0,
    identity: str | None = None,
) -> Build:
    return Build(
        commit=commit,
        environment=environment,
        failure=failure,
        dependencies=("numpy==2.4.6",),
        identity=identity,
        benchmarks=tuple(benchmarks),
        started_at=at,
        duration_s=1.25,
    )
