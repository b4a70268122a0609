"""Which measurements a baseline keeps, and what is said to differ from then: tables."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from groundspeed.errors import GroundspeedError, HostMismatchError
from groundspeed.measurements import Measurement
from groundspeed.records import Gpu, Skipped
from groundspeed.results.origin import Installed, Origin
from groundspeed.verdicts.baselines import (
    Cases,
    fewest_sessions,
    newest,
    refuse_other_machine,
)
from groundspeed.verdicts.origins import host_differences, package_differences
from tests.baseline_records import baseline, key, measurement, missing, origin, process
from tests.results_records import COMMITS, PY, PY_NUMPY


def version(name: str, at: int) -> Measurement:
    """The measurement of a version of the benchmark, so many seconds later."""
    return replace(measurement(process(1.0, at=at)), key=replace(key(), version=name))


@pytest.mark.parametrize(
    ("now", "kept"),
    [({"suite.Sort.time_sort": "old"}, "old"), ({"suite.Sort.time_sort": "gone"}, "new"), ({}, "new")],
)
def test_the_suites_own_version_is_kept_else_the_last_measured(now: dict[str, str], kept: str) -> None:
    (found,) = newest([version("new", 9), version("old", 1)], now)
    assert found.key.version == kept


def test_a_value_counts_before_the_lack_of_one() -> None:
    lacking = replace(missing(Skipped(reason="")), key=replace(key(), version="other"))
    assert newest([lacking, version("new", 1)], {}) == (version("new", 1),)
    assert newest([version("new", 1), lacking], {}) == (version("new", 1),)


def test_metrics_and_environments_stay_apart() -> None:
    other = replace(measurement(), key=replace(key(), environment=PY_NUMPY.name))
    further = replace(measurement(), key=replace(key(), metric="p99"))
    assert len(newest([measurement(), other, further], {})) == 3


def test_a_pattern_is_searched_in_the_case() -> None:
    lacking = missing(Skipped(reason=""))
    nightly = ("suite.Sort.*",)
    assert Cases(pattern=r"sort\(10", nightly=nightly).of([measurement(), lacking]) == (measurement(),)
    assert len(Cases(pattern=None, nightly=()).of([measurement(), lacking])) == 2
    assert Cases(pattern=None, nightly=nightly).of([measurement(), lacking]) == (lacking,)
    with pytest.raises(GroundspeedError, match="no regular expression"):
        Cases(pattern="(", nightly=())


def test_the_least_measured_counts_sessions_at_the_commit_itself() -> None:
    twice = measurement(process(1.0), replace(process(1.0), session="20260103T030405Z-00000002"))
    derived = measurement(processes=())
    lacking = missing(Skipped(reason=""))
    assert fewest_sessions([twice, derived, lacking]) == 2
    assert fewest_sessions([twice, measurement()]) == 1
    assert fewest_sessions([twice, replace(twice, carried_from=COMMITS[1])]) == 0
    assert fewest_sessions([derived, lacking]) == 0


# --- what differs -----------------------------------------------------------------------------------


def with_host(**changes: object) -> Origin:
    one = origin()
    assert one.fingerprint is not None
    return replace(one, fingerprint=replace(one.fingerprint, **changes))  # type: ignore[arg-type]  # by name


@pytest.mark.parametrize(
    ("head", "said"),
    [
        (with_host(), []),
        (with_host(kernel="6.9"), ["kernel: expected 6.8, found 6.9"]),
        (with_host(turbo=True), ["turbo: expected not stated, found on"]),
        (
            with_host(gpus=(Gpu(name="fake", memory_bytes=1, driver="1"),)),
            ["GPU: expected fake (driver 0), found fake (driver 1)"],
        ),
        (with_host(gpus=()), ["GPU: expected fake (driver 0), found none"]),
        (
            with_host(cpu_model="Zen", cores_logical=4),
            ["CPU: expected Made CPU, found Zen", "logical processors: expected 2, found 4"],
        ),
    ],
)
def test_hosts_are_compared_by_what_sessions_saw(head: Origin, said: list[str]) -> None:
    assert [str(one) for one in host_differences(origin(), head)] == said


def test_hosts_that_no_session_saw_are_compared_by_machine_json() -> None:
    asv = replace(origin(), fingerprint=None, description={"cpu": "Made CPU", "num_cpu": "4", "ram": ""})
    assert [str(one) for one in host_differences(origin(), asv)] == [
        "logical processors: expected 2, found 4"
    ]


def with_packages(*dependencies: str, python: str = "3.11.7", environment: str = PY.name) -> Origin:
    installed = Installed(environment=environment, python=python, dependencies=dependencies)
    return replace(origin(), installed=(installed,))


@pytest.mark.parametrize(
    ("head", "said"),
    [
        (with_packages("numpy==2.4.6"), []),
        (with_packages("numpy==2.5.0"), ["numpy: expected 2.4.6, found 2.5.0"]),
        (with_packages("numpy==2.4.6", python="3.11.9"), ["Python: expected 3.11.7, found 3.11.9"]),
        (
            with_packages("scipy==1.1"),
            ["numpy: expected 2.4.6, found none", "scipy: expected none, found 1.1"],
        ),
        (
            with_packages(python="3.12.1"),
            ["Python: expected 3.11.7, found 3.12.1"],
        ),  # nobody recorded packages
        (with_packages("numpy==2.4.6", python=""), []),  # nor the interpreter
        (with_packages("numpy==1.0", environment="other"), []),
    ],
)
def test_packages_are_compared_environment_by_environment(head: Origin, said: list[str]) -> None:
    assert [str(one) for one in package_differences(origin(), head)] == said


def test_another_machine_is_refused_with_what_differs() -> None:
    refuse_other_machine(baseline(), origin())
    with pytest.raises(
        HostMismatchError, match=r"(?s)is of box.*are of lab:\n  kernel: .*--any-machine"
    ) as raised:
        refuse_other_machine(baseline(), replace(with_host(kernel="7.0"), machine="lab"))
    assert raised.value.exit_code == 5


def test_the_time_of_a_process_decides_between_versions_not_its_place() -> None:
    later = measurement(process(1.0, at=1), process(1.0, at=10))
    earlier = measurement(process(1.0, at=9))
    assert later.processes[-1].started_at - earlier.processes[0].started_at == timedelta(seconds=1)
    both = [
        replace(later, key=replace(key(), version="a")),
        replace(earlier, key=replace(key(), version="b")),
    ]
    assert {found.key.version for found in (*newest(both, {}), *newest(both[::-1], {}))} == {"a"}
