"""Runs of modules: started, listed, cancelled, ended with the server. Owns their processes.

What a run is stands on the disk (``run_folder``), so any process that serves the folder shows and cancels
the runs of all; only the one that started a run attends to it. The event loop is held for a small file, never
for a log.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
import shutil
import signal
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from noesis.errors import StorageError
from noesis.service.config import ServiceConfig
from noesis.service.errors import RefusedError
from noesis.service.logs import MOST_LINE_BYTES, LogWriter
from noesis.service.records import Outcome, Run, State, Value
from noesis.service.run_folder import ID, RunFolder, new_id

TICK_S = 0.05  # so late is a wish to cancel seen; twenty looks a second at a name cost 0.1 % of a processor
GRACE_S = 5.0  # from SIGTERM to SIGKILL
LEFTOVER_S = 5.0  # for output of processes that a module left behind
PIPE_BYTES = 2 * MOST_LINE_BYTES
KEY_VARIABLE = "NOESIS_API_KEY"  # is not for modules

RUNNING = Outcome(state=State.RUNNING, reason="")
CANCELLED = Outcome(state=State.CANCELLED, reason="it was cancelled")
SERVER_ENDED = Outcome(state=State.CANCELLED, reason="the server ended")


@dataclass(frozen=True, kw_only=True, slots=True)
class _Attended:
    """A run of this process: its folder, its process and the moment (of the loop) when it is ended."""

    run: Run
    files: RunFolder
    process: asyncio.subprocess.Process
    writer: LogWriter
    owner: int
    deadline: float


class Runs:
    """The runs of one folder, in the event loop that calls."""

    def __init__(self, config: ServiceConfig) -> None:
        """Raises ``StorageError`` where the folder cannot be made."""
        self._config = config
        self._modules = {module.name: module for module in config.modules}
        self._attending: set[asyncio.Task[None]] = set()
        self._ended: dict[str, Run] = {}  # what they say changes no more
        self._is_closing = False
        try:
            config.runs_folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StorageError(
                f"{config.runs_folder} cannot hold runs ({error.strerror}); name another folder"
            ) from error

    @property
    def is_idle(self) -> bool:
        """Whether no run of this process is under way."""
        return not self._attending

    async def start(self, name: str, parameters: Mapping[str, Value]) -> Run:
        """Start a module's process; it is running when this returns.

        Raises ``RefusedError``: 404 for a module that is not there, 422 for a parameter, 429 where too many
        run, 503 while the server ends.
        """
        if name not in self._modules:
            raise RefusedError(404, f"there is no module {name}; GET /api/v1/modules lists them", "path.name")
        command = self._modules[name].command(parameters, self._config.index.absolute())
        if self._is_closing:
            raise RefusedError(503, "the server is about to end; ask again in a moment")
        files, owner, run = self._placed(name, parameters)
        writer = LogWriter(files.log, self._config.most_log_bytes)
        try:
            process = await _spawned(command)
        except OSError as error:
            outcome = Outcome(state=State.FAILED, reason=f"no process could be started: {error}")
            files.write(replace(run, outcome=outcome, ended=datetime.now(UTC)))
            writer.close()
            os.close(owner)
            raise RefusedError(503, f"no process could be started ({error}); try again later") from error
        run = replace(run, pid=process.pid)
        files.write(run)
        attended = _Attended(
            run=run,
            files=files,
            process=process,
            writer=writer,
            owner=owner,
            deadline=asyncio.get_running_loop().time() + self._config.run_timeout_s,
        )
        task = asyncio.create_task(self._attend(attended))
        self._attending.add(task)
        task.add_done_callback(self._attending.discard)
        return run

    def get(self, identity: str) -> Run:
        """The run as it stands. Raises ``RefusedError`` with 404."""
        if identity in self._ended:
            return self._ended[identity]
        try:
            run = self.files(identity).read()
        except (FileNotFoundError, ValueError):  # another version's is none of ours
            raise _unknown(identity) from None
        if not run.is_running:
            self._ended[identity] = run
        return run

    def files(self, identity: str) -> RunFolder:
        """Where the run's files are. Raises ``RefusedError`` with 404 where its name is none of ours."""
        if not ID.fullmatch(identity):
            raise _unknown(identity)
        return RunFolder(self._config.runs_folder / identity)

    def page(self, limit: int, offset: int) -> tuple[list[Run], int]:
        """``limit`` runs after the ``offset`` newest, and how many there are."""
        names = self._names()
        found = []
        for name in names[offset : offset + limit]:
            with contextlib.suppress(RefusedError):  # it was removed, or is about to be written
                found.append(self.get(name))
        return found, len(names)

    def cancel(self, identity: str) -> Run:
        """Have a run end: its processes get SIGTERM within 50 ms, and SIGKILL 5 s later. A second time is as
        good as once. Raises ``RefusedError``: 404, and 409 where it has ended."""
        run = self.get(identity)
        if not run.is_running:
            raise RefusedError(409, f"the run {identity} has ended already: {run.outcome.state.value}")
        self.files(identity).cancel.touch()
        return run

    def begin_to_close(self) -> None:
        """Start nothing more, and have every run of this process end."""
        self._is_closing = True

    async def close(self) -> None:
        """The same, and wait until they have ended."""
        self.begin_to_close()
        await asyncio.gather(*self._attending, return_exceptions=True)

    @property
    def is_closing(self) -> bool:
        """Whether the server is about to end: a reader of a log need not wait for more."""
        return self._is_closing

    def _names(self) -> list[str]:
        names = [name for name in os.listdir(self._config.runs_folder) if ID.fullmatch(name)]  # noqa: PTH208 (of a hundred: 0.05 ms)
        return sorted(names, reverse=True)

    def _placed(self, name: str, parameters: Mapping[str, Value]) -> tuple[RunFolder, int, Run]:
        """A folder for one more run, where there is room."""
        now = datetime.now(UTC)
        run = Run(
            id=new_id(now),
            module=name,
            parameters=dict(parameters),
            outcome=RUNNING,
            pid=0,
            started=now,
            ended=None,
            dropped_bytes=0,
        )
        with self._alone():
            self._make_room()
            files = self.files(run.id)
            files.folder.mkdir(mode=0o700)
            owner = files.own()
            files.write(run)
        return files, owner, run

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        """One process at a time counts runs and adds one."""
        with (self._config.runs_folder / ".lock").open("wb") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def _make_room(self) -> None:
        """Refuse where too many run; remove the oldest that have ended where too many are kept."""
        names = self._names()
        runs, _ = self.page(len(names), 0)
        running = sum(run.is_running for run in runs)
        if running >= self._config.most_runs:
            raise RefusedError(429, f"{running} runs are under way, the most at once; cancel one or wait")
        removable = [run.id for run in runs if not run.is_running]
        surplus = len(runs) + 1 - self._config.most_kept_runs
        for identity in removable[max(len(removable) - surplus, 0) :] if surplus > 0 else ():
            self._ended.pop(identity, None)
            shutil.rmtree(self.files(identity).folder, ignore_errors=True)

    async def _attend(self, attended: _Attended) -> None:
        """Keep the output of a run until it has ended, and write down how."""
        process = attended.process
        pumping = asyncio.create_task(_pump(process, attended.writer))
        outcome = await self._ended_by_us(attended)
        _signal(process.pid, signal.SIGKILL)  # whom it left behind in its group
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(pumping, LEFTOVER_S)
        attended.writer.close()
        assert process.returncode is not None
        run = replace(
            attended.run,
            outcome=outcome or _outcome(process.returncode),
            ended=datetime.now(UTC),
            dropped_bytes=attended.writer.dropped_bytes,
        )
        attended.files.write(run)
        os.close(attended.owner)

    async def _ended_by_us(self, attended: _Attended) -> Outcome | None:
        """Wait for the process; the outcome where it was ended from here, None where by itself."""
        process = attended.process
        while not await _ends(process, TICK_S):
            if outcome := self._wish(attended):
                _signal(process.pid, signal.SIGTERM)
                if not await _ends(process, GRACE_S):
                    _signal(process.pid, signal.SIGKILL)
                    while not await _ends(process, TICK_S):
                        pass
                return outcome
        return None

    def _wish(self, attended: _Attended) -> Outcome | None:
        if self._is_closing:
            return SERVER_ENDED
        if asyncio.get_running_loop().time() > attended.deadline:
            limit = f"it was ended after {self._config.run_timeout_s:g} s, the limit"
            return Outcome(state=State.TIMED_OUT, reason=limit)
        return CANCELLED if attended.files.cancel.exists() else None


