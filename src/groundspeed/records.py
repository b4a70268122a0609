"""The frozen records of the glossary. Owns their shape; computes nothing but their own names.

Times are aware UTC, durations are seconds, sizes are bytes; a name ends in its unit.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any


class Better(StrEnum):
    """Which direction of a metric is the good one."""

    LOWER = "lower"
    HIGHER = "higher"


@dataclass(frozen=True, kw_only=True, slots=True)
class Commit:
    """One commit. ``date`` is the author's (git's ``%at``), as asv stores it."""

    hash: str
    parents: tuple[str, ...]
    date: datetime
    author: str
    subject: str
    tags: tuple[str, ...]

    @property
    def short(self) -> str:
        """The first eight digits: what asv's result files are named by."""
        return self.hash[:8]


@dataclass(frozen=True, kw_only=True, slots=True)
class Case:
    """A benchmark with one combination of its parameters (each asv's ``repr`` of the value)."""

    benchmark: str
    params: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.benchmark}({', '.join(self.params)})" if self.params else self.benchmark


@dataclass(frozen=True, kw_only=True, slots=True)
class Benchmark:
    """One named callable of the suite, as discovery found it.

    ``params`` holds, for each parameter, the ``repr`` of its values; ``definition`` is asv's own
    dictionary, kept whole so that benchmarks.json loses nothing.
    """

    name: str
    kind: str
    params: tuple[tuple[str, ...], ...]
    param_names: tuple[str, ...]
    unit: str
    version: str
    timeout_s: float | None
    rounds: int
    setup_cache_key: str | None
    setup_cache_timeout_s: float | None
    definition: Mapping[str, Any]

    def cases(self) -> tuple[Case, ...]:
        """Every case, in asv's order (the last parameter runs fastest); position = parameter index."""
        return tuple(
            Case(benchmark=self.name, params=combination) for combination in itertools.product(*self.params)
        )


# --- what became of an attempt: five types, each with its reason -------------------------------


@dataclass(frozen=True, kw_only=True, slots=True)
class Measured:
    """Samples of one worker process, in base units at full precision.

    ``number`` is how many calls one sample averages over; None where the benchmark gives a value
    instead of timed samples (``track_``, ``mem_``, ``peakmem_``).
    """

    samples: tuple[float, ...]
    number: int | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Reading:
    """A further metric of a run (``@p99``): its samples in ``unit``, and which direction is better."""

    metric: str
    unit: str
    better: Better
    samples: tuple[float, ...]


class Stop(StrEnum):
    """Why no further run of a case is wanted at a commit."""

    PRECISION = "precise enough"
    BUDGET = "budget spent"
    TOO_NOISY = "too noisy for its budget"
    STATED = "as the suite states"
    ENDED = "failed or skipped"


class FailureKind(StrEnum):
    """Why there is no value."""

    NOT_BUILT = "did not build"
    NOT_IMPORTED = "did not import"
    SETUP_CACHE = "setup_cache failed"
    RAISED = "raised"
    TIMED_OUT = "timed out"
    EXITED = "exited hard"
    NO_VALUE = "gave no number"


@dataclass(frozen=True, kw_only=True, slots=True)
class Failed:
    """The attempt failed; ``text`` is what it printed, its end kept."""

    kind: FailureKind
    text: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Skipped:
    """The suite says that this case does not apply (``NotImplementedError``, skip lists)."""

    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class NotRun:
    """Nobody tried: interrupted, over budget, or the benchmark does not exist at this commit."""

    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class CarriedOver:
    """The built content is identical to another commit's; the measurement is that commit's."""

    measured_at: str


Outcome = Measured | Failed | Skipped | NotRun | CarriedOver


# --- machine ------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True, slots=True)
class Gpu:
    """One graphics processor as its driver names it."""

    name: str
    memory_bytes: int
    driver: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Fingerprint:
    """What a host really is. None where the host does not say."""

    cpu_model: str
    cores_physical: int | None
    cores_logical: int
    caches: tuple[str, ...]
    ram_bytes: int
    gpus: tuple[Gpu, ...]
    os: str
    kernel: str
    arch: str
    virtualised: str | None
    governor: str | None
    turbo: bool | None


