"""Runs of modules: real processes, started, ended, cancelled, counted, and what they leave on the disk."""

from __future__ import annotations

import asyncio
import json
import os
import signal
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, TypeVar

import pytest

from noesis.errors import StorageError
from noesis.service import Module, Run, ServiceConfig, State, Whole
from noesis.service.errors import RefusedError
from noesis.service.logs import LogReader
from noesis.service.runs import Runs
from tests.processes import ended

T = TypeVar("T")

PROGRAM = Module(
    name="program",
    description="One of these tests.",
    program="program",
    words=(),
    parameters=(Whole(name="code", option="--code", description="How it ends.", least=0, most=125),),
)


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ServiceConfig:
    """Runs of ``program.py``, which a test writes; nothing here asks the index."""
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    return ServiceConfig(index=tmp_path / "index", runs_folder=tmp_path / "runs", modules=(PROGRAM,))


def write(config: ServiceConfig, program: str) -> None:
    config.index.with_name("program.py").write_text(program, encoding="utf-8")


def changed(config: ServiceConfig, **told: Any) -> ServiceConfig:
    names = ("index", "runs_folder", "modules")
    return ServiceConfig(**{name: getattr(config, name) for name in names} | told)


def run(work: Coroutine[Any, Any, T]) -> T:
    """In an event loop, for a minute at the most."""
    return asyncio.run(asyncio.wait_for(work, 60))


async def until_ended(runs: Runs, identity: str) -> Run:
    while (found := runs.get(identity)).is_running:
        await asyncio.sleep(0)
    return found


async def line_of(runs: Runs, identity: str) -> str:
    """The first line of a run, once it is there."""
    reader = LogReader(runs.files(identity).log)
    try:
        while not (block := reader.block()):
            await asyncio.sleep(0)
        return block.split(b"\n")[0].decode()
    finally:
        reader.close()


def log_of(config: ServiceConfig, found: Run) -> str:
    return (config.runs_folder / found.id / "log").read_text(encoding="utf-8")


async def one(config: ServiceConfig, **parameters: int) -> Run:
    runs = Runs(config)
    started = await runs.start("program", parameters)
    assert started.is_running
    return await until_ended(runs, started.id)


@pytest.mark.parametrize(
    ("program", "state", "reason"),
    [
        ("pass", State.SUCCEEDED, ""),
        ("raise SystemExit(7)", State.FAILED, "exit code 7; its log says why"),
        ("import os; os.kill(os.getpid(), 9)", State.KILLED, "signal 9, Killed"),
    ],
)
def test_how_a_run_ends(config: ServiceConfig, program: str, state: State, reason: str) -> None:
    write(config, f"print('begun'); {program}")
    found = run(one(config))
    assert (found.outcome.state, found.outcome.reason) == (state, reason)
    assert log_of(config, found) == "begun\n"
    assert found.ended is not None
    assert found.ended >= found.started


