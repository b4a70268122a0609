"""The suite room with real parts: asv's environment class, uv or pip, a worker process, its children."""

from __future__ import annotations

import ast
import json
import os
import platform
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from groundspeed import config
from groundspeed.config import Configuration
from groundspeed.errors import ConfigError
from groundspeed.measure.standing_worker import Located
from groundspeed.measure.taking import Settings, Taken, take
from groundspeed.records import Benchmark, Case, Failed, FailureKind, Measured, Sampling, Skipped
from groundspeed.suite import isolation
from groundspeed.suite.answers import outcome_of
from groundspeed.suite.client import Folders, Worker
from groundspeed.suite.environments import Environments, Prepared
from groundspeed.suite.worker.discovery import fork_reason
from tests.processes import ended
from tests.projects import FATES, make_project
from tests.wheelhouse import offline_environment


@pytest.fixture(scope="module")
def configuration(tmp_path_factory: pytest.TempPathFactory) -> Configuration:
    root = tmp_path_factory.mktemp("project")
    make_project(root, (1, None, 3), fates=FATES, broken="import nothing_there\n")
    return config.load(root)


@pytest.fixture(scope="module")
def environments(configuration: Configuration) -> Environments:
    return Environments(configuration, {**os.environ, **offline_environment(), "SECRET_TOKEN": "hidden"})


@pytest.fixture(scope="module")
def prepared(environments: Environments, hashes: tuple[str, ...]) -> Prepared:
    made = environments.prepare(hashes[0], environments.matrix()[0])
    assert isinstance(made, Prepared), made
    return made


@pytest.fixture(scope="module")
def hashes(configuration: Configuration) -> tuple[str, ...]:
    log = ["git", "-C", str(configuration.suite.root), "log", "--reverse", "--format=%H"]
    return tuple(subprocess.run(log, capture_output=True, text=True, check=True).stdout.split())


@pytest.fixture(scope="module")
def worker(
    prepared: Prepared, configuration: Configuration, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Worker]:
    worker = Worker(prepared, configuration, folders_in(tmp_path_factory.mktemp("work")))
    yield worker
    worker.close()


SAMPLING = Sampling(precision=0.01, case_budget_s=2.0, budget_s=None, interleave=True, cpus=())


def folders_in(root: Path) -> Folders:
    caches = root / "caches"
    caches.mkdir(parents=True)
    return Folders(work=root, caches=caches, cpus=())


def run(worker: Worker, benchmark: Benchmark, index: int, *, quick: bool, timeout_s: float) -> Taken:
    """One process of a case, as a session takes it."""
    located = Located(worker=worker, benchmark=replace(benchmark, timeout_s=timeout_s), index=index)
    return take(located, Settings(quick=quick, timeout_s=timeout_s, seed=7, sampling=SAMPLING), 0)


def find(worker: Worker, name: str) -> Benchmark:
    return next(one for one in worker.discovery.benchmarks if one.name == name)


def test_the_environment_has_asvs_name_and_the_project_inside(prepared: Prepared) -> None:
    assert prepared.environment == "virtualenv-py3.11"
    assert "sample==0" in prepared.dependencies
    assert prepared.dependencies[0] == f"python=={platform.python_version()}"
    assert not any(line.startswith(("groundspeed==", "pytest==")) for line in prepared.dependencies)


def test_workers_see_listed_variables_only(prepared: Prepared, configuration: Configuration) -> None:
    assert "SECRET_TOKEN" not in prepared.variables
    assert not any(key.startswith(("PIP_", "UV_")) for key in prepared.variables)
    assert prepared.variables["HOME"] == str(configuration.workspace / "home")
    assert prepared.variables["ASV_COMMIT"] == prepared.commit


def test_a_second_ask_takes_the_environment_from_the_cache(
    environments: Environments, prepared: Prepared, hashes: tuple[str, ...]
) -> None:
    inode = prepared.python.lstat().st_ino
    again = environments.prepare(hashes[0], environments.matrix()[0])
    assert isinstance(again, Prepared)
    assert again.python.lstat().st_ino == inode


def test_a_commit_that_does_not_build_says_why_and_names_no_place_of_this_host(
    environments: Environments, configuration: Configuration, hashes: tuple[str, ...]
) -> None:
    failed = environments.prepare(hashes[1], environments.matrix()[0])
    assert isinstance(failed, Failed)
    assert failed.kind is FailureKind.NOT_BUILT
    assert "hatchling.nothing_of_the_kind" in failed.text
    assert str(configuration.suite.root) not in failed.text
    assert sys.prefix not in failed.text