@dataclass(frozen=True, kw_only=True, slots=True)
class MachineProfile:
    """A named description of hardware that results are stored under. None expects nothing.

    ``cpu`` and ``gpu`` are case-insensitive substrings of the model name.
    """

    name: str
    cpu: str | None
    cores_physical: int | None
    cores_logical: int | None
    ram_bytes: int | None
    gpu: str | None
    gpu_memory_bytes: int | None


# --- measuring ----------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True, slots=True)
class Environment:
    """One entry of the environment matrix, under asv's own name."""

    name: str
    python: str
    requirements: Mapping[str, str]
    env_vars: Mapping[str, str]


@dataclass(frozen=True, kw_only=True, slots=True)
class Build:
    """One attempt to make a commit's environment. ``failure`` is None when it stands.

    ``dependencies`` are the resolved ``name==version`` lines of the environment, its interpreter
    first; ``benchmarks`` the names that could not be measured when it failed. Builds of equal
    ``identity`` hold the same content (docs/environments.md says what counts); None where nobody knows.
    """

    commit: str
    environment: str
    failure: Failed | None
    dependencies: tuple[str, ...]
    identity: str | None
    benchmarks: tuple[str, ...]
    started_at: datetime
    duration_s: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Run:
    """What one worker process said of one case at one commit.

    ``quick`` marks a run with one unwarmed call: good for seeing that it works, superseded by any
    other run. ``check`` stands for what the benchmark returned: a difference between two commits says
    that they do not compute the same. ``stop`` is None while more runs of the case are wanted.
    """

    case: Case
    version: str
    commit: str
    environment: str
    outcome: Outcome
    metrics: tuple[Reading, ...]
    check: str | None
    stop: Stop | None
    quick: bool
    started_at: datetime
    duration_s: float


class Severity(StrEnum):
    """What a finding about the host means for measuring there."""

    FINE = "fine"
    NOTE = "note"
    UNFIT = "unfit"
    UNKNOWN = "unknown"


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """One thing looked at on the host: what was seen, and what to do about it (empty when fine)."""

    check: str
    severity: Severity
    seen: str
    advice: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Sampling:
    """How thoroughly a session measures.

    ``precision`` is the standard error wanted of the median, relative to it;
    ``case_budget_s`` bounds the seconds of one case at one commit; ``budget_s`` the whole
    session (None: unbounded); ``interleave`` tells whether rounds go over several commits in turn;
    ``cpus`` are the processors that workers are pinned to, empty when they are not.
    """

    precision: float
    case_budget_s: float
    budget_s: float | None
    interleave: bool
    cpus: tuple[int, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Session:
    """One invocation that measured something: the header of its file.

    ``id`` is ``<UTC>-<8 hex>`` and names the file. ``commits`` maps each commit's hash to its date.
    ``sampling`` is None and ``fitness`` empty where the session is older than they are.
    """

    id: str
    started_at: datetime
    machine: str
    fingerprint: Fingerprint
    environments: tuple[Environment, ...]
    benchmarks: tuple[Benchmark, ...]
    commits: Mapping[str, datetime]
    seed: int
    versions: Mapping[str, str]
    sampling: Sampling | None
    fitness: tuple[Finding, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Control:
    """The control benchmark, run beside the measuring: work that no commit changes, so what moves is
    the host. ``samples`` are seconds.
    """

    started_at: datetime
    samples: tuple[float, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Telemetry:
    """What the host did while a session measured.

    ``seconds`` since ``started_at`` of each reading; ``columns`` map a quantity, its unit at the end of
    its name (``frequency_hz``, ``load_1min``), to one value a reading, None where there was none.
    """

    started_at: datetime
    seconds: tuple[float, ...]
    columns: Mapping[str, tuple[float | None, ...]]


class Verdict(StrEnum):
    """What a comparison of head with base says; for a metric where higher is better, slower means worse."""

    SLOWER = "slower"
    FASTER = "faster"
    SAME = "same"
    INCONCLUSIVE = "inconclusive"


# --- reading ------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True, slots=True)
class SeriesKey:
    """The identity of a series. ``metric`` is empty for the main metric."""

    machine: str
    environment: str
    case: Case
    metric: str
    version: str | None