async def _spawned(command: list[str]) -> asyncio.subprocess.Process:
    """The process, in a group of its own; it ends with this one (``child``). It stands where the server does,
    as the folders of an index may be relative."""
    told = {name: value for name, value in os.environ.items() if name != KEY_VARIABLE}
    told |= {"PYTHONUNBUFFERED": "1", "PYTHONUTF8": "1"}
    return await asyncio.create_subprocess_exec(
        sys.executable, "-P", "-m", "noesis.service.child", *command,
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        env=told, process_group=0, limit=PIPE_BYTES,
    )  # fmt: skip


async def _ends(process: asyncio.subprocess.Process, within_s: float) -> bool:
    """Whether the process ends within the time. asyncio's own wait goes on while anybody holds the pipe."""
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(process.wait(), within_s)
    return process.returncode is not None


async def _pump(process: asyncio.subprocess.Process, writer: LogWriter) -> None:
    """Output into the log; while that is slow the pipe fills and the process waits."""
    assert process.stdout is not None
    while data := await process.stdout.read(MOST_LINE_BYTES):
        writer.write(data)


def _signal(group: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(group, number)


def _outcome(code: int) -> Outcome:
    """How a process ended by itself: its exit code, or below 0 the signal."""
    if code == 0:
        return Outcome(state=State.SUCCEEDED, reason="")
    if code > 0:
        return Outcome(state=State.FAILED, reason=f"exit code {code}; its log says why")
    return Outcome(state=State.KILLED, reason=f"signal {-code}, {signal.strsignal(-code)}")


def _unknown(identity: str) -> RefusedError:
    return RefusedError(404, f"there is no run {identity[:50]}; GET /api/v1/runs lists them", "path.run_id")