def test_what_a_program_is_given(config: ServiceConfig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NOESIS_API_KEY", "a secret of the server")
    write(
        config,
        "import os, sys\n"
        "print(sys.argv[1:], sys.stdin.read() == '', 'NOESIS_API_KEY' in os.environ)\n"
        "print(os.getpgid(0) == os.getpid())\n"
        "print('to stderr ä', file=sys.stderr)\n",
    )
    found = run(one(config, code=3))
    assert log_of(config, found) == "['--code', '3'] True False\nTrue\nto stderr ä\n"
    assert found.parameters == {"code": 3}


def test_a_full_log_drops_the_rest_and_says_how_much(config: ServiceConfig) -> None:
    write(config, "print('0123456789\\n' * 100_000, end='')")
    found = run(one(changed(config, most_log_bytes=25)))
    assert log_of(config, found) == "0123456789\n" * 2
    assert found.outcome.state is State.SUCCEEDED
    assert found.dropped_bytes == 11 * 99_998


WAITING = "import signal; print('ready'); signal.pause()"


def test_cancelling_from_another_process_of_the_folder(config: ServiceConfig) -> None:
    write(config, WAITING)

    async def cancelled() -> Run:
        ours, theirs = Runs(config), Runs(config)
        started = await ours.start("program", {})
        assert await line_of(theirs, started.id) == "ready"
        assert theirs.cancel(started.id).is_running
        theirs.cancel(started.id)  # twice is once
        found = await until_ended(theirs, started.id)
        with pytest.raises(RefusedError, match="has ended already: cancelled") as refused:
            ours.cancel(started.id)
        assert refused.value.status == 409
        return found

    found = run(cancelled())
    assert (found.outcome.state, found.outcome.reason) == (State.CANCELLED, "it was cancelled")
    assert ended(found.pid)


def test_a_program_that_ignores_sigterm_is_killed(
    config: ServiceConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("noesis.service.runs.GRACE_S", 0.01)
    write(config, f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); {WAITING}")

    async def killed() -> Run:
        runs = Runs(config)
        started = await runs.start("program", {})
        await line_of(runs, started.id)
        runs.cancel(started.id)
        return await until_ended(runs, started.id)

    found = run(killed())
    assert found.outcome.state is State.CANCELLED
    assert ended(found.pid)


def test_what_a_program_leaves_behind_ends_with_it(config: ServiceConfig) -> None:
    write(
        config,
        "import subprocess, sys\n"
        "print(subprocess.Popen([sys.executable, '-c', 'import signal; signal.pause()']).pid)\n",
    )
    found = run(one(config))
    assert found.outcome.state is State.SUCCEEDED
    assert ended(int(log_of(config, found)))


def test_a_run_has_a_limit(config: ServiceConfig) -> None:
    write(config, WAITING)
    found = run(one(changed(config, run_timeout_s=0.001)))
    assert found.outcome.state is State.TIMED_OUT
    assert found.outcome.reason == "it was ended after 0.001 s, the limit"


def test_closing_ends_every_run_and_starts_none(config: ServiceConfig) -> None:
    write(config, WAITING)

    async def closed() -> list[Run]:
        runs = Runs(config)
        started = [await runs.start("program", {}) for _ in range(3)]
        idle = [runs.is_idle]
        runs.begin_to_close()
        with pytest.raises(RefusedError, match="about to end") as refused:
            await runs.start("program", {})
        assert refused.value.status == 503
        await runs.close()
        idle.append(runs.is_idle)
        assert idle == [False, True]
        return [runs.get(one.id) for one in started]

    for found in run(closed()):
        assert (found.outcome.state, found.outcome.reason) == (State.CANCELLED, "the server ended")
        assert ended(found.pid)


def test_so_many_at_once(config: ServiceConfig) -> None:
    write(config, WAITING)

    async def refused() -> RefusedError:
        first, second = (Runs(changed(config, most_runs=2)) for _ in range(2))
        await first.start("program", {})
        await second.start("program", {})
        with pytest.raises(RefusedError) as found:
            await first.start("program", {})
        await first.close()
        await second.start("program", {})  # there is room again
        await second.close()
        return found.value

    error = run(refused())
    assert (error.status, str(error)) == (429, "2 runs are under way, the most at once; cancel one or wait")


def test_the_oldest_that_ended_are_forgotten(config: ServiceConfig) -> None:
    write(config, "pass")
    small = changed(config, most_kept_runs=2)

    async def several() -> list[str]:
        runs = Runs(small)
        names = []
        for _ in range(3):
            names.append((await runs.start("program", {})).id)
            await until_ended(runs, names[-1])
        (newest,), total = runs.page(1, 0)
        (older,), _ = runs.page(5, 1)
        assert total == 2
        assert [newest.id, older.id] == [names[2], names[1]]
        with pytest.raises(RefusedError, match="there is no run"):
            runs.get(names[0])
        return names

    assert sorted(run(several()))[1:] == sorted(path.name for path in small.runs_folder.glob("2*"))


@pytest.mark.parametrize(
    "identity", ["", "..", "../index", "20261121T220900166359-DBFCB4EB", "20261121T220900166359-dbfcb4eb"]
)
def test_a_run_that_is_not_there(config: ServiceConfig, identity: str) -> None:
    with pytest.raises(RefusedError) as found:
        Runs(config).get(identity)
    assert found.value.status == 404


def test_a_run_whose_server_is_gone_is_lost(config: ServiceConfig) -> None:
    write(config, "pass")
    found = run(one(config))
    record = config.runs_folder / found.id / "run.json"
    told = json.loads(record.read_text())
    record.write_text(json.dumps(told | {"state": "running", "reason": "", "ended": ""}))
    lost = Runs(config).get(found.id)  # nobody holds its lock
    assert (lost.outcome.state, lost.outcome.reason) == (State.LOST, "the server that ran it ended before it")
    assert lost.ended is not None
    assert json.loads(record.read_text())["state"] == "lost"


def test_a_record_of_another_version_is_not_guessed_at(config: ServiceConfig) -> None:
    write(config, "pass")
    found = run(one(config))
    record = config.runs_folder / found.id / "run.json"
    record.write_text(json.dumps(json.loads(record.read_text()) | {"version": 2}))
    with pytest.raises(RefusedError, match="there is no run"):
        Runs(config).get(found.id)
    assert Runs(config).page(10, 0) == ([], 1)


def test_a_child_that_is_killed_from_outside_says_so(config: ServiceConfig) -> None:
    write(config, WAITING)

    async def killed() -> Run:
        runs = Runs(config)
        started = await runs.start("program", {})
        await line_of(runs, started.id)
        os.kill(started.pid, signal.SIGKILL)
        return await until_ended(runs, started.id)

    found = run(killed())
    assert (found.outcome.state, found.outcome.reason) == (State.KILLED, "signal 9, Killed")


def test_a_folder_that_cannot_be(config: ServiceConfig) -> None:
    config.runs_folder.write_text("a file")
    with pytest.raises(StorageError, match="cannot hold runs"):
        Runs(config)
