"""One process of a case under profilers, in the environment of a commit. Owns what one process gives.

A process is called with and without each profiler in turn; what a profiler costs is told beside its figures.
"""

from __future__ import annotations

import contextlib
import json
import subprocess
import tempfile
from collections.abc import Mapping, Set
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from groundspeed.config import Configuration
from groundspeed.errors import NothingMeasuredError
from groundspeed.measure.standing_worker import Located
from groundspeed.profiling import cpu, deterministic, memory
from groundspeed.profiling.cpu import NoSamplerError, take_cpu
from groundspeed.profiling.deterministic import Deterministic, as_cpu, take_deterministic
from groundspeed.profiling.memory import take_memory
from groundspeed.profiling.recorders import NOT_RECORDED, Recording, recorder_command
from groundspeed.profiling.tools import NoToolError, tools_folder
from groundspeed.profiling.values import Wanted
from groundspeed.profiling.weights import Namer, Taken, pairs_in
from groundspeed.records import Failed
from groundspeed.suite import isolation
from groundspeed.suite.answers import Gone, Preparation
from groundspeed.suite.client import Folders
from groundspeed.suite.counted import Repetition, case_folder, request
from groundspeed.suite.ending import end_all
from groundspeed.suite.environments import Prepared
from groundspeed.suite.repeating import Repeater, RepeatError, repeating

_WARM_S = 0.1  # of calls before the first that count: asv's own warm-up
_CALLS_SHARE = 0.3  # of the seconds of a CPU profile for the pass that counts calls: it needs no many
_ROUNDS = 10  # calls that a recorder sees
_RECORDING_S = 600.0  # beyond the case's own time-out: some recorders slow it a hundredfold


@dataclass(frozen=True, kw_only=True, slots=True)
class At:
    """A commit's environment, and where its cases run. ``variables`` are the shell's, for installers."""

    configuration: Configuration
    prepared: Prepared
    folders: Folders
    variables: Mapping[str, str]
    namer: Namer

    def repetition(self, located: Located) -> Repetition:
        """The case as the processes that call it are told."""
        timeout_s = located.benchmark.timeout_s or self.configuration.suite.default_benchmark_timeout_s
        return Repetition(
            benchmark=located.benchmark,
            index=located.index,
            rounds=_ROUNDS,
            calls=_ROUNDS,
            timeout_s=timeout_s,
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Run:
    """What one process gave; ``failures`` are kinds that it did not give, with why."""

    taken: tuple[Taken, ...]
    calls: Deterministic | None
    failures: tuple[tuple[str, str], ...]


def prove(located: Located, at: At) -> str | None:
    """Run the case once, its setup_cache before it where it has one; why it cannot be profiled, or None."""
    timeout_s = at.repetition(located).timeout_s
    how = Preparation(quick=True, timeout_s=timeout_s, number=0)
    live = located.worker.prepare(located.benchmark, located.index, how)
    if isinstance(live, Gone):
        return _said(live)
    sampled = live.sample(1, 0.0)
    ended = sampled if isinstance(sampled, Gone) else live.finish()
    return _said(ended) if isinstance(ended, Gone) else None


def _said(gone: Gone) -> str:
    outcome = gone.outcome
    return outcome.text.strip() if isinstance(outcome, Failed) else f"skipped: {outcome.reason}"


def take(at: At, located: Located, wanted: Wanted, kinds: Set[str], *, calls: bool) -> Run:
    """A process of the case under the profilers of ``kinds`` (cpu, memory); ``calls`` are counted as well."""
    taken: list[Taken] = []
    failures: list[tuple[str, str]] = []
    tools: list[Path] = []
    if "memory" in kinds:
        try:
            tools = [tools_folder("memory", at.prepared.python, at.configuration.workspace, at.variables)]
        except NoToolError as error:
            failures.append(("memory", str(error)))
            kinds = kinds - {"memory"}
    counted: Deterministic | None = None
    try:
        with repeating(at.prepared, at.configuration, at.folders, at.repetition(located), tools) as repeater:
            call_s = repeater.repeat(_WARM_S).call_s
            if "cpu" in kinds:
                found, counted = _cpu(repeater, wanted, at.namer, call_s, calls=calls)
                taken.append(found)
            if "memory" in kinds:
                taken += take_memory(repeater, pairs_in(wanted.seconds, call_s, memory.PAIRS), at.namer)
    except (RepeatError, OSError) as error:
        given = {one.kind for one in taken}
        failures += [(kind, str(error)) for kind in sorted(kinds) if kind not in given]
    return Run(taken=tuple(taken), calls=counted, failures=tuple(failures))


def _cpu(
    repeater: Repeater, wanted: Wanted, namer: Namer, call_s: float, *, calls: bool
) -> tuple[Taken, Deterministic | None]:
    """Samples, and the calls counted where they are wanted, or where nobody may sample."""
    why, sampled = wanted.why_no_sampler, None
    if wanted.sampler is not None:
        try:
            pairs = pairs_in(wanted.seconds, call_s, cpu.PAIRS)
            sampled = take_cpu(repeater, wanted.sampler, wanted.seconds, pairs, namer)
        except NoSamplerError as error:
            why = str(error)
    if sampled is not None and not calls:
        return sampled, None
    seconds = wanted.seconds * (_CALLS_SHARE if sampled else 1.0)
    pairs = pairs_in(seconds, call_s, deterministic.PAIRS)
    counted = take_deterministic(repeater, seconds, pairs, namer)
    return sampled or as_cpu(counted, why), counted


def record(at: At, located: Located, kind: str, functions: tuple[str, ...]) -> Mapping[str, Any]:
    """Have a recorder within a process of its own look at the case; the document that it left.

    Raises ``NothingMeasuredError`` where it could not, with what it said.
    """
    workspace, repetition = at.configuration.workspace, at.repetition(located)
    tools: tuple[Path, ...] = ()
    with contextlib.suppress(NoToolError):  # the recorder does without, or says what is missing
        tools = (tools_folder(kind, at.prepared.python, workspace, at.variables),)
    with (
        case_folder(at.folders, located.benchmark, "recorded") as folder,
        tempfile.TemporaryDirectory(dir=at.folders.work) as beside,
    ):
        out = Path(beside) / "document"
        asked = request(at.configuration.suite.benchmark_dir, folder, at.folders.cpus, repetition)
        command = recorder_command(
            at.prepared.python,
            workspace,
            isolation.make_ruler(workspace),
            Recording(
                kind=kind,
                request={**asked, **({"functions": [*functions]} if functions else {})},
                out=out,
                tools=tools,
            ),
        )
        _run(command.words, command.cwd, at.prepared.variables, repetition.timeout_s + _RECORDING_S)
        found: dict[str, Any] = json.loads(out.read_text(encoding="utf-8"))
    return found


def _run(words: tuple[str, ...], cwd: Path, variables: Mapping[str, str], timeout_s: float) -> None:
    with subprocess.Popen(
        words,
        cwd=cwd,
        env=dict(variables),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        try:
            _, said = process.communicate(timeout=timeout_s)
        except subprocess.TimeoutExpired as error:
            raise NothingMeasuredError(
                f"it took longer than {timeout_s:.0f} s: make the case smaller."
            ) from error
        finally:
            end_all(process.pid)
            if process.poll() is None:
                process.kill()
    if process.returncode:
        lines = [line for line in said.splitlines() if line.strip()]
        last = lines[-1].strip() if lines else "it said nothing"
        where = "" if process.returncode == NOT_RECORDED else "the case failed while it was recorded: "
        raise NothingMeasuredError(f"{where}{last}")