def test_discovery_finds_what_imports_and_names_what_does_not(worker: Worker) -> None:
    names = {one.name for one in worker.discovery.benchmarks}
    assert {"work.Work.time_work", "work.peakmem_list", "fates.track_raises"} <= names
    (error,) = worker.discovery.import_errors.items()
    assert error[0] == "benchmarks.broken"
    assert "No module named 'nothing_there'" in error[1]
    assert worker.discovery.launch == "fork"


def test_cases_stand_in_asvs_order(worker: Worker) -> None:
    benchmark = find(worker, "work.Work.time_work")
    assert [str(case) for case in benchmark.cases()] == [
        "work.Work.time_work(10)",
        "work.Work.time_work(1000)",
    ]
    assert Case(benchmark="a.b", params=("1", "'x'")).__str__() == "a.b(1, 'x')"


def test_timed_samples_are_asvs(worker: Worker) -> None:
    answer = run(worker, find(worker, "work.Work.time_work"), 1, quick=False, timeout_s=60)
    assert isinstance(answer.outcome, Measured)
    assert len(answer.outcome.samples) == 3  # as its repeat states
    assert answer.outcome.number == 2
    quick = run(worker, find(worker, "work.Work.time_work"), 1, quick=True, timeout_s=60)
    assert isinstance(quick.outcome, Measured)
    assert (len(quick.outcome.samples), quick.outcome.number) == (1, 1)


def test_a_tracked_value_keeps_its_parameter(worker: Worker) -> None:
    answer = run(worker, find(worker, "work.Work.track_size"), 1, quick=False, timeout_s=60)
    assert answer.outcome == Measured(samples=(1000,), number=None)


def test_peak_memory_is_that_of_a_fresh_interpreter(worker: Worker) -> None:
    answer = run(worker, find(worker, "work.peakmem_list"), 0, quick=False, timeout_s=60)
    assert isinstance(answer.outcome, Measured)
    assert 1e6 < answer.outcome.samples[0] < 1e9


@pytest.mark.parametrize(
    ("name", "kind", "text"),
    [
        ("fates.track_raises", FailureKind.RAISED, "about to divide"),
        ("fates.track_raises", FailureKind.RAISED, "ZeroDivisionError: division by zero"),
        ("fates.track_times_out", FailureKind.TIMED_OUT, "timed out after 0.3 s"),
        ("fates.track_exits", FailureKind.EXITED, "exit code 7"),
        ("fates.track_leaves", FailureKind.EXITED, "SystemExit: enough"),
        ("fates.track_words", FailureKind.NO_VALUE, "'many'"),
        ("fates.BrokenCache.track_cached", FailureKind.SETUP_CACHE, "no cache today"),
    ],
)
def test_each_fate_is_told_apart(worker: Worker, name: str, kind: FailureKind, text: str) -> None:
    benchmark = find(worker, name)
    outcome = run(worker, benchmark, 0, quick=False, timeout_s=benchmark.timeout_s or 60).outcome
    assert isinstance(outcome, Failed)
    assert outcome.kind is kind
    assert text in outcome.text
    assert "asv_runner" not in outcome.text
    assert "groundspeed_worker" not in outcome.text


def test_a_skip_and_a_cache_are_honoured(worker: Worker) -> None:
    assert isinstance(
        run(worker, find(worker, "fates.track_skipped"), 0, quick=False, timeout_s=9).outcome, Skipped
    )
    cached = find(worker, "fates.Cached.track_cached")
    for _ in range(2):  # each run has its own copy of what setup_cache left in its folder
        assert run(worker, cached, 0, quick=False, timeout_s=9).outcome == Measured(samples=(7,), number=None)


def test_spawning_gives_the_same_outcomes(
    prepared: Prepared, configuration: Configuration, tmp_path: Path
) -> None:
    spawning = replace(configuration, project=replace(configuration.project, launch="spawn"))
    worker = Worker(prepared, spawning, folders_in(tmp_path))
    try:
        assert (worker.discovery.launch, worker.discovery.launch_reason) == ("spawn", "asked for")
        assert run(
            worker, find(worker, "fates.Cached.track_cached"), 0, quick=False, timeout_s=9
        ).outcome == Measured(samples=(7,), number=None)
        late = run(worker, find(worker, "fates.track_times_out"), 0, quick=False, timeout_s=0.3).outcome
        assert isinstance(late, Failed)
        assert late.kind is FailureKind.TIMED_OUT
    finally:
        worker.close()


def test_a_killed_worker_is_that_runs_failure(
    prepared: Prepared, configuration: Configuration, tmp_path: Path
) -> None:
    worker = Worker(prepared, configuration, folders_in(tmp_path))
    os.kill(worker.pid, signal.SIGKILL)
    outcome = run(worker, find(worker, "work.Work.track_size"), 0, quick=False, timeout_s=9).outcome
    assert isinstance(outcome, Failed)
    assert outcome.kind is FailureKind.EXITED
    assert "SIGKILL" in outcome.text
    assert not worker.alive
    worker.close()


def test_threads_left_by_the_import_forbid_forking(tmp_path: Path, prepared: Prepared) -> None:
    text = "import threading\nthreading.Thread(target=threading.Event().wait, daemon=True).start()\n"
    make_project(tmp_path, (1,), threads=text)
    worker = Worker(prepared, config.load(tmp_path), folders_in(tmp_path / "work"))
    assert worker.discovery.launch == "spawn"
    assert "thread" in str(worker.discovery.launch_reason)
    worker.close()


def test_a_timeraw_statement_sees_nothing_of_its_suite(tmp_path: Path, prepared: Prepared) -> None:
    """Neither modules that its own one imported, nor variables that another one set, nor what a benchmark
    left that was measured before: the statement tells.
    """
    told = tmp_path / "told.json"
    statement = (
        "import json, os, sys\n"
        f"with open({str(told)!r}, 'w') as file: json.dump([sorted(sys.modules), dict(os.environ)], file)"
    )
    raw = (
        "import os, sample, wave\n"
        "os.environ['OWN'] = 'set'\n"
        "class Raw:\n"
        "    def timeraw_tell(self):\n"
        f"        return {statement!r}\n"
    )
    other = (
        "import os\n"
        "os.environ['LEFT_BY'] = 'a module'\n"
        "def track_leaves():\n"
        "    os.environ['LEFT_BY'] = 'a benchmark'\n"
        "    return 1\n"
    )
    make_project(tmp_path / "project", (1,), other=other, raw=raw)
    worker = Worker(prepared, config.load(tmp_path / "project"), folders_in(tmp_path / "work"))
    try:
        assert worker.discovery.launch == "fork"
        for name in ("other.track_leaves", "raw.Raw.timeraw_tell"):
            outcome = run(worker, find(worker, name), 0, quick=True, timeout_s=60).outcome
            assert isinstance(outcome, Measured), outcome
    finally:
        worker.close()
    modules, variables = json.loads(told.read_text())
    assert not {"sample", "wave", "asv_runner", "groundspeed_worker", "benchmarks"} & {*modules}
    assert variables["OWN"] == "set"
    assert "LEFT_BY" not in variables


def test_no_process_outlives_its_worker(tmp_path: Path, prepared: Prepared) -> None:
    """A case that starts a process and hangs: ending the worker ends the case, its time-out the process."""
    suite = (
        "import subprocess\n"
        "def track_starts():\n"
        "    child = subprocess.Popen(['sleep', '1000'])\n"
        "    print('child', child.pid, flush=True)\n"
        "    child.wait()\n"
    )
    make_project(tmp_path, (1,), starts=suite)
    worker = Worker(prepared, config.load(tmp_path), folders_in(tmp_path / "work"))
    outcome = run(worker, find(worker, "starts.track_starts"), 0, quick=False, timeout_s=1).outcome
    worker.close()
    assert isinstance(outcome, Failed)
    assert ended(int(outcome.text.split()[1]))


def test_the_ruler_holds_the_running_tools_parts_alone(configuration: Configuration) -> None:
    ruler = isolation.make_ruler(configuration.workspace)
    names = {path.name for path in ruler.iterdir()}
    parts = ("asv_runner", "asv_bench_groundspeed", "groundspeed_worker")
    assert {*parts} <= names
    assert all(name.startswith(parts) for name in names)
    (ruler / "stale").symlink_to(".")
    assert "stale" not in {path.name for path in isolation.make_ruler(configuration.workspace).iterdir()}


def test_the_real_interpreter_is_found_behind_a_script(tmp_path: Path) -> None:
    version = f"{sys.version_info[0]}.{sys.version_info[1]}"
    shim = tmp_path / "python9.9"
    shim.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    shim.chmod(0o755)
    found = isolation.find_interpreter(version, str(tmp_path))
    assert found.read_bytes()[:4] == b"\x7fELF"
    with pytest.raises(ConfigError, match=r"No CPython 9\.9"):
        isolation.find_interpreter("9.9", str(tmp_path))


def test_values_become_outcomes() -> None:
    assert isinstance(outcome_of({"float": "nan"}), Skipped)
    assert outcome_of({"float": "inf"}) == Measured(samples=(float("inf"),), number=None)
    assert isinstance(outcome_of({"samples": [], "number": 1}), Failed)


def test_the_worker_is_written_for_old_interpreters() -> None:
    for path in (Path(isolation.__file__).parent / "worker").glob("*.py"):
        ast.parse(path.read_text(encoding="utf-8"), feature_version=(3, 8))


def test_where_there_is_no_fork_cases_are_spawned(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "fork")
    assert fork_reason("auto") == "no fork on this platform"
    assert fork_reason("fork") == "no fork on this platform"
